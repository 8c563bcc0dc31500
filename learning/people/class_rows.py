"""Rows of classes and computers at a school or hub, from their folded records.

Owns: the tables lt_class, lt_class_teacher, lt_class_course and lt_computer there. An op may hold
anything: what is no id or no name of a course is left out. Does not know ops.
"""

import sqlite3
from collections.abc import Iterable
from typing import Any

from darasa.learning.feed_rows import set_class, set_courses
from darasa.learning.people.short_names import clean_name
from darasa.learning.records import (
    CLASS_COURSE,
    CLASS_DELETED,
    CLASS_NAME,
    CLASS_SIGN_IN,
    CLASS_TEACHER,
    COMPUTER_NAME,
    COMPUTER_PLACE,
    RecordState,
)
from darasa.learning.scopes import COURSE_CHARS_MAX, COURSES_MAX, ClassValue, ComputerValue
from darasa.learning.signing_in.verifier import kind_named
from darasa.sync.ids import ID_BYTES, SchoolId


def fold_class(
    connection: sqlite3.Connection, school_id: SchoolId, record: RecordState
) -> ClassValue | None:
    """Write the rows of a class; what its computers are told, None of one that is closed."""
    name, key = record.shown(CLASS_NAME), (school_id, record.record_id)
    for table in ("lt_class", "lt_class_teacher", "lt_class_course"):
        connection.execute(
            f"DELETE FROM {table} WHERE school_id = ? AND class_id = ?",  # noqa: S608 (own names)
            key,
        )
    if record.shown(CLASS_DELETED) is True or not isinstance(name, str):
        return None
    courses = _courses(record.values(CLASS_COURSE))
    kind = kind_named(record.shown(CLASS_SIGN_IN))
    set_class(connection, *key, name, kind)
    set_courses(connection, *key, courses)
    connection.executemany(
        "INSERT INTO lt_class_teacher VALUES (?, ?, ?)",
        [(*key, each) for each in sorted(ids_among(record.values(CLASS_TEACHER)))],
    )
    return ClassValue(clean_name(name), kind.word, courses)


def fold_computer(
    connection: sqlite3.Connection, school_id: SchoolId, record: RecordState
) -> ComputerValue | None:
    """Write the row of a computer; what the others are told of it, None of one without a name."""
    name, place = record.shown(COMPUTER_NAME), record.shown(COMPUTER_PLACE)
    if COMPUTER_NAME not in record.fields and COMPUTER_PLACE not in record.fields:
        connection.execute(
            "DELETE FROM lt_computer WHERE school_id = ? AND node_id = ?",
            (school_id, record.record_id),
        )
        return None
    shown = clean_name(name) if isinstance(name, str) else None
    connection.execute(
        "INSERT OR REPLACE INTO lt_computer VALUES (?, ?, ?, ?)",
        (
            school_id,
            record.record_id,
            shown,
            clean_name(place) if isinstance(place, str) else None,
        ),
    )
    return None if shown is None else ComputerValue(record.record_id, shown)


def ids_among(values: Iterable[Any]) -> set[bytes]:
    """The members of a set that are ids."""
    return {v for v in values if isinstance(v, bytes) and len(v) == ID_BYTES}


def _courses(values: Iterable[Any]) -> tuple[str, ...]:
    found = {v for v in values if isinstance(v, str) and 0 < len(v) <= COURSE_CHARS_MAX}
    return tuple(sorted(found)[:COURSES_MAX])
