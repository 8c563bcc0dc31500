"""Finding a learner's start: what is asked, when it is enough, and how well it comes out.

DARASA_STARTS says how many invented learners of each third are placed in each course; `make soak`
places more.
"""

import os
import random
import statistics
from collections.abc import Callable
from itertools import product

import pytest
from msgspec.structs import replace

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import read_source, sound
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.knowledge import Knowledge, Question, depths_of, states_of
from darasa.learning.planning.placement import (
    ITEMS_LEAST,
    ITEMS_MOST,
    Given,
    can_place,
    is_new_to,
    known_by,
    next_item_of,
    question_of,
)
from darasa.learning.planning.standing import skill_standings
from darasa.learning.simulated.starts import (
    SHAPES,
    THIRDS,
    WORLDS,
    invented_course,
    mind_of,
    place,
)
from darasa.learning.skill_state import SkillState
from darasa.learning.trials import Trials
from darasa.learning.views import Standing

STARTS = int(os.environ.get("DARASA_STARTS", "2"))
NEW = LearnerState()
SEED = b"a learner's id.."


def bundled() -> list[Pack]:
    packs = []
    for folder in bundled_courses():
        source = sound(read_source(folder))
        assert source.manifest is not None
        packs.append(Pack(source.manifest, source.blobs.__getitem__))
    return packs


def courses() -> list[Pack]:
    invented = [
        invented_course(shape, skills, random.Random(f"test/{shape}/{skills}"))
        for shape, skills in product(SHAPES, (6, 20))
    ]
    return [*bundled(), *invented]


def answered(pack: Pack, rights: Callable[[str], bool], seed: bytes = SEED) -> list[Given]:
    given: list[Given] = []
    while (item := next_item_of(pack, NEW, given, seed=seed)) is not None:
        given.append(Given(item.id, rights(item.skills[0])))
    return given


@pytest.mark.parametrize("world", WORLDS)
def test_four_skills_in_five_are_placed_right_with_twelve_items_at_the_most(world: str) -> None:
    placed = []
    for number, pack in enumerate(courses()):
        for third, n in product(range(THIRDS), range(STARTS)):
            rng = random.Random(f"test/{world}/{number}/{third}/{n}")
            placed.append(place(pack, mind_of(world, pack, third, rng), rng))
    assert statistics.mean(each.right for each in placed) >= 0.80
    assert max(each.items for each in placed) <= ITEMS_MOST


@pytest.mark.parametrize("shape", SHAPES)
def test_a_placement_takes_eight_to_twelve_items_and_asks_none_twice(shape: str) -> None:
    pack = invented_course(shape, 12, random.Random(shape))
    for right in (True, False):
        given = answered(pack, lambda _skill, right=right: right)
        assert ITEMS_LEAST <= len(given) <= ITEMS_MOST
        assert len({each.item for each in given}) == len(given)


def test_who_gets_all_right_knows_all_and_who_gets_none_right_knows_none() -> None:
    for pack in courses():
        everything = known_by(pack, NEW, answered(pack, lambda _skill: True))
        assert len(everything) >= 0.9 * len(pack.skills)
        assert known_by(pack, NEW, answered(pack, lambda _skill: False)) == ()


def test_who_stops_before_the_first_answer_knows_none() -> None:
    for pack in courses():
        assert known_by(pack, NEW, []) == ()


def test_the_same_facts_and_seed_ask_the_same_everywhere() -> None:
    """Whole numbers and drawn states that do not depend on the machine: the items are written."""
    pack = invented_course("layers", 10, random.Random(5))
    given = answered(pack, lambda skill: int(skill[1:]) < 4)
    assert given == answered(pack, lambda skill: int(skill[1:]) < 4)
    assert [each.item for each in given] == THE_ITEMS
    assert known_by(pack, NEW, given) == THE_KNOWN
    others = {tuple(answered(pack, lambda _skill: True, bytes([n] * 16))) for n in range(8)}
    assert len(others) > 1


THE_ITEMS = [
    "s3-1",
    "s4-1",
    "s3-4",
    "s6-0",
    "s1-1",
    "s2-0",
    "s7-4",
    "s2-1",
    "s2-4",
    "s4-0",
    "s3-5",
    "s1-3",
]
THE_KNOWN = ("s0", "s1", "s3", "s2")


def test_it_begins_in_the_middle_and_goes_where_the_answers_point() -> None:
    pack = invented_course("chain", 30, random.Random(1))
    first = next_item_of(pack, NEW, [], seed=SEED)
    assert first is not None
    middle = int(first.skills[0][1:])
    assert 3 <= middle < 27
    after = {}
    for right in (True, False):
        item = next_item_of(pack, NEW, [Given(first.id, right)], seed=SEED)
        assert item is not None
        after[right] = int(item.skills[0][1:])
    assert after[False] < middle < after[True]


def test_what_is_known_is_closed_under_what_comes_before() -> None:
    for number, pack in enumerate(courses()):
        rng = random.Random(number)
        for _ in range(2):
            known = known_by(pack, NEW, answered(pack, lambda _skill, rng=rng: rng.random() < 0.6))
            for at, skill in enumerate(known):
                assert set(pack.skills[skill].requires) <= set(known[:at])


def test_a_skill_that_was_got_is_known_and_asked_about_no_more() -> None:
    pack = invented_course("chain", 8, random.Random(3))
    got = {("invented", f"s{k}"): SkillState("invented", f"s{k}", shown_ms=1) for k in range(7)}
    state = LearnerState(skills=got)
    item = next_item_of(pack, state, [], seed=SEED)
    assert item is not None
    assert item.skills == ("s7",)


