from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as replaced

from darasa.content_packs.safe_text import SafeText
from darasa.learning.fold_rules import FoldRules
from darasa.learning.kinds import Attempt, Hand, MasteryShown, NotSure
from darasa.learning.learner_state import fold, start
from darasa.learning.learner_values import LearnerState
from darasa.learning.mastery.shipped import WARM
from darasa.learning.reports.alerts import (
    DEFAULTS,
    NEEDS_YOU,
    Alert,
    AlertSettings,
    Course,
    LiveState,
    Presence,
    is_circling,
    live_state,
)
from darasa.learning.skill_state import Judged
from darasa.sync.event import StoredEvent
from darasa.sync.messages import Doing

MINUTE = 60_000
MONDAY_MS = 1_715_587_200_000 + 8 * 3_600_000
COUNT = ("sums", "count")
COURSE = Course(
    titles={COUNT: SafeText("Counting")},
    words={("sums", "count-1"): 20},
    hints={("sums", "count-1"): 2},
)
HERE = Presence(heard_ms=2_000, doing=Doing.WORKING, since_ms=20_000, skill=COUNT)
MakeAttempt = Callable[..., Attempt]
Store = Callable[..., list[StoredEvent]]


def state_of(store: Store, *payloads: object, minutes_ago: int = 5) -> tuple[LearnerState, int]:
    events = store(*payloads, happened=lambda _: MONDAY_MS)
    return fold(events), MONDAY_MS + minutes_ago * MINUTE


def alert(state: LearnerState, now_ms: int, presence: Presence | None = HERE) -> Alert:
    return live_state(state, presence, COURSE, now_ms=now_ms)


def wrongs(make: MakeAttempt, count: int, **fields: object) -> list[Attempt]:
    return [make(right=False, item=f"count-{n}", nth=n + 1, **fields) for n in range(count)]


