"""Adding classes and learners by typing them: one, or several at once, asked about before doubles.

Owns: the page of names, the page that asks whether a name is the same child, and their forms. A
likeness is a question, never a refusal (field-requirements R7, R11).
"""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.errors import PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.class_lists import (
    AT_ONCE_MAX,
    Entry,
    Listed,
    add_class,
    add_learners,
    doubles,
    entries,
    entry,
)
from darasa.learning.people.people import ClassRow
from darasa.learning.records import CLASS_TEACHER
from darasa.learning.rights import Post
from darasa.server import reach
from darasa.server.auth import Visit
from darasa.server.locale import _, ngettext
from darasa.server.pages.forms import UNPROCESSABLE, Problem, changed, frame, hashed, tried
from darasa.server.pages.people import people_page
from darasa.sync.ids import LearnerId, RecordId

_ANOTHER: Final = "another"
_LEAVE_OUT: Final = "out"
_NAME_MAX: Final = 200


def add_page(visit: Visit) -> Response:
    """GET /people/add?class=ID: where names are typed."""
    return _add_page(visit, reach.class_of(visit, visit.query.get("class", ""), act=True))


def add(visit: Visit) -> Response:
    """POST /people/add: learners of a class, asked about first where one may be there already."""
    row = reach.class_of(visit, visit.form.get("class", ""), act=True)
    how = visit.form.get("how", "")
    if how == "asked":
        return _answered(visit, row)
    try:
        if how == "one":
            typed = [entry(visit.form.get("name", "")[:_NAME_MAX], visit.form.get("number", ""))]
        else:
            typed = entries(visit.form.get("names", ""))
    except PeopleError as error:
        field = "names" if how != "one" else "number" if "number" in str(error) else "name"
        return _add_page(visit, row, problems=[Problem(field, str(error))])
    asked = doubles(visit.darasa.classroom, typed)
    if asked:
        return _ask(visit, row, typed, asked)
    return _add(visit, row, typed, same=())


def add_a_class(visit: Visit) -> Response:
    """POST /people/class/add: a class; a teacher who makes one teaches it."""
    typed = visit.form.get("class-name", "")[:_NAME_MAX]
    room = visit.darasa.classroom
    me = room.people.teacher(RecordId(visit.session.account))
    mine = me is not None and me.role == Post.TEACHER
    also = [Op(b"", CLASS_TEACHER, visit.session.account, ())] if mine else []
    try:
        class_id, undo = add_class(room, typed, also=also)
    except PeopleError as error:
        problem = Problem("class-name", str(error))
        return people_page(visit, problems=[problem], typed_class=typed)
    words = _("Class {name} is on the list.").format(name=safe_line(typed))
    return changed(visit, words, undo, to=f"/people?class={class_id.hex()}")


def _add_page(visit: Visit, row: ClassRow, *, problems: Sequence[Problem] = ()) -> Response:
    lines = visit.form.get("names", "").replace("\t", "; ").splitlines()[: 2 * AT_ONCE_MAX]
    return visit.page(
        "people_add.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/people",
        class_id=row.record_id.hex(),
        class_name=row.name,
        problems=problems,
        typed={
            "name": visit.form.get("name", "")[:_NAME_MAX],
            "number": visit.form.get("number", "")[:_NAME_MAX],
            "lines": [line[:_NAME_MAX] for line in lines],
        },
    )


def _ask(
    visit: Visit,
    row: ClassRow,
    typed: Sequence[Entry],
    asked: Sequence[tuple[Entry, Sequence[Listed]]],
    *,
    problems: Sequence[Problem] = (),
) -> Response:
    places = _places(typed, asked)
    views = [
        {
            "at": at,
            "name": each.name,
            "number": each.number,
            "picked": visit.form.get(f"pick-{at}", ""),
            "choices": _choices(visit, row, like),
        }
        for at, (each, like) in zip(places, asked, strict=True)
    ]
    return visit.page(
        "people_ask.html",
        status=UNPROCESSABLE if problems else 200,
        **frame(visit),
        here="/people",
        class_id=row.record_id.hex(),
        class_name=row.name,
        entries=typed,
        asked=views,
        others=len(typed) - len(asked),
        problems=problems,
    )


