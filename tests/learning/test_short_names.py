import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.short_names import clean_name, folded, short_names


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