def test_a_hand_that_is_up_comes_before_everything(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    hand = Hand(bytes(8), True, "count", "count-1")
    state, now = state_of(store_events, *wrongs(make_attempt, 11), hand)
    assert alert(state, now).state is LiveState.HAND_UP
    down = replace(HERE)
    state, now = state_of(store_events, hand, Hand(bytes(8), False, "", ""))
    assert alert(state, now, down).state is LiveState.WORKING


def test_a_hand_of_yesterday_is_down(store_events: Store) -> None:
    hand = Hand(bytes(8), True, "", "")
    state, now = state_of(store_events, hand, minutes_ago=20 * 60)
    assert alert(state, now).state is LiveState.WORKING


def test_ten_chances_without_three_right_in_a_row_is_circling(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    pattern = [False, True, True] * 4
    tries = [make_attempt(right=r, item=f"count-{n}") for n, r in enumerate(pattern)]
    state, now = state_of(store_events, *tries[:9])
    assert alert(state, now).state is LiveState.WORKING
    state, now = state_of(store_events, *tries[:10])
    found = alert(state, now)
    assert found.state is LiveState.CIRCLING
    assert found.reason == "10 chances on Counting without three right in a row."


def test_who_was_just_right_is_not_called_circling_before_her_next_not_yet(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """In a world where skills are learnt at once a third of those had just learnt it."""
    pattern = [True, True, False] * 4
    tries = [make_attempt(right=r, item=f"count-{n}") for n, r in enumerate(pattern)]
    state, now = state_of(store_events, *tries[:11])
    assert not is_circling(state.skill(COUNT))
    assert alert(state, now).state is LiveState.WORKING
    state, now = state_of(store_events, *tries)
    assert is_circling(state.skill(COUNT))
    helped = make_attempt(right=True, help=1, item="count-40")
    state, now = state_of(store_events, *tries[:11], helped)
    assert alert(state, now).state is LiveState.CIRCLING  # right with help is not right alone


def test_whom_fitted_weights_expect_to_do_well_is_not_called_circling(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """All right elsewhere and two of three here: half of those have it. Shipped weights guess."""
    elsewhere = [make_attempt("add", right=True, item=f"add-{n}") for n in range(30)]
    pattern = [True, True, False] * 4
    tries = [make_attempt(right=r, item=f"count-{n}") for n, r in enumerate(pattern)]
    state, now = state_of(store_events, *elsewhere, *tries)
    fitted = replaced(state, rules=FoldRules.of(replaced(WARM, mode="refit")))
    assert alert(state, now).state is LiveState.CIRCLING
    assert alert(fitted, now).state is LiveState.WORKING
    known, bound = state.skill(COUNT), DEFAULTS.circling_below_micro
    assert not is_circling(replaced(known, p_micro=bound), refitted=True)
    assert is_circling(replaced(known, p_micro=bound - 1), refitted=True)


def test_what_a_teacher_says_she_has_got_does_not_circle(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    wrong = [make_attempt(right=False, item=f"count-{n}") for n in range(10)]
    state, _ = state_of(store_events, *wrong)
    assert is_circling(state.skill(COUNT))
    assert not is_circling(replaced(state.skill(COUNT), judged=Judged("got", None, 1)))
    assert is_circling(replaced(state.skill(COUNT), judged=Judged("learning", None, 1)))


def test_one_who_has_got_it_does_not_circle(make_attempt: MakeAttempt, store_events: Store) -> None:
    shown = MasteryShown(bytes(8), "sums", "count", "r", bytes(8), 1)
    pattern = [True, True, False] * 4
    tries = [make_attempt(right=r, item=f"count-{n}") for n, r in enumerate(pattern)]
    state, now = state_of(store_events, shown, *tries)
    assert alert(state, now).state is LiveState.WORKING


def test_three_wrong_tries_in_a_row_is_stuck_also_on_one_item(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    tries = [make_attempt(right=False, try_nth=n, help=n - 1) for n in (1, 2, 3)]
    state, now = state_of(store_events, *tries[:2])
    assert alert(state, now).state is LiveState.WORKING
    state, now = state_of(store_events, *tries)
    assert alert(state, now).reason == "3 not-yets on Counting, hint 2 used."
    state, now = state_of(store_events, *tries, make_attempt(item="count-9"))
    assert alert(state, now).state is LiveState.WORKING


def test_all_hints_used_and_still_wrong_is_stuck(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    state, now = state_of(store_events, make_attempt(right=False, help=1))
    assert alert(state, now).state is LiveState.WORKING
    state, now = state_of(store_events, make_attempt(right=False, help=2))
    found = alert(state, now)
    assert (found.state, found.reason) == (
        LiveState.STUCK,
        "Not yet right on Counting after every hint.",
    )


def not_sure(item: str) -> NotSure:
    return NotSure(bytes(8), "sums", item, ("count",), 1)


def test_not_sure_yet_of_two_items_in_a_row_is_stuck_though_she_is_at_another_skill(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    elsewhere = replace(HERE, skill=("sums", "before"))
    said = [not_sure("count-1"), not_sure("count-1"), not_sure("count-2")]
    state, now = state_of(store_events, *said[:2])
    assert alert(state, now, elsewhere).state is LiveState.WORKING  # the same item twice
    state, now = state_of(store_events, *said)
    found = alert(state, now, elsewhere)
    assert found.reason == "Not sure yet of 2 items in a row on Counting."
    assert (found.state, found.skill) == (LiveState.STUCK, COUNT)
    assert alert(state, now + 120 * MINUTE, elsewhere).state is LiveState.WORKING
    tried = make_attempt("count", right=False, item="count-3")
    state, now = state_of(store_events, *said, tried)
    assert alert(state, now, elsewhere).state is LiveState.WORKING


def test_not_sure_is_over_once_something_was_right(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    back = make_attempt("before", right=True)
    said = [not_sure("count-1"), not_sure("count-2"), back]
    for right, expected in ((True, LiveState.WORKING), (False, LiveState.STUCK)):
        said[2] = make_attempt("before", right=right)
        times = iter([1, 2, 3])
        events = store_events(*said, happened=lambda _, t=times: MONDAY_MS + next(t) * MINUTE)
        assert alert(fold(events), MONDAY_MS + 5 * MINUTE).state is expected


def test_who_tries_again_and_again_on_one_item_is_not_quiet(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """The screen stays the same for six minutes; what she does is in her answers."""
    state, now = state_of(store_events, make_attempt(right=False), minutes_ago=1)
    sits = replace(HERE, since_ms=6 * MINUTE)
    assert alert(state, now, sits).state is LiveState.WORKING
    found = alert(state, now + 4 * MINUTE, replace(sits, since_ms=10 * MINUTE))
    assert (found.state, found.reason) == (LiveState.QUIET, "Nothing new for 5 minutes.")


def test_three_times_the_usual_time_on_one_item_is_stuck(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    usual = [make_attempt(item=f"count-{n}", response_ms=40_000) for n in range(5)]
    state, now = state_of(store_events, *usual, minutes_ago=1)
    assert alert(state, now, replace(HERE, since_ms=120_000)).state is LiveState.WORKING
    assert alert(state, now, replace(HERE, since_ms=120_001)).state is LiveState.STUCK
    few, now = state_of(store_events, *usual[:4], minutes_ago=1)
    assert alert(few, now, replace(HERE, since_ms=200_000)).state is LiveState.WORKING


def test_four_answers_quicker_than_their_words_is_rushing(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """Twenty words take three seconds; the fold's floor of one second would not see it."""
    quick = [make_attempt(nth=n, response_ms=2_900) for n in range(1, 5)]
    state, now = state_of(store_events, *quick)
    assert alert(state, now).state is LiveState.RUSHING
    state, now = state_of(store_events, *quick[:3])
    assert alert(state, now).state is LiveState.WORKING
    slow = make_attempt(nth=9, response_ms=3_000)
    state, now = state_of(store_events, *quick, slow)
    assert alert(state, now).state is LiveState.WORKING


def test_what_happened_before_this_lesson_calls_nobody(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    state, now = state_of(store_events, *wrongs(make_attempt, 12), minutes_ago=120)
    assert alert(state, now).state is LiveState.WORKING


@pytest.mark.parametrize(
    ("presence", "expected"),
    [
        (None, LiveState.AWAY),
        (replace(HERE, heard_ms=2 * MINUTE), LiveState.AWAY),
        (replace(HERE, doing=Doing.READING, since_ms=7 * MINUTE), LiveState.READING),
        (replace(HERE, doing=Doing.LOCKED), LiveState.QUIET),
        (replace(HERE, since_ms=5 * MINUTE), LiveState.QUIET),
        (replace(HERE, doing=Doing.BETWEEN), LiveState.DONE),
        (replace(HERE, doing=Doing.HOME), LiveState.WORKING),
        (replace(HERE, doing=99, skill=None), LiveState.WORKING),
    ],
)
def test_otherwise_the_state_is_what_the_computer_says(
    presence: Presence | None, expected: LiveState
) -> None:
    assert alert(start(), MONDAY_MS, presence).state is expected


def test_a_state_that_was_handled_is_quiet_for_ten_minutes(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    state, now = state_of(store_events, *wrongs(make_attempt, 3))
    for handled_ago, expected in ((9, LiveState.WORKING), (10, LiveState.STUCK)):
        handled = {LiveState.STUCK: now - handled_ago * MINUTE}
        found = live_state(state, HERE, COURSE, now_ms=now, handled=handled)
        assert found.state is expected


def test_a_school_may_set_its_own_thresholds(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    state, now = state_of(store_events, make_attempt(right=False))
    found = live_state(
        state, HERE, COURSE, now_ms=now, settings=replace(AlertSettings(), stuck_tries=1)
    )
    assert found.state is LiveState.STUCK


def test_those_who_need_the_teacher_are_the_first_four_words() -> None:
    assert set(list(LiveState)[:4]) == NEEDS_YOU


def test_a_hand_that_a_wrong_clock_raised_years_ahead_is_not_up_for_years(
    store_events: Store,
) -> None:
    state, now = state_of(store_events, Hand(bytes(8), True, "", ""))
    assert alert(state, now - 70 * 365 * 24 * 60 * MINUTE).state is LiveState.WORKING
