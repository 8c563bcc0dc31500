"""Invented learners go through a course, each skill until her tutor says that she has got it.

Owns: the days, the order of skills, and what is counted. No second tries, no help, no sister
skills, and reviews only where they are asked for: who decides when a skill is left, and which item
comes next, is all that differs between two tutors. Pure: chance comes as seeds.
"""

import random
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.learning.simulated.tutors import ITEM_MS, Tutor
from darasa.learning.simulated.worlds import Mind
from darasa.learning.skill_state import DAY_MS

BEGAN_MS: Final = 1_772_000_000_000
A_DAY: Final = 24
"""Items a day: three sets."""

SKILL_MAX: Final = 60
"""Attempts after which a skill is set aside without a word, for a teacher: it counts as it is."""

POST_TEST: Final = 120
REVIEW_EVERY: Final = 4


@dataclass(slots=True)
class SkillRun:
    """How a skill went. `mastered_…` are the truth: before, when "Got it" was said, at the end.

    `mastered_then` is None while nothing was said. `flagged`: the truth when she was first told to
    circle on it, None if she was not.
    """

    mastered_at_first: bool
    attempts: int = 0
    mastered_then: bool | None = None
    mastered_at_end: bool = False
    flagged: bool | None = None

    @property
    def is_over(self) -> bool:
        """Got, or set aside."""
        return self.mastered_then is not None or self.attempts >= SKILL_MAX


class Answered(NamedTuple):
    """One answer."""

    item: str
    skills: tuple[str, ...]
    right: bool
    at_ms: int


@dataclass(slots=True)
class Run:
    """One learner's way through the course. `attempts` are those on all skills before their end."""

    ability_milli: int
    skills: dict[str, SkillRun]
    attempts: int = 0
    post_test_micro: int | None = None  # mean chance on the reference items after 120 attempts
    answers: list[Answered] = field(default_factory=list)


def go_through(
    course: Pack, mind: Mind, tutor: Tutor, *, reviews: random.Random | None = None
) -> Run:
    """Until every skill is got or set aside.

    Skills come in the order of the course, each once all that it requires is over; one that rests
    lets the next go before it. With `reviews`, every fourth item is of a skill that is over, dealt
    by chance, as in the planner's sets; those are answers, and no attempts.
    """
    way = _Way(course, mind, tutor, reviews)
    while way.is_open:
        way.go_a_day()
    return way.ended()


class _Way:
    """A learner on her way."""

    def __init__(
        self, course: Pack, mind: Mind, tutor: Tutor, reviews: random.Random | None
    ) -> None:
        self._course, self._mind, self._tutor, self._reviews = course, mind, tutor, reviews
        skills = {skill: SkillRun(mind.masters(skill)) for skill in course.skills}
        self._run = Run(mind.ability_milli, skills)
        self._now_ms = BEGAN_MS

    @property
    def is_open(self) -> bool:
        """Whether a skill is not over."""
        return not all(each.is_over for each in self._run.skills.values())

    def go_a_day(self) -> None:
        """A sitting, and the night after it."""
        self._tutor.begin_day()
        resting: set[str] = set()
        for nth in range(A_DAY):
            asked = self._review() if nth % REVIEW_EVERY == 1 else None
            asked = asked or self._next(resting)
            if asked is None:
                break
            self._answer(*asked)
            self._now_ms += ITEM_MS
        self._mind.sleep()
        self._now_ms += DAY_MS - (self._now_ms - BEGAN_MS) % DAY_MS

    def ended(self) -> Run:
        """What came of it."""
        run = self._run
        if run.post_test_micro is None:
            run.post_test_micro = self._post_test()
        for skill, each in run.skills.items():
            each.mastered_at_end = self._mind.masters(skill)
        return run

    def _review(self) -> tuple[str, Item] | None:
        over = [name for name, each in self._run.skills.items() if each.is_over]
        if self._reviews is None or not over:
            return None
        skill = over[self._reviews.randrange(len(over))]
        item = self._tutor.ask(skill, self._now_ms)
        return None if item is None else (skill, item)

    def _next(self, resting: set[str]) -> tuple[str, Item] | None:
        skills = self._run.skills
        for skill in self._course.skills.values():
            if skills[skill.id].is_over or skill.id in resting:
                continue
            if not all(skills[need].is_over for need in skill.requires):
                continue
            item = self._tutor.ask(skill.id, self._now_ms)
            if item is not None:
                return skill.id, item
            resting.add(skill.id)
        return None

    def _answer(self, skill: str, item: Item) -> None:
        run, each = self._run, self._run.skills[skill]
        right = self._mind.answer(item)
        self._tutor.take(item, right=right, now_ms=self._now_ms)
        run.answers.append(Answered(item.id, item.skills, right, self._now_ms))
        if each.is_over:
            return
        each.attempts += 1
        run.attempts += 1
        if self._tutor.is_got(skill):
            each.mastered_then = self._mind.masters(skill)
        elif each.flagged is None and self._tutor.is_circling(skill):
            each.flagged = self._mind.masters(skill)
        if run.attempts == POST_TEST:
            run.post_test_micro = self._post_test()

    def _post_test(self) -> int:
        chances = [self._mind.reference_micro(skill) for skill in self._course.skills]
        return sum(chances) // len(chances)
