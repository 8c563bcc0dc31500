"""School days: the calendar that the spacing of refreshes counts in (mastery.md section 4).

Owns: which days are school days, and the n-th after a day. Pure; days count since 1970 in UTC.
A node has no calendar of its school and no time zone, and what is folded must not need one
(docs/decisions/0005, 0024): so the calendar is an argument of the plan, which is shown here and now
and kept nowhere. Without one, the school week is read from the learner's own days.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_THURSDAY: Final = 3  # 1 January 1970; Monday is 0
_FREE_MAX: Final = 200
"""More free days in a row than any school has: a calendar that says so is none."""

MONDAY_TO_FRIDAY: Final = frozenset({0, 1, 2, 3, 4})
SUNDAY_TO_THURSDAY: Final = frozenset({6, 0, 1, 2, 3})
SATURDAY_TO_WEDNESDAY: Final = frozenset({5, 6, 0, 1, 2})
_WEEKS: Final = (MONDAY_TO_FRIDAY, SUNDAY_TO_THURSDAY, SATURDAY_TO_WEDNESDAY)


@dataclass(frozen=True, slots=True)
class SchoolDays:
    """The weekdays with school (Monday is 0), and days that are free all the same."""

    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    free: frozenset[int] = frozenset()

    def has(self, day: int) -> bool:
        """Whether there is school on a day."""
        return weekday(day) in self.weekdays and day not in self.free

    def after(self, day: int, count: int) -> int:
        """The `count`-th school day after a day; days of any kind where there is no school."""
        return _after(self, day, count)


def school_week(days: Iterable[int]) -> SchoolDays:
    """The school week in which most of a learner's days lie; Monday to Friday where they tie.

    It takes the time zone along: a morning far in the east is the day before in UTC, for her days
    as for those that are counted from them.
    """
    worked = [weekday(day) for day in days]
    return SchoolDays(max(_WEEKS, key=lambda week: sum(day in week for day in worked)))


def weekday(day: int) -> int:
    """Monday is 0."""
    return (day + _THURSDAY) % 7


@lru_cache(maxsize=4_096)
def _after(school: SchoolDays, day: int, count: int) -> int:
    at, free = day, 0
    while count:
        at += 1
        if school.has(at) or free >= _FREE_MAX:
            count, free = count - 1, 0 if school.has(at) else free
        else:
            free += 1
    return at
