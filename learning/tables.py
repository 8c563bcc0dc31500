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
_WIDE: Final = frozenset({"lt_learner", "lt_tried", "lt_fit", "lt_fit_part"})
TABLES: Final[dict[str, str]] = {
    "lt_meta": "key TEXT PRIMARY KEY, value TEXT NOT NULL",
    # One learner's folded state, squeezed, under the id she is known by; `events` counts every
    # event with any id of hers, whatever its kind; `lamport_max` is the greatest of those that
    # count. A node that folds on demand keeps no state: the others are empty, and 0. `rules` names
    # what the state was folded by: where the school goes by another fit now, it is stale.
    "lt_learner": """learner_id BLOB PRIMARY KEY, state BLOB NOT NULL, digest BLOB NOT NULL,
        events INTEGER NOT NULL, lamport_max INTEGER NOT NULL, rules TEXT NOT NULL""",
    # Fits of parameters: those that are whole, with `fault` those that are not used; `told` is 0
    # for one of an event, 1 for one of the feed. Parts are of events.
    "lt_fit": """fit_id BLOB PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL,
        mode TEXT NOT NULL, maker BLOB NOT NULL, made_ms INTEGER NOT NULL, items INTEGER NOT NULL,
        skills INTEGER NOT NULL, source TEXT NOT NULL, fault TEXT NOT NULL, told INTEGER NOT NULL,
        signed BLOB NOT NULL""",
    "lt_fit_part": """fit_id BLOB NOT NULL, log_id BLOB NOT NULL, nth INTEGER NOT NULL,
        of INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (fit_id, log_id, nth)""",
    # By which fit a school folds: what it `said`, and what is `in_use` here. NULL: what ships.
    "lt_rules": "school_id BLOB PRIMARY KEY, said BLOB, in_use BLOB",
    # Answers of a sitting, packed (answer_rows.py); times are of the first and last that happened.
    "lt_answers": """learner_id BLOB NOT NULL, lamport INTEGER NOT NULL, log_id BLOB NOT NULL,
        first_seq INTEGER NOT NULL, author BLOB NOT NULL, first_ms INTEGER NOT NULL,
        last_ms INTEGER NOT NULL, answers BLOB NOT NULL,
        PRIMARY KEY (learner_id, lamport, log_id, first_seq)""",
    # Only at a school: the items that she met at first tries, packed (tried_rows.py), and how many.
    "lt_tried": """learner_id BLOB PRIMARY KEY, count INTEGER NOT NULL, items BLOB NOT NULL""",
    "lt_sitting": """learner_id BLOB NOT NULL, sitting BLOB NOT NULL, author BLOB NOT NULL,
        how TEXT NOT NULL, begun_ms INTEGER NOT NULL, ended_ms INTEGER, reason TEXT,
        PRIMARY KEY (learner_id, sitting)""",
    # Sittings of which she said that it was not she; they count as before.
    "lt_not_me": """learner_id BLOB NOT NULL, sitting BLOB NOT NULL, said_ms INTEGER NOT NULL,
        PRIMARY KEY (learner_id, sitting)""",
    # The language of the screens that she chose last.
    "lt_language": "learner_id BLOB PRIMARY KEY, language TEXT NOT NULL",
    # What she said of her goals, a row a word (goal_rows.py).
    "lt_goal": f"""learner_id BLOB NOT NULL, {_ORDER}, said_ms INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (learner_id, lamport, log_id, seq, chain)""",
    # Where so many wrong secrets in a row were given under her name, for her teacher.
    "lt_wrong_tries": """learner_id BLOB NOT NULL, log_id BLOB NOT NULL, seq INTEGER NOT NULL,
        author BLOB NOT NULL, tries INTEGER NOT NULL, how TEXT NOT NULL, said_ms INTEGER NOT NULL,
        PRIMARY KEY (learner_id, log_id, seq)""",
    # Decisions as seen (kinds.py 4 to 7, 50 and 51), and what they come to: restricted nodes, and
    # learners who are one person. `subject` is whom it is about; `role` is NULL for one that does
    # not count. On a computer the last two are what the school's feed says.
    "lt_decision": f"""school_id BLOB NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL,
        {_ORDER}, author BLOB NOT NULL, body BLOB NOT NULL, role TEXT,
        PRIMARY KEY (school_id, kind, subject, lamport, log_id, seq, chain)""",
    "lt_node": """school_id BLOB NOT NULL, node_id BLOB NOT NULL, role TEXT, hold BLOB,
        removed INTEGER NOT NULL, PRIMARY KEY (school_id, node_id)""",
    "lt_alias": "learner_id BLOB PRIMARY KEY, root BLOB NOT NULL",
    # What teachers of a school said of items, as its feed tells it (scopes.ItemValue).
    "lt_mark": """school_id BLOB NOT NULL, record_id BLOB NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (school_id, record_id)""",
    # What is kept and does not count, for those who look after the school.
    "lt_ignored": f"""school_id BLOB NOT NULL, {_ORDER}, author BLOB NOT NULL, learner_id BLOB,
        kind INTEGER NOT NULL, field TEXT, why TEXT NOT NULL,
        PRIMARY KEY (school_id, lamport, log_id, seq, chain)""",
    # Records: the ops as seen, then what folds from them. `role` is NULL where one does not
    # count.
    "lt_op": f"""school_id BLOB NOT NULL, record_id BLOB NOT NULL, {_ORDER}, author BLOB NOT NULL,
        field TEXT NOT NULL, value BLOB NOT NULL, supersedes BLOB NOT NULL,
        role TEXT, teacher BLOB,
        PRIMARY KEY (school_id, record_id, lamport, log_id, seq, chain)""",
    # `sign_in` is the kind of secret that its learners choose (verifier.SecretKind).
    "lt_class": """school_id BLOB NOT NULL, class_id BLOB NOT NULL, name TEXT NOT NULL,
        sign_in INTEGER NOT NULL, PRIMARY KEY (school_id, class_id)""",
    # Who teaches a class (not on a computer), and which courses it has; none listed: all.
    "lt_class_teacher": """school_id BLOB NOT NULL, class_id BLOB NOT NULL,
        teacher_id BLOB NOT NULL, PRIMARY KEY (school_id, class_id, teacher_id)""",
    "lt_class_course": """school_id BLOB NOT NULL, class_id BLOB NOT NULL, pack TEXT NOT NULL,
        PRIMARY KEY (school_id, class_id, pack)""",
    # Not on a computer: it is told no whole names. `verifier` is that of the secret that is shown
    # first, as it came; `secrets` has all of her sign-in (kept_secrets.py); `code_until` is when
    # the day of her one-use code ends: 0 before a teacher saw it, NULL when there is none.
    "lt_person": """school_id BLOB NOT NULL, learner_id BLOB NOT NULL, name TEXT NOT NULL,
        verifier BLOB, register_number BLOB, secrets BLOB, code_until INTEGER,
        PRIMARY KEY (school_id, learner_id)""",
    # `shown` is the short name in this class. `checks`, under the machine's secret, is what her
    # sign-in is checked against; NULL but on a computer. `assigned` are the records of what was set
    # for her by name, packed and in order; NULL for none.
    "lt_membership": """school_id BLOB NOT NULL, class_id BLOB NOT NULL, learner_id BLOB NOT NULL,
        shown TEXT NOT NULL, checks BLOB, assigned BLOB,
        PRIMARY KEY (school_id, class_id, learner_id)""",
    # What teachers have set for a class, or (`for_all` 0) for those of it whose `assigned` in
    # lt_membership names it. `teacher` is whose record; on a computer NULL, and `told_by` the name.
    "lt_assignment": """school_id BLOB NOT NULL, record_id BLOB NOT NULL, class_id BLOB NOT NULL,
        title TEXT NOT NULL, teacher BLOB, told_by TEXT NOT NULL, skills BLOB NOT NULL,
        until_ms INTEGER, for_all INTEGER NOT NULL, PRIMARY KEY (school_id, record_id)""",
    "lt_teacher": """school_id BLOB NOT NULL, teacher_id BLOB NOT NULL, name TEXT NOT NULL,
        verifier BLOB, role TEXT NOT NULL, PRIMARY KEY (school_id, teacher_id)""",
    # `survivors` of a deleted record: the edits that its deletion did not see.
    "lt_conflict": """school_id BLOB NOT NULL, record_id BLOB NOT NULL, field TEXT NOT NULL,
        survivors INTEGER NOT NULL, PRIMARY KEY (school_id, record_id, field)""",
    "lt_computer": """school_id BLOB NOT NULL, node_id BLOB NOT NULL, name TEXT, place TEXT,
        PRIMARY KEY (school_id, node_id)""",
    # Only on a computer: pack versions and whatever else the school says to all, as it came.
    "lt_notice": "record_id BLOB PRIMARY KEY, value BLOB NOT NULL",
}

