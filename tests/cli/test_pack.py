"""`darasa pack`: what it prints, and its exit codes."""

import json
import os
from pathlib import Path

import pytest

from darasa.cli.exits import Exit
from darasa.cli.main import run
from darasa.sync.clock import ManualClock
from darasa.sync.home import init_home
from darasa.sync.ids import Role


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "school"
    init_home(folder, role=Role.SCHOOL, name="Kisima", rng=os.urandom, clock=ManualClock(0))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert run(["pack", "new", str(tmp_path / "my-pack")]) == Exit.DONE
    return tmp_path / "my-pack"


def test_a_new_pack_is_checked_built_installed_and_listed(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.pack"
    assert run(["pack", "check", str(folder)]) == Exit.DONE
    assert "No mistakes found." in capsys.readouterr().out
    assert run(["pack", "build", str(folder), "--home", str(home), "--out", str(file)]) == 0
    assert run(["pack", "install", str(file), "--home", str(home)]) == Exit.DONE
    capsys.readouterr()
    assert run(["pack", "list", "--home", str(home), "--json"]) == Exit.DONE
    (info,) = json.loads(capsys.readouterr().out)["packs"]
    assert (info["id"], info["title"], info["items"], info["skills"]) == (
        "my-pack",
        "My pack",
        3,
        1,
    )
    assert run(["pack", "list", "--home", str(home)]) == Exit.DONE
    assert "My pack: 3 items" in capsys.readouterr().out


def test_a_typo_is_told_with_file_line_and_remedy(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = folder / "items" / "share.en.md"
    items.write_text(items.read_text().replace("difficulty: 1", "dificulty: 1"))
    capsys.readouterr()
    assert run(["pack", "check", str(folder)]) == Exit.BAD_INPUT
    shown = capsys.readouterr().out
    assert f"{items}:5: error" in shown
    assert "Did you mean `difficulty`?" in shown
    assert run(["pack", "check", str(folder), "--json"]) == Exit.BAD_INPUT
    told = json.loads(capsys.readouterr().out)
    assert told["errors"] == 1
    (finding,) = told["findings"]
    assert (finding["path"], finding["line"], finding["level"]) == (
        "items/share.en.md",
        5,
        "error",
    )
    assert run(["pack", "build", str(folder), "--home", str(home)]) == Exit.BAD_INPUT
    assert f"{items}:5: " in capsys.readouterr().err


def test_an_author_without_a_node_signs_with_a_key_of_her_own(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "out.pack", tmp_path / "author.key"
    build = ["pack", "build", str(folder), "--key", str(key), "--out", str(file)]
    assert run(build) == Exit.DONE
    assert key.stat().st_mode & 0o077 == 0
    first = file.read_bytes()
    assert run(build) == Exit.DONE
    assert file.read_bytes() == first
    public = capsys.readouterr().out.split("Signed by ")[1].split()[0]
    assert run(["pack", "install", str(file), "--home", str(home)]) == Exit.REFUSED
    assert "does not know" in capsys.readouterr().err
    trusting = ["pack", "install", str(file), "--home", str(home), "--trust"]
    assert run([*trusting, "short"]) == Exit.USAGE
    assert run([*trusting, public]) == Exit.DONE


def test_a_damaged_file_installs_nothing(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "out.pack"
    assert run(["pack", "build", str(folder), "--home", str(home), "--out", str(file)]) == 0
    file.write_bytes(file.read_bytes()[:-1])
    assert run(["pack", "install", str(file), "--home", str(home)]) == Exit.BAD_INPUT
    assert "cut short" in capsys.readouterr().err
    assert run(["pack", "list", "--home", str(home)]) == Exit.DONE
    assert "No pack is installed." in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "build", "install"])
def test_what_is_not_there_is_not_found(
    home: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if command == "check" else ["--home", str(home)]
    assert run(["pack", command, str(tmp_path / "nope"), *where]) == Exit.NOT_FOUND
    assert "nope" in capsys.readouterr().err


def test_a_new_pack_never_writes_over_a_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pack", "new", str(folder)]) == Exit.REFUSED
    assert "there already" in capsys.readouterr().err
    assert run(["pack", "new", str(tmp_path / "Ünï")]) == Exit.REFUSED


@pytest.mark.parametrize("command", ["check", "build", "install", "list", "new"])
def test_each_command_has_help_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pack", command, "--help"]) == 0
    assert f"Example: darasa pack {command}" in capsys.readouterr().out


def test_the_name_of_a_file_is_shown_without_its_escapes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "items" / "a\x1b]0;mine\x07.md").write_text("")
    assert run(["pack", "check", str(folder)]) == Exit.BAD_INPUT
    assert "\x1b" not in capsys.readouterr().out
