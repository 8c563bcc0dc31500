from collections.abc import Callable

import pytest
from msgspec.structs import replace

from darasa.content_packs.item import Item
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.evidence import Outcome
from darasa.learning.kinds import Attempt, MasteryShown
from darasa.learning.learner_state import fold
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.mixing import (
    SoFar,
    Turn,
    is_near,
    prerequisite,
    sister_skills,
    stepped_back,
    turns,
)
from darasa.learning.planning.standing import skill_standings
from darasa.learning.planning.way_to_got import way_to_got
from darasa.learning.skill_state import DAY_MS, HOUR_MS, SkillState
from darasa.learning.views import ItemRole
from darasa.sync.event import StoredEvent

T = 1_715_616_000_000
RIGHT, NOT_YET = int(Outcome.RIGHT), int(Outcome.NOT_YET)
NEAR = SkillState("sums", "add", chances=4, attempts=4, p_micro=700_000, recent=(NOT_YET, RIGHT))
GOT = SkillState(
    "sums", "count", chances=5, attempts=5, shown_ms=T - 2 * DAY_MS, last_ms=T, last_right_ms=T
)
DUE = replace(GOT, last_ms=T - 2 * DAY_MS, last_right_ms=T - 2 * DAY_MS)
OWN = Turn("add")


@pytest.fixture
def kin(sums: Pack, make_pack: Callable[..., Pack]) -> Pack:
    """Adding, what it needs, two of its kin and one that has nothing to do with it."""
    skills = (
        Skill(id="count", title="Counting", unit="Numbers"),
        Skill(id="add", title="Adding", unit="Sums", requires=("count",)),
        Skill(id="take", title="Taking away", unit="Sums", requires=("count",)),
        Skill(id="carry", title="Carrying", unit="More", requires=("add",)),
        Skill(id="shape", title="Shapes", unit="Shapes"),
    )
    add = sums.items["add-1"]
    items = [
        replace(add, id=f"{s.id}-{d}", skills=(s.id,), difficulty=d)
        for s in skills
        for d in (1, 2, 3)
    ]
    return make_pack(skills, tuple(items))


def state_with(*skills: SkillState) -> LearnerState:
    return LearnerState(skills={(s.pack, s.skill): s for s in skills})


def begun(skill: str, *, ago_ms: int = 0) -> SkillState:
    return SkillState("sums", skill, chances=3, attempts=3, last_ms=T - ago_ms)


def turns_of(pack: Pack, state: LearnerState, so_far: SoFar) -> list[Turn]:
    return list(turns(pack, state, skill_standings(pack, state, T), so_far, now_ms=T))


def test_a_set_is_of_its_own_skill_where_nothing_else_is_known(kin: Pack) -> None:
    for done in range(8):
        assert turns_of(kin, state_with(), SoFar("add", done=done, last=OWN)) == [OWN]


def test_about_one_item_in_four_is_of_a_skill_to_refresh(kin: Pack) -> None:
    state = state_with(DUE, begun("add"))
    asked = [turns_of(kin, state, SoFar("add", done=done, last=OWN))[0] for done in range(4)]
    assert asked == [OWN, OWN, OWN, Turn("count", ItemRole.REVIEW)]
    reviewed = SoFar("add", done=6, reviewed=("count",))
    assert turns_of(kin, state, reviewed) == [OWN]


def test_a_second_review_is_of_another_skill(kin: Pack) -> None:
    two = state_with(DUE, replace(DUE, skill="shape"), begun("add"))
    found = turns_of(kin, two, SoFar("add", done=7, reviewed=("count",)))
    assert found == [Turn("shape", ItemRole.REVIEW), OWN]


@pytest.mark.parametrize(
    "so_far",
    [
        SoFar("add", done=3, first=True),
        SoFar("add", done=3, not_yets=2),
        SoFar("add", done=3, helped="add-1", last=OWN),
        SoFar("add", done=3, failed="add-2", last=OWN),
        SoFar("add", done=3, is_refresh=True),
    ],
)
def test_no_review_comes_between_where_the_skill_itself_has_its_turn(
    kin: Pack, so_far: SoFar
) -> None:
    assert turns_of(kin, state_with(DUE, begun("add")), so_far) == [OWN]


