"""How much one node may bring: a machine that floods is frozen before it fills a disk.

Owns the table `quota` and the numbers. A refusal is of this server alone: what is beyond is not
stored and not receipted, so it stays with its author until a person releases the node; how events
fold never depends on it. Functions over the connection of a writing transaction.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from darasa.sync.erased import ArrivedLeaf
from darasa.sync.errors import SyncError
from darasa.sync.events_table import known_chains
from darasa.sync.ids import NodeId, Role, SchoolId
from darasa.sync.rows import find_log

if TYPE_CHECKING:
    from darasa.sync.event_links import Arriving

DAY_MS: Final = 24 * 3_600_000
_WHOLE_NODE: Final = b""


class Quota(NamedTuple):
    """Events that one node may bring on one day of ours: `log_day` of any one day of a log, by the
    log's own clock since its genesis, and `node_day` in all. None: no limit.
    """

    log_day: int | None
    node_day: int | None


QUOTAS: Final = {
    # A full day at one keyboard is 8 h with an answer every 4 s, and as many other events: 14,400.
    # A node's day has room for a log of ten such days, which a lab without a link brings at once.
    Role.COMPUTER: Quota(log_day=20_000, node_day=200_000),
    # A school brings years at its first contact with the hub: 2,000 learners with 10,000 answers.
    # Its logs are limited where they come in.
    Role.SCHOOL: Quota(log_day=None, node_day=20_000_000),
}
"""By the role of the node that asks."""


class QuotaError(SyncError):
    """A node brought more than it may; nothing of this frame is kept."""


def take(
    connection: sqlite3.Connection,
    node_id: NodeId,
    quota: Quota,
    *,
    school_id: SchoolId,
    log_id: bytes,
    events: "Sequence[Arriving]",
    wall_ms: int,
) -> None:
    """Count the events of a run that are not here yet, before they are stored.

    Raises QuotaError when that is more than the node may bring; the transaction is to be undone.
    """
    fresh = _fresh(connection, school_id, log_id, events)
    if not fresh:
        return
    today = wall_ms // DAY_MS
    connection.execute("DELETE FROM quota WHERE node_id = ? AND today <> ?", (node_id, today))
    days = Counter(_day_of(each) for each in fresh)
    for day, count in days.items():
        _count(connection, (node_id, today, log_id, day), count, quota.log_day)
    _count(connection, (node_id, today, _WHOLE_NODE, 0), len(fresh), quota.node_day)


def _day_of(each: "Arriving") -> int:
    """The day of its log that an event is of; of an erased one nothing is known, it counts as 0."""
    return 0 if isinstance(each, ArrivedLeaf) else max(0, each.event.t_ms) // DAY_MS


def release(connection: sqlite3.Connection, node_id: bytes) -> None:
    """Count this node anew, from nothing."""
    connection.execute("DELETE FROM quota WHERE node_id = ?", (node_id,))


def _fresh(
    connection: sqlite3.Connection,
    school_id: SchoolId,
    log_id: bytes,
    events: "Sequence[Arriving]",
) -> "Sequence[Arriving]":
    log = find_log(connection, school_id, log_id)
    if log is None:
        return events
    known = known_chains(connection, log, events[0].seq, events[-1].seq)
    return [each for each in events if each.chain not in known]


def _count(
    connection: sqlite3.Connection, key: tuple[bytes, int, bytes, int], count: int, most: int | None
) -> None:
    if most is None:
        return
    (total,) = connection.execute(
        "INSERT INTO quota (node_id, today, log_id, day, events) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (node_id, today, log_id, day) DO UPDATE"
        " SET events = events + excluded.events RETURNING events",
        (*key, count),
    ).fetchone()
    if total > most:
        raise QuotaError(f"{total} events of one day, and {most} are allowed")
