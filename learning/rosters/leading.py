"""What a list of another system comes to beyond new learners: it goes before what was said here.

Owns: the ops for names, classes, teachers and leavers that such a list changes. What it does not
know of (learners and classes that were made here) it does not touch. Does not know files.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from darasa.learning.kinds import Op
from darasa.learning.parts import personal_text
from darasa.learning.people.short_names import folded
from darasa.learning.records import (
    CLASS_NAME,
    CLASS_TEACHER,
    LEARNER_CLASS,
    LEARNER_DELETED,
    LEARNER_NAME,
    TEACHER_NAME,
    TEACHER_ROLE,
    TEACHER_SOURCE,
)
from darasa.learning.rights import Post
from darasa.learning.rosters.known import teacher_sources, teachers_of_classes
from darasa.learning.rosters.matching import Known, KnownLearner
from darasa.learning.rosters.reading import Roster, RosterRow, StaffRow
from darasa.sync.ids import ID_BYTES, RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.recorder import Fact

ClassOf = Callable[[str], RecordId | None]
"""Which class a foreign id is of."""


def renamed_classes(room: "Classroom", roster: Roster, known: Known) -> "list[Fact]":
    """Another name for each class that the other system calls otherwise now."""
    facts: list[Fact] = []
    for source, title in roster.titles:
        class_id = known.class_sources.get(source)
        if class_id is not None and known.classes[class_id] != title:
            seen = room.people.record_of(class_id).chains(CLASS_NAME)
            facts.append((None, Op(class_id, CLASS_NAME, str(title), seen)))
    return facts


def renamed_learner(room: "Classroom", row: RosterRow, whom: KnownLearner) -> "list[Fact]":
    """Another name for a learner."""
    if row.name == whom.name:
        return []
    owner = whom.learner_id
    sealed = personal_text(room.home, room.rng).seal(owner, LEARNER_NAME, row.name.encode())
    seen = room.people.record_of(owner).chains(LEARNER_NAME)
    return [(owner, Op(owner, LEARNER_NAME, sealed, seen))]


def followed_classes(
    room: "Classroom",
    row: RosterRow,
    whom: KnownLearner,
    class_id_of: "ClassOf",
    theirs: set[RecordId],
) -> "list[Fact]":
    """Into the classes of the list; out of those she has left, and of others that are `theirs`."""
    record = room.people.record_of(whom.learner_id)
    now = set(record.values(LEARNER_CLASS))
    wanted = [i for source in row.class_sources if (i := class_id_of(source)) is not None]
    dropped = {i for source in row.drops if (i := class_id_of(source)) is not None}
    left = (theirs | dropped) - set(wanted)
    gone = [
        chain
        for class_id in sorted(now & left)
        for chain in record.chains_of_value(LEARNER_CLASS, class_id)
    ]
    ops = [Op(whom.learner_id, LEARNER_CLASS, i, ()) for i in wanted if i not in now]
    if gone:
        first = ops[0].value if ops else None
        ops[:1] = [Op(whom.learner_id, LEARNER_CLASS, first, tuple(gone))]
    return [(whom.learner_id, op) for op in ops]


def leavers(room: "Classroom", roster: Roster, known: Known) -> "list[Fact]":
    """Those who have left, off the lists; their work stays."""
    gone = set(roster.gone)
    facts: list[Fact] = []
    for each in known.learners:
        if each.source in gone:
            owner = each.learner_id
            seen = room.people.record_of(owner).seen_by_deletion(LEARNER_DELETED)
            facts.append((owner, Op(owner, LEARNER_DELETED, value=True, supersedes=seen)))
    return facts


def staff_facts(
    room: "Classroom", staff: Sequence[StaffRow], class_id_of: "ClassOf"
) -> "tuple[list[Fact], list[str]]":
    """Teachers who are not known yet, without a passphrase; and who teaches what.

    One of that name who has no foreign id yet is the same person. The names are of those made.
    """
    personal = personal_text(room.home, room.rng)
    by_source = teacher_sources(room)
    known_ids = set(by_source.values())
    ours = {row.record_id.hex(): row.record_id for row in room.people.teachers()}
    by_name = {
        folded(row.name): row.record_id
        for row in reversed(room.people.teachers())
        if row.record_id not in known_ids
    }
    now = teachers_of_classes(room)
    facts: list[Fact] = []
    made: list[str] = []
    for each in staff:
        person = by_source.get(each.source) or ours.get(each.source)
        if person is None:
            found = by_name.pop(folded(each.name), None)
            person = found or RecordId(room.rng(ID_BYTES))
            sealed = personal.seal(person, TEACHER_SOURCE, each.source.encode())
            facts.append((None, Op(person, TEACHER_SOURCE, sealed, ())))
            if found is None:
                name = personal.seal(person, TEACHER_NAME, each.name.encode())
                facts.append((None, Op(person, TEACHER_NAME, name, ())))
                facts.append((None, Op(person, TEACHER_ROLE, str(Post.TEACHER), ())))
                made.append(each.name)
        for source in each.class_sources:
            class_id = class_id_of(source)
            if class_id is not None and person not in now.get(class_id, ()):
                facts.append((None, Op(class_id, CLASS_TEACHER, person, ())))
    return facts, made
