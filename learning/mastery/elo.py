"""Elo per skill: Pelanek (2016), "Applications of the Elo rating system in adaptive educational
systems", Computers & Education 98, 169-179.

The paper's equations, with its letters:

    P(correct) = sigma(theta_s - d_i)                    section 2.2, the logistic expected result
    theta_s  <- theta_s + U(n) (correct - P(correct))    section 2.2
    U(n)      = a / (1 + b n), a = 1, b = 0.05           section 2.3, the uncertainty function

with n the number of answers before this one. Here each skill has its own theta and n; difficulty
is not learnt but comes as b_i = -d_i with the attempt or the parameters, so that every node folds
the same value: an item has (b,), a skill (mean b of its items,). An
item with several skills is predicted from the mean of their thetas, and each of them takes the same
error at its own pace. Skills share nothing: answers on one change no other.

All in units of 1e-6: U(n) = 20/(20 + n) exactly, quotients rounded down.
"""

from typing import Final, Self

from msgspec import Struct, field

from darasa.learning.evidence import Evidence, SkillKey
from darasa.learning.mastery.base import MICRO, ItemRef, Part
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.sync.codec import convert, pack_struct, unpack_kept

NAME: Final = "elo"
SHIPPED: Final = Parameters(
    model=NAME, name="shipped", mode="cold", weights={"mu": 0}, source="the paper's a and b"
)
_B_INVERSE: Final = 20  # 1 / b
_THETA_MAX: Final = 6 * MICRO
"""Beyond six logits nothing is learnt about a child, and the way back would be long."""


class Rating(Struct, frozen=True):
    """theta in units of 1e-6 logit, and the number of answers behind it."""

    theta_micro: int = 0
    n: int = 0


_UNKNOWN: Final = Rating()


class EloState(Struct):
    """Ratings by skill; any other has the starting one. Changed by the model alone."""

    ratings: dict[SkillKey, Rating] = field(default_factory=dict)

    def rating(self, skill: SkillKey) -> Rating:
        """The rating of a skill, known or not."""
        return self.ratings.get(skill, _UNKNOWN)

    def copy(self) -> Self:
        """An equal state of its own."""
        return type(self)(dict(self.ratings))

    def to_bytes(self) -> bytes:
        """Canonical: rows of [pack, skill, theta, n] by name."""
        return pack_struct(tuple((*k, r.theta_micro, r.n) for k, r in sorted(self.ratings.items())))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises CodecError or ValueError (msgspec.ValidationError) on bytes of another shape."""
        rows = convert(unpack_kept(raw), tuple[tuple[str, str, int, int], ...])
        return cls({(pack_id, skill): Rating(theta, n) for pack_id, skill, theta, n in rows})


class Elo:
    """The model. Raises ParametersError for another model's parameters."""

    def __init__(self, parameters: Parameters = SHIPPED) -> None:
        if parameters.model != NAME or parameters.weights.keys() != {"mu"}:
            raise ParametersError("these are not parameters of elo")
        self.parameters = parameters
        self.name = NAME
        self.version = parameters.version
        self._mean = parameters.weights["mu"]
        self._skills = parameters.values_of_skills(1)
        self._items = parameters.values_of_items(1)

    def start(self) -> EloState:
        """Nothing known: theta 0, so .50 on an item of reference difficulty."""
        return EloState()

    def predict(self, state: EloState, item: ItemRef) -> int:
        """sigma(mean theta + b), in units of 1e-6."""
        return sigma_micro(self._b(item) + _mean_theta(state, item))

    def update(self, state: EloState, evidence: Evidence) -> None:
        """One step of each of the item's skills towards what happened."""
        if evidence.weight == 0 or not evidence.skills:
            return
        error = (MICRO if evidence.right_alone else 0) - self.predict(state, ItemRef.of(evidence))
        for skill in evidence.skills:
            old = state.rating(skill)
            theta = old.theta_micro + _B_INVERSE * error // (_B_INVERSE + old.n)
            state.ratings[skill] = Rating(max(-_THETA_MAX, min(_THETA_MAX, theta)), old.n + 1)

    def explain(self, state: EloState, item: ItemRef) -> tuple[Part, ...]:
        """How hard the item is, then one part a skill; they add up to the logit exactly."""
        parts: list[Part] = [Part("how hard the item is", self._b(item))]
        total, given = 0, 0
        for skill in item.skills:
            total += state.rating(skill).theta_micro
            share = total // len(item.skills) - given
            given += share
            parts.append(Part("this skill", share, skill))
        return tuple(parts)

    def _b(self, item: ItemRef) -> int:
        """The item's own b, else its skills' mean and what the pack says."""
        known = self._items.get(item.item) if item.item is not None else None
        if known is not None:
            return known[0]
        means = [self._skills.get(key, (self._mean,))[0] for key in item.skills]
        mean = sum(means) // len(means) if means else self._mean
        return mean + item.difficulty_milli * 1_000


def _mean_theta(state: EloState, item: ItemRef) -> int:
    if not item.skills:
        return 0
    return sum(state.rating(skill).theta_micro for skill in item.skills) // len(item.skills)
