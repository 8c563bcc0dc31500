"""One learner on the people pages: her name, number and classes, and leaving the lists.

Owns: the page and its one form, which says by `do` what it changes. Her work is another page.
"""

from collections.abc import Sequence
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.errors import NotFoundError, PeopleError
from darasa.learning.people import class_lists
from darasa.learning.people.people import ClassRow
from darasa.learning.people.undoing import Undo
from darasa.server import reach
from darasa.server.auth import Visit
from darasa.server.locale import _
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, tried
from darasa.sync.ids import LearnerId

_NAME_MAX: Final = 200


def learner_page(visit: Visit) -> Response:
    """GET /people/learner/{pid}: also of one who is off the lists."""
    return _page(visit, visit.path["pid"])


def change(visit: Visit) -> Response:
    """POST /people/change: `do` is rename, number, move, also, out, off or back."""
    pid, do = visit.form.get("learner", ""), visit.form.get("do", "")
    if do == "back":
        return _put_back(visit, pid)
    row = reach.learner_of(visit, pid, act=True)
    here = f"/people/learner/{pid}"
    if do in {"rename", "number"}:
        return _retyped(visit, pid, row.learner_id, do)
    if do == "off":
        undo = tried(lambda: class_lists.take_off(visit.darasa.classroom, row.learner_id))
        words = _("{name} is off the lists. All work is kept.").format(name=row.name)
        return changed(visit, words, undo, to=_list_of(visit, row.class_id))
    if do not in {"move", "also", "out"}:
        raise HTTPException(400, _("That form was not understood."))
    joined = reach.class_of(visit, visit.form.get("class", ""), act=do != "out")
    words, undo = _reclassed(visit, row.learner_id, row.name, joined, do)
    return changed(visit, words, undo, to=here)


def _page(visit: Visit, pid: str, *, problems: Sequence[Problem] = ()) -> Response:
    room = visit.darasa.classroom
    try:
        row = reach.learner_of(visit, pid, act=True)
    except HTTPException as error:
        if error.status_code != 404:
            raise
        gone = reach.off_list_of(visit, pid)
        classes: list[ClassRow] = []
        name, number, off = gone.name, gone.number, True
    else:
        classes = class_lists.classes_of(room, row.learner_id)
        number = class_lists.register_number(room, row.learner_id)
        name, off = row.name, False
    mine = reach.classes_of(visit, act=True)
    return visit.page(
        "people_learner.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/people",
        pid=pid,
        name=name,
        off=off,
        register_number=number,
        back=_list_of(visit, classes[0].record_id if classes else None),
        classes=_options(classes),
        may_leave=_options([each for each in classes if each in mine]),
        may_join=_options([each for each in mine if each not in classes]),
        problems=problems,
        typed={
            "name": visit.form.get("name", name)[:_NAME_MAX],
            "number": visit.form.get("number", number)[:_NAME_MAX],
        },
    )


def _options(rows: Sequence[ClassRow]) -> list[dict[str, str]]:
    return [{"id": row.record_id.hex(), "name": row.name} for row in rows]


def _list_of(visit: Visit, class_id: bytes | None) -> str:
    """The list of her class, where this teacher may see it."""
    reached = reach.reach_in(visit.darasa, visit.session)
    if class_id is None or not reached.may_look((class_id,)):
        return "/people"
    return f"/people?class={class_id.hex()}"


def _retyped(visit: Visit, pid: str, learner_id: LearnerId, do: str) -> Response:
    field = "name" if do == "rename" else "number"
    typed, room = visit.form.get(field, "")[:_NAME_MAX], visit.darasa.classroom
    write = class_lists.rename if do == "rename" else class_lists.set_number
    try:
        undo = write(room, learner_id, typed)
    except PeopleError as error:
        return _page(visit, pid, problems=[Problem(field, str(error))])
    words = _("Saved: {words}.").format(words=safe_line(typed) if typed.strip() else _("no number"))
    return changed(visit, words, undo, to=f"/people/learner/{pid}")


def _reclassed(
    visit: Visit, learner_id: LearnerId, name: SafeText, joined: ClassRow, do: str
) -> tuple[str, Undo]:
    room, class_id = visit.darasa.classroom, joined.record_id
    if do == "move":
        words, write = _("{name} is in {joined} now."), class_lists.move
        _check_leaves_hers(visit, learner_id)
    elif do == "also":
        words, write = _("{name} is in {joined} too."), class_lists.also_in
    else:
        words, write = _("{name} is out of {joined}."), class_lists.out_of
        _check_acts_on(visit, joined)
    undo = tried(lambda: write(room, learner_id, class_id))
    return words.format(name=name, joined=joined.name), undo


def _check_leaves_hers(visit: Visit, learner_id: LearnerId) -> None:
    """Moving takes a learner out of every class: they all have to be this teacher's."""
    for row in class_lists.classes_of(visit.darasa.classroom, learner_id):
        _check_acts_on(visit, row)


def _check_acts_on(visit: Visit, row: ClassRow) -> None:
    reach.class_of(visit, row.record_id.hex(), act=True)


def _put_back(visit: Visit, pid: str) -> Response:
    gone, wanted = reach.off_list_of(visit, pid), visit.form.get("class", "")
    joined = reach.class_of(visit, wanted, act=True) if wanted else None
    room = visit.darasa.classroom
    try:
        undo = class_lists.put_back(
            room, gone.learner_id, None if joined is None else joined.record_id
        )
    except NotFoundError as error:
        raise HTTPException(404, safe_line(str(error))) from error
    words = _("{name} is on the list again.").format(name=gone.name)
    back = class_lists.classes_of(room, gone.learner_id)
    return changed(visit, words, undo, to=_list_of(visit, back[0].record_id if back else None))
