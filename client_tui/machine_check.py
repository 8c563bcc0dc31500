"""What a computer's terminal can show: its size, colours and characters (ux.md section 8.11).

Owns: the words of it, the lines that a helper looks at, and which setting the answer is. Pure: the
environment and the window's size are arguments.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from darasa.client_tui.charset import Charset, Level, charset_for
from darasa.client_tui.page import COLUMNS_MIN, ROWS_MIN
from darasa.client_tui.presenters.secret import drawings
from darasa.client_tui.themes import MONO, theme_for
from darasa.learning.checkup import Check, Health

COLUMNS_BEST: Final = 80
ROWS_BEST: Final = 24
_USED: Final = {
    Level.A: "Plain signs",
    Level.B: "Lines and blocks",
    Level.C: "Lines, blocks and drawings",
}


def terminal_checks(
    environment: Mapping[str, str],
    *,
    encoding: str | None,
    columns: int,
    rows: int,
    charset: str | None = None,
) -> Iterator[Check]:
    """Lines on a terminal. `charset` is the level that this machine's settings name."""
    yield _window(columns, rows)
    if theme_for(environment) is MONO:
        said = "No colours are used: signs, bold and underline say the same."
        yield Check("colours", Health.FINE, said)
    else:
        yield Check("colours", Health.FINE, "This terminal shows colours.")
    named = {"DARASA_CHARSET": charset} if charset else {}
    yield _characters({**environment, **named}, encoding)


def _window(columns: int, rows: int) -> Check:
    said = f"The window has {columns} columns and {rows} rows."
    if columns < COLUMNS_MIN or rows < ROWS_MIN:
        least = f"Make it {COLUMNS_MIN} by {ROWS_MIN} or larger."
        return Check("window", Health.ACT, f"{said} That is too small.", least)
    if columns < COLUMNS_BEST or rows < ROWS_BEST:
        best = f"{COLUMNS_BEST} by {ROWS_BEST} shows more."
        return Check("window", Health.NOTE, said, best)
    return Check("window", Health.FINE, said)


def _characters(environment: Mapping[str, str], encoding: str | None) -> Check:
    known = charset_for(environment, encoding)
    if known.encoding.lower().replace("-", "") != "utf8":
        said = f"This terminal takes {known.encoding} only: letters of some names turn into '?'."
        return Check("characters", Health.ACT, said, "Set LANG to one that ends in UTF-8.")
    if environment.get("TERM") == "linux":
        said = "A bare console shows Latin letters only."
        return Check("characters", Health.NOTE, said, "Other scripts need a terminal window.")
    if known.level is Level.A and not environment.get("DARASA_CHARSET"):
        said = "Nobody has said what this terminal shows: plain signs are used."
        return Check("characters", Health.NOTE, said, "darasa doctor --characters")
    return Check("characters", Health.FINE, f"{_USED[known.level]} are used.")


def sample_lines(languages: Iterable[str]) -> tuple[str, ...]:
    """What a helper compares: a line a level, and the languages by their own names."""
    lines = [
        f"   {level}   {Charset(level).bar(5, 8)}  {Charset(level).rule * 8}  {extra}".rstrip()
        for level, extra in ((Level.A, "o ~ + * !"), (Level.B, ""), (Level.C, drawings()))
    ]
    named = "   ".join(languages)
    return (*lines, f"   {named}")


def level_said(answer: str) -> Level | None:
    """The level that a helper named, None for anything else."""
    word = answer.strip().upper()
    return Level(word) if word in set(Level) else None
