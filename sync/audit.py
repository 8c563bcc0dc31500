"""Is what is stored still what was written? (sync.md section 11, I1 and I2; for `doctor` and tests)

SQLite notices a damaged page, not a changed byte inside a row: the chain does. Reads only.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from darasa.sync.errors import EventError
from darasa.sync.event import chain_after, leaf_of, parse_event
from darasa.sync.ids import LogId
from darasa.sync.rows import LOG_COLUMNS, LogRow, log_row


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
    """Events in order of `seq`: each must follow one of those before it."""
    before: dict[bytes, bool] = {log.chain_0: True}
    here: dict[bytes, bool] = {}
    current = 1
    if log.chain_0[:8] != log.log_id:
        yield Damage(log.log_id, 0, "its genesis was changed")
    rows = connection.execute(
        "SELECT seq, chain, canonical, ordinal IS NOT NULL FROM event"
        " WHERE log_key = ? ORDER BY seq",
        (log.log_key,),
    )
    for seq, chain, canonical, is_believed in rows:
        if seq != current:
            before, here = (here if seq == current + 1 else {}), {}
            current = seq
        here[chain] = bool(is_believed)
        leaf = leaf_of(canonical)
        parent = next((prev for prev in before if chain_after(prev, leaf) == chain), None)
        if parent is None:
            yield Damage(log.log_id, seq, "it does not follow the event before it")
        elif is_believed and not before[parent]:
            yield Damage(log.log_id, seq, "it is believed and the event before it is not")
        if not _parses(canonical):
            yield Damage(log.log_id, seq, "its bytes are not an event")


def _audit_sums(connection: sqlite3.Connection, log: LogRow) -> Iterator[Damage]:
    """What the log's row says of its events."""
    stated = connection.execute(
        "SELECT events, last_ordinal, lamport_max FROM log WHERE log_key = ?", (log.log_key,)
    ).fetchone()
    counted = connection.execute(
        "SELECT count(*), coalesce(max(ordinal), 0), coalesce(max(lamport), 0) FROM event"
        " WHERE log_key = ? AND ordinal IS NOT NULL",
        (log.log_key,),
    ).fetchone()
    if stated != counted:
        yield Damage(log.log_id, 0, "the sums of its events are wrong")


def _parses(canonical: bytes) -> bool:
    try:
        parse_event(canonical)
    except EventError:
        return False
    return True
