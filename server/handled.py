"""What the teacher has dealt with: "Coming" makes a state quiet for ten minutes (ux.md 8.2).

Owns: when each state of each learner was dealt with, in memory. How long it stays quiet is
learning's rule; a restart forgets it, and the state is simply shown again.
"""

import threading
from collections.abc import Mapping
from typing import Final

from darasa.learning.reports.reports import LiveState
from darasa.sync.clock import Clock
from darasa.sync.ids import LearnerId

_LEARNERS_MAX: Final = 5_000


class Handled:
    """The states that were dealt with; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._when: dict[LearnerId, dict[LiveState, int]] = {}

    def note(self, learner_id: LearnerId, state: LiveState) -> None:
        """A teacher goes to this learner for this reason."""
        now_ms = self._clock.elapsed_ms()
        with self._lock:
            while len(self._when) >= _LEARNERS_MAX and learner_id not in self._when:
                del self._when[next(iter(self._when))]
            self._when.setdefault(learner_id, {})[state] = now_ms

    def ago(self) -> Mapping[LearnerId, Mapping[LiveState, int]]:
        """How long ago each was dealt with (ms), by learner and state; no clock's jump moves it."""
        now_ms = self._clock.elapsed_ms()
        with self._lock:
            return {
                learner_id: {state: now_ms - at_ms for state, at_ms in states.items()}
                for learner_id, states in self._when.items()
            }
