"""Invented learners: minds that answer, and hands that press what a learner's keys press.

Owns: the order in which an invented learner presses keys, and how help helps her. She plays a
`Sitting` through the very methods that clients call. Time and chance are arguments: `moves` yields
how long she waits before her next key, and whoever drives her lets that time pass. Pure otherwise.

Her mind is of the growth world (worlds.py) with items as hard as their authors say, and with help;
she learns more from what she can do less well, so that a class of a few days has something to show:

    P(right) = sigma(a_s + d_sk + g_sk + b_i + 0.6 hints + 0.8 tries before)
    g_sk    <- g_sk + r_s (1 - P(right))     at each try; a shown solution counts as a try

All in whole thousandths, so that a seed gives the same class on every machine.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from darasa.content_packs.grading import Response, Verdict, correct_response, wrong_responses
from darasa.content_packs.item import difficulty_milli
from darasa.learning.evidence import SkillKey
from darasa.learning.simulated.worlds import Growth
from darasa.learning.views import Feedback, ItemView, Phase

_HINT_MILLI: Final = 600
_TRY_MILLI: Final = 800
_OFFSET_MILLI: Final = 500
_FEEDBACK_MS: Final = 4_000
_SOLUTION_MS: Final = 12_000


@dataclass(frozen=True, slots=True)
class Habits:
    """What kind of learner: thousandths of logits and of chances, milliseconds."""

    name: str
    ability_milli: int
    growth_milli: int
    hint_permille: int = 150  # asks for a hint before answering, when it looks hard
    again_permille: int = 850  # tries again rather than have it shown
    skip_permille: int = 10
    ms_per_word: int = 350
    think_ms: int = 9_000


HABITS: Final = (
    Habits("steady", 300, 700),
    Habits("steady", 0, 600),
    Habits("quick", 1_200, 900, hint_permille=40, ms_per_word=220, think_ms=5_000),
    Habits("careful", 500, 700, hint_permille=60, ms_per_word=500, think_ms=18_000),
    Habits("asks for hints", -200, 600, hint_permille=550),
    Habits("slow reader", 200, 650, ms_per_word=800, think_ms=14_000),
    Habits("in a hurry", 100, 450, again_permille=500, ms_per_word=60, think_ms=400),
    Habits("finds it hard", -1_000, 350, hint_permille=350, again_permille=750),
)
"""Learner n of a class has the habits n modulo their number: a few of every kind."""

STUCK: Final = Habits(
    "stuck today", -9_000, 0, hint_permille=400, again_permille=1_000, skip_permille=0
)


class Practice(Protocol):
    """The part of a `Sitting` that an invented learner uses."""

    @property
    def current(self) -> ItemView | None:
        """The item on the screen."""

    def start_set(self, skill: SkillKey | str | None = None) -> ItemView | None:
        """Begin or go on."""

    def answer(self, response: Response) -> Feedback:
        """Check an answer."""

    def try_again(self) -> ItemView:
        """Ask once more."""

    def hint(self) -> str | None:
        """Show a hint."""

    def show_me(self) -> str:
        """Show the solution."""

    def skip(self) -> ItemView | None:
        """Set the item aside."""

    def next(self) -> ItemView | None:
        """The next item."""


class SimulatedLearner:
    """One invented learner; what she has learnt so far stays with her between sittings.

    `knows` gives logits in thousandths that she has above her ability, by skill: to go on with one
    whose mind was not kept.
    """

    def __init__(
        self, habits: Habits, *, seed: int | str, knows: Mapping[SkillKey, int] | None = None
    ) -> None:
        self.habits = habits
        self._rng = random.Random(seed)  # noqa: S311 - invented data, to be had again
        self._growth = Growth(
            self._rng,
            ability_milli=habits.ability_milli,
            offset_milli=_OFFSET_MILLI,
            grown=knows,
        )

    def moves(
        self, practice: Practice, *, items: int, skill: SkillKey | None = None
    ) -> Iterator[int]:
        """Work through about `items` items, set after set; yields milliseconds before each key.

        A sitting is interrupted by not going on. Ends early when there is nothing to practise.
        """
        view = practice.start_set(skill)
        for _ in range(items):
            if view is None:
                view = practice.start_set()
            if view is None:
                return
            yield from self._item(practice, view)
            view = practice.current

    def play(self, practice: Practice, *, items: int, pass_ms: "PassTime") -> None:
        """`moves` with time that passes at once."""
        for wait_ms in self.moves(practice, items=items):
            pass_ms(wait_ms)

    def chance_micro(self, view: ItemView) -> int:
        """The chance that her next try is right, by the equations above."""
        help_milli = _HINT_MILLI * len(view.hints) + _TRY_MILLI * view.tries
        ease_milli = difficulty_milli(view.instance.item) + help_milli
        return self._growth.chance_micro(view.skill, ease_milli)

    def _item(self, practice: Practice, view: ItemView) -> Iterator[int]:
        """One item to its end."""
        yield self._reading_ms(view)
        if self._happens(self.habits.skip_permille):
            practice.skip()
            return
        while True:
            if self._wants_hint(view) and practice.hint() is not None:
                view = _shown(practice)
                yield self._thinking_ms()
            feedback = self._answer(practice, view)
            yield self._about(_FEEDBACK_MS)
            if feedback.verdict is Verdict.RIGHT:
                break
            if not feedback.can_try_again:
                yield self._about(_SOLUTION_MS)
                break
            if not self._happens(self.habits.again_permille):
                practice.show_me()
                self._learn(view)
                yield self._about(_SOLUTION_MS)
                break
            view = practice.try_again()
            yield self._thinking_ms()
        practice.next()

    def _answer(self, practice: Practice, view: ItemView) -> Feedback:
        right = self._rng.randrange(1_000_000) < self.chance_micro(view)
        self._learn(view)
        wrong = () if right else wrong_responses(view.instance)
        if not wrong:
            return practice.answer(correct_response(view.instance))
        return practice.answer(wrong[self._rng.randrange(len(wrong))])

    def _learn(self, view: ItemView) -> None:
        unknown = 1_000_000 - self.chance_micro(view)
        self._growth.learn(view.skill, self.habits.growth_milli * unknown // 1_000_000)

    def _wants_hint(self, view: ItemView) -> bool:
        more = len(view.hints) < view.hints_total and view.phase is Phase.ASK
        looks_hard = self.chance_micro(view) < 700_000
        return more and looks_hard and self._happens(self.habits.hint_permille)

    def _happens(self, permille: int) -> bool:
        return self._rng.randrange(1_000) < permille

    def _reading_ms(self, view: ItemView) -> int:
        words = len(view.instance.prompt.split())
        return self._about(words * self.habits.ms_per_word) + self._thinking_ms()

    def _thinking_ms(self) -> int:
        return self._about(self.habits.think_ms)

    def _about(self, ms: int) -> int:
        """Between half and one and a half times."""
        return ms // 2 + self._rng.randrange(ms + 1)


class PassTime(Protocol):
    """Lets time pass: a simulated clock's `advance`."""

    def __call__(self, ms: int, /) -> None:
        """Let `ms` milliseconds pass."""


def _shown(practice: Practice) -> ItemView:
    view = practice.current
    if view is None:
        raise AssertionError("a hint leaves its item on the screen")
    return view
