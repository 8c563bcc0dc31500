"""The quiet note to the teacher: five wrong tries, told once, until they are dealt with."""

import pytest

from darasa.learning.computers import name_computer
from darasa.learning.digest import learner_digest
from darasa.learning.erasure import erase_learner
from darasa.learning.kinds import Kind, SignIn
from darasa.learning.operations import run_operation
from darasa.learning.reports.live_report import live_class
from darasa.learning.resume import code_owner
from darasa.learning.signing_in.desk import SignedIn
from darasa.learning.signing_in.wrong_tries import OPEN_FOR_MS, open_tries

WRONG, RIGHT = "0000", "4821"


def try_wrongly(room, learner, *, times=5, secret=WRONG):
    """So many wrong tries, each after its pause."""
    for _ in range(times):
        room.clock.advance(1_000 + room.desk.wait_s(learner) * 1_000)
        room.desk.try_pin(learner, secret)


def told(room):
    """What a room holds of wrong tries, as events."""
    events = [each for who in room.learner_ids() for each in room.events_of(who)]
    return [each for each in events if each.event.kind == Kind.WRONG_TRIES]


def open_at(room, *learners):
    return open_tries(room, learners, room.clock.wall_ms())


@pytest.fixture
def named(school, fed):
    name_computer(school, fed.home.node_id, name="Lab PC 07")
    return fed


def test_the_note_waits_on_a_computer_without_its_server_and_comes_with_the_next_exchange(
    school, named, amina, *, class_id, exchange, clock
):
    try_wrongly(named, amina)
    at_ms = clock.wall_ms()
    assert open_at(school, amina) == ()
    clock.advance(3 * 3_600_000)
    exchange(named, school)
    (note,) = open_at(school, amina)
    assert (note.learner_id, note.computer, note.tries) == (amina, "Lab PC 07", 5)
    assert note.said_ms == at_ms
    assert live_class(school, class_id, school.presence, clock.wall_ms()).tries == (note,)


def test_four_wrong_tries_and_then_the_right_one_are_nobodys_business(school, fed, amina, exchange):
    try_wrongly(fed, amina, times=4)
    assert fed.desk.try_pin(amina, RIGHT) == SignedIn(amina)
    try_wrongly(fed, amina, times=4)
    exchange(fed, school)
    assert open_at(school, amina) == ()


def test_it_goes_away_when_the_learner_has_signed_in(school, fed, other, amina, exchange):
    try_wrongly(fed, amina)
    exchange(fed, school)
    assert open_at(school, amina)
    other.record.record((amina, SignIn(b"sitting1", "code")))  # at the next computer
    exchange(other, school)
    assert open_at(school, amina) == ()


@pytest.mark.parametrize("how", ["reset-pin", "unlock"])
def test_it_goes_away_when_a_teacher_has_helped_and_comes_again_after_five_more(
    school, fed, amina, *, exchange, how
):
    school.codes.prepare()
    try_wrongly(fed, amina)
    exchange(fed, school)
    assert "error" not in run_operation(school, how, {"name": "Amina Kato"})
    assert open_at(school, amina) == ()
    school.rebuild()
    assert open_at(school, amina) == ()
    fed.desk.clear(amina)
    fed.clock.advance(3_600_000)
    try_wrongly(fed, amina)
    exchange(fed, school)
    assert len(open_at(school, amina)) == 1


def test_after_a_week_nobody_asks_any_more(school, amina, clock):
    try_wrongly(school, amina)
    clock.advance(OPEN_FOR_MS - 60_000)
    assert open_at(school, amina)
    clock.advance(120_000)
    assert open_at(school, amina) == ()


@pytest.mark.parametrize("computer_ms", [0, 946_684_800_000, 4_102_444_800_000])
def test_a_computer_whose_clock_is_wrong_is_heard_too(
    school, fed, other, amina, *, exchange, clock, computer_ms
):
    """Its times are not put right here: this school writes no clock events."""
    now_ms = clock.wall_ms()
    other.record.record((amina, SignIn(b"sitting0", "pin")))  # before, and by a right clock
    exchange(other, school)
    clock.wall = computer_ms
    try_wrongly(fed, amina)
    clock.wall = now_ms + 60_000
    exchange(fed, school)
    (note,) = open_at(school, amina)
    assert (note.learner_id, note.said_ms) == (amina, None)
    clock.wall = computer_ms + 3_600_000
    fed.record.record((amina, SignIn(b"sitting1", "pin")))
    clock.wall = now_ms + 120_000
    exchange(fed, school)
    assert open_at(school, amina) == ()


def test_wrong_codes_are_told_too(school, fed, amina, *, exchange, clock):
    for _ in range(5):
        fed.desk.queue_code(amina, "000000").result()
        clock.advance(fed.desk.wait_s(code_owner(amina)) * 1_000)
    exchange(fed, school)
    (note,) = open_at(school, amina)
    assert note.tries == 5
    assert told(school)[0].event.body == (5, "code")


def test_whoever_goes_on_trying_or_signs_in_between_fills_neither_page_nor_log(
    school, fed, amina, *, exchange, clock
):
    for _ in range(20):  # knows the PIN, and wants the teacher to look
        try_wrongly(fed, amina)
        clock.advance(fed.desk.wait_s(amina) * 1_000)
        assert fed.desk.try_pin(amina, RIGHT) == SignedIn(amina)
    minutes = 20 * (5 + 30) / 60
    assert 1 <= len(told(fed)) <= minutes / 10 + 1
    try_wrongly(fed, amina, times=30)
    exchange(fed, school)
    assert len(open_at(school, amina)) == 1


def test_two_computers_are_one_note_of_the_last(school, named, other, amina, exchange):
    try_wrongly(named, amina)
    try_wrongly(other, amina)
    exchange(other, school)
    exchange(named, school)
    (note,) = open_at(school, amina)
    assert note.node_id == other.home.node_id
    school.codes.unlock(amina)
    assert open_at(school, amina) == ()


def test_nobody_learns_who_exists(school, fed, exchange):
    stranger = b"x" * 16
    for room in (fed, school):
        before = room.store.event_count()
        try_wrongly(room, stranger, times=6)
        for _ in range(6):
            room.desk.queue_code(stranger, "000000").result()
            room.desk.try_teacher("Nobody At All", "a guess of ten")
        assert room.store.event_count() == before


def test_a_note_says_nothing_of_her_work_and_nothing_of_what_was_tried(
    school, fed, amina, exchange
):
    skills = fed.state(amina).skills
    try_wrongly(fed, amina, secret="9318")
    exchange(fed, school)
    assert fed.state(amina).skills == skills == school.state(amina).skills
    assert learner_digest(school, amina) == learner_digest(fed, amina)
    (event,) = told(school)
    assert b"9318" not in event.canonical


def test_who_is_erased_leaves_no_note(school, fed, amina, exchange):
    try_wrongly(fed, amina)
    exchange(fed, school)
    erase_learner(school, amina)
    assert open_at(school, amina) == ()
    assert told(school) == []
