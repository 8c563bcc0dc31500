"""Best-LR: Gervet, Koedinger, Schneider and Mitchell (2020), "When is deep learning the best
approach to knowledge tracing?", Journal of Educational Data Mining 12(3), 31-54.

    logit p = w0 + delta_i + sum_k (beta_k + gamma_k phi(c_k) + rho_k phi(f_k))
                 + tau_c phi(c) + tau_f phi(f),        phi(x) = ln(1 + x)

c and f count the learner's right and wrong answers so far: all, and on skill k. The weights are
fitted, there are none to ship. Values of the parameters: an item has (delta,), a skill (beta,
gamma, rho); one that was not fitted has 0 and the weights named `gamma` and `rho`. Units of 1e-6.
"""

from typing import Final, Self

from msgspec import Struct, field

from darasa.learning.evidence import Evidence, SkillKey
from darasa.learning.mastery.base import MICRO, ItemRef, Part
from darasa.learning.mastery.integer_log import COUNT_MAX, LN_1P
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.sync.codec import convert, pack_struct, unpack_kept

NAME: Final = "best-lr"
WEIGHTS: Final = ("intercept", "tau_c", "tau_f", "gamma", "rho")


class Counts(Struct):
    """Right and wrong answers, all and by skill; none above COUNT_MAX."""

    right: int = 0
    wrong: int = 0
    skills: dict[SkillKey, tuple[int, int]] = field(default_factory=dict)

    def copy(self) -> Self:
        """An equal state of its own."""
        return type(self)(self.right, self.wrong, dict(self.skills))

    def to_bytes(self) -> bytes:
        """Canonical: right, wrong, rows of [pack, skill, right, wrong] by name."""
        rows = tuple((*key, *counts) for key, counts in sorted(self.skills.items()))
        return pack_struct((self.right, self.wrong, rows))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises CodecError or ValueError (msgspec.ValidationError) on bytes of another shape."""
        right, wrong, rows = convert(
            unpack_kept(raw), tuple[int, int, tuple[tuple[str, str, int, int], ...]]
        )
        return cls(right, wrong, {(pack_id, name): (r, w) for pack_id, name, r, w in rows})


class BestLr:
    """The model. Raises ParametersError for another model's parameters."""

    def __init__(self, parameters: Parameters) -> None:
        if parameters.model != NAME or parameters.weights.keys() != set(WEIGHTS):
            raise ParametersError("these are not parameters of best-lr")
        self.parameters = parameters
        self.name = NAME
        self.version = parameters.version
        self._intercept, self._right, self._wrong, gamma, rho = (
            parameters.weights[name] for name in WEIGHTS
        )
        self._unknown = (0, gamma, rho)
        self._skills = parameters.values_of_skills(3)
        self._items = parameters.values_of_items(1)

    def start(self) -> Counts:
        """No answers."""
        return Counts()

    def predict(self, state: Counts, item: ItemRef) -> int:
        """sigma(logit), in units of 1e-6."""
        return sigma_micro(sum(amount for _, amount, _ in self._parts(state, item)))

    def update(self, state: Counts, evidence: Evidence) -> None:
        """Take one answer."""
        if not evidence.weight:
            return
        right = evidence.right_alone
        state.right = min(state.right + right, COUNT_MAX)
        state.wrong = min(state.wrong + (not right), COUNT_MAX)
        for key in evidence.skills:
            c, f = state.skills.get(key, (0, 0))
            state.skills[key] = (min(c + right, COUNT_MAX), min(f + (not right), COUNT_MAX))

    def explain(self, state: Counts, item: ItemRef) -> tuple[Part, ...]:
        """Item, learner, and each skill: the logit exactly."""
        return tuple(Part(name, amount, skill) for name, amount, skill in self._parts(state, item))

    def _parts(self, state: Counts, item: ItemRef) -> list[tuple[str, int, SkillKey | None]]:
        known = self._items.get(item.item) if item.item is not None else None
        overall = self._right * LN_1P[state.right] + self._wrong * LN_1P[state.wrong]
        parts: list[tuple[str, int, SkillKey | None]] = [
            ("how hard the item is", self._intercept + (0 if known is None else known[0]), None),
            ("all answers so far", overall // MICRO, None),
        ]
        for key in item.skills:
            beta, gamma, rho = self._skills.get(key, self._unknown)
            c, f = state.skills.get(key, (0, 0))
            amount = beta + (gamma * LN_1P[c] + rho * LN_1P[f]) // MICRO
            parts.append(("this skill", amount, key))
        return parts
