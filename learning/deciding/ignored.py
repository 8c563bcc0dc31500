"""What is kept and does not count: noted when it comes, listed for those who look after the school.

Owns: the table lt_ignored. An event is in it when its author may not say it, when it waits for the
school's word, or when its author is restricted. Nothing in it is lost: when a decision changes, it
is folded and leaves the list.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from darasa.learning.deciding.authority import KINDS
from darasa.learning.deciding.judging import Judge, Verdict, Why, field_of
from darasa.learning.kinds import Kind
from darasa.sync import reads
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId, NodeId, SchoolId

OF_NOBODY: Final = frozenset(int(kind) for kind in (*KINDS, Kind.OP) if kind < 16 or kind >= 48)
"""Kinds that are said without a learner in the envelope too; the others always bear one."""


class IgnoredEvent(Struct, frozen=True):
    """One event that is kept and does not count. `field` is that of an op."""

    school_id: SchoolId
    log_id: bytes
    seq: int
    chain: bytes
    author: NodeId
    learner_id: LearnerId | None
    kind: int
    field: str | None
    why: Why
    happened_ms: int


def note_ignored(connection: sqlite3.Connection, stored: StoredEvent, verdict: Verdict) -> None:
    """Note an event that does not count."""
    event = stored.event
    connection.execute(
        "INSERT OR REPLACE INTO lt_ignored VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.school_id,
            *stored.order_key,
            stored.author,
            event.learner_id,
            event.kind,
            field_of(event.body) if event.kind == Kind.OP else None,
            str(verdict.why),
        ),
    )


def note_of_nobody(
    connection: sqlite3.Connection, events: Iterable[StoredEvent], judge: Judge
) -> None:
    """Note those that do not count among events without a learner."""
    for stored in events:
        if stored.event.learner_id is not None or stored.event.kind not in OF_NOBODY:
            continue
        verdict = judge.look(stored)
        if not verdict.counts:
            note_ignored(connection, stored, verdict)


def forget(connection: sqlite3.Connection, stored: StoredEvent) -> None:
    """An event is judged anew."""
    connection.execute(
        "DELETE FROM lt_ignored WHERE school_id = ? AND lamport = ? AND log_id = ? AND seq = ?"
        " AND chain = ?",
        (stored.school_id, *stored.order_key),
    )


def ignored_events(
    connection: sqlite3.Connection, *, author: NodeId | None = None, limit: int = 1_000
) -> list[IgnoredEvent]:
    """The newest events that are kept and do not count; of one author when given."""
    rows = connection.execute(
        "SELECT school_id, log_id, seq, chain, author, learner_id, kind, field, why"
        " FROM lt_ignored WHERE ?1 IS NULL OR author = ?1"
        " ORDER BY lamport DESC, log_id, seq DESC, chain LIMIT ?2",
        (author, limit),
    )
    return [
        IgnoredEvent(
            SchoolId(school),
            log_id,
            seq,
            chain,
            NodeId(who),
            None if learner is None else LearnerId(learner),
            kind,
            field,
            Why(why),
            _when(connection, log_id, seq, chain),
        )
        for school, log_id, seq, chain, who, learner, kind, field, why in rows
    ]


def _when(connection: sqlite3.Connection, log_id: bytes, seq: int, chain: bytes) -> int:
    """When it happened, as far as is known now: a clock event may have corrected it."""
    stored = reads.event_at(connection, log_id, seq, chain8=chain[:8])
    return 0 if stored is None else stored.happened_ms


def ignored_counts(connection: sqlite3.Connection) -> dict[Why, int]:
    """How many events do not count, by why."""
    rows = connection.execute("SELECT why, count(*) FROM lt_ignored GROUP BY why ORDER BY why")
    return {Why(why): count for why, count in rows}


def held_counts(connection: sqlite3.Connection) -> dict[NodeId, int]:
    """How many events of each restricted node wait for someone to accept them."""
    rows = connection.execute(
        "SELECT author, count(*) FROM lt_ignored WHERE why = ? GROUP BY author", (str(Why.HELD),)
    )
    return {NodeId(author): count for author, count in rows}
