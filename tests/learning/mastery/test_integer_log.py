from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.mastery.integer_log import COUNT_MAX, HALVINGS, LN_1P, halved, ln_micro
from darasa.learning.mastery.logistic import logit_micro, sigma_micro


def test_logarithms_of_counts_are_right_to_the_last_unit() -> None:
    assert len(LN_1P) == COUNT_MAX + 1
    for n, value in enumerate(LN_1P):
        assert abs(value - math.log1p(n) * 1e6) <= 0.51


@given(st.integers(1, 1 << 60))
def test_a_logarithm_is_never_too_large_and_little_too_small(x: int) -> None:
    missing = math.log(x) * 1e6 - ln_micro(x)
    assert -60 <= missing <= 1e6 / 2_048 + 60


@given(st.integers(1, 1 << 50), st.integers(0, 1 << 20))
def test_a_logarithm_never_falls(x: int, more: int) -> None:
    assert ln_micro(x + more) >= ln_micro(x)


@given(st.integers(0, 10**10), st.integers(-10, 40 * HALVINGS))
def test_a_half_life_halves(value: int, steps: int) -> None:
    assert halved(0, value, steps) == halved(value, 0, steps)[::-1]
    exact = value * 0.5 ** (max(0, steps) / HALVINGS)
    assert exact * (1 - 2e-6) - 2 <= halved(value, 0, steps)[0] <= exact * (1 + 2e-6)


def test_a_very_long_time_leaves_nothing() -> None:
    assert halved(10**12, 10**12 + 1, 10**9) == (0, 0)


@given(st.integers(7, 999_993))
def test_a_logit_gives_its_probability_back(p_micro: int) -> None:
    assert sigma_micro(logit_micro(p_micro)) == p_micro
