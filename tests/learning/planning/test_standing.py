from collections.abc import Callable

import pytest
from msgspec.structs import replace

from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.kinds import Attempt, MasteryShown
from darasa.learning.learner_state import fold, start
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.mastery_rule import (
    REFIT_MICRO,
    Condition,
    Lack,
    asked_micro,
    may_show,
    missing,
)
from darasa.learning.planning.refreshes import refreshes
from darasa.learning.planning.school_days import SUNDAY_TO_THURSDAY, SchoolDays
from darasa.learning.planning.standing import (
    WEEKDAYS,
    due_ms,
    is_resting,
    skill_standings,
    standing_of,
    units,
)
from darasa.learning.skill_state import DAY_MS, HOUR_MS, ItemState, Judged, SkillState, days_between
from darasa.learning.views import Standing
from darasa.sync.event import StoredEvent

T = 1_715_616_000_000
GOT = SkillState("sums", "count", chances=5, shown_ms=T, last_right_ms=T, last_ms=T)


def state_with(*skills: SkillState) -> LearnerState:
    return LearnerState(skills={(s.pack, s.skill): s for s in skills})


def standings(pack: Pack, state: LearnerState, now_ms: int = T) -> dict[str, Standing]:
    return {row.key[1]: row.standing for row in skill_standings(pack, state, now_ms)}


def test_a_skill_waits_for_what_it_requires(sums: Pack) -> None:
    assert standings(sums, start()) == {
        "count": Standing.READY,
        "add": Standing.LATER,
        "carry": Standing.LATER,
    }
    assert standings(sums, state_with(GOT))["add"] is Standing.READY
    rows = skill_standings(sums, start(), T)
    assert [(row.depth, row.needs, row.before) for row in rows] == [
        (0, (), ()),
        (1, ("Counting",), (("sums", "count"),)),
        (2, ("Adding",), (("sums", "add"),)),
    ]


def test_a_skill_that_was_begun_is_learning_whatever_it_requires(sums: Pack) -> None:
    begun = SkillState("sums", "add", chances=1, last_ms=T)
    assert standings(sums, state_with(begun))["add"] is Standing.LEARNING


@pytest.mark.parametrize(
    ("reviews", "days"), [(0, 1), (1, 3), (2, 9), (3, 22), (4, 49), (5, 49), (99, 49)]
)
def test_refresh_comes_when_the_spacing_is_over(reviews: int, days: int) -> None:
    """1, 3, 7, 16, 35 school days from a Tuesday."""
    skill = replace(GOT, reviews=reviews, last_right_ms=T + 20 * HOUR_MS)
    last = T + 20 * HOUR_MS
    due = due_ms(skill)
    assert due == last + days * DAY_MS - 8 * HOUR_MS
    assert standing_of(skill, missing=False, now_ms=due - 1) is Standing.KEPT
    assert standing_of(skill, missing=False, now_ms=due) is Standing.REFRESH


def test_two_not_yets_bring_refresh_and_one_does_not() -> None:
    assert standing_of(replace(GOT, not_yet_run=1), missing=False, now_ms=T) is Standing.GOT
    assert standing_of(replace(GOT, not_yet_run=2), missing=False, now_ms=T) is Standing.REFRESH


