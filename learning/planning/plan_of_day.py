"""The plan of the day: a few lines, each with its reason in a sentence the learner can read.

Owns: which lines, in which order, and their words (at most 14 a sentence). Pure. Assigned work,
goals and groups join it with their own issues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.evidence import SkillKey
from darasa.learning.planning.refreshes import refreshes
from darasa.learning.skill_state import days_between
from darasa.learning.views import PlanKind, PlanRow, SkillStanding, Standing

SET_ITEMS: Final = 8
REFRESH_ITEMS: Final = 3
_TOPICS: Final = 2
_DAYS_TOLD_MAX: Final = 1_000  # longer ago is a clock that stood at 1970


@dataclass(frozen=True, slots=True)
class OpenSet:
    """A set of items that was begun and not finished."""

    key: SkillKey
    nth: int
    of: int


def plan_of_day(
    standings: Sequence[SkillStanding], *, open_set: OpenSet | None, now_ms: int
) -> tuple[PlanRow, ...]:
    """Carry on; refresh (at most three, lowest chance first); what is open now; a free choice.

    `standings` of all packs, in the packs' order. Never empty when there is a skill: the last line
    is always the map.
    """
    rows: list[PlanRow] = []
    carried = _carry_on(standings, open_set)
    if carried is not None:
        rows.append(carried)
    taken = {row.key for row in rows}
    rows += [_refresh(row, now_ms) for row in refreshes(standings, now_ms) if row.key not in taken]
    rows += _topics([row for row in standings if row.key not in taken])
    rows += [_rest(row) for row in standings if row.resting and row.key not in taken]
    if standings:
        rows.append(
            PlanRow(
                PlanKind.CHOICE,
                None,
                safe_line("Something else on your map"),
                None,
                "You may choose anything on your map.",
            )
        )
    return tuple(rows)


def set_size(standing: Standing) -> int:
    """About how many items a set on a skill has."""
    return REFRESH_ITEMS if standing is Standing.REFRESH else SET_ITEMS


def _carry_on(standings: Sequence[SkillStanding], open_set: OpenSet | None) -> PlanRow | None:
    """The open set; without one, the skill that she was last learning."""
    if open_set is not None:
        for row in standings:
            if row.key == open_set.key:
                reason = f"You stopped at item {open_set.nth} of about {open_set.of}."
                return _row(PlanKind.CARRY_ON, row, reason, nth=open_set.nth, of=open_set.of)
    learning = [r for r in standings if r.standing is Standing.LEARNING and not r.resting]
    if not learning:
        return None
    last = max(learning, key=lambda row: row.last_ms or 0)
    return _row(PlanKind.CARRY_ON, last, "You have started this. Go on with it.", of=SET_ITEMS)


def _refresh(row: SkillStanding, now_ms: int) -> PlanRow:
    days = days_between(row.last_ms, now_ms) if row.last_ms is not None else 0
    if row.due_ms is not None and now_ms < row.due_ms:
        reason = "It was not yet right last time. Look at it again."
    elif days == 1:
        reason = "You did this yesterday. See if you still have it."
    elif not 1 < days < _DAYS_TOLD_MAX:  # today, or by a clock that was wrong
        reason = "You have done this before. See if you still have it."
    else:
        reason = f"You last did this {days} days ago. See if you still have it."
    return _row(PlanKind.REFRESH, row, reason, of=REFRESH_ITEMS)


def _topics(rows: Sequence[SkillStanding]) -> list[PlanRow]:
    """What else is begun, then what is open, in the packs' order."""
    begun = [r for r in rows if r.standing is Standing.LEARNING and not r.resting]
    ready = [r for r in rows if r.standing is Standing.READY]
    begun.sort(key=lambda row: -(row.last_ms or 0))
    topics = [
        _row(PlanKind.TOPIC, row, "You have started this too.", of=SET_ITEMS) for row in begun
    ]
    for row in ready:
        reason = (
            "You have got everything that this needs."
            if row.depth
            else "You can start this now. It needs nothing before it."
        )
        topics.append(_row(PlanKind.TOPIC, row, reason, of=SET_ITEMS))
    return topics[:_TOPICS]


def _rest(row: SkillStanding) -> PlanRow:
    reason = "You worked hard on this today. It rests until tomorrow."
    return _row(PlanKind.REST, row, reason)


def _row(kind: PlanKind, row: SkillStanding, reason: str, *, nth: int = 0, of: int = 0) -> PlanRow:
    title: SafeText = row.title
    return PlanRow(kind, row.key, title, row.standing, reason, nth=nth, of=of)
