"""Learners from a spreadsheet: a CSV of name and class, read with findings, imported whole.

Owns: encodings, columns, findings with line numbers, first PINs. Reading is pure: bytes in, preview
out. Cells are text: what looks like a formula is kept as it is written. Does not know screens.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import LearningError
from darasa.learning.people import ClassRow, class_fact
from darasa.learning.short_names import clean_name, folded
from darasa.learning.verifier import first_pin, make_verifier
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

BYTES_MAX: Final = 4 << 20
ROWS_MAX: Final = 10_000
_CELL_CHARS_MAX: Final = 200

FIELDS: Final = ("name", "first", "last", "class")
"""What a column may hold; `first` and `last` together are a name."""

_HEADINGS: Final = {
    "name": "name",
    "full name": "name",
    "learner": "name",
    "first name": "first",
    "given name": "first",
    "first": "first",
    "last name": "last",
    "surname": "last",
    "family name": "last",
    "last": "last",
    "class": "class",
    "form": "class",
    "grade": "class",
    "stream": "class",
}


@dataclass(frozen=True, slots=True)
class RosterFinding:
    """Something about a line of the file (from 1; 0 is the file). An error stops the import."""

    line: int
    what: str
    level: Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One learner of the file."""

    line: int
    name: SafeText
    class_name: SafeText


@dataclass(frozen=True, slots=True)
class RosterPreview:
    """What an import would make. `encoding` is how the file was read."""

    rows: tuple[RosterRow, ...]
    findings: tuple[RosterFinding, ...]
    encoding: str

    @property
    def errors(self) -> tuple[RosterFinding, ...]:
        """The findings that stop the import."""
        return tuple(finding for finding in self.findings if finding.level == "error")


@dataclass(frozen=True, slots=True)
class NewLearner:
    """A learner just made, with the first PIN: told once, kept nowhere in clear."""

    name: SafeText
    class_name: SafeText
    learner_id: LearnerId
    pin: str


class RosterError(LearningError, ValueError):
    """The file cannot be imported; `findings` say which lines."""

    def __init__(self, findings: Sequence[RosterFinding]) -> None:
        first = findings[0]
        super().__init__(f"Line {first.line}: {first.what}")
        self.findings = tuple(findings)


def read_roster(
    raw: bytes,
    mapping: Mapping[str, str] | None = None,
    *,
    known: Sequence[tuple[str, str]] = (),
) -> RosterPreview:
    """Read a roster. Never raises for any bytes: what is wrong is a finding.

    `mapping`: heading of the file to a name in FIELDS, for headings that are not understood.
    `known`: (name, class) of learners who are there already; the same again is listed, not refused.
    """
    if len(raw) > BYTES_MAX:
        return _refused("The file is larger than 4 MB: a roster is a list of names.")
    text, encoding = _decoded(raw)
    if "\0" in text:
        return _refused("This is no text file. Save the sheet as CSV and try again.")
    try:
        lines = _cells(text)
    except csv.Error as error:
        return _refused(f"The file is not a CSV table: {error}.")
    if not lines:
        return _refused("The file is empty.")
    columns, findings = _columns(lines[0], mapping or {})
    if findings:
        return RosterPreview((), tuple(findings), encoding)
    rows: list[RosterRow] = []
    for line, cells in lines[1 : ROWS_MAX + 1]:
        row = _row(line, cells, columns, width=len(lines[0][1]))
        if isinstance(row, RosterRow):
            rows.append(row)
        else:
            findings.append(row)
    if len(lines) - 1 > ROWS_MAX:
        findings.append(_error(lines[ROWS_MAX + 1][0], f"More than {ROWS_MAX} learners."))
    if not rows and not findings:
        findings.append(_error(lines[0][0], "There are headings, but no learners under them."))
    findings += _duplicates(rows, known)
    findings.sort(key=lambda finding: finding.line)
    return RosterPreview(tuple(rows), tuple(findings), encoding)


