"""One learner at three computers: whatever order her work arrives in, all say the same of her.

DARASA_ORDERS says how many random orders and partitions are tried; `make soak` tries 10,000.
"""

import os
import random
from collections.abc import Callable

from darasa.learning.evidence import Mark
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    Judgement,
    MasteryShown,
    NotSure,
    Observation,
    Overturn,
    Payload,
    Placement,
)
from darasa.learning.learner_state import advance, fold, follows, from_bytes, start, to_bytes
from darasa.learning.learner_values import LearnerState
from darasa.learning.marks import ItemMarks, SchoolMarks
from darasa.sync.event import StoredEvent

ORDERS = int(os.environ.get("DARASA_ORDERS", "150"))
SKILLS = ("count", "add", "carry")
RANK = {"learning": 0, "got": 1, "kept": 2}

MakeAttempt = Callable[..., Attempt]
Store = Callable[..., list[StoredEvent]]


def history(
    rng: random.Random, make_attempt: MakeAttempt, store_events: Store
) -> list[StoredEvent]:
    """Three logs of which sittings overlap, with clocks that disagree, in their one order."""
    events: list[StoredEvent] = []
    for log in range(1, 4):
        day = rng.randrange(-2, 40) * 20 * 3_600_000
        payloads: list[Payload] = []
        for n in range(rng.randrange(1, 9)):
            skill = rng.choice(SKILLS)
            payloads.append(
                make_attempt(
                    skill,
                    item=f"{skill}-{rng.randrange(5)}",
                    right=rng.random() < 0.7,
                    nth=n + 1,
                    sitting=bytes([rng.randrange(2)] * 8),
                    difficulty_milli=rng.choice((-1_000, 0, 1_000)),
                    help=rng.choice((0, 0, 0, 1)),
                )
            )
            if rng.random() < 0.15:
                payloads.append(MasteryShown(bytes(8), "sums", skill, "rule", bytes(8), 1))
            if rng.random() < 0.15:
                payloads.append(NotSure(bytes(8), "sums", f"{skill}-9", (skill,), n + 1))
            if rng.random() < 0.1:
                payloads.append(Observation(None, "sums", skill, rng.random() < 0.7, 1, ()))
            if rng.random() < 0.25:
                payloads.append(a_trial(rng, skill))
        lamport = 1 + rng.randrange(2)
        events += store_events(
            *payloads,
            lamport=lamport,
            log=bytes([log] * 8),
            happened=lambda seq, day=day: 1_772_000_000_000 + day + seq * 60_000,
        )
    events += words_on(events, rng, store_events)
    return sorted(events, key=lambda event: event.order_key)


def a_trial(rng: random.Random, skill: str) -> Payload:
    """One that begins or ends, whether or not another is going on."""
    sitting = bytes([rng.randrange(2)] * 8)
    if rng.random() < 0.3:
        known = tuple(rng.sample(SKILLS, rng.randrange(3)))
        return Placement(sitting, "sums", rng.randrange(3), known)
    return Challenge(sitting, "sums", skill, rng.choice((0, 0, 1, 1, 2, 3)))


def words_on(
    events: list[StoredEvent], rng: random.Random, store_events: Store
) -> list[StoredEvent]:
    """What a teacher said of some of them, and some of which was taken back or said twice."""
    words: list[Payload] = []
    for each in rng.sample(events, min(len(events), 4)):
        place = (each.log_id, each.seq, each.chain[:8])
        chains = tuple(w.chain[:8] for w in store_events(*words, log=bytes([9] * 8)))
        seen = tuple(rng.sample(chains, min(len(chains), 1)))
        skill, right = rng.choice(SKILLS), rng.choice((True, False, None))
        word = rng.choice(("", "got", "learning"))
        words += [
            Overturn(None, place, "sums", "count-1", (), (0,), right, seen),
            Judgement(None, "sums", skill, word, seen),
            Observation(None, "sums", skill, right, 2, (each.chain[:8],)),
        ]
    log = bytes([9] * 8)
    return store_events(*words, lamport=1 + rng.randrange(2), log=log, happened=lambda seq: seq)


def withdrawn(rng: random.Random) -> SchoolMarks:
    """What was said of items, as a node may learn it at any time."""
    school = bytes(16)
    items = {
        (school, "sums", f"{rng.choice(SKILLS)}-{rng.randrange(5)}"): ItemMarks(
            withdrawn=rng.random() < 0.5,
            answers={((), (0,)): Mark(rng.choice((True, False, None)), ever_right=True)},
        )
        for _ in range(rng.randrange(4))
    }
    return SchoolMarks(items)


def in_order(events: set[StoredEvent]) -> list[StoredEvent]:
    return sorted(events, key=lambda event: event.order_key)


def arrived(
    state: LearnerState, held: set[StoredEvent], some: list[StoredEvent], marks: SchoolMarks
) -> LearnerState:
    """What a node does: fold on where the events follow, else fold all it holds anew."""
    new = in_order({*some} - held)
    held |= {*new}
    for event in new:
        if not follows(state, event):
            return fold(in_order(held), school_marks=marks)
        state = advance(state, event, marks)
    return state


def test_any_order_partition_and_repetition_gives_equal_bytes(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    for seed in range(ORDERS):
        rng = random.Random(seed)
        events = history(rng, make_attempt, store_events)
        shuffled = [*events, *rng.sample(events, len(events) // 3)]
        rng.shuffle(shuffled)
        state, held, marks = start(), set[StoredEvent](), SchoolMarks()
        got = set[tuple[str, str]]()
        placed: frozenset[tuple[str, str]] = frozenset()
        while shuffled:
            size = rng.randrange(1, 6)
            some, shuffled = shuffled[:size], shuffled[size:]
            if rng.random() < 0.2:  # something is said of an item: its learners are folded anew
                marks = withdrawn(rng)
                state = fold(in_order(held), school_marks=marks)
            state = from_bytes(to_bytes(arrived(state, held, some, marks)))
            now = {key for key, skill in state.skills.items() if RANK[skill.state]}
            assert got <= now, f"seed {seed}"
            got = now
            assert placed <= state.placed, f"seed {seed}: what was ready is not"
            placed = state.placed
        assert to_bytes(state) == to_bytes(fold(events, school_marks=marks)), f"seed {seed}"


def test_what_a_skill_was_shown_to_be_is_never_taken_back_by_order_or_word(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    """With words on answers that are kept, as a real node keeps them, "kept" stays too."""
    for seed in range(ORDERS):
        rng = random.Random(seed)
        shuffled = history(rng, make_attempt, store_events)
        rng.shuffle(shuffled)
        state, held, marks = start(), set[StoredEvent](), SchoolMarks()
        said: dict[tuple[str, str], int] = {}
        while shuffled:
            some, shuffled = shuffled[:3], shuffled[3:]
            if rng.random() < 0.2:
                marks = with_more(marks, withdrawn(rng))
                state = fold(in_order(held), school_marks=marks)
            state = arrived(state, held, some, marks)
            for key, skill in state.skills.items():
                assert RANK[skill.state] >= said.get(key, 0), f"seed {seed}: {key}"
                said[key] = RANK[skill.state]


def with_more(before: SchoolMarks, after: SchoolMarks) -> SchoolMarks:
    """Newer words in force; what was once right stays known as such."""
    return SchoolMarks({**before.items, **after.items})
