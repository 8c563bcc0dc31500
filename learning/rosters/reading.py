"""Learners of a table: each line to a row, or to what is wrong with it, in plain words.

Owns: the rules for names, classes, numbers, PINs and languages in a file, and every finding with
its line. Pure. Does not know who is at the school already.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from darasa.content_packs.safe_text import REPLACEMENT, SafeText, safe_line
from darasa.learning.errors import LearningError, SecretError
from darasa.learning.people.short_names import NAME_CHARS_MAX, clean_name, folded
from darasa.learning.rosters.cells import apart, unmarked
from darasa.learning.rosters.fields import SKIP, Field, is_left_out, language_code
from darasa.learning.rosters.table import (
    CELL_CHARS_MAX,
    ROWS_MAX,
    Line,
    Table,
    TableError,
    guess_columns,
    read_table,
)
from darasa.learning.signing_in.verifier import check_pin

NUMBER_CHARS_MAX: Final = 20
CLASSES_MAX: Final = 10  # of one learner


@dataclass(frozen=True, slots=True)
class RosterFinding:
    """Something about a line of the file (from 1; 0 is the file). An error stops the import."""

    line: int
    what: str
    level: Literal["error", "note"]
    file: str = ""  # of a list in several files


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One learner of the file. `number`, `pin`, `language` and `teacher` are "" where not given.

    `source` and `class_sources` are ids that another system gave (OneRoster), "" for none; `drops`
    are those of classes that she has left.
    """

    line: int
    name: SafeText
    classes: tuple[SafeText, ...]
    number: str = ""
    pin: str = ""
    language: str = ""
    teacher: str = ""
    source: str = ""
    class_sources: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()

    @property
    def class_name(self) -> SafeText:
        """The first of her classes; a change of one who is known may name none."""
        return self.classes[0] if self.classes else SafeText("")


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A teacher of the list, by what another system calls her and her classes."""

    line: int
    name: SafeText
    source: str
    class_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file says. `encoding` is how it was read; `left_out` the columns not taken.

    `leads`: the list of another system that goes before what was said here: "all" when it is whole,
    "changes" when it says only what changed. Then `staff` are its teachers, `titles` its classes by
    their foreign ids, and `gone` the foreign ids of learners who have left.
    """

    rows: tuple[RosterRow, ...]
    findings: tuple[RosterFinding, ...]
    encoding: str = ""
    left_out: tuple[str, ...] = ()
    leads: Literal["", "all", "changes"] = ""
    staff: tuple[StaffRow, ...] = ()
    titles: tuple[tuple[str, SafeText], ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[RosterFinding, ...]:
        """The findings that stop the import."""
        return tuple(finding for finding in self.findings if finding.level == "error")


class RosterError(LearningError, ValueError):
    """The file cannot be imported; `findings` say which lines."""

    def __init__(self, findings: Sequence[RosterFinding]) -> None:
        first = findings[0]
        super().__init__(f"Line {first.line}: {first.what}")
        self.findings = tuple(findings)


def read_roster(
    raw: bytes, mapping: Mapping[str, str] | None = None, *, headings: bool | None = None
) -> Roster:
    """Read a class list. Never raises for any bytes: what is wrong is a finding.

    `mapping`: heading of the file, or number of a column from 1, to a name in `Field` or "skip";
    what it does not name is guessed. `headings`: as `read_table` has it.
    """
    try:
        table = read_table(raw, headings=headings)
    except TableError as error:
        return Roster((), (_error(error.line, str(error)),))
    places, findings = places_of(table, mapping or {})
    if findings:
        return Roster((), tuple(findings), table.encoding)
    return rows_of(table, places)


def places_of(
    table: Table, mapping: Mapping[str, str]
) -> tuple[dict[int, Field], list[RosterFinding]]:
    """The meaning of each column by the mapping that was asked for, and by guess."""
    line = table.heading_line or 1
    findings: list[RosterFinding] = []
    asked: dict[int, Field | None] = {}
    for column, meaning in mapping.items():
        place = _place_of(table, column)
        if place is None:
            findings.append(_error(line, f"There is no column called {clean_name(column)}."))
        elif meaning != SKIP and meaning not in set(Field):
            known = ", ".join([*Field, SKIP])
            findings.append(_error(line, f"A column holds {known}, not {clean_name(meaning)}."))
        else:
            asked[place] = None if meaning == SKIP else Field(meaning)
    wanted = set(asked.values())
    places = {
        place: field
        for place, field in guess_columns(table).items()
        if place not in asked and field not in wanted
    }
    places.update({place: field for place, field in asked.items() if field is not None})
    return places, findings or missing(table, places)


def missing(table: Table, places: Mapping[int, Field]) -> list[RosterFinding]:
    """What has to be said before any line can be read."""
    line, fields = table.heading_line or 1, list(places.values())
    findings = [
        _error(line, f"Two columns are {field}. Choose one.")
        for field in sorted(set(fields))
        if fields.count(field) > 1
    ]
    if Field.CLASS not in fields:
        findings.append(_error(line, "Which column is the class? Nothing says so."))
    if not {Field.NAME, Field.FIRST, Field.LAST} & set(fields):
        findings.append(_error(line, "Which column is the name? Nothing says so."))
    return findings


def rows_of(table: Table, places: Mapping[int, Field]) -> Roster:
    """Every line as a row or as what is wrong with it; `places`: column to meaning."""
    columns = {field: place for place, field in places.items()}
    rows: list[RosterRow] = []
    findings: list[RosterFinding] = []
    for line in table.lines:
        row, found = _row(line, columns, width=len(table.columns))
        findings += found
        if row is not None:
            rows.append(row)
    if table.more_at is not None:
        findings.append(_error(table.more_at, f"More than {ROWS_MAX} learners. Split the file."))
    if not table.lines:
        findings.append(_error(table.heading_line, "There are headings, but no learners under it."))
    rows, about = _joined(rows)
    findings += about
    findings.sort(key=lambda finding: finding.line)
    return Roster(tuple(rows), tuple(findings), table.encoding, _left_out(table, places))


def _place_of(table: Table, column: str) -> int | None:
    wanted = folded(column)
    for each in table.columns:
        if folded(each.heading) == wanted:
            return each.place
    if column.strip().isascii() and column.strip().isdigit():
        number = int(column)
        return number - 1 if 1 <= number <= len(table.columns) else None
    return None


def _left_out(table: Table, places: Mapping[int, Field]) -> tuple[str, ...]:
    return tuple(
        column.heading
        for column in table.columns
        if column.place not in places and is_left_out(column.heading)
    )


def _row(
    line: Line, columns: Mapping[Field, int], *, width: int
) -> tuple[RosterRow | None, list[RosterFinding]]:
    """One learner and the notes about her line, or no learner and one error."""
    at = line.number
    if any(cell.strip() for cell in line.cells[width:]):
        return None, [_error(at, "More cells than headings: a name with a comma needs quotes.")]
    cells = {field: unmarked(line.cell(place)).strip() for field, place in columns.items()}
    name = cells.get(Field.NAME) or f"{cells.get(Field.FIRST, '')} {cells.get(Field.LAST, '')}"
    wrong = what_is_wrong(name.strip(), cells)
    if wrong:
        return None, [_error(at, wrong)]
    classes = tuple(
        dict.fromkeys(
            clean_name(each) for each in apart(cells.get(Field.CLASS, "")) if each.strip()
        )
    )
    language = language_code(cells.get(Field.LANGUAGE, "")) or ""
    row = RosterRow(
        line=at,
        name=clean_name(name),
        classes=classes,
        number=_line(cells.get(Field.REGISTER, "")),
        pin="".join(cells.get(Field.PIN, "").split()),
        language=language,
        teacher=_line(cells.get(Field.TEACHER, "")),
    )
    return row, notes_on(at, name, cells, row)


def what_is_wrong(name: str, cells: Mapping[Field, str]) -> str | None:
    """Why a line makes no learner; None when it does."""
    classes = [each for each in apart(cells.get(Field.CLASS, "")) if each.strip()]
    number = cells.get(Field.REGISTER, "")
    rules = (
        (not name, "The name is missing."),
        (not classes, "The class is missing."),
        (
            max(map(len, (name, *classes))) > CELL_CHARS_MAX,
            f"A name or class is longer than {CELL_CHARS_MAX} letters.",
        ),
        (not any(map(str.isalnum, name)), "The name has no letter that can be shown."),
        (
            not all(any(map(str.isalnum, each)) for each in classes),
            "The class has no letter that can be shown.",
        ),
        (
            len(classes) > CLASSES_MAX,
            f"That is more than {CLASSES_MAX} classes for one learner.",
        ),
        (
            len(number) > NUMBER_CHARS_MAX,
            f"The register number is longer than {NUMBER_CHARS_MAX} letters.",
        ),
    )
    return next((what for broken, what in rules if broken), _wrong_pin(cells.get(Field.PIN, "")))


def _wrong_pin(cell: str) -> str | None:
    try:
        check_pin(cell or "0000")
    except SecretError:
        return "A PIN is four digits. A sheet may have dropped a zero."
    return None


def notes_on(
    line: int, name: str, cells: Mapping[Field, str], row: RosterRow
) -> list[RosterFinding]:
    """What is good to know about a row that was made."""
    whole = unicodedata.normalize("NFC", " ".join(name.split()))
    notes: list[str] = []
    if REPLACEMENT in row.name or any(REPLACEMENT in each for each in row.classes):
        notes.append("Signs that cannot be shown were replaced. Look at the name.")
    elif len(whole) > NAME_CHARS_MAX:
        notes.append(f"The name is cut after {NAME_CHARS_MAX} letters.")
    elif len(whole) > len(row.name):
        notes.append("Too many marks stood on one letter. Some were left out.")
    if len(name.splitlines()) > 1:
        notes.append("The name is on two lines. It is read as one name.")
    if cells.get(Field.LANGUAGE) and not row.language:
        notes.append("This language is not known here. It is left out.")
    return [_note(line, what) for what in notes]


def _line(text: str) -> str:
    return safe_line(text) if text else ""


def _joined(rows: Sequence[RosterRow]) -> tuple[list[RosterRow], list[RosterFinding]]:
    """Lines of one number and name are one learner in several classes; others are told of.

    Two of one name in one class stay two: that happens, and a number tells them apart.
    """
    kept: dict[int, RosterRow] = {}
    by_number: dict[str, int] = {}
    by_name: dict[tuple[str, str], int] = {}
    notes: list[RosterFinding] = []
    for row in rows:
        first = kept.get(by_number.get(folded(row.number), -1)) if row.number else None
        if first is not None and folded(first.name) == folded(row.name):
            classes = tuple(dict.fromkeys((*first.classes, *row.classes)))
            kept[first.line] = replace(first, classes=classes)
            notes.append(_note(row.line, f"{row.name} is on line {first.line} too: one learner."))
            continue
        if first is not None:
            notes.append(
                _note(row.line, f"{first.name} on line {first.line} has the same register number.")
            )
        if row.number:
            by_number.setdefault(folded(row.number), row.line)
        key = (folded(row.name), folded(row.class_name))
        other = kept.get(by_name.get(key, -1))
        if other is not None and not (row.number and other.number):
            what = f"{row.name} of {row.class_name} is twice in the file: this makes two."
            notes.append(_note(row.line, what))
        by_name.setdefault(key, row.line)
        kept[row.line] = row
    return list(kept.values()), notes


def _error(line: int, what: str) -> RosterFinding:
    return RosterFinding(line, what, "error")


def _note(line: int, what: str) -> RosterFinding:
    return RosterFinding(line, what, "note")
