"""Times, counts and states as people read them.

Owns: the words. All functions are pure but for the machine's time zone, in which a teacher reads.
"""

from typing import Final

from darasa.server.locale import _, ngettext
from darasa.sync.dates import local_time

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
_LONG_AGO_MS: Final = 20 * 365 * _DAY_MS  # longer than any school had this program


def time_of_day(wall_ms: int) -> str:
    """Such as 10:42."""
    return f"{local_time(wall_ms):%H:%M}"


def exact_time(wall_ms: int) -> str:
    """Such as 10:42:10."""
    return f"{local_time(wall_ms):%H:%M:%S}"


def day_and_time(wall_ms: int) -> str:
    """Such as 2026-03-09 10:42."""
    return f"{local_time(wall_ms):%Y-%m-%d %H:%M}"


def day_in_words(wall_ms: int) -> str:
    """Such as Mon 9 Mar."""
    there = local_time(wall_ms)
    return _("{weekday} {day} {month}").format(
        weekday=_WEEKDAYS[there.weekday()], day=there.day, month=_MONTHS[there.month - 1]
    )


def day(wall_ms: int) -> str:
    """Such as 2026-03-09."""
    return f"{local_time(wall_ms):%Y-%m-%d}"


def minutes(span_ms: int) -> str:
    """A short span for a narrow column: 0 min, 12 min, 3 h, 2 days."""
    span_ms = max(span_ms, 0)
    if span_ms < 2 * _HOUR_MS:
        return _("{n} min").format(n=span_ms // _MINUTE_MS)
    if span_ms < 2 * _DAY_MS:
        return _("{n} h").format(n=span_ms // _HOUR_MS)
    return _("{n} days").format(n=span_ms // _DAY_MS)


def ago(span_ms: int | None) -> str:
    """How long since the last contact; None is never."""
    if span_ms is None:
        return _("never")
    if not -_DAY_MS < span_ms < _LONG_AGO_MS:
        return _("before the clock was set")
    if span_ms < _MINUTE_MS:
        return _("just now")
    if span_ms < 2 * _HOUR_MS:
        n = span_ms // _MINUTE_MS
        return ngettext("{n} minute ago", "{n} minutes ago", n).format(n=n)
    if span_ms < 2 * _DAY_MS:
        n = span_ms // _HOUR_MS
        return ngettext("{n} hour ago", "{n} hours ago", n).format(n=n)
    n = span_ms // _DAY_MS
    return ngettext("{n} day ago", "{n} days ago", n).format(n=n)


_WEEKDAYS: Final = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
_MONTHS: Final = (
    _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"),
    _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"),
)  # fmt: skip
_FIELDS: Final = {
    "name": _("Name"),
    "class": _("Class"),
    "verifier": _("PIN, pictures or passphrase"),
    "sign_in": _("PIN or pictures"),
    "deleted": _("Deleted"),
    "role": _("Role"),
    "place": _("Place"),
    "register_number": _("Register number"),
    "teacher": _("Who teaches it"),
    "course": _("Packs"),
    "group": _("Group"),
    "title": _("Title"),
    "assignment": _("What is set"),
    "skills": _("Skills"),
    "until": _("Last day"),
    "whom": _("For whom"),
}


def field_words(field: str) -> str:
    """A field of a record, such as "learner.name", or a kind of change, as people read it."""
    return _FIELDS.get(field.rpartition(".")[2]) or _("Change")


def megabytes(size_bytes: int) -> str:
    """Such as 1.4 MB; small files in kB."""
    if size_bytes < 1_000_000:
        return _("{n} kB").format(n=max(1, round(size_bytes / 1000)))
    return _("{n} MB").format(n=f"{size_bytes / 1_000_000:.1f}")


def number(count: int) -> str:
    """A count with groups of three digits, apart by a narrow space."""
    return f"{count:,}".replace(",", "\u202f")
