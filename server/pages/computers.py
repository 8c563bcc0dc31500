"""The computers of a school: who was heard when, and a code for a new one (ux.md 8.11).

Owns: the list and the buttons. Codes belong to sync's enrolment desk, removing and accepting to
learning.
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.classroom import Classroom
from darasa.learning.clocks import clocks_below, off_words
from darasa.learning.computers import ComputerRow, computer_rows
from darasa.learning.operations import run_operation
from darasa.server.auth import Visit, see_other
from darasa.server.locale import _
from darasa.server.qr import qr_svg
from darasa.server.state import Darasa
from darasa.server.wording import ago
from darasa.sync import contacts, held_back
from darasa.sync.ids import NodeId


def computers(visit: Visit) -> Response:
    """GET /computers."""
    classroom = visit.darasa.classroom
    now_ms = classroom.clock.wall_ms()
    at, notes = _learners_at(visit.darasa), _notes(classroom)
    rows = [
        {
            "id": row.node_id.hex(),
            "name": row.name,
            "place": row.place,
            "heard": ago(None if row.last_contact_ms is None else now_ms - row.last_contact_ms),
            "learner": ", ".join(at.get(row.node_id, ())),
            "note": notes.get(row.node_id, ""),
            "is_removed": row.is_removed,
            "held": row.held,
            "is_held": row.is_held,
        }
        for row in computer_rows(classroom)
    ]
    return visit.page(
        "computers.html",
        here="/computers",
        number=visit.darasa.once.number,
        heading=_("Computers"),
        button=_("Add a computer"),
        **code_shown(visit),
        fingerprint=classroom.home.channel.pin.hex(":").upper(),
        rows=rows,
        waiting=[row for row in rows if row["held"] or row["is_held"]],
        **visit.clock(),
    )


def _notes(classroom: Classroom) -> dict[NodeId, str]:
    """What the teacher should know of a computer."""
    with classroom.store.reading() as connection:
        copied = contacts.parents(connection)
        frozen = held_back.held_back(connection, held_back.FROZEN)
    names = {peer.node_id: safe_line(peer.name) for peer in classroom.store.peers()}
    offs = clocks_below(classroom)
    clocks = {node_id: words for node_id, off in offs.items() if (words := off_words(off))}
    notes = {
        node_id: _("Copied or moved from {name}").format(name=names.get(parent, "?"))
        for node_id, parent in copied.items()
    }
    notes |= dict.fromkeys(frozen, _("Held back: it sends more than a class writes"))
    told = dict.fromkeys((*notes, *clocks))
    return {
        each: " · ".join(part for part in (notes.get(each), clocks.get(each)) if part)
        for each in told
    }


def remove_page(visit: Visit) -> Response:
    """GET /computers/remove?computer=ID: are you sure?"""
    row = _row(visit, visit.query.get("computer", ""))
    return visit.page(
        "remove_computer.html",
        here="/computers",
        number=visit.darasa.once.number,
        name=row.name,
        node_id=row.node_id.hex(),
    )


def remove(visit: Visit) -> Response:
    """POST /computers/remove: it is served no longer."""
    return _decided(visit, "remove-computer", {})


def accept(visit: Visit) -> Response:
    """POST /computers/accept: what is held of it counts."""
    return _decided(visit, "accept-computer", {"back": False})


def let_back(visit: Visit) -> Response:
    """POST /computers/back: a removed computer is served again."""
    return _decided(visit, "accept-computer", {"back": True})


def _decided(visit: Visit, op: str, args: dict[str, bool]) -> Response:
    row = _row(visit, visit.form.get("computer", ""))
    answer = run_operation(visit.darasa.classroom, op, {"name": row.node_id.hex(), **args})
    if "error" in answer:
        raise HTTPException(409, safe_line(str(answer["error"])))
    return see_other("/computers")


def _row(visit: Visit, node_id: str) -> ComputerRow:
    """The computer of that id. Raises HTTPException 404."""
    for row in computer_rows(visit.darasa.classroom):
        if row.node_id.hex() == node_id:
            return row
    raise HTTPException(404, _("There is no such computer."))


def open_code(visit: Visit) -> str | None:
    """The code that this session asked for last, while it is still good."""
    code = visit.darasa.notes.take(visit.session, "code")
    if code not in visit.darasa.enrolment.open_codes():
        return None
    visit.darasa.notes.put(visit.session, "code", code)
    return str(code)


def code_shown(visit: Visit) -> dict[str, Any]:
    """What a page shows of an open code: with the address in words, and both in a picture."""
    code, address = open_code(visit), visit.address.removeprefix("http://")
    picture = qr_svg(f"https://{address}/#{code}") if code else None
    return {"code": code, "address": address, "picture": picture}


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