def _places(typed: Sequence[Entry], asked: Sequence[tuple[Entry, Sequence[Listed]]]) -> list[int]:
    """Where in `typed` each that is asked about stands: the very entry, not one that is equal."""
    found: list[int] = []
    left = iter(enumerate(typed))
    for each, _like in asked:
        found.append(next(at for at, other in left if other is each))
    return found


def _choices(visit: Visit, row: ClassRow, like: Sequence[Listed]) -> list[dict[str, str]]:
    """What a teacher can say of one: the same as who is there, or another child."""
    mine = reach.reach_in(visit.darasa, visit.session)
    choices: list[tuple[str, str]] = []
    for each in like:
        who = _described(each)
        if not mine.may_look(one.record_id for one in each.classes):
            choices.append((_LEAVE_OUT, _("The same, in a class that is not yours. Leave out")))
        elif not each.learner_id:
            choices.append((_LEAVE_OUT, _("Typed twice: {who}. Leave this out").format(who=who)))
        elif row in each.classes and not each.off:
            choices.append((_LEAVE_OUT, _("The same: {who}. Leave this out").format(who=who)))
        else:
            words = (
                _("The same: {who}. Put back, in {name}")
                if each.off
                else _("The same: {who}. Put into {name} too")
            )
            pid = visit.darasa.pids.pid_of(each.learner_id)
            choices.append((pid, words.format(who=who, name=row.name)))
    choices.append((_ANOTHER, _("Another child: add")))
    return [{"value": value, "words": words} for value, words in dict(choices).items()]


def _described(each: Listed) -> str:
    where = _("off the lists") if each.off else ", ".join(one.name for one in each.classes)
    return " · ".join(part for part in (each.name, each.number, where) if part)


def _answered(visit: Visit, row: ClassRow) -> Response:
    """What was said about those who may be there already; all of it is checked anew."""
    typed = tried(lambda: _typed_before(visit))
    asked = doubles(visit.darasa.classroom, typed)
    wanted, same, problems = list(typed), list[LearnerId](), list[Problem]()
    for at, (each, like) in zip(_places(typed, asked), asked, strict=True):
        said = visit.form.get(f"pick-{at}", "")
        ids = {visit.darasa.pids.pid_of(one.learner_id): one.learner_id for one in like}
        if ids.get(said):
            same.append(ids[said])
        elif said not in {_ANOTHER, _LEAVE_OUT}:
            words = _("Say who {name} is.").format(name=each.name)
            problems.append(Problem(f"pick-{at}", words))
        if said != _ANOTHER:
            wanted = [other for other in wanted if other is not each]
    if problems:
        return _ask(visit, row, typed, asked, problems=problems)
    return _add(visit, row, wanted, same=same)


def _typed_before(visit: Visit) -> list[Entry]:
    found: list[Entry] = []
    while (name := visit.form.get(f"name-{len(found)}")) is not None and len(found) < AT_ONCE_MAX:
        found.append(entry(name[:_NAME_MAX], visit.form.get(f"number-{len(found)}", "")))
    return found


def _add(
    visit: Visit, row: ClassRow, wanted: Sequence[Entry], *, same: Sequence[LearnerId]
) -> Response:
    room, to = visit.darasa.classroom, f"/people?class={row.record_id.hex()}"
    for learner_id in same:
        reach.check_learner(visit, learner_id, act=False)
    if not wanted and not same:
        return changed(visit, _("Nobody was added."), None, to=to)
    added, undo = hashed(visit, lambda: add_learners(room, row.record_id, wanted, same=same))
    if added:
        secrets: list[dict[str, Any]] = [
            {"name": each.name, "number": each.number, "secret": each.secret} for each in added
        ]
        visit.darasa.notes.put(visit.session, "secrets", secrets)
    count = len(wanted) + len(same)
    words = ngettext(
        "{n} learner is on the list of {name} now.",
        "{n} learners are on the list of {name} now.",
        count,
    ).format(n=count, name=row.name)
    return changed(visit, words, undo, to=to)
