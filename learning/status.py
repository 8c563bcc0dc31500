"""What a node holds and what waits for whom, as one object: `darasa status --json`.

Owns: putting the figures together. `state_digest` and `events` of one learner are equal on every
node that holds the same events of hers, whatever its role.
"""

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from darasa.learning.clocks import off_words, own_clock, set_by_words
from darasa.learning.deciding.ignored import ignored_counts
from darasa.learning.digest import all_digest, learner_digest
from darasa.learning.erasure import erasure_status
from darasa.learning.fits.operations import parameters_status
from darasa.learning.stick_status import stick_status
from darasa.learning.version import APP_VERSION
from darasa.sync.contacts import parents
from darasa.sync.held_back import FROZEN, is_held_back
from darasa.sync.ids import NO_SCHOOL, Role, SchoolId
from darasa.sync.levels import HUB, SCHOOL, SECOND_COPY, count_held, count_receipted
from darasa.sync.peer_clocks import all_clocks
from darasa.sync.reads import forked_logs

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.contacts import PeerRow, Unsent

_PLACES: Final = {SCHOOL: "school", SECOND_COPY: "second_copy", HUB: "hub"}


def status_of(room: "Classroom", *, learner: str | None = None) -> dict[str, Any]:
    """The object; of one learner (name or id) or of the whole node. Raises NotFoundError."""
    home, store = room.home, room.store
    told: dict[str, Any] = {
        "node_id": home.node_id.hex(),
        "role": str(home.role),
        "name": home.name,
        "version": APP_VERSION,
        "sqlite": sqlite3.sqlite_version,
        "school_id": None if home.school_id == NO_SCHOOL else home.school_id.hex(),
        "logs": store.log_count(),
        "learners": len(room.learner_ids()),
        "frontier_digest": store.frontier_digest().hex(),
        "peers": _peers(room),
        "unsent": unsent_of(room),
        "held": held_of(room),
        "forked_logs": len(store.read(forked_logs)),
        "stick": stick_status(room),
        "erased": erasure_status(room),
        "ignored": {str(why): count for why, count in store.read(ignored_counts).items()},
        "conflicts": len(room.people.conflicts()),
        "restricted": len(room.decisions.restricted()),
        "clock": _clock(room),
        **parameters_status(room),
    }
    if learner is None:
        return told | {"events": store.event_count(), "state_digest": all_digest(room)}
    who = room.people.find(learner).learner_id
    return told | {
        "learner_id": who.hex(),
        "events": sum(store.event_count_of(each) for each in room.aliases_of(who)),
        "state_digest": learner_digest(room, who),
    }


def unsent_of(room: "Classroom") -> int:
    """Events of its school that the server above this node has not said it holds; 0 at a hub.

    What a computer owes a school that it has left, no other takes: see `left_schools`.
    """
    if room.home.role is Role.HUB:
        return 0
    return sum(each.total for each in _owed(room, room.home.school_id))


def work_for(room: "Classroom", school_id: SchoolId) -> int:
    """Of the learners' events of a computer, those that this school has not said it has."""
    return sum(sum(each.by_learner.values()) for each in _owed(room, school_id))


def left_schools(room: "Classroom") -> list[tuple[str, int]]:
    """The names of the schools that a computer has left and owes learners' work, and how much."""
    found = [(name, work_for(room, school_id)) for school_id, name in _left(room).items()]
    return [(name, count) for name, count in found if count]


def _left(room: "Classroom") -> dict[SchoolId, str]:
    """The schools whose server a computer has joined before its present one, by id."""
    home = room.home
    if home.role is not Role.COMPUTER:
        return {}
    mine = {NO_SCHOOL, home.school_id}
    return {p.school_id: p.name for p in room.store.peers() if p.school_id not in mine}


def _owed(room: "Classroom", school_id: SchoolId) -> list["Unsent"]:
    """What waits here for one school: all at its server, of each identity that a computer had."""
    home = room.home
    peer = None if home.peer is None else home.peer.node_id
    authors = home.own_ids if home.role is Role.COMPUTER else (None,)
    return [room.store.unsent(peer, school_id=school_id, author=each) for each in authors]


def held_of(room: "Classroom") -> dict[str, int]:
    """How many of the events that this node answers for each place is known to hold.

    Of a computer they are its own, as its school has told; of a school all of the school's, as its
    backups and its hub have. A hub answers for none.
    """
    home, store = room.home, room.store
    found = dict.fromkeys(_PLACES.values(), 0)
    if home.role is Role.SCHOOL:
        found[_PLACES[SCHOOL]] = store.event_count()
        for level in (SECOND_COPY, HUB):
            found[_PLACES[level]] = store.read(count_held, home.school_id, level)
    elif home.role is Role.COMPUTER and home.peer is not None:
        for level, place in _PLACES.items():
            found[place] = store.read(count_receipted, home.school_id, home.peer.node_id, level)
    return found


def _clock(room: "Classroom") -> dict[str, Any]:
    """What this node takes for the time, and what speaks against it."""
    own = own_clock(room)
    return {
        "wall_ms": own.wall_ms,
        "machine_ms": own.machine_ms,
        "set_by": None if own.set_by is None else str(own.set_by),
        "words": set_by_words(own),
        "doubts": list(own.doubts),
    }


def _unsent_to(room: "Classroom", peer: "PeerRow", *, is_above: bool) -> int:
    """What waits for a peer: the server above, or a school that this computer has left."""
    if is_above:
        return unsent_of(room)
    return work_for(room, peer.school_id) if peer.school_id in _left(room) else 0


def _peers(room: "Classroom") -> list[dict[str, Any]]:
    """All nodes that this one has met, under the names that people gave them here."""
    names = room.store.read(room.nodes.names)
    return [
        _peer(room, peer._replace(name=names.get(peer.node_id, peer.name)))
        for peer in room.store.peers()
    ]


def _peer(room: "Classroom", peer: "PeerRow") -> dict[str, Any]:
    above = room.home.peer is not None and room.home.peer.node_id == peer.node_id
    parent = room.store.read(parents).get(peer.node_id)
    off_ms = room.store.read(all_clocks).get(peer.node_id)
    return {
        "name": peer.name,
        "role": str(peer.role),
        "last_contact": peer.last_contact_ms,
        "clock_off_ms": off_ms,
        "clock": "" if above else off_words(off_ms),
        "unsent": _unsent_to(room, peer, is_above=above),
        "held_back": room.store.read(is_held_back, peer.node_id, FROZEN),
        "copied_from": None if parent is None else parent.hex(),
    }
