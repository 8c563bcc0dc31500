"""`darasa backup` and `darasa restore`, as a technician types them."""

import errno
import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.learning.checkup import Health, checkup
from darasa.learning.classroom import Classroom
from darasa.learning.control import ControlServer
from darasa.learning.copies import copy_node, counts, note_copy
from darasa.learning.errors import LearningError
from darasa.learning.operations import run_operation
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home
from darasa.sync.levels import SECOND_COPY, held_upto
from darasa.sync.newest_copy import note_place

Output = pytest.CaptureFixture[str]


@pytest.fixture
def school(tmp_path: Path) -> Path:
    home = tmp_path / "school"
    assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
    _roster(home, "Amina Kato", "Juma Ali")
    return home


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def _roster(home: Path, *names: str) -> None:
    file = home.parent / "class.csv"
    file.write_text("name,class\n" + "".join(f"{name},5B\n" for name in names))
    assert run(["roster", "import", "--home", str(home), str(file)]) == 0


def _json(words: list[str], capsys: Output) -> dict[str, object]:
    capsys.readouterr()
    assert run([*words, "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def _is_known(home: Path, name: str) -> bool:
    return run(["status", "--home", str(home), "--learner", name]) == 0


def _status(home: Path, capsys: Output) -> dict[str, object]:
    return _json(["status", "--home", str(home)], capsys)


@contextmanager
def _running(school: Path) -> Iterator[Classroom]:
    """The school, held by a process that answers operations, as `serve` does."""
    rng = random.Random(5).randbytes
    with Classroom.open(open_home(school), clock=SystemClock(), rng=rng) as room:
        server = ControlServer(
            room.home.control_path, lambda op, args: run_operation(room, op, args)
        )
        try:
            yield room
        finally:
            server.close()


def test_a_running_school_is_copied_and_a_lost_store_comes_back(
    school: Path, disk: Path, capsys: Output
) -> None:
    with _running(school) as room:
        events = room.store.event_count()
        before = room.store.frontier_digest().hex()
        capsys.readouterr()
        assert run(["backup", "--home", str(school), str(disk)]) == 0
        told = capsys.readouterr().out
        assert f"Copy 1: {events} events" in told
        assert "It is on the same disk as the server, so it does not count." in told
        assert run(["restore", "--home", str(school), str(disk)]) == 1
        assert "Another Darasa program is using" in capsys.readouterr().err
    (school / "store.sqlite3").unlink()
    assert run(["restore", "--home", str(school), str(disk)]) == 0
    assert f"{events} events." in capsys.readouterr().out
    assert _status(school, capsys)["frontier_digest"] == before
    assert _is_known(school, "Amina Kato")  # names are read with the school's own key


def test_newer_work_is_named_before_it_is_set_aside(
    school: Path, disk: Path, capsys: Output
) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    _roster(school, "Baraka Odhiambo")
    capsys.readouterr()
    assert run(["restore", "--home", str(school), str(disk)]) == 1
    words = capsys.readouterr().err
    assert "events that copy 1 lacks. Nothing was changed." in words
    assert "give --lose-newer" in words
    assert _status(school, capsys)["learners"] == 3
    assert run(["restore", "--home", str(school), str(disk), "--lose-newer"]) == 0
    assert "The store that was here is kept: store.sqlite3.replaced-" in capsys.readouterr().out
    assert _status(school, capsys)["learners"] == 2


def test_a_burnt_school_comes_back_from_its_kit_and_its_copy(
    school: Path, disk: Path, tmp_path: Path, capsys: Output
) -> None:
    sheets, new = tmp_path / "sheets", tmp_path / "new"
    assert run(["school", "new-tls-key", "--home", str(school)]) == 0
    channel = open_home(school).channel
    assert run(["school", "kit", "--home", str(school), "--out", str(sheets)]) == 0
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    before = _status(school, capsys)
    shutil.rmtree(school)
    assert run(["restore", "--home", str(new), str(disk)]) == 1  # no keys here yet
    assert run(["school", "recover", "--home", str(new), *map(str, sorted(sheets.iterdir()))]) == 0
    assert run(["restore", "--home", str(new), str(disk)]) == 0
    after = _status(new, capsys)
    for name in ("node_id", "school_id", "learners", "frontier_digest"):
        assert after[name] == before[name]
    assert _is_known(new, "Amina Kato")
    assert open_home(new).channel == channel  # computers know it by that


def test_an_erased_learner_does_not_come_back_with_an_older_copy(
    school: Path, disk: Path, capsys: Output
) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    assert run(["erase-learner", "--home", str(school), "--yes", "Amina Kato"]) == 0
    assert run(["restore", "--home", str(school), str(disk), "--lose-newer"]) == 0
    assert _status(school, capsys)["learners"] == 1
    assert not _is_known(school, "Amina Kato")
    assert _is_known(school, "Juma Ali")


def test_a_copy_that_is_put_back_is_told_as_data(school: Path, disk: Path, capsys: Output) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    told = _json(["restore", "--home", str(school), str(disk)], capsys)
    note = told["note"]
    assert isinstance(note, dict)
    assert (note["number"], told["events"]) == (1, note["events"])
    assert told["newer"] == {"events": 0, "logs": 0, "last_ms": 0}
    assert (school / str(told["aside"])).exists()


def test_copies_are_listed(school: Path, disk: Path, capsys: Output) -> None:
    for _ in range(2):
        assert run(["backup", "--home", str(school), str(disk)]) == 0
    told = _json(["restore", "--home", str(school), "--list", str(disk)], capsys)
    assert [note["number"] for note in told["copies"]] == [2, 1]
    assert run(["restore", "--home", str(school), str(disk), "--copy", "7"]) == 4
    assert run(["backup", "--home", str(school), str(disk / "nothing")]) == 4


def test_a_copy_on_another_disk_counts_as_a_second_one(school: Path, disk: Path) -> None:
    def two_disks(one: Path, other: Path) -> bool:
        return one == other

    with _running(school) as room:
        assert {check.name: check.health for check in checkup(room)}["copy"] is Health.NOTE
        copied = copy_node(room, disk)
        assert not counts(school, copied)
        assert counts(school, copied, same_disk=two_disks)
        told = {"ordinal": copied.note.ordinal, "tag": copied.note.tag}
        assert run_operation(room, "note-copy", told) == {}
        assert room.store.read(held_upto, SECOND_COPY) == copied.note.ordinal
        said = {check.name: check for check in checkup(room)}["copy"]
        assert (said.health, said.remedy) == (Health.FINE, "")


def test_copies_that_are_made_no_longer_are_told(school: Path, disk: Path) -> None:
    with _running(school) as room:
        copied = copy_node(room, disk)
        note_place(room.home, disk)
        note_copy(room, copied.note.ordinal, bytes.fromhex(copied.note.tag))
        for each in school.iterdir():
            os.utime(each, times=(0, SystemClock().wall_ms() / 1000 - 8 * 86_400))
        assert {check.name: check.health for check in checkup(room)}["copy"] is Health.FINE
        held = copied.note.events
        room.people.add_class("6A")
        said = {check.name: check for check in checkup(room)}["copy"]
        assert said.health is Health.NOTE
        assert said.what == (
            f"The last copy is 8 days old: {held} of {held + 1} events are on another disk."
        )


def test_a_store_that_a_copy_replaced_is_not_called_damaged(school: Path, disk: Path) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    assert run(["restore", "--home", str(school), str(disk)]) == 0
    with _running(school) as room:
        checks = {check.name: check.what for check in checkup(room)}
    assert "damaged" not in checks
    assert checks["replaced"].startswith("1 store was set aside when a copy was put back: store.")


def test_a_copy_of_another_state_of_the_store_does_not_count(school: Path) -> None:
    with _running(school) as room:
        ordinal = room.store.position().ordinal
        with pytest.raises(LearningError, match="Make another copy"):
            note_copy(room, ordinal, b"othertag")
        assert room.store.read(held_upto, SECOND_COPY) == 0


def test_a_server_that_starts_damaged_has_its_people_again_from_the_copy(
    school: Path, disk: Path, capsys: Output
) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0
    store = open_home(school).store_path
    raw = store.read_bytes()
    store.write_bytes(raw[:4_096] + bytes(len(raw) - 4_096))
    assert run(["doctor", "--home", str(school), "--repair"]) == 0
    assert "Copy 1 filled gaps." in capsys.readouterr().err
    assert _is_known(school, "Amina Kato")
    assert _is_known(school, "Juma Ali")
    assert list(school.glob("*.damaged-*"))


def test_it_is_the_disk_of_the_server_that_is_full_when_a_copy_is_put_back(
    school: Path, disk: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["backup", "--home", str(school), str(disk)]) == 0

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("darasa.sync.restoring.os.fsync", full)
    capsys.readouterr()
    assert run(["restore", "--home", str(school), str(disk), "--lose-newer"]) == 1
    said = capsys.readouterr().err
    assert str(school) in said
    assert "No space left" in said
    assert "stick" not in said
