"""Signed heads in the store (sync.md sections 4 and 8): which they cover, and the best of them.

A signature covers all heads of its statement, so a statement is kept whole while one head of it is
of use. The engine has checked the signature and that the signer may speak for the logs.
"""

import sqlite3
from collections.abc import Iterable

from darasa.sync.codec import unpack
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.ids import LogId, SchoolId
from darasa.sync.rows import LogRow


def places_of_heads(connection: sqlite3.Connection, log: LogRow) -> set[tuple[int, bytes]]:
    """The (seq, chain) that stored heads name in a log, held or not."""
    rows = connection.execute(
        "SELECT seq, chain FROM head WHERE school_id = ? AND log_id = ?",
        (log.school_id, log.log_id),
    )
    return set(rows)


def add_heads(connection: sqlite3.Connection, school_id: SchoolId, signed: SignedHeads) -> None:
    """Keep a statement; earlier heads of its signer whose events never came are dropped."""
    statement_key = connection.execute(
        "INSERT INTO statement (signer, signature, heads) VALUES (?, ?, ?)",
        (signed.signer, signed.signature, heads_bytes(signed.heads)),
    ).lastrowid
    assert statement_key is not None
    touched = {statement_key}
    for head in signed.heads:
        dropped = connection.execute(
            "DELETE FROM head WHERE school_id = ? AND log_id = ?"
            " AND ? = (SELECT signer FROM statement"
            "  WHERE statement.statement_key = head.statement_key)"
            " AND NOT EXISTS (SELECT 1 FROM log JOIN event USING (log_key)"
            "  WHERE log.school_id = head.school_id AND log.log_id = head.log_id"
            "  AND event.seq = head.seq AND event.chain = head.chain) RETURNING statement_key",
            (school_id, head.log_id, signed.signer),
        )
        touched.update(key for (key,) in dropped.fetchall())
        connection.execute(
            "INSERT OR IGNORE INTO head (school_id, log_id, seq, chain, statement_key)"
            " VALUES (?, ?, ?, ?, ?)",
            (school_id, head.log_id, head.seq, head.chain, statement_key),
        )
    _drop_unused(connection, touched)


def keep_best_heads(connection: sqlite3.Connection, log: LogRow) -> None:
    """Of a straight log keep only the furthest head whose event is here, and those beyond it."""
    if connection.execute(
        "SELECT count(*) FROM tip WHERE log_key = ?", (log.log_key,)
    ).fetchone() != (1,):
        return
    dropped = connection.execute(
        "DELETE FROM head WHERE school_id = :school AND log_id = :log AND seq <"
        " (SELECT max(best.seq) FROM head AS best JOIN event ON event.seq = best.seq"
        "  AND event.chain = best.chain AND event.log_key = :key"
        "  WHERE best.school_id = :school AND best.log_id = :log) RETURNING statement_key",
        {"school": log.school_id, "log": log.log_id, "key": log.log_key},
    )
    _drop_unused(connection, {key for (key,) in dropped.fetchall()})


def statements_of(
    connection: sqlite3.Connection, school_id: SchoolId, log_ids: Iterable[LogId]
) -> list[SignedHeads]:
    """The statements that speak of any of these logs, each once, oldest first: for a relay."""
    keys: set[int] = set()
    for log_id in log_ids:
        rows = connection.execute(
            "SELECT statement_key FROM head WHERE school_id = ? AND log_id = ?",
            (school_id, log_id),
        )
        keys.update(key for (key,) in rows)
    return [_statement(connection, key) for key in sorted(keys)]


def _statement(connection: sqlite3.Connection, statement_key: int) -> SignedHeads:
    signer, signature, raw = connection.execute(
        "SELECT signer, signature, heads FROM statement WHERE statement_key = ?", (statement_key,)
    ).fetchone()
    return SignedHeads(tuple(Head(*fields) for fields in unpack(raw)), signer, signature)


def _drop_unused(connection: sqlite3.Connection, statement_keys: Iterable[int]) -> None:
    """Delete those of the statements of which no head is left."""
    connection.executemany(
        "DELETE FROM statement WHERE statement_key = ?1"
        " AND NOT EXISTS (SELECT 1 FROM head WHERE statement_key = ?1)",
        [(key,) for key in statement_keys],
    )
