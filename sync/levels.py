"""How many places hold an event: at the school, in a second copy, at the hub (sync.md section 8).

A school notes how far its transactions are held elsewhere; what a peer was told of that follows
from the mark it names, so nothing is kept about who knows what. Owns the table `held_elsewhere`.
Functions over a connection; those that write are called inside a writing transaction.
"""

import sqlite3
from typing import Final, NamedTuple

from darasa.sync import events_table
from darasa.sync.chains import tips_of_log
from darasa.sync.frontier import Head, Tip
from darasa.sync.ids import LogId
from darasa.sync.reads import logs_after
from darasa.sync.rows import LogRow

SCHOOL: Final = 1
SECOND_COPY: Final = 2
HUB: Final = 3
_KEPT: Final = 512  # as many as marks; before them, all is told again


class Risen(NamedTuple):
    """Places in logs up to which all is now held at a level."""

    level: int
    tips: tuple[Tip, ...]


def held_upto(connection: sqlite3.Connection, level: int, *, at: int | None = None) -> int:
    """The transaction up to which all is held at a level, as noted up to transaction `at`."""
    row = connection.execute(
        "SELECT max(upto) FROM held_elsewhere WHERE level = ?1 AND (?2 IS NULL OR ordinal <= ?2)",
        (level, at),
    ).fetchone()
    return int(row[0] or 0)


def note_held(connection: sqlite3.Connection, ordinal: int, level: int, upto: int) -> None:
    """Noted in transaction `ordinal`: all up to `upto` is held at that level."""
    connection.execute(
        "INSERT OR REPLACE INTO held_elsewhere (level, ordinal, upto) VALUES (?, ?, ?)",
        (level, ordinal, upto),
    )
    connection.execute(
        "DELETE FROM held_elsewhere WHERE level = ?1 AND ordinal <="
        " (SELECT ordinal FROM held_elsewhere WHERE level = ?1"
        "  ORDER BY ordinal DESC LIMIT 1 OFFSET ?2)",
        (level, _KEPT),
    )


def forget_held_after(connection: sqlite3.Connection, level: int, upto: int) -> None:
    """The store that held more was set back: only what was noted up to `upto` still counts."""
    connection.execute("DELETE FROM held_elsewhere WHERE level = ? AND upto > ?", (level, upto))


def risen(
    connection: sqlite3.Connection, school_id: bytes, author: bytes, *, after: int
) -> list[Risen]:
    """The levels of an author's logs that rose after a transaction. Cost: the logs that changed."""
    found: list[Risen] = []
    for level in (SECOND_COPY, HUB):
        before, now = held_upto(connection, level, at=after), held_upto(connection, level)
        if now <= before:
            continue
        logs = logs_after(connection, school_id, after_ordinal=before, author=author)
        tips = tuple(tip for log in logs for tip in _news(connection, log, before, now))
        if tips:
            found.append(Risen(level, tips))
    return found


def _news(connection: sqlite3.Connection, log: LogRow, before: int, now: int) -> list[Tip]:
    known = set(_places_upto(connection, log, before)) if before else set()
    return [head.tip for head in _places_upto(connection, log, now) if head not in known]


def _places_upto(connection: sqlite3.Connection, log: LogRow, upto: int) -> list[Head]:
    """The last events of a log that were believed up to a transaction."""
    tips = tips_of_log(connection, log)
    first = events_table.first_after(connection, log, upto)
    if first is None:
        return list(tips)
    if len(tips) == 1:
        held = events_table.chains_at(connection, log, first - 1) if first > 1 else []
        return [Head(LogId(log.log_id), first - 1, chain) for chain, _ in held[:1]]
    links = (events_table.link_at(connection, log, tip.seq, tip.chain) for tip in tips)
    return [
        tip
        for tip, link in zip(tips, links, strict=True)
        if link is not None and link.ordinal is not None and link.ordinal <= upto
    ]


def count_held(
    connection: sqlite3.Connection, school_id: bytes, level: int, *, author: bytes | None = None
) -> int:
    """How many events of a school's logs this store has noted to be held at a level."""
    upto = held_upto(connection, level)
    total = 0
    for log in logs_after(connection, school_id, author=author):
        total += max((head.seq for head in _places_upto(connection, log, upto)), default=0)
    return total


def count_receipted(
    connection: sqlite3.Connection, school_id: bytes, peer: bytes, level: int
) -> int:
    """How many events of a school's logs a peer has receipted at a level; of a fork the longest."""
    row = connection.execute(
        "SELECT sum(seq) FROM (SELECT max(seq) AS seq FROM receipt JOIN log USING (log_key)"
        " WHERE peer = ? AND school_id = ? AND level >= ? GROUP BY log_key)",
        (peer, school_id, level),
    ).fetchone()
    return int(row[0] or 0)
