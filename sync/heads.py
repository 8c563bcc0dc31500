"""Signed heads in the store (sync.md sections 4 and 8): which they cover, and the best of them.

A signature covers all heads of its statement, so a statement is kept whole while one head of it is
of use. The engine has checked the signature and that the signer may speak for the logs.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from darasa.sync import events_table
from darasa.sync.codec import unpack
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.ids import LogId, SchoolId
from darasa.sync.rows import LogRow, find_log

_UNHELD_MAX: Final = 16
"""Heads of one signer and log that wait for their events: a bound for who signs and never sends."""


def places_of_heads(connection: sqlite3.Connection, log: LogRow) -> set[tuple[int, bytes]]:
    """The (seq, chain) that stored heads name in a log, held or not."""
    rows = connection.execute(
        "SELECT seq, chain FROM head WHERE school_id = ? AND log_id = ?",
        (log.school_id, log.log_id),
    )
    return set(rows)


def add_heads(connection: sqlite3.Connection, school_id: SchoolId, signed: SignedHeads) -> None:
    """Keep a statement; of its signer's earlier heads whose events never came, the last few."""
    statement_key = connection.execute(
        "INSERT INTO statement (signer, signature, heads) VALUES (?, ?, ?)",
        (signed.signer, signed.signature, heads_bytes(signed.heads)),
    ).lastrowid
    assert statement_key is not None
    touched = {statement_key}
    for head in signed.heads:
        touched |= _drop_unheld(connection, school_id, head.log_id, signed.signer)
        connection.execute(
            "INSERT OR IGNORE INTO head (school_id, log_id, seq, chain, statement_key)"
            " VALUES (?, ?, ?, ?, ?)",
            (school_id, head.log_id, head.seq, head.chain, statement_key),
        )
    _drop_unused(connection, touched)


def _drop_unheld(
    connection: sqlite3.Connection, school_id: SchoolId, log_id: LogId, signer: bytes
) -> set[int]:
    """Delete a signer's oldest heads of a log whose events are not here; answer their statements.

    Some are left: the branches of a fork may come under one statement each, before their events.
    """
    log = find_log(connection, school_id, log_id)
    rows = connection.execute(
        "SELECT seq, chain, statement_key FROM head JOIN statement USING (statement_key)"
        " WHERE school_id = ? AND log_id = ? AND signer = ? ORDER BY statement_key DESC",
        (school_id, log_id, signer),
    ).fetchall()
    unheld = [
        (seq, chain, statement_key)
        for seq, chain, statement_key in rows
        if log is None or not events_table.is_held(connection, log, seq, chain)
    ][_UNHELD_MAX - 1 :]
    connection.executemany(
        "DELETE FROM head WHERE school_id = ? AND log_id = ? AND seq = ? AND chain = ?",
        [(school_id, log_id, seq, chain) for seq, chain, _ in unheld],
    )
    return {statement_key for _, _, statement_key in unheld}


def keep_best_heads(connection: sqlite3.Connection, log: LogRow) -> None:
    """Of the heads whose event is here keep the furthest; of a forked log those of its tips, once
    each tip has one: all before is under them. Those of no event here stay: they are beyond it, or
    of a branch that is still to come."""
    rows = connection.execute("SELECT seq, chain FROM tip WHERE log_key = ?", (log.log_key,))
    tips = set(rows.fetchall())
    held = [
        place
        for place in sorted(places_of_heads(connection, log), reverse=True)
        if place in tips or events_table.is_held(connection, log, *place)
    ]
    kept = set(held[:1]) if len(tips) == 1 else tips
    if not kept.issubset(held):
        return
    dropped: set[int] = set()
    for seq, chain in held:
        if (seq, chain) in kept:
            continue
        gone = connection.execute(
            "DELETE FROM head WHERE school_id = ? AND log_id = ? AND seq = ? AND chain = ?"
            " RETURNING statement_key",
            (log.school_id, log.log_id, seq, chain),
        )
        dropped |= {key for (key,) in gone.fetchall()}
    _drop_unused(connection, dropped)


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
