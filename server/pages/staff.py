"""Who signs in to the pages, as what and with which classes; the head gives sign-ins and new
passphrases, hands classes over and ends sign-ins.

Owns: the list, the handover screen and their forms. Who may do what is `learning.rights`, with
which classes `learning.class_staff`.
"""

from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import LearningError
from darasa.learning.operations import run_operation
from darasa.learning.people.class_staff import (
    classes_of_teacher,
    share_classes,
    shares_classes,
)
from darasa.learning.people.handover import (
    end_sign_in,
    former_staff,
    hand_over,
    let_back,
    renew_passphrase,
)
from darasa.learning.people.people import TeacherRow
from darasa.learning.people.staff_use import last_use
from darasa.learning.rights import Post, posts_at
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, hashed, tried
from darasa.server.wording import ago
from darasa.sync.ids import ID_BYTES, RecordId

_NAME_MAX: Final = 200
_WORDS: Final[dict[str, str]] = {
    Post.TEACHER: _("teacher"),
    Post.HEAD: _("head"),
    Post.TECHNICIAN: _("technician"),
    Post.OFFICER: _("officer"),
}


def staff(visit: Visit) -> Response:
    """GET /staff."""
    room = visit.darasa.classroom
    return visit.page(
        "staff.html",
        **frame(visit),
        here="/staff",
        made=visit.darasa.notes.take(visit.session, "passphrase"),
        posts=[(str(post), _WORDS[post]) for post in posts_at(room.home.role)],
        shares=shares_classes(room),
        rows=[_row(visit, row) for row in room.people.teachers()],
        former=[{"id": each.record_id.hex(), "name": each.name} for each in former_staff(room)],
    )


def add_staff(visit: Visit) -> Response:
    """POST /staff/add: a sign-in, its passphrase shown once."""
    name, post = visit.form.get("name", "")[:_NAME_MAX], visit.form.get("post", "")
    if post not in posts_at(visit.darasa.classroom.home.role):
        raise HTTPException(400, _("Choose what the sign-in is for."))
    answer = _done(visit, "add-teacher", {"name": name, "post": post})
    made = {"name": safe_line(name), "passphrase": answer["passphrase"]}
    visit.darasa.notes.put(visit.session, "passphrase", made)
    return see_other("/staff")


def end_staff(visit: Visit) -> Response:
    """POST /staff/end: somebody signs in no longer; her open pages end."""
    row = _teacher(visit, visit.form.get("who", ""))
    undo = tried(lambda: end_sign_in(visit.darasa.classroom, row))
    visit.darasa.sessions.close_of(row.record_id)
    words = _("{name} signs in here no longer. What was written stays.").format(name=row.name)
    return changed(visit, words, undo, to="/staff")


def passphrase(visit: Visit) -> Response:
    """POST /staff/passphrase: another one for who forgot it, shown once; her open pages end."""
    room, row = visit.darasa.classroom, _teacher(visit, visit.form.get("who", ""))
    made, undo = hashed(visit, lambda: renew_passphrase(room, row.record_id))
    visit.darasa.sessions.close_of(row.record_id, but=visit.session)
    visit.darasa.notes.put(visit.session, "passphrase", {"name": row.name, "passphrase": made})
    words = _("{name} has another passphrase.").format(name=row.name)
    return changed(visit, words, undo, to="/staff")


def staff_back(visit: Visit) -> Response:
    """POST /staff/back: somebody who left signs in again, with her passphrase."""
    room, who = visit.darasa.classroom, visit.form.get("who", "")
    for each in former_staff(room):
        if each.record_id.hex() == who:
            undo = tried(lambda: let_back(room, each.record_id))  # noqa: B023 (done at once)
            words = _("{name} signs in here again.").format(name=each.name)
            return changed(visit, words, undo, to="/staff")
    raise HTTPException(404, _("Nobody of that name was here before."))


