"""Invented learners who keep working now: what makes a demo's live page move.

Owns: their keys, each when its time has come by the computer's own clock, and what presence says of
them. Whoever drives it sleeps and exchanges; nothing here does. The computer is a real `Classroom`,
in memory or in a folder, and each answer is saved and sent as a child's would be.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.learning.course_book import about_of
from darasa.learning.practice import Sitting
from darasa.learning.simulated_learner import HABITS, SimulatedLearner
from darasa.sync.ids import LearnerId
from darasa.sync.messages import Doing, PresenceRow

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_ITEMS_A_SITTING: Final = 10_000  # until the demo ends
_PAUSE_MS: Final = 60_000  # when there is nothing to practise, look again


@dataclass(slots=True)
class _Seat:
    learner_id: LearnerId
    sitting: Sitting
    mind: SimulatedLearner
    moves: Iterator[int]
    due_ms: int
    since_ms: int
    about: tuple[int, str, int, int]


class LiveComputer:
    """One computer with learners who sit at it at once, as far as the live page can tell.

    Their earlier work should be here before they sit down: `note_seen` them and exchange first.
    """

    def __init__(
        self, classroom: "Classroom", learner_ids: Sequence[LearnerId], *, seed: int
    ) -> None:
        self._room = classroom
        self._rng = random.Random(seed)  # noqa: S311 - invented data
        self._seats = [self._seat(learner_id) for learner_id in learner_ids]

    def step(self) -> int:
        """Press every key whose time has come; milliseconds until the next one.

        Raises StoreError when an answer cannot be saved.
        """
        now = self._room.clock.elapsed_ms()
        for seat in self._seats:
            if seat.due_ms <= now:
                self._press(seat, now)
        return max(0, min((s.due_ms for s in self._seats), default=now + _PAUSE_MS) - now)

    def presence(self) -> tuple[PresenceRow, ...]:
        """Who sits here and what is on the screens, for the next exchange."""
        now = self._room.clock.elapsed_ms()
        return tuple(
            PresenceRow(seat.learner_id, doing, max(0, now - seat.since_ms), about, nth=nth, of=of)
            for seat in self._seats
            for doing, about, nth, of in (seat.about,)
        )

    def sign_out(self) -> None:
        """All of them leave."""
        for seat in self._seats:
            seat.sitting.sign_out()
        self._seats = []

    def _seat(self, learner_id: LearnerId) -> _Seat:
        state = self._room.state(learner_id)
        knows = {key: rating.theta_micro // 1_000 for key, rating in state.mastery.ratings.items()}
        habits = HABITS[self._rng.randrange(len(HABITS))]
        mind = SimulatedLearner(habits, seed=self._rng.getrandbits(64), knows=knows)
        sitting = Sitting.begin(self._room, learner_id, how="simulated")
        now = self._room.clock.elapsed_ms()
        return _Seat(
            learner_id=learner_id,
            sitting=sitting,
            mind=mind,
            moves=mind.moves(sitting, items=_ITEMS_A_SITTING),
            due_ms=now + self._rng.randrange(10_000),
            since_ms=now,
            about=_about(sitting),
        )

    def _press(self, seat: _Seat, now: int) -> None:
        wait_ms = next(seat.moves, None)
        if wait_ms is None:
            wait_ms = _PAUSE_MS
            again = min(seat.sitting.standings(), key=lambda row: row.last_ms or 0, default=None)
            skill = None if again is None else again.key
            seat.moves = seat.mind.moves(seat.sitting, items=_ITEMS_A_SITTING, skill=skill)
        seat.due_ms = now + wait_ms
        about = _about(seat.sitting)
        if about != seat.about:
            seat.about, seat.since_ms = about, now


def _about(sitting: Sitting) -> tuple[int, str, int, int]:
    """What is on her screen: doing, about, nth, of."""
    view = sitting.current
    if view is None:
        return (Doing.BETWEEN, "", 0, 0)
    return (
        Doing.WORKING,
        about_of(view.skill[0], view.instance.item.id),
        view.nth,
        view.of,
    )
