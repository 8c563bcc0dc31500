"""BKT with fixed parameters: Corbett and Anderson (1995), "Knowledge tracing: modeling the
acquisition of procedural knowledge", User Modeling and User-Adapted Interaction 4, 253-278.

With their letters, for each skill:

    P(correct) = P(L)(1 - P(S)) + (1 - P(L)) P(G)
    P(L | right)   = P(L)(1 - P(S)) / P(correct)
    P(L | not yet) = P(L) P(S) / (1 - P(correct))
    P(L)  <- P(L | answer) + (1 - P(L | answer)) P(T)

P(L0), P(T), P(S) and P(G) are .1, those that OATutor gives every skill (Pardos, Tang,
Anastasopoulos et al. 2023, "OATutor: an open-source adaptive tutoring system"). An item with
several skills has the mean of their chances, and each of them takes the answer as if it were alone.
Units of 1e-9, so that P(L) near one does not stand still.
"""

from typing import Final, Self

from msgspec import Struct, field

from darasa.learning.evidence import Evidence, SkillKey
from darasa.learning.mastery.base import ItemRef, Part
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.learning.mastery.skill_chances import mean_chance, parts_of
from darasa.sync.codec import convert, pack_struct, unpack_kept

NAME: Final = "bkt"
_NANO: Final = 1_000_000_000

OATUTOR: Final = Parameters(
    model=NAME,
    name="oatutor",
    mode="cold",
    weights={"L0": 100_000, "T": 100_000, "S": 100_000, "G": 100_000},
    source="the values that OATutor gives every skill",
)


class Known(Struct):
    """P(L) by skill in units of 1e-9; a skill that is not here has P(L0)."""

    skills: dict[SkillKey, int] = field(default_factory=dict)

    def copy(self) -> Self:
        """An equal state of its own."""
        return type(self)(dict(self.skills))

    def to_bytes(self) -> bytes:
        """Canonical: rows of [pack, skill, P(L)] by name."""
        return pack_struct(tuple((*key, p) for key, p in sorted(self.skills.items())))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises CodecError or ValueError (msgspec.ValidationError) on bytes of another shape."""
        rows = convert(unpack_kept(raw), tuple[tuple[str, str, int], ...])
        return cls({(pack_id, skill): p for pack_id, skill, p in rows})


class Bkt:
    """The model. Raises ParametersError for another model's parameters, or ones that are no
    chances.
    """

    def __init__(self, parameters: Parameters = OATUTOR) -> None:
        if parameters.model != NAME or parameters.weights.keys() != {"L0", "T", "S", "G"}:
            raise ParametersError("these are not parameters of bkt")
        values = [parameters.weights[name] * 1_000 for name in ("L0", "T", "S", "G")]
        if not all(0 < value < _NANO for value in values):
            raise ParametersError("the weights of bkt are chances between 0 and 1")
        self.parameters = parameters
        self.name = NAME
        self.version = parameters.version
        self._first, self._transit, self._slip, self._guess = values

    def start(self) -> Known:
        """P(L0) everywhere."""
        return Known()

    def predict(self, state: Known, item: ItemRef) -> int:
        """The mean of P(correct) over the item's skills, in units of 1e-6."""
        return mean_chance(self._of_skills(state, item), self._correct(self._first) // 1_000)

    def update(self, state: Known, evidence: Evidence) -> None:
        """Take one answer."""
        if not evidence.weight:
            return
        for key in evidence.skills:
            p = state.skills.get(key, self._first)
            correct = self._correct(p)
            if evidence.right_alone:
                p = p * (_NANO - self._slip) // correct
            else:
                p = p * self._slip // (_NANO - correct)
            p += (_NANO - p) * self._transit // _NANO
            state.skills[key] = min(max(p, 1), _NANO - 1)

    def explain(self, state: Known, item: ItemRef) -> tuple[Part, ...]:
        """Where everybody begins, and what is known of each skill since."""
        start = self._correct(self._first) // 1_000
        return parts_of(item.skills, self._of_skills(state, item), start)

    def _correct(self, p: int) -> int:
        return (p * (_NANO - self._slip) + (_NANO - p) * self._guess) // _NANO

    def _of_skills(self, state: Known, item: ItemRef) -> list[int]:
        known = state.skills
        return [self._correct(known.get(key, self._first)) // 1_000 for key in item.skills]
