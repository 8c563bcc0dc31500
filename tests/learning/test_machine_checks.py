"""The machine check: how fast it saves, its memory, said in sentences."""

import os

import pytest

from darasa.learning.checkup import Health
from darasa.learning.machine_checks import disk_checks, memory_checks, server_checks
from darasa.sync.home import Home
from darasa.sync.ids import Role


class Seconds:
    """A clock by which each flushed write takes so many milliseconds."""

    def __init__(self, *took_ms: float) -> None:
        self._took = list(took_ms)
        self._now = 0.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        if self.asked % 3 == 0:  # asked before a write, after it, and whether it is enough
            self._now += self._took.pop(0) / 1_000 if len(self._took) > 1 else self._took[0] / 1_000
        return self._now


@pytest.mark.parametrize(
    ("took_ms", "health", "words"),
    [
        ([5], Health.FINE, "5 ms"),
        ([900, 900, 5, 5, 5, 5, 5, 5], Health.FINE, "5 ms"),  # one that is late says little
        ([180], Health.NOTE, "Learners wait"),
        ([700], Health.NOTE, "Try another disk"),
    ],
)
def test_how_fast_it_saves_is_said_by_the_middle_of_a_few_writes(tmp_path, took_ms, health, words):
    (check,) = disk_checks(tmp_path, now_s=Seconds(*took_ms))
    assert check.health is health
    assert words in f"{check.what} {check.remedy}"
    assert list(tmp_path.iterdir()) == []


def test_a_very_slow_disk_is_not_measured_for_long(tmp_path):
    clock = Seconds(1_500)
    list(disk_checks(tmp_path, now_s=clock))
    assert clock.asked <= 1 + 3 * 3


def test_where_nothing_can_be_saved_somebody_is_needed(tmp_path):
    (check,) = disk_checks(tmp_path / "gone")
    assert check.health is Health.ACT
    assert "Nothing can be saved here" in check.what


def test_little_memory_is_a_note_and_where_the_system_is_silent_nothing_is_said(tmp_path):
    file = tmp_path / "meminfo"
    assert list(memory_checks(file)) == []
    file.write_text("MemTotal:  2048000 kB\nMemAvailable:  1024000 kB\n")
    (check,) = memory_checks(file)
    assert (check.health, check.what) == (Health.FINE, "1000 MB are free.")
    file.write_text("MemAvailable:  92160 kB\n")
    (check,) = memory_checks(file)
    assert (check.health, check.what) == (Health.NOTE, "90 MB are free.")
    file.write_text("MemAvailable: \n")
    assert list(memory_checks(file)) == []


def test_a_computer_that_joined_nothing_asks_nobody():
    home = Home.in_memory(role=Role.COMPUTER, name="PC", rng=os.urandom)
    assert list(server_checks(home)) == []
