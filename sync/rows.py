"""Log rows and stored events as values: what every module over the store's tables shares.

Knows the columns of `log`; decides nothing.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from darasa.sync import clock_rows
from darasa.sync.database import damaged
from darasa.sync.errors import EventError
from darasa.sync.event import (
    Event,
    Genesis,
    StoredEvent,
    chain_of_genesis,
    happened_ms,
    log_id_of,
    parse_event,
    parse_genesis,
)
from darasa.sync.ids import Chain, LogId, NodeId, SchoolId

LOG_COLUMNS: Final = (
    "log.log_key, log.school_id, log.log_id, log.node_id, log.wall_ms, log.genesis, log.offset_ms"
)


class LogRow(NamedTuple):
    """A log whose genesis is known here. `genesis` is raw; `offset_ms` as clock events have it."""

    log_key: int
    school_id: SchoolId
    log_id: LogId
    node_id: NodeId
    wall_ms: int
    genesis: bytes
    offset_ms: int = 0

    @property
    def chain_0(self) -> Chain:
        """The chain before the first event."""
        return chain_of_genesis(self.genesis)

    def stored(self, seq: int, chain: bytes, canonical: bytes, event: Event) -> StoredEvent:
        """An event of this log as the layers above know it. (By place: it is done for each.)"""
        return StoredEvent(
            self.school_id,
            self.log_id,
            seq,
            Chain(chain),
            canonical,
            event,
            self.node_id,
            happened_ms(wall_ms=self.wall_ms, offset_ms=self.offset_ms, t_ms=event.t_ms),
        )


def log_row(row: Iterable[object]) -> LogRow:
    """A LogRow from a row of LOG_COLUMNS."""
    return LogRow._make(row)


def find_log(connection: sqlite3.Connection, school_id: bytes, log_id: bytes) -> LogRow | None:
    """The log of that school with that id, or None."""
    row = connection.execute(
        f"SELECT {LOG_COLUMNS} FROM log WHERE school_id = ? AND log_id = ?", (school_id, log_id)
    ).fetchone()
    return None if row is None else log_row(row)


def log_of_key(connection: sqlite3.Connection, log_key: int) -> LogRow:
    """The log with that local number; it exists."""
    row = connection.execute(
        f"SELECT {LOG_COLUMNS} FROM log WHERE log_key = ?", (log_key,)
    ).fetchone()
    return log_row(row)


def logs_of_author(connection: sqlite3.Connection, node_id: bytes) -> list[LogRow]:
    """The logs that a node wrote, of any school, oldest first."""
    found = connection.execute(
        f"SELECT {LOG_COLUMNS} FROM log WHERE node_id = ? ORDER BY log_key", (node_id,)
    )
    return [log_row(row) for row in found.fetchall()]


def is_pruned(connection: sqlite3.Connection, log: LogRow) -> bool:
    """Whether a log's events were given away for good and deleted here (pruning.py)."""
    row = connection.execute(
        "SELECT is_pruned FROM log WHERE log_key = ?", (log.log_key,)
    ).fetchone()
    return bool(row[0])


def add_log(
    connection: sqlite3.Connection, school_id: SchoolId, genesis: Genesis, raw: bytes
) -> LogRow:
    """Note a log whose genesis has been parsed."""
    log_id = log_id_of(raw)
    cursor = connection.execute(
        "INSERT INTO log (school_id, log_id, node_id, wall_ms, genesis) VALUES (?, ?, ?, ?, ?)",
        (school_id, log_id, genesis.node_id, genesis.wall_ms, raw),
    )
    assert cursor.lastrowid is not None
    clock_rows.settle(connection, log_id)  # a clock event may have come before its log
    return log_of_key(connection, cursor.lastrowid)


def know_log(
    connection: sqlite3.Connection, school_id: SchoolId, log_id: bytes, raw_genesis: bytes
) -> LogRow:
    """The log of that genesis, noted now if it was not. Raises EventError for another genesis."""
    known = find_log(connection, school_id, log_id)
    if known is not None:
        if known.genesis != raw_genesis:
            raise EventError(f"log {log_id.hex()}: another genesis than the one known")
        return known
    genesis = parse_genesis(raw_genesis)
    if log_id_of(raw_genesis) != log_id:
        raise EventError(f"log {log_id.hex()}: the genesis belongs to another log")
    return add_log(connection, school_id, genesis, raw_genesis)


def event_of_row(canonical: bytes) -> Event:
    """The event of stored bytes. Raises StoreDamagedError: they were an event when written."""
    try:
        return parse_event(canonical)
    except EventError as error:
        raise damaged(error) from error


def note_believed(
    connection: sqlite3.Connection,
    log: LogRow,
    *,
    ordinal: int,
    parent: bytes,
    seq: int,
    chain: bytes,
    events: int,
    lamport_max: int,
) -> None:
    """Move the log's tip from `parent` to (seq, chain), and its sums with it."""
    moved = connection.execute(
        "UPDATE tip SET seq = ?, chain = ? WHERE log_key = ? AND chain = ?",
        (seq, chain, log.log_key, parent),
    )
    if not moved.rowcount:  # the log's first events, or a fork
        connection.execute(
            "INSERT INTO tip (log_key, seq, chain) VALUES (?, ?, ?)", (log.log_key, seq, chain)
        )
    connection.execute(
        "UPDATE log SET events = events + ?, last_ordinal = ?, lamport_max = max(lamport_max, ?)"
        " WHERE log_key = ?",
        (events, ordinal, lamport_max, log.log_key),
    )
