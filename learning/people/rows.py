"""Rows of classes, learners and teachers at a school or hub: the fold of ops.

Owns: the tables lt_op, lt_person, lt_membership, lt_teacher and lt_conflict there, and what the
school publishes when they change. Does not know who asks for a change.
"""

import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from darasa.learning import resume
from darasa.learning.assigning.rows import (
    assigned_in,
    fold_assignment,
    packed_ids,
    publish_assignments,
)
from darasa.learning.deciding.judging import Author, Judge, Said
from darasa.learning.kinds import Kind, Op
from darasa.learning.people.class_rows import fold_class, fold_computer, ids_among
from darasa.learning.people.short_names import clean_name, folded, short_names
from darasa.learning.personal_text import PersonalText
from darasa.learning.records import (
    ASSIGNMENT_TITLE,
    LEARNER_ASSIGNMENT,
    LEARNER_CLASS,
    LEARNER_CODE,
    LEARNER_DELETED,
    LEARNER_NAME,
    LEARNER_REGISTER_NUMBER,
    LEARNER_VERIFIER,
    TEACHER_DELETED,
    TEACHER_NAME,
    TEACHER_ROLE,
    TEACHER_VERIFIER,
    RecordState,
    SeenOp,
    fold_record,
)
from darasa.learning.scopes import SCHOOL_SCOPE, LearnerValue, class_scope
from darasa.learning.signing_in.kept_secrets import code_until, kept_secrets, opened_checks
from darasa.learning.signing_in.known_secrets import drop_changed
from darasa.sync.codec import pack, unpack
from darasa.sync.event import StoredEvent
from darasa.sync.ids import Role, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

JudgeOf = Callable[[sqlite3.Connection], Judge]
"""Who says which events count, as things are decided now."""

RecordKey = tuple[SchoolId, bytes]

_UNNAMED = "?"

_ROWS_OF_A_LEARNER: Final = (
    ("lt_op", "record_id"),
    ("lt_conflict", "record_id"),
    ("lt_person", "learner_id"),
    ("lt_membership", "learner_id"),
)


_OF_A_PERSON: Final = (LEARNER_NAME, LEARNER_VERIFIER, LEARNER_CLASS)
"""One of these makes a learner someone of the school; without any she is a newcomer again."""


