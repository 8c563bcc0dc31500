"""Erasing a learner for good, at her school (sync.md section 10).

Owns: who may, and what this room forgets: rows, places, what is in memory. The records are
`sync.erased`'s, the store's tables `sync.erasing`'s. What was carried away on an old stick, or in
an old backup, stays there: whoever erases is told so.
"""

import sqlite3
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from darasa.learning import resume
from darasa.learning.deciding.mark_rows import words_on_items
from darasa.learning.errors import NotHereError
from darasa.learning.kinds import Attempt, Kind, KindError, payload_of
from darasa.learning.marks import AnswerKey, answers_said
from darasa.sync import erased_rows, erasing
from darasa.sync.erased import erase_record, erased_hash
from darasa.sync.ids import LearnerId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.projection import Projection
    from darasa.sync.store import Tx

KEPT_ELSEWHERE: Final = "Whoever kept an old stick or backup still has the work on it."
"""What is to be said with every erasure."""


@dataclass(frozen=True, slots=True)
class ErasedLearner:
    """What was erased: `events` are those that were here.

    `accepted`: how many answers that she typed a teacher has spoken of for everybody. Those words
    are the teacher's and stay, in the log even when they were taken back; no learner is in them
    (decision 0031).
    """

    name: str
    events: int
    accepted: int


def check_may_erase(room: "Classroom") -> None:
    """Raise NotHereError except at a school's server."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("A learner is erased at the school server.")


def erase_learner(room: "Classroom", learner_id: LearnerId) -> ErasedLearner:
    """Erase a learner here, and wherever this school's computers and hub hear of it.

    Raises NotHereError except at her school's server, NotFoundError, StoreError.
    """
    check_may_erase(room)
    home = room.home
    learner = room.people.find_id(learner_id)
    events = room.store.event_count_of(learner_id)
    ids, accepted = room.aliases_of(learner_id), _accepted(room, learner_id)
    records = [erase_record(home.node_key, home.school_id, each) for each in ids]
    with room.store.transaction() as tx:
        erasing.erase(tx, room.hooks, records)
    return ErasedLearner(learner.name or learner_id.hex(), events, accepted)


def _accepted(room: "Classroom", learner_id: LearnerId) -> int:
    with room.store.reading() as connection:
        overturned, _ = words_on_items(connection, room.home.school_id)
    if not overturned:
        return 0
    typed = set()
    for stored in room.events_of(learner_id):
        if stored.event.kind == Kind.ATTEMPT:
            with suppress(KindError):
                said = payload_of(stored.event)
                if isinstance(said, Attempt) and said.typed:
                    typed.add(AnswerKey.of(said))
    return len(typed & answers_said(overturned).keys())


def forget(
    tx: "Tx",
    projection: "Projection",
    school_id: bytes,
    learner_hashes: AbstractSet[bytes],
    *,
    role: Role,
) -> None:
    """Forget learners in the tables of this room, in the transaction that erases their events."""
    gone = {each for each in _ids_here(tx.connection) if erased_hash(each) in learner_hashes}
    others = _once_merged(tx.connection, gone, role)
    projection.forget(tx, school_id, sorted(gone | others), gone=gone)
    for learner_id in gone:  # after that: folding anew needed to know who is one
        resume.forget(tx.connection, learner_id)
        _forget_decisions(tx.connection, school_id, learner_id)
    projection.settle_aliases(tx, gone)


def _once_merged(connection: sqlite3.Connection, gone: set[bytes], role: Role) -> set[bytes]:
    """Who was once taken for one of them: the event that said so is a leaf now, and not hers.

    A computer keeps no decisions, and few learners: any of them may be the one.
    """
    query = "SELECT DISTINCT subject FROM lt_decision WHERE kind = ? AND instr(body, ?)"
    found = {
        subject
        for learner_id in gone
        for (subject,) in connection.execute(query, (int(Kind.MERGE), learner_id))
    }
    if gone and role is Role.COMPUTER:
        found |= {each for (each,) in connection.execute("SELECT learner_id FROM lt_learner")}
    return found - gone


def _forget_decisions(connection: sqlite3.Connection, school_id: bytes, learner_id: bytes) -> None:
    """What this school decided of her: at a hub another one, where she went, may have, too."""
    connection.execute(
        "DELETE FROM lt_decision WHERE school_id = ?1 AND (subject = ?2 OR instr(body, ?2))",
        (school_id, learner_id),
    )
    connection.execute(
        "DELETE FROM lt_ignored WHERE school_id = ? AND learner_id = ?", (school_id, learner_id)
    )
    connection.execute("DELETE FROM lt_notice WHERE instr(value, ?)", (learner_id,))


def erasure_status(room: "Classroom") -> dict[str, Any]:
    """How many are erased here, and who has said to have applied all of it; None: no hub."""
    home, store = room.home, room.store
    school_id = home.school_id
    with store.reading() as connection:
        ours = erased_rows.digest(connection, school_id)
        learners = len(erased_rows.records(connection, school_id))
        peers = [peer for peer in store.peers() if peer.role is not Role.SCHOOL]
        applied = {
            peer.node_id: erased_rows.said_by(connection, peer.node_id) == ours for peer in peers
        }
    computers = [applied[peer.node_id] for peer in peers if peer.role is Role.COMPUTER]
    hubs = [applied[peer.node_id] for peer in peers if peer.role is Role.HUB]
    return {
        "learners": learners,
        "computers": len(computers),
        "applied": sum(computers),
        "hub": all(hubs) if hubs else None,
    }


def _ids_here(connection: sqlite3.Connection) -> set[bytes]:
    """Whatever may be a learner's id in the tables of this room."""
    rows = connection.execute(
        "SELECT learner_id FROM lt_learner UNION SELECT learner_id FROM lt_answers"
        " UNION SELECT learner_id FROM lt_sitting UNION SELECT record_id FROM lt_op"
        " UNION SELECT learner_id FROM lt_person UNION SELECT learner_id FROM lt_membership"
        " UNION SELECT record_id FROM lt_conflict UNION SELECT learner_id FROM local_place"
        " UNION SELECT learner_id FROM local_guest UNION SELECT learner_id FROM local_seen"
        " UNION SELECT owner FROM local_tries UNION SELECT learner_id FROM lt_alias"
        " UNION SELECT root FROM lt_alias UNION SELECT subject FROM lt_decision"
        " UNION SELECT learner_id FROM lt_ignored WHERE learner_id IS NOT NULL"
    )
    return {learner_id for (learner_id,) in rows}
