"""Moving events from rows into packed runs, in bounded steps (sync.md section 9).

Owns when a stretch is packed and how it is cut. A step is one run: what it holds is read, packed
and deleted inside the caller's transaction, so that a cut leaves it on one side or the other. Rows
whose chain does not follow stay rows, for the audit to find.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from darasa.sync import event_rows, packed_rows
from darasa.sync.event import chain_after
from darasa.sync.event_links import Arriving, EventRow, row_of_arriving
from darasa.sync.ids import Chain
from darasa.sync.packed_runs import BYTES_MAX, EVENTS_MAX
from darasa.sync.rows import LogRow, log_of_key

STRETCH: Final = 64
"""Rows of a growing log that are worth packing: a run that grows is written anew each time."""

_LEAF_BYTES: Final = 18  # packed, with its header


def pack_next(
    connection: sqlite3.Connection, *, after_log: int = 0, quiet_upto: int = 0
) -> int | None:
    """Pack one run of the first log after `after_log` that has one to pack; answer that log.

    None when there is none. Logs without an event after transaction `quiet_upto` are packed to
    their end, the others while they have `STRETCH` rows.
    """
    log_key = event_rows.next_log(connection, after_log)
    while log_key is not None:
        log = log_of_key(connection, log_key)
        (last_ordinal,) = connection.execute(
            "SELECT last_ordinal FROM log WHERE log_key = ?", (log_key,)
        ).fetchone()
        if pack_log(connection, log, at_least=1 if last_ordinal <= quiet_upto else STRETCH):
            return log_key
        log_key = event_rows.next_log(connection, log_key)
    return None


def pack_log(connection: sqlite3.Connection, log: LogRow, *, at_least: int = 1) -> int:
    """Pack one run from the first rows of a log if there are `at_least` so many; how many."""
    last = packed_rows.last_of(connection, log.log_key)
    end, chain = (0, log.chain_0) if last is None else (last.last_seq, last.last_chain)
    rows = event_rows.rows_from(connection, log.log_key, end + 1, limit=EVENTS_MAX + 1)
    straight = _straight(rows, end, chain)
    if len(straight) < at_least:
        return 0
    taken = _append(connection, log, straight)
    event_rows.delete_to(connection, log.log_key, end + taken)
    return taken


def add_packed(
    connection: sqlite3.Connection, log: LogRow, events: Sequence[Arriving], ordinal: int
) -> bool:
    """Keep newly believed events as packed runs at once, if all before them is packed, or can be.

    False, and they are not kept, when they are few, or have provisional events or a fork before
    them or beside them.
    """
    if len(events) < STRETCH:
        return False
    while event_rows.is_there(connection, log.log_key, 0, events[-1].seq):
        if not pack_log(connection, log):
            return False
    if packed_rows.end_of(connection, log.log_key) != events[0].seq - 1:
        return False
    rows = [row_of_arriving(each, ordinal) for each in events]
    while rows:
        rows = rows[_append(connection, log, rows) :]
    return True


def _straight(rows: Sequence[EventRow], end: int, chain: Chain) -> list[EventRow]:
    """The rows that go on from a place: one event at each number, believed, its chain right."""
    found: list[EventRow] = []
    for n, row in enumerate(rows):
        seq, link = end + 1 + n, row.link
        forks = n + 1 < len(rows) and rows[n + 1].link.seq == seq
        chain = chain_after(chain, link.leaf)
        if link.seq != seq or forks or not link.is_believed or link.chain != chain:
            break
        found.append(row)
    if len(found) > EVENTS_MAX:
        found.pop()  # whether another event lies beside the last one is not known
    return found


def _append(connection: sqlite3.Connection, log: LogRow, rows: Sequence[EventRow]) -> int:
    """Add as many of the rows as go into the log's last run, or a new one; answer how many."""
    last = packed_rows.last_of(connection, log.log_key)
    if last is not None and last.n + len(rows) <= EVENTS_MAX:
        before = packed_rows.rows_of(connection, last)
        if _fitting([*before, *rows]) == last.n + len(rows):
            packed_rows.delete(connection, last)
            packed_rows.add(connection, log.log_key, last.prev_chain, [*before, *rows])
            return len(rows)
    taken = _fitting(rows)
    chain = log.chain_0 if last is None else last.last_chain
    packed_rows.add(connection, log.log_key, chain, rows[:taken])
    return taken


def _fitting(rows: Sequence[EventRow]) -> int:
    """How many rows one run takes: one at least."""
    size = 0
    for n, row in enumerate(rows[:EVENTS_MAX]):
        size += len(row.link.canonical) if row.link.canonical is not None else _LEAF_BYTES
        if size > BYTES_MAX and n:
            return n
    return min(len(rows), EVENTS_MAX)