class PeopleRows:
    """Keeps the rows of people for one node."""

    def __init__(
        self,
        *,
        role: Role,
        school_id: SchoolId,
        judge_of: JudgeOf,
        personal: PersonalText,
    ) -> None:
        self._role = role
        self._school_id = school_id
        self._judge_of = judge_of
        self._personal = personal

    # -- ops ------------------------------------------------------------------------------

    def on_ops(self, tx: "Tx", ops: Iterable[tuple[StoredEvent, Op]]) -> None:
        """Note ops and fold the records they touch; the school publishes what changed."""
        if self._role is Role.COMPUTER:
            return  # its rows come from the feed (feed_rows.py): it cannot read the names in ops
        touched: dict[RecordKey, None] = {}
        judge = self._judge_of(tx.connection)
        for stored, op in ops:
            _note_op(tx.connection, stored, op, judge.look(stored).role)
            touched[(stored.school_id, op.record_id)] = None
        self._fold_all(tx, touched)

    def judge_anew(self, tx: "Tx", author: Author) -> None:
        """Whether an author's ops count has changed: fold the records they are about."""
        if self._role is Role.COMPUTER:
            return
        judge = self._judge_of(tx.connection)
        rows = tx.connection.execute(
            "SELECT record_id, log_id, seq, chain, field, role FROM lt_op"
            " WHERE school_id = ? AND author = ?",
            author,
        ).fetchall()
        touched: dict[RecordKey, None] = {}
        for record_id, log_id, seq, chain, field, was in rows:
            role = judge.look_at(Said(*author, (log_id, seq, chain), Kind.OP, field)).role
            if role != was:
                tx.connection.execute(
                    "UPDATE lt_op SET role = ? WHERE school_id = ? AND record_id = ?"
                    " AND log_id = ? AND seq = ? AND chain = ?",
                    (_text(role), author[0], record_id, log_id, seq, chain),
                )
                touched[(author[0], record_id)] = None
        self._fold_all(tx, touched)

    def _fold_all(self, tx: "Tx", touched: Iterable[RecordKey]) -> None:
        changed: set[tuple[SchoolId, bytes]] = set()
        for school_id, record_id in touched:
            changed |= {(school_id, c) for c in self._fold(tx, school_id, record_id)}
        for school_id, class_id in sorted(changed):
            self._list_class(tx, school_id, class_id)
        own = {record_id for school_id, record_id in touched if self._publishes(school_id)}
        if own:
            publish_assignments(tx, self._school_id, own)

    def forget(self, tx: "Tx", school_id: SchoolId, learner_ids: Iterable[bytes]) -> None:
        """Learners are erased: their rows go, then the short names of their classes are worked out.

        Nothing is published of them: a deletion would name them for ever.
        """
        connection = tx.connection
        classes: set[bytes] = set()
        for learner_id in learner_ids:
            key = (school_id, learner_id)
            classes |= set(_classes_of(connection, *key))
            for table, column in _ROWS_OF_A_LEARNER:
                connection.execute(
                    f"DELETE FROM {table} WHERE school_id = ? AND {column} = ?",  # noqa: S608
                    key,
                )
        if self._role is not Role.COMPUTER:  # a computer is sent the names
            for class_id in sorted(classes):
                self._list_class(tx, school_id, class_id)

    def unread_names(self, connection: sqlite3.Connection) -> int:
        """How many learners have a name that this node has no key for. Cost: a look at all."""
        nameless = connection.execute(
            "SELECT learner_id FROM lt_person WHERE school_id = ? AND name = ?",
            (self._school_id, _UNNAMED),
        ).fetchall()
        count = 0
        for (who,) in nameless:
            record = self.state_of(connection, who)
            has_name = isinstance(record.shown(LEARNER_NAME), bytes)
            count += has_name and self._opened(who, LEARNER_NAME, record) is None
        return count

    def state_of(self, connection: sqlite3.Connection, record_id: bytes) -> RecordState:
        """The fold of one record of this node's school, for whoever writes the next op."""
        return self.state_in(connection, self._school_id, record_id)

    def state_in(
        self, connection: sqlite3.Connection, school_id: SchoolId, record_id: bytes
    ) -> RecordState:
        """The fold of one record of a school."""
        rows = connection.execute(
            "SELECT lamport, log_id, seq, chain, author, field, value, supersedes, role, teacher"
            " FROM lt_op WHERE school_id = ? AND record_id = ?",
            (school_id, record_id),
        ).fetchall()
        ops = [
            SeenOp(
                record_id=record_id,
                field=field,
                value=unpack(value),
                supersedes=frozenset(unpack(supersedes)),
                order_key=(lamport, log_id, seq, chain),
                role=None if role is None else Role(role),
                author=author,
                by=teacher,
            )
            for lamport, log_id, seq, chain, author, field, value, supersedes, role, teacher in rows
        ]
        return fold_record(record_id, ops)

    def _fold(self, tx: "Tx", school_id: SchoolId, record_id: bytes) -> set[bytes]:
        """Fold one record; returns the classes whose lists it changes."""
        record = self.state_in(tx.connection, school_id, record_id)
        # of what does not count (any more), too: then no row is left
        names = (*record.fields, *(op.field for op in record.ignored))
        prefixes = {name.split(".", 1)[0] for name in names}
        if "class" in prefixes:
            self._fold_class(tx, school_id, record)
        if "teacher" in prefixes:
            self._fold_teacher(tx.connection, school_id, record)
        if "computer" in prefixes:
            told = fold_computer(tx.connection, school_id, record)
            if self._publishes(school_id) and told is not None:
                tx.publish(SCHOOL_SCOPE, told.record_id, told.to_bytes())
        _note_conflicts(tx.connection, school_id, record)
        if "assignment" in prefixes:
            return self._fold_assignment(tx, school_id, record)
        if "learner" in prefixes:
            return self._fold_learner(tx, school_id, record)
        return set()

    def _fold_class(self, tx: "Tx", school_id: SchoolId, record: RecordState) -> None:
        value = fold_class(tx.connection, school_id, record)
        if self._publishes(school_id):
            told = None if value is None else value.to_bytes()
            tx.publish(SCHOOL_SCOPE, record.record_id, told)

    def _fold_assignment(self, tx: "Tx", school_id: SchoolId, record: RecordState) -> set[bytes]:
        title = self._opened(record.record_id, ASSIGNMENT_TITLE, record)
        before, after = fold_assignment(tx.connection, school_id, record, title)
        if self._publishes(school_id):
            for class_id in before - after:
                tx.publish(class_scope(class_id), record.record_id, None)
        return before ^ after  # who it is set for by name is told with the list of the class

    def _fold_learner(self, tx: "Tx", school_id: SchoolId, record: RecordState) -> set[bytes]:
        learner_id, connection = record.record_id, tx.connection
        key = (school_id, learner_id)
        before = set(_classes_of(connection, *key))
        gone = record.shown(LEARNER_DELETED) is True
        after = set() if gone else ids_among(record.values(LEARNER_CLASS))
        assigned = packed_ids(ids_among(record.values(LEARNER_ASSIGNMENT)))
        connection.execute("DELETE FROM lt_membership WHERE school_id = ? AND learner_id = ?", key)
        connection.executemany(
            "INSERT INTO lt_membership VALUES (?, ?, ?, ?, NULL, ?)",
            [(school_id, each, learner_id, _UNNAMED, assigned) for each in sorted(after)],
        )
        known = connection.execute(
            "DELETE FROM lt_person WHERE school_id = ? AND learner_id = ? RETURNING secrets", key
        ).fetchall()
        if not gone and any(record.shown(field) is not None for field in _OF_A_PERSON):
            name = _clean(self._opened(learner_id, LEARNER_NAME, record))
            number = record.shown(LEARNER_REGISTER_NUMBER)
            verifier, kept = record.shown(LEARNER_VERIFIER), kept_secrets(record)
            first = verifier if isinstance(verifier, bytes) else None
            connection.execute(
                "INSERT INTO lt_person VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *key,
                    name,
                    first,
                    number if isinstance(number, bytes) else None,
                    kept,
                    code_until(self._opened(learner_id, LEARNER_CODE, record)),
                ),
            )
            if known and known != [(kept,)]:  # a new secret ends the pause; so does a teacher
                resume.clear_tries(connection, learner_id)
                drop_changed(connection, learner_id, first)
        if self._publishes(school_id):
            for class_id in before - after:
                tx.publish(class_scope(class_id), learner_id, None)
        return before | after

    def _list_class(self, tx: "Tx", school_id: SchoolId, class_id: bytes) -> None:
        """Work out the short names of a class, which depend on each other, and publish the list."""
        members = tx.connection.execute(
            "SELECT learner_id, name, p.secrets, p.register_number, assigned FROM lt_membership"
            " JOIN lt_person p USING (school_id, learner_id) WHERE school_id = ? AND class_id = ?",
            (school_id, class_id),
        ).fetchall()
        members.sort(key=lambda row: (folded(row[1]), row[0]))
        names = [name for _, name, *_ in members]
        numbers = [self._number(learner_id, sealed) for learner_id, _, _, sealed, _ in members]
        for (learner_id, _, kept, _, packed), shown in zip(
            members, short_names(names, numbers), strict=True
        ):
            tx.connection.execute(
                "UPDATE lt_membership SET shown = ?"
                " WHERE school_id = ? AND class_id = ? AND learner_id = ?",
                (shown, school_id, class_id, learner_id),
            )
            if self._publishes(school_id):
                checks = opened_checks(self._personal, learner_id, kept)
                assigned = assigned_in(tx.connection, school_id, class_id, packed)
                value = LearnerValue.of(shown, checks, assigned).to_bytes()
                tx.publish(class_scope(class_id), learner_id, value)

    def _fold_teacher(
        self, connection: sqlite3.Connection, school_id: SchoolId, record: RecordState
    ) -> None:
        if school_id != self._school_id:
            return  # whatever a school seals, nobody of it signs in at the hub
        key = (school_id, record.record_id)
        connection.execute("DELETE FROM lt_teacher WHERE school_id = ? AND teacher_id = ?", key)
        is_said = any(name.startswith("teacher.") for name in record.fields)
        if not is_said or record.shown(TEACHER_DELETED) is True:
            return
        name = _clean(self._opened(record.record_id, TEACHER_NAME, record))
        verifier, role = record.shown(TEACHER_VERIFIER), record.shown(TEACHER_ROLE)
        connection.execute(
            "INSERT INTO lt_teacher VALUES (?, ?, ?, ?, ?)",
            (
                *key,
                name,
                verifier if isinstance(verifier, bytes) else None,
                role if isinstance(role, str) else "teacher",
            ),
        )

    def _number(self, learner_id: bytes, sealed: bytes | None) -> str:
        opened = self._personal.open(learner_id, LEARNER_REGISTER_NUMBER, sealed)
        return "" if opened is None else _clean(opened)

    def _opened(self, owner: bytes, field: str, record: RecordState) -> bytes | None:
        return self._personal.open(owner, field, record.shown(field))

    def _publishes(self, school_id: SchoolId) -> bool:
        return self._role is Role.SCHOOL and school_id == self._school_id


