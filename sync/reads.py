"""Reads of the believed events: functions over a connection, of the store or of a transaction.

Provisional events are in none of them. `events_of` and `max_lamport` join the logs held here with
the copies from the feed; everything else speaks of the logs alone. Does not write.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from darasa.sync.chains import Run, runs_after
from darasa.sync.event import Genesis, StoredEvent, parse_genesis
from darasa.sync.frontier import Head, Tip, frontier_digest
from darasa.sync.ids import Chain, LogId, NodeId, SchoolId
from darasa.sync.rows import LOG_COLUMNS, LogRow, event_of_row, find_log, log_row

RUN_BYTES_MAX: Final = 32 * 1024
_LOG_WIDTH: Final = 6

_FOLD_ORDER: Final = " ORDER BY found.lamport, log.log_id, found.seq, found.chain"
# A copy whose event is in a log here is the same event: it counts once.
_EVENTS_AND_COPIES: Final = (
    f"SELECT {LOG_COLUMNS}, found.seq, found.chain, found.canonical FROM ("
    " SELECT log_key, seq, chain, lamport, canonical FROM event"
    "  WHERE ordinal IS NOT NULL{where}"
    " UNION ALL"
    " SELECT log_key, seq, chain, lamport, min(canonical) FROM copy WHERE NOT EXISTS"
    "  (SELECT 1 FROM event WHERE event.log_key = copy.log_key AND event.seq = copy.seq"
    "   AND event.chain = copy.chain AND event.ordinal IS NOT NULL){where}"
    "  GROUP BY log_key, seq, chain"
    ") AS found JOIN log USING (log_key)"
)


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


def events_of(connection: sqlite3.Connection, learner_id: bytes) -> list[StoredEvent]:
    """All events of a learner, each once, in the order they fold."""
    rows = connection.execute(
        _EVENTS_AND_COPIES.format(where=" AND learner_id = ?1") + _FOLD_ORDER, (learner_id,)
    )
    return [_stored(row) for row in rows]


def all_events(
    connection: sqlite3.Connection, *, kinds: Collection[int] | None = None
) -> Iterator[StoredEvent]:
    """All events, copies too, each once, in the order they fold; only of `kinds` when given."""
    where = "" if kinds is None else f" AND kind IN ({', '.join(str(int(k)) for k in kinds)})"
    rows = connection.execute(_EVENTS_AND_COPIES.format(where=where) + _FOLD_ORDER)
    return map(_stored, rows)


def events_after(
    connection: sqlite3.Connection, ordinal: int, *, school_id: bytes | None = None
) -> Iterator[StoredEvent]:
    """The events of logs that were believed after a transaction, oldest first."""
    rows = connection.execute(
        f"SELECT {LOG_COLUMNS}, event.seq, event.chain, event.canonical"
        " FROM log JOIN event USING (log_key)"
        " WHERE log.last_ordinal > ?1 AND event.ordinal > ?1"
        " AND (?2 IS NULL OR log.school_id = ?2)"
        " ORDER BY event.ordinal, event.event_key",
        (ordinal, school_id),
    )
    return map(_stored, rows)


def event_at(
    connection: sqlite3.Connection, log_id: bytes, seq: int, *, chain8: bytes | None = None
) -> StoredEvent | None:
    """The event at a place of a log of any school, the first by chain if it forks there."""
    rows = connection.execute(
        _EVENTS_AND_COPIES.format(
            where=" AND seq = ?2 AND log_key IN (SELECT log_key FROM log WHERE log_id = ?1)"
        )
        + _FOLD_ORDER,
        (log_id, seq),
    )
    found = (_stored(row) for row in rows)
    return next((each for each in found if chain8 in {None, each.chain[:8]}), None)


def max_lamport(connection: sqlite3.Connection, learner_id: bytes | None = None) -> int:
    """The greatest lamport known: of a learner's events, or of all when None; 0 for none."""
    if learner_id is None:
        query = "SELECT (SELECT max(lamport_max) FROM log), (SELECT max(lamport) FROM copy)"
        row = connection.execute(query).fetchone()
    else:
        row = connection.execute(
            "SELECT (SELECT max(lamport) FROM event WHERE learner_id = ?1 AND ordinal > 0),"
            " (SELECT max(lamport) FROM copy WHERE learner_id = ?1)",
            (learner_id,),
        ).fetchone()
    return max(row[0] or 0, row[1] or 0)


def event_count(connection: sqlite3.Connection) -> int:
    """How many events the logs here hold; copies are not counted."""
    return int(connection.execute("SELECT coalesce(sum(events), 0) FROM log").fetchone()[0])


def event_count_of(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """How many events of a learner are here, copies too, each once."""
    return int(
        connection.execute(
            "SELECT (SELECT count(*) FROM event WHERE learner_id = ?1 AND ordinal > 0)"
            " + (SELECT count(*) FROM (SELECT DISTINCT log_key, seq, chain FROM copy"
            "  WHERE learner_id = ?1"
            "  AND NOT EXISTS (SELECT 1 FROM event WHERE event.log_key = copy.log_key"
            "   AND event.seq = copy.seq AND event.chain = copy.chain AND event.ordinal > 0)))",
            (learner_id,),
        ).fetchone()[0]
    )


def learners(connection: sqlite3.Connection) -> list[bytes]:
    """The ids of every learner who has an event here, copies too."""
    rows = connection.execute(
        "SELECT learner_id FROM event WHERE learner_id IS NOT NULL AND ordinal > 0 UNION"
        " SELECT learner_id FROM copy WHERE learner_id IS NOT NULL ORDER BY 1"
    )
    return [learner_id for (learner_id,) in rows]


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


def _stored(row: tuple[object, ...]) -> StoredEvent:
    """A StoredEvent from LOG_COLUMNS, seq, chain, canonical."""
    seq, chain, canonical = row[_LOG_WIDTH:]
    assert isinstance(seq, int)
    assert isinstance(chain, bytes)
    assert isinstance(canonical, bytes)
    return log_row(row[:_LOG_WIDTH]).stored(seq, chain, canonical, event_of_row(canonical))
