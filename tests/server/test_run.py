"""`serve` as a program: it starts, says where, stops when told, and refuses in sentences."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.control import call_control
from darasa.server.run import serve
from darasa.sync.clock import SystemClock
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role

CODE = "import sys; from pathlib import Path; from darasa.server.run import serve; " + (
    "sys.exit(serve(Path(sys.argv[1]), port=int(sys.argv[2])))"
)


@pytest.fixture
def folder(school_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(school_folder, tmp_path / "school"))


@contextmanager
def _started(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A serving process and its address, once it has said that it answers."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(folder), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], 60)
        line = process.stdout.readline() if ready else ""
        assert " answers at " in line, line
        yield process, line.split(" answers at ")[1].split()[0]
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_cleanly_when_told(folder: Path, number: signal.Signals) -> None:
    with _started(folder) as (process, address):
        answer = httpx2.get(f"{address}/health", timeout=30)
        assert answer.json()["role"] == "school"
        assert "server" not in answer.headers
        assert "date" not in answer.headers
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0
    assert (out, err) == ("", "")
    assert not (folder / "control.sock").exists()
    Classroom.open(open_home(folder), clock=SystemClock(), rng=os.urandom).close()


def test_commands_hand_their_writing_to_the_running_server(folder: Path) -> None:
    with _started(folder):
        code = call_control(folder, "new-code", {})
        added = call_control(folder, "add-teacher", {"name": "Peter Lema", "passphrase": None})
        told = call_control(folder, "status", {})
        unknown = call_control(folder, "dance", {})
    assert code is not None
    assert len(code["code"]) == 9
    assert added is not None
    assert added["name"] == "Peter Lema"
    assert told is not None
    assert told["role"] == "school"
    assert unknown is not None
    assert "error" in unknown
    with Classroom.open(open_home(folder), clock=SystemClock(), rng=os.urandom) as room:
        assert "Peter Lema" in [row.name for row in room.people.teachers()]


def test_a_second_server_of_the_same_folder_is_refused(folder: Path, capsys) -> None:
    with _started(folder):
        assert serve(folder, port=0) == 1
    assert capsys.readouterr().err.strip()


def test_a_port_in_use_is_named_with_another_to_try(folder: Path, capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert serve(folder, port=port) == 1
    err = capsys.readouterr().err
    assert f"Port {port} is in use by another program." in err
    assert f"--port {port + 1}" in err


@pytest.mark.parametrize("port", [-1, 70_000])
def test_a_port_that_is_none_is_refused(folder: Path, port: int, capsys) -> None:
    assert serve(folder, port=port) == 1
    assert f"Port {port} cannot be used" in capsys.readouterr().err


def test_an_address_of_another_machine_is_refused(folder: Path, capsys) -> None:
    assert serve(folder, host="192.0.2.7", port=0) == 1
    assert "192.0.2.7 is not an address of this machine." in capsys.readouterr().err


def test_a_name_of_this_machine_is_an_address_too(folder: Path) -> None:
    code = CODE.replace("port=", "host='localhost', port=")
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert " answers at " in process.stdout.readline()
    finally:
        process.kill()
        process.communicate(timeout=30)


def test_several_workers_are_refused_on_sqlite(folder: Path, capsys) -> None:
    assert serve(folder, port=0, workers=2) == 1
    assert "--workers 1" in capsys.readouterr().err


def test_the_folder_of_a_computer_or_of_nothing_is_refused(tmp_path: Path, capsys) -> None:
    init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC 07", rng=os.urandom)
    assert serve(tmp_path / "pc", port=0) == 1
    assert "is the computer 'PC 07', not a server" in capsys.readouterr().err
    assert serve(tmp_path / "none", port=0) == 1
    assert "is not a Darasa folder yet" in capsys.readouterr().err


def test_a_damaged_store_is_set_aside_and_the_server_answers(folder: Path) -> None:
    damaged = b"no database at all" * 1000
    open_home(folder).store_path.write_bytes(damaged)
    with _started(folder) as (process, address):
        assert httpx2.get(f"{address}/health", timeout=30).json()["role"] == "school"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert "damaged" in err
    kept = [file for file in folder.rglob("*") if file.is_file() and file.read_bytes() == damaged]
    assert len(kept) == 1  # set aside, not deleted
