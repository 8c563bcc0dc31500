"""OneRoster 1.1 and 1.2 in CSV: the records of its files, as far as a school of ours needs them.

Source: 1EdTech OneRoster CSV tables, versions 1.1 and 1.2. Owns: the columns that are read, the
modes of a file (bulk, delta, absent), and what is wrong with a line. Pure. Birth dates, addresses,
parents and passwords are not read at all. Does not know who is at the school.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from darasa.content_packs.safe_text import safe_line
from darasa.learning.rosters.cells import unmarked
from darasa.learning.rosters.reading import RosterFinding
from darasa.learning.rosters.table import TableError

VERSIONS: Final = ("1.1", "1.2")
ROWS_MAX: Final = 150_000  # enrollments of 10,000 learners in ten classes each, and then some
ID_CHARS_MAX: Final = 255
_CELLS_MAX: Final = 100
_YEAR_DIGITS: Final = 4

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "orgs.csv": ("sourcedId", "name", "type"),
    "users.csv": ("sourcedId", "givenName", "familyName"),
    "classes.csv": ("sourcedId", "title", "schoolSourcedId"),
    "enrollments.csv": ("classSourcedId", "userSourcedId", "role"),
    "roles.csv": ("userSourcedId", "role", "orgSourcedId"),
}


@dataclass(frozen=True, slots=True)
class Org:
    """A school of the export."""

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A person. `roles`: (org, role); org "" where the file names none. `gone`: to be deleted."""

    line: int
    source: str
    name: str
    number: str
    roles: frozenset[tuple[str, str]]
    enabled: bool = True
    gone: bool = False

    def is_a(self, role: str, org: str) -> bool:
        """Whether the person is that at that school."""
        return bool({(org, role), ("", role)} & self.roles)


