"""The day that people mean, where midnight is not always at 00:00 and a day not always 24 hours."""

from datetime import date, timedelta

import pytest

from darasa.learning.planning.day_ends import day_of, end_of_day
from darasa.learning.planning.topics import days_left
from darasa.learning.skill_state import DAY_MS, HOUR_MS

# POSIX rules, which need no table of zones: summer time begins or ends in the night, at the hour.
CAIRO = "EET-2EEST,M4.5.4/24,M10.5.4/24"  # 00:00 becomes 01:00; 24:00 becomes 23:00
AZORES = "<-01>1<+00>,M3.5.0/0,M10.5.0/1"  # 00:00 becomes 01:00; 01:00 becomes 00:00
ATHENS = "EET-2EEST,M3.5.0/3,M10.5.0/4"
SANTIAGO = "<-04>4<-03>,M9.1.6/24,M4.1.6/24"
APIA, BAKER = "<+14>-14", "<-12>12"


@pytest.fixture(params=[CAIRO, AZORES, ATHENS, SANTIAGO, APIA, BAKER])
def zone(request, set_zone):
    set_zone(request.param)
    return request.param


def test_a_day_ends_where_the_next_begins(zone):
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    for day in days:
        last_ms = end_of_day(day)
        assert (day_of(last_ms), day_of(last_ms + 1)) == (day, day + timedelta(days=1))


@pytest.mark.parametrize("day", [date(1, 1, 3), date(2026, 7, 1), date(9999, 12, 29)])
def test_the_first_and_last_days_of_the_calendar_end_as_well(zone, day):
    assert day_of(end_of_day(day)) == day


def test_days_left_are_counted_by_the_calendar(zone):
    """A day of 25 hours has one more morning than its hours say, and one of 23 has one less."""
    for n in range(365):
        day = date(2026, 1, 1) + timedelta(days=n)
        begun_ms, ends_ms = end_of_day(day - timedelta(days=1)) + 1, end_of_day(day)
        for now_ms in (begun_ms, begun_ms + 8 * HOUR_MS, ends_ms):
            left = [days_left(end_of_day(day + timedelta(days=ahead)), now_ms) for ahead in (0, 1)]
            assert left == [0, 1]
        assert days_left(ends_ms, ends_ms + 1) == -1


@pytest.mark.parametrize("set_in", [APIA, BAKER, CAIRO])
def test_a_day_set_in_another_zone_has_as_many_days_as_its_end_is_away(zone, set_zone, set_in):
    """A lab computer may never have been told its zone: what is left are days all the same."""
    set_zone(set_in)
    until_ms = end_of_day(date(2026, 2, 6))
    set_zone(zone)
    ago = (10 * HOUR_MS, 10 * HOUR_MS + DAY_MS, 10 * HOUR_MS + 4 * DAY_MS)
    assert [days_left(until_ms, until_ms - each) for each in ago] == [0, 1, 4]
