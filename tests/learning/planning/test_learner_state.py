from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from darasa.learning.kinds import (
    Attempt,
    Hand,
    LessonProgress,
    MasteryShown,
    NotSure,
    Payload,
    SignIn,
    SignOut,
)
from darasa.learning.learner_state import (
    RULES,
    advance,
    digest,
    fold,
    follows,
    from_bytes,
    start,
    to_bytes,
)
from darasa.learning.mastery.base import ItemRef
from darasa.sync.event import StoredEvent
from darasa.sync.ids import Chain, LogId

MakeAttempt = Callable[..., Attempt]
Store = Callable[..., list[StoredEvent]]
SKILLS = ("count", "add", "carry")
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)

SHOWN = st.builds(
    MasteryShown,
    sitting=st.just(bytes(8)),
    pack=st.just("sums"),
    skill=st.sampled_from(SKILLS),
    rule=st.just("elo-1/shown-1"),
    evidence_log=st.just(bytes(8)),
    evidence_seq=st.just(1),
)
ATTEMPTS = st.builds(
    lambda skill, item, right, b, nth, values, try_nth, helped, ms, sitting: Attempt(
        sitting=bytes([sitting] * 8),
        pack="sums",
        item=f"{skill}-{item}",
        item_version=bytes(8),
        skills=(skill,),
        difficulty_milli=b,
        nth=nth,
        values=values,
        try_nth=try_nth,
        right=right,
        picked=(),
        typed="",
        help=helped,
        shown_before=False,
        response_ms=ms,
        source=0,
        partners=0,
        pair=None,
        supervised=False,
    ),
    skill=st.sampled_from(SKILLS),
    item=st.integers(0, 3),
    right=st.booleans(),
    b=st.sampled_from((-1_000, 0, 1_000)),
    nth=st.integers(1, 3),
    values=st.tuples(st.integers(0, 2)),
    try_nth=st.integers(1, 3),
    helped=st.sampled_from((0, 0, 1, 16)),
    ms=st.sampled_from((500, 9_000)),
    sitting=st.integers(0, 2),
)
HANDS = st.builds(
    Hand, sitting=st.just(bytes(8)), up=st.booleans(), skill=st.just(""), item=st.just("")
)
LESSONS = st.builds(
    LessonProgress,
    sitting=st.just(bytes(8)),
    pack=st.just("sums"),
    lesson=st.just("counting"),
    level=st.sampled_from(("easier", "richer")),
    locale=st.just("en"),
    section=st.integers(1, 4),
    sections=st.just(4),
)
PAYLOADS = st.one_of(ATTEMPTS, ATTEMPTS, SHOWN, HANDS, LESSONS)
LOGS = st.lists(st.lists(PAYLOADS, max_size=8), min_size=1, max_size=4)


def events_of(store: Store, logs: list[list[Payload]]) -> list[StoredEvent]:
    """Several logs, two of them in sittings of one lamport: offline at two computers at once."""
    events: list[StoredEvent] = []
    for number, payloads in enumerate(logs):
        lamport = 1 + number // 2
        day = number * 20 * 3_600_000
        log = bytes([number + 1] * 8)
        events += store(
            *payloads,
            lamport=lamport,
            log=log,
            happened=lambda seq, day=day: day + seq * 60_000,
        )
    return sorted(events, key=lambda e: e.order_key)


@FIXTURES
@given(logs=LOGS, data=st.data())
def test_any_order_of_arrival_gives_equal_bytes(
    store_events: Store, logs: list[list[Payload]], data: st.DataObject
) -> None:
    events = events_of(store_events, logs)
    shuffled = data.draw(st.permutations(events))
    again = sorted(shuffled, key=lambda e: e.order_key)
    assert to_bytes(fold(again)) == to_bytes(fold(events))


@FIXTURES
@given(logs=LOGS, data=st.data())
def test_folding_in_parts_gives_equal_bytes(
    store_events: Store, logs: list[list[Payload]], data: st.DataObject
) -> None:
    events = iter(events_of(store_events, logs))
    state = start()
    while part := list(islice(events, data.draw(st.integers(1, 6)))):
        state = from_bytes(to_bytes(fold(part, state)))
    assert to_bytes(state) == to_bytes(fold(events_of(store_events, logs)))


