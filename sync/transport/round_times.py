"""What the rounds of an exchange teach the asking side about its own clock (see `timekeeping`).

Owns: when a round was sent and answered, and what the server has been told. The measures are kept
with the logs of this run, so that later exchanges better them.
"""

from darasa.sync.clock import Clock
from darasa.sync.clock_events import Correction
from darasa.sync.local_log import LocalLog
from darasa.sync.messages import CLOCKS_MAX
from darasa.sync.steered_clock import SteeredClock
from darasa.sync.store import Store
from darasa.sync.timekeeping import LogTime, Moment


class RoundTimes:
    """The clock's side of one exchange."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._sent_ms = 0
        self._is_heard = False
        self._moment: Moment | None = None
        self._telling: tuple[tuple[LogTime, Correction], ...] = ()

    def begin_round(self) -> None:
        """A body is about to go."""
        self._sent_ms = self._clock.elapsed_ms()
        self._is_heard = False

    def to_tell(self) -> tuple[Correction, ...]:
        """What goes with this body."""
        self._telling = self._untold()
        return tuple(correction for _, correction in self._telling)

    def heard(self, wall_ms: int | None, came_ms: int) -> None:
        """A part of the answer came at `came_ms`; its HELLO said `wall_ms`, if it was in it."""
        if wall_ms is None or self._is_heard:
            return
        self._is_heard = True
        moment = self._moment = Moment(wall_ms, self._sent_ms, came_ms)
        for log in self._logs():
            log.heard(moment)
        if isinstance(self._clock, SteeredClock):
            self._clock.hear(moment)

    def theirs_ms(self) -> int | None:
        """What the server's clock says now, as it said last; None when it has not."""
        return None if self._moment is None else self._moment.at(self._clock.elapsed_ms())

    def end_round(self, fault: str) -> bool:
        """The answer has ended; whether something new is to be told in one more round."""
        if fault:
            return False
        for time, correction in self._telling:
            time.told = correction
        self._telling = ()
        return bool(self._untold())

    def _untold(self) -> tuple[tuple[LogTime, Correction], ...]:
        found = [
            (time, correction)
            for log in self._logs()
            for time in log.times
            for correction in time.to_tell()
        ]
        return tuple(found[:CLOCKS_MAX])

    def _logs(self) -> tuple[LocalLog, ...]:
        return self._store.local_logs
