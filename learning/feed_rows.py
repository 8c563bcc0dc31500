"""Rows of classes and learners on a computer: the school's lists as its feed brings them.

Owns: the tables lt_class, lt_class_course, lt_membership and lt_notice there, and how a verifier is
kept on a computer. Does not know ops, nor how records travel.
"""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from darasa.learning import resume
from darasa.learning.personal_text import MachineSecret
from darasa.learning.scopes import (
    SCHOOL_SCOPE,
    ClassValue,
    KeptValue,
    LearnerValue,
    class_of,
    parse_value,
)
from darasa.learning.short_names import clean_name
from darasa.sync.ids import SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx


class FeedRows:
    """Keeps the lists of one computer."""

    def __init__(self, *, school_id: SchoolId, secret: MachineSecret) -> None:
        self._school_id = school_id
        self._secret = secret

    def on_feed(
        self,
        tx: "Tx",
        scope: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> bool:
        """Take over records of the school's feed; `from_start` means these are all of the scope.

        What the store keeps of a class list is replaced: verifiers go under the machine's secret.
        Answers whether what the school says to all (lt_notice) may have changed.
        """
        if scope == SCHOOL_SCOPE:
            self._school_feed(tx.connection, records, from_start=from_start)
            return True
        if (class_id := class_of(scope)) is not None:
            self._class_feed(tx, scope, class_id, records, from_start=from_start)
        return False

    def _school_feed(
        self,
        connection: sqlite3.Connection,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        if from_start:
            kept = {record_id for record_id, value in records if value is not None}
            for (class_id,) in connection.execute("SELECT class_id FROM lt_class").fetchall():
                if class_id not in kept:
                    self._drop_class(connection, class_id)
            connection.execute("DELETE FROM lt_notice")
        for record_id, raw in records:
            value = None if raw is None else parse_value(raw)
            connection.execute("DELETE FROM lt_notice WHERE record_id = ?", (record_id,))
            if isinstance(value, ClassValue):
                set_class(connection, self._school_id, record_id, value.name)
                set_courses(connection, self._school_id, record_id, value.courses)
            elif raw is None:
                self._drop_class(connection, record_id)
            else:
                connection.execute("INSERT INTO lt_notice VALUES (?, ?)", (record_id, raw))

    def _class_feed(
        self,
        tx: "Tx",
        scope: bytes,
        class_id: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        connection = tx.connection
        before = dict(
            connection.execute(
                "SELECT learner_id, verifier FROM lt_membership WHERE class_id = ?", (class_id,)
            ).fetchall()
        )
        if from_start:
            self._drop_list(connection, class_id)
        for learner_id, raw in records:
            key = (self._school_id, class_id, learner_id)
            connection.execute(
                "DELETE FROM lt_membership WHERE school_id = ? AND class_id = ? AND learner_id = ?",
                key,
            )
            value = None if raw is None else self._kept(learner_id, raw)
            if value is None:
                continue
            tx.put_records(scope, [(learner_id, value.to_bytes())], from_start=False)
            connection.execute(
                "INSERT INTO lt_membership VALUES (?, ?, ?, ?, ?)",
                (*key, value.name, value.sealed),
            )
            if before.get(learner_id, value.sealed) != value.sealed:  # a new PIN ends the pause
                resume.save_tries(connection, learner_id, failures=0, failed_ms=0)

    def _kept(self, learner_id: bytes, raw: bytes) -> KeptValue | None:
        """A learner of a list with the verifier under the machine's secret."""
        value = parse_value(raw)
        if isinstance(value, LearnerValue):
            sealed = value.verifier and self._secret.seal(learner_id, value.verifier)
            return KeptValue(value.name, sealed)
        return value if isinstance(value, KeptValue) else None

    def _drop_class(self, connection: sqlite3.Connection, class_id: bytes) -> None:
        """What a computer no longer has is deleted whole, with the names in it."""
        connection.execute("DELETE FROM lt_class WHERE class_id = ?", (class_id,))
        connection.execute("DELETE FROM lt_class_course WHERE class_id = ?", (class_id,))
        self._drop_list(connection, class_id)

    def _drop_list(self, connection: sqlite3.Connection, class_id: bytes) -> None:
        connection.execute("DELETE FROM lt_membership WHERE class_id = ?", (class_id,))


def set_class(
    connection: sqlite3.Connection, school_id: SchoolId, class_id: bytes, name: str
) -> None:
    """Put a class on the list, or give it another name."""
    connection.execute(
        "INSERT OR REPLACE INTO lt_class VALUES (?, ?, ?)", (school_id, class_id, clean_name(name))
    )


def set_courses(
    connection: sqlite3.Connection, school_id: SchoolId, class_id: bytes, courses: Sequence[str]
) -> None:
    """These are the courses of a class; none of them: it has all that there are."""
    connection.execute(
        "DELETE FROM lt_class_course WHERE school_id = ? AND class_id = ?", (school_id, class_id)
    )
    connection.executemany(
        "INSERT OR IGNORE INTO lt_class_course VALUES (?, ?, ?)",
        [(school_id, class_id, each) for each in courses],
    )
