"""Days as people say them, and the moment at which one ends.

Owns: that step, in the time zone of the machine that is asked. Pure but for the zone.
"""

from datetime import date, datetime, time, timedelta
from typing import Final

from darasa.sync.dates import local_time

DAYS_AHEAD_MAX: Final = 400
"""Nobody plans further than a school year; a later day is a slip of the finger."""


def end_of_day(day: date) -> int:
    """The last millisecond of a day."""
    return (
        int(datetime.combine(day + timedelta(days=1), time()).astimezone().timestamp() * 1000) - 1
    )


def day_of(wall_ms: int) -> date:
    """The day of a moment."""
    return local_time(wall_ms).date()


def day_ahead(typed: str, now_ms: int) -> date | None:
    """A day that somebody typed (2027-01-31); None for what is none, is over, or is too far."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    today = day_of(now_ms)
    return day if today <= day <= today + timedelta(days=DAYS_AHEAD_MAX) else None
