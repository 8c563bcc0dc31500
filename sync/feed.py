"""The feed on both sides (sync.md section 7): an authority's current records, a receiver's copies.

Owns the tables `feed` (authority), `record`, `copy` and `cursor` (receiver). Functions over a
connection; those that write are called inside a writing transaction. Does not know what a value
means, nor who may have a scope.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from darasa.sync import clock_rows, events_table, learner_events
from darasa.sync.clock_events import KIND as CLOCK
from darasa.sync.erased_rows import erased_among
from darasa.sync.event import EventCopy, StoredEvent, parse_event
from darasa.sync.events_table import Link
from darasa.sync.ids import NO_SCHOOL, Chain, NodeId, RecordId
from darasa.sync.named_learners import MERGE, learners_of
from darasa.sync.rows import LogRow, know_log

LEARNER_SCOPE: Final = b"l"
"""Scopes that begin so are a learner's events as copies; the rest of the scope is her id."""
RECORD_ID_BYTES_MAX: Final = 64  # a cursor names one
VALUE_BYTES_MAX: Final = 48 * 1024  # one record always fits a 64 KiB frame
_SEQ_KEY_BYTES: Final = 8


class Cursor(NamedTuple):
    """A resume point in an authority's feed: a transaction of its store, by number and tag.

    `after` is set in the middle of a list only: the key of the last record of that transaction; the
    tag is then that of the transaction up to which the list was read.
    """

    ordinal: int
    tag: bytes
    after: bytes | None = None


class FeedRecord(NamedTuple):
    """A record as the authority holds it; value None is a deletion."""

    ordinal: int
    record_id: RecordId
    value: bytes | None


class FedCopy(NamedTuple):
    """An event of a learner's scope; `key` orders those of one transaction (32 bytes)."""

    ordinal: int
    key: bytes
    copy: EventCopy


class Dropped(NamedTuple):
    """What a complete list no longer holds."""

    record_ids: tuple[RecordId, ...]
    copies: int


# -- authority ----------------------------------------------------------------------------


def current_value(
    connection: sqlite3.Connection, scope: bytes, record_id: bytes
) -> tuple[bool, bytes | None]:
    """Whether that record was ever published in that scope, and its value."""
    row = connection.execute(
        "SELECT value FROM feed WHERE scope = ? AND record_id = ?", (scope, record_id)
    ).fetchone()
    return (False, None) if row is None else (True, row[0])


def put_feed(
    connection: sqlite3.Connection,
    ordinal: int,
    scope: bytes,
    record_id: bytes,
    value: bytes | None,
) -> None:
    """Make a value the current one."""
    connection.execute(
        "INSERT INTO feed (scope, record_id, ordinal, value) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (scope, record_id) DO UPDATE"
        " SET ordinal = excluded.ordinal, value = excluded.value",
        (scope, record_id, ordinal, value),
    )


def published(connection: sqlite3.Connection, scope: bytes) -> dict[RecordId, bytes]:
    """The current records of a scope, on the authority's side."""
    rows = connection.execute(
        "SELECT record_id, value FROM feed WHERE scope = ? AND value IS NOT NULL"
        " ORDER BY record_id",
        (scope,),
    )
    return {RecordId(record_id): value for record_id, value in rows}


def feed_after(
    connection: sqlite3.Connection,
    scope: bytes,
    *,
    after: tuple[int, bytes | None] | None,
    upto: int,
    limit: int,
) -> list[FeedRecord]:
    """At most `limit` records of a scope after (ordinal, record_id), by (ordinal, record_id).

    A record_id of None means after the whole transaction. None is the start: deletions are left
    out, there is nothing there to delete.
    """
    ordinal, record_id = after or (0, None)
    rows = connection.execute(
        "SELECT ordinal, record_id, value FROM feed WHERE scope = :scope"
        " AND ordinal BETWEEN :ordinal AND :upto"
        " AND (ordinal > :ordinal OR record_id > :record_id)"
        " AND (value IS NOT NULL OR NOT :is_start)"
        " ORDER BY ordinal, record_id LIMIT :limit",
        {
            "scope": scope,
            "ordinal": ordinal,
            "upto": upto,
            "record_id": record_id,  # NULL compares to nothing
            "is_start": after is None,
            "limit": limit,
        },
    )
    return [FeedRecord._make(row) for row in rows]


