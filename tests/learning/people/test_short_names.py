import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.people.short_names import clean_name, folded, short_names


@pytest.mark.parametrize(
    ("names", "shorts"),
    [
        (["Amina Kato"], ["Amina K."]),
        (["Amina Kato", "Amina Wanjiru"], ["Amina K.", "Amina W."]),
        (["Amina Kato", "Amina Kisa", "Juma Ali"], ["Amina Ka.", "Amina Ki.", "Juma A."]),
        (["Amina Ka", "Amina Kato"], ["Amina Ka", "Amina Kat."]),
        (["Amina Mary Kato", "Amina Rose Kato"], ["Amina Mary Kato", "Amina Rose Kato"]),
        (["Amina Kato", "Amina Kato"], ["Amina Kato", "Amina Kato 2"]),
        (["Madonna"], ["Madonna"]),
        (["Maria da Silva"], ["Maria S."]),
        ([], []),
    ],
)
def test_short_names_show_no_more_than_they_must(names, shorts):
    assert short_names(names) == shorts


@given(st.lists(st.text(alphabet="ab C", min_size=1, max_size=8), max_size=12))
def test_short_names_tell_people_apart(raw):
    names = [clean_name(name) for name in raw]
    shorts = short_names(names)
    by_name = {folded(n): folded(s) for n, s in zip(names, shorts, strict=True)}
    assert len(shorts) == len(names)
    assert len(set(by_name.values())) == len(by_name)


def test_a_hostile_name_is_made_safe():
    assert "\x1b" not in clean_name("Amina\x1b[2J")
    assert clean_name("  Amina \n Kato ") == "Amina Kato"
    assert len(clean_name("x" * 500)) == 80


def test_two_who_look_alike_show_their_register_numbers():
    names = ("Amina Kato", "Amina Kisa", "Samuel Tembo")
    assert short_names(names, ("17", "4", "9")) == ["Amina K. (17)", "Amina K. (4)", "Samuel T."]


def test_who_has_no_number_shows_letters_as_before():
    assert short_names(("Amina Kato", "Amina Kisa"), ("17", "")) == ["Amina K. (17)", "Amina Ki."]
    assert short_names(("Amina Kato", "Amina Kisa", "Amina Komba"), ("17", "", "")) == [
        "Amina K. (17)",
        "Amina Ki.",
        "Amina Ko.",
    ]
    assert short_names(("Amina Kato", "Amina Kisa"), ("", "")) == ["Amina Ka.", "Amina Ki."]


def test_one_number_for_two_tells_nobody_apart():
    names = ("Amina Kato", "Amina Kisa", "Amina Kilonzo")
    assert short_names(names, ("17", "17", "4")) == ["Amina Ka.", "Amina Ki.", "Amina K. (4)"]
    assert short_names(("Amina Kato", "Amina Kato"), ("17", "17")) == ["Amina Kato", "Amina Kato 2"]


def test_people_of_one_name_are_told_apart_by_number():
    assert short_names(("John Kamau", "John Kamau"), ("3", "30")) == [
        "John K. (3)",
        "John K. (30)",
    ]
