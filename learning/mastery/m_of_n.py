"""Kolibri's m of n, as a prediction: how many of the last five answers on the skill were right.

Learning Equality, Kolibri: an exercise is mastered at m right of the last n, by default 5 of 5
(`MasteryModel`, m_of_n). It says no probability; here each pair of (right, answers) among the last
five has the share of right answers that followed it, from the parameters ("calibrated"). As it
ships: (right + 1) / (answers + 2), Laplace's rule of succession.
"""

from typing import Final, Self

from msgspec import Struct, field

from darasa.learning.evidence import Evidence, SkillKey
from darasa.learning.mastery.base import ItemRef, Part
from darasa.learning.mastery.logistic import logit_micro, sigma_micro
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.learning.mastery.skill_chances import mean_chance, parts_of
from darasa.sync.codec import convert, pack_struct, unpack_kept

NAME: Final = "m-of-n"
LAST: Final = 5
PAIRS: Final = tuple((right, of) for of in range(LAST + 1) for right in range(of + 1))

SHIPPED: Final = Parameters(
    model=NAME,
    name="shipped",
    mode="cold",
    weights={
        f"{right}/{of}": logit_micro(1_000_000 * (right + 1) // (of + 2)) for right, of in PAIRS
    },
    source="the rule of succession",
)


class LastFive(Struct):
    """The last five answers by skill, oldest first."""

    skills: dict[SkillKey, tuple[bool, ...]] = field(default_factory=dict)

    def copy(self) -> Self:
        """An equal state of its own."""
        return type(self)(dict(self.skills))

    def to_bytes(self) -> bytes:
        """Canonical: rows of [pack, skill, answers] by name."""
        return pack_struct(tuple((*key, last) for key, last in sorted(self.skills.items())))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Raises CodecError or ValueError (msgspec.ValidationError) on bytes of another shape."""
        rows = convert(unpack_kept(raw), tuple[tuple[str, str, tuple[bool, ...]], ...])
        return cls({(pack_id, skill): last for pack_id, skill, last in rows})


class MOfN:
    """The model. Raises ParametersError for another model's parameters."""

    def __init__(self, parameters: Parameters = SHIPPED) -> None:
        names = {f"{right}/{of}": (right, of) for right, of in PAIRS}
        if parameters.model != NAME or parameters.weights.keys() != names.keys():
            raise ParametersError("these are not parameters of m-of-n")
        self.parameters = parameters
        self.name = NAME
        self.version = parameters.version
        self._chances = {names[name]: sigma_micro(x) for name, x in parameters.weights.items()}

    def start(self) -> LastFive:
        """No answers."""
        return LastFive()

    def predict(self, state: LastFive, item: ItemRef) -> int:
        """The share that was right after as many, in units of 1e-6."""
        return mean_chance(self._of_skills(state, item), self._chances[0, 0])

    def update(self, state: LastFive, evidence: Evidence) -> None:
        """Take one answer."""
        if evidence.weight:
            for key in evidence.skills:
                last = (*state.skills.get(key, ()), evidence.right_alone)
                state.skills[key] = last[-LAST:]

    def explain(self, state: LastFive, item: ItemRef) -> tuple[Part, ...]:
        """Where everybody begins, and what each skill's last answers add."""
        return parts_of(item.skills, self._of_skills(state, item), self._chances[0, 0])

    def _of_skills(self, state: LastFive, item: ItemRef) -> list[int]:
        last = [state.skills.get(key, ()) for key in item.skills]
        return [self._chances[sum(each), len(each)] for each in last]
