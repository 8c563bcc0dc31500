"""What a node remembers of its sticks (PROTOCOL.md section 11): questions asked and received.

Owns the tables `stick_asked` (what this node asked, until it is answered) and `stick_request` (what
others asked here). Functions over a connection; those that write are called inside a transaction.
"""

# ruff: noqa: S608 (every query is joined from constants of this module)

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from darasa.sync.chains import covered_chains, held_heads
from darasa.sync.frontier import Tip
from darasa.sync.ids import SHORT_BYTES, LogId, NodeId, SchoolId
from darasa.sync.messages import WireTip
from darasa.sync.rows import find_log
from darasa.sync.session_stick import Asked

QUESTIONS_KEPT: Final = 16
"""Of each peer: sticks may be lost or overtake each other, but not for ever."""

_ITS_OWN: Final = (
    "NOT (receipt.level = 3 AND EXISTS (SELECT 1 FROM peer WHERE node_id = ?1 AND role = 'school'))"
)
"""Receipts of peer ?1 for what it holds itself."""


class Request(NamedTuple):
    """A question of another node, as its frames came."""

    peer: NodeId
    answers8: bytes
    frames: bytes


def note_asked(connection: sqlite3.Connection, peer: bytes, asked: Asked, *, made_ms: int) -> None:
    """Keep what this node asks, so that it knows the answer."""
    connection.execute(
        "INSERT INTO stick_asked (peer, answers8, request, upto, made_ms) VALUES (?, ?, ?, ?, ?)",
        (peer, asked.answers8, asked.request, asked.upto, made_ms),
    )
    _keep_newest(connection, "stick_asked", "asked_key", peer)


def asked_for(connection: sqlite3.Connection, peer: bytes, answers8: bytes | None) -> Asked | None:
    """The question that an answer names; None when it was answered, or is too old."""
    row = connection.execute(
        "SELECT answers8, request, upto FROM stick_asked WHERE peer = ? AND answers8 = ?",
        (peer, answers8),
    ).fetchone()
    return None if row is None else Asked(*row)


def last_asked_ms(connection: sqlite3.Connection, peer: bytes) -> int | None:
    """When the newest bundle that waits for its answer was made, by our wall clock."""
    row = connection.execute(
        "SELECT made_ms FROM stick_asked WHERE peer = ? ORDER BY asked_key DESC LIMIT 1", (peer,)
    ).fetchone()
    return None if row is None else int(row[0])


def close_asked(connection: sqlite3.Connection, peer: bytes, answers8: bytes) -> None:
    """The answer was taken whole: neither it nor one to an earlier question counts again."""
    connection.execute(
        "DELETE FROM stick_asked WHERE peer = ?1 AND asked_key <= ("
        " SELECT asked_key FROM stick_asked WHERE peer = ?1 AND answers8 = ?2)",
        (peer, answers8),
    )


def note_request(
    connection: sqlite3.Connection, peer: bytes, answers8: bytes, frames: bytes
) -> None:
    """Keep what a node asks, for the next stick to it; one that was seen takes no new place."""
    connection.execute(
        "INSERT OR IGNORE INTO stick_request (peer, answers8, frames) VALUES (?, ?, ?)",
        (peer, answers8, frames),
    )
    _keep_newest(connection, "stick_request", "request_key", peer)


def requests(connection: sqlite3.Connection) -> list[Request]:
    """The newest question of each node."""
    rows = connection.execute(
        "SELECT peer, answers8, frames FROM stick_request WHERE request_key IN"
        " (SELECT max(request_key) FROM stick_request GROUP BY peer) ORDER BY peer"
    )
    return [Request(NodeId(peer), answers8, frames) for peer, answers8, frames in rows]


def receipted_tips(
    connection: sqlite3.Connection, peer: bytes, school_id: SchoolId
) -> Mapping[LogId, list[WireTip]]:
    """What a peer's receipts say that it holds itself of a school's logs.

    What a school says of its hub (level 3) outlives the school's own store, and is no word of that.
    """
    held: dict[LogId, list[WireTip]] = {}
    rows = connection.execute(
        "SELECT log.log_id, receipt.seq, receipt.chain8 FROM receipt JOIN log USING (log_key)"
        f" WHERE receipt.peer = ?1 AND log.school_id = ?2 AND {_ITS_OWN}",
        (peer, school_id),
    )
    for log_id, seq, chain8 in rows:
        held.setdefault(LogId(log_id), []).append(WireTip(log_id, seq, chain8))
    return held


def forget_receipts(
    connection: sqlite3.Connection, school_id: SchoolId, peer: bytes, tips: Sequence[Tip]
) -> None:
    """The peer says what it holds of the logs of these tips: drop its receipts that say more."""
    for log_id in {tip.log_id for tip in tips}:
        log = find_log(connection, school_id, log_id)
        if log is None:
            continue
        held = covered_chains(connection, log, held_heads(connection, log, tips))
        held8 = {chain[:SHORT_BYTES] for chain in held}
        rows = connection.execute(
            f"SELECT chain8 FROM receipt WHERE peer = ?1 AND log_key = ?2 AND {_ITS_OWN}",
            (peer, log.log_key),
        ).fetchall()
        connection.executemany(
            "DELETE FROM receipt WHERE peer = ? AND log_key = ? AND chain8 = ?",
            [(peer, log.log_key, chain8) for (chain8,) in rows if chain8 not in held8],
        )


def _keep_newest(connection: sqlite3.Connection, table: str, key: str, peer: bytes) -> None:
    connection.execute(
        f"DELETE FROM {table} WHERE peer = ?1 AND {key} <= (SELECT {key} FROM {table}"
        f" WHERE peer = ?1 ORDER BY {key} DESC LIMIT 1 OFFSET {QUESTIONS_KEPT})",
        (peer,),
    )
