from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Item, Text, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.fold_rules import FoldRules
from darasa.learning.kinds import Attempt
from darasa.learning.learner_state import fold, start
from darasa.learning.learner_values import LearnerState
from darasa.learning.mastery.parameters import NamedValues
from darasa.learning.mastery.shipped import WARM
from darasa.learning.planning.next_item import Before, Chosen, Rest, item_ref, next_item
from darasa.learning.skill_state import DAY_MS, SkillState
from darasa.sync.event import StoredEvent
from darasa.sync.ids import LearnerId

T = 1_715_616_000_000
LEARNER = LearnerId(bytes(16))
MakeAttempt = Callable[..., Attempt]
Store = Callable[..., list[StoredEvent]]
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def choose(
    pack: Pack, state: LearnerState, skill: str, before: Before | None = None, *, now_ms: int = T
) -> Chosen | Rest:
    return next_item(
        pack, state, skill, before or Before(b"seed"), learner_id=LEARNER, now_ms=now_ms
    )


def chosen(
    pack: Pack, state: LearnerState, skill: str, before: Before | None = None, *, now_ms: int = T
) -> Chosen:
    found = choose(pack, state, skill, before, now_ms=now_ms)
    assert isinstance(found, Chosen)
    return found


def attempt_on(make: MakeAttempt, found: Chosen, skill: str, *, right: bool) -> Attempt:
    return make(
        skill,
        right=right,
        item=found.item.id,
        nth=found.nth,
        difficulty_milli=difficulty_milli(found.item),
        values=(found.nth,) if found.item.vars else (),
    )


@FIXTURES
@given(
    answers=st.lists(st.booleans(), min_size=1, max_size=30),
    seed_and_skill=st.tuples(st.binary(max_size=8), st.sampled_from(("count", "add", "carry"))),
)
def test_the_last_two_items_never_come_again(
    sums: Pack,
    make_attempt: MakeAttempt,
    store_events: Store,
    answers: list[bool],
    seed_and_skill: tuple[bytes, str],
) -> None:
    seed, skill = seed_and_skill
    done: list[Attempt] = []
    for n, right in enumerate(answers):
        state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
        found = chosen(sums, state, skill, Before(seed, first=n == 0), now_ms=T + 90 * DAY_MS)
        assert found.item.id not in [a.item for a in done[-2:]]
        done.append(attempt_on(make_attempt, found, skill, right=right))


def test_nothing_without_numbers_is_repeated_while_something_was_not_met(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    done: list[Attempt] = []
    for _ in range(12):
        state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
        found = chosen(sums, state, "count", now_ms=T + 90 * DAY_MS)
        done.append(attempt_on(make_attempt, found, "count", right=True))
    assert len({a.item for a in done}) == 12
    state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
    again = chosen(sums, state, "count", now_ms=T + 90 * DAY_MS)
    assert (again.item.id, again.nth) == (done[0].item, 2)


def test_under_a_clock_that_stands_years_back_all_that_was_met_comes_again_in_turn(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    """An item keeps the greatest time of a try: by that alone the same three would always come."""
    done = [make_attempt("count", item=f"count-{n}") for n in range(12)]
    for _ in range(12):
        state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS if seq <= 12 else 0))
        found = chosen(sums, state, "count", now_ms=0)
        done.append(attempt_on(make_attempt, found, "count", right=False))
    assert len({attempt.item for attempt in done[12:]}) == 12


