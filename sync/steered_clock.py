"""A clock that a server has set right for the length of this run.

Owns: what "now" is in a program whose machine believes that it is 1970. The machine's own clock is
not touched; what others read on it stays theirs. Elapsed time is never steered.
"""

import threading

from darasa.sync.clock import Clock
from darasa.sync.timekeeping import Moment, is_believable, is_wrong


class SteeredClock:
    """The clock it is given, until `hear` finds that one wrong."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moment: Moment | None = None

    def wall_ms(self) -> int:
        """Milliseconds since 1970: the server's, when this machine's clock is wrong."""
        with self._lock:
            if self._moment is None:
                return self._clock.wall_ms()
            return self._moment.at(self._clock.elapsed_ms())

    def elapsed_ms(self) -> int:
        """As the machine has it."""
        return self._clock.elapsed_ms()

    def hear(self, moment: Moment) -> None:
        """A server said what time it is. A machine whose clock is right (again) keeps its own."""
        if not is_believable(moment.wall_ms):
            return
        elapsed_ms = self._clock.elapsed_ms()
        off_ms = moment.at(elapsed_ms) - self._clock.wall_ms()
        with self._lock:
            self._moment = moment if is_wrong(off_ms, moment.uncertainty_ms) else None
