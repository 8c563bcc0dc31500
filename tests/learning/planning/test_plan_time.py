"""Ten wrong years make nothing due, and nothing lost."""

import pytest

from darasa.learning.planning.plan_time import ABSENT_MS, plan_now_ms
from darasa.learning.planning.standing import standing_of
from darasa.learning.skill_state import DAY_MS, SkillState
from darasa.learning.views import Standing

MET_MS = 1_800_000_000_000
YEARS_MS = 3_652 * DAY_MS


@pytest.mark.parametrize("wall_ms", [MET_MS + YEARS_MS, MET_MS - YEARS_MS, 0, 253_402_300_799_000])
def test_a_clock_that_leapt_since_the_server_was_met_makes_nothing_due(wall_ms):
    got = SkillState("sums", "add", chances=9, shown_ms=MET_MS - DAY_MS, last_right_ms=MET_MS)
    now_ms = plan_now_ms(wall_ms, MET_MS, since_ms=600_000)
    assert now_ms == MET_MS + 600_000
    assert standing_of(got, missing=False, now_ms=now_ms) is Standing.KEPT


@pytest.mark.parametrize("days", [0, 1, 30, 200, ABSENT_MS // DAY_MS])
def test_holidays_and_a_year_without_a_link_are_time_that_passed(days):
    wall_ms = MET_MS + days * DAY_MS
    assert plan_now_ms(wall_ms, MET_MS, since_ms=0) == wall_ms


@pytest.mark.parametrize("contact_ms", [None, 0, 4_102_444_800_000])
def test_without_a_contact_that_can_be_right_the_computer_is_all_there_is(contact_ms):
    assert plan_now_ms(MET_MS, contact_ms, since_ms=0) == MET_MS