@FIXTURES
@given(logs=LOGS, data=st.data())
def test_shown_is_shown_whatever_is_merged_in_whatever_order(
    store_events: Store, logs: list[list[Payload]], data: st.DataObject
) -> None:
    """Each node that holds a part of the events says no less than it said with fewer."""
    events = events_of(store_events, logs)
    rank = {"learning": 0, "got": 1, "kept": 2}
    held: list[StoredEvent] = []
    said: dict[tuple[str, str], int] = {}
    for event in data.draw(st.permutations(events)):
        held = sorted((*held, event), key=lambda e: e.order_key)
        for key, skill in fold(held).skills.items():
            assert rank[skill.state] >= said.get(key, 0)
            said[key] = rank[skill.state]


@FIXTURES
@given(logs=LOGS)
def test_bytes_give_the_state_back(store_events: Store, logs: list[list[Payload]]) -> None:
    state = fold(events_of(store_events, logs))
    assert from_bytes(to_bytes(state)) == state
    assert all(0 < skill.p_micro < 1_000_000 for skill in state.skills.values())


def test_an_event_twice_is_refused(make_attempt: MakeAttempt, store_events: Store) -> None:
    [event] = store_events(make_attempt())
    state = advance(start(), event)
    assert not follows(state, event)
    with pytest.raises(ValueError, match="each once"):
        advance(state, event)


