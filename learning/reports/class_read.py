"""What every report about a class begins with: its learners, their states, and its courses.

Owns: that first read, so that all its reports are of the same children and packs.
Reads only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.learning.learner_values import LearnerState
from darasa.learning.people.class_courses import courses_of
from darasa.learning.people.lists import ClassRow, LearnerRow
from darasa.sync.ids import LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom


@dataclass(frozen=True, slots=True)
class ClassRead:
    """A class as of `now_ms`: `learners` by name, `packs` those that it has, in their order."""

    record: ClassRow
    learners: tuple[LearnerRow, ...]
    states: Mapping[LearnerId, LearnerState]
    packs: "tuple[Pack, ...]"
    now_ms: int

    @property
    def ids(self) -> tuple[LearnerId, ...]:
        """The learners, by name."""
        return tuple(each.learner_id for each in self.learners)


def read_class(classroom: "Classroom", class_id: RecordId) -> ClassRead:
    """The class. Raises NotFoundError for an unknown one."""
    record = classroom.people.class_row(class_id)
    learners = tuple(classroom.people.learners(class_id))
    has = courses_of(classroom, class_id)
    return ClassRead(
        record=record,
        learners=learners,
        states={each.learner_id: classroom.state(each.learner_id) for each in learners},
        packs=tuple(pack for pack in classroom.course_book().packs if not has or pack.id in has),
        now_ms=classroom.clock.wall_ms(),
    )
