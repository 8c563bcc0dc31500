import pytest

from darasa.content_packs.safe_text import SafeText
from darasa.learning.planning.plan_of_day import LINES_MAX, plan_of_day
from darasa.learning.planning.topics import Goal, SetBy, Topic, days_left, goal_progress, next_of
from darasa.learning.skill_state import DAY_MS, HOUR_MS
from darasa.learning.views import PlanKind, PlanRow, SkillStanding, Standing

T = 1_715_616_000_000
MS_OTIENO = SafeText("Ms. Otieno")


def key(skill: str) -> tuple[str, str]:
    return ("sums", skill)


def row(
    skill: str,
    standing: Standing = Standing.READY,
    *before: str,
    resting: bool = False,
    challenges: int = 0,
) -> SkillStanding:
    shown = standing in {Standing.GOT, Standing.KEPT, Standing.REFRESH}
    return SkillStanding(
        key=key(skill),
        title=SafeText(skill.title()),
        unit=SafeText("Numbers"),
        standing=standing,
        p_micro=500_000,
        depth=len(before),
        last_ms=T - DAY_MS,
        shown_ms=T - 9 * DAY_MS if shown else None,
        due_ms=T - DAY_MS if standing is Standing.REFRESH else None,
        resting=resting,
        before=tuple(key(each) for each in before),
        challenges=challenges,
    )


def later(skill: str, *before: str) -> SkillStanding:
    return row(skill, Standing.LATER, *before)


def topic(
    set_by: SetBy, *skills: str, until_ms: int | None = None, by: str = "", title: str = ""
) -> Topic:
    keys = tuple(key(skill) for skill in skills)
    return Topic(set_by, keys, SafeText(by), until_ms, SafeText(title))


def goal(*skills: str, until_ms: int | None = None) -> Goal:
    return Goal(SafeText("Finish"), tuple(key(skill) for skill in skills), until_ms)


def planned(
    rows: list[SkillStanding], *topics: Topic, goals: tuple[Goal, ...] = ()
) -> tuple[PlanRow, ...]:
    return plan_of_day(rows, open_set=None, now_ms=T, topics=topics, goals=goals)


def kinds(plan: tuple[PlanRow, ...]) -> list[tuple[PlanKind, str | None]]:
    return [(r.kind, None if r.key is None else r.key[1]) for r in plan]


ABC = [row("a"), row("b"), row("c"), row("d")]


def test_what_was_set_comes_before_what_is_open() -> None:
    plan = planned(ABC, topic(SetBy.TEACHER, "c", by=MS_OTIENO), topic(SetBy.GROUP, "d"))
    assert kinds(plan) == [
        (PlanKind.GROUP, "d"),
        (PlanKind.ASSIGNED, "c"),
        (PlanKind.CHOICE, None),
    ]
    assert [line.reason for line in plan[:2]] == [
        "Your group works on this.",
        "Ms. Otieno has set this for you.",
    ]


def test_without_what_was_set_two_that_are_open_are_offered() -> None:
    assert kinds(planned(ABC)) == [
        (PlanKind.TOPIC, "a"),
        (PlanKind.TOPIC, "b"),
        (PlanKind.CHOICE, None),
    ]
    week = planned(ABC, topic(SetBy.WEEK, "b"))
    assert kinds(week)[:2] == [(PlanKind.WEEK, "b"), (PlanKind.TOPIC, "a")]
    assert week[0].reason == "Your class learns this now."


def test_a_topic_of_which_all_was_got_or_whose_time_is_over_is_no_line() -> None:
    rows = [row("a", Standing.GOT), row("b")]
    assert PlanKind.ASSIGNED not in {k for k, _ in kinds(planned(rows, topic(SetBy.TEACHER, "a")))}
    over = topic(SetBy.TEACHER, "b", until_ms=T - 1)
    assert PlanKind.ASSIGNED not in {k for k, _ in kinds(planned(rows, over))}
    unknown = topic(SetBy.TEACHER, "not here")
    assert kinds(planned(rows, unknown)) == [(PlanKind.TOPIC, "b"), (PlanKind.CHOICE, None)]


@pytest.mark.parametrize(
    ("until_ms", "told"),
    [
        (None, "Your group works on this."),
        (T + 2 * HOUR_MS, "Your group works on this. Today is the last day for it."),
        (T + DAY_MS, "Your group works on this. There is one more day for it."),
        (T + 4 * DAY_MS, "Your group works on this. There are 4 more days for it."),
    ],
)
def test_how_long_there_is_time_is_told(until_ms: int | None, told: str) -> None:
    assert planned(ABC, topic(SetBy.GROUP, "a", until_ms=until_ms))[0].reason == told


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Market week", "Your teacher has set this for you. It is called “Market week”."),
        ("so many words that nobody reads them in passing", "Your teacher has set this for you."),
    ],
)
def test_what_it_is_called_is_told_when_it_is_short(title: str, told: str) -> None:
    assert planned(ABC, topic(SetBy.TEACHER, "a", title=title))[0].reason == told


def test_what_she_is_at_already_says_that_it_was_set_and_what_it_is_for() -> None:
    rows = [row("a", Standing.LEARNING), row("b")]
    plan = planned(rows, topic(SetBy.TEACHER, "a", by=MS_OTIENO), goals=(goal("a", "b"),))
    assert kinds(plan)[0] == (PlanKind.CARRY_ON, "a")
    assert plan[0].reason == (
        "You have started this. Go on with it. Ms. Otieno has set this for you."
        " It is for your goal: you have got 0 of 2."
    )


