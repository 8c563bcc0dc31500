"""What others and she herself have set for the plan of the day: topics and goals.

Owns: their values, how far a goal is, and which skill of one is next. Pure but for the zone that
days are counted in: who keeps them is not known here. A topic is over when its time is, or when all
of it was got; a goal that was missed is never spoken of as one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.planning.day_ends import days_to
from darasa.learning.views import SkillStanding, Standing

_GOT: Final = frozenset({Standing.GOT, Standing.KEPT, Standing.REFRESH})


class SetBy(StrEnum):
    """Whose a topic is, in the order of the plan."""

    GROUP = "group"
    TEACHER = "teacher"
    WEEK = "week"  # what the class learns this week


@dataclass(frozen=True, slots=True)
class Topic:
    """Skills that a group or teacher has set. `by` is a teacher's name as shown, "" for none.

    `until_ms` is the end of its last day, None for no end; `title` is in the teacher's words.
    """

    set_by: SetBy
    keys: tuple[SkillKey, ...]
    by: SafeText = SafeText("")  # noqa: RUF009
    until_ms: int | None = None
    title: SafeText = SafeText("")  # noqa: RUF009


@dataclass(frozen=True, slots=True)
class Goal:
    """Skills that a learner wants to have got; `until_ms` is the end of a day, None for no end.

    `count`: so many of them, whichever; None: all.
    """

    title: SafeText
    keys: tuple[SkillKey, ...]
    until_ms: int | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """How far a goal is: `got` of `of` skills; `days_left` is 0 on the last day, None for ever."""

    goal: Goal
    got: int
    of: int
    days_left: int | None

    @property
    def is_reached(self) -> bool:
        """All of it was got, by its day or after."""
        return self.got == self.of

    @property
    def is_open(self) -> bool:
        """There is something left to do, and time for it."""
        return not self.is_reached and (self.days_left is None or self.days_left >= 0)


def goal_progress(goal: Goal, standings: Sequence[SkillStanding], *, now_ms: int) -> GoalProgress:
    """How far she is. What was got once stays got, due or not; a skill that no course has is none.

    Skills count that were got before the goal was set, too: they are part of what she wants.
    """
    known = {row.key: row for row in standings}
    wanted = [known[key] for key in dict.fromkeys(goal.keys) if key in known]
    got = sum(row.standing in _GOT for row in wanted)
    of = len(wanted) if goal.count is None else goal.count
    return GoalProgress(goal, min(got, of), of, days_left(goal.until_ms, now_ms))


def days_left(until_ms: int | None, now_ms: int) -> int | None:
    """Days to the end of the last day: 0 on that day, less when it is over."""
    return None if until_ms is None else days_to(until_ms, now_ms)


def next_of(keys: Sequence[SkillKey], standings: Sequence[SkillStanding]) -> SkillStanding | None:
    """The skill to work at of those named: in their order, the first that was not got and is open.

    Where one needs others first, the first of those. None when all were got, or rest.
    """
    known = {row.key: row for row in standings}
    for key in keys:
        found = _open_before(key, known, frozenset())
        if found is not None:
            return found
    return None


def _open_before(
    key: SkillKey, known: Mapping[SkillKey, SkillStanding], seen: frozenset[SkillKey]
) -> SkillStanding | None:
    row = known.get(key)
    if row is None or key in seen or row.standing in _GOT or row.resting:
        return None
    if row.standing is Standing.LATER:
        for each in row.before:
            found = _open_before(each, known, seen | {key})
            if found is not None:
                return found
        if any(before in known and known[before].resting for before in row.before):
            return None
    return row
