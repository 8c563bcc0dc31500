import pytest

from darasa.sync.dates import local_time, span_words, utc_time
from darasa.sync.event import TIME_MS_LIMIT

DAY_MS = 86_400_000


@pytest.mark.parametrize("zone", ["UTC0", "ANY-14", "BAKER12"])
@pytest.mark.parametrize(
    "wall_ms", [-TIME_MS_LIMIT, -1, 0, 253_402_300_799_000, 253_402_300_800_000, TIME_MS_LIMIT]
)
def test_any_moment_that_an_event_can_have_is_some_date(set_zone, zone, wall_ms):
    set_zone(zone)
    assert len(f"{local_time(wall_ms):%H:%M}") == 5


def test_dates_in_the_years_people_live_in_are_exact():
    assert utc_time(1_767_225_600_000).isoformat() == "2026-01-01T00:00:00+00:00"
    assert utc_time(2_147_483_648_000).isoformat() == "2038-01-19T03:14:08+00:00"


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [
        (0, "a second or two"),
        (-15_000, "15 seconds"),
        (90 * 60_000, "90 minutes"),
        (-3 * 3_600_000, "3 hours"),
        (40 * DAY_MS, "40 days"),
        (56 * 365 * DAY_MS, "56 years"),
    ],
)
def test_a_span_is_said_in_a_unit_of_which_there_are_two(span_ms, words):
    assert span_words(span_ms) == words
