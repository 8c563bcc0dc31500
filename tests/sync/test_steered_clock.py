"""A clock that is set, kept, and not carried off: for every wrong time a machine may start with."""

import pytest

from darasa.sync.clock import ManualClock
from darasa.sync.set_time import By, KeptTime, SetTime, holds, keep_set_time, read_set_time
from darasa.sync.steered_clock import SteeredClock, machine_ms_of
from darasa.sync.timekeeping import Moment

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TEN_YEARS_MS = 3_652 * DAY_MS
WRONG = {
    "1970": 0,
    "2000": 946_684_800_000,
    "2023": 1_672_531_200_000,
    "ten years fast": NOW_MS + TEN_YEARS_MS,
    "2038": 2_147_483_648_000,
    "2100": 4_102_444_800_000,
    "9999": 253_402_300_799_000,
}


@pytest.fixture
def kept(tmp_path):
    return KeptTime(tmp_path)


@pytest.mark.parametrize("wrong_ms", WRONG.values(), ids=WRONG)
def test_what_a_person_sets_holds_through_restarts_of_a_wrong_machine(kept, wrong_ms):
    machine = ManualClock(wrong_ms)
    clock = SteeredClock(machine, keeper=kept)
    clock.set_by_person(NOW_MS)
    machine.advance(HOUR_MS)
    assert clock.wall_ms() == NOW_MS + HOUR_MS
    machine.advance(DAY_MS)
    again = SteeredClock(machine, keeper=kept)
    assert again.wall_ms() == NOW_MS + HOUR_MS + DAY_MS
    assert again.said is not None
    assert again.said.by is By.PERSON
    assert machine_ms_of(again) == wrong_ms + HOUR_MS + DAY_MS


@pytest.mark.parametrize("wrong_ms", WRONG.values(), ids=WRONG)
def test_a_machine_that_was_set_right_since_is_believed_again(kept, wrong_ms, tmp_path):
    SteeredClock(ManualClock(wrong_ms), keeper=kept).set_by_person(NOW_MS)
    again = SteeredClock(ManualClock(NOW_MS + DAY_MS), keeper=kept)
    assert again.wall_ms() == NOW_MS + DAY_MS
    assert again.said is None
    assert read_set_time(tmp_path) is None


def test_a_machine_without_a_battery_begins_where_it_was_set_at_the_least(kept):
    SteeredClock(ManualClock(5_000), keeper=kept).set_by_person(NOW_MS)
    assert SteeredClock(ManualClock(1_000), keeper=kept).wall_ms() == NOW_MS - 4_000


def test_a_hub_sets_it_and_takes_it_back_but_not_what_a_person_set(kept):
    machine = ManualClock(0)
    clock = SteeredClock(machine, keeper=kept)
    clock.hear(Moment(NOW_MS, 0, 0))
    assert clock.wall_ms() == NOW_MS
    assert SteeredClock(machine, keeper=kept).wall_ms() == NOW_MS
    clock.set_by_person(NOW_MS + DAY_MS)
    clock.hear(Moment(NOW_MS, 0, 0))
    assert clock.wall_ms() == NOW_MS + DAY_MS
    clock.unset()
    assert clock.wall_ms() == 0
    clock.hear(Moment(NOW_MS, 0, 0))
    machine.wall = NOW_MS
    clock.hear(Moment(NOW_MS, 0, 0))
    assert (clock.wall_ms(), clock.said, kept.read()) == (NOW_MS, None, None)


def test_a_hub_that_says_the_same_again_costs_no_write(tmp_path):
    class Counted(KeptTime):
        writes = 0

        def keep(self, said):
            Counted.writes += 1
            super().keep(said)

    machine = ManualClock(0)
    clock = SteeredClock(machine, keeper=Counted(tmp_path))
    for _ in range(5):
        clock.hear(Moment(NOW_MS + machine.elapsed, machine.elapsed, machine.elapsed))
        machine.advance(30_000)
    assert Counted.writes == 1


@pytest.mark.parametrize("jump_ms", [TEN_YEARS_MS, -TEN_YEARS_MS, -NOW_MS, 90 * TEN_YEARS_MS])
def test_a_leap_of_years_while_a_program_runs_is_not_followed(jump_ms):
    now_ms = NOW_MS + TEN_YEARS_MS + DAY_MS
    machine = ManualClock(now_ms)
    clock = SteeredClock(machine)
    assert clock.wall_ms() == now_ms
    machine.wall += jump_ms
    machine.advance(HOUR_MS)
    assert clock.wall_ms() == now_ms + HOUR_MS
    machine.wall -= jump_ms
    assert clock.wall_ms() == now_ms + HOUR_MS


def test_a_clock_that_was_never_set_is_followed_when_it_is_set():
    machine = ManualClock(0)
    clock = SteeredClock(machine)
    machine.wall = NOW_MS
    assert clock.wall_ms() == NOW_MS
    machine.wall += 3 * HOUR_MS
    assert clock.wall_ms() == NOW_MS + 3 * HOUR_MS


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"machine_ms":1e99}', b"\xff" * 9_000])
def test_a_file_that_is_damaged_sets_nothing(kept, tmp_path, raw):
    (tmp_path / "clock.json").write_bytes(raw)
    assert SteeredClock(ManualClock(NOW_MS), keeper=kept).wall_ms() == NOW_MS


def test_who_only_reads_changes_no_file(tmp_path):
    said = SetTime(0, NOW_MS, By.PERSON)
    keep_set_time(tmp_path, said)
    reader = SteeredClock(ManualClock(NOW_MS + DAY_MS), keeper=KeptTime(tmp_path, writes=False))
    assert reader.wall_ms() == NOW_MS + DAY_MS
    assert read_set_time(tmp_path) == said


def test_a_small_correction_holds_though_nobody_can_tell():
    assert holds(SetTime(NOW_MS, NOW_MS + HOUR_MS, By.PERSON), NOW_MS + DAY_MS)
    assert not holds(SetTime(NOW_MS, NOW_MS - HOUR_MS, By.PERSON), NOW_MS - 1)
