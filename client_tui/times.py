"""Dates and times as a learner reads them.

Owns: "10:42", "Tue 14 May" and "today". A clock that is plainly wrong gives no date. Pure: the time
zone is given (None is the zone of the computer).
"""

from datetime import datetime, tzinfo
from typing import Final

from msgspec import Struct

from darasa.client_tui.locale import _, mark
from darasa.sync.dates import utc_time
from darasa.sync.timekeeping import LATEST_MS

# 1 January 2024: a clock before this was never set (ux.md section 6, "Clock wrong").
_SET_SINCE_MS: Final = 1_704_067_200_000
_DAY_MS: Final = 24 * 3_600_000
_DAYS: Final = (
    mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"),
)  # fmt: skip
_MONTHS: Final = (
    mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun"),
    mark("Jul"), mark("Aug"), mark("Sep"), mark("Oct"), mark("Nov"), mark("Dec"),
)  # fmt: skip


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
        """ "today", "12 May", "12 May 2025"; nothing by an unset clock, or for a day to come."""
        if not (is_set(ms) and is_set(now_ms)):
            return ""
        there, here = self.at(ms), self.at(now_ms)
        if there.date() == here.date():
            return _("today")
        if ms > now_ms:
            return ""
        day = f"{there.day} {_(_MONTHS[there.month - 1])}"
        return day if there.year == here.year else f"{day} {there.year}"

    def date(self, now_ms: int) -> str:
        """ "Tue 14 May", or nothing while the clock is not set."""
        if not is_set(now_ms):
            return ""
        now = self.at(now_ms)
        return f"{day_name(now.weekday())} {now.day} {_(_MONTHS[now.month - 1])}"

    def when(self, ms: int, now_ms: int) -> str:
        """The time if it was today, else the day; "earlier" where a wrong clock hides which."""
        day = self.day(ms, now_ms)
        if not day and abs(now_ms - ms) >= _DAY_MS:
            return _("earlier")
        return self.time(ms) if not day or day == _("today") else day

    def greeting(self, now_ms: int) -> str:
        """A greeting by the hour, with a place for the name."""
        hour = self.at(now_ms).hour
        if not is_set(now_ms):
            return _("Hello, {name}.")
        if hour < 12:
            return _("Good morning, {name}.")
        return _("Good afternoon, {name}.") if hour < 17 else _("Good evening, {name}.")


def is_set(ms: int) -> bool:
    """Whether a clock that says so was ever set, and can be right."""
    return _SET_SINCE_MS <= ms <= LATEST_MS


def day_name(weekday: int) -> str:
    """ "Mon" for 0."""
    return _(_DAYS[weekday])
