from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.errors import ExpressionError
from darasa.content_packs.expression import VALUE_MAX, condition, formula, names_in


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("n*k", 12),
        ("n+k-1", 6),
        ("(n + k) * 2", 14),
        ("n/k", Fraction(3, 4)),
        ("k/2", 2),
        ("7//n", 2),
        ("7%n", 1),
        ("n**2", 9),
        ("-n", -3),
        ("abs(-n)", 3),
        ("gcd(12, 18)", 6),
        ("lcm(4, 6)", 12),
        ("max(n, k)", 4),
        ("min(n, k, 1)", 1),
    ],
)
def test_formulas_are_exact(source: str, value: int) -> None:
    result = formula(source)({"n": 3, "k": 4})
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os')",
        "n.real",
        "[1][0]",
        "lambda: 1",
        "1 if n else 2",
        "n and k",
        "0x10.5",
        "1e9",
        "2n",
        "n(2)",
        "abs",
        "abs(1, 2)",
        "max()",
        "print(1)",
        "n @ k",
        "n := 2",
        "",
        "(" * 150,
        "1" * 300,
        "9**9**9",
        "n\n+1",
        "True",
        "max(n, *k)",
        "n < k",
    ],
)
def test_what_is_no_formula_is_refused_in_words(source: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        formula(source)({"n": 3, "k": 4})
    assert caught.value.what.endswith(".")


@pytest.mark.parametrize("source", ["n/(k-4)", "n%(k-4)", "n//(k-4)"])
def test_division_by_zero_is_an_error_of_the_formula(source: str) -> None:
    with pytest.raises(ExpressionError, match="divides by zero"):
        formula(source)({"n": 3, "k": 4})


@pytest.mark.parametrize("source", ["10**13", "n**40**2", "1000000*1000000*10", "1/10**12/10"])
def test_numbers_stay_within_bounds(source: str) -> None:
    with pytest.raises(ExpressionError):
        formula(source)({"n": 3})


@given(st.text(max_size=60))
def test_no_text_raises_anything_but_expression_error(source: str) -> None:
    try:
        value = formula(source)({"n": 3, "k": 4})
    except ExpressionError:
        return
    assert abs(value) <= VALUE_MAX


@given(st.text("nk0123456789+-*/%() ", max_size=40))
def test_no_arithmetic_raises_anything_but_expression_error(source: str) -> None:
    try:
        formula(source)({"n": 3, "k": 4})
    except ExpressionError:
        return


def test_conditions_compare_and_names_are_known() -> None:
    assert condition("gcd(n, d) == 1")({"n": 3, "d": 4})
    assert not condition("1 < n < d <= 3")({"n": 2, "d": 4})
    assert names_in("gcd(n, d) + n") == {"n", "d"}
    with pytest.raises(ExpressionError, match="not a comparison"):
        condition("n + 1")
