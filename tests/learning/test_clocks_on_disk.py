"""Copies, erasure and restoring on a server whose clock is wrong at each of them."""

import random
import shutil

import pytest

from darasa.learning.checkup import Health, checkup
from darasa.learning.classroom import Classroom
from darasa.learning.copies import copy_node
from darasa.learning.erasure import erase_learner
from darasa.learning.operations import run_operation
from darasa.sync.clock import ManualClock
from darasa.sync.copy_folder import copies, node_folder
from darasa.sync.home import init_home
from darasa.sync.ids import Role

NOW_MS = 1_800_000_000_000
AT_MS = (
    NOW_MS,
    0,
    946_684_800_000,
    1_672_531_200_000,
    NOW_MS + 5_000 * 86_400_000,
    2_147_483_648_000,
    4_102_444_800_000,
    253_402_300_799_000,
    NOW_MS,
)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path):
    return init_home(
        tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=random.Random(1).randbytes
    )


def opened(home, wall_ms):
    return Classroom.open(home, clock=ManualClock(wall_ms), rng=random.Random(wall_ms).randbytes)


def test_a_copy_under_each_clock_keeps_its_number_and_none_goes(home, disk):
    for nth, wall_ms in enumerate(AT_MS, start=1):
        with opened(home, wall_ms) as room:
            room.people.add_class(f"{nth}B")
            made = copy_node(room, disk)
        assert made.note.number == nth
    numbers = [note.number for note in copies(node_folder(disk, home.node_id), home.node_id)]
    assert numbers[:7] == [9, 8, 7, 6, 5, 4, 3]  # as of nine copies of one week


@pytest.mark.parametrize("wall_ms", AT_MS[1:-1])
def test_an_erasure_is_done_and_stays_done_under_any_clock(home, disk, wall_ms):
    with opened(home, NOW_MS) as room:
        class_id = room.people.add_class("5B")
        amina = room.people.add_learner("Amina Kato", class_id, pin="4821")
        room.people.add_learner("Juma Ali", class_id, pin="4821")
        copy_node(room, disk)
    with opened(home, wall_ms) as room:
        erase_learner(room, amina)
    with opened(home, NOW_MS) as room:
        assert [row.short for row in room.people.learners()] == ["Juma A."]
        assert room.store.event_count_of(amina) == 0


@pytest.mark.parametrize("wall_ms", AT_MS)
def test_doctor_and_status_have_a_line_for_the_clock_and_fail_under_none(home, wall_ms):
    with opened(home, wall_ms) as room:
        lines = [each for each in checkup(room) if each.name == "clock"]
        told = run_operation(room, "status", {})["clock"]
    assert lines
    assert all(line.health is not Health.ACT for line in lines)
    assert (lines[0].health is Health.FINE) == (told["doubts"] == [])
    assert told["wall_ms"] == wall_ms


def test_the_set_time_stays_with_its_node_and_is_in_no_copy(home, disk, tmp_path):
    (home.path / "clock.json").write_text('{"machine_ms":0,"true_ms":1,"by":"person"}')
    with opened(home, NOW_MS) as room:
        room.people.add_class("5B")
        copy_node(room, disk)
    assert not list(disk.rglob("clock.json"))
    shutil.rmtree(tmp_path / "disk")
