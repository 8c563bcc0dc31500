"""Which ids are one learner's: look-ups over lt_alias, for whoever reads by learner_id."""

import sqlite3

from darasa.sync.ids import LearnerId


def root_of(connection: sqlite3.Connection, learner_id: bytes) -> LearnerId:
    """The id under which a learner is known; her own when she was merged into no other."""
    row = connection.execute(
        "SELECT root FROM lt_alias WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return LearnerId(learner_id if row is None else row[0])


def aliases_of(connection: sqlite3.Connection, learner_id: bytes) -> tuple[LearnerId, ...]:
    """Every id of a learner, the one she is known by first: what erasing her has to name."""
    root = root_of(connection, learner_id)
    rows = connection.execute(
        "SELECT learner_id FROM lt_alias WHERE root = ? ORDER BY learner_id", (root,)
    )
    return (root, *(LearnerId(other) for (other,) in rows))
