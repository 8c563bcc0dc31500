"""Digests of folded states: equal on every node that holds the same events (sync.md I7).

Owns: what a digest is over. The state's canonical bytes name the model, its version and the version
of the rules, so that nodes of different versions never seem to agree by chance.
"""

import hashlib
import sqlite3
from typing import TYPE_CHECKING

from darasa.learning.aliases import root_of
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


def learner_digest(classroom: "Classroom", learner_id: LearnerId) -> str:
    """The digest of one learner's state, 32 hex digits; of one unknown here, 32 zeros."""
    return (classroom.digest(learner_id) or bytes(16)).hex()


def all_digest(classroom: "Classroom") -> str:
    """The digest over all learners of whom there is an event here, 32 hex digits.

    Cost: a row each; where no states are kept (a hub), every event is folded.
    """
    hashed = hashlib.blake2b(digest_size=16)
    for learner_id in classroom.learner_ids():
        hashed.update(learner_id + (classroom.digest(learner_id) or bytes(16)))
    return hashed.hexdigest()


def learner_events(classroom: "Classroom", learner_id: LearnerId) -> int:
    """How many events of a learner are here under any id of hers, whatever their kind."""
    with classroom.store.reading() as connection:
        row = connection.execute(
            "SELECT events FROM lt_learner WHERE learner_id = ?",
            (root_of(connection, learner_id),),
        ).fetchone()
    return 0 if row is None else int(row[0])


def learner_ids(connection: sqlite3.Connection) -> list[LearnerId]:
    """Every learner of whom there is an event here, in order."""
    rows = connection.execute("SELECT learner_id FROM lt_learner ORDER BY learner_id").fetchall()
    return [LearnerId(learner_id) for (learner_id,) in rows]
