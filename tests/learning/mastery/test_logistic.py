from decimal import Decimal, getcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.mastery.logistic import sigma_micro

LOGITS = st.integers(-20_000_000, 20_000_000)


def exact_micro(logit_micro: int) -> Decimal:
    getcontext().prec = 40
    x = Decimal(logit_micro) / 1_000_000
    return 1_000_000 / (1 + (-x).exp())


@given(LOGITS)
def test_probability_is_strictly_between_nought_and_one(logit: int) -> None:
    assert 0 < sigma_micro(logit) < 1_000_000


@given(LOGITS)
def test_the_function_is_odd_around_one_half_to_the_last_unit(logit: int) -> None:
    assert sigma_micro(logit) + sigma_micro(-logit) == 1_000_000


@given(LOGITS, LOGITS)
def test_it_never_falls(a: int, b: int) -> None:
    low, high = sorted((a, b))
    assert sigma_micro(low) <= sigma_micro(high)


@given(st.integers(-12_000_000, 12_000_000))
def test_it_is_within_four_millionths_of_the_logistic_function(logit: int) -> None:
    assert abs(sigma_micro(logit) - exact_micro(logit)) <= 4


@pytest.mark.parametrize(
    ("logit", "p"),
    [(0, 500_000), (1_000_000, 731_059), (-1_000_000, 268_941), (12_000_000, 999_994)],
)
def test_known_values_are_the_same_on_every_machine(logit: int, p: int) -> None:
    assert sigma_micro(logit) == p
