"""Importing a class list, the last steps: who is new, here, or asked about; then all or none.

Owns: their pages and forms. Who is who, and what becomes of them, is `learning.rosters`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.learning.errors import LearningError
from darasa.learning.people.short_names import folded
from darasa.learning.rights import Post
from darasa.learning.rosters.applying import MOVES, import_roster, plan_roster
from darasa.learning.rosters.matching import Match, Plan
from darasa.learning.rosters.new_learners import NewLearner
from darasa.learning.rosters.reading import RosterFinding
from darasa.server.auth import Visit, see_other
from darasa.server.drafts import Draft
from darasa.server.locale import _
from darasa.server.pages.forms import once_or_again
from darasa.server.pages.roster_import import HERE
from darasa.server.reach import NOT_HERS, reach_in
from darasa.sync.erased_rows import erased_among
from darasa.sync.errors import StoreError
from darasa.sync.ids import NO_SCHOOL, RecordId

_A_PAGE: Final = 50
_MOVES_WORDS: Final = {
    "leave": _("Leave them where they are"),
    "add": _("Add the class of the list"),
    "move": _("Move them to the class of the list"),
}
_QUESTIONS: Final = {
    "alike": _("nearly the same name"),
    "other class": _("the same name, another class"),
}
T = TypeVar("T")


def preview_page(visit: Visit) -> Response:
    """GET /people/import/preview?findings=N&questions=N: what would happen."""
    draft = visit.darasa.drafts.find(visit.session)
    if draft is None or draft.roster is None:
        return see_other(HERE)
    plan = _plan(visit, draft)
    asked, findings = plan.of("asked"), _in_order(plan)
    same = sum(match.row.line in draft.same for match in asked)
    at, asked_at = _number(visit, "findings"), _number(visit, "questions")
    return visit.page(
        "import_preview.html",
        here="/people",
        file_name=draft.file_name,
        left_out=", ".join(plan.roster.left_out),
        new=len(plan.of("new")) + len(asked) - same,
        known=len(plan.of("here")) + same,
        asked=len(asked),
        elsewhere=sum(match.verdict != "new" and bool(match.lacks) for match in plan.matches),
        errors=len(plan.roster.errors),
        not_hers=", ".join(_not_hers(visit, plan)),
        leads=plan.roster.leads,
        staff=len(plan.roster.staff),
        gone=len(plan.roster.gone),
        changing=len(plan.changing),
        stranded=len(plan.stranded),
        findings=_cut(findings, at),
        findings_at=at,
        findings_pages=_pages(findings),
        questions=[_question(match, draft) for match in _cut(asked, asked_at)],
        questions_at=asked_at,
        questions_pages=_pages(asked),
        moves=[(each, _MOVES_WORDS[each]) for each in MOVES],
        chosen=draft.moves,
        problem=visit.darasa.notes.take(visit.session, "import"),
        number=visit.darasa.once.number,
    )


def take_preview(visit: Visit) -> Response:
    """POST /people/import/preview: answers to questions, and the word to import.

    An import may take a minute: who presses again meanwhile waits for it, and is led to what came.
    """
    is_word = visit.form.get("do") == "import"
    return (once_or_again(_taken) if is_word else _taken)(visit)


def _taken(visit: Visit) -> Response:
    draft = visit.darasa.drafts.find(visit.session)
    if draft is None or draft.roster is None:
        return see_other(f"{HERE}/done")
    seen = draft.plan
    plan = _plan(visit, draft)
    asked = plan.of("asked")
    page = _whole(visit.form.get("questions", "1"))
    for match in _cut(asked, page):
        line = match.row.line
        (draft.same.add if visit.form.get(f"same-{line}") else draft.same.discard)(line)
    draft.moves = next((each for each in MOVES if each == visit.form.get("moves")), draft.moves)
    if visit.form.get("do") == "import" and _not_hers(visit, plan):
        raise HTTPException(403, NOT_HERS)
    if visit.form.get("do") != "import":
        return see_other(f"{HERE}/preview?questions={_whole(visit.form.get('next', '1'))}")
    return _import(visit, seen)


def _import(visit: Visit, seen: Plan | None) -> Response:
    """All of it, or none; a list that changed since it was looked at is shown again."""
    darasa = visit.darasa
    draft = darasa.drafts.take(visit.session)
    if draft is None or draft.roster is None:  # a second press of the button
        return see_other(f"{HERE}/done")
    if seen is None or _plan(visit, draft).matches != seen.matches:
        darasa.drafts.put(visit.session, draft)
        sentence = _("The lists here have changed meanwhile. Look once more.")
        darasa.notes.put(visit.session, "import", sentence)
        return see_other(f"{HERE}/preview")
    try:
        done = import_roster(
            darasa.classroom,
            draft.roster,
            same=frozenset(draft.same),
            moves=draft.moves,
            made_by=_teacher_of(visit),
        )
    except StoreError:
        darasa.drafts.put(visit.session, draft)  # a full disk: the list is not to be chosen again
        raise
    except LearningError as error:
        darasa.drafts.put(visit.session, draft)
        raise HTTPException(409, str(error)) from error
    darasa.drafts.done(visit.session, done)
    return see_other(f"{HERE}/done")


def done_page(visit: Visit) -> Response:
    """GET /people/import/done?class=N: what was done, and the first PINs of one class."""
    done = visit.darasa.drafts.result(visit.session)
    if done is None:
        return see_other(HERE)
    room = visit.darasa.classroom
    erased = room.store.read(erased_among, NO_SCHOOL, [each.learner_id for each in done.made])
    groups = _by_class(each for each in done.made if each.learner_id not in erased)
    at = min(_number(visit, "class"), max(1, len(groups)))
    return visit.page(
        "import_done.html",
        here="/people",
        done=done,
        made=len(done.made),
        without=", ".join((*done.without, *done.staff)),
        waiting=room.first_pins.waiting(),
        classes=[group[0].class_name for group in groups],
        at=at,
        rows=groups[at - 1] if groups else [],
        cards=_class_id_of(groups[at - 1]) if groups else "",
    )


def _teacher_of(visit: Visit) -> RecordId | None:
    """Who is signed in, when she is a teacher: the classes that she makes are hers."""
    me = visit.darasa.classroom.people.teacher(RecordId(visit.session.account))
    return me.record_id if me is not None and me.role == Post.TEACHER else None


def _class_id_of(group: Sequence[NewLearner]) -> str:
    class_id = group[0].class_id
    return "" if class_id is None else class_id.hex()


def _by_class(made: Iterable[NewLearner]) -> list[list[NewLearner]]:
    groups: dict[str, list[NewLearner]] = {}
    for new in made:
        groups.setdefault(folded(new.class_name), []).append(new)
    for group in groups.values():
        group.sort(key=lambda new: folded(new.name))
    return [groups[name] for name in sorted(groups)]


def _plan(visit: Visit, draft: Draft) -> Plan:
    """The plan as things are now; worked out anew when something was written since."""
    room = visit.darasa.classroom
    position = room.store.position().ordinal
    assert draft.roster is not None
    if draft.plan is None or draft.planned_at != position:
        draft.plan = _within(visit, plan_roster(room, draft.roster))
        draft.planned_at = position
    return draft.plan


def _within(visit: Visit, plan: Plan) -> Plan:
    """The plan without questions about learners of other teachers: their rows are new ones."""
    reach = reach_in(visit.darasa, visit.session)
    matches = tuple(
        Match(match.row, "new")
        if match.verdict == "asked"
        and match.whom is not None
        and not reach.may_act(match.whom.class_ids)
        else match
        for match in plan.matches
    )
    return replace(plan, matches=matches)


def _not_hers(visit: Visit, plan: Plan) -> list[str]:
    """The classes that the list would change and that are other teachers'; a class that is new, or
    nobody's, is for whoever teaches here. A list that leads changes all: it is the head's."""
    reach = reach_in(visit.darasa, visit.session)
    if reach.own is None:
        return []
    if plan.roster.leads:
        return [_("all classes")]
    rows = visit.darasa.classroom.people.classes()
    theirs = {row.record_id: row.name for row in rows if row.record_id not in reach.own}
    by_name = {folded(name): name for name in theirs.values()}
    hers = {folded(row.name) for row in rows if row.record_id in reach.own}
    asked = {folded(name) for match in plan.matches for name in match.row.classes}
    found = {by_name[name] for name in asked & by_name.keys() - hers}
    for match in plan.matches:
        if match.whom is not None and not reach.may_act(match.whom.class_ids):
            found |= {theirs[i] for i in match.whom.class_ids if i in theirs}
    return sorted(found)


def _in_order(plan: Plan) -> list[RosterFinding]:
    """What stops the import first, then what is good to know."""
    return sorted(plan.roster.findings, key=lambda found: found.level != "error")


def _question(match: Match, draft: Draft) -> dict[str, Any]:
    assert match.whom is not None
    assert match.question is not None
    return {
        "line": match.row.line,
        "name": match.row.name,
        "class_name": match.row.class_name,
        "why": _QUESTIONS[match.question],
        "known_as": match.whom.name,
        "known_in": ", ".join(match.whom.classes),
        "same": match.row.line in draft.same,
    }


def _number(visit: Visit, name: str) -> int:
    return _whole(visit.query.get(name, "1"))


def _whole(text: str) -> int:
    """A page from an address, from 1; anything else is the first."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else 1


def _cut(items: Sequence[T], page: int) -> Sequence[T]:
    return items[(page - 1) * _A_PAGE : page * _A_PAGE]


def _pages(items: Sequence[object]) -> int:
    return max(1, -(-len(items) // _A_PAGE))