def test_items_of_a_newer_version_that_are_gone_say_nothing() -> None:
    pack = invented_course("chain", 8, random.Random(3))
    assert known_by(pack, NEW, [Given("gone", True)]) == known_by(pack, NEW, [])
    assert next_item_of(pack, NEW, [Given("gone", True)], seed=SEED) is not None


def test_it_is_for_courses_with_an_order_in_which_nothing_was_answered() -> None:
    chain = invented_course("chain", 8, random.Random(3))
    assert can_place(chain)
    assert not can_place(invented_course("chain", 3, random.Random(3)))
    assert is_new_to(chain, NEW)
    met = SkillState("invented", "s3", chances=1)
    assert not is_new_to(chain, replace(NEW, skills={("invented", "s3"): met}))


# -- no dead end ------------------------------------------------------------------------------


def closed_sets(pack: Pack) -> list[frozenset[str]]:
    """Every knowledge state of a course of few skills: whatever a placement can come to."""
    depths = depths_of(tuple((s.id, s.requires) for s in pack.skills.values()))
    found = [frozenset[str]()]
    for skill in sorted(depths, key=lambda each: depths[each]):
        needs = set(pack.skills[skill].requires)
        found += [each | {skill} for each in found if needs <= each]
    return found


def reached(pack: Pack, placed: frozenset[str]) -> set[str]:
    """Walk the course from a placement: whatever is Ready is got, until nothing more is."""
    skills: dict[tuple[str, str], SkillState] = {}
    trials = Trials(placed=frozenset((pack.id, skill) for skill in placed))
    while True:
        state = LearnerState(skills=dict(skills), trials=trials)
        ready = [
            row.key for row in skill_standings(pack, state, 2) if row.standing is Standing.READY
        ]
        if not ready:
            return {skill for _, skill in skills}
        for key in ready:
            skills[key] = SkillState(*key, shown_ms=1)


def test_no_placement_in_a_bundled_course_ends_dead() -> None:
    for pack in bundled():
        assert pack.skills.keys() == {skill for skill in pack.skills if pack.items_of(skill)}
        for placed in closed_sets(pack):
            assert reached(pack, placed) == set(pack.skills)


def test_every_placement_that_can_be_reached_in_a_bundled_course_is_such_a_state() -> None:
    for pack in bundled():
        known = set(closed_sets(pack))
        for rights in product((True, False), repeat=3):
            answers = iter(rights * 4)
            given = answered(pack, lambda _skill, answers=answers: next(answers))
            assert frozenset(known_by(pack, NEW, given)) in known


@pytest.mark.parametrize("shape", SHAPES)
def test_no_placement_in_an_invented_course_ends_dead(shape: str) -> None:
    for skills in (5, 24):
        rng = random.Random(f"dead/{shape}/{skills}")
        pack = invented_course(shape, skills, rng)
        for _ in range(2):
            given = answered(pack, lambda _skill, rng=rng: rng.random() < 0.5)
            for upto in range(len(given) + 1):  # stopped after any answer
                placed = frozenset(known_by(pack, NEW, given[:upto]))
                assert reached(pack, placed) == set(pack.skills)


# -- knowledge states -------------------------------------------------------------------------


def test_the_chance_of_a_skill_never_exceeds_that_of_what_it_requires() -> None:
    pack = invented_course("layers", 20, random.Random(8))
    requires = tuple((skill.id, skill.requires) for skill in pack.skills.values())
    knowledge, rng = Knowledge.start(requires), random.Random(8)
    for _ in range(12):
        asked = Question("", frozenset((f"s{rng.randrange(20)}",)), 910, 320)
        knowledge = knowledge.after(asked, right=rng.random() < 0.5)
        chances = knowledge.chances()
        for skill, needs in requires:
            assert all(chances[skill] <= chances[need] for need in needs)


def test_a_right_answer_raises_and_another_lowers_what_it_needs() -> None:
    requires = (("a", ()), ("b", ("a",)), ("c", ("b",)))
    asked = Question("", frozenset("b"), 910, 320)
    before = Knowledge.start(requires)
    up, down = before.after(asked, right=True), before.after(asked, right=False)
    for skill in "abc":
        assert down.chances()[skill] < before.chances()[skill] < up.chances()[skill]


def test_nothing_and_everything_are_among_the_states_of_every_course() -> None:
    for pack in courses():
        states = states_of(tuple((skill.id, skill.requires) for skill in pack.skills.values()))
        rows = set(zip(*states.columns.values(), strict=True))
        assert {(True,) * len(pack.skills), (False,) * len(pack.skills)} <= rows


def test_a_circle_of_skills_stops_nothing() -> None:
    circle = (("a", ()), ("b", ("c",)), ("c", ("b",)))
    assert depths_of(circle) == {"a": 0, "b": 1, "c": 1}
    assert set(Knowledge.start(circle).chances()) == {"a", "b", "c"}


@pytest.mark.parametrize("milli", [-8_000, -1_000, 0, 1_000, 8_000])
@pytest.mark.parametrize("kind", ["answer", "choice"])
def test_no_question_is_beyond_doubt_however_easy_answers_made_it(milli: int, kind: str) -> None:
    items = (item for pack in bundled() for item in pack.items.values())
    item = next(item for item in items if item.kind == kind)
    asked = question_of(replace(item, fitted_milli=milli))
    assert 0 < asked.guessed < asked.known < 1_000
