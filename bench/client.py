"""Budgets of the learner's client (ux.md section 2), measured through a pseudo-terminal.

A school of one class of 30, one joined computer, the real programs. Wall times are those of the
machine as it is; processor time, memory and bytes are the same on a busy one.
"""

import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darasa.cli.budgets import row

HERE = Path(__file__).parent
DARASA = str(Path(sys.executable).with_name("darasa"))
SERVER_WITHIN_S = 60
STARTS = 5
KEYS = 40
ANSWERS = 8
IDLE_S = 10.0


def _driver() -> Any:
    path = HERE.parent / "tests" / "screens" / "pty_driver.py"
    spec = importlib.util.spec_from_file_location("pty_driver", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(*args: str, home: Path) -> str:
    done = subprocess.run(
        [DARASA, *args, "--home", str(home)], capture_output=True, text=True, check=True
    )
    return done.stdout


@contextmanager
def joined_computer(folder: Path) -> Iterator[tuple[Path, str]]:
    """(home of a computer that has its class list, the PIN of Learner Aa): a server answers."""
    school, computer = folder / "school", folder / "computer"
    _run("school", "init", "--name", "Bench School", home=school)
    names = [f"Learner{chr(97 + n % 26)} {chr(65 + n // 26)}bc" for n in range(30)]
    roster = folder / "roster.csv"
    roster.write_text("name,class\n" + "".join(f"{name},5B\n" for name in names))
    pins = re.findall(r"(\d{4})\s+Learnera Abc", _run("roster", "import", str(roster), home=school))
    server = subprocess.Popen(
        [DARASA, "serve", "--home", str(school), "--port", "0", "--host", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = re.search(r"http://\S+", server.stdout.readline())
        assert url is not None
        code = re.search(r"\b\w{4}-\w{4}\b", _run("invite", home=school))
        assert code is not None
        _run("join", url[0], "--code", code[0], home=computer)
        for _nth in range(3):
            _run("sync", home=computer)
        yield computer, pins[0]
    finally:
        server.terminate()
        server.wait()


def _p95(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20)[-1]


class Client:
    """The client in a pseudo-terminal, and how long it takes."""

    def __init__(self, driver: Any, home: Path) -> None:
        environment = {"LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/"), "NO_COLOR": "1"}
        environment["DARASA_KEY_GUARD_MS"] = "0"
        begun = time.perf_counter()
        self.terminal = driver.Terminal([DARASA, "learn", "--home", str(home)], env=environment)
        self.terminal.wait_for("Who are you?")
        self.start_s = time.perf_counter() - begun
        self.start_cpu_s = self.terminal.cpu_s()

    def timed(self, keys: tuple[str, ...], shows: str = "") -> float:
        """Seconds from the last key to the first byte, or until the screen shows a text."""
        self.terminal.settle(0.05)
        self.terminal.press(*keys)
        begun = time.perf_counter()
        if shows:
            self.terminal.wait_until(lambda: shows in self.terminal.text(), "an answer")
        else:
            self.terminal.wait_until(lambda: bool(self.terminal.pump(5)), "a byte")
        return time.perf_counter() - begun

    def bytes_of(self, *keys: str) -> int:
        """Bytes that a key makes."""
        self.terminal.settle()
        before = len(self.terminal.raw)
        self.terminal.press(*keys)
        self.terminal.settle()
        return len(self.terminal.raw) - before

    def answer(self) -> float:
        """Answer the item on the screen; seconds from Enter to its feedback."""
        terminal = self.terminal
        terminal.press("1")
        terminal.settle(0.05)
        took = self.timed(("enter",), shows="was saved")
        while "was saved" in terminal.text():
            terminal.press("1", "enter")
            terminal.settle(0.05)
        return took


def _starts(driver: Any, home: Path) -> tuple[Client, list[dict[str, Any]]]:
    clients = []
    for _nth in range(STARTS):
        client = Client(driver, home)
        clients.append(client)
        if len(clients) < STARTS:
            client.terminal.press("ctrl+q")
            client.terminal.wait_end()
            client.terminal.close()
    wall = statistics.median(client.start_s for client in clients)
    cpu = statistics.median(client.start_cpu_s for client in clients)
    how = f"to the names of 30, files warm, median of {STARTS}"
    return clients[-1], [
        row("client start to first paint", wall, "s", 0.40, how),
        row("client start, processor time", cpu, "s", 0.35, how),
        row("client memory, signing in", clients[-1].terminal.memory_mb(), "MB", 70, "RSS"),
    ]


def _measure(client: Client, pin: str) -> list[dict[str, Any]]:
    terminal = client.terminal
    typed = client.bytes_of("l")
    terminal.press(*"earnera", "enter")
    terminal.wait_for("Your PIN")
    terminal.press(*pin, "enter")
    terminal.wait_for("| Home")
    page = max(client.bytes_of("m"), client.bytes_of("escape"), client.bytes_of("s"))
    terminal.press("escape", "enter")
    terminal.wait_for("Session")
    keys = [client.timed(("?" if n % 2 == 0 else "escape",)) for n in range(KEYS)]
    pages = [
        client.timed((key,), shows=text)
        for key, text in (("?", "Help:"), ("escape", "Session")) * 10
    ]
    answers = [client.answer() for _nth in range(ANSWERS) if "Session" in terminal.text()]
    memory = terminal.memory_mb()
    terminal.wait_for("has all")
    terminal.settle(1.0)
    cpu = terminal.cpu_s()
    idle_bytes = len(terminal.pump(IDLE_S))
    idle = 100 * (terminal.cpu_s() - cpu) / IDLE_S
    return [
        row("client memory, practising", memory, "MB", 70, "RSS after the PIN and answers"),
        row("client key to first byte", 1000 * _p95(keys), "ms", 50, f"p95 of {KEYS} keys"),
        row("client next screen", 1000 * _p95(pages), "ms", 200, "p95 of 20, fully drawn"),
        row(
            "client answer saved and shown",
            1000 * _p95(answers),
            "ms",
            100,
            f"p95 of {len(answers)}, flushed to disk before it is drawn",
        ),
        row("client bytes a typed character", typed, "B", 250, "narrowing a list of 30 names"),
        row("client bytes a screen", page, "B", 10_000, "greatest of map, home, work"),
        row("client bytes while idle", idle_bytes, "B", 0, f"{IDLE_S:.0f} s, signed in"),
        row(
            "client processor while idle",
            idle,
            "%",
            None,
            f"{IDLE_S:.0f} s, signed in, an exchange every 4 s (budget 0.5 % is without)",
        ),
    ]


def main() -> None:
    """Print the rows as JSON."""
    driver = _driver()
    with tempfile.TemporaryDirectory() as name, joined_computer(Path(name)) as (home, pin):
        client, rows = _starts(driver, home)
        try:
            rows += _measure(client, pin)
        finally:
            client.terminal.close()
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
