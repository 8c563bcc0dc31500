"""Reads of the believed events: functions over a connection, of the store or of a transaction.

Provisional events are in none of them. `events_of` and `max_lamport` join the logs held here with
the copies from the feed; everything else speaks of the logs alone. Does not write.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache, partial
from typing import Final, NamedTuple

from darasa.sync import events_table, feed, learner_events
from darasa.sync.chains import Run, runs_after, tips_of_log
from darasa.sync.event import Genesis, StoredEvent, parse_genesis
from darasa.sync.events_table import Link
from darasa.sync.frontier import Head, Tip, frontier_digest
from darasa.sync.ids import Chain, LogId, NodeId, SchoolId
from darasa.sync.rows import (
    LOG_COLUMNS,
    LogRow,
    event_of_row,
    find_log,
    log_of_key,
    log_row,
    logs_of_author,
)

RUN_BYTES_MAX: Final = 32 * 1024


class Position(NamedTuple):
    """The newest writing transaction: number and random tag. (0, zeros) in an empty store."""

    ordinal: int
    tag: bytes


def position(connection: sqlite3.Connection) -> Position:
    """Where the store stands."""
    row = connection.execute(
        "SELECT ordinal, tag FROM txn ORDER BY ordinal DESC LIMIT 1"
    ).fetchone()
    return Position(0, bytes(8)) if row is None else Position(*row)


def transaction_tag(connection: sqlite3.Connection, ordinal: int) -> bytes | None:
    """The tag of a transaction, or None when this store never had it."""
    row = connection.execute("SELECT tag FROM txn WHERE ordinal = ?", (ordinal,)).fetchone()
    return None if row is None else row[0]


def transactions_of(connection: sqlite3.Connection, tags: Collection[bytes]) -> dict[bytes, int]:
    """Tag → transaction, of those tags that this store has.

    Cost: a scan of the newer transactions, of all when one of the tags is not here.
    """
    places = ", ".join("?" * len(tags))
    rows = connection.execute(
        f"SELECT tag, ordinal FROM txn WHERE tag IN ({places}) ORDER BY ordinal DESC LIMIT ?",
        (*tags, len(tags)),
    )
    return dict(rows.fetchall())


def events_of(connection: sqlite3.Connection, learner_id: bytes) -> list[StoredEvent]:
    """All events of a learner, each once, in the order they fold."""
    found = list(learner_events.of_learner(connection, learner_id))
    copies = feed.copies(connection, learner_id=learner_id)
    return _in_fold_order(connection, found, copies)


def all_events(
    connection: sqlite3.Connection, *, kinds: Collection[int] | None = None
) -> Iterator[StoredEvent]:
    """All events, copies too, each once, in the order they fold; only of `kinds` when given.

    Cost: without `kinds`, all of them in memory.
    """
    found = list(learner_events.of_kinds(connection, kinds))
    return iter(_in_fold_order(connection, found, feed.copies(connection, kinds=kinds)))


def _in_fold_order(
    connection: sqlite3.Connection,
    found: Iterable[tuple[int, Link]],
    copies: Iterable[tuple[int, int, Chain, bytes]],
) -> list[StoredEvent]:
    """Events of logs and copies, each once. A copy of what is in a log here is the same event."""
    log_of = lru_cache(maxsize=None)(partial(log_of_key, connection))
    stored: dict[tuple[int, bytes], StoredEvent] = {}
    for log_key, link in found:
        if link.canonical is not None:
            stored[log_key, link.chain] = _stored(
                log_of(log_key), link.seq, link.chain, link.canonical
            )
    for log_key, seq, chain, canonical in copies:
        if (log_key, chain) not in stored:
            stored[log_key, chain] = _stored(log_of(log_key), seq, chain, canonical)
    return sorted(stored.values(), key=lambda each: each.order_key)


def events_after(
    connection: sqlite3.Connection, ordinal: int, *, school_id: bytes | None = None
) -> Iterator[StoredEvent]:
    """The events of logs that were believed after a transaction, oldest first.

    Those of one transaction by log, in order. Cost: all of them in memory.
    """
    query = (
        f"SELECT {LOG_COLUMNS} FROM log WHERE last_ordinal > ?1"
        " AND (?2 IS NULL OR school_id = ?2) ORDER BY log_key"
    )
    found = [
        (link.ordinal, log, link)
        for log in map(log_row, connection.execute(query, (ordinal, school_id)).fetchall())
        for link in events_table.links_after(connection, log, ordinal)
        if link.ordinal is not None
    ]
    found.sort(key=lambda each: each[0])
    return (
        _stored(log, link.seq, link.chain, link.canonical)
        for _, log, link in found
        if link.canonical is not None
    )


def newest_of(
    connection: sqlite3.Connection, school_id: bytes, author: bytes
) -> StoredEvent | None:
    """The event of a node that was believed last; None without any that was not erased."""
    row = connection.execute(
        f"SELECT {LOG_COLUMNS} FROM log WHERE school_id = ? AND node_id = ? AND events > 0"
        " ORDER BY last_ordinal DESC, log_key DESC LIMIT 1",
        (school_id, author),
    ).fetchone()
    return None if row is None else newest_of_log(connection, log_row(row))


def newest_of_log(connection: sqlite3.Connection, log: LogRow) -> StoredEvent | None:
    """The last event of a log that was not erased at its tips; None without one."""
    for tip in reversed(tips_of_log(connection, log)):
        link = events_table.link_at(connection, log, tip.seq, tip.chain)
        if link is not None and link.canonical is not None:
            return _stored(log, link.seq, link.chain, link.canonical)
    return None


def event_at(
    connection: sqlite3.Connection, log_id: bytes, seq: int, *, chain8: bytes | None = None
) -> StoredEvent | None:
    """The event at a place of a log of any school, the first by chain if it forks there."""
    rows = connection.execute(f"SELECT {LOG_COLUMNS} FROM log WHERE log_id = ?", (log_id,))
    logs = [log_row(row) for row in rows.fetchall()]
    found = [
        (log.log_key, link)
        for log in logs
        for link in events_table.links_at(connection, log, seq)
        if link.is_believed
    ]
    copies = [
        each for log in logs for each in feed.copies(connection, log_key=log.log_key, seq=seq)
    ]
    events = _in_fold_order(connection, found, copies)
    return next((each for each in events if chain8 in {None, each.chain[:8]}), None)


def max_lamport(connection: sqlite3.Connection, learner_id: bytes | None = None) -> int:
    """The greatest lamport known: of a learner's events, or of all when None; 0 for none."""
    if learner_id is None:
        query = "SELECT (SELECT max(lamport_max) FROM log), (SELECT max(lamport) FROM copy)"
        row = connection.execute(query).fetchone()
        return max(row[0] or 0, row[1] or 0)
    return max(
        learner_events.max_lamport(connection, learner_id),
        feed.max_lamport_of_copies(connection, learner_id),
    )


