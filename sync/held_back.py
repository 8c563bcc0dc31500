"""Nodes that this store holds back: revoked by the school, or frozen because they flood.

Owns the table `held_back`. Both are this server's own doing at a contact: neither changes how
events fold, that is for operations in the log. Functions over a connection.
"""

import sqlite3
from collections.abc import Collection
from typing import Final

from darasa.sync.ids import NodeId

REVOKED: Final = "revoked"
FROZEN: Final = "frozen"


def hold_back(connection: sqlite3.Connection, node_id: bytes, why: str, *, since_ms: int) -> None:
    """Hold a node back from now on; it stays as it was when it is so already."""
    connection.execute(
        "INSERT OR IGNORE INTO held_back (node_id, why, since_ms) VALUES (?, ?, ?)",
        (node_id, why, since_ms),
    )


def let_go(connection: sqlite3.Connection, node_id: bytes, why: str) -> bool:
    """Hold it back no longer; answer whether it was."""
    gone = connection.execute("DELETE FROM held_back WHERE node_id = ? AND why = ?", (node_id, why))
    return gone.rowcount > 0


def is_held_back(connection: sqlite3.Connection, node_id: bytes, why: str) -> bool:
    """Whether it is, for this reason."""
    row = connection.execute(
        "SELECT 1 FROM held_back WHERE node_id = ? AND why = ?", (node_id, why)
    ).fetchone()
    return row is not None


def held_back(connection: sqlite3.Connection, why: str) -> dict[NodeId, int]:
    """The nodes held back for a reason, and since when (our wall clock, ms)."""
    rows = connection.execute(
        "SELECT node_id, since_ms FROM held_back WHERE why = ? ORDER BY since_ms, node_id", (why,)
    )
    return {NodeId(node_id): since_ms for node_id, since_ms in rows}


def note_revoked(connection: sqlite3.Connection, node_ids: Collection[bytes]) -> None:
    """These nodes, and no others, are removed, as the layer above has worked it out."""
    before = {
        node_id
        for (node_id,) in connection.execute(
            "SELECT node_id FROM held_back WHERE why = ?", (REVOKED,)
        )
    }
    for node_id in before.difference(node_ids):
        let_go(connection, node_id, REVOKED)
    for node_id in set(node_ids) - before:
        hold_back(connection, node_id, REVOKED, since_ms=0)
