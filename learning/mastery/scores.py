"""How good predictions are: AUC, RMSE, log-loss, calibration. Pure; needs no numpy.

Predictions are whole numbers in units of 1e-6, so two arrays of counts hold any number of rows: 16
MB, whether there are a hundred or a hundred million.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

MICRO: Final = 1_000_000
BINS: Final = 10
_STRETCH: Final = 500
_WIDTH: Final = 8
_NOTHING: Final = bytes(_STRETCH * _WIDTH)
_SAME: Final = 0.001  # of log-loss: less is chance


class Verdict(Enum):
    """One set of predictions beside another of the same answers, by log-loss."""

    WORSE = auto()
    SAME = auto()
    BETTER = auto()


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions between two tenths: how many, their mean, and the share that was right."""

    rows: int
    predicted: float
    right: float


class Scores:
    """Collects (prediction, what happened)."""

    def __init__(self) -> None:
        self._wrong = array("q", bytes(_WIDTH * MICRO))
        self._right = array("q", bytes(_WIDTH * MICRO))
        self.rows = 0

    def add(self, p_micro: int, *, right: bool) -> None:
        """One prediction, strictly between 0 and 1, and whether the answer was right."""
        (self._right if right else self._wrong)[p_micro] += 1
        self.rows += 1

    def auc(self) -> float | None:
        """The chance that a right answer was given more than a wrong one; ties count half.

        None unless there are both. Exact (Mann and Whitney 1947).
        """
        twice = below = 0
        for _, wrong, right in self._each():
            twice += right * (2 * below + wrong)
            below += wrong
        rights = self.rows - below
        return twice / (2 * rights * below) if rights and below else None

    def rmse(self) -> float | None:
        """Root of the mean squared error."""
        total = sum(
            wrong * (p / MICRO) ** 2 + right * (1 - p / MICRO) ** 2
            for p, wrong, right in self._each()
        )
        return math.sqrt(total / self.rows) if self.rows else None

    def log_loss(self) -> float | None:
        """Mean of -ln P(what happened)."""
        total = sum(
            wrong * math.log1p(-p / MICRO) + right * math.log(p / MICRO)
            for p, wrong, right in self._each()
        )
        return -total / self.rows if self.rows else None

    def bins(self) -> list[Bin]:
        """Ten bins of equal width; empty ones are left out."""
        rows, rights, sums = [0] * BINS, [0] * BINS, [0] * BINS
        for p, wrong, right in self._each():
            at = min(p * BINS // MICRO, BINS - 1)
            rows[at] += wrong + right
            rights[at] += right
            sums[at] += (wrong + right) * p
        return [
            Bin(rows[at], sums[at] / rows[at] / MICRO, rights[at] / rows[at])
            for at in range(BINS)
            if rows[at]
        ]

    def calibration_error(self) -> float | None:
        """Mean of |predicted - right| of each row's bin (Naeini, Cooper and Hauskrecht 2015)."""
        if not self.rows:
            return None
        total = sum(each.rows * abs(each.predicted - each.right) for each in self.bins())
        return total / self.rows

    def _each(self) -> Iterator[tuple[int, int, int]]:
        """(prediction, how many wrong, how many right), by prediction; empty stretches skipped."""
        wrongs, rights = memoryview(self._wrong).cast("B"), memoryview(self._right).cast("B")
        for start in range(0, MICRO, _STRETCH):
            here = slice(start * _WIDTH, (start + _STRETCH) * _WIDTH)
            if wrongs[here].tobytes() == rights[here].tobytes() == _NOTHING:
                continue
            for p in range(start, start + _STRETCH):
                if self._wrong[p] or self._right[p]:
                    yield p, self._wrong[p], self._right[p]


def verdict(now: Scores, before: Scores) -> Verdict | None:
    """How `now` compares with `before`; None when one of them has no rows."""
    ours, theirs = now.log_loss(), before.log_loss()
    if ours is None or theirs is None:
        return None
    if abs(theirs - ours) <= _SAME:
        return Verdict.SAME
    return Verdict.BETTER if ours < theirs else Verdict.WORSE