def sharing(visit: Visit) -> Response:
    """POST /staff/sharing: whether teachers may look at classes that are not theirs."""
    shared = visit.form.get("shared") == "yes"
    undo = tried(lambda: share_classes(visit.darasa.classroom, shared=shared))
    words = (
        _("Teachers may look at every class now.")
        if shared
        else _("Teachers see only their own classes now.")
    )
    return changed(visit, words, undo, to="/staff")


def handover_page(visit: Visit) -> Response:
    """GET /staff/handover?from=ID: everything about one who leaves, in one screen."""
    return _handover_page(visit, _teacher(visit, visit.query.get("from", "")))


def handover(visit: Visit) -> Response:
    """POST /staff/handover: her classes are another's, and her sign-in ends if that is marked."""
    room, row = visit.darasa.classroom, _teacher(visit, visit.form.get("from", ""))
    to = _id(visit.form.get("to", ""))
    classes = [
        each
        for each in classes_of_teacher(room, row.record_id)
        if visit.form.get(f"c-{each.record_id.hex()}")
    ]
    end = visit.form.get("end") == "yes"
    try:
        ids = [each.record_id for each in classes]
        undo = hand_over(room, row.record_id, to, ids, end=end)
    except LearningError as error:
        field = "to" if classes and (to is None or to == row.record_id) else "classes"
        return _handover_page(visit, row, problems=[Problem(field, str(error))])
    if end:
        visit.darasa.sessions.close_of(row.record_id)
    taker = None if to is None else room.people.teacher(to)
    names = ", ".join(each.name for each in classes)
    words = []
    if taker is not None and classes:
        words.append(
            _("{classes}: handed over from {name} to {to}, from now on.").format(
                classes=names, name=row.name, to=taker.name
            )
        )
    if end:
        words.append(_("{name} signs in here no longer.").format(name=row.name))
    return changed(visit, " ".join(words), undo, to="/staff")


def _handover_page(visit: Visit, row: TeacherRow, *, problems: Sequence[Problem] = ()) -> Response:
    room = visit.darasa.classroom
    others = [
        each
        for each in room.people.teachers()
        if each.record_id != row.record_id and each.role in {Post.TEACHER, Post.HEAD}
    ]
    return visit.page(
        "handover.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/staff",
        leaving=_row(visit, row),
        others=[{"id": each.record_id.hex(), "name": each.name} for each in others],
        picked=visit.form.get("to", ""),
        classes=[
            {
                "id": each.record_id.hex(),
                "name": each.name,
                "marked": not visit.form or bool(visit.form.get(f"c-{each.record_id.hex()}")),
            }
            for each in classes_of_teacher(room, row.record_id)
        ],
        end=visit.form.get("end") == "yes",
        problems=problems,
    )


def _row(visit: Visit, row: TeacherRow) -> dict[str, Any]:
    room = visit.darasa.classroom
    last_ms, times = last_use(room).get(row.record_id, (None, 0))
    return {
        "id": row.record_id.hex(),
        "name": row.name,
        "post": _WORDS.get(row.role, safe_line(row.role)),
        "is_me": row.record_id == visit.session.account,
        "classes": [each.name for each in classes_of_teacher(room, row.record_id)],
        "last": ago(None if last_ms is None else room.clock.wall_ms() - last_ms),
        "ever": times > 0,
        "times": ngettext("{n} sign-in", "{n} sign-ins", times).format(n=times),
        "open": visit.darasa.sessions.count_of(row.record_id),
    }


def _teacher(visit: Visit, who: str) -> TeacherRow:
    for row in visit.darasa.classroom.people.teachers():
        if row.record_id.hex() == who:
            return row
    raise HTTPException(404, _("Nobody of that name signs in here."))


def _id(text: str) -> RecordId | None:
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return None
    return RecordId(raw) if len(raw) == ID_BYTES else None


def _done(visit: Visit, op: str, args: dict[str, str]) -> dict[str, Any]:
    """An operation that may hash a secret: in the one thread that does."""
    answer = hashed(visit, lambda: run_operation(visit.darasa.classroom, op, args))
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    return answer
