from collections.abc import Callable

import pytest

from darasa.learning.evidence import Outcome, Why, evidence_of, reading_ms, sentence
from darasa.learning.kinds import Attempt, Help

MakeAttempt = Callable[..., Attempt]


@pytest.mark.parametrize(
    ("fields", "why", "weight"),
    [
        ({}, Why.COUNTS, 1),
        ({"right": False}, Why.COUNTS, 1),
        ({"help": 1}, Why.WITH_HELP, 1),
        ({"help": int(Help.LESSON)}, Why.WITH_HELP, 1),
        ({"help": int(Help.SOLUTION) | 2}, Why.WITH_HELP, 1),
        ({"help": 2, "right": False}, Why.COUNTS, 1),
        ({"try_nth": 2}, Why.LATER_TRY, 0),
        ({"response_ms": 999}, Why.TOO_QUICK, 0),
        ({"response_ms": 1_000}, Why.COUNTS, 1),
        ({"help": int(Help.UNREAD)}, Why.TOO_QUICK, 0),
        ({"help": int(Help.UNREAD), "right": False}, Why.TOO_QUICK, 0),
        ({"partners": 1, "pair": bytes(8)}, Why.TOGETHER, 0),
        ({"shown_before": True}, Why.SOLUTION_SEEN, 0),
    ],
)
def test_an_answer_weighs_what_the_rules_say(
    make_attempt: MakeAttempt, fields: dict[str, object], why: Why, weight: int
) -> None:
    evidence = evidence_of(make_attempt(**fields), happened_ms=5)
    assert (evidence.why, evidence.weight) == (why, weight)


def test_right_after_a_hint_is_not_right_to_the_model(make_attempt: MakeAttempt) -> None:
    evidence = evidence_of(make_attempt(help=1), happened_ms=5)
    assert evidence.outcome is Outcome.WITH_HELP
    assert not evidence.right_alone


def test_words_that_were_not_read_are_no_help_with_the_skill(make_attempt: MakeAttempt) -> None:
    unread = evidence_of(make_attempt(help=int(Help.UNREAD)), happened_ms=5)
    assert unread.outcome is Outcome.RIGHT


def test_the_same_item_again_in_one_sitting_weighs_nothing(make_attempt: MakeAttempt) -> None:
    evidence = evidence_of(make_attempt(), happened_ms=5, again=True)
    assert (evidence.why, evidence.weight) == (Why.AGAIN, 0)


def test_reading_takes_a_second_at_least_and_150_ms_a_word() -> None:
    assert [reading_ms(words) for words in (0, 6, 7, 20)] == [1_000, 1_000, 1_050, 3_000]


def test_every_reason_has_a_sentence() -> None:
    assert all(sentence(why).endswith(".") for why in Why)
