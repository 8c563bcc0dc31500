"""Groups of a class as pages and commands show them: with names, for the day. Reads only."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.people.lists import ClassRow, LearnerRow
from darasa.learning.planning.day_ends import day_of
from darasa.learning.planning.groups import MOST, By, Member, make_groups
from darasa.learning.reports.class_read import read_class
from darasa.sync.ids import RecordId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group, with its learners by name."""

    name: str
    reason: SafeText
    learners: tuple[LearnerRow, ...]
    skill: SkillKey | None


@dataclass(frozen=True, slots=True)
class ClassGroups:
    """Suggested groups of a class as of `as_of_ms`; `left` are in none, each with why not."""

    record: ClassRow
    by: By
    groups: tuple[GroupRow, ...]
    left: tuple[tuple[LearnerRow, SafeText], ...]
    as_of_ms: int


def class_groups(
    classroom: "Classroom", class_id: RecordId, by: By, *, most: int = MOST, again: int = 0
) -> ClassGroups:
    """The groups of today; `again` deals anew what is left to chance.

    Raises NotFoundError for an unknown class, ValueError for `most` out of its bounds.
    """
    read = read_class(classroom, class_id)
    day = day_of(read.now_ms).toordinal()
    made = make_groups(
        by,
        [Member(each, read.states[each]) for each in read.ids],
        read.packs,
        now_ms=read.now_ms,
        seed=class_id + day.to_bytes(8, "big") + again.to_bytes(8, "big"),
        most=most,
    )
    rows = {each.learner_id: each for each in read.learners}
    by_name = {each: nth for nth, each in enumerate(read.ids)}
    groups = tuple(
        GroupRow(
            group.name,
            group.reason,
            tuple(rows[each] for each in sorted(group.learners, key=by_name.__getitem__)),
            group.skill,
        )
        for group in made.groups
    )
    left = sorted(made.left, key=lambda pair: by_name[pair[0]])
    return ClassGroups(
        read.record, by, groups, tuple((rows[each], why) for each, why in left), read.now_ms
    )
