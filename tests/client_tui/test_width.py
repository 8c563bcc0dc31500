from hypothesis import given
from hypothesis import strategies as st

from darasa.client_tui.width import cell_width, clusters, cut, padded, shortened, wrapped
from darasa.content_packs.safe_text import safe_text

DEVANAGARI = "\u0915\u093e\u092e"  # a spacing vowel sign that the toolkit counts as no cell


def test_spacing_vowel_signs_count_as_terminals_count_them() -> None:
    assert cell_width(DEVANAGARI) == 3


def test_wide_and_combining_characters_are_measured() -> None:
    assert cell_width("\u4e2d\u6587") == 4
    assert cell_width("e\u0301") == 1


def test_a_cut_never_falls_inside_a_character() -> None:
    assert cut("ne\u0301e", 2) == "ne\u0301"
    assert cut(DEVANAGARI, 1) == ""
    assert cut("\u4e2d\u6587", 3) == "\u4e2d"


def test_shortened_text_shows_that_it_was_cut() -> None:
    assert shortened("Add fractions", 8) == "Add f..."
    assert shortened("Add", 8) == "Add"


def test_drawings_keep_their_shape_when_wrapped() -> None:
    drawing = "    [#][ ]  +  [#][ ]"
    assert wrapped(f"Look:\n{drawing}", 40) == ["Look:", drawing]


def test_long_words_are_broken_rather_than_lost() -> None:
    assert wrapped("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


@given(st.text(max_size=200), st.integers(1, 60))
def test_cutting_and_padding_stay_inside_the_width(text: str, width: int) -> None:
    assert cell_width(cut(text, width)) <= width
    assert text.startswith(cut(text, width))
    assert cell_width(padded(cut(text, width), width)) == width


@given(st.text(max_size=200))
def test_clusters_join_to_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


@given(st.text(alphabet="ab \n\u4e2d\u0301\u093e", max_size=120), st.integers(8, 40))
def test_wrapped_lines_fit_and_lose_no_letter(text: str, width: int) -> None:
    text = safe_text(text)  # at most four marks on a letter, as everywhere on a screen
    lines = wrapped(text, width)
    assert all(cell_width(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
