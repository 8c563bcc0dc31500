"""The lamport of the next event, and those that nobody can have come to honestly (sync.md 4, 5).

Owns: the greatest lamport that *counts*. What is held or may not be said does not move it, so one
node with a broken or malicious clock of events cannot drive every other one's to the end of its
range. A jump beyond `JUMP_MAX` is quarantined by an event of the school's or hub's, so that every
node folds the same; the rule itself is asked nowhere else.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

from darasa.learning.aliases import root_of
from darasa.learning.deciding.judging import Judge
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NodeId, Role, SchoolId

JUMP_MAX: Final = 1 << 24
"""A lamport rises by one a sitting or change: a country's honest ones stay below this together."""

_GREATEST: Final = (
    "SELECT (SELECT max(lamport_max) FROM lt_learner),"
    " (SELECT max(lamport) FROM lt_op WHERE role IS NOT NULL),"
    " (SELECT max(lamport) FROM lt_decision WHERE role IS NOT NULL)"
)


def greatest(connection: sqlite3.Connection, learner_id: bytes | None = None) -> int:
    """The greatest lamport that counts: of a learner's events under any id, or of all; 0: none."""
    if learner_id is None:
        row = connection.execute(_GREATEST).fetchone()
    else:
        row = connection.execute(
            "SELECT lamport_max FROM lt_learner WHERE learner_id = ?",
            (root_of(connection, learner_id),),
        ).fetchone()
    return max((value or 0 for value in row or ()), default=0)


def first_jumps(
    connection: sqlite3.Connection,
    judge: Judge,
    events: Iterable[StoredEvent],
    *,
    of: Role,
) -> list[StoredEvent]:
    """Of each author of role `of` the first new event that counts and jumps, in the logs' order."""
    limit = greatest(connection) + JUMP_MAX
    found: dict[tuple[SchoolId, NodeId, bytes], StoredEvent] = {}
    for stored in events:
        if stored.event.lamport <= limit:
            continue
        author = (stored.school_id, stored.author, stored.log_id)
        before = found.get(author)
        is_first = before is None or stored.seq < before.seq
        if is_first and judge.author(*author[:2])[0] is of and judge.look(stored).counts:
            found[author] = stored
    return list(found.values())
