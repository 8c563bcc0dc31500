"""Written words as they are compared."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.grading import same_text
from darasa.content_packs.written_words import folded_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ÉLÉPHANT", "éléphant"),
        ("e\u0301le\u0301phant", "éléphant"),  # the same letters in pieces
        ("  Half\u00a0 a\tday. ", "half a day"),
        ("Straße", "STRASSE"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("\u1ec6", "e\u0323\u0302"),
        ("Nzuri!", "nzuri"),
    ],
)
def test_words_that_a_person_calls_the_same_are_the_same(one, other):
    assert folded_words(one) == folded_words(other)


@pytest.mark.parametrize(
    ("one", "other"), [("elephant", "éléphant"), ("ab", "a b"), ("...", ""), ("ﬁ", "f"), ("۳", "3")]
)
def test_words_that_differ_differ(one, other):
    assert folded_words(one) != folded_words(other)


def test_what_is_folded_stays_as_it_is_for_every_letter():
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) not in ("Cs", "Cn", "Co"):
            once = folded_words("x" + chr(code) + "y")
            assert folded_words(once) == once, hex(code)


@given(st.text(max_size=30), st.text(max_size=5))
def test_folding_again_changes_nothing_and_no_text_is_refused(text, blanks):
    once = folded_words(text)
    assert folded_words(once) == once
    assert same_text(text, once)
