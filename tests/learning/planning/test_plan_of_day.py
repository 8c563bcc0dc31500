from darasa.content_packs.safe_text import SafeText
from darasa.learning.planning.plan_of_day import OpenSet, plan_of_day, set_size
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import PlanKind, PlanRow, SkillStanding, Standing

T = 1_715_616_000_000


def row(
    skill: str, standing: Standing, *, p: int = 500_000, ago: int = 0, resting: bool = False
) -> SkillStanding:
    return SkillStanding(
        key=("sums", skill),
        title=SafeText(skill.title()),
        unit=SafeText("Numbers"),
        standing=standing,
        p_micro=p,
        depth=0,
        last_ms=T - ago * DAY_MS,
        due_ms=T - DAY_MS if standing is Standing.REFRESH else None,
        resting=resting,
    )


def kinds(plan: tuple[PlanRow, ...]) -> list[tuple[PlanKind, str | None]]:
    return [(r.kind, None if r.key is None else r.key[1]) for r in plan]


def test_an_open_set_comes_first_with_its_place() -> None:
    rows = (row("a", Standing.READY), row("b", Standing.LEARNING))
    plan = plan_of_day(rows, open_set=OpenSet(("sums", "a"), 4, 8), now_ms=T)
    assert (plan[0].kind, plan[0].nth, plan[0].of) == (PlanKind.CARRY_ON, 4, 8)
    assert plan[0].reason == "You stopped at item 4 of about 8."


def test_without_an_open_set_the_skill_worked_on_last_goes_on() -> None:
    rows = (row("a", Standing.LEARNING, ago=3), row("b", Standing.LEARNING, ago=1))
    assert kinds(plan_of_day(rows, open_set=None, now_ms=T))[0] == (PlanKind.CARRY_ON, "b")


def test_at_most_three_refreshes_a_day_lowest_chance_first() -> None:
    rows = tuple(
        row(name, Standing.REFRESH, p=p, ago=9)
        for name, p in (("a", 9), ("b", 3), ("c", 5), ("d", 1), ("e", 7))
    )
    plan = plan_of_day(rows, open_set=None, now_ms=T)
    assert kinds(plan) == [
        (PlanKind.REFRESH, "d"),
        (PlanKind.REFRESH, "b"),
        (PlanKind.REFRESH, "c"),
        (PlanKind.CHOICE, None),
    ]
    assert plan[0].reason == "You last did this 9 days ago. See if you still have it."


def test_a_refresh_of_today_or_of_a_wrong_clock_counts_no_days() -> None:
    for ago in (0, -20_000, 20_000):
        plan = plan_of_day((row("a", Standing.REFRESH, ago=ago),), open_set=None, now_ms=T)
        assert plan[0].reason == "You have done this before. See if you still have it."


def test_a_resting_skill_is_told_kindly_and_not_offered() -> None:
    plan = plan_of_day((row("a", Standing.LEARNING, resting=True),), open_set=None, now_ms=T)
    assert kinds(plan) == [(PlanKind.REST, "a"), (PlanKind.CHOICE, None)]


def test_a_skill_has_one_line() -> None:
    rows = (
        row("a", Standing.REFRESH, ago=2),
        row("b", Standing.LEARNING),
        row("c", Standing.READY),
    )
    plan = plan_of_day(rows, open_set=OpenSet(("sums", "a"), 1, 3), now_ms=T)
    keys = [r.key for r in plan]
    assert len(keys) == len(set(keys))


def test_an_open_set_of_a_course_that_is_gone_is_no_line() -> None:
    plan = plan_of_day((row("a", Standing.READY),), open_set=OpenSet(("gone", "x"), 2, 8), now_ms=T)
    assert kinds(plan) == [(PlanKind.TOPIC, "a"), (PlanKind.CHOICE, None)]


def test_no_course_is_no_plan() -> None:
    assert plan_of_day((), open_set=None, now_ms=T) == ()


def test_every_sentence_is_short_enough_to_read() -> None:
    rows = (
        row("a", Standing.REFRESH, ago=1),
        row("b", Standing.REFRESH, ago=40),
        row("c", Standing.LEARNING),
        row("d", Standing.LEARNING, resting=True),
        row("e", Standing.READY),
        row("f", Standing.LEARNING, ago=2),
    )
    for plan in (
        plan_of_day(rows, open_set=None, now_ms=T),
        plan_of_day(rows, open_set=OpenSet(("sums", "c"), 2, 8), now_ms=T),
    ):
        for line in plan:
            assert line.reason.endswith(".")
            assert all(len(part.split()) <= 14 for part in line.reason.split(". "))


def test_a_refresh_is_a_short_set() -> None:
    assert (set_size(Standing.REFRESH), set_size(Standing.LEARNING)) == (3, 8)
