"""The demo as a stranger gets it: one command, a district that answers, a cable to pull."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


@dataclass
class Demo:
    """A running `darasa demo --no-client`."""

    folder: Path
    port: int
    process: subprocess.Popen[str]
    card: str

    def stop(self, kind: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(kind)
        self.process.communicate(timeout=60)


StartDemo = Callable[[], Demo]


@pytest.fixture
def start_demo(tmp_path: Path, tools: Any) -> Iterator[StartDemo]:
    """Starts the demo in one folder, and ends it."""
    running: list[Demo] = []

    def start() -> Demo:
        port = tools.free_port()
        process = subprocess.Popen(
            [
                *(tools.DARASA, "demo", "--no-client", "--home", str(tmp_path / "demo")),
                *("--port", str(port)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        card = ""
        while "has all" not in card:
            line = process.stdout.readline()
            assert line, f"the demo ended with {process.wait()}: {card}"
            card += line
        url = next(word for word in card.split() if word.startswith("http://"))
        running.append(Demo(tmp_path / "demo", int(url.split(":")[2].split("/")[0]), process, card))
        return running[-1]

    yield start
    for demo in running:
        if demo.process.poll() is None:
            demo.process.kill()
            demo.process.communicate(timeout=60)


def _health(tools: Any, port: int) -> Any:
    return tools.get_json(f"http://127.0.0.1:{port}/health")


def test_a_district_answers_with_weeks_of_work_and_ends_when_stopped(
    start_demo: StartDemo, tools: Any
) -> None:
    demo = start_demo()
    told = _health(tools, demo.port)
    assert told["role"] == "school"
    assert told["events"] >= 1_000
    assert _health(tools, demo.port + 1)["role"] == "hub"
    demo.stop()
    assert demo.process.returncode == 0
    assert _health(tools, demo.port) is None
    assert _health(tools, demo.port + 1) is None


def test_a_killed_demo_leaves_no_server_behind_and_starts_again_with_the_same_sign_ins(
    start_demo: StartDemo, tools: Any
) -> None:
    first = start_demo()
    events = _health(tools, first.port)["events"]
    first.stop(signal.SIGKILL)
    tools.wait_until(
        lambda: _health(tools, first.port) is None and _health(tools, first.port + 1) is None,
        why="the servers end with the demo",
    )
    second = start_demo()
    assert _health(tools, second.port)["events"] >= events
    secrets = [
        line.split("PIN")[1] for line in (first.card + second.card).splitlines() if "PIN" in line
    ]
    assert len(set(secrets)) == 1


def test_pulling_the_cable_stops_exchanges_and_mending_it_lets_them_through(
    start_demo: StartDemo, tools: Any
) -> None:
    demo = start_demo()
    computer = ["--home", str(demo.folder / "computer")]
    assert tools.run("sync", *computer).returncode == 0
    assert tools.run("demo", "cut", "--home", str(demo.folder)).returncode == 0
    cut = tools.run("sync", *computer)
    assert cut.returncode == 5
    assert "goes later" in cut.stderr
    assert tools.run("demo", "mend", "--home", str(demo.folder)).returncode == 0
    assert tools.run("sync", *computer).returncode == 0


def test_the_live_page_moves_by_itself(start_demo: StartDemo, tools: Any) -> None:
    demo = start_demo()
    before = _health(tools, demo.port)["events"]
    tools.wait_until(
        lambda: _health(tools, demo.port)["events"] >= before + 10, why="the class goes on working"
    )


def test_closing_the_window_ends_the_client_and_every_server(
    terminal: Callable[..., Any], tools: Any, tmp_path: Path
) -> None:
    port = tools.free_port()
    window = terminal("demo", "--home", str(tmp_path / "demo"), "--port", str(port))
    window.wait_for("Press Enter to open", timeout=60)
    window.press("enter")
    window.wait_for("Who are you?")
    assert _health(tools, port)["status"] == "ok"
    window.hang_up()
    tools.wait_until(lambda: _health(tools, port) is None, why="the school ends with the window")
    tools.wait_until(lambda: _health(tools, port + 1) is None, why="the hub ends with the window")
