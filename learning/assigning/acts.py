"""Setting something for a class or some of its learners: each change is one transaction.

Owns: the ops of setting, changing and ending, and what may not be set. Only a school server sets
anything. Does not know forms or commands, nor whose class it is.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from darasa.learning.assigning.rows import BY_NAME, WHOLE_CLASS
from darasa.learning.errors import NotFoundError, NotHereError, PeopleError
from darasa.learning.evidence import SkillKey
from darasa.learning.kinds import Op
from darasa.learning.people.short_names import clean_name
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import (
    ASSIGNMENT_CLASS,
    ASSIGNMENT_DELETED,
    ASSIGNMENT_SKILLS,
    ASSIGNMENT_TITLE,
    ASSIGNMENT_UNTIL,
    ASSIGNMENT_WHOM,
    LEARNER_ASSIGNMENT,
    RecordState,
)
from darasa.learning.scopes import ASSIGNED_MAX, SET_SKILLS_MAX
from darasa.sync.codec import pack
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

_FULL: Final = f"A class has at most {ASSIGNED_MAX} things set. End some of them first."


class Wanted(Struct, frozen=True):
    """What is to be set. `learners` None: for the whole class; `until_ms` None: no last day."""

    skills: tuple[SkillKey, ...]
    title: str = ""
    until_ms: int | None = None
    learners: tuple[LearnerId, ...] | None = None


def assign(room: "Classroom", class_id: RecordId, wanted: Wanted) -> tuple[RecordId, Undo]:
    """Set skills for a class, or some of it. Raises PeopleError for what cannot be set."""
    _check(room, class_id, wanted)
    if _count(room, class_id) >= ASSIGNED_MAX:
        raise PeopleError(_FULL)
    record_id = RecordId(room.rng(ID_BYTES))
    values = {ASSIGNMENT_CLASS: class_id, **_values(room, record_id, wanted)}
    facts: list[Fact] = [
        (None, Op(record_id, field, value, ()))
        for field, value in values.items()
        if value is not None
    ]
    facts += _naming(room, record_id, wanted.learners or ())
    return record_id, record_undoable(room, facts, made={record_id})


def change(room: "Classroom", record_id: RecordId, wanted: Wanted) -> Undo:
    """Set something else instead: only what is different is written."""
    class_id = class_of(room, record_id)
    _check(room, class_id, wanted)
    record = room.people.record_of(record_id)
    facts: list[Fact] = []
    for field, value in _values(room, record_id, wanted).items():
        if not _is_same(room, record, field, value):
            facts.append((None, Op(record_id, field, value, record.chains(field))))
    facts += _naming(room, record_id, wanted.learners or ())
    return record_undoable(room, facts)


def end(room: "Classroom", record_id: RecordId) -> Undo:
    """It is set for nobody any more. What was learned by it stays."""
    class_of(room, record_id)
    seen = room.people.record_of(record_id).seen_by_deletion(ASSIGNMENT_DELETED)
    deletion = Op(record_id, ASSIGNMENT_DELETED, value=True, supersedes=seen)
    return record_undoable(room, [(None, deletion), *_naming(room, record_id, ())])


def class_of(room: "Classroom", record_id: RecordId) -> RecordId:
    """The class for which something stands. Raises NotFoundError, at a computer NotHereError."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("What is set for a class is decided at the school server.")
    with room.store.reading() as connection:
        row = connection.execute(
            "SELECT class_id FROM lt_assignment WHERE school_id = ? AND record_id = ?",
            (room.home.school_id, record_id),
        ).fetchone()
    if row is None:
        raise NotFoundError("That is set no longer.")
    return RecordId(row[0])


def _check(room: "Classroom", class_id: RecordId, wanted: Wanted) -> None:
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("What is set for a class is decided at the school server.")
    if not wanted.skills:
        raise PeopleError("Choose at least one skill.")
    if len(wanted.skills) > SET_SKILLS_MAX:
        raise PeopleError(f"Choose at most {SET_SKILLS_MAX} skills at a time.")
    if wanted.until_ms is not None and wanted.until_ms < room.clock.wall_ms():
        raise PeopleError("That day is over. Choose a later one.")
    members = {row.learner_id for row in room.people.learners(class_id)}
    if wanted.learners is not None and not wanted.learners:
        raise PeopleError("Choose at least one learner, or the whole class.")
    if not set(wanted.learners or ()) <= members:
        raise PeopleError("Somebody chosen is not in this class any more.")


def _count(room: "Classroom", class_id: RecordId) -> int:
    with room.store.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM lt_assignment WHERE school_id = ? AND class_id = ?",
            (room.home.school_id, class_id),
        ).fetchone()
    return int(row[0])


def _values(room: "Classroom", record_id: RecordId, wanted: Wanted) -> dict[str, Any]:
    """The fields of a record but its class; None of one that is not said."""
    title = clean_name(wanted.title) if wanted.title.strip() else None
    sealed = None if title is None else room.people.facts.sealed(record_id, ASSIGNMENT_TITLE, title)
    return {
        ASSIGNMENT_SKILLS: tuple(dict.fromkeys(wanted.skills)),
        ASSIGNMENT_TITLE: sealed,
        ASSIGNMENT_UNTIL: wanted.until_ms,
        ASSIGNMENT_WHOM: WHOLE_CLASS if wanted.learners is None else BY_NAME,
    }


def _is_same(room: "Classroom", record: RecordState, field: str, value: Any) -> bool:
    """Whether a field has that value and no other; sealed text is compared in clear."""
    state = record.fields.get(field)
    if state is not None and state.conflict:
        return False
    now = record.shown(field)
    if field == ASSIGNMENT_TITLE:
        opened = room.people.facts.opened
        return opened(record.record_id, field, now) == opened(record.record_id, field, value)
    if field == ASSIGNMENT_SKILLS:
        return now is not None and [tuple(each) for each in now] == list(value)
    return bool(now == value)


def _naming(
    room: "Classroom", record_id: RecordId, wanted: Sequence[LearnerId]
) -> "Iterable[Fact]":
    """The ops that set it for these learners by name, and for no others.

    In each one's own record, so that erasing her reaches it.
    """
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT record_id FROM lt_op WHERE school_id = ? AND field = ? AND value = ?",
            (room.home.school_id, LEARNER_ASSIGNMENT, pack(record_id)),
        ).fetchall()
    kept: set[bytes] = set()
    for (learner_id,) in rows:
        seen = room.people.record_of(learner_id).chains_of_value(LEARNER_ASSIGNMENT, record_id)
        if seen and not _is_among(room, LearnerId(learner_id), wanted):
            op = Op(learner_id, LEARNER_ASSIGNMENT, None, seen)
            yield LearnerId(learner_id), op
        elif seen:
            kept |= set(room.aliases_of(LearnerId(learner_id)))
    for each in dict.fromkeys(wanted):
        if each not in kept:
            yield each, Op(each, LEARNER_ASSIGNMENT, record_id, ())


def _is_among(room: "Classroom", learner_id: LearnerId, wanted: Sequence[LearnerId]) -> bool:
    """Whether she is among these, under any id of hers."""
    return bool(set(room.aliases_of(learner_id)) & set(wanted))
