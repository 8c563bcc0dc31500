import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.planning.school_days import (
    MONDAY_TO_FRIDAY,
    SATURDAY_TO_WEDNESDAY,
    SUNDAY_TO_THURSDAY,
    SchoolDays,
    school_week,
    weekday,
)

MONDAY = 19_856  # 13 May 2024


def test_the_first_day_of_1970_was_a_thursday() -> None:
    assert [weekday(0), weekday(MONDAY), weekday(-1)] == [3, 0, 2]


@pytest.mark.parametrize(
    ("day", "count", "after"),
    [
        (MONDAY, 1, MONDAY + 1),
        (MONDAY, 4, MONDAY + 4),
        (MONDAY, 5, MONDAY + 7),
        (MONDAY + 4, 1, MONDAY + 7),
        (MONDAY + 5, 1, MONDAY + 7),
        (MONDAY + 6, 1, MONDAY + 7),
        (MONDAY, 35, MONDAY + 49),
        (MONDAY, 0, MONDAY),
    ],
)
def test_school_days_leave_the_weekend_out(day: int, count: int, after: int) -> None:
    assert SchoolDays().after(day, count) == after


def test_free_days_are_left_out_too() -> None:
    holidays = SchoolDays(free=frozenset(range(MONDAY + 1, MONDAY + 12)))
    assert holidays.after(MONDAY, 1) == MONDAY + 14


def test_a_calendar_without_school_does_not_wait_for_ever() -> None:
    assert SchoolDays(frozenset()).after(MONDAY, 35) == MONDAY + 235


@given(
    day=st.integers(0, 40_000),
    count=st.integers(1, 40),
    week=st.sets(st.integers(0, 6), min_size=1),
)
def test_so_many_school_days_lie_between(day: int, count: int, week: set[int]) -> None:
    school = SchoolDays(frozenset(week))
    after = school.after(day, count)
    assert sum(school.has(each) for each in range(day + 1, after + 1)) == count
    assert school.has(after)


@pytest.mark.parametrize(
    ("days", "week"),
    [
        ((), MONDAY_TO_FRIDAY),
        ((MONDAY, MONDAY + 1), MONDAY_TO_FRIDAY),
        ((MONDAY - 1, MONDAY, MONDAY + 1), SUNDAY_TO_THURSDAY),
        ((MONDAY - 2, MONDAY - 1, MONDAY), SATURDAY_TO_WEDNESDAY),
        ((MONDAY - 1, MONDAY, MONDAY + 4), MONDAY_TO_FRIDAY),
    ],
)
def test_the_week_is_that_in_which_most_of_her_days_lie(
    days: tuple[int, ...], week: frozenset[int]
) -> None:
    assert school_week(days) == SchoolDays(week)
