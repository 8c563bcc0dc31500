"""A clock that a server, or a person, has set right, and that no jump of the machine's carries off.

Owns: what "now" is in a program whose machine believes that it is 1970. The machine's own clock is
not touched; what others read on it stays theirs. Elapsed time is never steered.
"""

import threading
from typing import Final, Protocol

from darasa.sync.clock import Clock
from darasa.sync.set_time import By, SetTime, holds
from darasa.sync.timekeeping import Moment, is_believable, is_wrong

JUMP_MS: Final = 400 * 24 * 3_600_000
"""A clock that is set by so much while the program runs is not followed, if both can be right."""
_KEPT_ANEW_MS: Final = 60_000  # a hub's word is written again when it differs by more


class Keeper(Protocol):
    """Keeps what a clock was set to from one start to the next (`set_time.KeptTime`)."""

    def read(self) -> SetTime | None:
        """What is kept."""
        ...

    def keep(self, said: SetTime | None) -> None:
        """Keep it; None forgets."""
        ...


class SteeredClock:
    """The clock it is given, until `hear` or `set_by_person` finds that one wrong."""

    def __init__(self, clock: Clock, *, keeper: Keeper | None = None) -> None:
        self._clock = clock
        self._keeper = keeper
        self._lock = threading.Lock()
        self._moment: Moment | None = None
        self._said = None if keeper is None else keeper.read()
        self._base = (clock.wall_ms(), clock.elapsed_ms())
        if self._said is not None:
            if holds(self._said, self._base[0]):
                self._moment = _moment(self._base[0] + self._said.offset_ms, self._base[1])
            else:
                self._keep(None)

    def wall_ms(self) -> int:
        """Milliseconds since 1970: as it was set, when this machine's clock is wrong."""
        with self._lock:
            elapsed_ms = self._clock.elapsed_ms()
            if self._moment is not None:
                return self._moment.at(elapsed_ms)
            return self._steady(elapsed_ms)

    def elapsed_ms(self) -> int:
        """As the machine has it."""
        return self._clock.elapsed_ms()

    def machine_ms(self) -> int:
        """As the machine has it, wrong or right."""
        return self._clock.wall_ms()

    @property
    def said(self) -> SetTime | None:
        """What this clock was set to, and by whom; None while the machine's own counts."""
        return self._said

    def hear(self, moment: Moment) -> None:
        """A server said what time it is. A machine whose clock is right (again) keeps its own."""
        with self._lock:
            is_set = self._said is not None and self._said.by is By.PERSON
            if is_set or not is_believable(moment.wall_ms):
                return
            self._set(moment, By.HUB)

    def set_by_person(self, wall_ms: int) -> None:
        """It is `wall_ms` now, whatever the machine or a hub says, until she takes it back."""
        with self._lock:
            self._set(_moment(wall_ms, self._clock.elapsed_ms()), By.PERSON)

    def unset(self) -> None:
        """Go by the machine's clock again, and by what a hub says of it."""
        with self._lock:
            self._moment = None
            self._base = (self._clock.wall_ms(), self._clock.elapsed_ms())
            self._keep(None)

    def _set(self, moment: Moment, by: By) -> None:
        machine_ms, elapsed_ms = self._clock.wall_ms(), self._clock.elapsed_ms()
        said = SetTime(machine_ms, moment.at(elapsed_ms), by)
        if not is_wrong(said.offset_ms, moment.uncertainty_ms):
            self._moment, self._base = None, (machine_ms, elapsed_ms)
            self._keep(None)
            return
        self._moment = moment
        self._keep(said)

    def _keep(self, said: SetTime | None) -> None:
        """Remember it, on disk when it is news."""
        before, self._said = self._said, said
        if self._keeper is None:
            return
        if said is None or before is None or said.by is not before.by:
            is_news = said is not before
        else:
            is_news = abs(said.offset_ms - before.offset_ms) > _KEPT_ANEW_MS
        if is_news:
            self._keeper.keep(said)

    def _steady(self, elapsed_ms: int) -> int:
        """The machine's clock, but for a leap of years while this program runs."""
        machine_ms = self._clock.wall_ms()
        counted_ms = self._base[0] + elapsed_ms - self._base[1]
        is_small = abs(machine_ms - counted_ms) <= JUMP_MS
        if is_small or (is_believable(machine_ms) and not is_believable(counted_ms)):
            self._base = (machine_ms, elapsed_ms)
            return machine_ms
        return counted_ms


def machine_ms_of(clock: Clock) -> int:
    """What the machine under a clock says, steered or not: what a server is told of it."""
    return clock.machine_ms() if isinstance(clock, SteeredClock) else clock.wall_ms()


def _moment(wall_ms: int, elapsed_ms: int) -> Moment:
    return Moment(wall_ms, elapsed_ms, elapsed_ms)
