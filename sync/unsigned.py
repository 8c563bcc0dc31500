"""Provisional events in the store: who brought them, and when they go (sync.md section 8).

No signed head covers them, so they are told to nobody and folded by nothing. Nobody has a receipt
for them either: who brought them still holds them, and dropping them loses nothing.
"""

import sqlite3
from collections.abc import Collection

from darasa.sync import events_table
from darasa.sync.frontier import Tip
from darasa.sync.ids import SHORT_BYTES, Chain, LogId
from darasa.sync.rows import find_log


def note_unsigned(
    connection: sqlite3.Connection, school_id: bytes, log_id: bytes, peer: bytes
) -> None:
    """A peer brought events of a log without a head for all of them."""
    log = find_log(connection, school_id, log_id)
    if log is not None:
        connection.execute(
            "INSERT OR IGNORE INTO unsigned_run (peer, log_key) VALUES (?, ?)", (peer, log.log_key)
        )


def unsigned_logs(connection: sqlite3.Connection, school_id: bytes, peer: bytes) -> list[LogId]:
    """The logs of a school of which a peer brought events without a head."""
    rows = connection.execute(
        "SELECT log_id FROM unsigned_run JOIN log USING (log_key)"
        " WHERE peer = ? AND school_id = ? ORDER BY log_id",
        (peer, school_id),
    )
    return [LogId(log_id) for (log_id,) in rows]


def unsigned_tips(connection: sqlite3.Connection, school_id: bytes, peer: bytes) -> list[Tip]:
    """Where what a peer brought without a head ends: the last such event of each log."""
    return [
        Tip(log_id, last[0], last[1][:SHORT_BYTES])
        for log_id in unsigned_logs(connection, school_id, peer)
        if (last := last_provisional(connection, school_id, log_id)) is not None
    ]


def last_provisional(
    connection: sqlite3.Connection, school_id: bytes, log_id: bytes
) -> tuple[int, Chain] | None:
    """(seq, chain) of the last event of a log that no head covers; None when all are covered."""
    log = find_log(connection, school_id, log_id)
    return None if log is None else events_table.last_provisional(connection, log)


def drop_unsigned_of(connection: sqlite3.Connection, school_id: bytes, peer: bytes) -> int:
    """A peer has nothing more to sign for: what it alone brought goes; answer how many events."""
    log_ids = unsigned_logs(connection, school_id, peer)
    connection.execute(
        "DELETE FROM unsigned_run WHERE peer = ?1"
        " AND log_key IN (SELECT log_key FROM log WHERE school_id = ?2)",
        (peer, school_id),
    )
    alone = [log_id for log_id in log_ids if not _is_brought(connection, school_id, log_id)]
    return drop_provisional(connection, school_id, alone)


def _is_brought(connection: sqlite3.Connection, school_id: bytes, log_id: bytes) -> bool:
    """Whether another peer brought provisional events of a log too: it may have its head yet."""
    found = connection.execute(
        "SELECT 1 FROM unsigned_run JOIN log USING (log_key)"
        " WHERE school_id = ? AND log_id = ? LIMIT 1",
        (school_id, log_id),
    )
    return found.fetchone() is not None


def drop_provisional(
    connection: sqlite3.Connection, school_id: bytes, log_ids: Collection[LogId] | None = None
) -> int:
    """Forget what no signed head covers of these logs, of all when None; answer how many events."""
    if log_ids is None:
        rows = connection.execute("SELECT log_id FROM log WHERE school_id = ?", (school_id,))
        log_ids = [LogId(log_id) for (log_id,) in rows.fetchall()]
    dropped = 0
    for log_id in log_ids:
        log = find_log(connection, school_id, log_id)
        if log is None:
            continue
        dropped += events_table.drop_provisional(connection, log)
        connection.execute("DELETE FROM unsigned_run WHERE log_key = ?", (log.log_key,))
    return dropped
