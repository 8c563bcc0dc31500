"""Is what is stored still what was written? (sync.md section 11, I1 and I2; for `doctor` and tests)

SQLite notices a damaged page, not a changed byte inside a row: the chain does. Reads only.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from darasa.sync import event_rows, events_table, packed_rows
from darasa.sync.errors import EventError, StoreDamagedError
from darasa.sync.event import chain_after, parse_event
from darasa.sync.ids import LogId
from darasa.sync.packed_rows import PackedRow
from darasa.sync.rows import LOG_COLUMNS, LogRow, is_pruned, log_row

_NO_PARENT: Final = "it does not follow the event before it"
_NO_EVENT: Final = "its bytes are not an event"


class Damage(NamedTuple):
    """An event (seq 0: a whole log) that is not what its chain says. `what` is for a person."""

    log_id: LogId
    seq: int
    what: str


def audit(connection: sqlite3.Connection) -> Iterator[Damage]:
    """Every event whose bytes, place or belief contradict its log. Cost: reads and hashes all."""
    query = f"SELECT {LOG_COLUMNS} FROM log ORDER BY school_id, log_id"  # noqa: S608
    for log in map(log_row, connection.execute(query).fetchall()):
        yield from _audit_events(connection, log)
        yield from _audit_sums(connection, log)


def _audit_events(connection: sqlite3.Connection, log: LogRow) -> Iterator[Damage]:
    """Packed runs, then rows in order of `seq`: each must follow one of those before it."""
    if log.chain_0[:8] != log.log_id:
        yield Damage(log.log_id, 0, "its genesis was changed")
    before: dict[bytes, bool] = {log.chain_0: True}
    end = 0
    for run in packed_rows.runs_from(connection, log.log_key, 1):
        if run.first_seq != end + 1 or run.prev_chain not in before:
            yield Damage(log.log_id, run.first_seq, _NO_PARENT)
        yield from _audit_run(connection, log, run)
        before, end = {run.last_chain: True}, run.last_seq
    yield from _audit_rows(connection, log, before, end)


def _audit_run(connection: sqlite3.Connection, log: LogRow, run: PackedRow) -> Iterator[Damage]:
    try:
        links = packed_rows.links_of(connection, run)
    except StoreDamagedError:
        what = f"it and the {run.n - 1} packed with it cannot be read"
        yield Damage(log.log_id, run.first_seq, what)
        return
    yield from (
        Damage(log.log_id, link.seq, _NO_EVENT)
        for link in links
        if link.canonical is not None and not _parses(link.canonical)
    )


def _audit_rows(
    connection: sqlite3.Connection, log: LogRow, before: dict[bytes, bool], end: int
) -> Iterator[Damage]:
    here: dict[bytes, bool] = {}
    current = end + 1
    for link in event_rows.links_as_kept(connection, log.log_key):
        if link.seq != current:
            before, here = (here if link.seq == current + 1 else {}), {}
            current = link.seq
        here[link.chain] = link.is_believed
        parent = next((prev for prev in before if chain_after(prev, link.leaf) == link.chain), None)
        if parent is None:
            yield Damage(log.log_id, link.seq, _NO_PARENT)
        elif link.is_believed and not before[parent]:
            yield Damage(log.log_id, link.seq, "it is believed and the event before it is not")
        if link.canonical is not None and not _parses(link.canonical):
            yield Damage(log.log_id, link.seq, _NO_EVENT)


def _audit_sums(connection: sqlite3.Connection, log: LogRow) -> Iterator[Damage]:
    """What the log's row says of its events; of erased ones the lamport is not known any more."""
    if is_pruned(connection, log):
        return
    stated = connection.execute(
        "SELECT events, last_ordinal, lamport_max FROM log WHERE log_key = ?", (log.log_key,)
    ).fetchone()
    try:
        counted = events_table.sums(connection, log)
    except StoreDamagedError:
        return  # said already
    if stated[:2] != counted[:2] or stated[2] < counted[2] or not _is_reached(counted, stated[2]):
        yield Damage(log.log_id, 0, "the sums of its events are wrong")


def _is_reached(counted: events_table.Sums, lamport_max: int) -> bool:
    """Whether the greatest lamport is that of an event that is here, or may be of an erased one."""
    return counted.erased > 0 or counted.lamport_max == lamport_max


def _parses(canonical: bytes) -> bool:
    try:
        parse_event(canonical)
    except EventError:
        return False
    return True