def test_what_comes_before_a_topic_is_offered_first() -> None:
    rows = [row("a", Standing.GOT), row("b", Standing.LEARNING), later("c", "b"), later("d", "c")]
    found = next_of([key("d")], rows)
    assert found is not None
    assert found.key == key("b")
    rows[1] = row("b")
    line = planned(rows, topic(SetBy.TEACHER, "d", by=MS_OTIENO))[0]
    assert (line.kind, line.key) == (PlanKind.ASSIGNED, key("b"))
    assert line.reason == "Ms. Otieno has set for you what this leads to."


@pytest.mark.parametrize(
    ("set_by", "told"),
    [
        (SetBy.GROUP, "Your group works on what this leads to."),
        (SetBy.WEEK, "Your class learns now what this leads to."),
        (SetBy.TEACHER, "Your teacher has set for you what this leads to."),
    ],
)
def test_what_comes_before_a_topic_says_whose_it_is(set_by: SetBy, told: str) -> None:
    assert planned([row("a"), later("b", "a")], topic(set_by, "b"))[0].reason == told


def test_a_line_that_two_want_says_nothing_twice() -> None:
    until_ms = T + 4 * DAY_MS
    rows = [row("a", Standing.LEARNING), row("b")]
    hers = goal("a", "b", until_ms=until_ms)
    line = planned(rows, topic(SetBy.TEACHER, "a", until_ms=until_ms), goals=(hers,))[0]
    assert line.reason.count("There are 4 more days for it.") == 1


def test_a_topic_whose_beginning_rests_waits_and_one_in_a_circle_is_offered_itself() -> None:
    rests = [row("a", Standing.LEARNING, resting=True), later("b", "a")]
    assert next_of([key("b")], rests) is None
    circle = [later("a", "b"), later("b", "a")]
    found = next_of([key("a")], circle)
    assert found is not None


def test_a_long_name_is_left_out() -> None:
    line = planned(ABC, topic(SetBy.TEACHER, "a", by="one two three four five six seven"))[0]
    assert line.reason == "Your teacher has set this for you."


def test_the_goal_that_ends_first_gives_its_next_skill() -> None:
    rows = [row("a", Standing.KEPT), row("b", Standing.REFRESH), row("c"), row("d")]
    far, near = goal("d"), goal("a", "b", "c", until_ms=T + 3 * DAY_MS)
    plan = planned(rows, goals=(far, near))
    line = next(each for each in plan if each.kind is PlanKind.GOAL)
    assert line.key == key("c")
    assert line.reason == (
        "It is for your goal: you have got 2 of 3. There are 3 more days for it."
    )


def test_progress_counts_what_was_got_of_what_was_named() -> None:
    rows = [row("a", Standing.KEPT), row("b", Standing.REFRESH), row("c", Standing.LEARNING)]
    progress = goal_progress(goal("a", "b", "c", "c", "gone"), rows, now_ms=T)
    assert (progress.got, progress.of, progress.days_left) == (2, 3, None)
    assert progress.is_open
    assert not progress.is_reached
    done = goal_progress(goal("a", "b", until_ms=T - DAY_MS), rows, now_ms=T)
    assert done.is_reached
    missed = goal_progress(goal("c", until_ms=T - 1), rows, now_ms=T)
    assert not missed.is_open
    assert not missed.is_reached


def test_a_goal_that_is_reached_or_over_or_of_nothing_here_is_no_line() -> None:
    rows = [row("a", Standing.KEPT), row("b")]
    for each in (goal("a"), goal("b", until_ms=T - 1), goal("gone"), goal()):
        assert PlanKind.GOAL not in {k for k, _ in kinds(planned(rows, goals=(each,)))}


def test_days_left_are_whole_and_negative_once_over() -> None:
    assert [days_left(T + ms, T) for ms in (-1, 0, HOUR_MS, DAY_MS)] == [-1, 0, 0, 1]
    assert days_left(None, T) is None


def test_something_harder_is_offered_of_what_was_got_last() -> None:
    rows = [
        row("a", Standing.GOT, challenges=5),
        row("b", Standing.REFRESH, challenges=5),
        row("c", Standing.KEPT),
        row("d", Standing.LEARNING, challenges=1),
    ]
    plan = planned(rows)
    [line] = [each for each in plan if each.kind is PlanKind.HARDER]
    assert (line.key, line.of) == (key("a"), 3)
    assert line.reason == "You have got this. Try it where it is harder."


def test_a_plan_has_as_many_lines_as_keys_and_the_choice_is_one() -> None:
    rows = [row(f"r{n}", Standing.REFRESH) for n in range(5)]
    rows += [row(f"t{n}", Standing.LEARNING, resting=True) for n in range(9)]
    rows += [*ABC, row("g", Standing.GOT, challenges=2)]
    topics = [topic(SetBy.GROUP, "a"), topic(SetBy.TEACHER, "b"), topic(SetBy.WEEK, "c")]
    plan = planned(rows, *topics, goals=(goal("d"),))
    assert len(plan) == LINES_MAX
    assert [line.kind for line in plan].count(PlanKind.REFRESH) == 3
    assert plan[-1].kind is PlanKind.CHOICE
    assert len({line.key for line in plan}) == LINES_MAX


def test_every_reason_is_short_enough_to_read() -> None:
    plan = planned(
        [*ABC, row("g", Standing.GOT, challenges=2)],
        topic(SetBy.TEACHER, "a", until_ms=T + 9 * DAY_MS, by="Ms Ann Mary Otieno Wanjiru Kato"),
        topic(SetBy.GROUP, "b", until_ms=T + DAY_MS),
        goals=(goal("c", until_ms=T + 300 * DAY_MS),),
    )
    assert {line.kind for line in plan} >= {PlanKind.ASSIGNED, PlanKind.GROUP, PlanKind.GOAL}
    for line in plan:
        assert line.reason.endswith(".")
        assert all(len(part.split()) <= 14 for part in line.reason.split(". "))
