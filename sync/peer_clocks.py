"""How far the clocks of other nodes are from ours, as they said at their last contact.

Owns the table `peer_clock`. A one-way guess, good to a few seconds and the time a body was on its
way: for telling people, never for a time that is folded (that is `timekeeping`'s). Functions over
a connection; those that write are called inside a writing transaction.
"""

import sqlite3
from typing import Final

from darasa.sync.ids import NodeId

SAME_MS: Final = 60_000
"""A difference that has changed by less is not written again."""
_LIMIT_MS: Final = 1 << 54


def note(connection: sqlite3.Connection, node_id: bytes, off_ms: int) -> None:
    """A node's machine says a time that is `off_ms` later than ours."""
    off_ms = min(max(off_ms, -_LIMIT_MS), _LIMIT_MS)
    row = connection.execute(
        "SELECT off_ms FROM peer_clock WHERE node_id = ?", (node_id,)
    ).fetchone()
    if row is None or abs(row[0] - off_ms) > SAME_MS:
        connection.execute("INSERT OR REPLACE INTO peer_clock VALUES (?, ?)", (node_id, off_ms))


def all_clocks(connection: sqlite3.Connection) -> dict[NodeId, int]:
    """For each node that has said its time, by how much it was later than ours."""
    rows = connection.execute("SELECT node_id, off_ms FROM peer_clock").fetchall()
    return {NodeId(node_id): off_ms for node_id, off_ms in rows}


def forget_all(connection: sqlite3.Connection) -> None:
    """Our own clock was set: what they said is no longer measured against it."""
    connection.execute("DELETE FROM peer_clock")
