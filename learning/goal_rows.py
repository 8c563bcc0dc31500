"""The rows of what a learner says of her goals, beside her state.

Owns: writing the table lt_goal, a row a word. What they come to is planning/goals.py.
"""

import sqlite3

from darasa.learning.goal_kinds import SetGoal
from darasa.sync.codec import pack
from darasa.sync.event import StoredEvent


def note_goal(
    connection: sqlite3.Connection, learner_id: bytes, stored: StoredEvent, said: SetGoal
) -> None:
    """Keep a word, once."""
    body = pack(tuple(getattr(said, name) for name in said.__struct_fields__))
    connection.execute(
        "INSERT OR IGNORE INTO lt_goal VALUES (?, ?, ?, ?, ?, ?, ?)",
        (learner_id, *stored.order_key, stored.happened_ms, body),
    )
