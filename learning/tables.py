"""The read tables `lt_*`: derived from the log (and, on a computer, from the feed), droppable.

Owns: their columns, and creating and dropping them. Every table has a primary key that says all
about a row's place, so that a rebuild gives the same rows byte for byte. Does not know how they are
filled.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final

_ORDER: Final = (
    "lamport INTEGER NOT NULL, log_id BLOB NOT NULL, seq INTEGER NOT NULL, chain BLOB NOT NULL"
)

# name -> columns and key. All are STRICT; but for the wide ones, which would need a page of their
# own for the rest of each row, they are WITHOUT ROWID.
_WIDE: Final = frozenset({"lt_learner"})
TABLES: Final[dict[str, str]] = {
    "lt_meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    # One learner's folded state, squeezed; `events` counts every event with her id, whatever its
    # kind. A node that folds on demand keeps no state: both are empty.
    "lt_learner": """learner_id BLOB PRIMARY KEY, state BLOB NOT NULL, digest BLOB NOT NULL,
        events INTEGER NOT NULL""",
    # Answers of a sitting, packed (answers.py); times are of the first and last that happened.
    "lt_answers": """learner_id BLOB NOT NULL, lamport INTEGER NOT NULL, log_id BLOB NOT NULL,
        first_seq INTEGER NOT NULL, author BLOB NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, answers BLOB NOT NULL,
        PRIMARY KEY (learner_id, lamport, log_id, first_seq)""",
    "lt_sitting": """learner_id BLOB NOT NULL, sitting BLOB NOT NULL, author BLOB NOT NULL,
        how TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER, reason TEXT,
        PRIMARY KEY (learner_id, sitting)""",
    # Records: the ops as seen, then what folds from them.
    "lt_op": f"""school_id BLOB NOT NULL, record_id BLOB NOT NULL, {_ORDER}, author BLOB NOT NULL,
        field TEXT NOT NULL, value BLOB NOT NULL, supersedes BLOB NOT NULL,
        PRIMARY KEY (school_id, record_id, lamport, log_id, seq, chain)""",
    "lt_class": """school_id BLOB NOT NULL, class_id BLOB NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY (school_id, class_id)""",
    # Not on a computer: it is told no whole names.
    "lt_person": """school_id BLOB NOT NULL, learner_id BLOB NOT NULL, name TEXT NOT NULL,
        verifier BLOB, PRIMARY KEY (school_id, learner_id)""",
    # `shown` is the short name in this class. The verifier is NULL but on a computer.
    "lt_membership": """school_id BLOB NOT NULL, class_id BLOB NOT NULL, learner_id BLOB NOT NULL,
        shown TEXT NOT NULL, verifier BLOB, PRIMARY KEY (school_id, class_id, learner_id)""",
    "lt_teacher": """school_id BLOB NOT NULL, teacher_id BLOB NOT NULL, name TEXT NOT NULL,
        verifier BLOB, role TEXT NOT NULL, PRIMARY KEY (school_id, teacher_id)""",
    "lt_conflict": """school_id BLOB NOT NULL, record_id BLOB NOT NULL, field TEXT NOT NULL,
        survivors INTEGER NOT NULL, PRIMARY KEY (school_id, record_id, field)""",
    # Only on a computer: pack versions and whatever else the school says to all, as it came.
    "lt_notice": "record_id BLOB PRIMARY KEY, value BLOB NOT NULL",
}

INDEXES: Final[dict[str, str]] = {
    "lt_answers_recent": "lt_answers (last_ms)",
    "lt_membership_learner": "lt_membership (learner_id)",
    "lt_sitting_begun": "lt_sitting (begun_ms)",
}

# Those of one learner: deleted and filled again when an event of hers comes late.
LEARNER_TABLES: Final = ("lt_learner", "lt_answers", "lt_sitting")


def exist(connection: sqlite3.Connection) -> bool:
    """Whether the read tables were ever made in this store."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lt_meta'").fetchone()
    return row is not None


def create(connection: sqlite3.Connection) -> None:
    """Make all tables, empty."""
    for name, columns in TABLES.items():
        kind = "STRICT" if name in _WIDE else "STRICT, WITHOUT ROWID"
        connection.execute(f"CREATE TABLE {name} ({columns}) {kind}")
    for name, target in INDEXES.items():
        connection.execute(f"CREATE INDEX {name} ON {target}")


def drop(connection: sqlite3.Connection) -> None:
    """Drop every `lt_*` table, those of other versions too."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'lt\\_%' ESCAPE '\\'"
    ).fetchall()
    for (name,) in rows:
        connection.execute(f'DROP TABLE "{name}"')


def clear_learner(connection: sqlite3.Connection, learner_id: bytes) -> None:
    """Delete the rows of one learner, before she is folded anew."""
    for name in LEARNER_TABLES:
        connection.execute(f"DELETE FROM {name} WHERE learner_id = ?", (learner_id,))  # noqa: S608


def dump(connection: sqlite3.Connection) -> Iterable[tuple[str, tuple[object, ...]]]:
    """Every row of every table in a fixed order, to compare two foldings."""
    for name in TABLES:
        order = " ORDER BY 1" if name in _WIDE else ""
        for row in connection.execute(f"SELECT * FROM {name}{order}"):  # noqa: S608 (own names)
            yield name, tuple(row)