def copies_after(
    connection: sqlite3.Connection,
    learner_id: bytes,
    *,
    after: tuple[int, bytes | None] | None,
    upto: int,
    limit: int,
    receiver_has: Mapping[bytes, int],
) -> list[FedCopy]:
    """At most `limit` believed events of a learner after (ordinal, key), by (ordinal, key).

    `receiver_has` leaves out events of these logs up to that number.
    """
    ordinal, key = after or (0, None)

    def is_wanted(log: LogRow, link: Link) -> bool:
        if link.ordinal == ordinal and not (
            key is not None and (log.log_id, link.seq, link.chain) > key_fields(key)
        ):
            return False
        return link.seq > receiver_has.get(log.log_id, 0)

    found = learner_events.of_learner_in_order(
        connection, learner_id, first=ordinal, last=upto, limit=limit, is_wanted=is_wanted
    )
    return [_fed_copy(log, link) for log, link in found]


def copy_key(log_id: bytes, seq: int, chain: bytes) -> bytes:
    """The 32 bytes that order the copies of one transaction: log_id, seq big-endian, chain."""
    return log_id + seq.to_bytes(_SEQ_KEY_BYTES, "big") + chain


def key_fields(key: bytes) -> tuple[bytes, int, bytes]:
    """The (log_id, seq, chain) of a `copy_key`; of other bytes, some place in the order."""
    return key[:8], int.from_bytes(key[8:16], "big") & (2**62 - 1), key[16:]


def _fed_copy(log: LogRow, link: Link) -> FedCopy:
    assert link.canonical is not None
    assert link.ordinal is not None
    copy = EventCopy(log.school_id, log.log_id, link.seq, link.chain, link.canonical, log.genesis)
    return FedCopy(link.ordinal, copy_key(log.log_id, link.seq, link.chain), copy)


# -- receiver -----------------------------------------------------------------------------


def begin_list(connection: sqlite3.Connection, scope: bytes) -> None:
    """A list of a scope begins anew: what it does not name again goes at `finish_list`."""
    for table in ("record", "copy"):
        connection.execute(f"UPDATE {table} SET is_fresh = 0 WHERE scope = ?", (scope,))


def put_records(
    connection: sqlite3.Connection, scope: bytes, records: Iterable[tuple[bytes, bytes | None]]
) -> None:
    """Take records of a scope; None deletes."""
    for record_id, value in records:
        if value is None:
            connection.execute(
                "DELETE FROM record WHERE scope = ? AND record_id = ?", (scope, record_id)
            )
        else:
            connection.execute(
                "INSERT INTO record (scope, record_id, value) VALUES (?, ?, ?)"
                " ON CONFLICT (scope, record_id) DO UPDATE"
                " SET value = excluded.value, is_fresh = 1",
                (scope, record_id, value),
            )


def put_copies(
    connection: sqlite3.Connection, scope: bytes, copies: Sequence[EventCopy]
) -> list[StoredEvent]:
    """Take copies of a learner's scope; answer those that were visible in no table before.

    Those of learners who are erased are passed over.

    Raises EventError for bytes that are no event, or a genesis that does not fit its log.
    """
    visible: list[StoredEvent] = []
    held: dict[int, set[Chain]] = {}
    for copy in copies:
        event = parse_event(copy.canonical)
        log = know_log(connection, copy.school_id or NO_SCHOOL, copy.log_id, copy.genesis)
        if erased_among(connection, log.school_id, learners_of(event)):
            continue
        place = (log.log_key, copy.seq, copy.chain)
        if log.log_key not in held:
            held[log.log_key] = _believed_chains(connection, log, copies)
        if copy.chain not in held[log.log_key] and not _is_copied(connection, place):
            visible.append(log.stored(copy.seq, copy.chain, copy.canonical, event))
        connection.execute(
            "INSERT INTO copy (scope, log_key, seq, chain, learner_id, kind, lamport, canonical)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (scope, log_key, seq, chain) DO UPDATE SET is_fresh = 1",
            (scope, *place, event.learner_id, event.kind, event.lamport, copy.canonical),
        )
        if event.kind == CLOCK:
            stored = log.stored(copy.seq, copy.chain, copy.canonical, event)
            clock_rows.note(connection, log, (stored,), ordinal=None)
    return visible


def finish_list(connection: sqlite3.Connection, scope: bytes) -> Dropped:
    """The list is complete: delete what it did not name, and say what that was."""
    gone = connection.execute(
        "DELETE FROM record WHERE scope = ? AND is_fresh = 0 RETURNING record_id", (scope,)
    ).fetchall()
    copies = connection.execute(
        "DELETE FROM copy WHERE scope = ? AND is_fresh = 0 RETURNING log_key, seq, chain, kind",
        (scope,),
    ).fetchall()
    clock_rows.forget(connection, (row[:3] for row in copies if row[3] == CLOCK))
    return Dropped(tuple(RecordId(record_id) for (record_id,) in gone), len(copies))


