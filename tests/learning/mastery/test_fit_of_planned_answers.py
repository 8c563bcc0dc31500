"""Answers to items that a planner chose, and what they say of how hard the items are."""

import pytest

from darasa.content_packs.item import difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.fold_rules import SHIPPED_RULES
from darasa.learning.mastery.answers_csv import Answer
from darasa.learning.mastery.fitting.answers import Answers
from darasa.learning.mastery.fitting.fit import fit_rlf
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.simulated.invented_course import invented_course
from darasa.learning.simulated.trial import go_through
from darasa.learning.simulated.tutors import Planner
from darasa.learning.simulated.worlds import GrowthWorld

LEARNERS = 24


@pytest.fixture(scope="module")
def course() -> Pack:
    return invented_course(skills=4)


@pytest.fixture(scope="module")
def answers(course: Pack) -> Answers:
    world, rows = GrowthWorld(course, seed="a"), []
    for n in range(LEARNERS):
        run = go_through(course, world.mind(str(n)), Planner(course, SHIPPED_RULES, seed=str(n)))
        for each in run.answers:
            skills = tuple((course.id, skill) for skill in each.skills)
            rows.append(Answer(str(n), skills, (course.id, each.item), each.right, each.at_ms))
    return Answers.of(rows)


def easier(parameters: Parameters, course: Pack) -> float:
    """By how many logits items of difficulty 1 are easier than those of difficulty 3."""
    mean = {}
    for difficulty in (1, 3):
        some = [
            row.values[0]
            for row in parameters.items
            if course.items[row.name].difficulty == difficulty
        ]
        mean[difficulty] = sum(some) / len(some) / 1e6
    return mean[1] - mean[3]


def test_hard_items_look_easy_unless_the_pack_says_how_hard_they_are(
    answers: Answers, course: Pack
) -> None:
    said = {(course.id, item.id): difficulty_milli(item) for item in course.items.values()}
    by_answers = fit_rlf(answers, name="a").parameters
    as_said = fit_rlf(answers, name="a", said_milli=said).parameters
    assert easier(by_answers, course) < 1.0  # it is about two
    assert easier(as_said, course) == pytest.approx(2.0, abs=1e-5)
    assert as_said.weights["b"] > max(0, by_answers.weights["b"])
