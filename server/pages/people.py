"""The page of class lists: who is on them, and what waits for a word.

Owns: what stands on GET /people, and two forms of one button. Forms with fields are in
`people_forms.py` and `people_learner.py`; what may be seen is in `reach.py`.
"""

from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.deciding.conflicts import Conflict
from darasa.learning.operations import run_operation
from darasa.learning.people.class_lists import Listed, closed_classes, on_list
from darasa.learning.people.class_staff import EVERYTHING, Reach
from darasa.learning.people.newcomers import is_a_newcomers_name
from darasa.learning.people.people import LearnerRow
from darasa.learning.records import ASSIGNMENT_CLASS
from darasa.learning.signing_in.wrong_tries import open_tries
from darasa.server import reach
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _
from darasa.server.pages.forms import Problem, frame
from darasa.server.pages.newcomers import newcomer_rows
from darasa.server.state import Darasa
from darasa.server.wording import ago, field_words
from darasa.sync.ids import LearnerId, RecordId

OFF_A_PAGE: Final = 100
_GONE: Final = _("That waits no longer. Look at the page again.")


def people(visit: Visit) -> Response:
    """GET /people?class=ID."""
    return people_page(visit, wanted=visit.query.get("class", ""))


def people_page(
    visit: Visit, *, wanted: str = "", problems: Sequence[Problem] = (), typed_class: str = ""
) -> Response:
    """The page; with problems of the form on it, as an answer to that form."""
    room, pid_of = visit.darasa.classroom, visit.darasa.pids.pid_of
    classes = reach.classes_of(visit)
    shown = reach.class_of(visit, wanted) if wanted else next(iter(classes), None)
    reached = reach.reach_in(visit.darasa, visit.session)
    rows = [] if shown is None else on_list(room, shown.record_id)
    tries = _tries(visit.darasa, rows)
    return visit.page(
        "people.html",
        status=422 if problems else 200,
        **frame(visit),
        **newcomer_rows(visit),
        here="/people",
        classes=[{"id": c.record_id.hex(), "name": c.name} for c in classes],
        is_any=bool(room.people.classes()),
        class_id="" if shown is None else shown.record_id.hex(),
        class_name="" if shown is None else shown.name,
        may_act=shown is not None and reached.may_act((shown.record_id,)),
        made=visit.darasa.notes.take(visit.session, "pin"),
        unlocked=visit.darasa.notes.take(visit.session, "unlocked"),
        sign_in="" if shown is None else shown.sign_in.word,
        secrets=visit.darasa.notes.take(visit.session, "secrets"),
        conflicts=[_conflict(visit.darasa, each) for each in _conflicts(visit)],
        waiting=_waiting(visit),
        rows=[
            {
                "pid": pid_of(row.learner_id),
                "name": row.name,
                "number": row.number,
                "tries": tries.get(row.learner_id, ""),
            }
            for row in rows
        ],
        **_off(visit),
        closed=[
            {"id": record_id.hex(), "name": name}
            for record_id, name in closed_classes(room)
            if reach.may_reopen(visit, record_id)
        ],
        problems=problems,
        typed_class=typed_class,
    )