def event_count(connection: sqlite3.Connection) -> int:
    """How many events the logs here hold; copies are not counted."""
    return int(connection.execute("SELECT coalesce(sum(events), 0) FROM log").fetchone()[0])


def event_count_of(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """How many events of a learner are here, copies too, each once."""
    own = learner_events.count_of(connection, learner_id)
    places: dict[int, set[tuple[int, bytes]]] = {}
    for log_key, seq, chain, _ in feed.copies(connection, learner_id=learner_id):
        places.setdefault(log_key, set()).add((seq, chain))
    copied = sum(
        len(each) - events_table.count_held(connection, log_of_key(connection, log_key), each)
        for log_key, each in places.items()
    )
    return own + copied


def learners(connection: sqlite3.Connection) -> list[bytes]:
    """The ids of every learner who has an event here, copies too."""
    return sorted(learner_events.learners(connection) | feed.learners_of_copies(connection))


def knows_learner(connection: sqlite3.Connection, learner_id: bytes, *, upto: int) -> bool:
    """Whether a learner surely has an event here that was believed by transaction `upto`."""
    return learner_events.has_learner(connection, learner_id, upto=upto)


def learners_like(connection: sqlite3.Connection, school_id: bytes, prefix: bytes) -> list[bytes]:
    """The first two learners of a school who have an event here and whose ids begin so."""
    return learner_events.learners_like(connection, school_id, prefix)


def log_count(connection: sqlite3.Connection) -> int:
    """How many logs here hold an event."""
    return int(connection.execute("SELECT count(*) FROM log WHERE events > 0").fetchone()[0])


def schools(connection: sqlite3.Connection) -> dict[SchoolId, tuple[int, int]]:
    """(logs, events) of each school that has any here."""
    rows = connection.execute(
        "SELECT school_id, count(*), sum(events) FROM log WHERE events > 0"
        " GROUP BY school_id ORDER BY school_id"
    )
    return {SchoolId(school): (logs, events) for school, logs, events in rows}


def logs_after(
    connection: sqlite3.Connection,
    school_id: bytes,
    *,
    after_ordinal: int = 0,
    author: bytes | None = None,
) -> list[LogRow]:
    """The logs of a school with an event believed after a transaction, oldest change first."""
    rows = connection.execute(
        f"SELECT {LOG_COLUMNS} FROM log WHERE school_id = ?1 AND last_ordinal > ?2"
        " AND (?3 IS NULL OR node_id = ?3) ORDER BY last_ordinal, log_key",
        (school_id, after_ordinal, author),
    )
    return [log_row(row) for row in rows]


def genesis_of(connection: sqlite3.Connection, school_id: bytes, log_id: bytes) -> Genesis | None:
    """The genesis of a log, or None when it is not known here."""
    log = find_log(connection, school_id, log_id)
    return None if log is None else parse_genesis(log.genesis)


def wrote_before(connection: sqlite3.Connection, node_id: bytes, ordinal: int) -> bool:
    """Whether this store had an event of that author at a transaction."""
    return ordinal > 0 and any(
        events_table.was_believed_by(connection, log, ordinal)
        for log in logs_of_author(connection, node_id)
    )


def tips(
    connection: sqlite3.Connection, school_id: bytes | None = None, *, author: bytes | None = None
) -> list[Head]:
    """The tips of all logs, with whole chains, in order; several for a forked log."""
    rows = connection.execute(
        "SELECT log.log_id, tip.seq, tip.chain FROM tip JOIN log USING (log_key)"
        " WHERE (?1 IS NULL OR school_id = ?1) AND (?2 IS NULL OR node_id = ?2)"
        " ORDER BY log.log_id, tip.seq, tip.chain",
        (school_id, author),
    )
    return [Head(LogId(log_id), seq, Chain(chain)) for log_id, seq, chain in rows]


def forked_logs(connection: sqlite3.Connection) -> list[tuple[NodeId, LogId]]:
    """The logs with several tips, and their authors: machines that share an identity."""
    rows = connection.execute(
        "SELECT log.node_id, log.log_id FROM log JOIN tip USING (log_key)"
        " GROUP BY log_key HAVING count(*) > 1 ORDER BY 1, 2"
    )
    return [(NodeId(node), LogId(log)) for node, log in rows]


def digest(
    connection: sqlite3.Connection, school_id: bytes | None = None, *, key: bytes = b""
) -> bytes:
    """The frontier digest (16 bytes) over the tips of all logs, or of one school's."""
    return frontier_digest((head.tip for head in tips(connection, school_id)), key=key)


def runs(
    connection: sqlite3.Connection,
    school_id: bytes,
    log_id: bytes,
    *,
    known: Collection[Tip] = (),
    after_ordinal: int = 0,
    bytes_max: int = RUN_BYTES_MAX,
) -> Iterator[Run]:
    """The events of a log that a peer lacks, as `chains.runs_after` has it; none if not here."""
    log = find_log(connection, school_id, log_id)
    if log is None:
        return iter(())
    return runs_after(
        connection, log, known=known, after_ordinal=after_ordinal, bytes_max=bytes_max
    )


def _stored(log: LogRow, seq: int, chain: bytes, canonical: bytes) -> StoredEvent:
    return log.stored(seq, chain, canonical, event_of_row(canonical))
