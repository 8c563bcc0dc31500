"""When and where she was before, and what she says was not she."""

import pytest

from darasa.learning.computers import name_computer
from darasa.learning.digest import learner_digest
from darasa.learning.kinds import NotMe, SignIn, SignOut
from darasa.learning.reports.live_report import live_class
from darasa.learning.signing_in.earlier_sittings import earlier_sittings, not_hers, said_since

HOUR_MS = 3_600_000


@pytest.fixture
def told(school, fed, other, *, amina, exchange, clock):
    """She sat at both computers, an hour apart; the school has named them; all know of all."""
    for room, sitting, name in ((fed, b"sitting1", "Lab PC 07"), (other, b"sitting2", "Lab PC 12")):
        name_computer(school, room.home.node_id, name=name)
        room.record.record((amina, SignIn(sitting, "pin")))
        clock.advance(HOUR_MS)
        room.record.record((amina, SignOut(sitting, "asked")))
    for _ in range(2):
        for room in (fed, other):
            exchange(room, school)
    return fed


def test_a_computer_tells_where_and_when_she_was_before(told, amina):
    last, first = earlier_sittings(told, amina)
    assert (last.computer, last.is_here) == ("Lab PC 12", False)
    assert (first.computer, first.is_here) == ("Lab PC 07", True)
    assert last.begun_ms - first.begun_ms == HOUR_MS
    assert first.ended_ms - first.begun_ms == HOUR_MS
    assert [each.sitting for each in earlier_sittings(told, amina, but=b"sitting2")] == [
        b"sitting1"
    ]


def test_what_she_says_reaches_the_teacher_and_changes_no_work(school, told, amina, exchange):
    before = school.state(amina)
    told.record.record((amina, SignIn(b"sitting3", "pin")))
    told.record.record((amina, NotMe(b"sitting3", b"sitting2")))
    told.record.record((amina, SignOut(b"sitting3", "asked")))
    assert [each.sitting for each in not_hers(told, amina)] == [b"sitting2"]
    exchange(told, school)
    (said,) = not_hers(school, amina)
    assert (said.sitting, said.computer) == (b"sitting2", "Lab PC 12")
    assert said.said_ms is not None
    after = school.state(amina)
    assert (after.attempts, after.skills) == (before.attempts, before.skills)
    assert learner_digest(school, amina) == learner_digest(told, amina)
    school.rebuild()
    assert not_hers(school, amina) == [said]


def test_the_live_page_says_it_in_words_for_a_day(
    school, told, amina, *, class_id, exchange, clock
):
    told.record.record((amina, SignIn(b"sitting3", "pin")))
    told.record.record((amina, NotMe(b"sitting3", b"sitting2")))
    exchange(told, school)

    def note():
        (row,) = live_class(school, class_id, school.presence, clock.wall_ms()).rows
        return row.note

    assert note() == "Says that earlier work under this name was done by another."
    clock.advance(25 * HOUR_MS)
    assert note() == ""


def test_a_sitting_that_nobody_knows_is_kept_and_shown_nowhere(school, amina):
    school.record.record((amina, SignIn(b"sitting1", "pin")))
    school.record.record((amina, NotMe(b"sitting1", b"nowhere!")))
    assert not_hers(school, amina) == []
    assert said_since(school, 0) == {}
