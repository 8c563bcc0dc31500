from darasa.client_tui.pace import (
    AFTER_ANSWER_MS,
    ALONE_MS,
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    SIGNED_IN_MS,
    Pace,
)


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
        pace = pace.failed(0, random=failure * 19)
        rests.append(pace.next_ms)
    assert FIRST_PAUSE_MS * 3 / 4 <= rests[0] <= FIRST_PAUSE_MS
    assert max(rests) <= LONGEST_PAUSE_MS
    assert rests[-1] >= LONGEST_PAUSE_MS * 3 / 4


def test_answers_do_not_hammer_a_server_that_is_away() -> None:
    pace = Pace(signed_in=True).failed(0, random=0)
    assert pace.answered(100) == pace


def test_sign_in_tries_at_once_whatever_failed_before() -> None:
    pace = Pace()
    for _failure in range(8):
        pace = pace.failed(0, random=0)
    assert pace.with_learner(50, signed_in=True).next_ms == 50


def test_success_forgets_failures() -> None:
    assert Pace(signed_in=True).failed(0, random=0).done(9).failures == 0


def test_server_may_ask_for_less() -> None:
    assert Pace(signed_in=True).done(0, retry_after_ms=30_000).next_ms == 30_000
