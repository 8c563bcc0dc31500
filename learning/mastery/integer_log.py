"""Natural logarithms and half-lives in whole numbers, equal on every machine.

Owns two tables, worked out at import by whole numbers alone (no libm, no floats; about two
milliseconds): ln(n) for n = 1 … 4,096, and 2^(-k/256) for k = 0 … 255.
"""

from math import isqrt
from typing import Final

_ONE: Final = 10**30
_MICRO: Final = 1_000_000
BITS: Final = 12
_PLACES: Final = 1 << BITS

COUNT_MAX: Final = _PLACES - 1
"""Counts above it are taken as it: ten thousand answers are less than a logit more."""

HALVINGS: Final = 256
"""Steps of one half-life."""


def _logs() -> list[int]:
    """ln(n) x 10^30, for n = 0 … 4,096; 0 for 0.

    ln(2) = 2 artanh(1/3); an odd prime p lies between two numbers that are made of smaller ones:
    2 ln(p) = ln(p - 1) + ln(p + 1) + 2 artanh(1/(2p^2 - 1)); others are sums over their factors.
    """
    factors = _factors()
    logs = [0, 0, 2 * _artanh(3)]
    for n in range(3, _PLACES + 1):
        factor = factors[n]
        if factor:
            logs.append(logs[factor] + logs[n // factor])
        else:
            after = logs[2] + logs[(n + 1) // 2]
            logs.append((logs[n - 1] + after + 2 * _artanh(2 * n * n - 1)) // 2)
    return logs


def _factors() -> list[int]:
    """A prime factor of each number, 0 of primes."""
    factors = [0] * (_PLACES + 1)
    for p in range(2, isqrt(_PLACES) + 1):
        if not factors[p]:
            factors[p * p :: p] = [p] * len(factors[p * p :: p])
    return factors


def _artanh(inverse: int) -> int:
    """artanh(1/inverse) x 10^30 by its series."""
    term, total, n, square = _ONE // inverse, 0, 1, inverse * inverse
    while term:
        total += term // n
        term //= square
        n += 2
    return total


def _logs_micro() -> tuple[int, ...]:
    return tuple((log * _MICRO + _ONE // 2) // _ONE for log in _logs())


LN: Final = _logs_micro()
LN_2: Final = LN[2]

LN_1P: Final = LN[1:]
"""ln(1 + n) in units of 1e-6, for counts up to COUNT_MAX."""


def ln_micro(x: int) -> int:
    """ln(x) in units of 1e-6 for a whole x of 1 and more; at most 1/2,048 too small."""
    beyond = x.bit_length() - BITS
    return LN[x >> beyond] + beyond * LN_2 if beyond > 0 else LN[x]


def _halves() -> tuple[int, ...]:
    root = 2 * _ONE
    for _ in range(HALVINGS.bit_length() - 1):
        root = isqrt(root * _ONE)
    values, power = [], _ONE
    for _ in range(HALVINGS):
        values.append((_MICRO * _ONE + power // 2) // power)
        power = power * root // _ONE
    return tuple(values)


_HALF: Final = _halves()


def halved(one: int, other: int, steps: int) -> tuple[int, int]:
    """Both x 2^(-steps/256), rounded down; both themselves for steps of 0 or less."""
    if steps < HALVINGS:
        if steps <= 0:
            return one, other
        factor = _HALF[steps]
        return one * factor // _MICRO, other * factor // _MICRO
    factor, whole = _HALF[steps % HALVINGS], min(steps // HALVINGS, 64)
    return (one * factor // _MICRO) >> whole, (other * factor // _MICRO) >> whole
