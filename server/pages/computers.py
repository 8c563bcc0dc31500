"""The computers of a school: who was heard when, and a code for a new one (ux.md 8.11).

Owns: the list and the button. Codes belong to sync's enrolment desk.
"""

from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.classroom import Classroom
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _
from darasa.server.state import Darasa
from darasa.server.wording import ago
from darasa.sync import contacts, held_back
from darasa.sync.ids import NodeId, Role


def computers(visit: Visit) -> Response:
    """GET /computers."""
    classroom = visit.darasa.classroom
    now_ms = classroom.clock.wall_ms()
    at, notes = _learners_at(visit.darasa), _notes(classroom)
    rows = [
        {
            "name": safe_line(peer.name),
            "heard": ago(None if peer.last_contact_ms is None else now_ms - peer.last_contact_ms),
            "learner": ", ".join(at.get(peer.node_id, ())),
            "note": notes.get(peer.node_id, ""),
        }
        for peer in classroom.store.peers()
        if peer.role is Role.COMPUTER
    ]
    return visit.page(
        "computers.html",
        here="/computers",
        heading=_("Computers"),
        button=_("Add a computer"),
        code=open_code(visit),
        address=visit.address,
        rows=rows,
    )


def _notes(classroom: Classroom) -> dict[NodeId, str]:
    """What the teacher should know of a computer."""
    with classroom.store.reading() as connection:
        copied = contacts.parents(connection)
        frozen = held_back.held_back(connection, held_back.FROZEN)
    names = {peer.node_id: safe_line(peer.name) for peer in classroom.store.peers()}
    notes = {
        node_id: _("Copied or moved from {name}").format(name=names.get(parent, "?"))
        for node_id, parent in copied.items()
    }
    return notes | dict.fromkeys(frozen, _("Held back: it sends more than a class writes"))


def open_code(visit: Visit) -> str | None:
    """The code that this session asked for last, while it is still good."""
    code = visit.darasa.notes.take(visit.session, "code")
    if code not in visit.darasa.enrolment.open_codes():
        return None
    visit.darasa.notes.put(visit.session, "code", code)
    return str(code)


def new_code(visit: Visit) -> Response:
    """POST /computers/code and /hub/code: a code, shown until it is used or ten minutes old."""
    visit.darasa.notes.put(visit.session, "code", visit.darasa.enrolment.new_code())
    return see_other("/hub" if visit.darasa.is_hub else "/computers")


def _learners_at(darasa: Darasa) -> dict[NodeId, list[SafeText]]:
    """The short names of those who sit at each computer now."""
    short = {row.learner_id: row.short for row in darasa.classroom.people.learners()}
    found: dict[NodeId, list[SafeText]] = {}
    for seat in darasa.board.seats().values():
        if not seat.away and seat.learner_id in short:
            found.setdefault(seat.node_id, []).append(short[seat.learner_id])
    return found
