"""Which characters a terminal can show, and the symbols of each level (ux.md section 3.2).

Owns: the choice of level A (ASCII), B (box drawing and blocks) or C (drawings too), the state
symbols, bars, and the replacement of what an encoding cannot hold. Pure: the environment is an
argument.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """A: ASCII only, for bare consoles and unknown terminals. B: line drawing and blocks.

    C, which a machine's profile must ask for: B, and drawings beside the sign-in pictures.
    """

    A = "A"
    B = "B"
    C = "C"


class Charset(Struct, frozen=True):
    """The symbols of one level and the encoding of the terminal."""

    level: Level
    encoding: str = "utf-8"

    @property
    def full(self) -> str:
        """One filled cell of a bar."""
        return "█" if self.level is not Level.A else "#"

    @property
    def empty(self) -> str:
        """One empty cell of a bar."""
        return "░" if self.level is not Level.A else "-"

    @property
    def rule(self) -> str:
        """One cell of a horizontal line."""
        return "─" if self.level is not Level.A else "-"

    def bar(self, part: int, whole: int, cells: int = 8) -> str:
        """A bar such as [####----]; `part` of `whole`, each at least 0."""
        filled = cells * min(part, whole) // whole if whole > 0 else 0
        return f"[{self.full * filled}{self.empty * (cells - filled)}]"

    def shown(self, text: str) -> str:
        """The text with each character that the encoding cannot hold replaced by '?'."""
        if text.isascii():
            return text
        return text.encode(self.encoding, errors="replace").decode(self.encoding)


def _knows_blocks(term: str) -> bool:
    return term.startswith(("xterm", "tmux", "screen", "alacritty", "foot", "konsole", "rxvt-uni"))


def charset_for(environment: Mapping[str, str], encoding: str | None) -> Charset:
    """The safest charset for a terminal: level A wherever it is not a known window.

    `DARASA_CHARSET` (A, B or C) is the machine profile's word and wins.
    """
    encoding = encoding or "ascii"
    try:
        "x".encode(encoding)
    except LookupError:
        encoding = "ascii"
    wanted = environment.get("DARASA_CHARSET", "").upper()
    if wanted in set(Level):
        return Charset(Level(wanted), encoding)
    windowed = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    unicode_known = encoding.lower().replace("-", "") == "utf8"
    if windowed and unicode_known and _knows_blocks(environment.get("TERM", "")):
        return Charset(Level.B, encoding)
    return Charset(Level.A, encoding)
