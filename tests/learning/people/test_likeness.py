"""Which names are asked about before a second entry is made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.people.likeness import alike, likes_of, one_edit_apart


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amina Kazungu", "amina  KAZUNGU"),
        ("Amina Kazungu", "Kazungu, Amina"),
        ("Amina Kazungu", "Amina Kazungo"),
        ("Amina Kazungu", "Amina Kazngu"),
        ("Amina Kazungu", "Amian Kazungu"),
        ("José Peña", "Jose Pena"),
        ("Asha M.", "Asha Mwangi"),
    ],
)
def test_what_a_hurried_hand_makes_of_one_name_is_asked_about(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amina Kazungu", "Amina Kenga"),
        ("Ali", "Asi"),
        ("Asha M.", "Asha M. K"),
        ("Asha M.", "Neema Mwangi"),
        ("Baraka Mwita", "Baraka Mwashi"),
        ("", "Amina"),
        ("...", "---"),
    ],
)
def test_two_children_of_different_names_are_not(one: str, other: str) -> None:
    assert not alike(one, other)


@given(st.text(max_size=30), st.data())
def test_one_edit_is_found_wherever_it_is(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    letter = data.draw(st.characters())
    assert one_edit_apart(text, text)
    assert one_edit_apart(text, text[:at] + letter + text[at:])
    assert one_edit_apart(text[:at] + letter + text[at:], text)
    if at < len(text):
        assert one_edit_apart(text, text[:at] + letter + text[at + 1 :])
        swapped = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        assert one_edit_apart(text, swapped)


def test_ten_thousand_marks_and_other_strange_names_are_compared_without_harm() -> None:
    strange = ["a" + "\u0301" * 10_000, "\u202eevil", "\x1b[31m", " ", "\U000e0041"]
    known = [(name, nth) for nth, name in enumerate(strange)]
    assert likes_of("a", known) == [0]