def import_roster(
    classroom: "Classroom",
    preview: RosterPreview,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[NewLearner]:
    """Make the learners of a preview, in one transaction or not at all, with first PINs.

    Classes that are not there yet are made. `progress` is called with (done, all) as PINs are
    hashed, 30-60 ms each; nothing is written before the last. Raises RosterError when the preview
    has errors.
    """
    if preview.errors:
        raise RosterError(preview.errors)
    people, rng = classroom.people, classroom.rng
    facts: list[Fact] = []
    classes = {folded(row.name): row for row in reversed(people.classes())}
    made: list[NewLearner] = []
    for done, row in enumerate(preview.rows):
        class_id = _class_for(row, classes, facts, rng)
        pin = first_pin(rng)
        learner_id = LearnerId(rng(ID_BYTES))
        verifier = make_verifier(pin, rng)
        facts += people.learner_facts(learner_id, row.name, class_id, verifier)
        made.append(NewLearner(row.name, row.class_name, learner_id, pin))
        if progress is not None:
            progress(done + 1, len(preview.rows))
    classroom.record.record(*facts)
    return made


def _class_for(
    row: RosterRow,
    classes: dict[str, ClassRow],
    facts: "list[Fact]",
    rng: Callable[[int], bytes],
) -> RecordId:
    known = classes.get(folded(row.class_name))
    if known is None:
        known = ClassRow(RecordId(rng(ID_BYTES)), row.class_name)
        classes[folded(row.class_name)] = known
        facts.append(class_fact(known.record_id, known.name))
    return known.record_id


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


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each line that is not blank, by the delimiter of the first."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[str]]] = []
    before = 0
    for cells in reader:
        if any(cell.strip() for cell in cells):
            lines.append((before + 1, cells))
        before = reader.line_num
    return lines


def _columns(
    heading: tuple[int, list[str]], mapping: Mapping[str, str]
) -> tuple[dict[str, int], list[RosterFinding]]:
    line, cells = heading
    asked = {folded(column): field for column, field in mapping.items()}
    findings = [
        _error(line, f"There is no column called {clean_name(column)}.")
        for column in mapping
        if folded(column) not in map(folded, cells)
    ]
    findings += [
        _error(line, f"A column holds one of {', '.join(FIELDS)}, not {clean_name(field)}.")
        for field in mapping.values()
        if field not in FIELDS
    ]
    columns: dict[str, int] = {}
    for place, cell in enumerate(cells):
        field = asked.get(folded(cell)) or (None if asked else _HEADINGS.get(folded(cell)))
        field = field or _HEADINGS.get(folded(cell))
        if field is not None and (field not in columns or folded(cell) in asked):
            columns[field] = place
    if "class" not in columns:
        findings.append(_error(line, "The first line must name a column  class."))
    if not columns.keys() & {"name", "first", "last"}:
        findings.append(_error(line, "The first line must name a column  name."))
    return columns, findings


def _row(
    line: int, cells: list[str], columns: Mapping[str, int], *, width: int
) -> RosterRow | RosterFinding:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return _error(line, "More cells than headings: a name with a comma needs quotes.")

    def cell(field: str) -> str:
        place = columns.get(field)
        return cells[place] if place is not None and place < len(cells) else ""

    name = cell("name").strip() or f"{cell('first')} {cell('last')}".strip()
    class_name = cell("class").strip()
    if not name:
        return _error(line, "The name is missing.")
    if not class_name:
        return _error(line, "The class is missing.")
    if max(len(name), len(class_name)) > _CELL_CHARS_MAX:
        return _error(line, f"A name or class is longer than {_CELL_CHARS_MAX} letters.")
    return RosterRow(line, clean_name(name), clean_name(class_name))


def _duplicates(rows: Sequence[RosterRow], known: Sequence[tuple[str, str]]) -> list[RosterFinding]:
    there = {(folded(name), folded(class_name)) for name, class_name in known}
    seen: Counter[tuple[str, str]] = Counter()
    notes: list[RosterFinding] = []
    for row in rows:
        key = (folded(row.name), folded(row.class_name))
        if key in there:
            what = f"{row.name} of {row.class_name} is on the list already: this makes another."
            notes.append(RosterFinding(row.line, what, "note"))
        elif seen[key]:
            what = f"{row.name} of {row.class_name} is twice in the file: this makes two."
            notes.append(RosterFinding(row.line, what, "note"))
        seen[key] += 1
    return notes


def _error(line: int, what: str) -> RosterFinding:
    return RosterFinding(line, what, "error")


def _refused(what: str) -> RosterPreview:
    return RosterPreview((), (_error(0, what),), "")
