"""Merges, conflicts and computers through the command."""

import json
import os
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Op
from darasa.learning.records import CLASS_NAME
from darasa.sync.clock import SystemClock
from darasa.sync.contacts import PeerRow
from darasa.sync.home import open_home
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey, issue_certificate


@pytest.fixture
def school(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    home = tmp_path / "school"
    assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
    with Classroom.open(open_home(home), clock=SystemClock(), rng=os.urandom) as room:
        class_id = room.people.add_class("5B")
        for name in ("Amina Kazungu", "Amina Kazungo"):
            room.people.add_learner(name, class_id, pin="4711")
        room.record.record((None, Op(class_id, CLASS_NAME, "5 Blue", ())))
        key = NodeKey.generate(os.urandom)
        school_id = room.home.school_id
        certificate = issue_certificate(
            room.home.node_key,
            subject_public=key.public,
            role=Role.COMPUTER,
            school_id=school_id,
        )
        with room.store.transaction() as tx:
            tx.put_certificate(certificate)
            tx.put_peer(PeerRow(key.node_id, school_id, Role.COMPUTER, "PC 7", None))
    capsys.readouterr()
    return str(home)


def told(capsys, *words: str) -> str:
    assert run([*words]) == 0
    return capsys.readouterr().out


def test_two_entries_are_merged_and_taken_apart_again(school: str, capsys) -> None:
    names = ["Amina Kazungu", "Amina Kazungo"]
    done = told(capsys, "roster", "merge", "--home", school, *names)
    assert done == "Amina Kazungo and Amina Kazungu are one learner, Amina Kazungu.\n"
    one = json.loads(told(capsys, "status", "--home", school, "--learner", names[1], "--json"))
    other = json.loads(told(capsys, "status", "--home", school, "--learner", names[0], "--json"))
    assert one.pop("clock") != {}
    other.pop("clock")
    assert one == other
    assert one["events"] == 7
    assert run(["roster", "merge", "--home", school, *names]) == 1
    assert "one learner already" in capsys.readouterr().err
    assert "1 taken back" in told(capsys, "roster", "merge", "--home", school, names[0], "--undo")
    assert run(["roster", "merge", "--home", school, names[0], "--undo"]) == 1
    assert run(["roster", "merge", "--home", school, names[0]]) == 2


def test_a_conflict_is_listed_and_ended(school: str, capsys) -> None:
    assert "1 conflicts" in told(capsys, "status", "--home", school)
    listed = told(capsys, "people", "conflicts", "--home", school)
    first, shown, other = listed.splitlines()
    assert first == "5B  class.name"
    assert "5B" in shown
    assert shown.endswith("(shown)")
    assert "5 Blue  Kisima Primary, " in other
    mark = other.split()[0]
    kept = told(capsys, "people", "conflicts", "--home", school, "--keep", mark)
    assert kept == "5B: 5 Blue\n"
    assert told(capsys, "people", "conflicts", "--home", school) == "There are no conflicts.\n"
    assert run(["people", "conflicts", "--home", school, "--keep", mark]) == 4


def test_a_computer_is_named_removed_and_let_back(school: str, capsys) -> None:
    assert "PC 7" in told(capsys, "computers", "list", "--home", school)
    named = told(
        capsys, "computers", "name", "--home", school, "PC 7", "--to", "Door", "--place", "Room 4"
    )
    assert named == "Door, Room 4\n"
    removed = told(capsys, "computers", "remove", "--home", school, "Door", "--yes")
    assert removed.startswith("Door is removed.")
    listed = json.loads(told(capsys, "computers", "list", "--home", school, "--json"))
    (row,) = listed["computers"]
    assert (row["name"], row["place"], row["removed"], row["held"]) == ("Door", "Room 4", True, 0)
    assert "stays removed" in told(capsys, "computers", "accept", "--home", school, "Door")
    told(capsys, "computers", "accept", "--home", school, "Door", "--back")
    assert "removed" not in told(capsys, "computers", "list", "--home", school)
    assert run(["computers", "remove", "--home", school, "PC 9", "--yes"]) == 4


def test_a_computer_has_one_name_in_every_command(school: str, capsys) -> None:
    told(capsys, "computers", "name", "--home", school, "PC 7", "--to", "Door")
    status = told(capsys, "status", "--home", school)
    assert "Door (computer)" in status
    assert "PC 7" not in status
    # what the machine calls itself still finds it: that name is on its own screen and on sticks
    removed = told(capsys, "computers", "remove", "--home", school, "PC 7", "--yes")
    assert removed.startswith("Door is removed.")


def test_a_computer_without_a_place_shows_none(school: str, capsys) -> None:
    listed = told(capsys, "computers", "list", "--home", school)
    assert listed.split(None, 1)[1] == "PC 7  last contact never\n"


def test_when_everything_counts_it_says_so(school: str, capsys) -> None:
    assert told(capsys, "people", "ignored", "--home", school) == "Everything here counts.\n"
    assert run(["people", "confirm", "--home", school, "00"]) == 4
