"""Rows of what teachers have set: the fold of its record at a school, its value at a computer.

Owns: the table lt_assignment, and what a school tells its computers of it. Whom a thing is set for
by name is in the learners' own records (docs/decisions/0033), so in lt_membership. An op may hold
anything: a record whose fields do not fit is no row. Does not know who asks for a change.
"""

import sqlite3
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from darasa.learning.people.short_names import clean_name
from darasa.learning.records import (
    ASSIGNMENT_CLASS,
    ASSIGNMENT_DELETED,
    ASSIGNMENT_SKILLS,
    ASSIGNMENT_UNTIL,
    ASSIGNMENT_WHOM,
    RecordState,
)
from darasa.learning.scopes import (
    ASSIGNED_MAX,
    AssignmentValue,
    SetSkills,
    UntilMs,
    class_scope,
)
from darasa.sync.codec import convert, pack, unpack
from darasa.sync.ids import ID_BYTES, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

WHOLE_CLASS: Final = "class"
BY_NAME: Final = "learners"
"""The two values of `assignment.whom`."""

_INSERT: Final = "INSERT OR REPLACE INTO lt_assignment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def fold_assignment(
    connection: sqlite3.Connection, school_id: SchoolId, record: RecordState, title: bytes | None
) -> tuple[set[bytes], set[bytes]]:
    """Write the row of a record; `title` is its title in clear, None where it cannot be read.

    Returns the class that had it before, and the one that has it now; at most one each.
    """
    key = (school_id, record.record_id)
    before = {
        class_id
        for (class_id,) in connection.execute(
            "DELETE FROM lt_assignment WHERE school_id = ? AND record_id = ? RETURNING class_id",
            key,
        ).fetchall()
    }
    after: set[bytes] = set()
    class_id, skills = record.shown(ASSIGNMENT_CLASS), _skills(record.shown(ASSIGNMENT_SKILLS))
    is_there = record.shown(ASSIGNMENT_DELETED) is not True
    if is_there and skills and isinstance(class_id, bytes) and len(class_id) == ID_BYTES:
        after = {class_id}
        words = "" if title is None else title.decode("utf-8", "replace")
        set_by = record.fields[ASSIGNMENT_SKILLS].survivors[0].by
        connection.execute(
            _INSERT,
            (
                *key,
                class_id,
                clean_name(words) if words.strip() else "",
                set_by,
                "",
                pack(skills),
                _until(record.shown(ASSIGNMENT_UNTIL)),
                record.shown(ASSIGNMENT_WHOM) != BY_NAME,
            ),
        )
    return before, after


def publish_assignments(tx: "Tx", school_id: SchoolId, touched: Collection[bytes]) -> None:
    """At a school: tell the computers of what is among `touched`, or was set by a teacher there."""
    rows = tx.connection.execute(
        "SELECT a.record_id, class_id, title, coalesce(t.name, ''), skills, until_ms, for_all,"
        " a.teacher FROM lt_assignment a LEFT JOIN lt_teacher t"
        " ON t.school_id = a.school_id AND t.teacher_id = a.teacher"
        " WHERE a.school_id = ? ORDER BY a.record_id",
        (school_id,),
    ).fetchall()
    for record_id, class_id, title, by, skills, until_ms, for_all, teacher in rows:
        if record_id in touched or teacher in touched:
            value = AssignmentValue(title, by, _skills(unpack(skills)), until_ms, bool(for_all))
            tx.publish(class_scope(class_id), record_id, value.to_bytes())


def take_assignment(
    connection: sqlite3.Connection,
    school_id: SchoolId,
    class_id: bytes,
    record_id: bytes,
    value: AssignmentValue,
) -> None:
    """At a computer: what the feed says of a record."""
    skills, for_all = pack(value.skills), value.for_all
    told = (value.title, None, value.by, skills, value.until_ms, for_all)
    connection.execute(_INSERT, (school_id, record_id, class_id, *told))


def drop_assignment(connection: sqlite3.Connection, class_id: bytes, record_id: bytes) -> None:
    """At a computer: a class has it no longer."""
    connection.execute(
        "DELETE FROM lt_assignment WHERE class_id = ? AND record_id = ?", (class_id, record_id)
    )


def drop_assignments(connection: sqlite3.Connection, class_id: bytes) -> None:
    """At a computer: all that was set for a class."""
    connection.execute("DELETE FROM lt_assignment WHERE class_id = ?", (class_id,))


def packed_ids(ids: Iterable[bytes]) -> bytes | None:
    """Records that were set for a learner by name, as lt_membership keeps them."""
    found = sorted(ids)
    return pack(found) if found else None


def ids_in(packed: bytes | None) -> tuple[bytes, ...]:
    """The same, read."""
    return () if packed is None else tuple(unpack(packed))


def assigned_in(
    connection: sqlite3.Connection, school_id: SchoolId, class_id: bytes, packed: bytes | None
) -> tuple[bytes, ...]:
    """Of what was set for a learner by name, what stands in this class."""
    if packed is None:
        return ()
    rows = connection.execute(
        "SELECT record_id FROM lt_assignment WHERE school_id = ? AND class_id = ?",
        (school_id, class_id),
    )
    standing = {record_id for (record_id,) in rows}
    return tuple(each for each in ids_in(packed) if each in standing)[:ASSIGNED_MAX]


def _skills(value: object) -> tuple[tuple[str, str], ...]:
    """The skills of a record; none of a value that is not a list of them."""
    try:
        return convert(value, SetSkills)
    except (msgspec.ValidationError, RecursionError):
        return ()


def _until(value: object) -> int | None:
    try:
        until_ms: int | None = convert(value, UntilMs)
    except (msgspec.ValidationError, RecursionError):
        return None
    return until_ms
