"""One learner at three computers: whatever order her work arrives in, all say the same of her.

DARASA_ORDERS says how many random orders and partitions are tried; `make soak` tries 10,000.
"""

import os
import random
from collections.abc import Callable

from darasa.learning.kinds import Attempt, MasteryShown, Payload
from darasa.learning.learner_state import advance, fold, follows, from_bytes, start, to_bytes
from darasa.learning.learner_values import LearnerState
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
        lamport = 1 + rng.randrange(2)
        events += store_events(
            *payloads,
            lamport=lamport,
            log=bytes([log] * 8),
            happened=lambda seq, day=day: 1_772_000_000_000 + day + seq * 60_000,
        )
    return sorted(events, key=lambda event: event.order_key)


def arrived(state: LearnerState, held: set[StoredEvent], some: list[StoredEvent]) -> LearnerState:
    """What a node does: fold on where the events follow, else fold all it holds anew."""
    new = sorted({*some} - held, key=lambda event: event.order_key)
    held |= {*new}
    if new and not follows(state, new[0]):
        return fold(sorted(held, key=lambda event: event.order_key))
    for event in new:
        state = advance(state, event)
    return state


def test_any_order_partition_and_repetition_gives_equal_bytes(
    make_attempt: MakeAttempt, store_events: Store
) -> None:
    for seed in range(ORDERS):
        rng = random.Random(seed)
        events = history(rng, make_attempt, store_events)
        shuffled = [*events, *rng.sample(events, len(events) // 3)]
        rng.shuffle(shuffled)
        state, held = start(), set[StoredEvent]()
        said: dict[tuple[str, str], int] = {}
        while shuffled:
            size = rng.randrange(1, 6)
            some, shuffled = shuffled[:size], shuffled[size:]
            state = from_bytes(to_bytes(arrived(state, held, some)))
            for key, skill in state.skills.items():
                assert RANK[skill.state] >= said.get(key, 0), f"seed {seed}: {key}"
                said[key] = RANK[skill.state]
        assert to_bytes(state) == to_bytes(fold(events)), f"seed {seed}"
