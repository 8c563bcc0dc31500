"""The symbol and the word of each standing of a skill (ux.md section 3.3). Pure."""

from typing import Final

from darasa.client_tui.locale import _, mark
from darasa.learning.views import Standing

_SYMBOLS: Final[dict[Standing, str]] = {
    Standing.LATER: "-",
    Standing.READY: "o",
    Standing.LEARNING: "~",
    Standing.GOT: "+",
    Standing.KEPT: "*",
    Standing.REFRESH: "!",
}
_WORDS: Final[dict[Standing, str]] = {
    Standing.LATER: mark("Later"),
    Standing.READY: mark("Ready"),
    Standing.LEARNING: mark("Learning"),
    Standing.GOT: mark("Got it"),
    Standing.KEPT: mark("Kept it"),
    Standing.REFRESH: mark("Refresh"),
}


def symbol(standing: Standing) -> str:
    """One ASCII character, the same at every character level."""
    return _SYMBOLS[standing]


def word(standing: Standing) -> str:
    """The word that goes with the symbol."""
    return _(_WORDS[standing])


def legend() -> str:
    """All symbols with their words."""
    return "   ".join(f"{symbol(standing)} {word(standing)}" for standing in Standing)
