"""Corrected time in the store: which clock event counts for each log (sync.md section 4, Time).

Owns the table `clock` and the column `log.offset_ms`, both a fold over the clock events held here:
equal sets give equal times, in whatever order they came. Which event counts: the least
(uncertainty, lamport, log_id, seq, chain) among those of servers. A server of a school is whoever
issued a certificate of that school to another node; what others write is kept and says nothing.
Functions over a connection. Does not measure, and does not decide when to write one.
"""

# ruff: noqa: S608 (every query is joined from constants of this module)

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from darasa.sync.clock_events import KIND, Correction, correction_of
from darasa.sync.ids import LogId, SchoolId

if TYPE_CHECKING:
    from darasa.sync.event_links import ArrivedEvent
    from darasa.sync.rows import LogRow


GUESS_UNCERTAINTY_MS: Final = 300_000
"""Of a correction that nobody measured: the next that is measured is better."""


def note(
    connection: sqlite3.Connection,
    log: "LogRow",
    events: "Iterable[ArrivedEvent]",
    *,
    ordinal: int | None,
) -> None:
    """Take the clock events among events of `log` that are believed now, or copied (no ordinal)."""
    for each in events:
        correction = correction_of(each.event) if each.event.kind == KIND else None
        if correction is None:
            continue
        connection.execute(
            "INSERT INTO clock (about, log_key, seq, chain, lamport, offset_ms, uncertainty_ms,"
            " ordinal, canonical) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (about, log_key, seq, chain) DO UPDATE"
            " SET ordinal = coalesce(excluded.ordinal, ordinal)",
            (
                correction.log_id,
                log.log_key,
                each.seq,
                each.chain,
                each.event.lamport,
                correction.offset_ms,
                correction.uncertainty_ms,
                ordinal,
                each.canonical,
            ),
        )
        settle(connection, correction.log_id)


def forget(connection: sqlite3.Connection, places: Iterable[tuple[int, int, bytes]]) -> None:
    """Copies at these (log_key, seq, chain) are gone: what is nowhere else no longer counts."""
    for place in places:
        gone = connection.execute(
            "DELETE FROM clock WHERE log_key = ?1 AND seq = ?2 AND chain = ?3 AND ordinal IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM copy WHERE log_key = ?1 AND seq = ?2 AND chain = ?3)"
            " RETURNING about",
            place,
        ).fetchall()
        for (about,) in gone:
            settle(connection, about)


_COUNTS: Final = (
    " FROM clock AS c JOIN log AS said ON said.log_key = c.log_key"
    " WHERE c.about = log.log_id AND said.node_id <> log.node_id"
    " AND said.school_id IN (log.school_id, zeroblob(16))"
    " AND EXISTS (SELECT 1 FROM certificate AS given WHERE given.issuer = said.node_id"
    "  AND given.school_id = log.school_id AND given.node_id <> given.issuer"
    "  AND (given.parent IS NULL OR given.parent <> given.issuer))"
    " ORDER BY c.uncertainty_ms, c.lamport, said.log_id, c.seq, c.chain LIMIT 1"
)


def settle(connection: sqlite3.Connection, about: bytes) -> None:
    """Make the offset of the logs of that id what the clock events held here say."""
    connection.execute(
        f"UPDATE log SET offset_ms = coalesce((SELECT c.offset_ms{_COUNTS}), 0) WHERE log_id = ?",
        (about,),
    )


def settle_school(connection: sqlite3.Connection, school_id: bytes) -> None:
    """The same for all logs of a school: another node has become a server of it."""
    rows = connection.execute(
        "SELECT DISTINCT about FROM clock JOIN log ON log.log_id = about WHERE log.school_id = ?",
        (school_id,),
    ).fetchall()
    for (about,) in rows:
        settle(connection, about)


def only_kept_apart(connection: sqlite3.Connection, author: bytes) -> list[Correction]:
    """What `author` said that counts here and that no log here says: nobody can be told of it.

    A salvaged store has such clock events, behind a gap; the feed's copies are of other authors.
    """
    rows = connection.execute(
        "SELECT DISTINCT log.log_id, best.offset_ms, best.uncertainty_ms"
        " FROM clock AS best JOIN log ON log.log_id = best.about"
        " JOIN log AS by ON by.log_key = best.log_key"
        " WHERE best.ordinal IS NULL AND by.node_id = ?"
        f" AND (best.log_key, best.seq, best.chain) = (SELECT c.log_key, c.seq, c.chain{_COUNTS})"
        " AND NOT EXISTS (SELECT 1 FROM clock AS again WHERE again.about = best.about"
        "  AND again.ordinal IS NOT NULL AND again.offset_ms = best.offset_ms"
        "  AND again.uncertainty_ms = best.uncertainty_ms)"
        " ORDER BY 1, 2, 3",
        (author,),
    ).fetchall()
    return [Correction(LogId(log_id), *rest) for log_id, *rest in rows]


def counting(
    connection: sqlite3.Connection, school_id: SchoolId, log_id: bytes
) -> Correction | None:
    """The correction that counts for a log, or None."""
    row = connection.execute(
        "SELECT best.offset_ms, best.uncertainty_ms FROM log, clock AS best"
        " WHERE log.school_id = ? AND log.log_id = ? AND best.about = log.log_id"
        f" AND (best.log_key, best.seq, best.chain) = (SELECT c.log_key, c.seq, c.chain{_COUNTS})",
        (school_id, log_id),
    ).fetchone()
    return None if row is None else Correction(LogId(log_id), *row)


def corrected(connection: sqlite3.Connection, school_id: bytes, *, by_ms: int) -> set[bytes]:
    """The ids of the logs of a school whose clock was wrong by `by_ms` or more."""
    rows = connection.execute(
        "SELECT log_id FROM log WHERE school_id = ? AND abs(offset_ms) >= ?", (school_id, by_ms)
    )
    return {log_id for (log_id,) in rows}


def begun_after(
    connection: sqlite3.Connection, school_id: SchoolId, wall_ms: int, *, author: bytes
) -> list[Correction]:
    """What counts for the logs of a school that would begin later than `wall_ms`; not `author`'s.

    A log that no clock event speaks of has offset 0 and the uncertainty of a guess.
    """
    rows = connection.execute(
        "SELECT log_id, offset_ms FROM log WHERE school_id = ? AND node_id <> ?"
        " AND wall_ms + offset_ms > ? ORDER BY log_key",
        (school_id, author, wall_ms),
    ).fetchall()
    return [
        counting(connection, school_id, log_id)
        or Correction(LogId(log_id), offset_ms, GUESS_UNCERTAINTY_MS)
        for log_id, offset_ms in rows
    ]
