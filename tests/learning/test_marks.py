"""An answer as it is compared with what a teacher accepted."""

import string

from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.grading import TYPED_MAX, same_text
from darasa.learning.marks import plain_answer

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
TYPED = st.text(
    st.sampled_from("aAeEéÉßẞǰŉİ\u0131\u03c3ΣςkK\u030c\u0301\u0345ΐᾳ .!\t\u00a0…3/4"),
    max_size=12,
)


def formerly_plain(answer: str) -> str:
    """As the events of earlier programs hold it."""
    words = " ".join(answer.translate(_LOWER).split())
    return words.rstrip(" .!") or words


@given(TYPED)
def test_what_was_accepted_by_an_earlier_program_comes_to_the_same(typed):
    assert plain_answer(formerly_plain(typed)) == plain_answer(typed)


@given(TYPED | st.text(max_size=TYPED_MAX))
def test_a_plain_answer_is_plain_and_has_room_in_an_event(typed):
    plain = plain_answer(typed)
    assert plain_answer(plain) == plain
    assert len(plain) <= TYPED_MAX


@given(TYPED, TYPED)
def test_an_answer_is_accepted_of_those_whom_the_marking_takes_for_the_same(one, other):
    assert (plain_answer(one) == plain_answer(other)) == same_text(one, other)


def test_an_answer_that_grows_when_it_is_folded_still_has_room():
    assert plain_answer("ŉ" * TYPED_MAX) == "\u02bcn" * (TYPED_MAX // 2)
    assert plain_answer("ß" * (TYPED_MAX - 1) + " .") == "s" * TYPED_MAX
