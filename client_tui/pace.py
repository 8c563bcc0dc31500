"""When to exchange next (sync.md section 8, Rhythm): pure, time and randomness are arguments.

Owns: within a second of an answer, every four seconds while someone is signed in, every minute
otherwise, and longer pauses after failures. Does not know what an exchange is.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

AFTER_ANSWER_MS: Final = 500
SIGNED_IN_MS: Final = 4_000
ALONE_MS: Final = 60_000
FIRST_PAUSE_MS: Final = 5_000
LONGEST_PAUSE_MS: Final = 15 * 60_000
_JITTER_PARTS: Final = 256


class Pace(Struct, frozen=True):
    """The state of the rhythm; every method returns the next state. Times are elapsed ms."""

    next_ms: int = 0
    failures: int = 0
    signed_in: bool = False

    def answered(self, now: int) -> "Pace":
        """Something was written. A pause after failures is kept: answers must not hammer."""
        if self.failures:
            return self
        return replace(self, next_ms=min(self.next_ms, now + AFTER_ANSWER_MS))

    def asked(self, now: int) -> "Pace":
        """A learner signed in, or asked to send: at once, whatever failed before."""
        return replace(self, next_ms=now)

    def with_learner(self, now: int, *, signed_in: bool) -> "Pace":
        """Someone signed in, or nobody is."""
        changed = replace(self, signed_in=signed_in)
        return changed.asked(now) if signed_in else changed

    def done(self, now: int, *, retry_after_ms: int = 0) -> "Pace":
        """An exchange worked; the server may ask for a slower rhythm."""
        rest = max(SIGNED_IN_MS if self.signed_in else ALONE_MS, retry_after_ms)
        return replace(self, next_ms=now + rest, failures=0)

    def failed(self, now: int, random: int) -> "Pace":
        """It did not: 5 s doubling to 15 min, less up to a quarter. `random` is 0 to 255."""
        pause = min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << min(self.failures, 10))
        pause -= pause * (random % _JITTER_PARTS) // (4 * _JITTER_PARTS)
        return replace(self, next_ms=now + pause, failures=self.failures + 1)
