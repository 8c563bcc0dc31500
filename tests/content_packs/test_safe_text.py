import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.safe_text import MARKS_MAX, safe_line, safe_text

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


def _is_shown(char: str) -> bool:
    category = unicodedata.category(char)
    joiners = "\u200c\u200d\u06dd\u070f\u08e2\u0600\u0601\u0602\u0603\u0604\u0605"
    return category[0] != "C" or char in joiners


@given(ANY_TEXT)
def test_no_control_surrogate_private_or_direction_character_comes_out(raw: str) -> None:
    assert all(_is_shown(char) or char == "\n" for char in safe_text(raw))
    assert all(_is_shown(char) for char in safe_line(raw))


@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    assert safe_text(safe_text(raw)) == safe_text(raw)
    assert safe_line(safe_line(raw)) == safe_line(raw)


@given(ANY_TEXT, st.integers(1, 50))
def test_length_is_capped_and_marks_do_not_pile_up(raw: str, most: int) -> None:
    clean = safe_text(raw, length_max=most)
    assert len(clean) <= most
    run = 0
    for char in clean:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        assert run <= MARKS_MAX


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Amina\x1b]52;c;QQ==\x07", "Amina\ufffd]52;c;QQ==\ufffd"),
        ("\x9b31mred", "\ufffd31mred"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("\U000e0041", "\ufffd"),
        ("\ud800", "\ufffd"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb", "a b"),
        ("e\u0301", "é"),
        ("e" + "\u0316" * 9, "e" + "\u0316" * 4),
        ("क्\u200dष", "क्\u200dष"),
    ],
)
def test_hostile_characters_are_replaced_and_living_scripts_kept(raw: str, clean: str) -> None:
    assert safe_text(raw) == clean


def test_a_line_has_no_line_break_and_is_never_blank() -> None:
    assert safe_line(" Amina \n K. ") == "Amina K."
    assert safe_line(" \n\t\u3000") == "?"
    assert safe_line("") == "?"


def test_a_huge_text_is_cut_before_it_is_worked_on() -> None:
    assert len(safe_text("é" * 10_000_000, length_max=10)) == 10
