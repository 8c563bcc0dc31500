"""Opening what somebody wants to import: a table, or the export of another system.

Owns: telling them apart, and whom the export of another system is compared with.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from darasa.learning.rosters.known import known_of, teacher_sources
from darasa.learning.rosters.oneroster import OneRoster, Org, read_oneroster
from darasa.learning.rosters.oneroster_files import (
    ARCHIVE_BYTES_MAX,
    files_of_archive,
    files_of_folder,
    is_archive,
)
from darasa.learning.rosters.oneroster_list import list_of_school, school_called, schools_of
from darasa.learning.rosters.reading import Roster, RosterFinding, read_roster
from darasa.learning.rosters.table import TableError

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


def open_roster(
    room: "Classroom",
    path: Path,
    *,
    mapping: Mapping[str, str],
    headings: bool | None = None,
    school: str = "",
) -> Roster:
    """The list in a CSV file, or in a OneRoster folder or zip. What is wrong is a finding.

    `school`: id or name of a school in an export of several. Raises OSError.
    """
    try:
        if path.is_dir():
            return _of_export(room, read_oneroster(files_of_folder(path)), school)
        with path.open("rb") as file:
            raw = file.read(ARCHIVE_BYTES_MAX + 1)
        if is_archive(raw):
            return _of_export(room, read_oneroster(files_of_archive(raw)), school)
    except TableError as error:
        return Roster((), (RosterFinding(error.line, str(error), "error"),))
    return read_roster(raw, mapping, headings=headings)


def list_of(room: "Classroom", export: OneRoster, school: Org) -> Roster:
    """The list of one school of an export, beside who is known here."""
    names = {row.record_id: str(row.name) for row in room.people.teachers()}
    staff = {source: names[person] for source, person in teacher_sources(room).items()}
    return list_of_school(export, school, known_of(room), staff)


def _of_export(room: "Classroom", export: OneRoster, wanted: str) -> Roster:
    school = school_called(export, wanted)
    if school is None:
        names = ", ".join(f"{org.name} ({org.source})" for org in schools_of(export)[:20])
        raise TableError(0, f"Choose one school of it with --school: {names}.")
    return list_of(room, export, school)
