"""What was folded with a wrong time is folded anew when a clock event says so."""

import pytest

from darasa.learning import tables
from darasa.learning.kinds import SignIn
from darasa.learning.reports.reports import Dated, learner_page
from darasa.sync.clock_events import KIND, Correction, body_of

NOW_MS = 1_800_000_000_000
FIFTY_YEARS_MS = 50 * 365 * 24 * 3_600_000
AMINA, BARAKA = b"A" * 16, b"B" * 16


@pytest.fixture
def at_1970(computer, clock):
    """A computer whose clock says 1970, and what two learners did there."""
    clock.wall -= FIFTY_YEARS_MS
    return computer


def work(room, make_attempt, learner_id, count=2):
    room.record.record((learner_id, SignIn(b"sitting1", "pin")))
    for n in range(count):
        room.record.record((learner_id, make_attempt(item=f"q{n}", right=False)))


def say(school, log_id, offset_ms):
    with school.store.transaction() as tx:
        said = tx.append(
            school.log,
            kind=KIND,
            version=1,
            learner_id=None,
            lamport=9,
            body=body_of(Correction(log_id, offset_ms, 5)),
        )
        school.hooks.on_events(tx, [said])


def rows(room):
    with room.store.reading() as connection:
        return list(tables.dump(connection))


def test_read_tables_move_with_the_clock_event_as_a_rebuild_makes_them(
    at_1970, school, exchange, make_attempt
):
    for learner_id in (AMINA, BARAKA):
        work(at_1970, make_attempt, learner_id)
    exchange(at_1970, school)
    wrong = school.state(AMINA).tail[-1].happened_ms
    say(school, at_1970.log.log_id, FIFTY_YEARS_MS)
    assert school.state(AMINA).tail[-1].happened_ms == wrong + FIFTY_YEARS_MS == NOW_MS
    assert school.state(BARAKA).sitting.began_ms == NOW_MS
    moved = rows(school)
    school.rebuild()
    assert rows(school) == moved


def test_answers_after_the_clock_event_are_folded_on_with_the_right_time(
    at_1970, school, exchange, make_attempt
):
    work(at_1970, make_attempt, AMINA)
    exchange(at_1970, school)
    say(school, at_1970.log.log_id, FIFTY_YEARS_MS)
    at_1970.record.record((AMINA, make_attempt(item="q9")))
    exchange(at_1970, school)
    assert {each.happened_ms for each in school.state(AMINA).tail} == {NOW_MS}
    moved = rows(school)
    school.rebuild()
    assert rows(school) == moved


def test_learners_of_other_logs_are_left_alone(at_1970, school, exchange, make_attempt):
    work(at_1970, make_attempt, AMINA)
    work(school, make_attempt, BARAKA)
    exchange(at_1970, school)
    before = school.state(BARAKA)
    say(school, at_1970.log.log_id, FIFTY_YEARS_MS)
    assert school.state(BARAKA) == before


@pytest.mark.parametrize("wrong_ms", [-FIFTY_YEARS_MS, FIFTY_YEARS_MS])
def test_a_page_marks_dates_that_a_server_put_right_and_those_nobody_did(
    computer, school, exchange, make_attempt, *, clock, wrong_ms
):
    clock.wall += wrong_ms
    work(computer, make_attempt, AMINA)
    clock.wall -= wrong_ms
    work(school, make_attempt, BARAKA)
    exchange(computer, school)
    assert {row.dated for row in learner_page(school, AMINA).last} == {Dated.UNKNOWN}
    assert {row.dated for row in learner_page(school, BARAKA).last} == {Dated.RIGHT}
    say(school, computer.log.log_id, -wrong_ms)
    (row, *_) = learner_page(school, AMINA).last
    assert (row.dated, row.when_ms) == (Dated.ABOUT, NOW_MS)


def test_a_log_that_was_off_by_seconds_is_no_wrong_clock(computer, school, exchange, make_attempt):
    work(computer, make_attempt, AMINA)
    exchange(computer, school)
    say(school, computer.log.log_id, 20_000)
    assert {row.dated for row in learner_page(school, AMINA).last} == {Dated.RIGHT}
