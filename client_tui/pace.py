"""When to exchange next (sync.md section 8, Rhythm): pure, time and randomness are arguments.

Owns: within a second of an answer, every four seconds while someone is signed in, every minute
otherwise, and longer pauses after failures. Does not know what an exchange is.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from darasa.sync.pause import RHYTHM_MS, after_failure_ms, after_success_ms

AFTER_ANSWER_MS: Final = 500
SIGNED_IN_MS: Final = RHYTHM_MS
ALONE_MS: Final = 60_000


class Pace(Struct, frozen=True):
    """The state of the rhythm; every method returns the next state. Times are elapsed ms."""

    next_ms: int = 0
    not_before_ms: int = 0  # the server asked for less
    failures: int = 0
    signed_in: bool = False

    def answered(self, now: int) -> "Pace":
        """Something was written. A pause after failures is kept: answers must not hammer."""
        if self.failures:
            return self
        soon = max(now + AFTER_ANSWER_MS, self.not_before_ms)
        return replace(self, next_ms=min(self.next_ms, soon))

    def asked(self, now: int) -> "Pace":
        """A learner signed in, or asked to send: at once, whatever failed before."""
        return replace(self, next_ms=now)

    def with_learner(self, now: int, *, signed_in: bool) -> "Pace":
        """Someone signed in, or nobody is."""
        changed = replace(self, signed_in=signed_in)
        return changed.asked(now) if signed_in else changed

    def done(self, now: int, *, asked_s: int | None = None, chance: int = 0) -> "Pace":
        """An exchange worked; `asked_s`: the server wants this one to come that much later."""
        rhythm = SIGNED_IN_MS if self.signed_in else ALONE_MS
        rest = after_success_ms(rhythm, chance, asked_s=asked_s)
        not_before = now + after_success_ms(0, chance, asked_s=asked_s)
        return replace(self, next_ms=now + rest, not_before_ms=not_before, failures=0)

    def failed(self, now: int, chance: int, *, asked_s: int | None = None) -> "Pace":
        """It did not: `sync.pause` has the rule. `chance` is 0 to 255."""
        failures = self.failures + 1
        pause = after_failure_ms(failures, chance, asked_s=asked_s)
        return replace(self, next_ms=now + pause, failures=failures)
