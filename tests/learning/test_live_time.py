"""The live view under wrong clocks: ages are of elapsed time, and nobody's hand is lost."""

import pytest

from darasa.learning.kinds import Hand, SignIn
from darasa.learning.reports.alerts import LiveState
from darasa.learning.reports.reports import live_class
from darasa.sync.ids import NodeId
from darasa.sync.messages import Doing, PresenceRow

MINUTE = 60_000
TEN_YEARS_MS = 10 * 365 * 24 * 60 * MINUTE
AT_MS = {
    "1970": 0,
    "2000": 946_684_800_000,
    "2023": 1_672_531_200_000,
    "2038": 2_147_483_647_000,
    "2038 and a second": 2_147_483_648_000,
    "2100": 4_102_444_800_000,
    "9999": 253_402_300_799_000,
}
SITTING = b"sitting1"
PC = NodeId(b"1" * 16)


def sit(school, learner_id, since_ms=10_000):
    row = PresenceRow(learner_id, Doing.WORKING, since_ms, "", 0, 0)
    school.presence.hear(PC, [row])


def row_of(school, class_id, clock, handled_ago=None):
    report = live_class(school, class_id, school.presence, clock.wall_ms(), handled_ago=handled_ago)
    (row,) = report.rows
    return row, report


@pytest.mark.parametrize("computer_ms", AT_MS.values(), ids=AT_MS)
@pytest.mark.parametrize("server_ms", AT_MS.values(), ids=AT_MS)
def test_a_hand_is_up_and_as_old_as_it_is_whatever_the_two_clocks_say(
    school, computer, class_id, amina, clock, *, make_attempt, exchange, computer_ms, server_ms
):
    clock.wall = computer_ms
    computer.record.record((amina, SignIn(SITTING, "pin")), (amina, make_attempt(right=False)))
    computer.record.record((amina, Hand(SITTING, True, "add", "q1")))
    clock.wall = server_ms
    exchange(computer, school)  # this school writes no clock events
    sit(school, amina)
    clock.advance(3 * MINUTE)
    sit(school, amina, since_ms=4 * MINUTE)
    row, report = row_of(school, class_id, clock)
    assert row.state is LiveState.HAND_UP
    assert abs(clock.wall_ms() - row.since_ms - 3 * MINUTE) <= 1_000
    assert (report.signed_in, row.today) == (1, "o")


@pytest.mark.parametrize("jump_ms", [TEN_YEARS_MS, -TEN_YEARS_MS])
def test_a_server_clock_that_jumps_in_a_lesson_changes_no_state_and_no_age(
    school, class_id, amina, clock, make_attempt, *, jump_ms
):
    school.record.record((amina, SignIn(SITTING, "pin")))
    for nth in (1, 2, 3):
        school.record.record((amina, make_attempt(right=False, try_nth=nth)))
    sit(school, amina)
    clock.advance(2 * MINUTE)
    before, _ = row_of(school, class_id, clock)
    clock.wall += jump_ms
    sit(school, amina, since_ms=2 * MINUTE)
    after, _ = row_of(school, class_id, clock)
    assert before.state is after.state is LiveState.STUCK
    assert after.since_ms == before.since_ms + jump_ms
    assert (after.reason, after.today) == (before.reason, before.today)


def test_a_state_that_was_dealt_with_is_quiet_for_ten_minutes_of_elapsed_time(
    school, class_id, amina, clock
):
    school.record.record((amina, SignIn(SITTING, "pin")), (amina, Hand(SITTING, True, "", "")))
    sit(school, amina)
    for ago_min, expected in ((9, LiveState.WORKING), (10, LiveState.HAND_UP)):
        handled = {amina: {LiveState.HAND_UP: ago_min * MINUTE}}
        assert row_of(school, class_id, clock, handled)[0].state is expected


def test_work_of_days_ago_that_comes_now_is_not_taken_for_now(
    school, class_id, amina, clock, make_attempt
):
    school.record.record((amina, SignIn(SITTING, "pin")), (amina, Hand(SITTING, True, "", "")))
    clock.advance(3 * 24 * 60 * MINUTE)
    school.presence.note_work([amina])
    row, _ = row_of(school, class_id, clock)
    assert row.state is LiveState.NOT_IN
