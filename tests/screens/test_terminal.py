"""The real program in a pseudo-terminal: start, keys that must not end it, kill, size, bytes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = str(Path(__file__).with_name("client_program.py"))
FORBIDDEN = (
    "starlette",
    "uvicorn",
    "pylatexenc",
    "texicode",
    "TeXicode",
    "markdown_it",
    "lxml",
    "jinja2",
    "httpx2",
    "spake2",
    "zeroconf",
    "textual.widgets._markdown",
    "textual.widgets._data_table",
    "textual.widgets._text_area",
)

Start = Callable[..., Any]


@pytest.fixture
def start(terminal: Start) -> Start:
    """Starts the client on a world in memory."""

    def begin(name: str = "class", rows: int = 24, cols: int = 80, **env: str) -> Any:
        program = terminal(
            [sys.executable, PROGRAM, "world", name],
            env={"LANG": "C.UTF-8", "NO_COLOR": "1", **env},
            rows=rows,
            cols=cols,
        )
        program.wait_for("Who are you?")
        return program

    return begin


@pytest.fixture
def learn(terminal: Start, tmp_path: Path) -> Start:
    """Starts `learn` on a folder of its own, for a guest."""

    def begin(**env: str) -> Any:
        program = terminal(
            [sys.executable, PROGRAM, "learn", str(tmp_path / "home"), str(tmp_path / "modules")],
            env={"LANG": "C.UTF-8", "NO_COLOR": "1", "DARASA_KEY_GUARD_MS": "0", **env},
        )
        program.wait_for("Practise as a guest", timeout=60)
        return program

    return begin


def sign_in(program: Any) -> None:
    program.press("1", "enter")
    program.wait_for("Your PIN")
    program.press(*"2468", "enter")
    program.wait_for("| Home")


def test_sign_in_loads_nothing_that_it_does_not_need(learn: Start, tmp_path: Path) -> None:
    first = learn()  # makes the folder and its courses
    first.press("ctrl+q")
    assert first.wait_end() == 0
    again = learn()
    again.press("ctrl+q")
    assert again.wait_end() == 0
    loaded = (tmp_path / "modules").read_text().split("\n")
    found = [
        name for name in loaded for bad in FORBIDDEN if name == bad or name.startswith(bad + ".")
    ]
    assert not found


def test_control_keys_neither_end_nor_suspend_nor_freeze(start: Start) -> None:
    program = start()
    sign_in(program)
    for key in ("ctrl+c", "ctrl+d", "ctrl+z", "ctrl+s"):
        program.press(key)
    program.press("m")
    program.wait_for("| Map")
    assert program.running()


def test_kill_between_two_keys_loses_no_answer(learn: Start) -> None:
    program = learn()
    program.press("enter")
    program.wait_for("| Home")
    program.press("enter")
    program.wait_for("item 1 of about 8")
    while "Your answer was saved" not in program.text():
        program.press("1", "enter")
        program.wait_until(
            lambda: "was saved" in program.text() or "answer first" in program.text(), "an answer"
        )
    program.press("m")
    program.kill9()
    again = learn()
    again.press("enter")
    again.wait_for("| Home")
    assert "Last time stopped at" in again.text()
    assert "Carry on" in again.text()


def test_a_window_may_change_its_size(start: Start) -> None:
    program = start()
    program.resize(50, 200)
    program.wait_until(lambda: "Enter Choose" in program.screen()[49], "keys on the last row")
    program.resize(16, 52)
    program.wait_for("make this window larger")
    program.resize(18, 60)
    program.wait_until(lambda: program.screen()[17].startswith(" ? Help"), "the small layout")
    assert "Who are you?" in program.text()


def test_cursor_stays_on_what_is_marked(start: Start) -> None:
    program = start()
    sign_in(program)
    program.press("enter")
    program.wait_for("Session")
    program.press("2")
    program.wait_for("> 2")
    row = next(n for n, line in enumerate(program.screen()) if "> 2" in line)
    assert program.cursor == (row, 3)
    assert b"\x1b[?25h" in bytes(program.raw)


def test_bytes_stay_small(start: Start) -> None:
    """At most 250 bytes a typed character, 10 kB a screen, and none while nobody types."""
    program = start()
    program.settle()
    program.press("a")
    assert 0 < len(program.settle()) <= 10_000
    program.press("backspace")
    program.settle()
    sign_in(program)
    program.settle()
    program.press("m")
    assert 0 < len(program.settle()) <= 10_000
    program.press("2", "enter")
    program.wait_for("Show that you know it")
    program.press("enter")
    program.wait_for("Lesson")
    program.press("enter")
    program.wait_for("Your answer")
    program.settle()
    program.press("4")
    assert 0 < len(program.settle()) <= 250
    assert program.settle(2.5) == b""


def test_memory_stays_under_its_budget(start: Start) -> None:
    program = start()
    sign_in(program)
    program.press("enter")
    program.wait_for("Session")
    assert program.memory_mb() <= 70


def test_no_color_and_bare_consoles_get_plain_weights_only(start: Start) -> None:
    program = start(TERM="linux")
    assert b"38;" not in bytes(program.raw)
    assert program.text().isascii()


@pytest.mark.parametrize("theme", ["dark", "light", "contrast"])
def test_colour_themes_are_drawn(terminal: Start, theme: str) -> None:
    program = terminal(
        [sys.executable, PROGRAM, "world", "class"],
        env={"LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    program.wait_for("Who are you?")
    sign_in(program)
    program.press("l")
    program.wait_for("How should the screen look?")
    program.press(str(["dark", "light", "contrast"].index(theme) + 1), "enter")
    program.settle()
    ground = {"dark": b"48;2;28;28;28", "light": b"48;2;245;245;245", "contrast": b"48;2;0;0;0"}
    assert ground[theme] in bytes(program.raw)


def test_a_click_marks_a_row(start: Start) -> None:
    program = start()
    row = next(n for n, line in enumerate(program.screen()) if line.strip().startswith("3 "))
    program.send(f"\x1b[<0;10;{row + 1}M\x1b[<0;10;{row + 1}m")
    program.wait_for("> 3")


def test_a_window_that_closes_ends_the_program(start: Start) -> None:
    program = start()
    sign_in(program)
    assert program.hang_up() != 0
    assert not program.running()


def test_a_window_that_closes_ends_a_program_whose_parent_ignores_that(terminal: Start) -> None:
    words = ["sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, PROGRAM, "world", "class"]
    program = terminal(words, env={"LANG": "C.UTF-8", "NO_COLOR": "1"})
    program.wait_for("Who are you?")
    assert program.hang_up() != 0


def test_a_window_that_closes_ends_a_program_whose_terminal_is_not_its_own(terminal: Start) -> None:
    words = ["sh", "-c", 'trap "" HUP; setsid -w "$0" "$@"', sys.executable, PROGRAM]
    program = terminal([*words, "world", "class"], env={"LANG": "C.UTF-8", "NO_COLOR": "1"})
    program.wait_for("Who are you?")
    assert program.hang_up() != 0  # no signal tells it
