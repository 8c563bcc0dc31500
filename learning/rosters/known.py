"""What a school has of its people, read at once for comparing with a list and for writing one.

Owns: one pass over the ops of the fields that lists look up by. Only where the school's key is.
"""

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.parts import personal_text
from darasa.learning.people.short_names import clean_name
from darasa.learning.records import (
    CLASS_SOURCE,
    CLASS_TEACHER,
    FIELDS,
    LEARNER_LANGUAGE,
    LEARNER_REGISTER_NUMBER,
    LEARNER_SOURCE,
    TEACHER_SOURCE,
    FieldState,
    SeenOp,
    fold_record,
)
from darasa.learning.rosters.matching import Known, KnownLearner
from darasa.sync.codec import unpack
from darasa.sync.ids import LearnerId, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_OF_LEARNERS: Final = (LEARNER_REGISTER_NUMBER, LEARNER_SOURCE, LEARNER_LANGUAGE)


def known_of(room: "Classroom") -> Known:
    """Everyone on the lists of this school. Cost: a row each, and a seal for each number."""
    with room.store.reading() as connection:
        school_id = room.home.school_id
        classes = {
            RecordId(class_id): clean_name(name)
            for class_id, name in connection.execute(
                "SELECT class_id, name FROM lt_class WHERE school_id = ?", (school_id,)
            )
        }
        members: dict[bytes, list[RecordId]] = {}
        for learner_id, class_id in connection.execute(
            "SELECT learner_id, class_id FROM lt_membership WHERE school_id = ?", (school_id,)
        ):
            members.setdefault(learner_id, []).append(RecordId(class_id))
        people = connection.execute(
            "SELECT learner_id, name FROM lt_person WHERE school_id = ?", (school_id,)
        ).fetchall()
        said = {field: shown(room, connection, field) for field in _OF_LEARNERS}
        sources = shown(room, connection, CLASS_SOURCE)
    learners = (
        KnownLearner(
            learner_id=LearnerId(learner_id),
            name=clean_name(name),
            classes=_names(members.get(learner_id, ()), classes),
            class_ids=tuple(i for i in members.get(learner_id, ()) if i in classes),
            number=said[LEARNER_REGISTER_NUMBER].get(learner_id, ""),
            source=said[LEARNER_SOURCE].get(learner_id, ""),
            language=said[LEARNER_LANGUAGE].get(learner_id, ""),
        )
        for learner_id, name in people
    )
    by_source = {source: RecordId(class_id) for class_id, source in sources.items()}
    here = {source: class_id for source, class_id in by_source.items() if class_id in classes}
    return Known(tuple(learners), classes, here)


def teacher_sources(room: "Classroom") -> dict[str, RecordId]:
    """The people who sign in here, by what another system calls them."""
    with room.store.reading() as connection:
        said = shown(room, connection, TEACHER_SOURCE)
    there = {row.record_id for row in room.people.teachers()}
    return {source: RecordId(i) for i, source in said.items() if RecordId(i) in there}


def teachers_of_classes(room: "Classroom") -> dict[RecordId, tuple[RecordId, ...]]:
    """Who is put down for each class."""
    with room.store.reading() as connection:
        states = _states(room, connection, CLASS_TEACHER)
    return {RecordId(i): tuple(RecordId(v) for v in state.values) for i, state in states.items()}


def shown(room: "Classroom", connection: sqlite3.Connection, field: str) -> dict[bytes, str]:
    """One field of all records that have it: record to the text that is shown."""
    personal = personal_text(room.home, room.rng)
    texts: dict[bytes, str] = {}
    for record_id, state in _states(room, connection, field).items():
        value: Any = state.shown
        if FIELDS[field].sealed:
            clear = personal.open(record_id, field, value)
            value = None if clear is None else clear.decode("utf-8", "replace")
        if isinstance(value, str) and value:
            texts[record_id] = safe_line(value)
    return texts


def _states(
    room: "Classroom", connection: sqlite3.Connection, field: str
) -> dict[bytes, FieldState]:
    rows = connection.execute(
        "SELECT record_id, lamport, log_id, seq, chain, author, value, supersedes, role"
        " FROM lt_op WHERE school_id = ? AND field = ? ORDER BY record_id",
        (room.home.school_id, field),
    )
    ops: dict[bytes, list[SeenOp]] = {}
    for record_id, lamport, log_id, seq, chain, author, value, supersedes, role in rows:
        ops.setdefault(record_id, []).append(
            SeenOp(
                record_id=record_id,
                field=field,
                value=unpack(value),
                supersedes=frozenset(unpack(supersedes)),
                order_key=(lamport, log_id, seq, chain),
                role=None if role is None else Role(role),
                author=author,
            )
        )
    folded = {record_id: fold_record(record_id, each) for record_id, each in ops.items()}
    return {i: record.fields[field] for i, record in folded.items() if field in record.fields}


def _names(
    class_ids: Iterable[RecordId], classes: dict[RecordId, SafeText]
) -> tuple[SafeText, ...]:
    """The names of the classes that are open, in order."""
    return tuple(sorted(classes[class_id] for class_id in class_ids if class_id in classes))
