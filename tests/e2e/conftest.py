"""Real processes on loopback: nodes made and run by the installed command."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

DARASA = str(Path(sys.executable).with_name("darasa"))
READY_WITHIN_S = 60


def wait_until(ask: Callable[[], T], *, within_s: float = READY_WITHIN_S, why: str) -> T:
    """The first true answer of `ask`; fails with `why` when there is none in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {why}")


def free_port() -> int:
    """A port nobody listens on now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def get_json(url: str) -> dict[str, Any] | None:
    """The JSON at an address; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return dict(json.load(answer))
    except OSError:
        return None


@dataclass
class Server:
    """A running `darasa serve`."""

    home: Path
    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it as a service manager would, and read its last words."""
        self.process.terminate()
        self.process.communicate(timeout=30)

    def kill9(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate(timeout=30)


@dataclass
class Nodes:
    """The nodes of one test: their homes, commands on them, their servers."""

    folder: Path
    servers: list[Server] = field(default_factory=list)

    def run(self, *args: str, home: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """One command on the node of that name; its exit code must be `code`."""
        done = subprocess.run(
            [DARASA, *args, "--home", str(self.folder / home)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *args: str, home: str) -> dict[str, Any]:
        """The JSON object that a command prints."""
        return dict(json.loads(self.run(*args, "--json", home=home).stdout))

    def serve(self, home: str, port: int | None = None) -> Server:
        """Start the server of a node and wait until it answers."""
        port = port or free_port()
        process = subprocess.Popen(
            [DARASA, "serve", "--home", str(self.folder / home), "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server = Server(self.folder / home, port, process)
        self.servers.append(server)
        wait_until(
            lambda: process.poll() is not None or get_json(f"{server.url}/health"),
            why=f"{home} answers",
        )
        assert process.poll() is None, process.communicate()
        return server

    def join(self, home: str, url: str, *, inviting: str) -> None:
        """Join a node to the server at `url`, with a code from the inviting node."""
        code = self.run("invite", home=inviting).stdout.split()[1]
        self.run("join", url, "--code", code, home=home)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """An empty folder for nodes; whatever still runs at the end is stopped."""
    made = Nodes(tmp_path)
    yield made
    for server in made.servers:
        if server.process.poll() is None:
            server.kill9()
