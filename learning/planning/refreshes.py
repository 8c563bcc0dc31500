"""Which skills are offered to refresh on a day: at most three, the lowest chance first. Pure.

A day, not a moment: a skill that was refreshed today takes one of the three places. The days of
school are counted in standing.py; here "today" is since the last night, as everywhere in the fold.
"""

from collections.abc import Sequence
from typing import Final

from darasa.learning.skill_state import NIGHT_MS
from darasa.learning.views import SkillStanding, Standing

REFRESHES_A_DAY: Final = 3


def refreshes(standings: Sequence[SkillStanding], now_ms: int) -> list[SkillStanding]:
    """The skills to refresh that are still offered today, of all packs."""
    due = [r for r in standings if r.standing is Standing.REFRESH and not r.resting]
    done = sum(_was_refreshed(row, now_ms) for row in standings)
    return sorted(due, key=lambda row: row.p_micro)[: max(0, REFRESHES_A_DAY - done)]


def _was_refreshed(row: SkillStanding, now_ms: int) -> bool:
    """Got before today, practised today, and not due any more.

    Any practice of it counts: whether it was due before that, only a calendar would tell, and the
    fold has none. A last try of a clock far ahead is none of today.
    """
    if row.shown_ms is None or row.last_ms is None or row.standing is Standing.REFRESH:
        return False
    return abs(now_ms - row.last_ms) < NIGHT_MS <= row.last_ms - row.shown_ms
