"""What a learner tried, item by item: the values that the statistics of items are made from.

Owns: what one more answer adds. Pure. Where they are kept is in tried_rows.py.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from darasa.learning.evidence import Outcome, Why, outcome_of, why_of
from darasa.learning.kinds import Attempt

TENTHS_MAX: Final = 36_000
"""An hour on one item is a lunch break."""

VERSION_KEPT: Final = 2

_COUNTED: Final = frozenset((Why.COUNTS, Why.WITH_HELP))


class Wrong(Struct, frozen=True, array_like=True):
    """A wrong answer, as much of it as shows it again: drawn values, choices or text.

    `version` is the beginning of the item's, enough to know another one by.
    """

    version: bytes
    values: tuple[int, ...]
    picked: tuple[int, ...]
    typed: str


class Tried(Struct, frozen=True, array_like=True):
    """One learner, one item. `first` is the outcome of the first try that counted, None for none.

    `chances` are first tries whatever they weigh, `counted` those that do; `tenths` how long the
    first that counted took, in tenths of a second.
    """

    pack: str
    item: str
    skills: tuple[str, ...]
    difficulty_milli: int
    nth: int
    chances: int = 0
    counted: int = 0
    alone: int = 0
    with_help: int = 0
    first: int | None = None
    tenths: int = 0
    wrong: Wrong | None = None

    def after(self, attempt: Attempt) -> "Tried":
        """With one more first try. The same instance again is none."""
        if self.chances and attempt.nth == self.nth:
            return self
        outcome = outcome_of(attempt)
        counts = why_of(attempt) in _COUNTED
        is_first = counts and self.first is None
        return replace(
            self,
            nth=attempt.nth,
            chances=self.chances + 1,
            counted=self.counted + int(counts),
            alone=self.alone + int(counts and outcome is Outcome.RIGHT),
            with_help=self.with_help + int(counts and outcome is Outcome.WITH_HELP),
            first=int(outcome) if is_first else self.first,
            tenths=min(attempt.response_ms // 100, TENTHS_MAX) if is_first else self.tenths,
            wrong=_wrong(attempt) if counts and not attempt.right else self.wrong,
        )


class TriedRow(NamedTuple):
    """Everything one learner tried, by pack and item."""

    learner_id: bytes
    items: Sequence[Tried]


def _wrong(attempt: Attempt) -> Wrong:
    return Wrong(attempt.item_version[:VERSION_KEPT], attempt.values, attempt.picked, attempt.typed)
