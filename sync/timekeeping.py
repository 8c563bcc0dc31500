"""How wrong a clock is, by one exchange with a server (sync.md section 4, Time). Pure.

The asking side measures: the server's HELLO says what time it was there, signed and bound to this
very question, so it was between the sending and the answer; half of that is the uncertainty. A
one-way guess by the server would be fooled by whatever delays or replays a body. The asker tells
the server what it measured of its own logs, and the server writes the clock event if it is news.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from darasa.sync.clock_events import Correction
from darasa.sync.event import TIME_MS_LIMIT, YEAR_MS
from darasa.sync.ids import LogId

TOLERANCE_MS: Final = 10_000
"""A clock this near is right: pages show minutes, and a computer is heard every 4 s at best."""
EARLIEST_MS: Final = 1_767_225_600_000  # 2026-01-01: no server of this program ran before
LATEST_MS: Final = 3_660_595_200_000  # 2086: a battery that died does not make a clock say less


class Moment(NamedTuple):
    """A server's time, between two readings of our elapsed clock."""

    wall_ms: int
    sent_ms: int
    came_ms: int

    @property
    def uncertainty_ms(self) -> int:
        """How far it may be off at the middle of the two readings."""
        return (max(0, self.came_ms - self.sent_ms) + 1) // 2 + 1

    def at(self, elapsed_ms: int) -> int:
        """The server's time at a reading of our elapsed clock."""
        return self.wall_ms + elapsed_ms - (self.sent_ms + self.came_ms) // 2


def is_believable(wall_ms: int) -> bool:
    """Whether a server's clock can be right. One at 1970 or 2099 corrects nobody."""
    return EARLIEST_MS <= wall_ms <= LATEST_MS


def is_wrong(offset_ms: int, uncertainty_ms: int) -> bool:
    """Whether a clock that is off by this needs a correction: by more than we may be wrong."""
    return abs(offset_ms) > max(TOLERANCE_MS, uncertainty_ms)


def correction_by(
    moment: Moment, *, log_id: LogId, genesis_wall_ms: int, genesis_elapsed_ms: int
) -> Correction | None:
    """What the moment says of a log of ours; None for a server whose clock cannot be right."""
    offset_ms = moment.at(genesis_elapsed_ms) - genesis_wall_ms
    if not is_believable(moment.wall_ms) or abs(offset_ms) > TIME_MS_LIMIT:
        return None
    return Correction(log_id, offset_ms, moment.uncertainty_ms)


def is_news(told: Correction, known: Correction | None) -> bool:
    """Whether it is worth a clock event: the first of a wrong clock, or better by half."""
    if known is None:
        return is_wrong(told.offset_ms, told.uncertainty_ms)
    return 2 * told.uncertainty_ms <= known.uncertainty_ms


def can_be(told: Correction, *, genesis_wall_ms: int, server_wall_ms: int) -> bool:
    """Whether a log may have begun when its author now says, as the server's clock has it."""
    began_ms = genesis_wall_ms + told.offset_ms
    latest_ms = server_wall_ms + told.uncertainty_ms + TOLERANCE_MS
    return server_wall_ms - YEAR_MS - told.uncertainty_ms <= began_ms <= latest_ms


class LogTime:
    """What a run knows of the clock of one of its logs: the best measure, and the best one told."""

    def __init__(self, log_id: LogId) -> None:
        self.log_id = log_id
        self.best: Correction | None = None
        self.told: Correction | None = None

    def measured(self, correction: Correction | None) -> None:
        """Keep a measure that is better than the ones before."""
        best = self.best
        if correction is not None and (
            best is None or correction.uncertainty_ms < best.uncertainty_ms
        ):
            self.best = correction

    def to_tell(self) -> Iterator[Correction]:
        """The best measure, while the server has not been told it or one nearly as good."""
        if self.best is not None and is_news(self.best, self.told):
            yield self.best
