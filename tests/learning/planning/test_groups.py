"""Groups of a class, on a course of three skills in a row."""

import random
from collections.abc import Callable, Sequence
from itertools import chain

import pytest

from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText
from darasa.learning.kinds import Attempt, MasteryShown
from darasa.learning.learner_state import fold
from darasa.learning.planning.groups import MOST_MAX, NAMES, By, Grouping, Member, make_groups
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

NOW_MS = 1_715_587_200_000 + 9 * 3_600_000
SEED = b"5B on Monday"
MakeMember = Callable[..., Member]


@pytest.fixture
def member(
    make_attempt: Callable[..., Attempt], store_events: Callable[..., list[StoredEvent]]
) -> MakeMember:
    """member(3, got=("count",), missed=("add",)): the fourth of a class."""

    def make(
        number: int,
        *,
        got: Sequence[str] = (),
        missed: Sequence[str] = (),
        well: Sequence[str] = (),
        interests: Sequence[str] = (),
    ) -> Member:
        payloads: list[object] = [
            MasteryShown(bytes(8), "sums", skill, "r", bytes(8), 1) for skill in got
        ]
        payloads += [
            make_attempt(skill, right=False, item=f"{skill}-{nth}")
            for nth, skill in enumerate(missed)
        ]
        payloads += [make_attempt(skill) for skill in well]
        state = fold(store_events(*payloads))
        said = tuple(SafeText(each) for each in interests)
        return Member(LearnerId(number.to_bytes(16, "big")), state, said)

    return make


def grouped(by: By, members: Sequence[Member], pack: Pack, **how: object) -> Grouping:
    return make_groups(by, members, (pack,), now_ms=NOW_MS, seed=SEED, **how)  # type: ignore[arg-type]


def numbers(learners: Sequence[LearnerId]) -> set[int]:
    return {int.from_bytes(each, "big") for each in learners}


def reasons(grouping: Grouping) -> dict[str, set[int]]:
    return {str(group.reason): numbers(group.learners) for group in grouping.groups}


def test_those_who_missed_the_same_skill_go_together_and_it_says_what_needs_it(
    member: MakeMember, sums: Pack
) -> None:
    members = [member(n, missed=["count"]) for n in range(4)]
    members += [member(n, got=["count"], missed=["add"]) for n in range(4, 7)]
    assert reasons(grouped(By.NEED, members, sums)) == {
        'These four missed "Counting", which "Adding" needs.': {0, 1, 2, 3},
        'These three missed "Adding", which "Carrying" needs.': {4, 5, 6},
    }


def test_who_failed_at_a_skill_is_grouped_by_what_it_needs_and_she_never_met(
    member: MakeMember, sums: Pack
) -> None:
    members = [member(1, missed=["add"]), member(2, missed=["add"])]
    found = grouped(By.NEED, members, sums)
    assert reasons(found) == {'These two have not begun "Counting", which "Adding" needs.': {1, 2}}
    mixed = grouped(By.NEED, [*members, member(3, missed=["count"])], sums)
    assert reasons(mixed) == {
        'These three have not got "Counting" yet, which "Adding" needs.': {1, 2, 3}
    }


def test_who_is_ready_for_the_same_goes_together_when_nothing_was_missed(
    member: MakeMember, sums: Pack
) -> None:
    ready = [member(n, got=["count"]) for n in range(2)]
    well = member(2, got=["count"], well=["add"])
    done = member(3, got=["count", "add", "carry"])
    found = grouped(By.NEED, [*ready, well, done], sums)
    assert reasons(found) == {'These two have not begun "Adding", which "Carrying" needs.': {0, 1}}
    assert {str(why) for _, why in found.left} == {"Lacks nothing now."}
    assert numbers([who for who, _ in found.left]) == {2, 3}
    alone = grouped(By.NEED, [ready[0], well, done], sums)
    assert "Nobody else lacks the same." in {str(why) for _, why in alone.left}


def test_two_not_yets_on_what_she_had_got_make_it_a_need_again(
    member: MakeMember, sums: Pack
) -> None:
    members = [member(n, got=["count"], missed=["count", "count"]) for n in range(2)]
    (group,) = grouped(By.NEED, members, sums).groups
    assert group.reason == 'These two missed "Counting", which "Adding" needs.'
    assert group.skill == ("sums", "count")


