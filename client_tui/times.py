"""Dates and times as a learner reads them.

Owns: "10:42", "Tue 14 May" and "today". A clock that is plainly wrong gives no date. Pure: the time
zone is given (None is the zone of the computer).
"""

from datetime import datetime, tzinfo
from typing import Final

from msgspec import Struct

from darasa.client_tui.locale import _, mark
from darasa.sync.dates import utc_time

# 1 January 2024: a clock before this was never set (ux.md section 6, "Clock wrong").
_SET_SINCE_MS: Final = 1_704_067_200_000
_DAYS: Final = tuple(map(mark, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")))
_MONTHS: Final = tuple(
    map(
        mark,
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    )
)


class Times(Struct, frozen=True):
    """Formats milliseconds since 1970 in one time zone."""

    zone: tzinfo | None = None

    def at(self, ms: int) -> datetime:
        """The local date and time."""
        return utc_time(ms).astimezone(self.zone)

    def time(self, ms: int) -> str:
        """ "10:42"."""
        return self.at(ms).strftime("%H:%M")

    def time_s(self, ms: int) -> str:
        """ "10:42:07"."""
        return self.at(ms).strftime("%H:%M:%S")

    def day(self, ms: int, now_ms: int) -> str:
        """ "today", "12 May", or nothing while the clock is not set."""
        if min(ms, now_ms) < _SET_SINCE_MS:
            return ""
        there = self.at(ms)
        if there.date() == self.at(now_ms).date():
            return _("today")
        return f"{there.day} {_(_MONTHS[there.month - 1])}"

    def date(self, now_ms: int) -> str:
        """ "Tue 14 May", or nothing while the clock is not set."""
        if now_ms < _SET_SINCE_MS:
            return ""
        now = self.at(now_ms)
        return f"{day_name(now.weekday())} {now.day} {_(_MONTHS[now.month - 1])}"

    def when(self, ms: int, now_ms: int) -> str:
        """The time if it was today, else the day."""
        day = self.day(ms, now_ms)
        return self.time(ms) if not day or day == _("today") else day

    def greeting(self, now_ms: int) -> str:
        """A greeting by the hour, with a place for the name."""
        hour = self.at(now_ms).hour
        if now_ms < _SET_SINCE_MS:
            return _("Hello, {name}.")
        if hour < 12:
            return _("Good morning, {name}.")
        return _("Good afternoon, {name}.") if hour < 17 else _("Good evening, {name}.")


def day_name(weekday: int) -> str:
    """ "Mon" for 0."""
    return _(_DAYS[weekday])
