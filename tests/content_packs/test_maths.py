import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.maths import MathsError, print_maths
from darasa.content_packs.numerals import read_number


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\frac{1}{2}", "1/2"),
        (r"\frac12", "1/2"),
        (r"3\frac{1}{2}", "3 1/2"),
        (r"-\frac{3}{4}", "-3/4"),
        (r"\frac{-3}{4}", "-3/4"),
        (r"\frac{1}{2} \times 3", "1/2 x 3"),
        (r"3x \times 2", "3x * 2"),
        (r"\frac{1}{2} \div 3", "(1/2) / 3"),
        (r"3 \div \frac{1}{2}", "3 / (1/2)"),
        (r"x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}", "x = (-b +- sqrt(b^2 - 4ac))/(2a)"),
        (r"\frac{\frac12}{3}", "(1/2)/3"),
        (r"\frac{1}{2}^2", "(1/2)^2"),
        (r"(\frac{1}{2})^2", "(1/2)^2"),
        (r"{2^3}^2", "(2^3)^2"),
        (r"x_1^2", "x_1^2"),
        (r"{ab}_1", "(ab)_1"),
        (r"x^{12}", "x^12"),
        (r"x^{n+1}", "x^(n + 1)"),
        (r"2^3^", None),
        (r"x^12", None),
        (r"5 - (-3)", "5 - (-3)"),
        (r"\left( a+b \right)", "(a + b)"),
        (r"1{,}000", "1,000"),
        (r"45^\circ", "45 degrees"),
        (r"50\%", "50%"),
        (r"3 \text{ cm}", "3 cm"),
        (r"1 \le 2 \neq 3", "1 <= 2 not = 3"),
        (r"\sqrt[3]{8}", "root(3, 8)"),
        (r"a_1", "a_1"),
        (r"\frac{1}{2", None),
        (r"\begin{array}{c}1\end{array}", None),
        (r"\foo", None),
        ("3 × 4", None),
        ("50%", None),
    ],
)
def test_maths_on_one_line_keeps_its_brackets(tex: str, plain: str | None) -> None:
    if plain is None:
        with pytest.raises(MathsError) as caught:
            print_maths(tex)
        assert caught.value.remedy
    else:
        assert print_maths(tex)[0] == plain
        assert plain.isascii()


@pytest.mark.parametrize(
    ("tex", "spoken"),
    [
        (r"\frac{3}{4}", "3 over 4"),
        (r"1\frac{1}{2} \times 2", "1 and 1 over 2 times 2"),
        (r"x^2 = 4", "x squared equals 4"),
        (r"-3 < 2", "minus 3 is less than 2"),
    ],
)
def test_maths_has_words_for_a_voice(tex: str, spoken: str) -> None:
    assert print_maths(tex)[1] == spoken


@given(st.integers(0, 999), st.integers(1, 999), st.integers(1, 999), st.booleans())
def test_the_line_read_as_an_answer_is_the_number_in_the_tex(
    whole: int, top: int, bottom: int, negative: bool
) -> None:
    sign = "-" if negative else ""
    for tex, plain in (
        (f"{sign}\\frac{{{top}}}{{{bottom}}}", f"{sign}{top}/{bottom}"),
        (f"{sign}{whole}\\frac{{{top}}}{{{bottom}}}", f"{sign}{whole} {top}/{bottom}"),
        (f"{sign}{whole}.{top}", f"{sign}{whole}.{top}"),
    ):
        assert read_number(print_maths(tex)[0]) == read_number(plain)


@given(st.text(r"\{}^_$&#~%abx12+-=()[]|frac timesqrt", max_size=40))
def test_no_tex_raises_anything_but_maths_error(tex: str) -> None:
    try:
        plain, _ = print_maths(tex)
    except MathsError:
        return
    assert plain.isascii()