def _off(visit: Visit) -> dict[str, Any]:
    """Those off the lists, where they are asked for with `off`, a page of them: after some years
    they are more than all who are here."""
    asked = visit.query.get("off", "")
    if not asked:
        return {"off": None}
    rows = reach.off_lists(visit)
    last = max(1, -(-len(rows) // OFF_A_PAGE))
    at = min(last, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    at = max(1, at)
    shown, pid_of = rows[(at - 1) * OFF_A_PAGE : at * OFF_A_PAGE], visit.darasa.pids.pid_of
    return {
        "off": [
            {"pid": pid_of(row.learner_id), "name": row.name, "number": row.number} for row in shown
        ],
        "off_count": len(rows),
        "off_at": at,
        "off_pages": last,
    }


def _tries(darasa: Darasa, rows: Sequence[Listed]) -> dict[LearnerId, str]:
    """What is said of those under whose names somebody gave wrong secrets."""
    now_ms = darasa.classroom.clock.wall_ms()
    words = _("Wrong tries at signing in, {when}")
    return {
        each.learner_id: _("Wrong tries at signing in")
        if each.said_ms is None
        else words.format(when=ago(now_ms - each.said_ms))
        for each in open_tries(darasa.classroom, [row.learner_id for row in rows], now_ms)
    }


def keep(visit: Visit) -> Response:
    """POST /people/keep: of what two people wrote keep this one."""
    listed = [choice.chain8.hex() for each in _conflicts(visit) for choice in each.choices]
    if visit.form.get("choice", "") not in listed:
        raise HTTPException(409, _GONE)
    return _decided(visit, "keep-choice", {"choice": visit.form.get("choice", "")})


def confirm(visit: Visit) -> Response:
    """POST /people/confirm: a teacher's change from a computer counts."""
    if visit.form.get("mark", "") not in {each["mark"] for each in _waiting(visit)}:
        raise HTTPException(409, _GONE)
    return _decided(visit, "confirm", {"mark": visit.form.get("mark", "")})


def _decided(visit: Visit, op: str, args: dict[str, str]) -> Response:
    answer = run_operation(visit.darasa.classroom, op, args)
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    return see_other("/people")


def _conflicts(visit: Visit) -> list[Conflict]:
    """What is about other teachers' classes is theirs to settle, and the rest the head's."""
    mine = reach.reach_in(visit.darasa, visit.session)
    return [
        each for each in visit.darasa.classroom.people.conflicts() if _is_hers(visit, mine, each)
    ]


def _is_hers(visit: Visit, mine: Reach, conflict: Conflict) -> bool:
    if mine == EVERYTHING:
        return True
    about = conflict.field.partition(".")[0]
    if about == "learner":
        return reach.may_change(visit, LearnerId(conflict.record_id))
    if about == "assignment":
        record = visit.darasa.classroom.people.record_of(conflict.record_id)
        class_id = record.shown(ASSIGNMENT_CLASS)
        return isinstance(class_id, bytes) and mine.may_act((RecordId(class_id),))
    return mine.may_act((conflict.record_id,)) if about == "class" else about == "computer"


def _conflict(darasa: Darasa, conflict: Conflict) -> dict[str, Any]:
    now_ms = darasa.classroom.clock.wall_ms()
    return {
        "about": conflict.about,
        "what": field_words(conflict.field),
        "choices": [
            {
                "words": choice.words,
                "who": choice.who,
                "when": ago(now_ms - choice.when_ms),
                "choice": choice.chain8.hex(),
            }
            for choice in conflict.choices
        ],
    }


def _waiting(visit: Visit) -> list[dict[str, str]]:
    """What teachers said at computers and nobody has confirmed, of those in reach."""
    darasa, room = visit.darasa, visit.darasa.classroom
    mine = reach.reach_in(darasa, visit.session)
    names, now_ms = room.store.read(room.nodes.names), room.clock.wall_ms()
    return [
        {
            "what": field_words(event.field or ""),
            "who": safe_line(names.get(event.author, event.author.hex()[:8])),
            "when": ago(now_ms - event.happened_ms),
            "mark": event.chain[:8].hex(),
        }
        for event in room.decisions.unconfirmed()
        if not is_a_newcomers_name(room, event.learner_id, event.field, event.chain[:8])
        and (event.learner_id is None or reach.reaches_learner(darasa, mine, event.learner_id))
    ]


def learner_of(darasa: Darasa, pid: str) -> LearnerRow:
    """The learner whose id in addresses this is, whoever asks. Raises HTTPException 404.

    Pages ask `reach.learner_of`, which says whether who is signed in may.
    """
    for row in darasa.classroom.people.learners():
        if darasa.pids.pid_of(row.learner_id) == pid:
            return row
    raise HTTPException(404, _("There is no such learner."))
