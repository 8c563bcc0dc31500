"""One who knows everything of the growth world but the learner: no rule can know more of her.

Not a part of the product: a bench asks how well any rule could do from answers alone. Owns the
posterior and a tutor that goes by it. Needs numpy, and floats do: a bench's last digit may differ.

With the equations of worlds.py, and m_k and b_i + n_i given, which a real tutor has to guess:

    P(a, r | x)        ~  N(a; 0, 1) U(r; .08, .28) prod_k L_k(a, r)
    L_k(a, r)          =  mean over d of l_k(a + d, r)                   d uniform in -1.5 … 1.5
    l_k(u, r)          =  prod_t P(x_t | u + g_kt(r) + m_k + b_t + n_t)   the answers on skill k
    P(mastered k | x)  =  P(u_k + g_k(r) + m_k >= ln 4 | x)               four in five are right

Given a and r skills do not depend on each other, and what has grown, g, follows from r, the tries
and the nights: so all is a sum over a grid, exact but for its steps of 1/8 logit and .02.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.learning.simulated.worlds import GrowthWorld

Grid = NDArray[np.float64]

_STEP: Final = 0.125
_ABILITY: Final = np.arange(-3.5, 3.5 + _STEP / 2, _STEP)
_OFFSET: Final = np.arange(-1.5 + _STEP / 2, 1.5, _STEP)
_RATE: Final = np.arange(0.09, 0.28, 0.02)
_START: Final = (_ABILITY[0] + _OFFSET[0] + _STEP * np.arange(len(_ABILITY) + len(_OFFSET) - 1))[
    :, None
]
"""u = a + d: where she starts on a skill, but for m_k. Grids are start or ability by rate."""

_PRIOR: Final = np.repeat(np.exp(-(_ABILITY**2) / 2)[:, None], len(_RATE), axis=1)
_MASTERED: Final = np.log(4.0)
_GROWN_MAX: Final = 6.0
_KEPT: Final = 0.99
_NEVER_AGAIN: Final = 2


class IdealObserver:
    """What follows from the answers of one learner of the growth world."""

    def __init__(self, world: GrowthWorld) -> None:
        self._world = world
        skills = world.skills_milli
        self._likely = {skill: np.ones((len(_START), len(_RATE))) for skill in skills}
        self._by_ability = {skill: np.ones((len(_ABILITY), len(_RATE))) for skill in skills}
        self._grown = {skill: np.zeros(len(_RATE)) for skill in skills}

    def see(self, item: Item, *, right: bool) -> None:
        """An answer, and what she learnt by it."""
        skill = item.skills[0]
        ease = self._world.items_milli[item.id] / 1_000
        chance = 1 / (1 + np.exp(-(_START + self._grown[skill] + ease)))
        likely = self._likely[skill] * (chance if right else 1 - chance)
        self._likely[skill] = likely / likely.max()
        self._by_ability[skill] = _summed(self._likely[skill])
        self._grown[skill] = np.minimum(_GROWN_MAX, self._grown[skill] + _RATE)

    def sleep(self) -> None:
        """A night."""
        self._grown = {skill: grown * _KEPT for skill, grown in self._grown.items()}

    def mastered(self, skill: str) -> float:
        """P(she masters it now | all her answers)."""
        need = _MASTERED - self._world.skills_milli[skill] / 1_000 - self._grown[skill]
        above = np.clip((_START - need) / _STEP + 0.5, 0.0, 1.0)  # of each cell's width
        return float((self._posterior(skill) * above).sum())

    def logit(self, skill: str) -> float:
        """The mean of u + g: the logit of her chance, but for what skill and item add."""
        return float((self._posterior(skill) * (_START + self._grown[skill])).sum())

    def _posterior(self, skill: str) -> Grid:
        """Of u and r."""
        others = _PRIOR.copy()
        for name, likely in self._by_ability.items():
            if name != skill:
                others *= likely
                others /= others.max()
        wide = np.pad(others, ((len(_OFFSET) - 1,) * 2, (0, 0)))
        joint = _summed(wide) * self._likely[skill]
        found: Grid = joint / joint.sum()
        return found


class IdealTutor:
    """Leaves a skill once it is so sure that she masters it; asks what tells most (Tutor).

    An answer tells most where right and not yet are as likely: so far p (1 - p), the information
    of a Rasch item, is greatest. Not the last two items again.
    """

    def __init__(self, course: Pack, world: GrowthWorld, *, sure: float) -> None:
        self._course, self._world, self._sure = course, world, sure
        self._observer = IdealObserver(world)
        self._last: tuple[str, ...] = ()
        self._has_begun = False

    def begin_day(self) -> None:
        """There was a night before each day but the first."""
        if self._has_begun:
            self._observer.sleep()
        self._has_begun = True

    def ask(self, skill: str, now_ms: int) -> Item | None:
        """The item nearest to even chances."""
        at = self._observer.logit(skill) * 1_000
        ease = self._world.items_milli
        items = [item for item in self._course.items_of(skill) if item.id not in self._last]
        return min(items, key=lambda item: (abs(at + ease[item.id]), item.id), default=None)

    def take(self, item: Item, *, right: bool, now_ms: int) -> None:
        """Her answer to it."""
        self._observer.see(item, right=right)
        self._last = (*self._last, item.id)[-_NEVER_AGAIN:]

    def is_got(self, skill: str) -> bool:
        """Whether the posterior says so."""
        return self._observer.mastered(skill) >= self._sure

    def is_circling(self, skill: str) -> bool:
        """It has no such flag."""
        return False


def _summed(grid: Grid) -> Grid:
    """Over as many neighbours as there are offsets, down the first axis."""
    summed = np.cumsum(np.pad(grid, ((1, 0), (0, 0))), axis=0)
    found: Grid = summed[len(_OFFSET) :] - summed[: -len(_OFFSET)]
    return found
