"""Text that is safe to show: the only way from bytes of people and files to a screen.

Owns: which code points may reach a terminal, a page or a printed list (threat-model section 7).
Cleaning happens at entry and again at display, so both functions are idempotent. Pure.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NewType

SafeText = NewType("SafeText", str)
"""A string that went through `safe_text` or `safe_line`."""

LENGTH_MAX: Final = 4000
LINE_LENGTH_MAX: Final = 200
MARKS_MAX: Final = 4
"""Combining marks in a row: more than four on a letter is a decoration that climbs over lines."""
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_PLAIN: Final = re.compile(r"[\x20-\x7e\n]*")
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029]")
# Format characters that are letters or joiners of living scripts; every other one is replaced.
_KEPT_FORMAT: Final = frozenset("\u200c\u200d\u06dd\u070f\u08e2") | {
    chr(code) for code in range(0x0600, 0x0606)
}


def safe_text(raw: str, *, length_max: int = LENGTH_MAX) -> SafeText:
    """Running text: NFC, at most `length_max` code points, no control character but newline.

    Control, surrogate, private-use, unassigned and format characters (direction controls and
    tags among them) become U+FFFD; a tab becomes a space. Marks beyond four in a row are left out.
    """
    if len(raw) <= length_max and _PLAIN.fullmatch(raw):
        return SafeText(raw)
    # Cut before normalising, so that a huge text costs no more than a long one.
    text = _BREAKS.sub("\n", raw[: 4 * length_max]).replace("\t", " ")
    text = unicodedata.normalize("NFC", "".join(map(_shown, text)))
    text = unicodedata.normalize("NFC", _limit_marks(text))
    return SafeText(text[:length_max])


def safe_line(raw: str, *, length_max: int = LINE_LENGTH_MAX) -> SafeText:
    """One line: as `safe_text`, with runs of white space as one space; blank becomes "?"."""
    line = " ".join(safe_text(raw, length_max=4 * length_max).split())[:length_max].rstrip()
    return SafeText(line or "?")


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return char if char in _KEPT_FORMAT else REPLACEMENT
    if category[0] == "C" or "\U000e0100" <= char <= "\U000e01ef":
        return REPLACEMENT
    return char


def _limit_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= MARKS_MAX:
            kept.append(char)
    return "".join(kept)
