"""A code lasts a day, under any clock; wrong codes and wrong secrets each have their pause."""

import pytest
from code_world import give, works

from darasa.learning.signing_in.checks import CODE_LASTS_MS
from darasa.learning.signing_in.desk import WrongSecret
from darasa.learning.signing_in.learner_secrets import CodeFits

DAY_MS = CODE_LASTS_MS


def test_a_code_lasts_a_day_from_when_it_was_first_shown(prepared, fed, amina, exchange, clock):
    clock.advance(30 * DAY_MS)  # prepared long ago, seen by nobody
    assert prepared.codes.prepare() == 0
    shown = prepared.codes.show(amina)
    clock.advance(DAY_MS // 2)
    assert prepared.codes.show(amina) == shown
    exchange(fed, prepared)
    clock.advance(DAY_MS // 2)
    assert isinstance(fed.desk.queue_code(amina, shown.code).result(), CodeFits)
    clock.advance(1)
    assert isinstance(fed.desk.queue_code(amina, shown.code).result(), WrongSecret)
    assert prepared.codes.prepare() == 1
    assert prepared.codes.show(amina).code != shown.code


def test_a_clock_that_was_set_back_does_not_make_a_code_last_longer(prepared, amina, clock):
    shown = prepared.codes.show(amina)
    clock.wall -= 400 * DAY_MS
    assert prepared.codes.prepare() == 1
    assert prepared.codes.show(amina).code != shown.code


def test_a_computer_at_1970_or_2100_takes_a_code_that_it_does_not_know_was_shown(
    prepared, fed, amina, clock
):
    code = prepared.codes.show(amina).code
    for wall in (0, 4_102_444_800_000):
        clock.wall = wall
        assert isinstance(fed.desk.queue_code(amina, code).result(), CodeFits)


@pytest.mark.parametrize("school_ms", [0, 1_672_531_200_000, 4_102_444_800_000])
@pytest.mark.parametrize("computer_ms", [0, 1_800_000_000_000, 253_402_300_799_000])
def test_a_code_shown_by_a_school_with_an_impossible_date_is_taken_at_any_computer(
    prepared, fed, amina, *, exchange, clock, school_ms, computer_ms
):
    clock.wall = school_ms
    code = prepared.codes.show(amina).code
    exchange(fed, prepared)
    clock.wall = computer_ms
    assert isinstance(fed.desk.queue_code(amina, code).result(), CodeFits)


def test_five_wrong_codes_pause_and_do_not_touch_the_pin(prepared, fed, amina):
    waits = [fed.desk.queue_code(amina, "000000").result().wait_s for _ in range(5)]
    assert waits == [0, 0, 0, 0, 30]
    assert works(fed, amina, "4821")


def test_a_pause_after_wrong_pins_does_not_keep_her_from_the_code(prepared, fed, amina):
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
    assert fed.desk.wait_s(amina) == 30
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    assert fed.desk.wait_s(amina) == 0


def test_a_teacher_ends_a_pause_at_every_computer(prepared, fed, amina, exchange):
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
        prepared.desk.try_pin(amina, "0000")
    prepared.codes.unlock(amina)
    assert prepared.desk.wait_s(amina) == 0
    exchange(fed, prepared)
    assert works(fed, amina, "4821")
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
    prepared.codes.unlock(amina)  # and again
    exchange(fed, prepared)
    assert works(fed, amina, "4821")
