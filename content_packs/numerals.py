"""Reading a number as a learner types it, and saying back how it was read.

Owns: which ways of writing a number are understood. Exact throughout: no float. Pure.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

DIGITS_MAX: Final = 18
"""Digits of one number: more is a stuck key, and costs time to no end."""

_SIGN: Final = r"(?P<sign>[+-]?) ?"
_WHOLE: Final = re.compile(_SIGN + r"(?P<whole>\d+|[1-9]\d{0,2}(?:[, ]\d{3})+)\.?")
_GROUPED: Final = r"[1-9]\d{0,2}(?:%s\d{3})+"
_DECIMAL: Final = re.compile(
    _SIGN + rf"(?P<whole>\d*|{_GROUPED % ','}|{_GROUPED % ' '})[.](?P<part>\d+)"
)
_COMMA: Final = re.compile(
    _SIGN + rf"(?P<whole>\d*|{_GROUPED % ' '}|{_GROUPED % '[.]'}),(?P<part>\d+)"
)
_FRACTION: Final = re.compile(_SIGN + r"(?P<top>\d+) ?/ ?(?P<under>[+-]?) ?(?P<bottom>\d+)")
_MIXED: Final = re.compile(_SIGN + r"(?P<whole>\d+) (?P<top>\d+) ?/ ?(?P<bottom>\d+)")
_SIGNS: Final = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{FULLWIDTH HYPHEN-MINUS}": "-",
        "\N{FULLWIDTH PLUS SIGN}": "+",
        "\N{FRACTION SLASH}": "/",
        "\N{DIVISION SLASH}": "/",
        "\N{FULLWIDTH SOLIDUS}": "/",
        "\N{ARABIC DECIMAL SEPARATOR}": ".",
        "\N{FULLWIDTH FULL STOP}": ".",
    }
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as read. `form` is how it was written: equal forms are equal tuples.

    whole (n) · decimal (n, digits after the point) · fraction (top, bottom) ·
    mixed (sign, whole, top, bottom).
    """

    value: Fraction
    kind: Literal["whole", "decimal", "fraction", "mixed"]
    form: tuple[int, ...]


@lru_cache(maxsize=4096)
def read_number(raw: str) -> Reading | None:
    """The number in a text, or None. Never raises.

    Understood: `12`, `-3`, `0.75`, `.5`, `0,75`, `1,000`, `1 000,5`, `1.000,5`, `3/4`, `3 /4`,
    `1 1/2`, `½`, digits of any script, the typographic minus and slash. A bottom of 0 is no number.
    """
    if len(raw) > 200:
        return None
    text = " ".join("".join(map(_ascii, raw)).translate(_SIGNS).split())
    if sum(char.isdigit() for char in text) > DIGITS_MAX:
        return None
    for pattern, read in _READERS:
        if match := pattern.fullmatch(text):
            return read(match)
    return None


def in_words(reading: Reading, locale: str) -> str:
    """How a number was read, for "I read: three quarters"; digits where words would not help."""
    sign = "-" if reading.value < 0 else ""
    match reading.kind:
        case "whole":
            return str(reading.form[0])
        case "decimal":
            scaled, places = reading.form
            digits = str(abs(scaled)).rjust(places + 1, "0")
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
        case "fraction":
            top, bottom = reading.form
            words = _fraction_words(abs(top), bottom) if locale.startswith("en") else None
            if words is None:
                return f"{top}/{bottom}"
            return f"minus {words}" if top < 0 else words
        case "mixed":
            _, number, top, bottom = reading.form
            words = _fraction_words(top, bottom) if locale.startswith("en") else None
            return (
                f"{sign}{number} {top}/{bottom}" if words is None else f"{sign}{number} and {words}"
            )


_COUNTS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_PARTS: Final = (
    *("whole", "half", "third", "quarter", "fifth", "sixth"),
    *("seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"),
)


def _fraction_words(top: int, bottom: int) -> str | None:
    if not (1 <= top < len(_COUNTS) and 2 <= bottom <= len(_PARTS)):
        return None
    part = _PARTS[bottom - 1]
    plural = "halves" if part == "half" else f"{part}s"
    return f"{_COUNTS[top]} {part if top == 1 else plural}"


def _ascii(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.decomposition(char).startswith("<fraction>"):  # ½ and its kin
        return " " + unicodedata.normalize("NFKC", char)
    return ascii_digit(char)


def ascii_digit(char: str) -> str:
    """A digit of any script as one of 0 to 9; any other character as it is."""
    if char.isascii() or (digit := unicodedata.decimal(char, None)) is None:
        return char
    return str(digit)


def _number(text: str) -> int:
    return int(text.replace(",", "").replace(" ", "").replace(".", "") or "0")


def _whole(match: re.Match[str]) -> Reading:
    value = _number(match["whole"]) * (-1 if match["sign"] == "-" else 1)
    return Reading(Fraction(value), "whole", (value,))


def _decimal(match: re.Match[str]) -> Reading:
    places = len(match["part"])
    scaled = _number(match["whole"]) * 10**places + int(match["part"])
    scaled *= -1 if match["sign"] == "-" else 1
    return Reading(Fraction(scaled, 10**places), "decimal", (scaled, places))


def _fraction(match: re.Match[str]) -> Reading | None:
    top, bottom = int(match["top"]), int(match["bottom"])
    if bottom == 0:
        return None
    top *= -1 if (match["sign"] == "-") != (match["under"] == "-") else 1
    return Reading(Fraction(top, bottom), "fraction", (top, bottom))


def _mixed(match: re.Match[str]) -> Reading | None:
    number, top, bottom = int(match["whole"]), int(match["top"]), int(match["bottom"])
    if bottom == 0:
        return None
    sign = -1 if match["sign"] == "-" else 1
    value = sign * (number + Fraction(top, bottom))
    return Reading(value, "mixed", (sign, number, top, bottom))


_READERS: Final = (
    (_WHOLE, _whole),
    (_DECIMAL, _decimal),
    (_COMMA, _decimal),
    (_FRACTION, _fraction),
    (_MIXED, _mixed),
)
