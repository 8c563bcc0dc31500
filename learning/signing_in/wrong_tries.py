"""Wrong tries at signing in, as a teacher should know of them, until they are dealt with.

Owns: which of them are open, and the table local_tries_seen of the server where teachers are. A
computer writes one event when somebody has to wait (desk.py). It is closed when she has signed in
since, when a teacher has dealt with it, or after a week. Says nothing of what was tried.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.short_names import clean_name
from darasa.sync.ids import LearnerId, NodeId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

OPEN_FOR_MS: Final = 7 * 24 * 3_600_000
"""Later nobody remembers who sat there."""

_OPEN: Final = """SELECT learner_id, author, tries, said_ms, log_id, seq FROM lt_wrong_tries t
    WHERE said_ms > ?
    AND NOT EXISTS (SELECT 1 FROM lt_sitting s
        WHERE s.learner_id = t.learner_id AND s.begun_ms >= t.said_ms)
    AND NOT EXISTS (SELECT 1 FROM local_tries_seen d WHERE d.log_id = t.log_id AND d.seq = t.seq)
    ORDER BY said_ms DESC, log_id, seq DESC"""


@dataclass(frozen=True, slots=True)
class TriesOpen:
    """The last wrong tries under one learner's name. `computer` is empty when it has no name."""

    learner_id: LearnerId
    node_id: NodeId
    computer: SafeText
    tries: int
    said_ms: int


def open_tries(
    room: "Classroom", learners: Iterable[LearnerId], now_ms: int
) -> tuple[TriesOpen, ...]:
    """Of each of these learners the last wrong tries that nobody has dealt with, newest first."""
    asked = set(learners)
    with room.store.reading() as connection:
        rows = connection.execute(_OPEN, (now_ms - OPEN_FOR_MS,)).fetchall()
        names = room.nodes.names(connection) if rows else {}
    found: dict[LearnerId, TriesOpen] = {}
    for learner_id, author, tries, said_ms, _log_id, _seq in rows:
        if learner_id in asked:
            computer = clean_name(names.get(author, ""))
            each = TriesOpen(LearnerId(learner_id), NodeId(author), computer, tries, said_ms)
            found.setdefault(each.learner_id, each)
    return tuple(found.values())


def dealt_with(connection: sqlite3.Connection, learners: Iterable[LearnerId], now_ms: int) -> None:
    """A teacher has dealt with what is open of these learners; later tries are told again."""
    asked = set(learners)
    rows = connection.execute(_OPEN, (now_ms - OPEN_FOR_MS,)).fetchall()
    connection.executemany(
        "INSERT OR IGNORE INTO local_tries_seen VALUES (?, ?)",
        [(log_id, seq) for learner_id, *_, log_id, seq in rows if learner_id in asked],
    )