def _note_op(
    connection: sqlite3.Connection, stored: StoredEvent, op: Op, role: Role | None
) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO lt_op VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stored.school_id,
            op.record_id,
            *stored.order_key,
            stored.author,
            op.field,
            pack(op.value),
            pack(op.supersedes),
            _text(role),
            op.by,
        ),
    )


def _text(role: Role | None) -> str | None:
    return None if role is None else str(role)


def _note_conflicts(
    connection: sqlite3.Connection, school_id: SchoolId, record: RecordState
) -> None:
    connection.execute(
        "DELETE FROM lt_conflict WHERE school_id = ? AND record_id = ?",
        (school_id, record.record_id),
    )
    connection.executemany(
        "INSERT INTO lt_conflict VALUES (?, ?, ?, ?)",
        [
            (school_id, record.record_id, state.field, len(state.survivors))
            for state in record.conflicts
        ],
    )
    deletion, edits = record.deletion, record.edits_unseen
    if deletion is not None and edits:
        connection.execute(
            "INSERT OR REPLACE INTO lt_conflict VALUES (?, ?, ?, ?)",
            (school_id, record.record_id, deletion.field, len(edits)),
        )


def _classes_of(
    connection: sqlite3.Connection, school_id: SchoolId, learner_id: bytes
) -> tuple[bytes, ...]:
    rows = connection.execute(
        "SELECT class_id FROM lt_membership WHERE school_id = ? AND learner_id = ?",
        (school_id, learner_id),
    ).fetchall()
    return tuple(class_id for (class_id,) in rows)


def _clean(name: bytes | None) -> str:
    if name is None:
        return _UNNAMED
    return clean_name(name.decode("utf-8", "replace"))
