"""Handing classes over from one teacher to another, and ending a sign-in (R15, T19).

Owns: the one transaction of a handover, and which sign-in may not be ended. What belongs to a class
(its learners, groups, assignments) stays with the class; what a teacher wrote keeps her id, and her
record keeps her name.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from darasa.content_packs.safe_text import SafeText
from darasa.learning.errors import LearningError, NotFoundError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.short_names import folded
from darasa.learning.people.undoing import Undo, record_undoable
from darasa.learning.records import CLASS_TEACHER, TEACHER_DELETED, TEACHER_NAME
from darasa.learning.rights import Post
from darasa.learning.signing_in.passphrase import new_passphrase
from darasa.sync.ids import RecordId, Role

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.people.lists import TeacherRow
    from darasa.learning.recorder import Fact


class Former(Struct, frozen=True):
    """Someone whose sign-in was ended."""

    record_id: RecordId
    name: SafeText


def hand_over(
    room: "Classroom",
    leaving: RecordId,
    to: RecordId | None,
    class_ids: Sequence[RecordId],
    *,
    end: bool,
) -> Undo:
    """These classes of `leaving` are `to`'s from now on; `end`: she signs in no longer.

    All of it or nothing. Raises PeopleError when there is nothing to do or it may not be done.
    """
    if room.home.role is not Role.SCHOOL:
        raise PeopleError("Classes are handed over at the school server.")
    row = _teacher(room, leaving)
    if class_ids and to is None:
        raise PeopleError("Say who takes the classes over.")
    if to is not None:
        _teacher(room, to)
    if to == leaving:
        raise PeopleError("Choose somebody else to take the classes over.")
    facts = [_handed(room, class_id, leaving, to) for class_id in dict.fromkeys(class_ids) if to]
    facts += _ending(room, row) if end else []
    if not facts:
        raise PeopleError("Mark at least one class, or end the sign-in.")
    return record_undoable(room, facts)


def end_sign_in(room: "Classroom", row: "TeacherRow") -> Undo:
    """Take somebody's access away. Raises LearningError for the only head."""
    return record_undoable(room, _ending(room, row))


def renew_passphrase(room: "Classroom", teacher_id: RecordId) -> tuple[str, Undo]:
    """Another passphrase for who forgot it, which opens at once; the undo lets the former one in.

    Raises NotFoundError; NotHereError at computers. Cost: one hash.
    """
    _teacher(room, teacher_id)
    passphrase = new_passphrase(room.rng)
    undo = record_undoable(room, [room.people.passphrase_fact(teacher_id, passphrase)])
    room.desk.clear(teacher_id)  # the pause after wrong tries was for the former one
    return passphrase, undo


def let_back(room: "Classroom", teacher_id: RecordId) -> Undo:
    """Somebody whose sign-in was ended signs in again, as before and with her passphrase."""
    if teacher_id not in {each.record_id for each in former_staff(room)}:
        raise NotFoundError("Nobody of that name was here before.")
    seen = room.people.record_of(teacher_id).chains(TEACHER_DELETED)
    return record_undoable(room, [(None, Op(teacher_id, TEACHER_DELETED, None, seen))])


def former_staff(room: "Classroom") -> list[Former]:
    """Those whose sign-in was ended, by name: what they wrote still bears it."""
    with room.store.reading() as connection:
        rows = connection.execute(
            "SELECT DISTINCT record_id FROM lt_op WHERE field = ? AND school_id = ?",
            (TEACHER_DELETED, room.home.school_id),
        ).fetchall()
    found = [
        Former(RecordId(record_id), name_of(room, RecordId(record_id)))
        for (record_id,) in rows
        if room.people.record_of(record_id).shown(TEACHER_DELETED) is True
    ]
    return sorted(found, key=lambda each: (folded(each.name), each.record_id))


def name_of(room: "Classroom", teacher_id: RecordId) -> SafeText:
    """The name of one of the staff, also of one who left; "?" when this node cannot read it."""
    kept = room.people.record_of(teacher_id).shown(TEACHER_NAME)
    return room.people.facts.opened(teacher_id, TEACHER_NAME, kept) or SafeText("?")


def _teacher(room: "Classroom", teacher_id: RecordId) -> "TeacherRow":
    row = room.people.teacher(teacher_id)
    if row is None:
        raise NotFoundError("Nobody signs in here under that name.")
    return row


def _handed(room: "Classroom", class_id: RecordId, leaving: RecordId, to: RecordId) -> "Fact":
    record = room.people.record_of(class_id)
    hers = record.chains_of_value(CLASS_TEACHER, leaving)
    if not hers:
        raise PeopleError("One of these classes has another teacher by now. Look again.")
    there = to in record.values(CLASS_TEACHER)
    return (None, Op(class_id, CLASS_TEACHER, None if there else to, hers))


def _ending(room: "Classroom", row: "TeacherRow") -> "list[Fact]":
    heads = [each for each in room.people.teachers() if each.role == Post.HEAD]
    if heads == [row]:
        raise LearningError("This is the only head. Give somebody else that sign-in first.")
    seen = room.people.record_of(row.record_id).seen_by_deletion(TEACHER_DELETED)
    return [(None, Op(row.record_id, TEACHER_DELETED, value=True, supersedes=seen))]