INDEXES: Final[dict[str, str]] = {
    "lt_answers_recent": "lt_answers (last_ms)",
    "lt_membership_learner": "lt_membership (learner_id)",
    "lt_assignment_class": "lt_assignment (class_id)",
    "lt_sitting_begun": "lt_sitting (begun_ms)",
    "lt_wrong_tries_said": "lt_wrong_tries (said_ms)",
    "lt_learner_lamport": "lt_learner (lamport_max)",
    "lt_op_lamport": "lt_op (lamport) WHERE role IS NOT NULL",
    "lt_op_author": "lt_op (school_id, author)",
    "lt_alias_root": "lt_alias (root)",
    "lt_ignored_learner": "lt_ignored (learner_id)",
    "lt_ignored_author": "lt_ignored (school_id, author)",
}

# Those of one learner: deleted and filled again when an event of hers comes late.
LEARNER_TABLES: Final = (
    "lt_learner", "lt_answers", "lt_tried", "lt_sitting", "lt_not_me", "lt_wrong_tries",
    "lt_language", "lt_goal", "lt_ignored",
)  # fmt: skip


def exist(connection: sqlite3.Connection) -> bool:
    """Whether all read tables are in this store; an older program made fewer of them."""
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'lt\\_%' ESCAPE '\\'"
    )
    return set(TABLES) <= {name for (name,) in rows}


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
