"""One class on the people pages: its name, who teaches it, its packs, and closing it.

Owns: the page and its one form, which says by `do` what it changes. Who teaches a class is for the
head to say, because it says who sees it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import PeopleError
from darasa.learning.people import class_lists
from darasa.learning.people.class_courses import courses_of, set_courses
from darasa.learning.people.class_staff import set_teachers, teachers_of
from darasa.learning.people.people import ClassRow
from darasa.learning.rights import Right
from darasa.server import reach
from darasa.server.auth import Visit, rights_in
from darasa.server.locale import _
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, ticked, tried
from darasa.sync.ids import RecordId

_NAME_MAX: Final = 200


def class_settings(visit: Visit) -> Response:
    """GET /people/class?class=ID."""
    return _page(visit, reach.class_of(visit, visit.query.get("class", ""), act=True))


def change_class(visit: Visit) -> Response:
    """POST /people/class: `do` is rename, teachers, courses, close or reopen."""
    wanted, do = visit.form.get("class", ""), visit.form.get("do", "")
    if do == "reopen":
        return _reopen(visit, wanted)
    row = reach.class_of(visit, wanted, act=True)
    form = _FORMS.get(do)
    if form is None:
        raise HTTPException(400, _("That form was not understood."))
    return form(visit, row)


def _page(
    visit: Visit, row: ClassRow, *, problems: Sequence[Problem] = (), typed: str | None = None
) -> Response:
    room = visit.darasa.classroom
    teaching = {each.record_id for each in teachers_of(room, row.record_id)}
    return visit.page(
        "people_class.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/people",
        class_id=row.record_id.hex(),
        class_name=row.name,
        may_assign=_may_assign(visit),
        teachers=[
            {
                "id": each.record_id.hex(),
                "name": each.name,
                "teaches": each.record_id in teaching,
            }
            for each in room.people.teachers()
        ],
        packs=_packs(visit, row),
        problems=problems,
        typed=typed,
    )


def _packs(visit: Visit, row: ClassRow) -> list[dict[str, Any]]:
    """The packs of this server, and those of the class that are not on it."""
    has = courses_of(visit.darasa.classroom, row.record_id)
    here = {each.id: safe_line(each.title) for each in visit.darasa.classroom.shelf.list()}
    missing = {each: safe_line(each) for each in has if each not in here}
    return [
        {"id": pack_id, "title": title, "has": pack_id in has, "here": pack_id in here}
        for pack_id, title in (here | missing).items()
    ]


def _may_assign(visit: Visit) -> bool:
    return Right.STAFF in rights_in(visit.darasa, visit.session)


def _here(row: ClassRow) -> str:
    return f"/people/class?class={row.record_id.hex()}"


def _rename(visit: Visit, row: ClassRow) -> Response:
    typed = visit.form.get("name", "")[:_NAME_MAX]
    try:
        undo = class_lists.rename_class(visit.darasa.classroom, row.record_id, typed)
    except PeopleError as error:
        return _page(visit, row, problems=[Problem("name", str(error))], typed=typed)
    words = _("The class is called {name} now.").format(name=safe_line(typed))
    return changed(visit, words, undo, to=_here(row))


def _teachers(visit: Visit, row: ClassRow) -> Response:
    if not _may_assign(visit):
        raise HTTPException(403, _("The head says who teaches a class."))
    room = visit.darasa.classroom
    here = {each.record_id.hex(): each for each in room.people.teachers()}
    now = {each.record_id.hex() for each in teachers_of(room, row.record_id)}
    wanted = ticked(visit, "t-", here, now)
    marked = [each for key, each in here.items() if key in wanted]
    undo = tried(lambda: set_teachers(room, row.record_id, [each.record_id for each in marked]))
    who = ", ".join(each.name for each in marked) or _("every teacher")
    words = _("{name} is taught by {who}.").format(name=row.name, who=who)
    return changed(visit, words, undo, to=_here(row))


def _courses(visit: Visit, row: ClassRow) -> Response:
    room, shown = visit.darasa.classroom, [each["id"] for each in _packs(visit, row)]
    wanted = ticked(visit, "p-", shown, courses_of(room, row.record_id))
    marked = [each for each in shown if each in wanted]
    undo = tried(lambda: set_courses(room, row.record_id, marked))
    words = _("The packs of {name} are saved.").format(name=row.name)
    return changed(visit, words, undo, to=_here(row))


def _close(visit: Visit, row: ClassRow) -> Response:
    undo = tried(lambda: class_lists.close_class(visit.darasa.classroom, row.record_id))
    words = _("{name} is closed. Its learners and their work stay.").format(name=row.name)
    return changed(visit, words, undo, to="/people")


def _reopen(visit: Visit, wanted: str) -> Response:
    room = visit.darasa.classroom
    for record_id, name in class_lists.closed_classes(room):
        if record_id.hex() == wanted:
            _check_was_hers(visit, record_id)
            undo = tried(lambda: class_lists.reopen_class(room, record_id))  # noqa: B023 (now)
            words = _("{name} is on the list again.").format(name=name)
            return changed(visit, words, undo, to=f"/people?class={wanted}")
    raise HTTPException(404, _("There is no such class."))


def _check_was_hers(visit: Visit, class_id: RecordId) -> None:
    """A closed class opens again for those who had it."""
    if not reach.may_reopen(visit, class_id):
        raise HTTPException(403, reach.NOT_HERS)


_FORMS: Final[dict[str, Callable[[Visit, ClassRow], Response]]] = {
    "rename": _rename,
    "teachers": _teachers,
    "courses": _courses,
    "close": _close,
}
