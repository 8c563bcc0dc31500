"""Decisions as they are kept: what each is about, and its body in bytes.

Owns: putting a decision into lt_decision. What they come to is worked out in `rows.py`.
"""

import sqlite3
from typing import Any, Final

from darasa.learning.kinds import (
    Confirm,
    Kind,
    KindError,
    Merge,
    Overturn,
    Quarantine,
    Restriction,
    Revocation,
    WithdrawItem,
    payload_of,
)
from darasa.sync.codec import convert, pack, unpack
from darasa.sync.event import Event, StoredEvent

_PAYLOADS: Final[dict[int, type[Any]]] = {
    Kind.QUARANTINE: Quarantine,
    Kind.REVOCATION: Revocation,
    Kind.CONFIRM: Confirm,
    Kind.MERGE: Merge,
    Kind.OVERTURN: Overturn,
    Kind.WITHDRAW_ITEM: WithdrawItem,
}


def note(connection: sqlite3.Connection, stored: StoredEvent) -> bool:
    """Keep one decision; False when its body does not fit, or nobody may be meant by it."""
    try:
        payload = payload_of(stored.event)
    except KindError:
        return False
    subject = _subject(stored.event, payload)
    if subject is None:
        return False
    body = pack(stored.event.body)
    connection.execute(
        "INSERT OR IGNORE INTO lt_decision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            stored.school_id,
            stored.event.kind,
            subject,
            *stored.order_key,
            stored.author,
            body,
        ),
    )
    return True


def _subject(event: Event, payload: object) -> bytes | None:
    match payload:
        case Restriction() if event.learner_id is None:
            return payload.node_id
        case Confirm():
            return pack(payload.target)
        case Merge():
            return event.learner_id
        case Overturn() if event.learner_id is None and payload.target is None:
            return pack((payload.pack, payload.item))
        case WithdrawItem() if event.learner_id is None:
            return pack((payload.pack, payload.item))
        case _:
            return None


def payload_in(kind: int, body: bytes) -> Any:
    """The payload of a decision of a kind, from the body as it is kept."""
    return convert(unpack(body), _PAYLOADS[kind])
