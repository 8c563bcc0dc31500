"""The background care of a node: it packs while people work, and notes the damage that it finds."""

import logging
import os
import sqlite3
import threading
import time

import pytest

from darasa.learning import background
from darasa.learning.care_job import CareJob
from darasa.learning.checkup import Health, checkup
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import SignIn
from darasa.sync.clock import SystemClock
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import LearnerId, Role
from darasa.sync.rescue import suspect_mark

A = LearnerId(b"A" * 16)


@pytest.fixture
def room(tmp_path):
    home = init_home(tmp_path / "node", role=Role.COMPUTER, name="pc", rng=os.urandom)
    with Classroom.open(home, clock=SystemClock(), rng=os.urandom) as opened:
        for _ in range(100):
            opened.record.record((A, SignIn(b"s" * 8, "guest")))
        yield opened


def until(condition) -> None:
    while not condition():
        time.sleep(0.01)


def rows(room) -> int:
    with room.store.reading() as connection:
        return connection.execute("SELECT count(*) FROM event").fetchone()[0]


def test_it_packs_while_answers_are_saved(room):
    job = CareJob(room, begin_after_s=0.0, rest_s=0.01)
    for _ in range(20):
        room.record.record((A, SignIn(b"s" * 8, "guest")))
    until(lambda: rows(room) <= 20)
    job.close()
    assert room.store.event_count() == len(room.store.events_of(A)) == 120
    assert not suspect_mark(room.home.store_path).exists()


def test_it_ends_at_once_when_it_has_not_begun(room):
    CareJob(room).close()
    assert rows(room) == 100


def wreck(path) -> None:
    raw = bytearray(path.read_bytes())
    for page in range(4, len(raw) // 4096, 3):
        raw[page * 4096 : page * 4096 + 100] = b"\xa5" * 100
    path.write_bytes(raw)


def test_damage_found_while_it_runs_is_salvaged_at_the_next_start(room):
    home, count = room.home, room.store.event_count()
    room.store.checkpoint(at_least_bytes=0)
    wreck(home.store_path)
    job = CareJob(room, begin_after_s=0.0, rest_s=0.01)
    until(suspect_mark(home.store_path).exists)
    job.close()
    room.close()
    with Classroom.open(open_home(home.path), clock=SystemClock(), rng=os.urandom) as again:
        assert again.rescue is not None
        assert 0 <= again.store.event_count() <= count
        notes = {check.name: check for check in checkup(again)}
        assert notes["damaged"].health is Health.NOTE
        assert notes["store"].health is Health.FINE
        again.record.record((A, SignIn(b"s" * 8, "guest")))
    with Classroom.open(open_home(home.path), clock=SystemClock(), rng=os.urandom) as third:
        assert third.rescue is None


def test_a_guests_work_has_its_guest_again_after_a_rescue(room):
    """Her id is nowhere but on this machine."""
    guest = room.guest().learner_id
    room.record.record((guest, SignIn(b"g" * 8, "guest")))
    room.save_place(guest, b"item 3")
    home = room.home
    room.close()
    raw = bytearray(home.store_path.read_bytes())
    with sqlite3.connect(home.store_path) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'feed'"
        ).fetchone()
    connection.close()
    raw[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    home.store_path.write_bytes(raw)
    suspect_mark(home.store_path).touch()
    with Classroom.open(open_home(home.path), clock=SystemClock(), rng=os.urandom) as again:
        assert again.rescue is not None
        assert again.guest().learner_id == guest
        assert again.place(guest) == b"item 3"
        assert again.store.event_count_of(guest) == 1


def test_a_mark_that_cannot_be_written_does_not_end_the_care(room, caplog):
    """On a full disk, here under a name that leads nowhere: pytest fails on a thread that dies."""
    caplog.set_level(logging.INFO)
    room.store.checkpoint(at_least_bytes=0)
    wreck(room.home.store_path)
    suspect_mark(room.home.store_path).symlink_to(room.home.path / "nowhere" / "mark")
    job = CareJob(room, begin_after_s=0.0, rest_s=0.01)
    until(lambda: caplog.text.count("mark put off") > 1)
    job.close()


def test_a_fault_of_ours_in_one_step_does_not_end_it(room, caplog, monkeypatch):
    """The thread ended: nothing was packed, pruned or cleaned after an erasure until a restart."""
    monkeypatch.setattr(background, "_AFTER_FAULT_S", 0.01)
    with sqlite3.connect(room.home.store_path) as other:
        other.execute("ALTER TABLE unswept RENAME TO elsewhere")
    job = CareJob(room, begin_after_s=0.0, rest_s=0.01)
    until(lambda: caplog.records or not _is_caring())
    with sqlite3.connect(room.home.store_path) as other:
        other.execute("ALTER TABLE elsewhere RENAME TO unswept")
    until(lambda: rows(room) == 0 or not _is_caring())
    assert _is_caring()
    job.close()


def _is_caring() -> bool:
    return "care" in [each.name for each in threading.enumerate()]
