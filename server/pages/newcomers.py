"""Learners who began at a computer and are on no list: put on one, or known as somebody who is.

Owns: the page of one newcomer and its form, and the lines about all of them on the people page.
"""

from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import PeopleError
from darasa.learning.people import newcomers as learning
from darasa.learning.people.class_lists import Listed, entry, on_list, take_off
from darasa.learning.people.newcomers import Newcomer
from darasa.server import reach
from darasa.server.auth import Visit
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, hashed, tried
from darasa.server.wording import ago

_NAME_MAX: Final = 200
LISTED_MAX: Final = 50
"""On the people page; the last seen first. A prank does not push the class off it."""


def newcomer_rows(visit: Visit) -> dict[str, Any]:
    """What the people page says of them."""
    found = learning.newcomers(visit.darasa.classroom)
    return {
        "newcomers": [_row(visit, each) for each in found[:LISTED_MAX]],
        "newcomers_more": max(0, len(found) - LISTED_MAX),
    }


def newcomer_page(visit: Visit) -> Response:
    """GET /people/newcomer/{pid}."""
    return _page(visit, _newcomer(visit, visit.path["pid"]))


def take_newcomer(visit: Visit) -> Response:
    """POST /people/newcomer: `do` is add, same or aside."""
    each, do = _newcomer(visit, visit.form.get("learner", "")), visit.form.get("do", "")
    if do == "add":
        return _add(visit, each)
    if do == "same":
        return _same(visit, each)
    if do == "aside":
        undo = tried(lambda: take_off(visit.darasa.classroom, each.learner_id))
        words = _("{name} is put aside. All work is kept.").format(name=each.name)
        return changed(visit, words, undo, to="/people")
    raise HTTPException(400, _("That form was not understood."))


def _add(visit: Visit, each: Newcomer) -> Response:
    row = reach.class_of(visit, visit.form.get("class", ""), act=True)
    room, number = visit.darasa.classroom, visit.form.get("number", "")
    try:
        wanted = entry(visit.form.get("name", "")[:_NAME_MAX], number)
    except PeopleError as error:
        field = "number" if "number" in str(error) else "name"
        return _page(visit, each, problems=[Problem(field, str(error))])
    added, undo = hashed(
        visit, lambda: learning.take_in(room, each.learner_id, wanted, row.record_id)
    )
    secret = {"name": added.name, "number": added.number, "secret": added.secret}
    visit.darasa.notes.put(visit.session, "secrets", [secret])
    words = _("{name} is on the list of {class_name}, with all work.").format(
        name=added.name, class_name=row.name
    )
    return changed(visit, words, undo, to=f"/people?class={row.record_id.hex()}")


def _same(visit: Visit, each: Newcomer) -> Response:
    if not visit.form.get("keep"):
        words = _("Choose who it is.")
        return _page(visit, each, problems=[Problem("keep", words)])
    keep = reach.learner_of(visit, visit.form["keep"], act=True)
    room = visit.darasa.classroom
    undo = tried(lambda: learning.same_as(room, each.learner_id, keep.learner_id))
    words = _("The work of {name} counts for {keep} now.").format(name=each.name, keep=keep.name)
    return changed(visit, words, undo, to="/people")


def _page(visit: Visit, each: Newcomer, *, problems: Sequence[Problem] = ()) -> Response:
    room, pid_of = visit.darasa.classroom, visit.darasa.pids.pid_of
    mine = reach.reach_in(visit.darasa, visit.session)
    listed = [row for row in on_list(room) if mine.may_act(c.record_id for c in row.classes)]
    likely = {row.learner_id for row in learning.likely(room, each)}
    listed.sort(key=lambda row: row.learner_id not in likely)  # stable: by name within
    return visit.page(
        "newcomer.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/people",
        who=_row(visit, each),
        name=visit.form.get("name", each.name)[:_NAME_MAX],
        register_number=visit.form.get("number", "")[:_NAME_MAX],
        picked=visit.form.get("class", ""),
        classes=[
            {"id": row.record_id.hex(), "name": row.name}
            for row in reach.classes_of(visit, act=True)
        ],
        listed=[
            {
                "pid": pid_of(row.learner_id),
                "words": _described(row),
                "likely": row.learner_id in likely,
            }
            for row in listed
        ],
        problems=problems,
    )


def _described(row: Listed) -> str:
    where = ", ".join(each.name for each in row.classes)
    return " · ".join(part for part in (row.name, row.number, where) if part)


def _newcomer(visit: Visit, pid: str) -> Newcomer:
    for each in learning.newcomers(visit.darasa.classroom):
        if visit.darasa.pids.pid_of(each.learner_id) == pid:
            return each
    raise HTTPException(404, _("This learner is on a list already, or was never here."))


def _row(visit: Visit, each: Newcomer) -> dict[str, Any]:
    room = visit.darasa.classroom
    names = room.store.read(room.nodes.names)
    at = ", ".join(safe_line(names.get(node_id, node_id.hex()[:8])) for node_id in each.at)
    answers = ngettext("{n} answer", "{n} answers", each.answers).format(n=each.answers)
    last = ago(None if each.last_ms is None else room.clock.wall_ms() - each.last_ms)
    return {
        "pid": visit.darasa.pids.pid_of(each.learner_id),
        "name": each.name,
        "at": at or _("a computer"),
        "answers": answers,
        "last": last,
    }
