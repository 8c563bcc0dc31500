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
from types import ModuleType, SimpleNamespace
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

DARASA = str(Path(sys.executable).with_name("darasa"))
READY_WITHIN_S = 60
HERE = ("--host", "127.0.0.1")  # a test is seen by no other machine


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
            [DARASA, "serve", "--home", str(self.folder / home), "--port", str(port), *HERE],
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


class Learning:
    """The client in a terminal under a learner's hands: keys go in, the screen is read."""

    def __init__(self, terminal: Any) -> None:
        self.terminal = terminal
        self.answers = 0

    def sign_in(self, name: str, pin: str) -> None:
        """From the list of names to the home screen."""
        self.terminal.wait_for("Who are you?")
        self.terminal.send(name)
        self.terminal.wait_until(lambda: f"{name}_" in self.terminal.text(), "the name is typed")
        self.terminal.press("enter")
        self.terminal.wait_for("Your PIN:")
        self.terminal.send(pin)
        self.terminal.wait_for("[ # ] [ # ] [ # ] [ # ]")
        self._and_wait("enter")
        self.terminal.wait_for("| Home")

    def answer(self, count: int) -> None:
        """Answer until `count` more answers were checked, going on wherever Enter leads."""
        target = self.answers + count
        while self.answers < target:
            self.step()

    def step(self) -> None:
        """One thing: an answer on an item that asks, Enter on anything else."""
        if not self.asks():
            self._and_wait("enter")
            return
        typing = "Your answer:" in self.terminal.text()
        tried = sum("Not yet." in line for line in self.terminal.screen())
        self._and_wait("1" if typing else str(1 + (self.answers + tried) % 3))
        if self.asks():
            self.terminal.press("enter")
            self.terminal.wait_until(lambda: not self.asks(), "the answer is checked")
        self.answers += 1

    def asks(self) -> bool:
        """Whether an item waits for an answer."""
        return str(self.terminal.screen()[-1]).strip().startswith("Enter Check")

    def map(self) -> list[str]:
        """The lines of the progress map, from the home screen."""
        self._and_wait("m")
        self.terminal.wait_for("| Map")
        lines = [str(line) for line in self.terminal.screen()[2:21]]
        self._and_wait("escape")
        return lines

    def sign_out(self) -> None:
        """Home, sign out, and the list of names again."""
        while "| Home" not in self.terminal.text():
            self._and_wait("escape")
        self._and_wait("q")
        self.terminal.wait_for("Sign out now?")
        self.terminal.press("enter")
        self.terminal.wait_for("Who are you?")

    def _and_wait(self, key: str) -> None:
        before = self.terminal.text()
        self.terminal.press(key)
        self.terminal.wait_until(lambda: self.terminal.text() != before, f"{key} does something")


@pytest.fixture
def terminal(tmp_path: Path, helper: Callable[[str], ModuleType]) -> Iterator[Callable[..., Any]]:
    """Starts the command in pseudo-terminals; all are closed at the end."""
    driver = helper("screens/pty_driver.py")
    started: list[Any] = []

    def start(*words: str) -> Any:
        env = {"DARASA_KEY_GUARD_MS": "0", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
        started.append(driver.Terminal([DARASA, *words], env))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def learn(nodes: "Nodes", terminal: Callable[..., Any]) -> Callable[[str], Learning]:
    """Opens the client of a node in a pseudo-terminal."""
    return lambda home: Learning(terminal("learn", "--home", str(nodes.folder / home)))


@pytest.fixture
def tools() -> SimpleNamespace:
    """What tests need beside nodes: the command, ports, waiting, reading JSON."""

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DARASA, *args], capture_output=True, text=True, timeout=120, check=False
        )

    return SimpleNamespace(
        DARASA=DARASA, run=run, wait_until=wait_until, free_port=free_port, get_json=get_json
    )


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """An empty folder for nodes; whatever still runs at the end is stopped."""
    made = Nodes(tmp_path)
    yield made
    for server in made.servers:
        if server.process.poll() is None:
            server.kill9()
