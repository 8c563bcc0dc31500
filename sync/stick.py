"""What a node remembers of its sticks (PROTOCOL.md section 11): questions asked and received.

Owns the tables `stick_asked` (what this node asked, until it is answered) and `stick_request` (what
others asked here). Functions over a connection; those that write are called inside a transaction.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from darasa.sync.ids import LogId, NodeId, SchoolId
from darasa.sync.messages import WireTip
from darasa.sync.session_stick import Asked

QUESTIONS_KEPT: Final = 16
"""Of each peer: sticks may be lost or overtake each other, but not for ever."""


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
    """What a peer's receipts say that it holds of a school's logs."""
    held: dict[LogId, list[WireTip]] = {}
    rows = connection.execute(
        "SELECT log.log_id, receipt.seq, receipt.chain8 FROM receipt JOIN log USING (log_key)"
        " WHERE receipt.peer = ? AND log.school_id = ?",
        (peer, school_id),
    )
    for log_id, seq, chain8 in rows:
        held.setdefault(LogId(log_id), []).append(WireTip(log_id, seq, chain8))
    return held


def _keep_newest(connection: sqlite3.Connection, table: str, key: str, peer: bytes) -> None:
    connection.execute(
        f"DELETE FROM {table} WHERE peer = ?1 AND {key} <= (SELECT {key} FROM {table}"  # noqa: S608
        f" WHERE peer = ?1 ORDER BY {key} DESC LIMIT 1 OFFSET {QUESTIONS_KEPT})",
        (peer,),
    )
