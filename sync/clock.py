"""The clocks: the one of this machine, and one that tests turn by hand.

The only module of `sync` that reads the operating system's time. Everything else takes a `Clock`.
"""

import time
from dataclasses import dataclass
from typing import Protocol

# Linux counts sleep in CLOCK_BOOTTIME; where it is missing, the monotonic clock is the nearest.
_ELAPSED_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """What a node knows of time, in whole milliseconds."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970 as this machine believes; may be wrong by decades."""
        ...

    def elapsed_ms(self) -> int:
        """Milliseconds from an arbitrary start; counts sleep and never jumps with the wall."""
        ...


class SystemClock:
    """The clock of this machine."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970, from the operating system."""
        return time.time_ns() // 1_000_000

    def elapsed_ms(self) -> int:
        """Milliseconds since the machine started, sleep included where the system can tell."""
        return time.clock_gettime_ns(_ELAPSED_CLOCK) // 1_000_000


@dataclass(slots=True)
class ManualClock:
    """A clock that moves only when told, for the simulation and tests."""

    wall: int
    elapsed: int = 0

    def wall_ms(self) -> int:
        """The wall time as last set."""
        return self.wall

    def elapsed_ms(self) -> int:
        """The elapsed time as last set."""
        return self.elapsed

    def advance(self, ms: int) -> None:
        """Let `ms` milliseconds pass on both clocks."""
        self.wall += ms
        self.elapsed += ms
