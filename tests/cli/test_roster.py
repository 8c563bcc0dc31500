"""Class lists through the command, and real processes that are killed in the middle of one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.learning.classroom import Classroom
from darasa.learning.signing_in.desk import SignedIn
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
    assert "is it Amina Kato of 5B?  --same 2" in capsys.readouterr().err
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


def test_lists_are_exported_and_come_in_again(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_list(tmp_path, 3)
    assert run(["roster", "import", "--home", school, str(tmp_path / "list.csv")]) == 0
    for name, form in (("out.csv", "csv"), ("out.zip", "oneroster")):
        out = tmp_path / name
        assert run(["roster", "export", "--home", school, "--format", form, str(out)]) == 0
        assert out.stat().st_mode & 0o077 == 0
        capsys.readouterr()
        assert run(["roster", "import", "--home", school, "--json", str(out)]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["here"], told["learners"]) == (3, [])
        assert run(["roster", "export", "--home", school, str(out)]) == 1


def test_a_year_is_shown_then_begun_then_taken_back(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    file.write_text("name,class\nAmina Kato,5A\nJuma Ali,6A\n")
    assert run(["roster", "import", "--home", school, str(file)]) == 0
    years = tmp_path / "years.csv"
    years.write_text("From;To\n5A;6A\n6A;-\n")
    year = ["roster", "rollover", "--home", school]
    assert run([*year, str(years)]) == 0
    assert "Nothing was changed. Do it with --yes." in capsys.readouterr().out
    with opened(school) as room:
        assert len(room.people.learners()) == 2
    assert run([*year, "--map", "5A=6A", "--map", "6A=", "--yes"]) == 0
    assert "darasa roster rollover --undo" in capsys.readouterr().out
    with opened(school) as room:
        assert [(row.name, row.class_name) for row in room.people.learners()] == [
            ("Amina Kato", "6A")
        ]
    assert run([*year, "--undo"]) == 0
    with opened(school) as room:
        assert {row.class_name for row in room.people.learners()} == {"5A", "6A"}
    assert run([*year, "--undo"]) == 4
    assert run([*year, "--map", "9Z=1A"]) == 4
    assert run([*year, "--map", "9Z"]) == 2
    assert run(year) == 2


def test_an_export_of_another_system_is_recognised(
    school: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "manifest.csv").write_text(
        "propertyName,value\noneroster.version,1.1\n"
        "file.users,bulk\nfile.classes,bulk\nfile.enrollments,bulk\n"
    )
    (folder / "users.csv").write_text(
        "sourcedId,orgSourcedIds,role,givenName,familyName\n"
        "u1,s1,student,Amina,Kato\nt1,s1,teacher,Grace,Otieno\n"
    )
    (folder / "classes.csv").write_text("sourcedId,title,schoolSourcedId\nc1,5B,s1\n")
    (folder / "enrollments.csv").write_text(
        "classSourcedId,userSourcedId,role\nc1,u1,student\nc1,t1,teacher\nc1,u7,student\n"
    )
    assert run(["roster", "import", "--home", school, str(folder)]) == 0
    told = capsys.readouterr()
    assert "1 learners added" in told.out
    assert f"{folder}/enrollments.csv:4:" in told.err
    assert "Grace Otieno is on the staff" in told.err
    (folder / "manifest.csv").unlink()
    assert run(["roster", "import", "--home", school, str(folder)]) == 3
