"""What is said of a terminal, and which setting a helper's answer becomes."""

import pytest

from darasa.client_tui.charset import Level
from darasa.client_tui.machine_check import level_said, sample_lines, terminal_checks
from darasa.learning.checkup import Health

WINDOW = {"TERM": "xterm-256color", "DISPLAY": ":0"}


def said(environment, *, encoding="utf-8", columns=80, rows=24, charset=None):
    checks = terminal_checks(
        environment, encoding=encoding, columns=columns, rows=rows, charset=charset
    )
    return {check.name: check for check in checks}


def test_a_terminal_window_is_well():
    found = said(WINDOW)
    assert {check.health for check in found.values()} == {Health.FINE}
    assert found["window"].what == "The window has 80 columns and 24 rows."
    assert found["characters"].what == "Lines and blocks are used."


@pytest.mark.parametrize(
    ("columns", "rows", "health"),
    [(200, 50, Health.FINE), (79, 24, Health.NOTE), (80, 20, Health.NOTE), (59, 24, Health.ACT),
     (80, 17, Health.ACT)],
)  # fmt: skip
def test_a_small_window_is_told_how_large_to_be(columns, rows, health):
    check = said(WINDOW, columns=columns, rows=rows)["window"]
    assert check.health is health
    assert bool(check.remedy) is (health is not Health.FINE)


def test_letters_that_the_terminal_would_lose_need_somebody():
    check = said(WINDOW, encoding="ISO-8859-1")["characters"]
    assert check.health is Health.ACT
    assert "UTF-8" in check.remedy


def test_a_bare_console_and_an_unknown_terminal_are_notes():
    assert "Latin letters only" in said({"TERM": "linux"})["characters"].what
    unknown = said({"TERM": "xterm"})["characters"]
    assert unknown.health is Health.NOTE
    assert unknown.remedy == "darasa doctor --characters"
    assert said({"TERM": "xterm"}, charset="A")["characters"].health is Health.FINE
    assert said({"TERM": "xterm"}, charset="C")["characters"].what.startswith("Lines, blocks and")


def test_without_colours_all_is_well_too():
    assert said({**WINDOW, "NO_COLOR": "1"})["colours"].health is Health.FINE


def test_the_lines_to_compare_have_a_level_each_and_every_language():
    a, b, c, named = sample_lines(["English", "Kiswahili (sw)"])
    assert a.isascii()
    assert "█" in b
    assert "🌞" in c
    assert "Kiswahili (sw)" in named
    assert [level_said(word) for word in ("a", " B ", "C", "", "D", "yes")] == [
        Level.A, Level.B, Level.C, None, None, None,
    ]  # fmt: skip