def test_refresh_comes_on_monday_for_what_was_right_on_friday() -> None:
    friday = T + 4 * DAY_MS
    skill = replace(GOT, last_right_ms=friday)
    assert due_ms(skill) == friday + 3 * DAY_MS - 8 * HOUR_MS
    free = SchoolDays(free=frozenset({friday // DAY_MS + 3}))
    assert due_ms(skill, free) == friday + 4 * DAY_MS - 8 * HOUR_MS


def test_silence_of_forty_school_days_makes_every_skill_due() -> None:
    later = WEEKDAYS.after(T // DAY_MS, 40) * DAY_MS
    for reviews in range(8):
        skill = replace(GOT, reviews=reviews)
        assert standing_of(skill, missing=False, now_ms=later) is Standing.REFRESH


def test_after_silence_three_a_day_are_offered_until_all_were_met(
    make_pack: Callable[..., Pack],
) -> None:
    names = [f"s{n}" for n in range(10)]
    pack = make_pack(tuple(Skill(id=name, title=name) for name in names), ())
    known = {
        name: replace(GOT, skill=name, reviews=n, p_micro=900_000 - n)
        for n, name in enumerate(names)
    }
    day, offered = WEEKDAYS.after(T // DAY_MS, 40), []
    for _ in range(4):
        now_ms = day * DAY_MS + 9 * HOUR_MS
        for nth in range(5):
            due = refreshes(skill_standings(pack, state_with(*known.values()), now_ms), now_ms)
            if not due:
                break
            skill = known[due[0].key[1]]
            at_ms = now_ms + nth * HOUR_MS // 4
            known[skill.skill] = replace(
                skill, reviews=skill.reviews + 1, last_right_ms=at_ms, last_ms=at_ms
            )
        offered.append(nth)
        day = WEEKDAYS.after(day, 1)
    assert offered == [3, 3, 3, 1]
    assert all(skill.reviews == n + 1 for n, skill in enumerate(known.values()))


def test_her_own_days_say_which_week_her_school_has(sums: Pack) -> None:
    sunday = T // DAY_MS - 1
    friday_ms = T + 4 * DAY_MS
    got = replace(GOT, last_right_ms=friday_ms - DAY_MS)
    cairo = LearnerState(skills={("sums", "count"): got}, days=(sunday, sunday + 1))
    [row, *_] = skill_standings(sums, cairo, friday_ms)
    assert row.due_ms == due_ms(got, SchoolDays(SUNDAY_TO_THURSDAY))
    assert row.due_ms == friday_ms + 2 * DAY_MS - 8 * HOUR_MS


def test_challenges_are_counted_once_a_skill_was_got(
    sums: Pack, make_pack: Callable[..., Pack]
) -> None:
    hard = [replace(sums.items["count-1"], id=f"hard-{n}", challenge=True) for n in range(3)]
    pack = make_pack((Skill(id="count", title="Counting"),), (*hard, sums.items["count-0"]))
    met = {("sums", "hard-1"): ItemState("sums", "hard-1", nth_max=1, chances=1)}
    met["sums", "hard-2"] = ItemState("sums", "hard-2")  # only not sure of it: no try
    [row] = skill_standings(pack, LearnerState(skills={("sums", "count"): GOT}, items=met), T)
    assert row.challenges == 2
    [row] = skill_standings(pack, start(), T)
    assert row.challenges == 0


@pytest.mark.parametrize(
    ("hours", "days"), [(-50, 0), (0, 0), (15, 0), (16, 1), (24, 1), (39, 1), (40, 2), (64, 3)]
)
def test_days_are_nights_in_every_time_zone(hours: int, days: int) -> None:
    assert days_between(T, T + hours * HOUR_MS) == days


def test_a_skill_rests_after_twelve_chances_until_a_night_has_passed() -> None:
    skill = SkillState("sums", "count", last_ms=T, chances_today=12, chances_without_three=12)
    assert is_resting(skill, T + HOUR_MS)
    assert not is_resting(skill, T + 16 * HOUR_MS)
    assert not is_resting(replace(skill, chances_today=11), T)


def test_a_clock_that_was_years_ahead_rests_no_skill_for_years() -> None:
    year_2099 = T + 75 * 365 * DAY_MS
    skill = SkillState("sums", "count", last_ms=year_2099, chances_today=12)
    skill = replace(skill, chances_without_three=12)
    assert is_resting(skill, year_2099)
    assert not is_resting(skill, T)


def test_three_right_in_a_row_give_new_hope(
    make_attempt: Callable[..., Attempt], store_events: Callable[..., list[StoredEvent]]
) -> None:
    rights = [False] * 9 + [True] * 3 + [False] * 2
    events = store_events(*(make_attempt(right=r, item=f"count-{n}") for n, r in enumerate(rights)))
    skill = fold(events).skill(("sums", "count"))
    assert (skill.chances, skill.chances_today, skill.chances_without_three) == (14, 2, 2)


def test_the_map_keeps_units_and_counts_what_was_got(sums: Pack) -> None:
    due = replace(GOT, shown_ms=T - 9 * DAY_MS, last_right_ms=T - 9 * DAY_MS)
    numbers, more = units(sums, skill_standings(sums, state_with(due), T))
    assert (numbers.title, numbers.course, len(numbers.skills)) == ("Numbers", "Sums", 2)
    assert (numbers.got, numbers.to_refresh, more.got) == (1, 1, 0)


def judged(skill: SkillState, word: str, *, ms: int = T) -> SkillState:
    return replace(skill, judged=Judged(word, None, ms))


def test_a_teachers_word_goes_before_what_the_answers_say(sums: Pack) -> None:
    begun = SkillState("sums", "count", chances=4, last_ms=T - HOUR_MS)
    said = state_with(judged(begun, "got"))
    rows = {row.key[1]: row for row in skill_standings(sums, said, T)}
    assert (rows["count"].standing, rows["count"].is_judged) == (Standing.GOT, True)
    assert (rows["add"].standing, rows["add"].is_judged) == (Standing.READY, False)
    never = state_with(judged(SkillState("sums", "add"), "learning"))
    assert standings(sums, never)["add"] is Standing.LEARNING


def test_two_not_yets_after_a_teachers_got_speak_for_themselves(sums: Pack) -> None:
    said = judged(SkillState("sums", "count", chances=9, not_yet_run=2, last_ms=T - 1), "got")
    assert standings(sums, state_with(said))["count"] is Standing.GOT
    after = replace(said, last_ms=T + 1)
    assert standings(sums, state_with(after))["count"] is Standing.LEARNING
    assert standings(sums, state_with(after))["add"] is Standing.LATER


def test_no_word_takes_back_what_was_shown(sums: Pack) -> None:
    doubted = judged(replace(GOT, last_right_ms=T - 1), "learning")
    assert standings(sums, state_with(doubted))["count"] is Standing.REFRESH
    assert standings(sums, state_with(doubted))["add"] is Standing.READY
    right = replace(doubted, last_right_ms=T + 1)
    assert standings(sums, state_with(right))["count"] is Standing.GOT
    [row, *_] = skill_standings(sums, state_with(doubted), T)
    assert not row.is_judged


def test_where_teachers_disagree_the_answers_say(sums: Pack) -> None:
    both = replace(judged(SkillState("sums", "count", chances=3), "got"), is_disputed=True)
    assert standings(sums, state_with(both))["count"] is Standing.LEARNING


def test_a_circle_of_prerequisites_ends(make_pack: Callable[..., Pack], sums: Pack) -> None:
    skills = (
        Skill(id="a", title="A", requires=("b",)),
        Skill(id="b", title="B", requires=("a",)),
    )
    rows = skill_standings(make_pack(skills, ()), start(), T)
    assert {row.standing for row in rows} == {Standing.LATER}


def rule_skill(*, p: int, instances: int, recent: str, reference: str) -> SkillState:
    return SkillState(
        "sums",
        "count",
        p_micro=p,
        instances=instances,
        recent=tuple(map(int, recent)),
        recent_reference=tuple(map(int, reference)),
    )


@pytest.mark.parametrize(
    ("skill", "shown"),
    [
        (rule_skill(p=800_000, instances=3, recent="222", reference="22"), True),
        (rule_skill(p=799_999, instances=3, recent="222", reference="22"), False),
        (rule_skill(p=800_000, instances=2, recent="222", reference="22"), False),
        (rule_skill(p=900_000, instances=5, recent="22221", reference="22222"), False),
        (rule_skill(p=900_000, instances=5, recent="22220", reference="22222"), False),
        (rule_skill(p=900_000, instances=5, recent="22222", reference="2"), False),
        (rule_skill(p=900_000, instances=5, recent="22222", reference="20"), False),
        (rule_skill(p=900_000, instances=5, recent="22022", reference="22202"), True),
        (rule_skill(p=900_000, instances=5, recent="22022", reference="22220"), True),
        (rule_skill(p=900_000, instances=5, recent="22022", reference="21202"), False),
        (rule_skill(p=900_000, instances=5, recent="", reference=""), False),
    ],
)
def test_got_it_is_said_by_the_rule_and_by_nothing_less(skill: SkillState, shown: bool) -> None:
    assert may_show(skill) is shown
    assert not may_show(replace(skill, shown_ms=T))


def test_a_pack_may_ask_for_more_and_never_for_less() -> None:
    skill = rule_skill(p=820_000, instances=3, recent="222", reference="222")
    assert not may_show(skill, p_micro=850_000)
    assert not may_show(skill, instances=4)
    weak = rule_skill(p=700_000, instances=1, recent="222", reference="222")
    assert not may_show(weak, p_micro=500_000, instances=1)


@pytest.mark.parametrize(
    ("skill", "lacks"),
    [
        (
            rule_skill(p=610_000, instances=1, recent="20", reference="20"),
            [
                Lack(Condition.LAST_RIGHT, 0, 1),
                Lack(Condition.INSTANCES, 1, 3),
                Lack(Condition.USUAL, 0, 2),
                Lack(Condition.LIKELY, 610_000, 800_000),
            ],
        ),
        (
            rule_skill(p=900_000, instances=5, recent="22222", reference="20"),
            [Lack(Condition.USUAL, 0, 2)],
        ),
        (
            rule_skill(p=900_000, instances=5, recent="22022", reference="21202"),
            [Lack(Condition.USUAL, 1, 2)],
        ),
        (rule_skill(p=900_000, instances=5, recent="22022", reference="22202"), []),
    ],
)
def test_what_is_missing_for_got_it_is_told_by_the_rule_itself(
    skill: SkillState, lacks: list[Lack]
) -> None:
    assert list(missing(skill)) == lacks
    assert list(missing(replace(skill, shown_ms=T))) == lacks


def test_a_pack_that_asks_for_more_says_how_much_is_missing() -> None:
    skill = rule_skill(p=820_000, instances=3, recent="222", reference="222")
    (lack,) = missing(skill, p_micro=850_000)
    assert lack == Lack(Condition.LIKELY, 820_000, 850_000)
    assert missing(skill, p_micro=500_000, instances=1) == ()


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ("222", 800_000),  # nothing but right: three, four, five and more
        ("2222", 650_000),
        ("22222", 0),
        ("222222", 0),
        ("0222", 850_000),  # not any more
        ("2220", 850_000),
        ("02222", 750_000),  # until four in a row, of usual difficulty
        ("022222", 750_000),
    ],
)
def test_how_sure_the_model_must_be_goes_by_her_answers_on_the_skill(
    make_attempt: Callable[..., Attempt],
    store_events: Callable[..., list[StoredEvent]],
    answers: str,
    asked: int,
) -> None:
    tries = [make_attempt(right=r == "2", item=f"count-{n}") for n, r in enumerate(answers)]
    skill = fold(store_events(*tries)).skill(("sums", "count"))
    assert asked_micro(skill, refitted=False) == asked
    assert asked_micro(skill, refitted=True) == REFIT_MICRO
    easy = replace(skill, recent_reference=skill.recent_reference[:1])
    assert asked_micro(easy, refitted=False) == (850_000 if "0" in answers else asked)


def test_fitted_weights_are_asked_for_more_than_those_that_ship() -> None:
    skill = rule_skill(p=REFIT_MICRO, instances=3, recent="222", reference="222")
    assert may_show(skill, refitted=True)
    less = replace(skill, p_micro=REFIT_MICRO - 1)
    assert may_show(less)
    assert not may_show(less, refitted=True)
    (lack,) = missing(less, refitted=True)
    assert lack == Lack(Condition.LIKELY, REFIT_MICRO - 1, REFIT_MICRO)


def test_shown_by_one_screen_is_shown_though_no_rule_is_met(
    store_events: Callable[..., list[StoredEvent]], sums: Pack
) -> None:
    shown = MasteryShown(bytes(8), "sums", "count", "another rule", bytes(8), 1)
    assert standings(sums, fold(store_events(shown)), T)["count"] is Standing.GOT
