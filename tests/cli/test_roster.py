"""Class lists through the command, and real processes that are killed in the middle of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.learning.classroom import Classroom
from darasa.learning.sign_in import SignedIn
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home

_ACTOR = """
import os, sys
from pathlib import Path
from darasa.learning.classroom import Classroom
from darasa.learning.rosters.applying import import_roster
from darasa.learning.rosters.reading import read_roster
from darasa.sync.clock import SystemClock
from darasa.sync.home import open_home

def stop(*_):
    print("here", flush=True)
    sys.stdin.read()

home, when = sys.argv[1:]
roster = read_roster(Path(home).with_name("list.csv").read_bytes())
with Classroom.open(open_home(Path(home)), clock=SystemClock(), rng=os.urandom) as room:
    made = import_roster(room, roster, progress=stop if when == "within" else None).made
    print(*(f"{new.learner_id.hex()} {new.pin}" for new in made), sep="\\n")
    room.first_pins.hash_some(gap=stop if when == "hashing" else lambda: None)
    stop()
"""


@pytest.fixture
def school(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    home = str(tmp_path / "school")
    assert run(["school", "init", "--home", home, "--name", "Kisima Primary"]) == 0
    capsys.readouterr()
    return home


def killed(home: str, when: str) -> list[str]:
    """Start an import in a process of its own, and kill it where it says that it is."""
    actor = subprocess.Popen(
        [sys.executable, "-c", _ACTOR, home, when],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert actor.stdout is not None
    assert actor.stdin is not None
    lines: list[str] = []
    for line in actor.stdout:
        lines.append(line.strip())
        if lines[-1] == "here":
            break
    actor.kill()
    actor.wait(timeout=60)
    actor.stdout.close()
    actor.stdin.close()
    return lines[:-1]


def opened(home: str) -> Classroom:
    return Classroom.open(open_home(Path(home)), clock=SystemClock(), rng=os.urandom)


def write_list(tmp_path: Path, learners: int) -> None:
    lines = (f"Learner {n},{n // 40}" for n in range(learners))
    (tmp_path / "list.csv").write_text("name,class\n" + "\n".join(lines))


def test_an_import_that_is_killed_within_leaves_nothing(school: str, tmp_path: Path) -> None:
    write_list(tmp_path, 200)
    killed(school, "within")
    with opened(school) as room:
        assert room.people.learners() == []
        assert room.people.classes() == []
        assert room.first_pins.waiting() == 0
    assert run(["roster", "import", "--home", school, str(tmp_path / "list.csv")]) == 0
    with opened(school) as room:
        assert len(room.people.learners()) == 200


@pytest.mark.parametrize("when", ["hashing", "between"])
def test_pins_that_were_given_count_after_a_kill(school: str, tmp_path: Path, when: str) -> None:
    write_list(tmp_path, 20)
    told = [line.split() for line in killed(school, when)]
    assert len(told) == 20
    with opened(school) as room:
        assert room.first_pins.waiting() == (20 if when == "hashing" else 4)
        ids = {row.learner_id.hex(): row.learner_id for row in room.people.learners()}
        first, last = told[0], told[-1]
        assert room.desk.try_pin(ids[first[0]], first[1]) == SignedIn(ids[first[0]])
        while room.first_pins.hash_some():
            pass
        assert room.desk.try_pin(ids[last[0]], last[1]) == SignedIn(ids[last[0]])


def test_a_dry_run_tells_who_is_new_here_and_asked_about(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    file.write_text("name,class\nAmina Kato,5B\n")
    assert run(["roster", "import", "--home", school, str(file)]) == 0
    file.write_text("name,class,dob\nAmina Kato,5B,1\nAmina Katto,6A,1\nKato Amina,6A,1\n")
    capsys.readouterr()
    assert run(["roster", "import", "--home", school, "--dry-run", "--json", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], told["here"], told["imported"]) == (2, 1, False)
    assert told["left_out"] == ["dob"]
    file.write_text("name,class\nAmina Katto,5B\n")
    assert run(["roster", "import", "--home", school, "--dry-run", str(file)]) == 0
    assert "is she Amina Kato of 5B?  --same 2" in capsys.readouterr().err
    assert run(["roster", "import", "--home", school, "--same", "2", str(file)]) == 0
    assert "0 learners added" in capsys.readouterr().out


def test_a_list_without_headings_is_mapped_by_number(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    file.write_text("Amina Kato;5B\nJuma Ali;5C\n")
    options = ["--no-headings", "--map", "1=name", "--map", "2=class"]
    assert run(["roster", "import", "--home", school, *options, str(file)]) == 0
    assert "2 learners added" in capsys.readouterr().out
