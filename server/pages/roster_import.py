"""Importing a class list, the first steps: choose the file, check what its columns mean.

Owns: their pages and forms. What a list means is `learning.rosters`; between the steps it is kept
in `drafts`; the last steps are `roster_preview`. Nothing changes before the very last.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.learning.rosters.fields import SKIP, Field
from darasa.learning.rosters.oneroster import OneRoster, read_oneroster
from darasa.learning.rosters.oneroster_files import files_of_archive, is_archive
from darasa.learning.rosters.oneroster_list import school_called, schools_of
from darasa.learning.rosters.opening import list_of
from darasa.learning.rosters.reading import missing, rows_of
from darasa.learning.rosters.table import Table, TableError, guess_columns, read_table
from darasa.server.auth import Visit, see_other
from darasa.server.drafts import Draft
from darasa.server.locale import _
from darasa.server.uploads import Upload

HERE: Final = "/people/import"
_SCHOOLS_MAX: Final = 2_000
_MEANINGS: Final[tuple[tuple[str, str], ...]] = (
    (SKIP, _("leave out")),
    (Field.NAME, _("whole name")),
    (Field.FIRST, _("first name")),
    (Field.LAST, _("last name")),
    (Field.CLASS, _("class")),
    (Field.REGISTER, _("register number")),
    (Field.PIN, _("PIN")),
    (Field.LANGUAGE, _("language")),
    (Field.TEACHER, _("teacher of the class")),
)


def import_page(visit: Visit) -> Response:
    """GET /people/import: choose a file."""
    draft = visit.darasa.drafts.find(visit.session)
    return visit.page(
        "import_file.html",
        here="/people",
        under_way=draft.file_name if draft else None,
        has_result=visit.darasa.drafts.result(visit.session) is not None,
        problem=visit.darasa.notes.take(visit.session, "import"),
    )


def take_file(visit: Visit) -> Response:
    """POST /people/import: a file was chosen."""
    if visit.upload is None or not visit.upload.raw:
        return _problem(visit, _("Choose a file first."))
    try:
        if is_archive(visit.upload.raw):
            return _take_export(visit, visit.upload)
        table = read_table(visit.upload.raw)
    except TableError as error:
        return _problem(visit, _at(error.line, str(error)))
    visit.darasa.drafts.put(visit.session, Draft(visit.upload.name, visit.upload.raw, table=table))
    return see_other(f"{HERE}/columns")


def _take_export(visit: Visit, upload: Upload) -> Response:
    """A zip of another system: its school is chosen, or the only one is meant."""
    export = read_oneroster(files_of_archive(upload.raw))
    draft = Draft(upload.name, b"", export=export)
    visit.darasa.drafts.put(visit.session, draft)
    school = school_called(export, "")
    if school is None:
        return see_other(f"{HERE}/columns")
    draft.roster = list_of(visit.darasa.classroom, export, school)
    return see_other(f"{HERE}/preview")


def columns_page(visit: Visit) -> Response:
    """GET /people/import/columns: what each column means."""
    draft = visit.darasa.drafts.find(visit.session)
    if draft is not None and draft.export is not None:
        return visit.page(
            "import_school.html",
            here="/people",
            file_name=draft.file_name,
            schools=schools_of(draft.export)[:_SCHOOLS_MAX],
        )
    if draft is None or draft.table is None:
        return see_other(HERE)
    table = draft.table
    places = _places(table, draft.mapping) if draft.mapping else guess_columns(table)
    return visit.page(
        "import_columns.html",
        here="/people",
        file_name=draft.file_name,
        encoding=table.encoding,
        has_headings=bool(table.heading_line),
        learners=len(table.lines),
        meanings=_MEANINGS,
        columns=[
            {
                "name": f"c{column.place}",
                "heading": column.heading or _("Column {n}").format(n=column.place + 1),
                "samples": column.samples,
                "meaning": str(places.get(column.place, SKIP)),
            }
            for column in table.columns
        ],
        problems=[found.what for found in missing(table, places)] if draft.mapping else [],
    )


def take_columns(visit: Visit) -> Response:
    """POST /people/import/columns: what each column means, as somebody says."""
    draft = visit.darasa.drafts.find(visit.session)
    if draft is not None and draft.export is not None:
        return _take_school(visit, draft, draft.export)
    if draft is None or draft.table is None:
        return see_other(HERE)
    table, has_headings = draft.table, visit.form.get("headings") == "yes"
    if has_headings != bool(table.heading_line):
        try:
            draft.table, draft.mapping = read_table(draft.raw, headings=has_headings), {}
        except TableError as error:
            return _problem(visit, _at(error.line, str(error)))
        return see_other(f"{HERE}/columns")
    draft.mapping = {
        column.place: _meaning(visit.form.get(f"c{column.place}", SKIP)) for column in table.columns
    }
    places = _places(table, draft.mapping)
    if missing(table, places):
        return see_other(f"{HERE}/columns")
    draft.roster, draft.plan = rows_of(table, places), None
    draft.same.clear()
    return see_other(f"{HERE}/preview")


def _take_school(visit: Visit, draft: Draft, export: OneRoster) -> Response:
    """Which school of an export is this one."""
    school = school_called(export, visit.form.get("school", ""))
    if school is None:
        return see_other(f"{HERE}/columns")
    draft.roster, draft.plan = list_of(visit.darasa.classroom, export, school), None
    draft.same.clear()
    return see_other(f"{HERE}/preview")


def _places(table: Table, mapping: dict[int, str]) -> dict[int, Field]:
    """Exactly what the form says: nothing is guessed any more."""
    told = {column.place: mapping[column.place] for column in table.columns}
    return {place: Field(meaning) for place, meaning in told.items() if meaning != SKIP}


def _meaning(value: str) -> str:
    if value not in dict(_MEANINGS):
        raise HTTPException(400, _("That form was not understood."))
    return value


def drop(visit: Visit) -> Response:
    """POST /people/import/drop: put the list, or the PINs of the last one, away."""
    visit.darasa.drafts.forget(visit.session)
    return see_other("/people")


def _problem(visit: Visit, sentence: str) -> Response:
    visit.darasa.notes.put(visit.session, "import", sentence)
    return see_other(HERE)


def _at(line: int, what: str) -> str:
    return _("Line {n}: {what}").format(n=line, what=what) if line else what
