"""What learners tried, as it is kept: advanced answer by answer, and only at a school."""

import pytest

from darasa.learning import tried_rows
from darasa.learning.tried import Tried, Wrong
from darasa.sync.ids import LearnerId, Role

A, B = LearnerId(b"a" * 16), LearnerId(b"b" * 16)


def rows(room, *who):
    with room.store.reading() as connection:
        found = tried_rows.of_learners(connection, who or (A,))
        return {row.learner_id: {each.item: each for each in row.items} for row in found}


def test_first_tries_are_counted_by_item_with_the_first_that_counts(school, make_attempt):
    school.record.record(
        (A, make_attempt(right=False, response_ms=400)),  # too quick: it weighs nothing
        (A, make_attempt(try_nth=2)),
        (A, make_attempt(nth=2, right=True, help=1, response_ms=5_000)),
        (A, make_attempt(nth=3, right=True)),
        (A, make_attempt(item="q2", right=False, typed="2/8", values=(1, 2))),
    )
    found = rows(school)[A]
    assert found["q1"] == Tried(
        "fractions", "q1", ("add",), 0, 3,
        chances=3, counted=2, alone=1, with_help=1, first=1, tenths=50,
    )  # fmt: skip
    assert found["q2"].first == 0
    assert found["q2"].wrong == Wrong(b"ve", (1, 2), (), "2/8")


def test_the_same_instance_again_is_no_chance(school, make_attempt):
    school.record.record((A, make_attempt(right=False)))
    school.record.record((A, make_attempt(right=True)))
    assert rows(school)[A]["q1"].chances == 1


def test_answers_one_by_one_or_folded_anew_give_the_same_row(school, make_attempt):
    for nth in range(1, 30):
        attempt = make_attempt(item=f"q{nth % 4}", nth=nth, right=nth % 3 > 0, typed=str(nth % 5))
        school.record.record((A, attempt))
    before = rows(school)
    school.rebuild()
    assert rows(school) == before


def test_two_entries_that_are_one_learner_have_one_row(school, make_attempt):
    class_id = school.people.add_class("5B")
    keep = school.people.add_learner("Amina Kato", class_id, pin="4821")
    other = school.people.add_learner("Amina K.", class_id, pin="4822")
    school.record.record((keep, make_attempt()), (other, make_attempt(nth=2)))
    school.decisions.merge(keep, other)
    assert {who: each["q1"].chances for who, each in rows(school, keep).items()} == {keep: 2}
    assert rows(school, other) == rows(school, keep)
    with school.store.reading() as connection:
        assert tried_rows.learners_count(connection) == 1


def test_no_more_is_read_than_asked_for(school, make_attempt):
    school.record.record(
        *((who, make_attempt(item=f"q{n}")) for who in (A, B) for n in range(3)),
    )
    with school.store.reading() as connection:
        assert [row.learner_id for row in tried_rows.of_everybody(connection, items_max=3)] == [A]
        both = tried_rows.of_everybody(connection, items_max=4)
        assert [row.learner_id for row in both] == [A, B]


@pytest.mark.parametrize("role", [Role.COMPUTER, Role.HUB])
def test_only_a_school_keeps_them(role, make_room, make_attempt):
    room = make_room(role)
    room.record.record((A, make_attempt()))
    assert rows(room) == {}
