"""Clock events (kind 3): a server says by how much the clock of a log was wrong.

Owns the body (sync.md section 4, Time). Pure: which of several counts is `clock_rows`' fold, when
one is written `timekeeping`'s rule.
"""

from typing import Final, NamedTuple

from darasa.sync.event import TIME_MS_LIMIT, Event
from darasa.sync.ids import LOG_ID_BYTES, LogId

KIND: Final = 3
VERSION: Final = 1
UNCERTAINTY_MS_MAX: Final = 1 << 40
_FIELDS: Final = 3


class Correction(NamedTuple):
    """What a clock event says: the genesis of a log was `offset_ms` later than it claims."""

    log_id: LogId
    offset_ms: int
    uncertainty_ms: int


def body_of(correction: Correction) -> tuple[bytes, int, int]:
    """The body of a clock event."""
    return (correction.log_id, correction.offset_ms, correction.uncertainty_ms)


def correction_of(event: Event) -> Correction | None:
    """What a clock event says; None for other kinds and versions and for a body that does not fit.

    Elements after the third belong to later versions and are ignored.
    """
    if (event.kind, event.version) != (KIND, VERSION) or len(event.body) < _FIELDS:
        return None
    log_id, offset_ms, uncertainty_ms = event.body[:_FIELDS]
    if type(log_id) is not bytes or len(log_id) != LOG_ID_BYTES:
        return None
    if type(offset_ms) is not int or not -TIME_MS_LIMIT <= offset_ms <= TIME_MS_LIMIT:
        return None
    if type(uncertainty_ms) is not int or not 0 <= uncertainty_ms <= UNCERTAINTY_MS_MAX:
        return None
    return Correction(LogId(log_id), offset_ms, uncertainty_ms)
