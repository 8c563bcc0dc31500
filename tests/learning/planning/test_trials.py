"""What tries to skip by showing and placements come to in the fold."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from darasa.learning.evidence import Why
from darasa.learning.folding import Weighed
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    MasteryShown,
    NotSure,
    Payload,
    Placement,
    SignIn,
)
from darasa.learning.learner_state import advance, fold, from_bytes, start, to_bytes
from darasa.learning.learner_values import LearnerState
from darasa.sync.event import StoredEvent

MakeAttempt = Callable[..., Attempt]
Store = Callable[..., list[StoredEvent]]

SITTING = bytes(8)
COUNT = ("sums", "count")
BEGUN = Challenge(SITTING, "sums", "count", 0)
PASSED = Challenge(SITTING, "sums", "count", 1)
FAILED = Challenge(SITTING, "sums", "count", 2)
STOPPED = Challenge(SITTING, "sums", "count", 3)
LOOKS_FOR_START = Placement(SITTING, "sums", 0, ())


def as_seen(state: LearnerState) -> tuple[object, ...]:
    """All that a screen, a report or a plan goes by."""
    skills = {key: replace(each, last_right_ms=None) for key, each in state.skills.items()}
    met = {key: each for key, each in skills.items() if each != type(each)(*key)}
    return state.mastery.to_bytes(), met, state.tail


def two(make_attempt: MakeAttempt, *, second: bool = True) -> tuple[Attempt, Attempt]:
    return make_attempt(item="count-1"), make_attempt(item="count-2", right=second)


@pytest.mark.parametrize("end", [(FAILED,), (STOPPED,), ()])
def test_a_try_that_was_not_passed_is_seen_nowhere_and_weighs_nothing(
    make_attempt: MakeAttempt, store_events: Store, end: tuple[Payload, ...]
) -> None:
    before = make_attempt("add", item="add-1")
    tried = fold(store_events(before, BEGUN, *two(make_attempt, second=False), *end))
    assert as_seen(tried) == as_seen(fold(store_events(before)))
    assert tried.tries == 3  # kept, and sent like any work


@pytest.mark.parametrize("end", [(FAILED,), (STOPPED,), (SignIn(bytes([9] * 8), "pin"),)])
def test_what_comes_after_a_try_weighs_as_if_it_had_not_been(
    make_attempt: MakeAttempt, store_events: Store, end: tuple[Payload, ...]
) -> None:
    later = [make_attempt(item=f"count-{n}", nth=2, sitting=bytes([9] * 8)) for n in (3, 4, 5)]

    def stored(*payloads: Payload) -> list[StoredEvent]:
        return store_events(*payloads, happened=lambda _seq: 1_772_000_000_000)

    tried = fold(stored(BEGUN, *two(make_attempt, second=False), *end, *later))
    assert as_seen(tried) == as_seen(fold(stored(*later)))


def test_a_try_that_was_passed_weighs_as_any_answers_do(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    answers = two(make_attempt)
    passed = fold(store_events(BEGUN, *answers, PASSED)).skill(COUNT)
    plain = fold(store_events(SignIn(SITTING, "pin"), *answers)).skill(COUNT)
    assert passed == plain
    assert (passed.right_alone, passed.instances) == (2, 2)


def test_the_answers_of_a_try_are_held_through_the_states_bytes(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    events = store_events(BEGUN, *two(make_attempt), PASSED)
    state = start()
    for event in events:
        state = from_bytes(to_bytes(advance(state, event)))
    assert to_bytes(state) == to_bytes(fold(events))
    assert state.skill(COUNT).right_alone == 2


@pytest.mark.parametrize(
    "end",
    [
        Challenge(bytes([1] * 8), "sums", "count", 1),  # of another sitting
        Challenge(SITTING, "sums", "add", 1),  # of another skill
    ],
)
def test_only_the_end_of_this_try_makes_its_answers_weigh(
    make_attempt: MakeAttempt, store_events: Store, end: Payload
) -> None:
    assert fold(store_events(BEGUN, *two(make_attempt), end)).skill(COUNT).attempts == 0


def test_answers_of_another_log_or_skill_are_no_part_of_a_try(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    begun = store_events(BEGUN, make_attempt("add", item="add-1"), log=bytes([1] * 8))
    other = store_events(make_attempt(item="count-7"), log=bytes([2] * 8))
    state = fold([*begun, *other])
    assert (state.skill(("sums", "add")).attempts, state.skill(COUNT).attempts) == (1, 1)


@pytest.mark.parametrize(
    ("end", "whys"),
    [((PASSED,), [Why.COUNTS] * 2), ((FAILED,), [Why.CHALLENGE] * 2), ((), [Why.CHALLENGE] * 2)],
)
def test_who_asks_why_hears_once_of_each_answer_of_a_try(
    make_attempt: MakeAttempt, store_events: Store, end: tuple[Payload, ...], whys: list[Why]
) -> None:
    heard: list[Weighed] = []
    fold(store_events(BEGUN, *two(make_attempt), *end), hears=heard.append)
    assert [each.evidence.why for each in heard] == whys
    assert [each.evidence.weight for each in heard] == [int(why is Why.COUNTS) for why in whys]


@pytest.mark.parametrize("phase", [1, 2])
def test_a_placement_in_which_nothing_was_right_changes_nothing(
    make_attempt: MakeAttempt, store_events: Store, phase: int
) -> None:
    wrong = [make_attempt(item=f"count-{n}", right=False) for n in range(8)]
    unsure = NotSure(SITTING, "sums", "count-9", ("count",), 1)
    end = Placement(SITTING, "sums", phase, ())
    heard: list[Weighed] = []
    low = fold(store_events(LOOKS_FOR_START, *wrong, unsure, unsure, end), hears=heard.append)
    assert as_seen(low) == as_seen(fold([]))
    assert {each.evidence.why for each in heard} == {Why.PLACEMENT}
    assert low.trials.found == {"sums"}


def test_a_placement_that_was_cut_leaves_nothing_and_is_still_to_be_found(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    cut = fold(store_events(LOOKS_FOR_START, make_attempt(), make_attempt(right=False)))
    assert as_seen(cut) == as_seen(fold([]))
    assert (cut.placed, cut.trials.found) == (frozenset(), frozenset())


def test_what_placements_take_as_known_adds_up_and_is_never_said_to_be_got(
    store_events: Store,
) -> None:
    state = fold(
        store_events(
            Placement(SITTING, "sums", 1, ("count", "add")),
            Placement(SITTING, "sums", 2, ()),
            Placement(SITTING, "other", 1, ("add",)),
        )
    )
    assert state.placed == {COUNT, ("sums", "add"), ("other", "add")}
    assert all(skill.shown_ms is None for skill in state.skills.values())


def test_a_skill_that_was_kept_stays_kept_when_a_try_turns_up_around_its_answer(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """The beginning of a try may come to a computer after the answers that it holds."""
    day = 24 * 3_600_000
    events = store_events(
        MasteryShown(SITTING, "sums", "count", "rule", bytes(8), 1),
        BEGUN,
        make_attempt(),
        happened=lambda seq: seq * day,
    )
    without = [events[0], events[2]]
    assert fold(without).skill(COUNT).state == "kept"
    assert fold(events).skill(COUNT).state == "kept"
