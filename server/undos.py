"""The last change of each session, while it can be taken back (ux.md 8.8: ten minutes).

Owns: what is offered, and for how long. In memory; the change itself is in the log whatever becomes
of this. Whom a sentence names is not known here: when anybody is erased, all are forgotten.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from darasa.learning.people.undoing import Undo
from darasa.server.sessions import Session
from darasa.sync.clock import Clock
from darasa.sync.ids import Rng

UNDO_MS: Final = 600_000
_SESSIONS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class LastChange:
    """What was done, in a sentence, and how it is taken back; `mark` names it to a form.

    `undo` is what `undoing.take_back` takes, or does it itself when called. `erased` says who was
    erased when it was done.
    """

    words: str
    mark: str
    undo: Undo | Callable[[], None]
    until_ms: int
    erased: bytes | None


class Undos:
    """One change a session; safe to use from several threads."""

    def __init__(
        self, *, clock: Clock, rng: Rng, erased: Callable[[], bytes | None] = lambda: None
    ) -> None:
        """`erased` is another value once somebody more is erased."""
        self._clock = clock
        self._erased = erased
        self._rng = rng
        self._lock = threading.Lock()
        self._last: dict[str, LastChange] = {}

    def put(self, session: Session, words: str, undo: Undo | Callable[[], None]) -> None:
        """A change was made; the one before it is offered no longer."""
        until_ms = self._clock.elapsed_ms() + UNDO_MS
        last = LastChange(words, self._rng(8).hex(), undo, until_ms, self._erased())
        with self._lock:
            self._last.pop(session.session_id, None)
            while len(self._last) >= _SESSIONS_MAX:
                del self._last[next(iter(self._last))]
            self._last[session.session_id] = last

    def last(self, session: Session) -> LastChange | None:
        """The change that this session may take back now."""
        with self._lock:
            last = self._last.get(session.session_id)
        if last is None or last.until_ms <= self._clock.elapsed_ms():
            return None
        return last if last.erased == self._erased() else None

    def take(self, session: Session, mark: str) -> LastChange | None:
        """The change of that mark, once; None when it is old or another came after it."""
        last = self.last(session)
        if last is None or last.mark != mark:
            return None
        with self._lock:
            return self._last.pop(session.session_id, None)

    def give_back(self, session: Session, change: LastChange) -> None:
        """It could not be taken back now; it is offered again, unless another came after it."""
        with self._lock:
            self._last.setdefault(session.session_id, change)
