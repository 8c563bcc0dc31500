"""What the ideal observer says of invented learners comes true as often as it says."""

import random
import statistics

import pytest

from darasa.content_packs.pack import Pack
from darasa.learning.simulated.ideal_observer import IdealObserver, IdealTutor
from darasa.learning.simulated.invented_course import invented_course
from darasa.learning.simulated.trial import go_through
from darasa.learning.simulated.worlds import GrowthMind, GrowthWorld

LEARNERS = 150
TRIES = 8


@pytest.fixture(scope="module")
def course() -> Pack:
    return invented_course(skills=4)


@pytest.fixture(scope="module")
def world(course: Pack) -> GrowthWorld:
    return GrowthWorld(course, seed="a")


def practised(
    course: Pack, world: GrowthWorld, seed: str, skills: list[str]
) -> tuple[GrowthMind, IdealObserver]:
    """Some tries on each skill, a night after each skill, and an observer who saw them."""
    rng = random.Random(seed)
    mind, observer = world.mind(seed), IdealObserver(world)
    for skill in skills:
        for _ in range(TRIES):
            item = rng.choice(course.items_of(skill))
            observer.see(item, right=mind.answer(item))
        mind.sleep()
        observer.sleep()
    return mind, observer


def test_it_is_right_as_often_as_it_is_sure(course: Pack, world: GrowthWorld) -> None:
    said: list[tuple[float, bool]] = []
    for n in range(LEARNERS):
        mind, observer = practised(course, world, str(n), list(course.skills))
        said += [(observer.mastered(skill), mind.masters(skill)) for skill in course.skills]
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        some = [each for each in said if low <= each[0] < high]
        expected = statistics.mean(sure for sure, _ in some)
        came = statistics.mean(is_true for _, is_true in some)
        assert abs(came - expected) < 4 * (expected * (1 - expected) / len(some)) ** 0.5, low


def test_before_any_answer_it_says_how_many_begin_at_mastery(
    course: Pack, world: GrowthWorld
) -> None:
    observer = IdealObserver(world)
    minds = [world.mind(f"new {n}") for n in range(1_000)]
    for skill in course.skills:
        share = statistics.mean(mind.masters(skill) for mind in minds)
        assert abs(observer.mastered(skill) - share) < 0.04


def test_answers_on_other_skills_tell_of_one_that_was_not_met(
    course: Pack, world: GrowthWorld
) -> None:
    new, strong, weak = (IdealObserver(world) for _ in range(3))
    for item in (*course.items_of("s0"), *course.items_of("s1")):
        strong.see(item, right=True)
        weak.see(item, right=False)
    assert weak.mastered("s3") < new.mastered("s3") < strong.mastered("s3")


def test_a_night_takes_some_of_what_was_sure(course: Pack, world: GrowthWorld) -> None:
    _, observer = practised(course, world, "1", ["s0"])
    before = observer.mastered("s0")
    for _ in range(30):
        observer.sleep()
    assert observer.mastered("s0") < before


def test_whoever_asks_it_to_be_surer_asks_more_and_errs_less(
    course: Pack, world: GrowthWorld
) -> None:
    def taught(sure: float) -> tuple[int, float]:
        runs = [
            go_through(course, world.mind(str(n)), IdealTutor(course, world, sure=sure))
            for n in range(LEARNERS // 2)
        ]
        said = [
            each for run in runs for each in run.skills.values() if each.mastered_then is not None
        ]
        return sum(run.attempts for run in runs), statistics.mean(not e.mastered_then for e in said)

    (few, often), (many, seldom) = taught(0.6), taught(0.9)
    assert few < many
    assert seldom < 0.1 < often < 0.4
