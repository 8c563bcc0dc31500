"""One skill over a class or a school: states, statistics of its items, common wrong answers.

Owns: joining those, and what may leave a class. A report about a class is for its teachers. One
about the school says nothing of fewer than ten learners: no count, no item, no wrong answer. Reads
only; its time is bounded by how much it reads, and it says when that was not all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from darasa.content_packs.safe_text import SafeText
from darasa.learning import tried_rows
from darasa.learning.errors import NotFoundError
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.people.lists import ClassRow
from darasa.learning.planning.standing import skill_standings
from darasa.learning.reports.certainty import Certainty, certainty_of
from darasa.learning.reports.class_read import read_class
from darasa.learning.reports.item_statistics import (
    LEARNERS_MIN,
    ItemStatistics,
    SkillStatistics,
    statistics_of,
)
from darasa.learning.reports.tried_read import read_tried
from darasa.learning.reports.wrong_answers import WrongAnswer, wrong_answers
from darasa.learning.views import Standing
from darasa.sync.ids import LearnerId, RecordId

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack
    from darasa.learning.classroom import Classroom

OUTSIDE_MIN: Final = 10
"""Fewer learners are not told of outside of their class: one could know who they are."""

INSIDE_MIN: Final = 2
"""A wrong answer is common when two gave it."""

STATES_READ: Final = 2_000
"""Learners whose states one report reads; ids are drawn, so any of them are as good."""


@dataclass(frozen=True, slots=True)
class SkillReport:
    """A skill. `record` is None for the whole school, whose learners are those with any answer.

    `of` learners there are, of whom the answers of `tried` were read, and the states of `known`:
    all, but in a very large school. `states` counts learners by standing, `certain` by how sure
    those are. `withheld` counts the items and wrong answers that were left out because they tell
    of too few.
    """

    key: SkillKey
    title: SafeText
    unit: SafeText
    record: ClassRow | None
    of: int
    tried: int
    known: int
    states: tuple[tuple[Standing, int], ...]
    certain: tuple[tuple[Certainty, int], ...]
    statistics: SkillStatistics | None
    wrong: tuple[WrongAnswer, ...]
    withheld: int
    as_of_ms: int


def skill_report(
    classroom: "Classroom", key: SkillKey, *, class_id: RecordId | None
) -> SkillReport:
    """The report over a class, or over the school for None.

    Raises NotFoundError for a class or skill that is not here.
    """
    packs = {pack.id: pack for pack in classroom.course_book().packs}
    pack = packs.get(key[0])
    if pack is None or key[1] not in pack.skills:
        raise NotFoundError("No skill here is called that.")
    record: ClassRow | None = None
    if class_id is not None:
        read = read_class(classroom, class_id)
        record, of, states = read.record, len(read.ids), list(read.states.values())
        rows = read_tried(classroom, read.ids)
    else:
        rows, of = read_tried(classroom, None), classroom.store.read(tried_rows.learners_count)
        states = [classroom.state(LearnerId(row.learner_id)) for row in rows[:STATES_READ]]
    now_ms = classroom.clock.wall_ms()
    counted = _counted(pack, key, states, now_ms)
    found = {each.key: each for each in statistics_of(rows).skills()}.get(key)
    least = INSIDE_MIN if record is not None else OUTSIDE_MIN
    wrong = wrong_answers(rows, packs, skill=key, least=INSIDE_MIN)
    report = SkillReport(
        key=key,
        title=classroom.course_book().title(key),
        unit=SafeText(pack.skills[key[1]].unit),
        record=record,
        of=of,
        tried=len(rows),
        known=len(states),
        states=counted[0],
        certain=counted[1],
        statistics=found,
        wrong=tuple(each for each in wrong if each.learners >= least),
        withheld=0,
        as_of_ms=now_ms,
    )
    return report if record is not None else _outside(report, hidden=len(wrong) - len(report.wrong))


@dataclass(frozen=True, slots=True)
class DoubtfulItems:
    """Items that look wrong, those of most learners first; `looked_at` had answers enough."""

    record: ClassRow | None
    items: tuple[ItemStatistics, ...]
    looked_at: int


def doubtful_items(classroom: "Classroom", *, class_id: RecordId | None) -> DoubtfulItems:
    """Over a class, or over the school for None. Raises NotFoundError for an unknown class.

    An item is told of from fifteen learners on, inside and outside of a class.
    """
    read = None if class_id is None else read_class(classroom, class_id)
    rows = read_tried(classroom, None if read is None else read.ids)
    items = statistics_of(rows).items()
    doubtful = sorted((each for each in items if each.doubts), key=lambda each: -each.learners)
    return DoubtfulItems(
        None if read is None else read.record,
        tuple(doubtful),
        sum(each.firsts >= LEARNERS_MIN for each in items),
    )


def _counted(
    pack: "Pack", key: SkillKey, states: Sequence[LearnerState], now_ms: int
) -> tuple[tuple[tuple[Standing, int], ...], tuple[tuple[Certainty, int], ...]]:
    standings: Counter[Standing] = Counter()
    words: Counter[Certainty] = Counter()
    for state in states:
        (row,) = (row for row in skill_standings(pack, state, now_ms) if row.key == key)
        standings[row.standing] += 1
        words[certainty_of(state.skill(key))] += 1
    return (
        tuple((standing, standings[standing]) for standing in Standing),
        tuple((word, words[word]) for word in Certainty),
    )


def _outside(report: SkillReport, *, hidden: int) -> SkillReport:
    """Without whatever is about fewer than ten learners."""
    found = report.statistics
    if found is not None and found.learners < OUTSIDE_MIN:
        hidden += len(found.items)
        found = None
    elif found is not None:
        told = tuple(each for each in found.items if _may_be_told(each))
        hidden += len(found.items) - len(told)
        found = replace(found, items=told)
    return replace(
        report,
        states=_told(report.states),
        certain=_told(report.certain),
        statistics=found,
        withheld=hidden,
    )


T = TypeVar("T")


def _told(counts: tuple[tuple[T, int], ...]) -> tuple[tuple[T, int], ...]:
    """The counts without the small ones; and without the next, where the rest would tell them."""
    hidden = [each for each in counts if 0 < each[1] < OUTSIDE_MIN]
    told = sorted((each for each in counts if each[1] >= OUTSIDE_MIN), key=lambda each: each[1])
    while hidden and told and sum(count for _, count in hidden) < OUTSIDE_MIN:
        hidden.append(told.pop(0))
    return tuple(each for each in counts if each in told)


def _may_be_told(item: ItemStatistics) -> bool:
    return item.learners >= OUTSIDE_MIN and (not item.firsts or item.firsts >= OUTSIDE_MIN)
