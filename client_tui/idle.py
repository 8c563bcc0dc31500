"""The idle lock: when a quiet computer warns, locks and signs out (ux.md section 6).

Owns: the times. Pure: the elapsed time is an argument. Does not know screens.
"""

from enum import Enum
from typing import Final

from darasa.client_tui.settings import Settings

_MINUTE_MS: Final = 60_000


class Quiet(Enum):
    """What the quiet asks for now."""

    NOTHING = 0
    LOCK = 1
    OUT = 2


class IdleLock:
    """Counts from the last key; `now` is elapsed milliseconds."""

    def __init__(self, settings: Settings, now: int) -> None:
        self._settings = settings
        self._last_key = now
        self._locked_at: int | None = None

    def key(self, now: int) -> None:
        """A key was pressed."""
        self._last_key = now

    def lock(self, now: int) -> None:
        """The screen was covered."""
        self._locked_at = now

    def unlock(self, now: int) -> None:
        """The learner is back, or another one began."""
        self._locked_at = None
        self._last_key = now

    @property
    def locked(self) -> bool:
        """Whether the screen is covered."""
        return self._locked_at is not None

    def minutes(self, *, reading: bool) -> int:
        """How long a screen may be quiet."""
        return self._settings.reading_minutes if reading else self._settings.quiet_minutes

    def out_in_ms(self, now: int) -> int:
        """How long until a locked learner is signed out."""
        locked_at = now if self._locked_at is None else self._locked_at
        return max(0, locked_at + self._settings.locked_minutes * _MINUTE_MS - now)

    def warns(self, now: int, *, reading: bool) -> bool:
        """Whether the last minute before the lock has begun."""
        quiet = now - self._last_key
        return not self.locked and quiet >= (self.minutes(reading=reading) - 1) * _MINUTE_MS

    def state(self, now: int, *, reading: bool) -> Quiet:
        """What to do now."""
        if self.locked:
            return Quiet.OUT if self.out_in_ms(now) == 0 else Quiet.NOTHING
        quiet = now - self._last_key
        lock_after = self.minutes(reading=reading) * _MINUTE_MS
        if quiet >= lock_after + self._settings.locked_minutes * _MINUTE_MS:
            return Quiet.OUT  # the computer slept, or nobody looked meanwhile
        return Quiet.LOCK if quiet >= lock_after else Quiet.NOTHING
