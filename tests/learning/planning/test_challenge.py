"""Which items a learner is asked who wants to show that she knows a skill, and when she may."""

import random
from collections.abc import Callable

import msgspec
import pytest

from darasa.content_packs.item import Choice, Item, Text, with_version
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.challenge import challenge_items, may_try
from darasa.learning.planning.standing import REST_CHANCES, due_ms
from darasa.learning.skill_state import DAY_MS, ItemState, SkillState
from darasa.learning.trials import Trials

NOW = 1_772_000_000_000
KEY = ("course", "skill")
SEED = bytes(16)


def item(name: str, kind: str = "answer", **fields: object) -> Item:
    text = Text(name, name, name)
    base: dict[str, object] = {"id": name, "kind": kind, "skills": ("skill",), "prompt": text}
    if kind == "answer":
        base["answers"] = ({"value": "1", "kind": "number"},)
    else:
        base["choices"] = (Choice(text, right=True), Choice(text))
    if "drawn" in fields:
        fields = {"vars": ({"name": "a", "low": "1", "high": "9"},)}
    return with_version(_converted(base | fields))


def _converted(fields: dict[str, object]) -> Item:
    return msgspec.convert(msgspec.to_builtins(fields), Item)  # noqa: TID251 (no foreign bytes)


def course(make_pack: Callable[..., Pack], *items: Item) -> Pack:
    skills = (Skill(id="skill", title="A skill"), Skill(id="other", title="Another"))
    return make_pack(skills, items, pack_id="course")


def names(pack: Pack, state: LearnerState | None = None) -> list[str]:
    chosen = challenge_items(pack, state or LearnerState(), "skill", seed=SEED)
    return [each.id for each in chosen]


def test_challenges_come_before_hard_items_and_hard_ones_before_easy(
    make_pack: Callable[..., Pack],
) -> None:
    items = [
        item("easy", difficulty=1),
        item("hard", difficulty=3),
        item("marked", "choice", difficulty=2, challenge=True),
        item("usual", difficulty=2),
    ]
    assert names(course(make_pack, *items)) == ["marked", "hard"]
    del items[2]
    assert names(course(make_pack, *items)) == ["hard", "usual"]


def test_one_of_the_two_is_not_a_choice(make_pack: Callable[..., Pack]) -> None:
    choices = [item(f"choice-{n}", "choice", difficulty=3, challenge=True) for n in range(4)]
    typed = item("typed", difficulty=1)
    ticked = item("ticked", "multiple", difficulty=1)
    assert "typed" in names(course(make_pack, *choices, typed, ticked))
    assert "ticked" in names(course(make_pack, *choices, ticked))
    assert names(course(make_pack, *choices)) == []


def test_items_that_she_has_met_are_not_asked_unless_their_numbers_are_new(
    make_pack: Callable[..., Pack],
) -> None:
    met = {("course", name): ItemState("course", name, nth_max=1) for name in ("fixed", "drawn")}
    state = LearnerState(items=met)
    pack = course(make_pack, item("fixed", difficulty=3), item("drawn", drawn=True))
    assert names(pack) == ["fixed", "drawn"]
    assert names(pack, state) == ["drawn", "drawn"]
    assert names(course(make_pack, item("fixed"), item("one")), state) == []


def test_items_of_this_skill_alone_come_first(make_pack: Callable[..., Pack]) -> None:
    both = item("both", difficulty=3, challenge=True, skills=("skill", "other"))
    alone = [item("one", difficulty=1), item("two", difficulty=1)]
    assert "both" not in names(course(make_pack, both, *alone))
    assert "both" in names(course(make_pack, both, alone[0]))


def test_which_of_equal_items_are_asked_is_the_seeds(make_pack: Callable[..., Pack]) -> None:
    pack = course(make_pack, *(item(f"i{n}") for n in range(6)))
    seeds = [random.Random(n).randbytes(16) for n in range(12)]
    asked = [challenge_items(pack, LearnerState(), "skill", seed=seed) for seed in seeds]
    assert len(set(asked)) > 1
    assert asked == [challenge_items(pack, LearnerState(), "skill", seed=seed) for seed in seeds]


@pytest.mark.parametrize(
    ("skill", "tried_ago_ms", "may"),
    [
        (SkillState(*KEY), None, True),
        (SkillState(*KEY, chances=5, last_ms=NOW), None, True),
        (SkillState(*KEY, shown_ms=NOW), None, False),
        (SkillState(*KEY), 0, False),
        (SkillState(*KEY), 15 * 3_600_000, False),
        (SkillState(*KEY), 17 * 3_600_000, True),
        (SkillState(*KEY), -17 * 3_600_000, True),  # a clock that was ahead keeps nobody waiting
        (
            SkillState(
                *KEY, last_ms=NOW, chances_today=REST_CHANCES, chances_without_three=REST_CHANCES
            ),
            None,
            False,
        ),
    ],
)
def test_it_is_offered_once_a_day_for_a_skill_that_is_not_got_and_does_not_rest(
    make_pack: Callable[..., Pack], skill: SkillState, tried_ago_ms: int | None, may: bool
) -> None:
    pack = course(make_pack, item("one"), item("two"))
    tried = {} if tried_ago_ms is None else {KEY: NOW - tried_ago_ms}
    state = LearnerState(skills={KEY: skill}, trials=Trials(tried=tried))
    assert may_try(pack, state, "skill", now_ms=NOW) is may


def test_what_was_skipped_is_checked_within_a_week() -> None:
    """By the spacing that every skill has once it was got."""
    shown = SkillState(*KEY, shown_ms=NOW, last_right_ms=NOW)
    due = due_ms(shown)
    assert due is not None
    assert due - NOW <= 7 * DAY_MS
