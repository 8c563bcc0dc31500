"""Days as people say them, and the moment at which one ends.

Owns: that step, in the time zone of the machine that is asked. Pure but for the zone.
"""

from bisect import bisect_right
from datetime import date, timedelta
from typing import Final

from darasa.sync.dates import DAY_MS, local_time

DAYS_AHEAD_MAX: Final = 400
"""Nobody plans further than a school year; a later day is a slip of the finger."""

_EPOCH: Final = date(1970, 1, 1).toordinal()


def end_of_day(day: date) -> int:
    """The last millisecond of a day.

    Looked for, not computed: where summer time begins at midnight there is no 00:00 to begin the
    next day with, and a zone may leave out a whole day.
    """
    in_utc_ms = (day.toordinal() + 1 - _EPOCH) * DAY_MS
    around = range(in_utc_ms - DAY_MS, in_utc_ms + DAY_MS)  # no zone is a day from UTC
    return around[bisect_right(around, day, key=day_of) - 1]


def day_of(wall_ms: int) -> date:
    """The day of a moment."""
    return local_time(wall_ms).date()


def days_to(until_ms: int, now_ms: int) -> int:
    """Days by the calendar from now to the end of a day: 0 on that day, less when it is over.

    Of an end that another zone set it is how many times 24 hours are left.
    """
    until, now = (local_time(each).replace(tzinfo=None) for each in (until_ms, now_ms))
    days = (until - now).days  # by the hands of the clock: a day of 23 or 25 hours is a day
    return max(days, 0) if until_ms >= now_ms else min(days, -1)


def day_ahead(typed: str, now_ms: int) -> date | None:
    """A day that somebody typed (2027-01-31); None for what is none, is over, or is too far."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    today = day_of(now_ms)
    return day if today <= day <= today + timedelta(days=DAYS_AHEAD_MAX) else None
