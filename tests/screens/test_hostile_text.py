"""Escape codes, markup and direction marks in names and items reach no terminal."""

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.drawing import content_of
from darasa.client_tui.page import Span
from darasa.client_tui.themes import MONO
from darasa.content_packs.safe_text import SafeText

PROGRAM = str(Path(__file__).with_name("client_program.py"))

# What the toolkit makes in the mono theme: modes, its questions, moves, the shape of the mouse
# pointer, and these weights alone.
_MADE = re.compile(
    r"\x1b\[\?\d+[hl]|\x1b\[\?\d+\$p|\x1b\[>\d+u|\x1b\[<u|\x1b\[\d+;\d+H"
    r"|\x1b\]22;default\x07|\x1b\[(?:(?:0|1|4|7|39|49);?)*m"
)
_DIRECTION = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")

WALK: tuple[tuple[tuple[str, ...], str], ...] = (
    (("f1",), "Help:"),
    (("escape",), "Who are you?"),
    (("right",), "Who are you?"),
    (("left",), "Who are you?"),
    (("down", "enter"), "Your PIN"),
    (("?",), "Help:"),
    (("escape",), "Your PIN"),
    (("1", "enter"), "not it"),
    ((*"2468", "enter"), "| Home"),
    (("l",), "Looks"),
    (("escape",), "| Home"),
    (("s",), "Where is my work?"),
    (("escape",), "| Home"),
    (("g",), "My goals"),
    (("enter",), "What do you want?"),
    (("enter",), "Which unit?"),
    (("enter",), "Until when?"),
    (("enter",), "Your goal is set"),
    (("enter",), "Change the day"),
    (("escape",), "My goals"),
    (("escape",), "| Home"),
    (("m",), "| Map"),
    (("enter",), "Lesson:"),
    ((" ", "+", "-"), "Lesson:"),
    (("enter",), "Session"),
    (("h",), "Hint 1"),
    (("1", "enter"), "Not yet"),
    (("?",), "Help:"),
    (("escape",), "Not yet"),
    (("right", "enter"), "This is how"),
    (("enter",), "Session"),
    (("2", "enter"), "Yes."),
    (("t",), "teacher will see"),
    (("ctrl+q",), "Sign out now?"),
)


def check_bytes(raw: bytes) -> None:
    """Fails on any byte that the toolkit did not make of clean text."""
    rest = _MADE.sub("", raw.decode("utf-8"))
    controls = {char for char in rest if not char.isprintable() and char not in "\r\n"}
    assert not controls, [hex(ord(char)) for char in controls]
    assert not _DIRECTION.search(rest)


def test_no_screen_lets_hostile_text_through(terminal: Callable[..., Any]) -> None:
    program = terminal(
        [sys.executable, PROGRAM, "world", "hostile"],
        env={"LANG": "C.UTF-8", "NO_COLOR": "1"},
    )
    program.wait_for("Who are you?")
    for keys, shown in WALK:
        program.press(*keys)
        program.wait_for(shown)
        program.settle(0.05)
    _to_the_end_of_the_set(program)
    _with_a_full_disk(program)
    _locked(program)
    raw = bytes(program.raw)
    check_bytes(raw)
    for code in (b"\x1b[31m", b"\x1b[2J", b"\x1b[9;9Hmoved", b"\x1b]52", b"\x1b]8", b"\x1bP"):
        assert code not in raw
    assert program.running()


def _to_the_end_of_the_set(program: Any) -> None:
    program.press("escape")
    program.wait_gone("Sign out now?")
    while "You finished the set." not in program.text():
        before = program.text()
        asks = program.screen()[-1].strip().startswith("Enter Check")
        program.press(*(("2", "enter") if asks else ("enter",)))
        program.wait_until(lambda shown=before: program.text() != shown, "a key does something")
        program.settle(0.05)


def _with_a_full_disk(program: Any) -> None:
    while not program.screen()[-1].strip().startswith("Enter Check"):
        before = program.text()
        program.press("enter")
        program.wait_until(lambda shown=before: program.text() != shown, "a key does something")
        program.settle(0.05)
    os.kill(program.pid, signal.SIGUSR2)
    program.press("2", "enter")
    program.wait_for("NOT SAVED")
    program.settle(0.05)
    os.kill(program.pid, signal.SIGUSR2)
    program.press("enter")
    program.wait_gone("NOT SAVED")


def _locked(program: Any) -> None:
    os.kill(program.pid, signal.SIGUSR1)
    program.wait_for("so it is locked")
    program.settle(0.05)
    program.press("n")
    program.wait_for("Who are you?")


def test_markup_is_shown_as_it_is_written_and_does_nothing(terminal: Callable[..., Any]) -> None:
    program = terminal(
        [sys.executable, PROGRAM, "world", "hostile"],
        env={"LANG": "C.UTF-8", "NO_COLOR": "1"},
    )
    program.wait_for("Who are you?")
    program.press(*"zed[", "down", "enter")
    program.wait_for("Your PIN")
    program.press(*"2468", "enter")
    program.wait_for("| Home")
    program.press("enter")
    program.wait_for("3 [a] or [b]?")
    assert "[@click=app.quit]Quit[/]" in program.text().replace("\n   ", " ")
    for row in range(1, 24):
        program.send(f"\x1b[<0;20;{row}M\x1b[<0;20;{row}m")
    program.settle()
    assert program.running()


def test_the_door_to_the_screen_cleans_once_more() -> None:
    raw = "a\x1b]52;c;x\x07b\x9b31m\u202ec\n[@click=app.quit]d[/]"
    strip = content_of((Span(SafeText(raw)),), 60, MONO, Charset(Level.A))
    check_bytes(strip.text.encode())
    assert "[@click=app.quit]d[/]" in strip.text
    assert len(strip.text) == strip.cell_length == 60
