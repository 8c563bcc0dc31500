"""The command with the streams that a shell, a pipe or an old terminal gives it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from darasa.cli.main import run

NAME = "Юлия"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("streams") / "school"
    assert run(["school", "init", "--home", str(home), "--name", "École Kisima"]) == 0
    assert run(["people", "add-class", "5B", "--home", str(home)]) == 0
    return home


def _shell(line: str, *words: str, **extra: str) -> "subprocess.CompletedProcess[bytes]":
    """Run `line` in a shell, in which "$@" is the command with these words."""
    command = [sys.executable, "-m", "darasa.cli.main", *words]
    settings = {**os.environ, **extra}
    shell = ["sh", "-c", line, "sh", *command]
    return subprocess.run(shell, env=settings, capture_output=True, check=False, timeout=120)


def test_a_first_pin_is_shown_on_a_terminal_that_cannot_show_the_name(school: Path) -> None:
    done = _shell(
        '"$@"', "people", "add", "5B", NAME, "--home", str(school), PYTHONIOENCODING="latin-1"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"   ????\n" in done.stdout


def test_a_table_is_drawn_on_a_terminal_of_latin_letters(school: Path) -> None:
    done = _shell('"$@"', "report", "class", "--home", str(school), PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, b"")


def test_data_is_whole_on_a_terminal_that_cannot_show_it(school: Path) -> None:
    words = ("status", "--json", "--home", str(school))
    done = _shell('"$@"', *words, PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert json.loads(done.stdout)["name"] == "École Kisima"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [("status", "--json"), ("doctor",)])
def test_a_closed_stream_is_no_fault(school: Path, closed: str, words: tuple[str, ...]) -> None:
    done = _shell(f'"$@" {closed}', *words, "--home", str(school))
    assert (done.returncode, done.stderr) == (0, b"")


def test_whoever_reads_only_the_first_lines_sees_no_fault(school: Path) -> None:
    done = _shell('{ "$@"; } | true', "status", "--json", "--home", str(school))
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_of_a_file_that_is_no_text_is_told_and_written(school: Path, tmp_path: Path) -> None:
    target = os.fsdecode(os.fsencode(tmp_path) + b"/list-\xff.csv")
    done = _shell('"$@"', "roster", "export", target, "--home", str(school))
    assert (done.returncode, done.stderr) == (0, b"")
    assert Path(target).exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_finds_a_full_disk_is_refused_with_a_sentence(school: Path) -> None:
    done = _shell('"$@" >/dev/full', "people", "list", "--json", "--home", str(school))
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"went wrong" not in done.stderr