def drop_scope(connection: sqlite3.Connection, scope: bytes) -> Dropped:
    """Delete a scope whole, with its cursor: this node is no longer to have it."""
    connection.execute("DELETE FROM cursor WHERE scope = ?", (scope,))
    begin_list(connection, scope)
    return finish_list(connection, scope)


def records(
    connection: sqlite3.Connection, scope: bytes, *, limit: int = -1
) -> dict[RecordId, bytes]:
    """The records held of a scope, on the receiver's side; at most `limit`, if there is one."""
    rows = connection.execute(
        "SELECT record_id, value FROM record WHERE scope = ? ORDER BY record_id LIMIT ?",
        (scope, limit),
    )
    return {RecordId(record_id): value for record_id, value in rows}


def held_scopes(connection: sqlite3.Connection) -> list[bytes]:
    """The scopes of which this node holds a cursor."""
    return [scope for (scope,) in connection.execute("SELECT scope FROM cursor ORDER BY scope")]


def set_cursor(
    connection: sqlite3.Connection, authority: NodeId, scope: bytes, cursor: Cursor
) -> None:
    """Note how far the authority's feed of a scope has come in."""
    connection.execute(
        "INSERT INTO cursor (scope, authority, ordinal, tag, after) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (scope) DO UPDATE SET authority = excluded.authority,"
        " ordinal = excluded.ordinal, tag = excluded.tag, after = excluded.after",
        (scope, authority, cursor.ordinal, cursor.tag, cursor.after),
    )


def has_cursor(connection: sqlite3.Connection, authority: NodeId, scope: bytes) -> bool:
    """Whether this node is anywhere in a scope of an authority."""
    found = connection.execute(
        "SELECT 1 FROM cursor WHERE scope = ? AND authority = ?", (scope, authority)
    )
    return found.fetchone() is not None


def cursors(connection: sqlite3.Connection, authority: NodeId) -> Mapping[bytes, Cursor]:
    """Where this node is in each scope of an authority."""
    rows = connection.execute(
        "SELECT scope, ordinal, tag, after FROM cursor WHERE authority = ? ORDER BY scope",
        (authority,),
    )
    return {scope: Cursor(*rest) for scope, *rest in rows}


def copies(
    connection: sqlite3.Connection,
    *,
    learner_id: bytes | None = None,
    log_key: int | None = None,
    seq: int | None = None,
    kinds: Collection[int] | None = None,
) -> list[tuple[int, int, Chain, bytes]]:
    """(log_key, seq, chain, canonical) of each copied event once, narrowed to what is given."""
    clauses = {"learner_id = ?": learner_id, "log_key = ?": log_key, "seq = ?": seq}
    given = {clause: value for clause, value in clauses.items() if value is not None}
    where = [*given]
    if kinds is not None:
        where.append(f"kind IN ({', '.join(str(int(kind)) for kind in kinds)})")
    rows = connection.execute(
        "SELECT log_key, seq, chain, min(canonical) FROM copy"
        f"{' WHERE ' if where else ''}{' AND '.join(where)} GROUP BY log_key, seq, chain",
        tuple(given.values()),
    )
    return [(key, at, Chain(chain), canonical) for key, at, chain, canonical in rows]


def max_lamport_of_copies(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """The greatest lamport of a learner's copies; 0 for none."""
    row = connection.execute(
        "SELECT max(lamport) FROM copy WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return int(row[0] or 0)


def learners_of_copies(connection: sqlite3.Connection) -> set[bytes]:
    """The learners whom a copy names."""
    rows = connection.execute("SELECT DISTINCT learner_id FROM copy WHERE learner_id IS NOT NULL")
    found = {learner_id for (learner_id,) in rows}
    merges = connection.execute("SELECT canonical FROM copy WHERE kind = ?", (MERGE,))
    return found.union(*(learners_of(parse_event(raw)) for (raw,) in merges))


def erase_copies(connection: sqlite3.Connection, learner_id: bytes) -> None:
    """Delete the copies that name a learner."""
    connection.execute(
        "DELETE FROM copy WHERE learner_id = ?1 OR (kind = ?2 AND instr(canonical, ?1))",
        (learner_id, MERGE),
    )


def _believed_chains(
    connection: sqlite3.Connection, log: LogRow, copies_: Sequence[EventCopy]
) -> set[Chain]:
    """The chains of a log's believed events at the places that its copies name."""
    seqs = [copy.seq for copy in copies_ if copy.log_id == log.log_id]
    return events_table.believed_chains(connection, log, min(seqs), max(seqs))


def _is_copied(connection: sqlite3.Connection, place: tuple[int, int, bytes]) -> bool:
    """Whether a copy of that event is here."""
    found = connection.execute(
        "SELECT 1 FROM copy WHERE log_key = ? AND seq = ? AND chain = ? LIMIT 1", place
    )
    return found.fetchone() is not None
