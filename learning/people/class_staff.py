"""Who teaches which class, and whose classes a teacher may look at and act on.

Owns: the set of teachers of a class, the school's setting for looking at others', and the reach of
one person. What a role may do at all is `rights.py`; this says with which classes. A class that
nobody is put down for is every teacher's: a school that never says who teaches what goes on as it
was, and nobody's class is locked when its only teacher leaves.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.learning.aliases import aliases_of
from darasa.learning.errors import NotHereError
from darasa.learning.kinds import Op
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import CLASS_TEACHER, SCHOOL_SHARED_CLASSES
from darasa.learning.rights import Post
from darasa.sync.ids import LearnerId, RecordId, Role, hash16

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.people.lists import ClassRow, TeacherRow
    from darasa.learning.recorder import Fact

_SETTING: Final = hash16(b"setting\0shared classes")


class Reach(Struct, frozen=True):
    """With which classes a person has to do. `own` None: with all; `looks`: at the others too."""

    own: frozenset[RecordId] | None
    looks: bool

    def may_act(self, class_ids: Iterable[bytes]) -> bool:
        """Whether she may change something of a learner of these classes; of no class: yes."""
        asked = frozenset(class_ids)
        return self.own is None or not asked or not asked.isdisjoint(self.own)

    def may_look(self, class_ids: Iterable[bytes]) -> bool:
        """Whether she may see a learner of these classes."""
        return self.looks or self.may_act(class_ids)


EVERYTHING: Final = Reach(None, looks=True)


def reach_of(room: "Classroom", person: "TeacherRow") -> Reach:
    """With which classes a person of this school has to do now."""
    if person.role != Post.TEACHER:
        return EVERYTHING
    with room.store.reading() as connection:
        own = connection.execute(
            "SELECT class_id FROM lt_class_teacher WHERE teacher_id = ? UNION"
            " SELECT class_id FROM lt_class WHERE class_id NOT IN"
            " (SELECT class_id FROM lt_class_teacher"
            "  JOIN lt_teacher USING (school_id, teacher_id))",
            (person.record_id,),
        ).fetchall()
    looks = shares_classes(room)
    return Reach(frozenset(RecordId(class_id) for (class_id,) in own), looks=looks)


def classes_with(connection: sqlite3.Connection, learner_id: LearnerId) -> frozenset[RecordId]:
    """The open classes of a learner, under all her ids."""
    found: set[RecordId] = set()
    for each in aliases_of(connection, learner_id):
        rows = connection.execute(
            "SELECT class_id FROM lt_membership JOIN lt_class USING (school_id, class_id)"
            " WHERE learner_id = ?",
            (each,),
        )
        found |= {RecordId(class_id) for (class_id,) in rows}
    return frozenset(found)


def shares_classes(room: "Classroom") -> bool:
    """Whether a teacher may look at classes that are not hers."""
    return room.people.record_of(_SETTING).shown(SCHOOL_SHARED_CLASSES) is True


def share_classes(room: "Classroom", *, shared: bool) -> Undo:
    """Let every teacher look at every class, or only at her own."""
    _check_school(room)
    seen = room.people.record_of(_SETTING).chains(SCHOOL_SHARED_CLASSES)
    return record_undoable(room, [(None, Op(_SETTING, SCHOOL_SHARED_CLASSES, shared, seen))])


def teachers_of(room: "Classroom", class_id: RecordId) -> list["TeacherRow"]:
    """Who teaches a class, by name; nobody who signs in here no longer."""
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT teacher_id FROM lt_class_teacher WHERE class_id = ?", (class_id,)
        ).fetchall()
    hers = {teacher_id for (teacher_id,) in rows}
    return [row for row in room.people.teachers() if row.record_id in hers]


def classes_of_teacher(room: "Classroom", teacher_id: RecordId) -> list["ClassRow"]:
    """The open classes that a teacher is put down for, by name."""
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT class_id FROM lt_class_teacher WHERE teacher_id = ?", (teacher_id,)
        ).fetchall()
    hers = {class_id for (class_id,) in rows}
    return [row for row in room.people.classes() if row.record_id in hers]


def set_teachers(room: "Classroom", class_id: RecordId, teachers: Sequence[RecordId]) -> Undo:
    """These and no others teach the class."""
    _check_school(room)
    return record_undoable(room, facts_of_teachers(room, class_id, teachers))


def facts_of_teachers(
    room: "Classroom", class_id: RecordId, teachers: Sequence[RecordId]
) -> "list[Fact]":
    """The ops that make these the teachers of a class; none where they are already."""
    record = room.people.record_of(class_id)
    now = set(record.values(CLASS_TEACHER))
    gone = [
        chain
        for teacher_id in sorted(now - set(teachers))
        for chain in record.chains_of_value(CLASS_TEACHER, teacher_id)
    ]
    new = [each for each in dict.fromkeys(teachers) if each not in now]
    ops = [Op(class_id, CLASS_TEACHER, each, ()) for each in new]
    if gone:
        first = ops[0].value if ops else None
        ops[:1] = [Op(class_id, CLASS_TEACHER, first, tuple(gone))]
    return [(None, op) for op in ops]


def _check_school(room: "Classroom") -> None:
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Who teaches what is decided at the school server.")
