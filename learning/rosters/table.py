"""A table from a file, as spreadsheets save one: bytes in, columns and lines out.

Owns: encodings, separators, where the headings are, and the limits of a file. Pure. Cells are text:
what looks like a formula is kept as it is written. Does not know what a column means to a school.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.errors import LearningError
from darasa.learning.rosters.fields import Field, guess

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

BYTES_MAX: Final = 4 << 20  # 10,000 learners with long names are one; a roster is a list of names
ROWS_MAX: Final = 10_000
COLUMNS_MAX: Final = 200
SAMPLES: Final = 3
SAMPLE_CHARS_MAX: Final = 40
CELL_CHARS_MAX: Final = 200
_LINES_ABOVE_MAX: Final = 10  # a title, a school, a date: nobody writes more above a table
_SEPARATORS: Final = (",", ";", "\t", "|")
_LOOKED_AT: Final = 20


class TableError(LearningError, ValueError):
    """The file is no table that can be read; `line` is where, 0 for the file."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place from 0, its heading ("" without one), and its first cells."""

    place: int
    heading: SafeText
    samples: tuple[SafeText, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank; `number` from 1, as an editor counts."""

    number: int
    cells: tuple[str, ...]

    def cell(self, place: int | None) -> str:
        """The cell of a column; "" where the line ends before it."""
        return self.cells[place] if place is not None and place < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was read. `heading_line` is 0 when there are no headings.

    `more_at` is the first line beyond the limit of rows; `lost` the lines above the headings.
    """

    encoding: str
    separator: str
    heading_line: int
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    more_at: int | None = None
    lost: int = 0

    @property
    def headings(self) -> list[str]:
        """The heading of each column."""
        return [column.heading for column in self.columns]


def read_table(raw: bytes, *, headings: bool | None = None) -> Table:
    """Read a table. Raises TableError for bytes that are none; cost: one pass.

    `headings`: whether the file has any; None looks for them, below a few lines of title too.
    """
    text, encoding = read_text(raw)
    separator, text = _separator(text)
    lines, more_at = _lines(text, separator)
    if not lines:
        raise TableError(0, "The file is empty.")
    at = _heading_at(lines) if headings is None else (0 if headings else None)
    body = lines if at is None else lines[at + 1 :]
    first = () if at is None else lines[at].cells
    if more_at is None and len(body) > ROWS_MAX:
        more_at = body[ROWS_MAX].number
    body = body[:ROWS_MAX]
    width = len(first) if first else _usual_width(body)
    if width > COLUMNS_MAX:
        raise TableError(lines[at or 0].number, f"There are more than {COLUMNS_MAX} columns.")
    return Table(
        encoding=encoding,
        separator=separator,
        heading_line=0 if at is None else lines[at].number,
        columns=_columns(first, body, width),
        lines=tuple(body),
        more_at=more_at,
        lost=at or 0,
    )


def read_text(raw: bytes) -> tuple[str, str]:
    """The text of a list that somebody saved, and its encoding. Raises TableError."""
    if len(raw) > BYTES_MAX:
        raise TableError(0, "The file is larger than 4 MB: a class list is smaller.")
    text, encoding = _decoded(raw)
    if "\0" in text:
        raise TableError(0, "This is no text file. Save the sheet as CSV and try again.")
    return text, encoding


def guess_columns(table: Table) -> dict[int, Field]:
    """Which column is what: by headings; without any, by what the cells look like."""
    if table.heading_line:
        return guess(table.headings)
    classes = _place_of_classes(table.lines)
    names = [
        (len({line.cell(place) for line in table.lines}), -place)
        for place in range(len(table.columns))
        if place != classes and _mostly_letters(table.lines, place)
    ]
    guessed = {} if classes is None else {classes: Field.CLASS}
    if names:
        guessed[-max(names)[1]] = Field.NAME
    return guessed


def _decoded(raw: bytes) -> tuple[str, str]:
    """Text and the name of its encoding: as spreadsheets save it, with or without a mark."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace"), "UTF-16"
    if raw[1:2] == b"\0" and raw[:1] != b"\0":
        return raw.decode("utf-16-le", "replace"), "UTF-16"
    if raw[:1] == b"\0" and raw[1:2] != b"\0":
        return raw.decode("utf-16-be", "replace"), "UTF-16"
    try:
        return raw.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), "Windows-1252"


def _separator(text: str) -> tuple[str, str]:
    """What stands between cells, and the text without a line that only says so."""
    head, _, rest = text.partition("\n")
    said = head.strip().strip('"')
    if said.lower().startswith("sep=") and len(said) == 5 and said[4] in _SEPARATORS:
        return said[4], "\n" + rest  # the line stays, blank: line numbers are those of an editor
    sample = text[:16_384]
    return max(_SEPARATORS, key=lambda each: _fit(sample, each)), text


def _fit(sample: str, separator: str) -> tuple[int, int]:
    """How much a sample looks like a table with that separator: lines of one width, that width."""
    widths: Counter[int] = Counter()
    try:
        for cells, _ in zip(_reader(sample, separator), range(_LOOKED_AT), strict=False):
            widths[len(cells)] += len(cells) > 1
    except csv.Error:
        return (0, 0)
    width, lines = max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))
    return (lines, width)


def _reader(text: str, separator: str) -> "CsvReader":
    """Cells of 128 kB and more are refused by the csv module itself."""
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _lines(text: str, separator: str) -> tuple[list[Line], int | None]:
    """The lines that are not blank, and where the file goes on beyond what is read."""
    reader = _reader(text, separator)
    lines: list[Line] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(lines) > ROWS_MAX + _LINES_ABOVE_MAX:
                    return lines, before + 1
                lines.append(Line(before + 1, tuple(cells)))
            before = reader.line_num
    except csv.Error as error:
        what = "A cell that begins here never ends. Is a quote mark missing?"
        raise TableError(before + 1, what) from error
    return lines, None


def _heading_at(lines: Sequence[Line]) -> int | None:
    """Which of the first lines has the headings; None: the first line is a learner already."""
    understood = [len(guess(line.cells)) for line in lines[:_LINES_ABOVE_MAX]]
    best = max(understood)
    if best >= 2 or (best and understood[0] == best):
        return understood.index(best)
    return None if _place_of_classes(lines, first=True) is not None else 0


def _place_of_classes(lines: Sequence[Line], *, first: bool = False) -> int | None:
    """The column whose cells come again and again, as a class does and a heading never.

    `first`: only the cell of the first line is looked for.
    """
    width = _usual_width(lines)
    found: list[tuple[int, int]] = []
    for place in range(width):
        cells = [line.cell(place).strip().casefold() for line in lines]
        if not any(char.isalnum() for char in cells[0]):
            continue
        if first:
            if cells[0] in cells[1:]:
                return place
            continue
        different = len(set(cells))
        if different <= max(1, len(cells) // 2):
            found.append((different, place))
    return max(found)[1] if found else None


def _mostly_letters(lines: Sequence[Line], place: int) -> bool:
    cells = [line.cell(place) for line in lines]
    return 2 * sum(any(char.isalpha() for char in cell) for cell in cells) > len(cells)


def _usual_width(lines: Sequence[Line]) -> int:
    widths = Counter(len(_trimmed(line.cells)) for line in lines)
    return max(widths.items(), key=lambda each: (each[1], each[0]), default=(0, 0))[0]


def _trimmed(cells: Sequence[str]) -> Sequence[str]:
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return cells[:width]


def _columns(first: Sequence[str], body: Sequence[Line], width: int) -> tuple[Column, ...]:
    """The columns; those at the end that have neither a heading nor a cell are none."""
    columns = [
        Column(
            place,
            _shown(first[place]) if place < len(first) else SafeText(""),
            _samples(body, place),
        )
        for place in range(width)
    ]
    while columns and not columns[-1].heading and not columns[-1].samples:
        columns.pop()
    return tuple(columns)


def _samples(body: Sequence[Line], place: int) -> tuple[SafeText, ...]:
    kept: dict[SafeText, None] = {}
    for line in body:
        cell = _shown(line.cell(place))
        if cell:
            kept[cell] = None
        if len(kept) == SAMPLES:
            break
    return tuple(kept)


def _shown(cell: str) -> SafeText:
    """A cell as screens show it; blank stays blank."""
    return safe_line(cell, length_max=SAMPLE_CHARS_MAX) if cell.strip() else SafeText("")
