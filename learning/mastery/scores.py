"""How good predictions are: AUC, RMSE, log-loss, calibration. Pure; needs no numpy.

Predictions are whole numbers in units of 1e-6, so two arrays of counts hold any number of rows: 16
MB, whether there are a hundred or a hundred million.
"""

import math
from array import array
from dataclasses import dataclass
from typing import Final

MICRO: Final = 1_000_000
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions between two tenths: how many, their mean, and the share that was right."""

    rows: int
    predicted: float
    right: float


class Scores:
    """Collects (prediction, what happened)."""

    def __init__(self) -> None:
        self._wrong = array("q", bytes(8 * (MICRO + 1)))
        self._right = array("q", bytes(8 * (MICRO + 1)))
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
        for wrong, right in zip(self._wrong, self._right, strict=True):
            if right:
                twice += right * (2 * below + wrong)
            below += wrong
        rights = self.rows - below
        return twice / (2 * rights * below) if rights and below else None

    def rmse(self) -> float | None:
        """Root of the mean squared error."""
        total = sum(count * (p / MICRO - happened) ** 2 for p, count, happened in self._each())
        return math.sqrt(total / self.rows) if self.rows else None

    def log_loss(self) -> float | None:
        """Mean of -ln P(what happened)."""
        total = sum(
            -count * math.log((p if happened else MICRO - p) / MICRO)
            for p, count, happened in self._each()
        )
        return total / self.rows if self.rows else None

    def bins(self) -> list[Bin]:
        """Ten bins of equal width; empty ones are left out."""
        rows, rights, sums = [0] * BINS, [0] * BINS, [0] * BINS
        for p, count, happened in self._each():
            at = min(p * BINS // MICRO, BINS - 1)
            rows[at] += count
            rights[at] += count * happened
            sums[at] += count * p
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

    def _each(self) -> list[tuple[int, int, int]]:
        """(prediction, how many, 1 for right)."""
        found = [(p, count, 0) for p, count in enumerate(self._wrong) if count]
        found += [(p, count, 1) for p, count in enumerate(self._right) if count]
        return found
