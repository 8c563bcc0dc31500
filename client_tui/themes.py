"""The looks of the client as data: which colours and weights each style has (ux.md section 3.3).

Owns: the styles that presenters may name, and four themes. Status is word and symbol first, so
every theme may drop colour. Pure; the toolkit's own style objects are made in `drawing.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Style(StrEnum):
    """What a piece of text is, not how it looks."""

    PLAIN = "plain"
    TITLE = "title"
    MARKED = "marked"
    QUIET = "quiet"
    GOOD = "good"
    NOT_YET = "not-yet"
    FIELD = "field"
    STATUS = "status"
    ALARM = "alarm"
    MESSAGE = "message"
    KEYS = "keys"


class Theme(Struct, frozen=True):
    """A name, the ground it stands on, and rich style words for each style."""

    name: str
    ground: str  # style words for the whole screen
    styles: Mapping[Style, str]


_WEIGHTS: Final[dict[Style, str]] = {
    Style.PLAIN: "",
    Style.TITLE: "bold",
    Style.MARKED: "bold",
    Style.QUIET: "",
    Style.GOOD: "bold",
    Style.NOT_YET: "bold",
    Style.FIELD: "underline",
    Style.STATUS: "reverse",
    Style.ALARM: "bold reverse",
    Style.MESSAGE: "bold",
    Style.KEYS: "",
}

MONO: Final = Theme("mono", "", _WEIGHTS)
DARK: Final = Theme(
    "dark",
    "#e4e4e4 on #1c1c1c",
    _WEIGHTS
    | {
        Style.MARKED: "bold #ffd75f",
        Style.QUIET: "#b2b2b2",
        Style.GOOD: "bold #87d787",
        Style.NOT_YET: "bold #ffaf5f",
        Style.STATUS: "#1c1c1c on #d0d0d0",
        Style.ALARM: "bold #ffffff on #af0000",
        Style.KEYS: "#b2b2b2",
    },
)
LIGHT: Final = Theme(
    "light",
    "#1c1c1c on #f5f5f5",
    _WEIGHTS
    | {
        Style.MARKED: "bold #00508a",
        Style.QUIET: "#4e4e4e",
        Style.GOOD: "bold #005f00",
        Style.NOT_YET: "bold #8a3c00",
        Style.STATUS: "#f5f5f5 on #303030",
        Style.ALARM: "bold #ffffff on #af0000",
        Style.KEYS: "#4e4e4e",
    },
)
CONTRAST: Final = Theme(
    "contrast",
    "#ffffff on #000000",
    _WEIGHTS
    | {
        Style.MARKED: "bold #ffff00",
        Style.GOOD: "bold #ffff00",
        Style.NOT_YET: "bold underline #ffff00",
        Style.STATUS: "#000000 on #ffffff",
        Style.ALARM: "bold #000000 on #ffff00",
    },
)
THEMES: Final[dict[str, Theme]] = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST, MONO)}


def theme_for(environment: Mapping[str, str], wanted: str | None = None) -> Theme:
    """The theme to begin with: `NO_COLOR` means mono, whatever else is asked for.

    Without a wish, consoles that may lack colours get mono and terminal windows get dark.
    """
    if environment.get("NO_COLOR"):
        return MONO
    if wanted in THEMES:
        return THEMES[wanted]
    term = environment.get("TERM", "")
    if "256color" in term or environment.get("COLORTERM"):
        return DARK
    return MONO
