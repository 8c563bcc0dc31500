"""Wrong clocks everywhere: no loss, no crash, no refusal, enrolment included."""

from contextlib import ExitStack

import clock_world
import pytest

from darasa.learning.clocks import set_time
from darasa.learning.kinds import MasteryShown
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.reports import learner_page
from darasa.learning.views import PlanKind, Standing
from darasa.sync.ids import Role

AT_MS, NOW_MS = clock_world.AT_MS, clock_world.NOW_MS
STAGES = ("code shown", "code typed", "pause", "sitting", "exchange", "erasure")
LEAPS = {"ten years on": clock_world.TEN_YEARS_MS, "ten years back": -clock_world.TEN_YEARS_MS}


@pytest.fixture
def make_world():
    """make_world(computer_ms, school_ms, hub_ms): the second computer has the right time."""
    with ExitStack() as stack:

        def make(computer_ms, school_ms, hub_ms):
            world = clock_world.World(stack)
            world.add("hub", Role.HUB, hub_ms)
            world.add("school", Role.SCHOOL, school_ms)
            world.add("one", Role.COMPUTER, computer_ms)
            world.add("two", Role.COMPUTER, NOW_MS)
            return world

        yield make


@pytest.mark.parametrize("school", AT_MS)
@pytest.mark.parametrize("computer", AT_MS)
def test_computer_school_and_hub_may_have_any_clocks(make_world, computer, school):
    times = list(AT_MS.values())  # any two of the three have each pair of times once
    hub_ms = times[(list(AT_MS).index(computer) + list(AT_MS).index(school)) % len(times)]
    clock_world.journey(make_world(AT_MS[computer], AT_MS[school], hub_ms))


@pytest.mark.parametrize("leap", LEAPS)
@pytest.mark.parametrize(
    ("who", "stage"),
    [
        *((who, stage) for who in ("one", "school") for stage in STAGES),
        ("hub", "exchange"),
        ("hub", "erasure"),
    ],
)
def test_a_clock_may_leap_in_the_middle_of_anything(make_world, who, stage, leap):
    world = make_world(NOW_MS, NOW_MS, NOW_MS)
    leapt = []

    def at(now):
        if now == stage and not leapt:
            leapt.append(now)
            world.jump(who, LEAPS[leap])

    clock_world.journey(world, at)
    assert leapt == [stage]


@pytest.mark.parametrize("leap_ms", [*LEAPS.values(), -NOW_MS, 8_000 * 365 * 86_400_000])
def test_a_computer_that_starts_in_other_years_makes_nothing_due(make_world, leap_ms):
    world = make_world(NOW_MS, NOW_MS, NOW_MS)
    class_id = world["school"].people.add_class("5B")
    amina = world["school"].people.add_learner("Amina Kato", class_id, pin="4821")
    world.enrol("one", "school")
    world.meet("one", "school")
    skill = next(iter(clock_world.PACK.skills))
    got = MasteryShown(b"sitting1", clock_world.PACK.id, skill, "rule", b"evidence", 1)
    world["one"].record.record((amina, got))
    world.meet("one", "school")
    world.places["one"].restart(leap_ms)
    sitting = Sitting.begin(world["one"], amina)
    (row,) = [each for each in sitting.standings() if each.key[1] == skill]
    assert row.standing is Standing.GOT
    assert all(each.kind is not PlanKind.REFRESH for each in sitting.home().plan)
    for days in (2, 3):
        world.places["one"].machine.advance(days * 86_400_000)  # a lesson that never ends
    (row,) = [each for each in sitting.standings() if each.key[1] == skill]
    assert row.standing is Standing.REFRESH


@pytest.mark.parametrize("computer", ["1970", "right", "2100"])
def test_a_school_that_was_ten_years_fast_puts_right_what_it_had_dated(make_world, computer):
    world = make_world(AT_MS[computer], NOW_MS + LEAPS["ten years on"], NOW_MS)
    class_id = world["school"].people.add_class("5B")
    amina = world["school"].people.add_learner("Amina Kato", class_id, pin="4821")
    world.enrol("one", "school")
    world.meet("one", "school")
    world.work("one", amina)
    world.meet("one", "school")
    passed_ms = world.places["school"].machine.elapsed
    wrong = {row.when_ms for row in learner_page(world["school"], amina).last}
    assert min(wrong) > NOW_MS + LEAPS["ten years on"]
    set_time(world["school"], None, wall_ms=NOW_MS + passed_ms)
    right = {row.when_ms for row in learner_page(world["school"], amina).last}
    assert {each - LEAPS["ten years on"] for each in wrong} == right
    world.meet("one", "school")
    world.meet("one", "school")
    assert {row.when_ms for row in learner_page(world["one"], amina).last} == right
    before = world["school"].store.event_count()
    world.meet("one", "school")
    assert world["school"].store.event_count() == before
