"""Class lists and sign-ins from the command line."""

import json
import re
from pathlib import Path

import pytest

from darasa.cli.main import run
from darasa.learning.signing_in.pictures import PICTURES

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("nodes") / "school"
    assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
    return str(home)


def _roster(tmp_path: Path, text: str) -> str:
    file = tmp_path / "class.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def _learners(school: str, capsys: Output) -> int:
    capsys.readouterr()
    assert run(["status", "--home", school, "--json"]) == 0
    return int(json.loads(capsys.readouterr().out)["learners"])


def test_a_class_list_prints_first_pins(school: str, tmp_path: Path, capsys: Output) -> None:
    before = _learners(school, capsys)
    file = _roster(tmp_path, "name,class\nAmina Kazungu,5B\nJuma Ali,5B\n")
    assert run(["roster", "import", "--home", school, file]) == 0
    pins = [line.split()[1] for line in capsys.readouterr().out.splitlines() if "5B" in line]
    assert [len(pin) for pin in pins] == [4, 4]
    assert _learners(school, capsys) == before + 2


def test_a_list_with_a_faulty_line_imports_nobody_and_names_the_line(
    school: str, tmp_path: Path, capsys: Output
) -> None:
    before = _learners(school, capsys)
    file = _roster(tmp_path, "name,class\nAmina Kazungu,5B\n,5B\n")
    assert run(["roster", "import", "--home", school, file]) == 3
    words = capsys.readouterr().err
    assert f"{file}:3: " in words
    assert "Nothing was imported" in words
    assert _learners(school, capsys) == before


def test_a_dry_run_changes_nothing(school: str, tmp_path: Path, capsys: Output) -> None:
    before = _learners(school, capsys)
    file = _roster(tmp_path, "name,class\nNeema Pamba,5B\n")
    assert run(["roster", "import", "--home", school, "--dry-run", file]) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert _learners(school, capsys) == before


def test_a_code_is_shown_for_a_learner_and_an_unknown_name_is_not_found(
    school: str, tmp_path: Path, capsys: Output
) -> None:
    file = _roster(tmp_path, "name,class\nZawadi Yegon,5B\n")
    assert run(["roster", "import", "--home", school, file]) == 0
    assert run(["people", "reset-pin", "--home", school, "Zawadi Yegon"]) == 0
    assert re.search(r"Code for Zawadi Yegon:  \d{3} \d{3} ", capsys.readouterr().out)
    assert run(["people", "codes", "--home", school, "5B"]) == 0
    assert "have none yet" in capsys.readouterr().out
    assert run(["people", "unlock", "--home", school, "Zawadi Yegon"]) == 0
    assert "may try again" in capsys.readouterr().out
    assert run(["people", "reset-pin", "--home", school, "Nobody At All"]) == 4
    assert "Traceback" not in capsys.readouterr().err


def test_a_class_with_pictures_imports_pictures(
    school: str, tmp_path: Path, capsys: Output
) -> None:
    assert run(["people", "add-class", "--home", school, "2A"]) == 0
    assert run(["people", "sign-in", "--home", school, "2A", "--with", "pictures"]) == 0
    assert "three pictures" in capsys.readouterr().out
    assert run(["people", "sign-in", "--home", school, "9Z", "--with", "pin"]) == 4
    assert run(["people", "sign-in", "--home", school, "2A", "--with", "songs"]) == 2
    capsys.readouterr()
    assert (
        run(["roster", "import", "--home", school, _roster(tmp_path, "name,class\nPili D,2A\n")])
        == 0
    )
    told = re.search(r"2A +(\w+ \w+ \w+) +Pili D", capsys.readouterr().out)
    assert told
    assert set(told.group(1).split()) <= set(PICTURES)


def test_a_short_passphrase_is_refused_with_a_sentence(school: str, capsys: Output) -> None:
    command = ["people", "add-teacher", "--home", school, "Grace Otieno", "--passphrase", "short"]
    assert run(command) == 3
    assert "at least 10 characters" in capsys.readouterr().err


def test_a_report_of_the_class_is_a_table_for_spreadsheets(
    school: str, tmp_path: Path, capsys: Output
) -> None:
    file = _roster(tmp_path, 'name,class\n"=HYPERLINK(1)",5F\n')
    assert run(["roster", "import", "--home", school, file]) == 0
    capsys.readouterr()
    command = ["report", "class", "--home", school, "--class", "5F", "--format", "csv"]
    assert run(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("\ufeffclass,name,answers,Parts of a whole")
    assert lines[1].startswith("5F,'=HYPERLINK")


def test_doctor_finds_a_new_school_in_order(school: str, capsys: Output) -> None:
    capsys.readouterr()
    assert run(["doctor", "--home", school, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"]
    assert {check["name"] for check in told["checks"]} >= {"store", "disk", "keys", "courses"}


def test_a_damaged_school_is_salvaged_by_hand(school: str, tmp_path: Path, capsys: Output) -> None:
    file = _roster(tmp_path, "name,class\nPendo Salama,5B\n")
    assert run(["roster", "import", "--home", school, file]) == 0
    store = Path(school) / "store.sqlite3"
    raw = bytearray(store.read_bytes())
    raw[:100] = bytes(100)
    store.write_bytes(raw)
    capsys.readouterr()
    assert run(["status", "--home", school]) == 7
    assert "darasa doctor --repair" in capsys.readouterr().err
    assert run(["doctor", "--home", school]) == 7
    assert "ACT   store: The saved data in this folder is damaged." in capsys.readouterr().out
    assert run(["doctor", "--home", school, "--repair"]) == 0
    told = capsys.readouterr()
    assert "The damaged file is kept: store.sqlite3.damaged-" in told.err
    assert "note  damaged:" in told.out
    assert run(["people", "reset-pin", "--home", school, "Pendo Salama"]) == 0
    assert run(["doctor", "--home", school, "--repair"]) == 0
    assert "damaged file is kept:" not in capsys.readouterr().err


def test_a_home_of_another_role_and_a_second_init_are_refused(
    school: str, tmp_path: Path, capsys: Output
) -> None:
    assert run(["learn", "--home", school, "--plain"]) == 1
    assert "school server" in capsys.readouterr().err
    assert run(["hub", "init", "--home", school, "--name", "Other"]) == 1
    assert "already" in capsys.readouterr().err
