"""Wrong tries at signing in, as a teacher should know of them, until they are dealt with.

Owns: which of them are open, and the table local_tries_seen of the server where teachers are. A
computer writes one event when somebody has to wait (desk.py). It is closed when she has signed in
since, when a teacher has dealt with it, or after a week. One of a clock that cannot be right has no
age: it is closed by a teacher, or when she has signed in at that computer since. Says nothing of
what was tried.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.short_names import clean_name
from darasa.sync.ids import LearnerId, NodeId
from darasa.sync.timekeeping import EARLIEST_MS, LATEST_MS, is_believable

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

OPEN_FOR_MS: Final = 7 * 24 * 3_600_000
"""Later nobody remembers who sat there."""

_DATED: Final = f"t.said_ms BETWEEN {EARLIEST_MS} AND {LATEST_MS}"
_OPEN: Final = f"""SELECT learner_id, author, tries, said_ms, log_id, seq FROM lt_wrong_tries t
    WHERE (said_ms > ? OR NOT {_DATED})
    AND NOT EXISTS (SELECT 1 FROM lt_sitting s
        WHERE s.learner_id = t.learner_id AND s.begun_ms >= t.said_ms
        AND (s.author = t.author OR {_DATED}))
    AND NOT EXISTS (SELECT 1 FROM local_tries_seen d WHERE d.log_id = t.log_id AND d.seq = t.seq)
    ORDER BY said_ms DESC, log_id, seq DESC"""  # noqa: S608 (own numbers)


@dataclass(frozen=True, slots=True)
class TriesOpen:
    """The last wrong tries under one learner's name. `computer` is empty when it has no name.

    `said_ms` is None where the clock that said it cannot be right.
    """

    learner_id: LearnerId
    node_id: NodeId
    computer: SafeText
    tries: int
    said_ms: int | None


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
            dated_ms = said_ms if is_believable(said_ms) else None
            each = TriesOpen(LearnerId(learner_id), NodeId(author), computer, tries, dated_ms)
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
