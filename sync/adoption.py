"""Giving logs a school: what a node wrote before it joined (sync.md section 3).

The learning layer writes and checks the `adopt` event; this moves the rows.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Iterable

from darasa.sync import clock_rows, events_table
from darasa.sync.chains import covered_chains, tips_of_log
from darasa.sync.ids import NO_SCHOOL, LogId, SchoolId
from darasa.sync.rows import LogRow, find_log


def adopt(
    connection: sqlite3.Connection, ordinal: int, school_id: SchoolId, log_ids: Iterable[LogId]
) -> int:
    """Give logs without a school to this one; answer how many. Others are left as they are.

    Their events count as new in this transaction, so that every peer is offered them.
    """
    adopted = 0
    for log_id in log_ids:
        log = find_log(connection, NO_SCHOOL, log_id)
        if log is None:
            continue
        twin = find_log(connection, school_id, log_id)
        if twin is not None:  # known by copies from the feed, or held: one log, by its id
            _merge(connection, twin, log)
        connection.execute(
            "UPDATE log SET school_id = ?, last_ordinal = ? WHERE log_key = ?",
            (school_id, ordinal, log.log_key),
        )
        events_table.give_ordinal(connection, log, ordinal)
        connection.execute(
            "UPDATE clock SET ordinal = ? WHERE log_key = ? AND ordinal IS NOT NULL",
            (ordinal, log.log_key),
        )
        clock_rows.settle(connection, log_id)
        adopted += 1
    return adopted


def logs_without_school(connection: sqlite3.Connection, node_id: bytes) -> list[LogId]:
    """The logs that a node wrote before it joined: what its `adopt` event lists."""
    rows = connection.execute(
        "SELECT log_id FROM log WHERE school_id = ? AND node_id = ? AND events > 0"
        " ORDER BY log_key",
        (NO_SCHOOL, node_id),
    )
    return [LogId(log_id) for (log_id,) in rows]


def _merge(connection: sqlite3.Connection, twin: LogRow, log: LogRow) -> None:
    """Move what the twin row of a log has to the log; equal chains are equal events."""
    from_key, to_key = twin.log_key, log.log_key
    events_table.merge(connection, twin, log)
    for table in ("copy", "receipt", "tip", "clock", "unsigned_run"):
        connection.execute(
            f"UPDATE OR IGNORE {table} SET log_key = ? WHERE log_key = ?", (to_key, from_key)
        )
        connection.execute(f"DELETE FROM {table} WHERE log_key = ?", (from_key,))
    connection.execute("DELETE FROM log WHERE log_key = ?", (from_key,))
    sums = events_table.sums(connection, log)
    connection.execute(
        "UPDATE log SET events = ?, lamport_max = ? WHERE log_key = ?",
        (sums.events, sums.lamport_max, to_key),
    )
    _drop_passed_tips(connection, log)


def _drop_passed_tips(connection: sqlite3.Connection, log: LogRow) -> None:
    """Of the tips of both rows keep those that no other is beyond."""
    tips = tips_of_log(connection, log)
    for tip in tips:
        others = [other for other in tips if other != tip]
        if tip.chain in covered_chains(connection, log, others):
            connection.execute(
                "DELETE FROM tip WHERE log_key = ? AND chain = ?", (log.log_key, tip.chain)
            )
