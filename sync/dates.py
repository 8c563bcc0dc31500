"""Moments as dates, and spans as words: never an error, whatever a clock said. Pure.

A wall time here may come from a machine at 1970, from one at 9999, or from someone who made it up:
any whole number up to 2^53 either way.
"""

from datetime import UTC, datetime
from typing import Final

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
DAY_MS: Final = 24 * _HOUR_MS
_YEAR_MS: Final = 365 * DAY_MS + DAY_MS // 4

# A day inside what `datetime` can hold, so that no time zone leads out of it.
_FIRST_MS: Final = -62_135_510_400_000  # 0001-01-02
_LAST_MS: Final = 253_402_214_399_000  # 9999-12-30 23:59:59


def utc_time(wall_ms: int) -> datetime:
    """The date and time in UTC; what no calendar can hold becomes its first or last day."""
    return datetime.fromtimestamp(min(max(wall_ms, _FIRST_MS), _LAST_MS) / 1000, tz=UTC)


def local_time(wall_ms: int) -> datetime:
    """The same in this machine's time zone."""
    return utc_time(wall_ms).astimezone()


def span_words(span_ms: int) -> str:
    """How long, in the largest unit of which there are two: "54 years", "3 hours", "20 seconds"."""
    span_ms = abs(span_ms)
    for unit_ms, word in _UNITS:
        if span_ms >= 2 * unit_ms:
            return f"{round(span_ms / unit_ms)} {word}"
    return "a second or two"


_UNITS: Final = (
    (_YEAR_MS, "years"),
    (30 * DAY_MS, "months"),
    (DAY_MS, "days"),
    (_HOUR_MS, "hours"),
    (_MINUTE_MS, "minutes"),
    (1_000, "seconds"),
)
