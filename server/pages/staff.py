"""Who signs in to the pages, as what; the head gives sign-ins and ends them.

Owns: the list and its two forms. Who may do what is `learning.rights`.
"""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.operations import run_operation
from darasa.learning.rights import Post, posts_at
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _

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
        here="/staff",
        made=visit.darasa.notes.take(visit.session, "passphrase"),
        posts=[(str(post), _WORDS[post]) for post in posts_at(room.home.role)],
        rows=[
            {
                "id": row.record_id.hex(),
                "name": row.name,
                "post": _WORDS.get(row.role, safe_line(row.role)),
                "is_me": row.record_id == visit.session.account,
            }
            for row in room.people.teachers()
        ],
    )


def add_staff(visit: Visit) -> Response:
    """POST /staff/add: a sign-in, its passphrase shown once."""
    name, post = visit.form.get("name", "")[:_NAME_MAX], visit.form.get("post", "")
    if post not in posts_at(visit.darasa.classroom.home.role):
        raise HTTPException(400, _("Choose what she is."))
    answer = _done(visit, "add-teacher", {"name": name, "post": post})
    made = {"name": safe_line(name), "passphrase": answer["passphrase"]}
    visit.darasa.notes.put(visit.session, "passphrase", made)
    return see_other("/staff")


def end_staff(visit: Visit) -> Response:
    """POST /staff/end: somebody signs in no longer; her open pages end."""
    _done(visit, "end-teacher", {"name": visit.form.get("who", "")[:_NAME_MAX]})
    return see_other("/staff")


def _done(visit: Visit, op: str, args: dict[str, str]) -> dict[str, Any]:
    """An operation that may hash a secret: in the one thread that does."""
    hashed = visit.darasa.hashing.submit(run_operation, visit.darasa.classroom, op, args)
    answer: dict[str, Any] = hashed.result()
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    return answer