def test_drawn_items_give_new_numbers_each_time(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    done: list[Attempt] = []
    for _ in range(30):
        state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
        found = chosen(sums, state, "carry", now_ms=T + 90 * DAY_MS)
        done.append(attempt_on(make_attempt, found, "carry", right=True))
    assert len({(a.item, a.nth) for a in done}) == 30


def test_the_same_facts_and_seed_choose_the_same(sums: Pack) -> None:
    found = {chosen(sums, start(), "count", Before(bytes([n]))).item.id for n in range(30)}
    assert chosen(sums, start(), "count") == chosen(sums, start(), "count")
    assert len(found) > 1


def test_the_first_of_a_sitting_is_the_easiest_where_none_is_easy_enough(sums: Pack) -> None:
    assert chosen(sums, start(), "count", Before(b"", first=True)).item.difficulty == 1


@pytest.mark.parametrize("before", [Before(b"", first=True), Before(b"", not_yets=2)])
def test_easy_ones_are_no_easier_than_they_need_be(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store, before: Before
) -> None:
    """For a learner who is sure, an item of .85 and more need not be of the lowest difficulty."""
    right = [
        make_attempt("count", item=f"count-{n}", nth=nth, difficulty_milli=-1000)
        for nth in (1, 2, 3)
        for n in (2, 5, 8)
    ]
    state = fold(store_events(*right))
    found = chosen(sums, state, "count", before)
    assert 850_000 <= found.p_micro < 900_000
    assert found.item.difficulty == 3
    simpler = chosen(sums, state, "count", Before(b"", failed="count-1"))
    assert simpler.item.difficulty == 1


def test_otherwise_the_chance_is_nearest_to_seven_in_ten(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    done = [make_attempt("count", item=f"count-{n}", right=n != 4) for n in (1, 4, 7)]
    state = fold(store_events(*done))
    found = chosen(sums, state, "count")
    others = [item for item in sums.items_of("count") if state.item(("sums", item.id)).chances == 0]
    assert found.item in others
    chances = [state.predict(item_ref(sums, item, T)) for item in others]
    assert abs(found.p_micro - 700_000) == min(abs(p_micro - 700_000) for p_micro in chances)
    assert min(chances) < 700_000 < max(chances)


def test_after_help_comes_a_sister(sums: Pack) -> None:
    for helped, sister in (("add-7", "add-1"), ("add-1", "add-7")):
        before = Before(b"x", helped=helped, recent=(("sums", helped),))
        assert chosen(sums, start(), "add", before).item.id == sister


def test_without_a_sister_comes_one_as_hard(sums: Pack) -> None:
    for helped in ("count-0", "count-1", "count-2"):
        before = Before(b"x", helped=helped, recent=(("sums", helped),))
        same = sums.items[helped].difficulty
        assert chosen(sums, start(), "count", before).item.difficulty == same


def test_a_skill_with_two_items_ends_after_them(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    two = make_pack(
        (Skill(id="count", title="Counting"),), (sums.items["count-0"], sums.items["count-1"])
    )
    done = [make_attempt("count", item=f"count-{n}") for n in (0, 1)]
    assert choose(two, fold(store_events(*done)), "count") is Rest.NOTHING_ELSE
    assert choose(two, start(), "no such skill") is Rest.NOTHING_ELSE


def test_a_skill_with_two_items_is_asked_again_the_next_day(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    """Nothing else may be open, and then those would be the last two for ever."""
    two = make_pack(
        (Skill(id="count", title="Counting"),), (sums.items["count-0"], sums.items["count-1"])
    )
    done = [make_attempt("count", item=f"count-{n}") for n in (0, 1)]
    state = fold(store_events(*done))
    assert chosen(two, state, "count", now_ms=T + DAY_MS).item.id == "count-0"
    shown = Before(b"", recent=(("sums", "count-0"),))
    assert chosen(two, state, "count", shown, now_ms=T + DAY_MS).item.id == "count-1"
    shown = Before(b"", recent=(("sums", "count-0"), ("sums", "count-1")))
    assert choose(two, state, "count", shown, now_ms=T + DAY_MS) is Rest.NOTHING_ELSE


def test_an_only_item_with_numbers_gives_new_ones_at_once(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    one = make_pack((Skill(id="carry", title="Carrying"),), (sums.items["carry-0"],))
    state = fold(store_events(make_attempt("carry", item="carry-0")))
    shown = Before(b"", recent=(("sums", "carry-0"),))
    again = chosen(one, state, "carry", shown)
    assert (again.item.id, again.nth) == ("carry-0", 2)
    aside = Before(b"", set_aside=(("sums", "carry-0"),))
    assert choose(one, state, "carry", aside) is Rest.NOTHING_ELSE


def test_a_resting_skill_gives_nothing_until_tomorrow(sums: Pack) -> None:
    tired = SkillState("sums", "count", last_ms=T, chances_today=12, chances_without_three=12)
    state = LearnerState(skills={("sums", "count"): tired})
    assert choose(sums, state, "count") is Rest.TOMORROW
    assert isinstance(choose(sums, state, "count", now_ms=T + DAY_MS), Chosen)


def test_what_was_set_aside_does_not_come_by_itself(sums: Pack) -> None:
    aside = tuple(("sums", f"count-{n}") for n in range(11))
    assert chosen(sums, start(), "count", Before(b"", set_aside=aside)).item.id == "count-11"


def test_challenges_come_only_when_nothing_else_is_left(
    sums: Pack, make_pack: Callable[..., Pack]
) -> None:
    hard = replace(sums.items["count-1"], id="hard", challenge=True)
    pack = make_pack((Skill(id="count", title="Counting"),), (hard, sums.items["count-0"]))
    assert chosen(pack, start(), "count").item.id == "count-0"
    seen = Before(b"", recent=(("sums", "count-0"),))
    assert chosen(pack, start(), "count", seen).item.id == "hard"


def test_after_two_right_in_a_row_nothing_easier_than_usual_comes(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    lost = [
        make_attempt("add", right=False, item=f"add-{n % 12}", nth=n, values=(n,))
        for n in range(1, 25)
    ]
    right = [make_attempt("count", item=f"count-{n}", difficulty_milli=1_000) for n in (0, 3)]
    before = Before(b"")
    one = chosen(sums, fold(store_events(*lost, right[0])), "count", before)
    two = chosen(sums, fold(store_events(*lost, *right)), "count", before)
    assert (one.item.difficulty, two.item.difficulty) == (1, 2)


def test_an_item_that_uses_a_skill_not_begun_waits(
    sums: Pack, make_pack: Callable[..., Pack]
) -> None:
    skills = (Skill(id="count", title="Counting"), Skill(id="add", title="Adding"))
    both = replace(sums.items["count-0"], id="both", skills=("count", "add"))
    pack = make_pack(skills, (both, sums.items["count-2"]))
    assert chosen(pack, start(), "count", Before(b"", first=True)).item.id == "count-2"


def test_an_item_that_cannot_be_drawn_costs_itself_only(
    sums: Pack, make_pack: Callable[..., Pack]
) -> None:
    broken: Item = replace(
        sums.items["carry-0"], id="broken", where=("a > 100",), prompt=Text("?", "?", "?")
    )
    pack = make_pack((Skill(id="carry", title="Carrying"),), (broken, sums.items["carry-1"]))
    assert chosen(pack, start(), "carry", Before(b"", first=True)).item.id == "carry-1"
    seen = Before(b"", recent=(("sums", "carry-1"),))
    without = make_pack((Skill(id="carry", title="Carrying"),), (broken,))
    assert choose(without, start(), "carry", seen) is Rest.NOTHING_ELSE


def test_one_who_is_always_right_leaves_a_skill_in_few_items(
    sums: Pack, make_attempt: MakeAttempt, store_events: Store
) -> None:
    from darasa.learning.planning.mastery_rule import may_show

    done: list[Attempt] = []
    state = start()
    while not may_show(state.skill(("sums", "count"))):
        found = chosen(sums, state, "count", Before(b"s", first=not done))
        done.append(attempt_on(make_attempt, found, "count", right=True))
        state = fold(store_events(*done))
        assert len(done) <= 8
    assert len(done) >= 3


def wordy(item: Item, item_id: str, words: int, difficulty: int = 2) -> Item:
    asked = " ".join(["word"] * words)
    return replace(item, id=item_id, difficulty=difficulty, prompt=Text(asked, asked, asked))


def test_after_two_not_yets_on_wordy_items_comes_a_bare_one(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    item = sums.items["count-1"]
    items = [wordy(item, f"long-{n}", 20) for n in range(3)]
    items += [wordy(item, "easy", 19, 1), wordy(item, "bare", 12)]
    pack = make_pack((Skill(id="count", title="Counting"),), tuple(items))

    def after(*answers: tuple[str, bool]) -> str:
        done = [make_attempt("count", item=name, right=right) for name, right in answers]
        before = Before(b"", not_yets=sum(not right for _, right in answers))
        return chosen(pack, fold(store_events(*done)), "count", before).item.id

    assert after(("long-0", False), ("long-1", False)) == "bare"
    assert after(("long-0", True), ("long-1", False)) != "bare"
    assert after(("easy", False), ("long-1", False)) != "bare"
    assert after(("long-0", False), ("long-1", False), ("bare", False)) == "easy"


def test_a_simpler_item_after_two_wordy_ones_is_bare_too(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    item = sums.items["count-1"]
    items = [wordy(item, f"long-{n}", 25) for n in range(2)]
    items += [wordy(item, "easy", 25, 1), wordy(item, "bare easy", 5, 1), wordy(item, "bare", 5)]
    pack = make_pack((Skill(id="count", title="Counting"),), tuple(items))
    done = [make_attempt("count", item=f"long-{n}", right=False) for n in range(2)]
    before = Before(b"", not_yets=2, failed="long-1")
    assert chosen(pack, fold(store_events(*done)), "count", before).item.id == "bare easy"


def test_a_set_of_challenges_has_nothing_else_and_none_twice(
    sums: Pack, make_pack: Callable[..., Pack], make_attempt: MakeAttempt, store_events: Store
) -> None:
    hard = [replace(sums.items["count-2"], id=f"hard-{n}", challenge=True) for n in range(4)]
    pack = make_pack((Skill(id="count", title="Counting"),), (*hard, sums.items["count-0"]))
    done: list[Attempt] = []
    for _ in range(4):
        state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
        found = chosen(pack, state, "count", Before(b"", harder=True))
        assert found.item.challenge
        done.append(attempt_on(make_attempt, found, "count", right=True))
    assert len({a.item for a in done}) == 4
    state = fold(store_events(*done, happened=lambda seq: T + seq * DAY_MS))
    assert choose(pack, state, "count", Before(b"", harder=True)) is Rest.NOTHING_ELSE


def fitted(pack: Pack, **milli: int) -> Pack:
    """The pack as a build with difficulties makes it."""
    items = [replace(item, fitted_milli=milli.get(item.id)) for item in pack.items.values()]
    return invented_pack(tuple(pack.skills.values()), items, pack_id=pack.id)


def test_what_answers_say_of_items_goes_before_what_their_author_wrote(sums: Pack) -> None:
    first = Before(b"seed", first=True)
    assert chosen(sums, start(), "count", first).item.difficulty == 1
    harder = {item.id: -2_000 for item in sums.items_of("count")}
    told = fitted(sums, **(harder | {"count-2": 1_500}))
    assert told.items["count-2"].difficulty == 3
    assert chosen(told, start(), "count", first).item.id == "count-2"


def test_under_a_fit_that_lists_items_each_is_what_the_fit_says_of_it(sums: Pack) -> None:
    """Alike as the pack wrote them, they are not alike in the fit."""
    rows = tuple(NamedValues("sums", f"count-{n}", (-2_000_000, 0)) for n in range(12))
    rows = (*rows[:5], NamedValues("sums", "count-5", (3_000_000, 0)), *rows[6:])
    rules = FoldRules.of(replace(WARM, items=rows), fit_id=bytes(16))
    found = chosen(sums, start(rules), "count", Before(b"seed", first=True))
    assert found.item.id == "count-5"
