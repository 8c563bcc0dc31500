"""What the hub knows of each school: from its logs, certificates and contacts (hub.md section 4).

Owns: the reads. No learner's id leaves here.
"""

import sqlite3
from dataclasses import dataclass

from darasa.sync import contacts, reads
from darasa.sync.ids import NodeId, Role, SchoolId
from darasa.sync.store import Store


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """One school. `heard` of its `computers` have work here; times are by the school's clocks."""

    school_id: SchoolId
    node_id: NodeId
    name: str
    last_contact_ms: int | None
    events: int
    logs: int
    computers: int
    heard: int
    oldest_ms: int | None  # the newest work of the computer that was silent longest


def school_facts(store: Store) -> list[SchoolFacts]:
    """The schools that joined, by name."""
    with store.reading() as connection:
        held = reads.schools(connection)
        return [
            _facts(connection, peer, *held.get(peer.school_id, (0, 0)))
            for peer in contacts.peers(connection)
            if peer.role is Role.SCHOOL
        ]


def _facts(
    connection: sqlite3.Connection, peer: contacts.PeerRow, logs: int, events: int
) -> SchoolFacts:
    computers = {
        certificate.node_id
        for certificate in contacts.certificates_by(connection, peer.node_id)
        if certificate.role is Role.COMPUTER
    }
    newest = [
        at for node_id in computers if (at := _last_work_ms(connection, peer.school_id, node_id))
    ]
    return SchoolFacts(
        school_id=peer.school_id,
        node_id=peer.node_id,
        name=peer.name,
        last_contact_ms=peer.last_contact_ms,
        events=events,
        logs=logs,
        computers=len(computers),
        heard=len(newest),
        oldest_ms=min(newest, default=None),
    )


def _last_work_ms(connection: sqlite3.Connection, school_id: bytes, node_id: bytes) -> int | None:
    """When the newest event of a computer happened; None without any."""
    newest = reads.newest_of(connection, school_id, node_id)
    return None if newest is None else newest.happened_ms
