"""The worlds do what their equations say."""

from collections.abc import Callable

import pytest

from darasa.content_packs.pack import Pack
from darasa.learning.simulated.invented_course import invented_course
from darasa.learning.simulated.worlds import (
    MASTERED_MICRO,
    GrowthWorld,
    Mind,
    TwoStateWorld,
    World,
)

MakeWorld = Callable[[str], World]
LEARNERS = 60


@pytest.fixture(scope="module")
def course() -> Pack:
    return invented_course()


@pytest.fixture(params=[GrowthWorld, TwoStateWorld])
def make_world(request: pytest.FixtureRequest, course: Pack) -> MakeWorld:
    return lambda seed: request.param(course, seed=seed)


def practised(mind: Mind, course: Pack, skill: str, tries: int) -> list[bool]:
    items = course.items_of(skill)
    return [mind.answer(items[n % len(items)]) for n in range(tries)]


def test_the_same_seeds_make_the_same_learner_and_others_another(
    make_world: MakeWorld, course: Pack
) -> None:
    def answers(world: str, learner: str) -> list[bool]:
        mind = make_world(world).mind(learner)
        return [each for skill in course.skills for each in practised(mind, course, skill, 9)]

    assert answers("a", "1") == answers("a", "1")
    assert answers("a", "1") != answers("a", "2")
    assert answers("a", "1") != answers("b", "1")


def test_practice_brings_mastery_and_nights_take_some_of_it(
    make_world: MakeWorld, course: Pack
) -> None:
    world = make_world("a")
    before = after = slept = 0
    for n in range(LEARNERS):
        mind = world.mind(str(n))
        before += mind.masters("s0")
        practised(mind, course, "s0", 40)
        after += mind.masters("s0")
        for _ in range(60):
            mind.sleep()
        slept += mind.masters("s0")
    assert before < slept < after
    assert after > LEARNERS * 0.9


def test_the_growth_world_asks_for_four_in_five_of_the_reference_items(course: Pack) -> None:
    world = GrowthWorld(course, seed="a")
    for n in range(LEARNERS):
        mind = world.mind(str(n))
        for _ in range(15):
            was = mind.reference_micro("s1")
            assert mind.masters("s1") is (was >= MASTERED_MICRO)
            practised(mind, course, "s1", 1)
            assert mind.reference_micro("s1") > was  # right or not: one learns from both


def test_a_right_answer_comes_as_often_as_the_chance_says(course: Pack) -> None:
    world = GrowthWorld(course, seed="a")
    usual = [item for item in course.items.values() if item.difficulty == 2]
    expected = right = 0.0
    for n in range(LEARNERS):
        mind = world.mind(str(n))
        for item in usual:
            expected += mind.reference_micro(item.skills[0]) / 1e6
            right += mind.answer(item)
    assert abs(expected - right) < 0.1 * expected  # items are a little easier or harder


def test_in_two_states_nobody_knows_what_rests_on_what_she_does_not_know(course: Pack) -> None:
    world = TwoStateWorld(course, seed="a")
    known = 0
    for n in range(LEARNERS):
        mind = world.mind(str(n))
        for skill in course.skills.values():
            if mind.masters(skill.id):
                known += 1
                assert all(mind.masters(need) for need in skill.requires)
    assert known > LEARNERS


def test_in_two_states_what_is_required_helps_to_learn(course: Pack) -> None:
    world = TwoStateWorld(course, seed="a")
    learnt = {True: [0, 0], False: [0, 0]}
    for n in range(6 * LEARNERS):
        mind = world.mind(str(n))
        if mind.masters("s3"):
            continue
        row = learnt[mind.masters("s0")]
        practised(mind, course, "s3", 4)
        row[0] += mind.masters("s3")
        row[1] += 1
    with_it, without = (learnt[key][0] / learnt[key][1] for key in (True, False))
    assert with_it > 2 * without


def test_in_two_states_one_guesses_before_and_slips_after(course: Pack) -> None:
    world = TwoStateWorld(course, seed="a")
    rights: dict[bool, list[bool]] = {True: [], False: []}
    for n in range(6 * LEARNERS):
        mind = world.mind(str(n))
        for item in course.items_of("s0"):
            knew = mind.masters("s0")
            rights[knew].append(mind.answer(item))
    share = {knew: sum(some) / len(some) for knew, some in rights.items()}
    assert 0.15 < share[False] < 0.28
    assert 0.86 < share[True] < 0.96
