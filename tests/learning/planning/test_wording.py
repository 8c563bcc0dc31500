from collections.abc import Mapping

import pytest

from darasa.learning.evidence import ItemKey, Outcome
from darasa.learning.learner_values import Try
from darasa.learning.planning.wording import Wording, bare_is_due, found, sentence

WORDS: Mapping[ItemKey, int] = {
    ("sums", "long-1"): 20,
    ("sums", "long-2"): 31,
    ("sums", "some"): 16,
    ("sums", "bare"): 12,
    ("sums", "none"): 0,
}
ADD = ("sums", "add")


def tried(
    item: str, outcome: Outcome = Outcome.NOT_YET, *, nth: int = 1, skill: str = "add"
) -> Try:
    return Try("sums", skill, item, 1, nth, int(outcome), 0, 9_000, 0, counted=True)


PAIR = (tried("long-1"), tried("long-2"))


def test_a_bare_item_is_due_after_two_wordy_ones() -> None:
    assert bare_is_due(PAIR, ADD, WORDS.get)
    assert bare_is_due((PAIR[0], tried("long-1", nth=2), PAIR[1]), ADD, WORDS.get)
    assert bare_is_due(
        (PAIR[0], tried("some", Outcome.RIGHT, skill="take"), PAIR[1]), ADD, WORDS.get
    )


@pytest.mark.parametrize(
    "tail",
    [
        (),
        PAIR[:1],
        (tried("some"), PAIR[0]),
        (PAIR[0], tried("long-2", Outcome.RIGHT)),
        (PAIR[0], tried("long-2", Outcome.WITH_HELP)),
        (PAIR[0], tried("not in the pack")),
        (*PAIR, tried("bare")),
    ],
)
def test_a_bare_item_is_not_due_otherwise(tail: tuple[Try, ...]) -> None:
    assert not bare_is_due(tail, ADD, WORDS.get)


def test_a_bare_one_right_shows_that_the_words_were_in_the_way() -> None:
    assert found((*PAIR, tried("bare", Outcome.RIGHT)), WORDS) == {ADD: Wording.WORDS}


def test_a_bare_one_not_yet_shows_that_it_is_the_skill() -> None:
    assert found((*PAIR, tried("bare")), WORDS) == {ADD: Wording.SKILL}


def test_later_tries_take_nothing_back_and_a_later_pair_shows_anew() -> None:
    tail = (*PAIR, tried("bare", Outcome.RIGHT), tried("long-1", Outcome.RIGHT))
    assert found(tail, WORDS) == {ADD: Wording.WORDS}
    assert found((*tail, *PAIR, tried("bare")), WORDS) == {ADD: Wording.SKILL}


def test_nothing_is_shown_without_a_bare_one_after_two_wordy_ones() -> None:
    for third in (tried("some"), tried("long-1"), tried("none"), tried("bare", nth=2)):
        assert found((*PAIR, third), WORDS) == {}
    assert found((PAIR[0], tried("bare")), WORDS) == {}


def test_the_teacher_reads_short_sentences() -> None:
    for wording in Wording:
        parts = sentence(wording, "Add fractions").split(". ")
        assert all(len(part.split()) <= 14 for part in parts)
