"""Two worlds of invented learners whose mastery is known: minds that answer, learn and forget.

Pure; chance is an argument, and all is in whole thousandths and millionths, so that a seed gives
the same learners on every machine. Does not know what serves the items (trial.py) nor how keys are
pressed (learner.py). sigma is the logistic function; "the reference item" is one of difficulty 2,
as hard as the author of the course says.

The growth world: how well one does rises a little with each try, whatever the item, so that no
tutor gains by easy or by hard ones (Cen, Koedinger and Junker 2006, "Learning factors analysis").
For learner s, skill k, item i with the author's logit b_i:

    P(right) = sigma(a_s + d_sk + g_sk + m_k + b_i + n_i)
    g_sk    <- min(6, g_sk + r_s)                                       at each try
    g_sk    <- .99 g_sk                                                 each night

a_s ~ N(0, 1) ability, d_sk uniform in -1.5 … 1.5 her own offset, r_s uniform in .08 … .28; m_k ~
N(-.4, .3) how easy the skill is, n_i ~ N(0, .4) by how much the author misjudged the item.
Mastery: P(right) >= .80 on the reference item with n_i = 0; Bloom (1968, "Learning for mastery")
asks for 80 to 90 in a hundred.

The two-state world (Corbett and Anderson 1995, "Knowledge tracing"; here with prerequisites): a
skill is known or not.

    P(known at first) = sigma(a_s - .5) where all that it requires is known, else 0
    P(right) = 1 - slip_i where known, else guess_i
    t_s = sigma(a_s / 2 - 1.8)
    P(learns at a try) = t_s where all that it requires is known, else t_s / 4
    P(forgets in a night) = .01

guess_i = .30, .20, .12 and slip_i = .04, .08, .15 for difficulties 1, 2, 3, each times a factor of
the item's own, uniform in .7 … 1.3. Mastery: it is known.

The constants were set by what five right in a row does in these worlds: about as many attempts, and
about as many left at mastery, as in the study that the design of the rule rests on.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import SkillKey
from darasa.learning.mastery.logistic import sigma_micro

MASTERED_MICRO: Final = 800_000
"""From which chance on the reference item a skill counts as mastered in the growth world."""

_MICRO: Final = 1_000_000
_GROWN_MAX_MILLI: Final = 6_000
_KEPT_PERMILLE: Final = 990
_FORGET_MICRO: Final = 10_000
_GUESS_MICRO: Final = {1: 300_000, 2: 200_000, 3: 120_000}
_SLIP_MICRO: Final = {1: 40_000, 2: 80_000, 3: 150_000}
_FACTOR_PERMILLE: Final = (700, 1_300)
_REFERENCE: Final = 2


class Mind(Protocol):
    """One learner of a world."""

    @property
    def ability_milli(self) -> int:
        """By how much she is quicker at everything than the mean, in thousandths of logits."""

    def answer(self, item: Item) -> bool:
        """Try an item, and learn from it: whether it was right."""

    def sleep(self) -> None:
        """A night."""

    def masters(self, skill: str) -> bool:
        """The truth that no model sees."""

    def reference_micro(self, skill: str) -> int:
        """Her chance on the reference item of a skill, as a post-test would ask it."""


class World(Protocol):
    """A world over one course: it makes minds."""

    def mind(self, seed: str) -> Mind:
        """A learner; the same seed, the same one."""


def normal_milli(rng: random.Random) -> int:
    """N(0, 1) in thousandths, by sums alone: the same on every machine."""
    return sum(rng.randrange(1_001) for _ in range(12)) - 6_000


class Growth:
    """What one learner has of the growth world's a, d, g and r, for any keys of skills."""

    def __init__(
        self,
        rng: random.Random,
        *,
        ability_milli: int,
        offset_milli: int,
        grown: Mapping[SkillKey, int] | None = None,
    ) -> None:
        self.ability_milli = ability_milli
        self._rng = rng
        self._offset_milli = offset_milli
        self._offsets: dict[SkillKey, int] = {}
        self._grown: dict[SkillKey, int] = dict(grown or {})

    def chance_micro(self, skill: SkillKey, ease_milli: int) -> int:
        """P(right) where item, skill and help together make it so much easier."""
        offset = self._offsets.get(skill)
        if offset is None:
            most = self._offset_milli
            offset = self._offsets[skill] = self._rng.randrange(2 * most + 1) - most
        logit = self.ability_milli + offset + self._grown.get(skill, 0) + ease_milli
        return sigma_micro(logit * 1_000)

    def learn(self, skill: SkillKey, gain_milli: int) -> None:
        """One try that taught so much."""
        self._grown[skill] = min(_GROWN_MAX_MILLI, self._grown.get(skill, 0) + gain_milli)

    def sleep(self) -> None:
        """A night takes a little of all that has grown."""
        for skill, grown in self._grown.items():
            self._grown[skill] = grown * _KEPT_PERMILLE // 1_000


