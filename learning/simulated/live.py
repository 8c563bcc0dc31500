"""An invented learner who works now: what makes a demo's live page move.

Owns: her keys, each when its time has come by the computer's own clock, and what presence says of
her. Whoever drives it waits and exchanges; nothing here does. The computer is a real `Classroom`,
in memory or in a folder, and each answer is saved and sent as a child's would be.
"""

import random
from typing import TYPE_CHECKING, Final

from darasa.learning.mastery.logistic import logit_micro
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.course_book import about_of
from darasa.learning.simulated.learner import HABITS, Habits, SimulatedLearner
from darasa.sync.ids import LearnerId
from darasa.sync.messages import Doing, PresenceRow

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_ITEMS_A_SITTING: Final = 10_000  # until the demo ends
_PAUSE_MS: Final = 60_000  # when there is nothing to practise, look again
_FIRST_KEY_WITHIN_MS: Final = 10_000


class LiveLearner:
    """One learner at one computer, signed in.

    Her earlier work should be here before she sits down: `note_seen` her and exchange first.
    `items`: after so many she only sits there; None is for as long as there is something to do.
    """

    def __init__(
        self,
        classroom: "Classroom",
        learner_id: LearnerId,
        *,
        seed: int,
        habits: Habits | None = None,
        items: int | None = None,
    ) -> None:
        rng = random.Random(seed)  # noqa: S311 - invented data
        known = {} if habits else classroom.state(learner_id).skills
        knows = {key: logit_micro(skill.p_micro) // 1_000 for key, skill in known.items()}
        self._clock = classroom.clock
        self._mind = SimulatedLearner(
            habits or HABITS[rng.randrange(len(HABITS))], seed=rng.getrandbits(64), knows=knows
        )
        self.sitting = Sitting.begin(classroom, learner_id, how="simulated")
        self._goes_on = items is None
        self._moves = self._mind.moves(self.sitting, items=items or _ITEMS_A_SITTING)
        self._since_ms = self._clock.elapsed_ms()
        self._due_ms = self._since_ms + rng.randrange(_FIRST_KEY_WITHIN_MS)
        self._about = _about(self.sitting)

    def step(self) -> bool:
        """Press her next key if its time has come; whether she did.

        Raises StoreError when an answer cannot be saved.
        """
        now = self._clock.elapsed_ms()
        if now < self._due_ms:
            return False
        wait_ms = next(self._moves, None)
        if wait_ms is None:
            wait_ms = _PAUSE_MS
            if self._goes_on:
                self._practise_something_else()
        self._due_ms = now + wait_ms
        about = _about(self.sitting)
        if about != self._about:
            self._about, self._since_ms = about, now
        return True

    def presence(self) -> PresenceRow:
        """Who sits here and what is on the screen, for the next exchange."""
        doing, about, nth, of = self._about
        since_ms = max(0, self._clock.elapsed_ms() - self._since_ms)
        return PresenceRow(self.sitting.learner.learner_id, doing, since_ms, about, nth=nth, of=of)

    def _practise_something_else(self) -> None:
        """The skill that she has left alone the longest."""
        again = min(self.sitting.standings(), key=lambda row: row.last_ms or 0, default=None)
        skill = None if again is None else again.key
        self._moves = self._mind.moves(self.sitting, items=_ITEMS_A_SITTING, skill=skill)


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
