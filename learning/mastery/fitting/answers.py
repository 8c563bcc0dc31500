"""Answers as columns of numbers, as the fits need them.

Owns: the numbering of learners, items and skills in the order in which they come first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.mastery.answers_csv import Answer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ragged:
    """Some skills for each thing: the skills of `n` are `skill[start[n]:start[n + 1]]`."""

    start: Ints
    skill: Ints

    @property
    def owner(self) -> Ints:
        """The thing that each entry of `skill` belongs to."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @classmethod
    def of(cls, lists: Iterable[tuple[int, ...]]) -> "Ragged":
        """From a tuple of skill numbers for each thing."""
        start: list[int] = [0]
        skill: list[int] = []
        for some in lists:
            skill.extend(some)
            start.append(len(skill))
        return cls(np.array(start, dtype=np.int64), np.array(skill, dtype=np.int64))


@dataclass(frozen=True)
class Answers:
    """All answers of a file or node. An item has the skills of its first answer, and is as hard as
    its last one says: `told`, in logits, harder is lower.
    """

    rows: list[Answer]
    learner: Ints
    item: Ints
    correct: Floats
    learners: list[str]
    items: list[ItemKey]
    skills: list[SkillKey]
    told: Floats
    skills_of_item: Ragged
    skills_of_row: Ragged

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, rows: Iterable[Answer]) -> "Answers":
        """Number everything."""
        held = list(rows)
        learners: dict[str, int] = {}
        items: dict[ItemKey, int] = {}
        skills: dict[SkillKey, int] = {}
        sets: dict[tuple[SkillKey, ...], tuple[int, ...]] = {}
        of_item: list[tuple[int, ...]] = []
        of_row: list[tuple[int, ...]] = []
        told: dict[int, int] = {}
        learner, item = [], []
        for row in held:
            learner.append(learners.setdefault(row.learner, len(learners)))
            numbers = sets.get(row.skills)
            if numbers is None:
                numbers = tuple(skills.setdefault(key, len(skills)) for key in row.skills)
                sets[row.skills] = numbers
            if row.item not in items:
                items[row.item] = len(items)
                of_item.append(numbers)
            item.append(items[row.item])
            told[items[row.item]] = row.difficulty_milli
            of_row.append(numbers)
        return cls(
            rows=held,
            learner=np.array(learner, dtype=np.int64),
            item=np.array(item, dtype=np.int64),
            correct=np.array([row.correct for row in held], dtype=np.float64),
            learners=list(learners),
            items=list(items),
            skills=list(skills),
            told=np.array([told[n] / 1_000 for n in range(len(items))], dtype=np.float64),
            skills_of_item=Ragged.of(of_item),
            skills_of_row=Ragged.of(of_row),
        )


def loss_and_error(logit: Floats, sign: Floats) -> tuple[float, Floats]:
    """The sum of -ln P(what happened), and P(correct) - correct of each row.

    `sign` is 1 where the answer was right and -1 where it was not yet. One transcendental function
    a row for each: these two lines are what a fit spends its time on.
    """
    happened = 0.5 * (1.0 + np.tanh(0.5 * sign * logit))
    np.maximum(happened, 1e-12, out=happened)
    return -float(np.log(happened).sum()), sign * (happened - 1.0)