class GrowthWorld:
    """The growth world over a course."""

    def __init__(self, course: Pack, *, seed: str) -> None:
        rng = random.Random(f"growth {seed}")  # noqa: S311 - invented, to be had again
        self._pack_id = course.id
        self._skills = {name: normal_milli(rng) * 3 // 10 - 400 for name in course.skills}
        self._items = {
            name: difficulty_milli(item) + normal_milli(rng) * 4 // 10 + self._mean(item.skills)
            for name, item in course.items.items()
        }

    @property
    def skills_milli(self) -> Mapping[str, int]:
        """How easy each skill is, m_k, in thousandths of logits."""
        return self._skills

    @property
    def items_milli(self) -> Mapping[str, int]:
        """How easy each item is with its skill: m_k + b_i + n_i."""
        return self._items

    def mind(self, seed: str) -> "GrowthMind":
        """A learner."""
        return GrowthMind(self._pack_id, self._skills, self._items, seed)

    def _mean(self, skills: Sequence[str]) -> int:
        return sum(self._skills[name] for name in skills) // len(skills)


class GrowthMind:
    """One learner of the growth world. An item of several skills is one of its first."""

    def __init__(
        self, pack_id: str, skills: Mapping[str, int], items: Mapping[str, int], seed: str
    ) -> None:
        self._rng = rng = random.Random(seed)  # noqa: S311 - invented, to be had again
        self._pack_id, self._skills, self._items = pack_id, skills, items
        self.ability_milli = normal_milli(rng)
        self._learns_milli = 80 + rng.randrange(201)
        self._growth = Growth(rng, ability_milli=self.ability_milli, offset_milli=1_500)

    def answer(self, item: Item) -> bool:
        """By the equations above."""
        skill = (self._pack_id, item.skills[0])
        chance = self._growth.chance_micro(skill, self._items[item.id])
        self._growth.learn(skill, self._learns_milli)
        return self._rng.randrange(_MICRO) < chance

    def sleep(self) -> None:
        """A night."""
        self._growth.sleep()

    def masters(self, skill: str) -> bool:
        """Four in five of the reference items."""
        return self.reference_micro(skill) >= MASTERED_MICRO

    def reference_micro(self, skill: str) -> int:
        """Her chance on the reference item."""
        return self._growth.chance_micro((self._pack_id, skill), self._skills[skill])


class TwoStateWorld:
    """The two-state world over a course."""

    def __init__(self, course: Pack, *, seed: str) -> None:
        rng = random.Random(f"two states {seed}")  # noqa: S311 - invented, to be had again
        self._requires = {skill.id: skill.requires for skill in course.skills.values()}
        low, high = _FACTOR_PERMILLE
        self._items = {}
        for name, item in course.items.items():
            guess = _GUESS_MICRO[item.difficulty] * rng.randint(low, high) // 1_000
            slip = _SLIP_MICRO[item.difficulty] * rng.randint(low, high) // 1_000
            self._items[name] = (guess, _MICRO - slip)

    def mind(self, seed: str) -> "TwoStateMind":
        """A learner."""
        return TwoStateMind(self._requires, self._items, seed)


class TwoStateMind:
    """One learner of the two-state world."""

    def __init__(
        self,
        requires: Mapping[str, Sequence[str]],
        items: Mapping[str, tuple[int, int]],
        seed: str,
    ) -> None:
        self._rng = rng = random.Random(seed)  # noqa: S311 - invented, to be had again
        self._requires, self._items = requires, items
        self.ability_milli = normal_milli(rng)
        self._learns_micro = sigma_micro(self.ability_milli * 500 - 1_800_000)
        at_first = sigma_micro(self.ability_milli * 1_000 - 500_000)
        self._known: set[str] = set()
        for skill in requires:  # in the course's order, in which what is required comes first
            if self._is_open(skill) and self._happens(at_first):
                self._known.add(skill)

    def answer(self, item: Item) -> bool:
        """By the equations above: the answer first, then what is learnt from it."""
        skill = item.skills[0]
        guess, knows = self._items[item.id]
        right = self._happens(knows if skill in self._known else guess)
        if skill not in self._known:
            chance = self._learns_micro if self._is_open(skill) else self._learns_micro // 4
            if self._happens(chance):
                self._known.add(skill)
        return right

    def sleep(self) -> None:
        """A night."""
        self._known -= {skill for skill in sorted(self._known) if self._happens(_FORGET_MICRO)}

    def masters(self, skill: str) -> bool:
        """It is known."""
        return skill in self._known

    def reference_micro(self, skill: str) -> int:
        """Her chance on the reference item."""
        if skill in self._known:
            return _MICRO - _SLIP_MICRO[_REFERENCE]
        return _GUESS_MICRO[_REFERENCE]

    def _is_open(self, skill: str) -> bool:
        return all(need in self._known for need in self._requires[skill])

    def _happens(self, chance_micro: int) -> bool:
        return self._rng.randrange(_MICRO) < chance_micro