@dataclass(frozen=True, slots=True)
class Group:
    """A class. `year` is the newest school year of its terms, 0 where none is said."""

    line: int
    source: str
    title: str
    org: str
    year: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Somebody in a class, as a student or a teacher."""

    line: int
    user: str
    group: str
    role: str
    primary: bool
    gone: bool = False


@dataclass(slots=True)
class OneRoster:
    """An export as it was read. `mode` is "delta" when any file says only what changed."""

    version: str
    mode: Literal["bulk", "delta"]
    orgs: dict[str, Org] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    enrollments: list[Enrollment] = field(default_factory=list)
    findings: list[RosterFinding] = field(default_factory=list)


Row = Mapping[str, str]


def read_oneroster(files: Mapping[str, bytes]) -> OneRoster:
    """The records of an export. Raises TableError for one that cannot be read as a whole."""
    manifest = {
        row.get("propertyname", ""): row.get("value", "") for _, row in _rows(files, "manifest.csv")
    }
    version = manifest.get("oneroster.version", "")
    if version not in VERSIONS:
        said = safe_line(version, length_max=20) if version else "none"
        raise TableError(0, f"OneRoster 1.1 and 1.2 are read here, not {said}.")
    modes = {
        name: manifest.get(f"file.{name.removesuffix('.csv')}", "absent").strip().lower()
        for name in files
    }
    there = {name: raw for name, raw in files.items() if modes[name] in {"bulk", "delta"}}
    if not {"users.csv", "enrollments.csv", "classes.csv"} & there.keys():
        raise TableError(0, "The manifest names no users, classes or enrollments.")
    is_delta = "delta" in {modes[name] for name in there}
    read = OneRoster(version, "delta" if is_delta else "bulk")
    for line, row in _rows(there, "orgs.csv"):
        if row.get("type", "").lower() == "school" and not _is_gone(row):
            source = _source(read, "orgs.csv", line, row)
            if source:
                read.orgs[source] = Org(source, safe_line(row["name"]))
    _read_users(read, there)
    _read_groups(read, there)
    _read_enrollments(read, there)
    return read


def _read_users(read: OneRoster, files: Mapping[str, bytes]) -> None:
    roles: dict[str, set[tuple[str, str]]] = {}
    for _line, row in _rows(files, "roles.csv"):
        if not _is_gone(row):
            pair = (row["orgsourcedid"], row["role"].strip().lower())
            roles.setdefault(row["usersourcedid"], set()).add(pair)
    for line, row in _rows(files, "users.csv"):
        source = _source(read, "users.csv", line, row)
        if not source:
            continue
        if source in read.users:
            _note(read, "users.csv", line, "This sourcedId was there before. The first counts.")
            continue
        read.users[source] = User(
            line=line,
            source=source,
            name=_name_of(row),
            number=row.get("identifier", "").strip(),
            roles=frozenset(roles.get(source, ())) | _own_roles(row),
            enabled=row.get("enableduser", "true").strip().lower() != "false",
            gone=_is_gone(row),
        )


def _name_of(row: Row) -> str:
    """The name somebody goes by: the preferred one where 1.2 has it."""
    given = row.get("preferredgivenname", "").strip() or row["givenname"].strip()
    family = row.get("preferredfamilyname", "").strip() or row["familyname"].strip()
    return f"{given} {family}".strip()


def _own_roles(row: Row) -> frozenset[tuple[str, str]]:
    """What 1.1 says in the line of a user: one role, at each of her orgs."""
    role = row.get("role", "").strip().lower()
    if not role:
        return frozenset()
    orgs = [each.strip() for each in row.get("orgsourcedids", "").split(",") if each.strip()]
    return frozenset((org, role) for org in orgs or [""])


def _years(files: Mapping[str, bytes]) -> dict[str, int]:
    """The school year of each session and term."""
    years: dict[str, int] = {}
    for _line, row in _rows(files, "academicSessions.csv"):
        year = row.get("schoolyear", "").strip()
        if len(year) == _YEAR_DIGITS and year.isascii() and year.isdigit():
            years[row.get("sourcedid", "").strip()] = int(year)
    return years


def _read_groups(read: OneRoster, files: Mapping[str, bytes]) -> None:
    years = _years(files)
    for line, row in _rows(files, "classes.csv"):
        source = _source(read, "classes.csv", line, row)
        if not source:
            continue
        if source in read.groups:
            _note(read, "classes.csv", line, "This sourcedId was there before. The first counts.")
            continue
        terms = (term.strip() for term in row.get("termsourcedids", "").split(","))
        read.groups[source] = Group(
            line=line,
            source=source,
            title=row["title"].strip(),
            org=row["schoolsourcedid"].strip(),
            year=max((years.get(term, 0) for term in terms), default=0),
            gone=_is_gone(row),
        )


def _read_enrollments(read: OneRoster, files: Mapping[str, bytes]) -> None:
    for line, row in _rows(files, "enrollments.csv"):
        read.enrollments.append(
            Enrollment(
                line=line,
                user=row["usersourcedid"].strip(),
                group=row["classsourcedid"].strip(),
                role=row["role"].strip().lower(),
                primary=row.get("primary", "").strip().lower() == "true",
                gone=_is_gone(row),
            )
        )


def _is_gone(row: Row) -> bool:
    """A line of a delta that takes something away; "inactive" is what 1.0 wrote, and some still."""
    return row.get("status", "").strip().lower() in {"tobedeleted", "inactive"}


def _source(read: OneRoster, file: str, line: int, row: Row) -> str:
    source = row.get("sourcedid", "").strip()
    if not source or len(source) > ID_CHARS_MAX or source != safe_line(source, length_max=300):
        read.findings.append(
            RosterFinding(line, "The sourcedId is missing or not one.", "error", file)
        )
        return ""
    return source


def _note(read: OneRoster, file: str, line: int, what: str) -> None:
    read.findings.append(RosterFinding(line, what, "note", file))


def _rows(files: Mapping[str, bytes], name: str) -> Iterator[tuple[int, Row]]:
    """Each line of a file with its cells by heading, in small letters; nothing for no file."""
    raw = files.get(name)
    if raw is None:
        return
    reader = csv.reader(io.StringIO(_decoded(raw), newline=""))
    try:
        headings = [cell.strip().casefold() for cell in next(reader, [])]
        lacking = [need for need in _NEEDED.get(name, ()) if need.casefold() not in headings]
        if lacking:
            raise TableError(1, f"{name} has no column {lacking[0]}.")
        if len(headings) > _CELLS_MAX:
            raise TableError(1, f"{name} has more than {_CELLS_MAX} columns.")
        before = reader.line_num
        for number, cells in enumerate(reader):
            if number >= ROWS_MAX:
                raise TableError(before + 1, f"{name} has more than {ROWS_MAX} lines.")
            if any(cells):
                filled = [*map(unmarked, cells), *[""] * (len(headings) - len(cells))]
                yield before + 1, dict(zip(headings, filled, strict=False))
            before = reader.line_num
    except csv.Error as error:
        raise TableError(reader.line_num, f"{name} is not a CSV table.") from error


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
