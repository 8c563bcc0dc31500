"""The interface that every mastery model keeps (mastery.md sections 1 and 2).

A model is a fold over one learner's answers in the order of sync.md section 4, in whole numbers
only, because `exp` and `log` differ in the last bit between C libraries and equal events must give
equal bytes. Probabilities are in units of 1e-6, logits too.

States are changed in place by `update`: who folds owns its state, and makes a `copy` of one that
was handed out.
"""

from typing import Final, Protocol, Self, TypeVar

from msgspec import Struct

from darasa.learning.evidence import Evidence, ItemKey, SkillKey
from darasa.learning.mastery.parameters import Parameters

MICRO: Final = 1_000_000
"""One, in the unit of all probabilities and logits here."""


class ItemRef(Struct, frozen=True):
    """What a model needs to know of an item that is about to be asked.

    `difficulty_milli` is b x 1000 against the reference item of the skill (harder is lower). `item`
    is None for the reference item itself, which nobody has met. `at_ms` is when it is asked, in
    milliseconds since 1970; 0 where there is no clock.
    """

    skills: tuple[SkillKey, ...]
    difficulty_milli: int = 0
    item: ItemKey | None = None
    at_ms: int = 0

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """The item that an answer was given to."""
        return cls(evidence.skills, evidence.difficulty_milli, evidence.item, evidence.happened_ms)


class Part(Struct, frozen=True):
    """One term of a prediction's logit, with a name a teacher understands.

    `skill` names the skill that the term is about, or is None. `amount_micro` of all parts add up
    exactly to the logit of the prediction.
    """

    name: str
    amount_micro: int
    skill: SkillKey | None = None


class State(Protocol):
    """What a model knows of one learner: integers, under the names of skills and items."""

    def copy(self) -> Self:
        """Another state that is equal, and stays as it is when this one is updated."""
        ...

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states, equal bytes."""
        ...

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The inverse of `to_bytes`. Raises CodecError or ValueError on other bytes."""
        ...


S = TypeVar("S", bound=State)


class Model(Protocol[S]):
    """A mastery model."""

    @property
    def name(self) -> str:
        """Its name, in digests and in `mastery_shown`."""
        ...

    @property
    def parameters(self) -> Parameters:
        """The record that it was made from."""
        ...

    @property
    def version(self) -> int:
        """Raised with each change of equations or parameters; a change is a refold."""
        ...

    def start(self) -> S:
        """The state of a learner of whom nothing is known."""
        ...

    def predict(self, state: S, item: ItemRef) -> int:
        """Probability of a right answer alone, in units of 1e-6, strictly between 0 and 1."""
        ...

    def update(self, state: S, evidence: Evidence) -> None:
        """Take one answer into the state. Evidence of weight 0 changes nothing."""
        ...

    def explain(self, state: S, item: ItemRef) -> tuple[Part, ...]:
        """The logit of the prediction as a sum of named parts, exactly."""
        ...