def test_mixed_groups_have_one_who_can_show_and_are_alike(member: MakeMember, sums: Pack) -> None:
    strong = [member(n, got=["count", "add", "carry"]) for n in range(3)]
    others = [member(n, missed=["count"]) for n in range(3, 12)]
    found = grouped(By.MIXED, [*others, *strong], sums, most=4)
    assert [len(group.learners) for group in found.groups] == [4, 4, 4]
    for group in found.groups:
        assert len(numbers(group.learners) & {0, 1, 2}) == 1
        assert group.reason == 'One has got "Counting" and can show the others.'
    alike = grouped(By.MIXED, others, sums)
    assert {str(g.reason) for g in alike.groups} == {"Put together so that strengths differ."}


def test_the_place_in_a_mixed_group_is_no_rank(member: MakeMember, sums: Pack) -> None:
    firsts = set()
    for seed in range(8):
        members = [member(0, got=["count", "add"])] + [member(n) for n in range(1, 4)]
        (group,) = make_groups(By.MIXED, members, (sums,), now_ms=NOW_MS, seed=bytes([seed])).groups
        firsts.add(group.learners[0])
    assert len(firsts) > 1


def test_interest_is_what_they_said_or_else_what_they_worked_at(
    member: MakeMember, sums: Pack
) -> None:
    said = [member(n, interests=["Football", "Goats"]) for n in range(2)]
    goats = [member(n, interests=["Goats"]) for n in range(2, 5)]
    worked = [member(n, well=["carry"]) for n in range(5, 7)]
    found = grouped(By.INTEREST, [*said, *goats, *worked, member(7)], sums)
    assert reasons(found) == {
        'These five chose "Goats".': {0, 1, 2, 3, 4},
        'These two lately worked most at "More numbers".': {5, 6},
    }
    assert numbers([who for who, _ in found.left]) == {7}


@pytest.mark.parametrize("by", By)
def test_everybody_is_in_one_place_and_sizes_are_bounded(
    by: By, member: MakeMember, sums: Pack
) -> None:
    rng = random.Random(3)
    kinds = [
        {"missed": ["count"]}, {"got": ["count"], "missed": ["add"]}, {"got": ["count"]}, {},
        {"got": ["count", "add"], "well": ["carry"]}, {"well": ["count"]},
    ]  # fmt: skip
    everybody = [member(n, **rng.choice(kinds)) for n in range(41)]
    for size in (*range(10), 40, 41):
        for most in (3, 4, 5, MOST_MAX):
            found = grouped(by, everybody[:size], sums, most=most)
            placed = list(chain.from_iterable(group.learners for group in found.groups))
            placed += [who for who, _ in found.left]
            assert sorted(placed) == [each.learner_id for each in everybody[:size]]
            assert all(2 <= len(group.learners) <= most for group in found.groups)
            assert all(group.reason and len(str(group.reason)) < 200 for group in found.groups)
            names = [group.name for group in found.groups]
            assert len(set(names)) == len(names)
            assert {name.split()[0] for name in names} <= set(NAMES)


@pytest.mark.parametrize("by", By)
def test_the_same_class_and_seed_give_the_same_groups_in_any_order(
    by: By, member: MakeMember, sums: Pack
) -> None:
    members = [member(n, missed=["count"] if n % 3 else []) for n in range(17)]
    found = grouped(by, members, sums)
    assert grouped(by, list(reversed(members)), sums) == found
    other = make_groups(by, members, (sums,), now_ms=NOW_MS, seed=b"another day")
    assert other != found


def test_a_name_says_nothing_of_the_level(member: MakeMember, sums: Pack) -> None:
    """The group that lacks the first skill is not always the same name, nor always the first."""
    members = [member(n, missed=["count"]) for n in range(3)]
    members += [member(n, got=["count"], missed=["add"]) for n in range(3, 6)]
    names, places = set(), set()
    for day in range(12):
        found = make_groups(By.NEED, members, (sums,), now_ms=NOW_MS, seed=bytes([day])).groups
        (place,) = (nth for nth, group in enumerate(found) if group.skill == ("sums", "count"))
        names.add(found[place].name)
        places.add(place)
    assert len(names) > 4
    assert places == {0, 1}


@pytest.mark.parametrize("most", [0, 2, MOST_MAX + 1])
def test_sizes_out_of_bounds_are_refused(most: int, sums: Pack) -> None:
    with pytest.raises(ValueError, match="a number from 3 to 12"):
        grouped(By.FREE, [], sums, most=most)
