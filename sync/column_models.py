"""Adaptive tables for the columns of codec 1: how likely each value is, learnt as it is coded.

Owns: a table's shares of 4,096 and when it is made anew (PROTOCOL.md section 5), and how a whole
number is parted into a value of a table and bits. All of it is whole numbers: every machine agrees.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from operator import mul
from typing import Final

TABLE_BITS: Final = 12
_TABLE: Final = 1 << TABLE_BITS

SEEN: Final = 16
"""What one coded value adds to its weight in a table: prior weights are in sixteenths of that."""
_WEIGHTS_MAX: Final = SEEN * 4_096
_FIRST_DUE: Final = 8
_LAST_DUE: Final = 512
SYMBOLS_MAX: Final = 256
_ONES: Final = tuple(bytes((symbol,)) for symbol in range(SYMBOLS_MAX))

DIRECT: Final = 8
_BITS_MAX: Final = 20
ESCAPE: Final = DIRECT + 4 * (_BITS_MAX - 3)
NEGATIVE: Final = ESCAPE + 1
NUMBER_SYMBOLS: Final = NEGATIVE + 1
_ASCII: Final = 128


class Model:
    """How likely each value of a column is, learnt as it is coded; values are 0 … below 256.

    Its table is made anew after 8, 16, 32 … 512 values and then after every 512.
    """

    __slots__ = ("_due", "left", "slots", "spans", "weights")

    def __init__(self, weights: Sequence[int]) -> None:
        """`weights`: how likely each value is at first, 1 or more; `SEEN` is one value seen."""
        assert 0 < len(weights) <= SYMBOLS_MAX
        self.weights = list(weights)
        self._due = self.left = _FIRST_DUE
        self.spans: list[tuple[int, int]] = []
        self.slots = b""
        self._make_table()

    def fresh(self) -> "Model":
        """Another one as this one was made; the table is shared until it is made anew."""
        other = Model.__new__(Model)
        other.weights = self.weights.copy()
        other._due, other.left = self._due, self.left
        other.spans, other.slots = self.spans, self.slots
        return other

    def learn(self) -> None:
        """The table is due to be made anew: coders count each value in `weights` and in `left`."""
        self._due = self.left = min(2 * self._due, _LAST_DUE)
        if sum(self.weights) > _WEIGHTS_MAX:
            self.weights = [(weight + 1) >> 1 for weight in self.weights]
        self._make_table()

    def _make_table(self) -> None:
        """Shares of 4,096: one each, the rest by weight, what is left over to the likeliest."""
        weights = self.weights
        spare, total = _TABLE - len(weights), sum(weights)
        shares = [1 + weight * spare // total for weight in weights]
        shares[weights.index(max(weights))] += _TABLE - sum(shares)
        self.spans = list(zip(accumulate(shares, initial=0), shares, strict=False))
        self.slots = b"".join(map(mul, _ONES, shares))


def even(count: int) -> Model:
    """A column whose `count` values are equally likely at first."""
    return _even(count).fresh()


@cache
def _even(count: int) -> Model:
    return Model((SEEN // 4,) * count)


def number_model(likely: tuple[int, int] | None = None) -> Model:
    """A column of whole numbers for `Coder.number`; `likely`: the range that most of them are in.

    Numbers below 8 have a value each, others four an octave up to 2^20, with the rest in bits.
    """
    weights = [1] * NUMBER_SYMBOLS
    if likely is not None:
        for symbol in range(bucket(likely[0]), bucket(likely[1]) + 1):
            weights[symbol] = SEEN // 4
    return Model(weights)


def text_model(likely: str = "0123456789") -> Model:
    """A column of ASCII characters for `Coder.text`."""
    weights = [1] * _ASCII
    for character in likely:
        weights[ord(character)] = SEEN
    return Model(weights)


def bucket(value: int) -> int:
    """The symbol of a whole number."""
    if value < DIRECT:
        return value if value >= 0 else NEGATIVE
    length = value.bit_length()
    if length > _BITS_MAX:
        return ESCAPE
    return DIRECT + 4 * (length - 4) + ((value >> (length - 3)) & 3)