def test_the_last_before_got_it_are_mixed_with_two_sister_skills(kin: Pack) -> None:
    state = state_with(NEAR, GOT, begun("take"), begun("shape"))
    asked: list[Turn] = []
    so_far = SoFar("add", last=OWN)
    for _ in range(6):
        turn = turns_of(kin, state, so_far)[0]
        asked.append(turn)
        mixed = so_far.mixed + ((turn.skill,) if turn.role is ItemRole.MIXED else ())
        so_far = SoFar("add", last=turn, mixed=mixed)
    take, count = Turn("take", ItemRole.MIXED), Turn("count", ItemRole.MIXED)
    assert asked == [take, OWN, count, OWN, OWN, OWN]


def test_after_a_not_yet_the_skill_is_not_mixed(kin: Pack) -> None:
    state = state_with(replace(NEAR, recent=(RIGHT, NOT_YET)), begun("take"))
    assert turns_of(kin, state, SoFar("add", last=OWN)) == [OWN]


@pytest.mark.parametrize(
    ("answers", "near"),
    [
        ((), False),
        ((True,), False),
        ((True, True), True),
        ((True, False), False),
        ((False, False, False, False, False, True), False),
        ((False, True, True, True), True),
    ],
)
def test_near_is_three_right_ones_or_fewer_from_got_it(
    kin: Pack,
    make_attempt: Callable[..., Attempt],
    store_events: Callable[..., list[StoredEvent]],
    answers: tuple[bool, ...],
    near: bool,
) -> None:
    done = [make_attempt("add", item=f"add-{n}", right=r) for n, r in enumerate(answers)]
    state = fold(store_events(*done))
    assert is_near(kin, state, "add", T) is near
    left = way_to_got(state, ("sums", "add"), at_ms=T).rights
    assert not near or (left is not None and left <= 3)
    shown = MasteryShown(bytes(8), "sums", "add", "rule", bytes(8), 1)
    assert not is_near(kin, fold(store_events(*done, shown)), "add", T)


def test_sisters_were_begun_are_kin_and_do_not_rest(kin: Pack) -> None:
    tired = replace(begun("take"), chances_today=12, chances_without_three=12)
    known = state_with(begun("take"), GOT, begun("shape"), begun("carry"))
    assert sister_skills(kin, known, "add", now_ms=T)[0] == "take"
    assert set(sister_skills(kin, known, "add", now_ms=T)) == {"take", "count", "carry"}
    assert "take" not in sister_skills(kin, state_with(tired, GOT), "add", now_ms=T)


