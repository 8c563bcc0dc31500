"""What is set for a class now, for whom, and how many have got it. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.content_packs.safe_text import SafeText
from darasa.learning.assigning.rows import ids_in
from darasa.learning.computers import computer_rows
from darasa.learning.evidence import SkillKey
from darasa.learning.people.lists import LearnerRow
from darasa.learning.people.short_names import clean_name
from darasa.learning.planning.standing import is_got
from darasa.learning.reports.class_read import ClassRead, read_class
from darasa.learning.reports.learner_report import teacher_names
from darasa.sync.codec import unpack
from darasa.sync.ids import LearnerId, RecordId
from darasa.sync.reads import event_at

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@dataclass(frozen=True, slots=True)
class SetSkill:
    """One skill of what is set. `got`: how many of those it is set for have got it."""

    key: SkillKey
    title: SafeText
    got: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """One thing that stands. `learners` are those it is set for, by name; `got` have got all of it.

    `title` is what the teacher calls it, else its first skill. `until_ms` is the end of its last
    day, None for no end. `met`: how many computers have met this server since it became so.
    """

    record_id: RecordId
    title: SafeText
    own_title: SafeText
    by: SafeText
    skills: tuple[SetSkill, ...]
    until_ms: int | None
    for_all: bool
    learners: tuple[LearnerRow, ...]
    got: int
    is_over: bool
    met: int


@dataclass(frozen=True, slots=True)
class ClassAssignments:
    """What stands for a class: what ends first on top, and what is over at the end.

    `computers`: how many the school has.
    """

    read: ClassRead
    rows: tuple[Assignment, ...]
    computers: int


def class_assignments(classroom: "Classroom", class_id: RecordId) -> ClassAssignments:
    """What is set for a class. Raises NotFoundError for an unknown one."""
    read = read_class(classroom, class_id)
    named = _named(classroom, class_id)
    teacher, book = teacher_names(classroom), classroom.course_book()
    contacts = [row.last_contact_ms or 0 for row in computer_rows(classroom) if not row.is_removed]
    with classroom.store.reading() as connection:
        rows = connection.execute(
            "SELECT record_id, title, teacher, skills, until_ms, for_all FROM lt_assignment"
            " WHERE school_id = ? AND class_id = ?",
            (classroom.home.school_id, class_id),
        ).fetchall()
    found: list[Assignment] = []
    for record_id, title, set_by, packed, until_ms, for_all in rows:
        learners = tuple(
            each for each in read.learners if for_all or record_id in named.get(each.learner_id, ())
        )
        keys: tuple[SkillKey, ...] = tuple((pack, skill) for pack, skill in unpack(packed))
        said_ms = _said_ms(classroom, record_id)
        skills = tuple(SetSkill(k, book.title(k), _count(read, learners, (k,))) for k in keys)
        found.append(
            Assignment(
                record_id=RecordId(record_id),
                title=clean_name(title) if title else skills[0].title,
                own_title=clean_name(title) if title else SafeText(""),
                by=teacher(set_by),
                skills=skills,
                until_ms=until_ms,
                for_all=bool(for_all),
                learners=learners,
                got=_count(read, learners, keys),
                is_over=until_ms is not None and until_ms < read.now_ms,
                met=sum(met_ms >= said_ms for met_ms in contacts),
            )
        )
    return ClassAssignments(read, tuple(sorted(found, key=_place)), len(contacts))


def _said_ms(classroom: "Classroom", record_id: bytes) -> int:
    """When the last word on it was said, by this server's clock."""
    with classroom.store.reading() as connection:
        log_id, seq, chain = connection.execute(
            "SELECT log_id, seq, chain FROM lt_op WHERE school_id = ? AND record_id = ?"
            " ORDER BY lamport DESC, log_id DESC, seq DESC LIMIT 1",
            (classroom.home.school_id, record_id),
        ).fetchone()
        stored = event_at(connection, log_id, seq, chain8=chain[:8])
    return 0 if stored is None else stored.happened_ms


def _place(row: Assignment) -> tuple[bool, bool, int, str, bytes]:
    return (row.is_over, row.until_ms is None, row.until_ms or 0, row.title, row.record_id)


def _named(classroom: "Classroom", class_id: RecordId) -> dict[LearnerId, frozenset[bytes]]:
    """What is set by name for each learner of a class, under all her ids."""
    with classroom.store.reading() as connection:
        roots = dict(connection.execute("SELECT learner_id, root FROM lt_alias").fetchall())
        rows = connection.execute(
            "SELECT learner_id, assigned FROM lt_membership WHERE school_id = ? AND class_id = ?",
            (classroom.home.school_id, class_id),
        ).fetchall()
    found: dict[LearnerId, frozenset[bytes]] = {}
    for learner_id, packed in rows:
        root = LearnerId(roots.get(learner_id, learner_id))
        found[root] = found.get(root, frozenset()) | frozenset(ids_in(packed))
    return found


def _count(read: ClassRead, learners: tuple[LearnerRow, ...], keys: tuple[SkillKey, ...]) -> int:
    return sum(has_got(read, each, keys) for each in learners)


def has_got(read: ClassRead, learner: LearnerRow, keys: Iterable[SkillKey]) -> bool:
    """Whether a learner has got all of these skills."""
    state = read.states[learner.learner_id]
    return all(is_got(state.skill(key)) for key in keys)
