"""The command: its list, its errors, its exit codes."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from darasa.cli.exits import Exit, exit_of
from darasa.cli.main import COMMANDS, cli, run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    shown = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert f"Example: darasa {name}" in shown


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["no-such-thing"]) == 2
    assert "No such command" in capsys.readouterr().err


def test_a_folder_that_is_no_node_gets_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--home", str(tmp_path)]) == 1
    words = capsys.readouterr().err
    assert str(tmp_path) in words
    assert "Traceback" not in words


def test_a_fault_of_ours_shows_no_traceback_and_exits_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(**_: object) -> None:
        raise ZeroDivisionError

    command = cli.get_command(None, "doctor")  # type: ignore[arg-type]
    assert command is not None
    monkeypatch.setattr(command, "callback", fault)
    assert run(["doctor"]) == 70
    assert "--debug" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EIO])
def test_what_a_disk_refuses_is_no_fault_of_ours(number: int) -> None:
    code, words = exit_of(OSError(number, os.strerror(number), "school/copying.lock"))
    assert code == Exit.REFUSED
    assert words.startswith(f"school/copying.lock: {os.strerror(number)}.")


def test_what_is_no_text_is_refused_where_it_was_typed(tmp_path: Path) -> None:
    """Each ended as a fault of ours; the name of a school with half a folder left behind."""
    home = str(tmp_path / "school")
    for name in ("\x1b[31mKisima", "Kisima\udcff"):
        assert run(["school", "init", "--home", home, "--name", name]) == Exit.USAGE
        assert run(["hub", "init", "--home", home, "--name", name]) == Exit.USAGE
    assert run(["status", "--home", f"{home}\udcff"]) == Exit.USAGE
    assert list(tmp_path.iterdir()) == []


def test_a_name_in_a_script_with_joiners_is_text(tmp_path: Path) -> None:
    name = "\u0995\u09cd\u200c\u09b7\u00a0School"
    assert run(["hub", "init", "--home", str(tmp_path / "hub"), "--name", name]) == Exit.DONE


def test_help_loads_no_command_module() -> None:
    code = (
        "import sys; from darasa.cli.main import run; run(['--help']);"
        "assert not [m for m in sys.modules if m.startswith(('darasa.learning', 'darasa.server'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_every_command_is_in_the_docs() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    assert [name for name in COMMANDS if f"darasa {name}" not in text] == []
