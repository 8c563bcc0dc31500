"""What waits for a stick at a node: for `darasa status` and pages."""

from typing import TYPE_CHECKING, Any, Final

from darasa.sync import stick
from darasa.sync.ids import Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

OLD_MS: Final = 7 * 24 * 3_600_000
"""Work that the server has not said it has for that long asks for a stick (ux.md 8.10)."""


def stick_status(room: "Classroom") -> dict[str, Any]:
    """`{"wanted", "asked_ms", "to_answer", "carried", "carried_bytes"}`.

    `wanted`: work waits and no contact was within a week. `asked_ms`: when the newest bundle was
    made whose answer has not come, null for none. `to_answer`: nodes whose bundle was taken here.
    `carried`: bundles of other computers that wait to go up.
    """
    peer = room.home.peer
    asked_ms = None
    if peer is not None:
        asked_ms = room.store.read(stick.last_asked_ms, peer.node_id)
    last = _last_contact_ms(room)
    if asked_ms is not None and last is not None and last >= asked_ms:
        asked_ms = None  # a contact since then has told more than the answer can
    to_answer = len(room.store.read(stick.requests))
    count, size = _carried(room)
    return {
        "wanted": _is_wanted(room),
        "asked_ms": asked_ms,
        "to_answer": to_answer,
        "carried": count,
        "carried_bytes": size,
    }


def _carried(room: "Classroom") -> tuple[int, int]:
    if room.home.role is not Role.COMPUTER or room.home.is_in_memory:
        return 0, 0
    from darasa.sync.transport.relay import carried_bytes  # late: few computers carry anything

    return carried_bytes(room.home)


def _is_wanted(room: "Classroom") -> bool:
    """Whether work has waited for longer than a week."""
    from darasa.learning.status import unsent_of

    if room.home.peer is None or not unsent_of(room):
        return False
    last = _last_contact_ms(room)
    return last is None or room.clock.wall_ms() - last > OLD_MS


def _last_contact_ms(room: "Classroom") -> int | None:
    """When the server above was last heard, by wire or stick."""
    peer = room.home.peer
    contacts = {row.node_id: row.last_contact_ms for row in room.store.peers()}
    return None if peer is None else contacts.get(peer.node_id)
