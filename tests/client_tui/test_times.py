"""Dates on learners' screens: none that a wrong clock made up."""

from datetime import UTC

import pytest

from darasa.client_tui.times import Times, is_set

TIMES = Times(UTC)
NOW_MS = 1_800_000_000_000  # Fri 15 Jan 2027, 08:00
DAY_MS = 86_400_000
WRONG = [0, 946_684_800_000, 1_672_531_200_000, 4_102_444_800_000, 253_402_300_799_000, -1, 1 << 53]


@pytest.mark.parametrize("wrong_ms", WRONG)
def test_a_clock_that_cannot_be_right_shows_no_date_and_greets_without_the_hour(wrong_ms):
    assert not is_set(wrong_ms)
    assert TIMES.date(wrong_ms) == ""
    assert TIMES.greeting(wrong_ms) == "Hello, {name}."
    assert TIMES.day(NOW_MS, wrong_ms) == TIMES.day(wrong_ms, NOW_MS) == ""
    assert TIMES.when(NOW_MS, wrong_ms) == TIMES.when(wrong_ms, NOW_MS) == "earlier"
    assert len(TIMES.time(wrong_ms)) == 5


def test_a_day_that_is_yet_to_come_is_not_shown():
    assert TIMES.day(NOW_MS + 3_652 * DAY_MS, NOW_MS) == ""
    assert TIMES.when(NOW_MS + 3_652 * DAY_MS, NOW_MS) == "earlier"


def test_a_day_of_another_year_says_which():
    assert TIMES.day(NOW_MS, NOW_MS + 60_000) == "today"
    assert TIMES.day(NOW_MS - DAY_MS, NOW_MS) == "14 Jan"
    assert TIMES.day(NOW_MS - 30 * DAY_MS, NOW_MS) == "16 Dec 2026"
    assert TIMES.date(NOW_MS) == "Fri 15 Jan"


def test_while_no_clock_was_ever_set_the_time_of_day_still_tells_one_lesson():
    assert TIMES.when(600_000, 1_200_000) == "00:10"