def test_two_tips_of_a_forked_log_both_count(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    [one] = store_events(make_attempt())
    other = replace(one, chain=Chain(bytes([255] * 16)))
    assert fold(sorted((one, other), key=lambda e: e.order_key)).events == 2


def test_unknown_kinds_and_bad_bodies_count_as_events_and_change_nothing_else(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    known, unknown, broken = store_events(make_attempt(), make_attempt(), make_attempt())
    unknown = replace(unknown, event=replace(unknown.event, kind=63))
    broken = replace(broken, event=replace(broken.event, body=("nonsense",)))
    state = fold([known, unknown, broken])
    assert state.events == 3
    assert (state.tries, state.skills) == (1, fold([known]).skills)


def test_ten_wrong_on_one_skill_change_no_other(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    before = [make_attempt("add", item=f"add-{n}") for n in range(4)]
    bad = [make_attempt("count", right=False, item=f"count-{n}") for n in range(10)]
    events = store_events(*before, *bad)
    assert fold(events).skill(("sums", "add")) == fold(events[:4]).skill(("sums", "add"))
    unmet = start().predict(ItemRef((("sums", "count"),)))
    assert fold(events).skill(("sums", "count")).p_micro < unmet // 2


def test_a_merge_that_sorts_before_what_was_said_takes_nothing_back(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    shown = MasteryShown(bytes(8), "sums", "count", "elo-1/shown-1", bytes(8), 4)
    here = store_events(
        *(make_attempt(item=f"count-{n}") for n in range(4)), shown, lamport=2, log=bytes([9] * 8)
    )
    there = store_events(
        *(make_attempt(item=f"count-{n}", right=False) for n in range(4)), lamport=1
    )
    assert fold(there + here).skill(("sums", "count")).state == "got"


def test_a_first_try_that_turns_out_to_be_the_second_takes_no_kept_back(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    shown, again = store_events(
        MasteryShown(bytes(8), "sums", "count", "rule", bytes(8), 1),
        make_attempt(sitting=b"one-sitt"),
        log=b"B" * 8,
        happened=lambda seq: seq * 20 * 3_600_000,
    )
    [before] = store_events(make_attempt(sitting=b"one-sitt", right=False), log=b"A" * 8)
    assert fold([shown, again]).skill(("sums", "count")).state == "kept"
    assert fold([before, shown, again]).skill(("sums", "count")).state == "kept"


def test_kept_needs_a_night_after_it_was_shown(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    shown = MasteryShown(bytes(8), "sums", "count", "elo-1/shown-1", bytes(8), 1)
    payloads = (make_attempt(), shown, make_attempt(item="count-2"), make_attempt(item="count-3"))
    hours = {1: 0, 2: 0, 3: 6, 4: 22}
    events = store_events(*payloads, happened=lambda seq: hours[seq] * 3_600_000)
    key = ("sums", "count")
    assert [fold(events[:n]).skill(key).state for n in (1, 2, 3, 4)] == [
        "learning",
        "got",
        "got",
        "kept",
    ]


def test_an_instance_is_its_numbers_not_its_number(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """An item without variables is one instance however often it comes."""
    fixed = [make_attempt(item="count-1", nth=n, sitting=bytes([n] * 8)) for n in (1, 2, 3)]
    drawn = [make_attempt(item="count-2", nth=n, values=(n % 2,)) for n in (1, 2, 3)]
    state = fold(store_events(*fixed, *drawn))
    assert state.skill(("sums", "count")).instances == 3
    assert state.skill(("sums", "count")).attempts == 6
    assert state.item(("sums", "count-1")).nth_max == 3


def test_later_tries_are_seen_by_the_teacher_and_weigh_nothing(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    tries = [make_attempt(right=False, try_nth=n) for n in (1, 2, 3)]
    skill = fold(store_events(*tries)).skill(("sums", "count"))
    assert (skill.chances, skill.attempts, skill.wrong_tries_run) == (1, 1, 3)


def unsure(item: str, nth: int = 1) -> NotSure:
    return NotSure(bytes(8), "sums", item, ("count",), nth)


@pytest.mark.parametrize(
    ("said", "run"),
    [
        ((unsure("count-1"),), 1),
        ((unsure("count-1"), unsure("count-1")), 1),  # of one item it is said once
        ((unsure("count-1"), unsure("count-2")), 2),
        ((unsure("count-1"), unsure("count-1", 2)), 2),
        ((unsure("count-1"), {"item": "count-1", "help": 1}, unsure("count-2")), 2),
        ((unsure("count-1"), {"item": "count-1", "right": False}, unsure("count-2")), 2),
        ((unsure("count-1"), {"item": "count-1"}, unsure("count-2")), 1),
        ((unsure("count-1"), {"item": "count-3", "right": False}, unsure("count-2")), 1),
        ((unsure("count-1"), unsure("count-2"), {"item": "count-3"}), 0),
    ],
)
def test_not_sure_of_two_items_in_a_row_is_seen_and_is_no_answer(
    make_attempt: MakeAttempt, store_events: Store, said: tuple[object, ...], run: int
) -> None:
    payloads = [each if isinstance(each, NotSure) else make_attempt(**each) for each in said]
    answers = [each for each in payloads if not isinstance(each, NotSure)]
    state = fold(store_events(*payloads))
    skill = state.skill(("sums", "count"))
    assert skill.not_sure_run == run
    assert (skill.chances, state.tries) == (len(answers), len(answers))
    assert skill.wrong_tries_run <= sum(not answer.right for answer in answers)


def test_the_sitting_the_hand_and_the_lesson_are_the_last_ones(store_events: Store) -> None:
    one, two = bytes([1] * 8), bytes([2] * 8)
    state = fold(
        store_events(
            SignIn(one, "pin"),
            Hand(one, True, "count", "count-1"),
            LessonProgress(one, "sums", "counting", "easier", "en", 3, 4),
            LessonProgress(one, "sums", "counting", "middle", "en", 2, 4),
            SignOut(one, "idle"),
            SignIn(two, "pin"),
            SignOut(one, "asked"),
        )
    )
    place = state.lessons["sums", "counting"]
    assert (place.section, place.furthest, place.level) == (2, 3, "middle")
    assert state.hand is not None
    assert state.hand.up
    assert state.sitting is not None
    assert (state.sitting.sitting, state.sitting.ended_ms, state.sittings) == (two, None, 2)


def test_digest_tells_states_apart(make_attempt: MakeAttempt, store_events: Store) -> None:
    right, wrong = store_events(make_attempt()), store_events(make_attempt(right=False))
    assert len(digest(fold(right))) == 16
    assert digest(fold(right)) != digest(fold(wrong))
    other_log = replace(right[0], log_id=LogId(bytes([3] * 8)))
    assert digest(fold([other_log])) != digest(fold(right))


def test_a_state_of_other_rules_is_refused() -> None:
    with pytest.raises(ValueError, match="another version"):
        from_bytes(to_bytes(start()).replace(b"warm-1/", b"warm-0/"))


def test_the_digest_of_a_known_history_is_the_same_on_every_machine(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """Changes with RULES and never without: a C library or a processor must not show in it."""
    history = [
        make_attempt(
            SKILLS[n % 3],
            item=f"{SKILLS[n % 3]}-{n % 7}",
            nth=n // 7 + 1,
            right=n % 5 != 0,
            difficulty_milli=(1_000, 0, -1_000)[n % 3],
            help=int(n % 11 == 3),
        )
        for n in range(200)
    ]
    shown = MasteryShown(bytes(8), "sums", "count", "elo-1/shown-1", bytes(8), 90)
    state = fold(store_events(SignIn(bytes(8), "pin"), *history, shown))
    assert RULES == "rlf-shipped-warm-1/fold-6"
    assert digest(state).hex() == "884f8296ec98854571d945db4034bcc3"
