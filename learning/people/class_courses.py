"""Which courses (packs) a class has, and so which a learner sees at a computer.

Owns: the set on the class and what follows from it for one learner. A class for which none is set
has all that there are; so has a learner without a class. What a sitting began with stays until it
ends, and an open set is finished whatever became of its pack: nothing is taken from under a child.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from darasa.learning.aliases import aliases_of
from darasa.learning.errors import NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import CLASS_COURSE
from darasa.learning.scopes import COURSES_MAX
from darasa.sync.ids import LearnerId, RecordId, Role

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom


def courses_of(room: "Classroom", class_id: RecordId) -> tuple[str, ...]:
    """The ids of the packs that are set for a class; none: it has all."""
    with room.store.reading() as connection:
        return _courses(connection, class_id)


def set_courses(room: "Classroom", class_id: RecordId, wanted: Sequence[str]) -> Undo:
    """These packs and no others; none: all that there are. Raises PeopleError for too many."""
    if room.home.role is not Role.SCHOOL:
        raise NotHereError("Which packs a class has is decided at the school server.")
    if len(set(wanted)) > COURSES_MAX:
        raise PeopleError(f"A class has at most {COURSES_MAX} packs.")
    record = room.people.record_of(class_id)
    now = set(record.values(CLASS_COURSE))
    gone = tuple(
        chain
        for each in sorted(now - set(wanted), key=str)
        for chain in record.chains_of_value(CLASS_COURSE, each)
    )
    new = [each for each in dict.fromkeys(wanted) if each not in now]
    ops = [Op(class_id, CLASS_COURSE, each, ()) for each in new]
    if gone:
        ops[:1] = [Op(class_id, CLASS_COURSE, new[0] if new else None, gone)]
    return record_undoable(room, [(None, op) for op in ops])


def courses_for(connection: sqlite3.Connection, learner_id: LearnerId) -> frozenset[str] | None:
    """The packs of a learner's classes together; None: all that there are."""
    found: set[str] = set()
    classes: set[bytes] = set()
    for each in aliases_of(connection, learner_id):
        rows = connection.execute(
            "SELECT class_id FROM lt_membership JOIN lt_class USING (school_id, class_id)"
            " WHERE learner_id = ?",
            (each,),
        )
        classes |= {class_id for (class_id,) in rows}
    for class_id in classes:
        courses = _courses(connection, class_id)
        if not courses:
            return None
        found |= set(courses)
    return frozenset(found) if classes else None


def packs_for(
    room: "Classroom", learner_id: LearnerId, *, in_use: Iterable[str] = ()
) -> tuple["Pack", ...]:
    """The packs here that a learner's classes have, and those that she is in the middle of."""
    with room.store.reading() as connection:
        courses = courses_for(connection, learner_id)
    packs = room.packs()
    if courses is None:
        return tuple(packs)
    return tuple(pack for pack in packs if pack.id in courses or pack.id in set(in_use))


def _courses(connection: sqlite3.Connection, class_id: bytes) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT pack FROM lt_class_course WHERE class_id = ? ORDER BY pack", (class_id,)
    ).fetchall()
    return tuple(pack for (pack,) in rows)
