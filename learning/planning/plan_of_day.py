"""The plan of the day: a few lines, each with its reason in a sentence the learner can read.

Owns: which lines, in which order, and their words (at most 14 a sentence). Pure. What others have
set and what she has set herself comes as arguments (topics.py).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.planning.refreshes import refreshes
from darasa.learning.planning.topics import (
    Goal,
    GoalProgress,
    SetBy,
    Topic,
    days_left,
    goal_progress,
    next_of,
)
from darasa.learning.reports.said import Said, counted, said
from darasa.learning.skill_state import days_between
from darasa.learning.views import PlanKind, PlanRow, SkillStanding, Standing

SET_ITEMS: Final = 8
REFRESH_ITEMS: Final = 3
HARDER_ITEMS: Final = 3
LINES_MAX: Final = 9
"""As many as there are number keys."""

_TOPICS: Final = 2
_DAYS_TOLD_MAX: Final = 1_000  # longer ago is a clock that stood at 1970
_NAME_WORDS_MAX: Final = 6
_TITLE_WORDS_MAX: Final = 8
_KINDS: Final = {
    SetBy.GROUP: PlanKind.GROUP,
    SetBy.TEACHER: PlanKind.ASSIGNED,
    SetBy.WEEK: PlanKind.WEEK,
}


@dataclass(frozen=True, slots=True)
class OpenSet:
    """A set of items that was begun and not finished."""

    key: SkillKey
    nth: int
    of: int


def plan_of_day(
    standings: Sequence[SkillStanding],
    *,
    open_set: OpenSet | None,
    now_ms: int,
    topics: Sequence[Topic] = (),
    goals: Sequence[Goal] = (),
    closed: Collection[SkillKey] = (),
) -> tuple[PlanRow, ...]:
    """Carry on; refresh; what was set; her goal; what is open now; something harder; a choice.

    `standings` of all packs, in the packs' order. At most LINES_MAX lines, a skill in one only.
    Never empty when there is a skill: the last line is always the map. `closed` skills have no
    question left that may be asked: no line leads to one, and one that is wanted waits for none.
    """
    if not standings:
        return ()
    able = [row for row in standings if row.key not in closed]
    rows: list[PlanRow] = []

    def add(found: Sequence[PlanRow | None]) -> None:
        taken = {row.key for row in rows}
        for row in found:
            if row is not None and row.key not in taken:
                taken.add(row.key)
                rows.append(row)

    def add_wanted(row: PlanRow | None) -> None:
        """What someone wants of her; where she is at it already, that line says so too."""
        nth = next((n for n, each in enumerate(rows) if row and each.key == row.key), None)
        if row is not None and nth is not None:
            said_already = rows[nth].why
            more = tuple(each for each in row.why if each not in said_already)
            rows[nth] = replace(rows[nth], why=(*said_already, *more))
        else:
            add([row])

    add([_carry_on(able, open_set)])
    add([_refresh(row, now_ms) for row in refreshes(able, now_ms)])
    before = len(rows)
    for set_by in SetBy:
        for topic in topics:
            if topic.set_by is set_by and len(rows) - before < _TOPICS:
                add_wanted(_topic(topic, able, now_ms))
    add_wanted(_next_goal(goals, standings, able, now_ms))
    left = _TOPICS - (len(rows) - before)
    add(_open_now([r for r in able if r.key not in {row.key for row in rows}])[: max(0, left)])
    add([_harder(able)])
    add([_rest(row) for row in able if row.resting][: LINES_MAX - 1 - len(rows)])
    return (*rows[: LINES_MAX - 1], _CHOICE)


def set_size(standing: Standing) -> int:
    """About how many items a set on a skill has."""
    return REFRESH_ITEMS if standing is Standing.REFRESH else SET_ITEMS


def _carry_on(standings: Sequence[SkillStanding], open_set: OpenSet | None) -> PlanRow | None:
    """The open set; without one, the skill that she was last learning."""
    if open_set is not None:
        for row in standings:
            if row.key == open_set.key:
                nth, of = open_set.nth, open_set.of
                why = said("You stopped at item {nth} of about {of}.", nth=nth, of=of)
                return _row(PlanKind.CARRY_ON, row, why, nth=nth, of=of)
    learning = [r for r in standings if r.standing is Standing.LEARNING and not r.resting]
    if not learning:
        return None
    last = max(learning, key=lambda row: row.last_ms or 0)
    why = said("You have started this. Go on with it.")
    return _row(PlanKind.CARRY_ON, last, why, of=SET_ITEMS)


def _refresh(row: SkillStanding, now_ms: int) -> PlanRow:
    days = days_between(row.last_ms, now_ms) if row.last_ms is not None else 0
    if row.due_ms is not None and now_ms < row.due_ms:
        why = said("It was not yet right last time. Look at it again.")
    elif days == 1:
        why = said("You did this yesterday. See if you still have it.")
    elif not 1 < days < _DAYS_TOLD_MAX:  # today, or by a clock that was wrong
        why = said("You have done this before. See if you still have it.")
    else:
        why = counted(
            "You last did this {n} day ago. See if you still have it.",
            "You last did this {n} days ago. See if you still have it.",
            days,
        )
    return _row(PlanKind.REFRESH, row, why, of=REFRESH_ITEMS)


def _topic(topic: Topic, standings: Sequence[SkillStanding], now_ms: int) -> PlanRow | None:
    """What is next of a topic that is not over."""
    left = days_left(topic.until_ms, now_ms)
    row = next_of(topic.keys, standings)
    if row is None or (left is not None and left < 0):
        return None
    why = [_who_set(topic, is_before=row.key not in topic.keys), *_title(topic)]
    return _row(_KINDS[topic.set_by], row, *why, *_time_left(left), of=SET_ITEMS)


def _who_set(topic: Topic, *, is_before: bool) -> Said:
    """Whose wish it is, or, `is_before`, whose wish is what comes after this."""
    has_name = 0 < len(topic.by.split()) <= _NAME_WORDS_MAX
    match topic.set_by:
        case SetBy.GROUP:
            of_it, before_it = (
                said("Your group works on this."),
                said("Your group works on what this leads to."),
            )
        case SetBy.WEEK:
            of_it, before_it = (
                said("Your class learns this now."),
                said("Your class learns now what this leads to."),
            )
        case SetBy.TEACHER if has_name:
            of_it, before_it = (
                said("{name} has set this for you.", name=topic.by),
                said("{name} has set for you what this leads to.", name=topic.by),
            )
        case SetBy.TEACHER:
            of_it, before_it = (
                said("Your teacher has set this for you."),
                said("Your teacher has set for you what this leads to."),
            )
    return before_it if is_before else of_it


def _title(topic: Topic) -> list[Said]:
    """What whoever has set it calls it, when that is short enough to be read in passing."""
    if 0 < len(topic.title.split()) <= _TITLE_WORDS_MAX:
        return [said("It is called “{title}”.", title=topic.title)]
    return []


def _time_left(left: int | None) -> list[Said]:
    if left is None:
        return []
    if left == 0:
        return [said("Today is the last day for it.")]
    return [counted("There is one more day for it.", "There are {n} more days for it.", left)]


def _next_goal(
    goals: Sequence[Goal],
    standings: Sequence[SkillStanding],
    able: Sequence[SkillStanding],
    now_ms: int,
) -> PlanRow | None:
    """The next step, among those one is `able` to take, to the goal that ends first and is open."""
    found = [goal_progress(goal, standings, now_ms=now_ms) for goal in goals]
    still = [each for each in found if each.is_open]
    still.sort(key=lambda each: (each.days_left is None, each.days_left or 0))
    for progress in still:
        row = next_of(progress.goal.keys, able)
        if row is not None:
            return _row(PlanKind.GOAL, row, *_why_goal(progress), of=SET_ITEMS)
    return None


def _why_goal(progress: GoalProgress) -> list[Said]:
    told = said(
        "It is for your goal: you have got {got} of {of}.", got=progress.got, of=progress.of
    )
    return [told, *_time_left(progress.days_left)]


def _open_now(rows: Sequence[SkillStanding]) -> list[PlanRow]:
    """What else is begun, then what is open, in the packs' order."""
    begun = [r for r in rows if r.standing is Standing.LEARNING and not r.resting]
    ready = [r for r in rows if r.standing is Standing.READY]
    begun.sort(key=lambda row: -(row.last_ms or 0))
    too = said("You have started this too.")
    topics = [_row(PlanKind.TOPIC, row, too, of=SET_ITEMS) for row in begun]
    ready.sort(key=lambda row: row.placed)
    topics += [_row(PlanKind.TOPIC, row, _why_ready(row), of=SET_ITEMS) for row in ready]
    return topics