def test_of_sisters_as_near_the_one_practised_last_comes_first(kin: Pack) -> None:
    for ago_ms, first in ((HOUR_MS, "carry"), (0, "count")):
        counted = replace(GOT, last_ms=T - ago_ms)
        known = state_with(counted, begun("carry", ago_ms=HOUR_MS // 2))
        assert sister_skills(kin, known, "add", now_ms=T)[0] == first


def test_after_help_comes_the_skill_that_was_helped(kin: Pack) -> None:
    review = Turn("count", ItemRole.REVIEW)
    so_far = SoFar("add", done=4, helped="count-2", last=review, reviewed=("count",))
    assert turns_of(kin, state_with(DUE), so_far) == [review, OWN]


def test_after_three_not_yets_comes_the_skill_that_failed(kin: Pack) -> None:
    review = Turn("count", ItemRole.REVIEW)
    so_far = SoFar("add", done=4, failed="count-2", last=review, reviewed=("count",))
    assert turns_of(kin, state_with(DUE), so_far) == [review, OWN]


def test_of_an_item_with_several_skills_the_weakest_is_what_failed(
    kin: Pack, make_pack: Callable[..., Pack]
) -> None:
    both: Item = replace(kin.items["add-2"], id="both", skills=("add", "count"))
    pack = make_pack(tuple(kin.skills.values()), (both, *kin.items.values()))
    weak = replace(GOT, p_micro=300_000)
    found = turns_of(pack, state_with(weak, NEAR), SoFar("add", failed="both", last=OWN))
    assert found == [Turn("count", ItemRole.NEEDED), OWN]


def test_where_nothing_is_simpler_comes_what_the_skill_needs(kin: Pack) -> None:
    found = turns_of(kin, state_with(), SoFar("add", failed="add-1", last=OWN))
    assert found == [Turn("count", ItemRole.NEEDED), OWN]
    root = turns_of(kin, state_with(), SoFar("count", failed="count-1", last=Turn("count")))
    assert root == [Turn("count")]


def test_what_is_not_got_is_gone_back_to_first(kin: Pack, make_pack: Callable[..., Pack]) -> None:
    skills = (*kin.skills.values(), Skill(id="mix", title="Mix", requires=("count", "take")))
    pack = make_pack(skills, tuple(kin.items.values()))
    weak = replace(GOT, p_micro=100_000)
    assert prerequisite(pack, state_with(weak, begun("take")), "mix", T) == "take"
    got = replace(begun("take"), shown_ms=T, p_micro=200_000)
    assert prerequisite(pack, state_with(weak, got), "mix", T) == "count"
    tired = replace(begun("take"), chances_today=12, chances_without_three=12)
    assert prerequisite(pack, state_with(weak, tired), "mix", T) == "count"
    assert prerequisite(pack, state_with(), "shape", T) is None


def test_a_challenge_that_was_not_yet_is_followed_by_no_challenge(kin: Pack) -> None:
    harder = Turn("add", ItemRole.HARDER)
    chosen = SoFar("add", role=ItemRole.HARDER, done=1, last=harder)
    assert turns_of(kin, state_with(GOT), chosen) == [harder]
    for not_yets in (1, 2):
        missed = SoFar("add", role=ItemRole.HARDER, done=2, not_yets=not_yets, last=harder)
        assert turns_of(kin, state_with(GOT), missed) == [OWN, harder]
    failed = SoFar("add", role=ItemRole.HARDER, not_yets=1, failed="add-3", last=harder)
    assert turns_of(kin, state_with(GOT), failed) == [OWN, harder]


def unsure(skill: str, run: int = 2) -> SkillState:
    return SkillState("sums", skill, not_sure_run=run)


def test_not_sure_twice_in_a_row_steps_back_to_what_the_skill_needs(kin: Pack) -> None:
    def back(*skills: SkillState, so_far: SoFar) -> str | None:
        return stepped_back(kin, state_with(*skills), so_far, now_ms=T)

    assert back(unsure("carry"), so_far=SoFar("carry")) == "add"
    assert back(unsure("carry", 1), so_far=SoFar("carry")) is None
    deeper = SoFar("carry", steps=("add",), left=("carry",))
    assert back(unsure("carry"), so_far=deeper) is None
    assert back(unsure("carry"), unsure("add"), so_far=deeper) == "count"
    assert back(unsure("carry"), so_far=SoFar("carry", left=("carry",))) is None
    assert back(unsure("count"), so_far=SoFar("count")) is None
    assert back(unsure("carry"), so_far=SoFar("carry", role=ItemRole.HARDER)) is None


def test_nobody_steps_back_in_a_circle(make_pack: Callable[..., Pack]) -> None:
    skills = (
        Skill(id="a", title="A", requires=("b",)),
        Skill(id="b", title="B", requires=("a",)),
    )
    state = state_with(unsure("a"), unsure("b"))
    so_far = SoFar("a", steps=("b",), left=("a",))
    assert stepped_back(make_pack(skills, ()), state, so_far, now_ms=T) is None


def test_while_she_is_back_nothing_else_comes_between(kin: Pack) -> None:
    state = state_with(replace(DUE, skill="shape"), NEAR, begun("take"))
    back = SoFar("add", done=7, last=OWN, steps=("count",))
    assert turns_of(kin, state, back) == [Turn("count", ItemRole.NEEDED), OWN]
