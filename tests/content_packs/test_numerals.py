from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.numerals import in_words, read_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12", 12),
        (" -3 ", -3),
        ("+3", 3),
        ("0.75", Fraction(3, 4)),
        (".5", Fraction(1, 2)),
        ("0,75", Fraction(3, 4)),
        ("1,000", 1000),
        ("0,750", Fraction(3, 4)),
        ("12,500,000", 12_500_000),
        ("1,234.5", Fraction(12345, 10)),
        ("1 234.5", Fraction(12345, 10)),
        ("1 234,5", Fraction(12345, 10)),
        ("1\u202f234\u202f567,5", Fraction(12345675, 10)),
        ("1.234,5", Fraction(12345, 10)),
        ("-1.234.567,25", Fraction(-123456725, 100)),
        ("3/4", Fraction(3, 4)),
        ("3 /4", Fraction(3, 4)),
        ("3 / 4", Fraction(3, 4)),
        ("-3/4", Fraction(-3, 4)),
        ("3/-4", Fraction(-3, 4)),
        ("\u22123\u20444", Fraction(-3, 4)),
        ("1 1/2", Fraction(3, 2)),
        ("-1 1/2", Fraction(-3, 2)),
        ("½", Fraction(1, 2)),
        ("1½", Fraction(3, 2)),
        ("٣/٤", Fraction(3, 4)),
        ("\uff13", 3),
        ("5.", 5),
    ],
)
def test_ways_of_writing_a_number_are_understood(typed: str, value: Fraction) -> None:
    reading = read_number(typed)
    assert reading is not None
    assert reading.value == value


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "half",
        "3/0",
        "1 1/0",
        "1/2/3",
        "1.2.3",
        "1.234.567",
        "12 34,5",
        "1 234 5,5",
        "0 123,5",
        "1,234,5",
        "3 4",
        "--3",
        "1/2 1",
        "9" * 19,
        "75%",
        "x",
    ],
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_number(typed) is None


@given(st.text(max_size=250))
def test_no_text_raises(typed: str) -> None:
    reading = read_number(typed)
    assert reading is None or in_words(reading, "en")


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_written_fraction_reads_as_itself(top: int, bottom: int) -> None:
    reading = read_number(f"{top}/{bottom}")
    assert reading is not None
    assert reading.value == Fraction(top, bottom)
    assert reading.form == (top, bottom)


@pytest.mark.parametrize(
    ("typed", "locale", "words"),
    [
        ("3/4", "en", "three quarters"),
        ("1/2", "en", "one half"),
        ("-2/3", "en", "minus two thirds"),
        ("3/4", "sw", "3/4"),
        ("13/4", "en", "13/4"),
        ("1 1/2", "en", "1 and one half"),
        ("1 1/2", "sw", "1 1/2"),
        ("0.750", "en", "0.750"),
        ("-.5", "en", "-0.5"),
        ("1,000", "en", "1000"),
    ],
)
def test_it_says_how_it_was_read(typed: str, locale: str, words: str) -> None:
    reading = read_number(typed)
    assert reading is not None
    assert in_words(reading, locale) == words
