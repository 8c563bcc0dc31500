"""How much one node may bring: a machine that floods is frozen before it fills a disk.

Owns the table `quota` and the numbers. A refusal is of this server alone: what is beyond is not
stored and not receipted, so it stays with its author until a person releases the node; how events
fold never depends on it. Functions over the connection of a writing transaction.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
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
_LET_GO: Final = -1  # in the place of a day: it was let go, and has brought nothing since


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


class Brought(NamedTuple):
    """A run of a frame, as it came."""

    school_id: SchoolId
    log_id: bytes
    events: "Sequence[Arriving]"


def take(
    connection: sqlite3.Connection,
    node_id: NodeId,
    quota: Quota,
    runs: Iterable[Brought],
    *,
    wall_ms: int,
) -> None:
    """Count the events of a frame that are not here yet, before they are stored.

    The first of them after a person has let the node go are taken however many they are: a frame
    that holds more than a day may would never pass. Raises QuotaError when they are more than the
    node may bring; the transaction is to be undone.
    """
    counts: Counter[tuple[bytes, int | None]] = Counter()
    for run in runs:
        counts.update((run.log_id, _day_of(each)) for each in _fresh(connection, run))
    if not counts:
        return
    today = max(0, wall_ms // DAY_MS)
    old = connection.execute(
        "DELETE FROM quota WHERE node_id = ? AND today <> ? RETURNING today", (node_id, today)
    ).fetchall()
    most = Quota(None, None) if (_LET_GO,) in old else quota
    for (log_id, day), count in counts.items():
        if quota.log_day is not None and day is not None:
            _count(connection, (node_id, today, log_id, day), count, most.log_day)
    if quota.node_day is not None:
        _count(connection, (node_id, today, _WHOLE_NODE, 0), counts.total(), most.node_day)


def _day_of(each: "Arriving") -> int | None:
    """The day of its log that an event is of. Of an erased one nothing is known: the leaves of a
    log are of many days, and count in the day of the node alone.
    """
    return None if isinstance(each, ArrivedLeaf) else max(0, each.event.t_ms) // DAY_MS


def release(connection: sqlite3.Connection, node_id: bytes) -> None:
    """Count this node anew, from nothing, when it next brings something."""
    connection.execute("DELETE FROM quota WHERE node_id = ?", (node_id,))
    connection.execute(
        "INSERT INTO quota (node_id, today, log_id, day, events) VALUES (?, ?, ?, 0, 0)",
        (node_id, _LET_GO, _WHOLE_NODE),
    )


def begin_anew(connection: sqlite3.Connection) -> None:
    """Count every node from nothing: at a start under a clock that cannot be right.

    A machine that begins each day in 1970 has one day for ever, and years of work would fill it.
    """
    connection.execute("DELETE FROM quota WHERE today <> ?", (_LET_GO,))


def _fresh(connection: sqlite3.Connection, run: Brought) -> "Sequence[Arriving]":
    log = find_log(connection, run.school_id, run.log_id)
    if log is None or not run.events:
        return run.events
    known = known_chains(connection, log, run.events[0].seq, run.events[-1].seq)
    return [each for each in run.events if each.chain not in known]


def _count(
    connection: sqlite3.Connection, key: tuple[bytes, int, bytes, int], count: int, most: int | None
) -> None:
    (total,) = connection.execute(
        "INSERT INTO quota (node_id, today, log_id, day, events) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (node_id, today, log_id, day) DO UPDATE"
        " SET events = events + excluded.events RETURNING events",
        (*key, count),
    ).fetchone()
    if most is not None and total > most:
        raise QuotaError(f"{total} events of one day, and {most} are allowed")
