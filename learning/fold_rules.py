"""By which model, with which parameters, a learner's events are folded.

Owns: the rules as one value, and their name. Pure. One learner's fold goes by one set of rules from
her first event to her last; another version is another fold. Does not know who chooses them
(fits/).
"""

from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from darasa.learning.evidence import Evidence
from darasa.learning.mastery.base import ItemRef, Part
from darasa.learning.mastery.parameters import Mode, Parameters
from darasa.learning.mastery.rlf import Rlf
from darasa.learning.mastery.rlf_state import RlfState
from darasa.learning.mastery.shipped import WARM


class FoldModel(Protocol):
    """What the fold asks of its model (rlf.py)."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def parameters(self) -> Parameters:
        """The record that it was made from."""
        ...

    def predict(self, state: RlfState, item: ItemRef) -> int:
        """Probability of a right answer alone, in units of 1e-6."""
        ...

    def update(self, state: RlfState, evidence: Evidence) -> None:
        """Take one answer into the state."""
        ...

    def settled(self, state: RlfState) -> RlfState:
        """The state without the form of the day, to read."""
        ...

    def explain(self, state: RlfState, item: ItemRef) -> tuple[Part, ...]:
        """The logit as a sum of named parts."""
        ...


@dataclass(frozen=True, slots=True)
class FoldRules:
    """A model that folds, and its name: equal names, equal rules.

    `mode` says how much its parameters know; the weights are fitted only where it is "refit".
    """

    name: str
    mode: Mode
    version: int
    model: FoldModel = field(compare=False, repr=False)

    @property
    def are_refitted(self) -> bool:
        """Whether its weights are fitted to answers, and not those that ship."""
        return self.mode == "refit"

    @classmethod
    def of(cls, parameters: Parameters, *, fit_id: bytes = b"") -> Self:
        """Those of parameters; of a fit, under its id. Raises ParametersError for other models."""
        of_fit = f"fit-{parameters.version}-{fit_id.hex()}"
        of_program = f"{parameters.name}-{parameters.version}"
        return cls(
            f"{parameters.model}-{of_fit if fit_id else of_program}",
            parameters.mode,
            parameters.version,
            Rlf(parameters),
        )


SHIPPED_RULES: Final = FoldRules.of(WARM)
"""With the difficulties that packs give, which come with each attempt."""
