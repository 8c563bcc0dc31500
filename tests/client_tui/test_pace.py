from darasa.client_tui.pace import (
    AFTER_ANSWER_MS,
    ALONE_MS,
    SIGNED_IN_MS,
    Pace,
)
from darasa.sync.pause import FIRST_MS, LONGEST_MS


def test_an_answer_is_sent_within_a_second() -> None:
    pace = Pace().with_learner(0, signed_in=True).done(0).answered(1_000)
    assert pace.next_ms - 1_000 == AFTER_ANSWER_MS <= 1_000


def test_rhythm_is_four_seconds_with_a_learner_and_a_minute_without() -> None:
    assert Pace().with_learner(0, signed_in=True).done(10).next_ms == 10 + SIGNED_IN_MS
    assert Pace().done(10).next_ms == 10 + ALONE_MS


def test_failures_back_off_with_jitter_up_to_a_quarter_of_an_hour() -> None:
    pace = Pace(signed_in=True)
    rests = []
    for failure in range(14):
        pace = pace.failed(0, chance=failure * 19)
        rests.append(pace.next_ms)
    assert FIRST_MS <= rests[0] <= FIRST_MS * 3 / 2
    assert max(rests) <= LONGEST_MS
    assert rests[-1] >= LONGEST_MS * 2 / 3


def test_answers_do_not_hammer_a_server_that_is_away() -> None:
    pace = Pace(signed_in=True).failed(0, chance=0)
    assert pace.answered(100) == pace


def test_sign_in_tries_at_once_whatever_failed_before() -> None:
    pace = Pace()
    for _failure in range(8):
        pace = pace.failed(0, chance=0)
    assert pace.with_learner(50, signed_in=True).next_ms == 50


def test_success_forgets_failures() -> None:
    assert Pace(signed_in=True).failed(0, chance=0).done(9).failures == 0


def test_server_may_ask_for_less() -> None:
    assert Pace(signed_in=True).done(0, asked_s=30).next_ms == 30_000


def test_answers_wait_when_the_server_asked_for_less() -> None:
    pace = Pace(signed_in=True).done(0, asked_s=30)
    assert pace.answered(1_000).next_ms == 30_000
    assert pace.done(30_000).answered(31_000).next_ms == 31_000 + AFTER_ANSWER_MS


def test_a_server_that_refuses_says_when_to_come() -> None:
    assert 7_000 <= Pace(signed_in=True).failed(0, chance=255, asked_s=7).next_ms <= 8_000


def test_sign_in_is_sent_at_once_also_when_the_server_asked_for_less() -> None:
    pace = Pace().done(0, asked_s=30).with_learner(50, signed_in=True)
    assert pace.next_ms == 50