def _harder(standings: Sequence[SkillStanding]) -> PlanRow | None:
    """Challenges of the skill that she has got and practised last, when it is not to refresh."""
    got = (Standing.GOT, Standing.KEPT)
    rows = [r for r in standings if r.challenges and r.standing in got and not r.resting]
    if not rows:
        return None
    last = max(rows, key=lambda row: row.last_ms or 0)
    why = said("You have got this. Try it where it is harder.")
    return _row(PlanKind.HARDER, last, why, of=min(HARDER_ITEMS, last.challenges))


def _why_ready(row: SkillStanding) -> Said:
    if row.placed:
        return said("You may know this already. You can show it on your map.")
    if row.leans_on_start:
        return said("Your answers say that you are ready for this.")
    if row.depth:
        return said("You have got everything that this needs.")
    return said("You can start this now. It needs nothing before it.")


def _rest(row: SkillStanding) -> PlanRow:
    why = said("You worked hard on this today. It rests until tomorrow.")
    return _row(PlanKind.REST, row, why)


def _row(kind: PlanKind, row: SkillStanding, *why: Said, nth: int = 0, of: int = 0) -> PlanRow:
    title: SafeText = row.title
    return PlanRow(kind, row.key, title, row.standing, why, nth=nth, of=of)


_CHOICE: Final = PlanRow(
    PlanKind.CHOICE,
    None,
    safe_line(said("Something else on your map").text),
    None,
    (said("You may choose anything on your map."),),
)
