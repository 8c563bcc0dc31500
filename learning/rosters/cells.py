"""Cells of a CSV that people open in a spreadsheet: nothing in them is taken for a formula.

Owns: the mark before a cell that a spreadsheet would work out (threat-model T14), and taking it off
again when such a file comes back. Pure.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

MARK: Final = "'"
_MARKED: Final = re.compile(r"'*[=+\-@\t\r\n\0]")
CLASSES: Final = ";"
_BETWEEN_CLASSES: Final = re.compile(r"(?<!\\);")


def harmless(cell: str) -> str:
    """A cell as it is written: marked where a spreadsheet would work it out."""
    return MARK + cell if _MARKED.match(cell) else cell


def unmarked(cell: str) -> str:
    """The cell again. What was never marked stays: the mark stands only before such cells."""
    return cell[1:] if cell.startswith(MARK) and _MARKED.match(cell[1:]) else cell


def together(names: Iterable[str]) -> str:
    """Several classes in one cell."""
    return CLASSES.join(name.replace(CLASSES, f"\\{CLASSES}") for name in names)


def apart(cell: str) -> list[str]:
    """The classes of a cell, blank ones too."""
    return [each.replace(f"\\{CLASSES}", CLASSES) for each in _BETWEEN_CLASSES.split(cell)]


def csv_bytes(rows: Iterable[Sequence[str]], *, mark: bool = True) -> bytes:
    """RFC 4180 in UTF-8, with the byte order mark by which spreadsheets know it where `mark`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([[harmless(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")
