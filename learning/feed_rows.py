"""Rows of classes and learners on a computer: the school's lists as its feed brings them.

Owns: the tables lt_class, lt_class_course, lt_membership, lt_assignment and lt_notice there, and
how a verifier is kept on a computer. Does not know ops, nor how records travel.
"""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from darasa.learning import resume
from darasa.learning.assigning.rows import (
    drop_assignment,
    drop_assignments,
    packed_ids,
    take_assignment,
)
from darasa.learning.people.short_names import clean_name
from darasa.learning.personal_text import MachineSecret
from darasa.learning.scopes import (
    SCHOOL_SCOPE,
    AssignmentValue,
    ClassValue,
    KeptValue,
    LearnerValue,
    Value,
    class_of,
    class_scope,
    parse_value,
)
from darasa.learning.signing_in.checks import NO_CHECKS, Checks, checks_of
from darasa.learning.signing_in.verifier import SecretKind, kind_named
from darasa.sync import feed
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
            self._school_feed(tx, records, from_start=from_start)
            return True
        if (class_id := class_of(scope)) is not None:
            self._class_feed(tx, scope, class_id, records, from_start=from_start)
        return False

    def _school_feed(
        self,
        tx: "Tx",
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        connection = tx.connection
        if from_start:
            kept = {record_id for record_id, value in records if value is not None}
            for class_id in _classes_here(connection) - kept:
                self._drop_class(tx, class_id)
            connection.execute("DELETE FROM lt_notice")
        for record_id, raw in records:
            value = None if raw is None else parse_value(raw)
            connection.execute("DELETE FROM lt_notice WHERE record_id = ?", (record_id,))
            if isinstance(value, ClassValue):
                kind = kind_named(value.sign_in)
                set_class(connection, self._school_id, record_id, value.name, kind)
                set_courses(connection, self._school_id, record_id, value.courses)
            elif raw is None:
                self._drop_class(tx, record_id)
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
        if not _is_listed(connection, class_id):  # closed since it was asked for
            tx.drop_scope(scope)
            return
        before = dict(
            connection.execute(
                "SELECT learner_id, checks FROM lt_membership WHERE class_id = ?", (class_id,)
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
            drop_assignment(connection, class_id, learner_id)
            told = None if raw is None else parse_value(raw)
            if isinstance(told, AssignmentValue):
                take_assignment(connection, *key, told)
            value = self._kept(learner_id, told)
            if value is None:
                continue
            tx.put_records(scope, [(learner_id, value.to_bytes())], from_start=False)
            connection.execute(
                "INSERT INTO lt_membership VALUES (?, ?, ?, ?, ?, ?)",
                (*key, value.name, value.sealed, packed_ids(value.assigned)),
            )
            was = before.get(learner_id, value.sealed)
            if was != value.sealed:  # a new secret or code ends the pause, and so does a teacher
                resume.clear_tries(connection, learner_id)
                self._settle_own(connection, learner_id, was, value.sealed)

    def _kept(self, learner_id: bytes, value: Value | None) -> KeptValue | None:
        """A learner of a list with her checks under the machine's secret."""
        if isinstance(value, LearnerValue):
            checks = value.checks
            sealed = (
                self._secret.seal(learner_id, checks.to_bytes()) if checks != NO_CHECKS else None
            )
            return KeptValue(value.name, sealed, value.assigned)
        return value if isinstance(value, KeptValue) else None

    def _settle_own(
        self,
        connection: sqlite3.Connection,
        learner_id: bytes,
        was: bytes | None,
        now: bytes | None,
    ) -> None:
        """A secret that she chose here and the school had not seen: once the school says other
        secrets or another code, its word is newer, and has this one in it if it counts."""
        if resume.own_secret(connection, learner_id) is None:
            return
        before, after = self._opened(learner_id, was), self._opened(learner_id, now)
        codes = [None if each.code is None else each.code.verifier for each in (before, after)]
        if before.verifiers != after.verifiers or codes[0] != codes[1]:
            resume.save_own_secret(connection, learner_id, None)

    def _opened(self, learner_id: bytes, sealed: bytes | None) -> Checks:
        return checks_of(None if sealed is None else self._secret.open(learner_id, sealed))

    def _drop_class(self, tx: "Tx", class_id: bytes) -> None:
        """What a computer no longer has is deleted whole, with the names in it and its cursor: a
        class that is opened again comes from the start.
        """
        connection = tx.connection
        tx.drop_scope(class_scope(class_id))
        connection.execute("DELETE FROM lt_class WHERE class_id = ?", (class_id,))
        connection.execute("DELETE FROM lt_class_course WHERE class_id = ?", (class_id,))
        self._drop_list(connection, class_id)

    def _drop_list(self, connection: sqlite3.Connection, class_id: bytes) -> None:
        connection.execute("DELETE FROM lt_membership WHERE class_id = ?", (class_id,))
        drop_assignments(connection, class_id)


def _classes_here(connection: sqlite3.Connection) -> set[bytes]:
    """The classes that this computer lists, or keeps anything of."""
    listed = {class_id for (class_id,) in connection.execute("SELECT class_id FROM lt_class")}
    kept = (class_of(scope) for scope in feed.held_scopes(connection))
    return listed.union(class_id for class_id in kept if class_id is not None)


def _is_listed(connection: sqlite3.Connection, class_id: bytes) -> bool:
    row = connection.execute("SELECT 1 FROM lt_class WHERE class_id = ?", (class_id,)).fetchone()
    return row is not None


def set_class(
    connection: sqlite3.Connection,
    school_id: SchoolId,
    class_id: bytes,
    name: str,
    sign_in: SecretKind,
) -> None:
    """Put a class on the list, or give it another name or kind of secret."""
    connection.execute(
        "INSERT OR REPLACE INTO lt_class VALUES (?, ?, ?, ?)",
        (school_id, class_id, clean_name(name), int(sign_in)),
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
