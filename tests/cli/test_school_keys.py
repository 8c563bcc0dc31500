"""The recovery kit from the command line."""

import json
import stat
from pathlib import Path

import pytest

from darasa.cli.main import run

Output = pytest.CaptureFixture[str]


@pytest.fixture
def school(tmp_path: Path) -> Path:
    home = tmp_path / "school"
    assert run(["school", "init", "--home", str(home), "--name", "Kisima Primary"]) == 0
    return home


def _status(home: Path, capsys: Output) -> dict[str, object]:
    capsys.readouterr()
    assert run(["status", "--home", str(home), "--json"]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_a_kit_brings_a_burnt_server_back_under_its_name(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    assert run(["school", "new-key", "--home", str(school)]) == 0
    sheets = tmp_path / "sheets"
    assert run(["school", "kit", "--home", str(school), "--out", str(sheets)]) == 0
    files = sorted(sheets.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    new = tmp_path / "new"
    words = ["school", "recover", "--home", str(new), *map(str, files)]
    assert run(words) == 0
    assert _status(new, capsys)["node_id"] == _status(school, capsys)["node_id"]
    assert run(words) == 0  # a second time there is nothing new
    assert "0 keys are new here." in capsys.readouterr().out


def test_a_mistyped_row_is_named_and_nothing_is_made(
    school: Path, tmp_path: Path, capsys: Output
) -> None:
    sheets = tmp_path / "sheets"
    run(["school", "kit", "--home", str(school), "--out", str(sheets)])
    one, two = sorted(sheets.iterdir())
    text = one.read_text()
    row = next(line for line in text.splitlines() if line.startswith("03 "))
    one.write_text(text.replace(row, row[:3] + ("A" if row[3] != "A" else "B") + row[4:]))
    capsys.readouterr()
    assert run(["school", "recover", "--home", str(tmp_path / "new"), str(one), str(two)]) == 1
    assert "Row 3 of half 1" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_computer_has_no_kit(tmp_path: Path, capsys: Output) -> None:
    hub = tmp_path / "hub"
    run(["hub", "init", "--home", str(hub), "--name", "District"])
    assert run(["school", "kit", "--home", str(hub), "--out", str(tmp_path / "sheets")]) == 1
    assert "Only a school server" in capsys.readouterr().err
