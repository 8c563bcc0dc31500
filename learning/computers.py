"""The computers of a school as people see them: names, places, last contact, and what is held.

Owns: the list and the look-up by name, and names and places as records of the school. Removing and
accepting are decisions (`deciding/acts.py`).
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning.deciding.ignored import held_counts
from darasa.learning.errors import AmbiguousError, NotFoundError, NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.short_names import clean_name, folded
from darasa.learning.records import COMPUTER_NAME, COMPUTER_PLACE
from darasa.sync.ids import NodeId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact


class ComputerRow(Struct, frozen=True):
    """A computer of the school; at a hub, a school's server.

    `held` counts events that wait for someone to accept them; `why` says what made them wait.
    `own_name`: what the machine called itself when it joined last, as it came.
    """

    node_id: NodeId
    name: SafeText
    place: SafeText
    last_contact_ms: int | None
    is_removed: bool
    is_held: bool
    held: int
    why: str
    own_name: str = ""


def computer_rows(room: "Classroom") -> list[ComputerRow]:
    """The nodes under this server, by name."""
    restricted = room.decisions.restricted()
    with room.store.reading() as connection:
        names, places = room.nodes.names(connection), room.nodes.places(connection)
        held = held_counts(connection)
    below = Role.SCHOOL if room.home.role is Role.HUB else Role.COMPUTER
    rows: list[ComputerRow] = []
    for peer in room.store.peers():
        if peer.role is not below:
            continue
        standing = restricted.get(peer.node_id)
        rows.append(
            ComputerRow(
                node_id=peer.node_id,
                name=clean_name(names.get(peer.node_id, peer.name)),
                place=clean_name(place) if (place := places.get(peer.node_id)) else SafeText(""),
                last_contact_ms=peer.last_contact_ms,
                is_removed=standing is not None and standing.is_removed,
                is_held=standing is not None and not standing.is_removed,
                held=held.get(peer.node_id, 0),
                own_name=peer.name,
                why="" if standing is None else clean_name(standing.why),
            )
        )
    return sorted(rows, key=lambda row: (folded(row.name), row.node_id))


def find_computer(room: "Classroom", name_or_id: str) -> ComputerRow:
    """The computer of that name or id (hex). Raises NotFoundError, AmbiguousError.

    The school's names go first; what a machine calls itself is on its own screen and on sticks.
    """
    rows = computer_rows(room)
    wanted = name_or_id.strip().lower()
    for fits in (
        [row for row in rows if folded(row.name) == folded(name_or_id)],
        [row for row in rows if wanted and folded(row.own_name) == folded(name_or_id)],
        [row for row in rows if wanted and row.node_id.hex().startswith(wanted)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(f"{row.name} ({row.node_id.hex()[:8]})" for row in fits[:8])
            raise AmbiguousError(f"Several computers fit: {names}.")
    raise NotFoundError(f"No computer is called {clean_name(name_or_id)}.")


def name_computer(
    room: "Classroom", node_id: NodeId, *, name: str | None = None, place: str | None = None
) -> None:
    """Give a computer another name, or say where it stands. Raises NotHereError, PeopleError."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Computers are named at the school server.")
    facts: list[Fact] = []
    record = room.people.record_of(node_id)
    if name is not None:
        if not name.strip():
            raise PeopleError("A name cannot be empty.")
        seen = record.chains(COMPUTER_NAME)
        facts.append((None, Op(node_id, COMPUTER_NAME, str(clean_name(name)), seen)))
    if place is not None:
        seen = record.chains(COMPUTER_PLACE)
        facts.append((None, Op(node_id, COMPUTER_PLACE, str(clean_name(place)) or None, seen)))
    if facts:
        room.record.record(*facts)


def take_names(room: "Classroom") -> int:
    """At a school: make the names that computers gave at joining records of the school; how many.

    A record outlives this server's list of whom it has met, and a teacher may change it.
    """
    if room.home.role is not Role.SCHOOL:
        return 0
    unnamed = [
        peer
        for peer in room.store.peers()
        if peer.role is Role.COMPUTER
        and COMPUTER_NAME not in room.people.record_of(peer.node_id).fields
    ]
    facts: list[Fact] = [
        (None, Op(peer.node_id, COMPUTER_NAME, str(clean_name(peer.name)), ()))
        for peer in unnamed
        if peer.name.strip()
    ]
    if facts:
        room.record.record(*facts)
    return len(facts)
