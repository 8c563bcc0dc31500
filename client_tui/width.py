"""How many cells a text takes, and cutting and wrapping by cells (ux.md section 10).

Owns: rule 2 (our width is the larger of the toolkit's and the terminal table's) and rule 3 (a cut
falls only between user-perceived characters). Pure. Does not know screens.
"""

import unicodedata
from functools import lru_cache

from rich.cells import cell_len

_ZERO_WIDTH_JOINER = "\u200d"
_VIRAMA = 9  # canonical combining class: the next letter joins the one before it


def _terminal_width(character: str) -> int:
    """Cells that common terminals give one character: spacing vowel signs count one."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@lru_cache(maxsize=4096)
def cell_width(text: str) -> int:
    """The larger of the toolkit's and the terminal's width of a text, in cells."""
    if text.isascii():
        return len(text)
    return max(cell_len(text), sum(map(_terminal_width, text)))


def clusters(text: str) -> list[str]:
    """The user-perceived characters of a text: a base with all that joins it."""
    found: list[str] = []
    joined = False
    for character in text:
        joins = joined or character == _ZERO_WIDTH_JOINER
        joins = joins or unicodedata.category(character) in {"Mn", "Mc", "Me"}
        if found and joins:
            found[-1] += character
        else:
            found.append(character)
        joined = character == _ZERO_WIDTH_JOINER or unicodedata.combining(character) == _VIRAMA
    return found


def cut(text: str, width: int) -> str:
    """As much of a text as fits in `width` cells, never ending inside a character."""
    if cell_width(text) <= width:
        return text
    kept = ""
    for cluster in clusters(text):
        if cell_width(kept + cluster) > width:
            break
        kept += cluster
    return kept


def shortened(text: str, width: int, mark: str = "...") -> str:
    """The text, or its beginning and a mark that shows where it was cut."""
    if cell_width(text) <= width:
        return text
    if width <= cell_width(mark):
        return cut(text, width)
    return cut(text, width - cell_width(mark)).rstrip() + mark


def ending(text: str, width: int, mark: str = "...") -> str:
    """The text, or a mark and as much of its end as fits beside it: where one is typing."""
    if cell_width(text) <= width:
        return text
    kept = ""
    for cluster in reversed(clusters(text)):
        if cell_width(mark + cluster + kept) > width:
            break
        kept = cluster + kept
    return mark + kept


def padded(text: str, width: int) -> str:
    """The text with spaces up to `width` cells; longer text is returned as it is."""
    return text + " " * (width - cell_width(text))


def wrapped(text: str, width: int) -> list[str]:
    """The text as lines of at most `width` cells, broken at spaces.

    Line ends in the text stay, and so does the indent of each line: drawings keep their shape.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines.extend(_wrapped_line(line.rstrip(), max(1, width)))
    return lines


def _wrapped_line(line: str, width: int) -> list[str]:
    if cell_width(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip(" "))]
    if cell_width(indent) >= width:
        indent = ""
    lines: list[str] = []
    current = indent
    for word in line.split():
        for piece in _pieces(word, width - cell_width(indent)):
            joined = piece if current == indent else " " + piece
            if current != indent and cell_width(current + joined) > width:
                lines.append(current)
                current, joined = indent, piece
            current += joined
    return [*lines, current]


def _pieces(word: str, width: int) -> list[str]:
    """A word in parts that fit a line; nearly always the word itself."""
    parts: list[str] = []
    while cell_width(word) > width:
        part = cut(word, width) or clusters(word)[0]
        parts.append(part)
        word = word[len(part) :]
    return [*parts, word] if word else parts
