"""Invented learners on their way through a course: by the product's fold, rule and choice."""

import random
from collections.abc import Callable

import pytest

from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.fold_rules import SHIPPED_RULES
from darasa.learning.kinds import Attempt
from darasa.learning.learner_state import fold
from darasa.learning.simulated.invented_course import invented_course
from darasa.learning.simulated.trial import SKILL_MAX, go_through
from darasa.learning.simulated.tutors import IN_A_ROW, FiveInARow, Planner
from darasa.learning.simulated.worlds import GrowthWorld, TwoStateWorld
from darasa.sync.event import StoredEvent

Store = Callable[..., list[StoredEvent]]


class Sure:
    """A learner who always has some skills right, and the others only by luck."""

    ability_milli = 0

    def __init__(self, *knows: str, lucky: float = 0.0, seed: int = 0) -> None:
        self._knows = frozenset(knows)
        self._lucky = lucky
        self._rng = random.Random(seed)

    def answer(self, item: Item) -> bool:
        return item.skills[0] in self._knows or self._rng.random() < self._lucky

    def sleep(self) -> None:
        pass

    def masters(self, skill: str) -> bool:
        return skill in self._knows

    def reference_micro(self, skill: str) -> int:
        return 1_000_000 * (skill in self._knows)


@pytest.fixture(scope="module")
def course() -> Pack:
    return invented_course()


def planner(course: Pack, seed: str = "1") -> Planner:
    return Planner(course, SHIPPED_RULES, seed=seed)


@pytest.mark.parametrize("world", [GrowthWorld, TwoStateWorld])
def test_what_the_tutor_knows_of_her_is_what_the_fold_makes_of_her_answers(
    course: Pack,
    make_attempt: Callable[..., Attempt],
    store_events: Store,
    world: type[GrowthWorld] | type[TwoStateWorld],
) -> None:
    tutor = planner(course)
    mind = world(course, seed="a").mind("1")
    run = go_through(course, mind, tutor, reviews=random.Random(1))
    attempts = [
        make_attempt(
            each.skills[0],
            pack=course.id,
            item=each.item,
            right=each.right,
            nth=nth,
            values=(nth,),
            difficulty_milli=difficulty_milli(course.items[each.item]),
        )
        for nth, each in enumerate(run.answers, start=1)
    ]
    times = [each.at_ms for each in run.answers]
    state = fold(store_events(*attempts, happened=lambda seq: times[seq - 1]))
    assert len(attempts) > 100
    assert state.skills == tutor.state.skills
    assert state.mastery.to_bytes() == tutor.state.mastery.to_bytes()
    assert state.last_items() == tutor.state.last_items()


def test_who_knows_every_skill_leaves_each_in_three_items(course: Pack) -> None:
    for seed in range(8):
        run = go_through(course, Sure(*course.skills), planner(course, str(seed)))
        assert {each.attempts for each in run.skills.values()} == {3}


@pytest.mark.parametrize(("lucky", "most"), [(0.0, 5), (0.5, 5), (0.8, 3)])
def test_who_knows_some_skills_leaves_those_soon_however_the_others_go(
    course: Pack, lucky: float, most: int
) -> None:
    for seed in range(4):
        knows = random.Random(seed).sample(list(course.skills), 8)
        run = go_through(course, Sure(*knows, lucky=lucky, seed=seed), planner(course, str(seed)))
        for skill in knows:
            each = run.skills[skill]
            assert (each.mastered_then, each.attempts <= most) == (True, True), f"{seed} {skill}"


def test_who_does_not_know_a_skill_is_never_moved_on_by_time(course: Pack) -> None:
    for seed in range(4):
        knows = random.Random(seed).sample(list(course.skills), 8)
        run = go_through(course, Sure(*knows), planner(course, str(seed)))
        for skill in course.skills.keys() - knows:
            each = run.skills[skill]
            assert (each.mastered_then, each.attempts) == (None, SKILL_MAX)


def test_five_in_a_row_takes_five(course: Pack) -> None:
    run = go_through(course, Sure(*course.skills), FiveInARow(course, seed="1"))
    assert {each.attempts for each in run.skills.values()} == {IN_A_ROW}


def test_one_who_can_do_nothing_is_told_to_circle_and_never_to_have_got_it(course: Pack) -> None:
    run = go_through(course, Sure(), planner(course))
    assert all(each.mastered_then is None for each in run.skills.values())
    assert all(each.flagged is False for each in run.skills.values())


def test_reviews_are_answers_and_no_attempts(course: Pack) -> None:
    run = go_through(course, Sure(*course.skills), planner(course), reviews=random.Random(1))
    assert run.attempts == 3 * len(course.skills)
    assert len(run.answers) > run.attempts * 5 // 4
