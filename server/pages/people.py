"""Class lists, a new PIN for a learner who forgot hers, and what two people changed at once.

Owns: finding a learner by the id in an address, and showing a new PIN once. The PIN is made and
sealed by learning, which also says what is in conflict and what waits for a word.
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import safe_line
from darasa.learning.conflicts import Conflict
from darasa.learning.operations import run_operation
from darasa.learning.people import LearnerRow
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _
from darasa.server.state import Darasa
from darasa.server.wording import ago, field_words
from darasa.sync.ids import RecordId


def people(visit: Visit) -> Response:
    """GET /people?class=ID."""
    listed = visit.darasa.classroom.people
    classes = listed.classes()
    wanted = visit.query.get("class") or next((c.record_id.hex() for c in classes), "")
    shown = next((c for c in classes if c.record_id.hex() == wanted), None)
    if shown is None and visit.query.get("class"):
        raise HTTPException(404, _("There is no such class."))
    rows = [] if shown is None else listed.learners(shown.record_id)
    return visit.page(
        "people.html",
        here="/people",
        classes=[{"id": c.record_id.hex(), "name": c.name} for c in classes],
        class_id=wanted,
        class_name=shown.name if shown else "",
        made=visit.darasa.notes.take(visit.session, "pin"),
        conflicts=[_conflict(visit.darasa, each) for each in listed.conflicts()],
        waiting=_waiting(visit.darasa),
        rows=[{"pid": visit.darasa.pids.pid_of(row.learner_id), "name": row.name} for row in rows],
    )


def new_pin(visit: Visit) -> Response:
    """POST /people/pin: a new PIN, shown once on the list."""
    row = learner_of(visit.darasa, visit.form.get("learner", ""))
    hashed = visit.darasa.hashing.submit(
        run_operation, visit.darasa.classroom, "reset-pin", {"name": row.learner_id.hex()}
    )
    answer: dict[str, Any] = hashed.result()
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    made = {"name": row.name, "pin": answer["pin"]}
    visit.darasa.notes.put(visit.session, "pin", made)
    class_id = row.class_id or RecordId(b"")
    return see_other(f"/people?class={class_id.hex()}" if class_id else "/people")


def keep(visit: Visit) -> Response:
    """POST /people/keep: of what two people wrote keep this one."""
    return _decided(visit, "keep-choice", {"choice": visit.form.get("choice", "")})


def confirm(visit: Visit) -> Response:
    """POST /people/confirm: a teacher's change from a computer counts."""
    return _decided(visit, "confirm", {"mark": visit.form.get("mark", "")})


def _decided(visit: Visit, op: str, args: dict[str, str]) -> Response:
    answer = run_operation(visit.darasa.classroom, op, args)
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    return see_other("/people")


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


def _waiting(darasa: Darasa) -> list[dict[str, str]]:
    """What teachers said at computers and nobody has confirmed."""
    room = darasa.classroom
    names, now_ms = room.store.read(room.nodes.names), room.clock.wall_ms()
    return [
        {
            "what": field_words(event.field or ""),
            "who": safe_line(names.get(event.author, event.author.hex()[:8])),
            "when": ago(now_ms - event.happened_ms),
            "mark": event.chain[:8].hex(),
        }
        for event in room.decisions.unconfirmed()
    ]


def learner_of(darasa: Darasa, pid: str) -> LearnerRow:
    """The learner whose id in addresses this is. Raises HTTPException 404."""
    for row in darasa.classroom.people.learners():
        if darasa.pids.pid_of(row.learner_id) == pid:
            return row
    raise HTTPException(404, _("There is no such learner."))
