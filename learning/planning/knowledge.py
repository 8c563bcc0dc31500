"""What a learner may know of a course, as a weighing of many knowledge states.

Owns: the states, their weights, what an answer says, and what a question is worth. A knowledge
state is a set of skills closed under "comes before": who knows a skill knows all that it requires
(Doignon and Falmagne 1985, "Spaces for the assessment of knowledge"). Their number grows like 2^n,
so `states_of` draws some, the same for a graph on every machine: in state s

    skill k is there  <=>  m_s + w_s x_sk >= r_k  and all that k requires is there

with the rank r_k of the skill in 0 ... 1 (by the course's order in half of the states, by how long
the way to it is in the others), the state's progress m_s in -0.1 ... 1.1 in even steps, x_sk drawn
evenly from -1 ... 1, and w_s .1, .3 or .6: how far she may have strayed from the usual order.

An answer multiplies a state's weight by its chance there (Bayes; Falmagne and Doignon 1988, "A
Markovian procedure for assessing the state of a system"): of a right one, `known` where the state
has all that the question needs and `guessed` where it has not. The chance of a skill is the weight
of the states that have it. It never exceeds that of what the skill requires, so the skills whose
chance is above any one threshold are a knowledge state again.

Pure, in whole numbers, so that every machine weighs alike; chances are in thousandths. Cost: states
times skills are at most 24,000 (more from 100 skills on), some 2 ms an answer on a fast machine.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Final

THOUSAND: Final = 1_000
_STATES_MAX: Final = 600
_STATES_LEAST: Final = 240
_CELLS: Final = 24_000
_TOTAL: Final = 1 << 40  # what the weights add up to, but for what is rounded down
_STRAYS: Final = (100, 300, 600)
_BEYOND: Final = 100  # progress begins so far before the first rank, and ends so far after the last

Requires = tuple[tuple[str, tuple[str, ...]], ...]
"""Each skill of a course with what it requires, in the course's order."""


@dataclass(frozen=True, slots=True)
class Question:
    """What can be asked: an item, the skills it needs, and the chances of a right answer."""

    item: str
    needs: frozenset[str]
    known: int
    guessed: int


class Knowledge:
    """The weighed states of one learner. `after` gives a new one; nothing changes in place."""

    def __init__(self, states: "States", weights: Sequence[int]) -> None:
        self._states = states
        self._weights = weights
        self._total = sum(weights)

    @classmethod
    def start(cls, requires: Requires, shown: Iterable[str] = ()) -> "Knowledge":
        """Before the first question. `shown`: skills that she has for certain."""
        states = states_of(requires)
        columns = [states.having((skill,)) for skill in shown]
        found = [sum(column[s] for column in columns) for s in range(states.count)]
        most = max(found)
        return cls(states, [_TOTAL * (each == most) for each in found])

    def after(self, question: Question, *, right: bool) -> "Knowledge":
        """What is known after an answer."""
        known, guessed = question.known, question.guessed
        if not right:
            known, guessed = THOUSAND - known, THOUSAND - guessed
        having = self._states.having(question.needs)
        weights = [
            weight * (known if has else guessed)
            for weight, has in zip(self._weights, having, strict=True)
        ]
        total = sum(weights)
        return Knowledge(self._states, [weight * _TOTAL // total for weight in weights])

    def chances(self) -> Mapping[str, int]:
        """The chance of each skill, in the course's order."""
        return {
            skill: sum(compress(self._weights, column)) * THOUSAND // self._total
            for skill, column in self._states.columns.items()
        }

    def worth(self, question: Question) -> int:
        """By how much an answer is expected to settle whether she has what the question needs.

        With the chance P of having it, and r = P known + (1 - P) guessed of a right answer, the
        variance P (1 - P) is expected to fall, by Bayes' rule for both answers, by

            (P (1 - P) (known - guessed))^2 / (r (1 - r))

        It is most near P = 1/2 (the half-split rule of Falmagne and Doignon), and less where it is
        easily guessed. In units that only compare.
        """
        mass = sum(compress(self._weights, self._states.having(question.needs)))
        lacking = self._total - mass
        right = mass * question.known + lacking * question.guessed
        wrong = self._total * THOUSAND - right
        settled = mass * lacking * (question.known - question.guessed)
        return settled * settled // (right * wrong or 1)


@dataclass(frozen=True, slots=True)
class States:
    """The drawn states of a graph: `columns` says for each skill which of the states have it."""

    columns: Mapping[str, tuple[bool, ...]]
    count: int

    def having(self, needs: Iterable[str]) -> tuple[bool, ...]:
        """Which of the states have all of some skills; those of another course are left out."""
        columns = [self.columns[skill] for skill in needs if skill in self.columns]
        if len(columns) == 1:
            return columns[0]
        return tuple(map(all, zip(*columns, strict=True))) if columns else (True,) * self.count


@lru_cache(maxsize=8)
def states_of(requires: Requires) -> States:
    """The drawn states of a graph, nothing and everything among them. Cost: some 20 ms, once."""
    skills = tuple(skill for skill, _ in requires)
    place = {skill: k for k, skill in enumerate(skills)}
    depths = depths_of(requires)
    order = sorted(range(len(skills)), key=lambda k: (depths[skills[k]], k))
    needs = [
        sum(1 << place[n] for n in set(required) if depths.get(n, depths[skill]) < depths[skill])
        for skill, required in requires
    ]
    ranks = (_ranks(range(len(skills))), _ranks([depths[skill] for skill in skills]))
    count = max(_STATES_LEAST, min(_STATES_MAX, _CELLS // max(1, len(skills))))
    masks = [0, (1 << len(skills)) - 1]
    for s in range(count - len(masks)):
        drawn = hashlib.shake_128(f"darasa-states-1/{s}".encode()).digest(2 * len(skills))
        progress = (THOUSAND + 2 * _BEYOND) * s // count - _BEYOND
        stray, rank = _STRAYS[s // 2 % len(_STRAYS)], ranks[s % 2]
        mask = 0
        for k in order:
            strayed = stray * (int.from_bytes(drawn[2 * k : 2 * k + 2], "big") - 0x8000) // 0x8000
            if progress + strayed >= rank[k] and needs[k] & mask == needs[k]:
                mask |= 1 << k
        masks.append(mask)
    columns = {skill: tuple(bool(mask >> k & 1) for mask in masks) for skill, k in place.items()}
    return States(columns, count)


def depths_of(requires: Requires) -> dict[str, int]:
    """The longest way from a skill that needs nothing; what is on a circle comes after the rest."""
    skills = {skill for skill, _ in requires}
    left = {skill: {need for need in needs if need in skills} for skill, needs in requires}
    depths: dict[str, int] = {}
    depth = 0
    while left:
        free = [skill for skill, needs in left.items() if needs <= depths.keys()]
        for skill in free or list(left):
            depths[skill] = depth
            del left[skill]
        depth += 1
    return depths


def _ranks(values: Sequence[int]) -> list[int]:
    """Values as places between 0 and THOUSAND."""
    most = max(values, default=0) + 1
    return [(2 * value + 1) * THOUSAND // (2 * most) for value in values]
