"""One bad morning on one skill says nothing of the others."""

import random
from collections.abc import Callable

from darasa.content_packs.pack import Pack
from darasa.learning.kinds import Attempt, MasteryShown, Payload
from darasa.learning.learner_state import fold
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.standing import skill_standings
from darasa.learning.skill_state import DAY_MS
from darasa.sync.event import StoredEvent

SKILLS = ("count", "add", "carry")
BEGAN_MS = 1_772_000_000_000
STARTS = 150
WRONG = 10


def history(rng: random.Random, make_attempt: Callable[..., Attempt]) -> list[Payload]:
    """Anything that she may have behind her: items of one skill or two, help, "Got it"."""
    done: list[Payload] = []
    ease = {skill: rng.random() for skill in SKILLS}
    for nth in range(rng.randrange(30)):
        skills = rng.sample(SKILLS, 2 if rng.random() < 0.1 else 1)
        done.append(
            make_attempt(
                skills[0],
                skills=tuple(skills),
                item=f"{skills[0]}-{rng.randrange(6)}",
                right=rng.random() < ease[skills[0]],
                nth=nth + 1,
                values=(nth,),
                try_nth=rng.choice((1, 1, 1, 2)),
                help=rng.choice((0, 0, 0, 1)),
                difficulty_milli=rng.choice((-1_000, 0, 1_000)),
            )
        )
        if rng.random() < 0.15:
            done.append(MasteryShown(bytes(8), "sums", rng.choice(SKILLS), "rule", bytes(8), 1))
    return done


def told(sums: Pack, state: LearnerState, bad: str, now_ms: int) -> list[object]:
    """All that is known and shown of the other skills."""
    rows = [row for row in skill_standings(sums, state, now_ms) if row.key[1] != bad]
    needed = [row for row in rows if bad not in sums.skills[row.key[1]].requires]
    return [needed, *(state.skill(row.key) for row in rows), *(row.standing for row in rows)]


def test_ten_wrong_in_a_row_on_one_skill_change_the_state_of_no_other(
    sums: Pack,
    make_attempt: Callable[..., Attempt],
    store_events: Callable[..., list[StoredEvent]],
) -> None:
    met = 0
    for seed in range(STARTS):
        rng = random.Random(seed)
        before = history(rng, make_attempt)
        bad = rng.choice(SKILLS)
        wrong = [
            make_attempt(bad, right=False, item=f"{bad}-{n % 6}", nth=90 + n, values=(90 + n,))
            for n in range(WRONG)
        ]
        gap_ms = rng.choice((0, DAY_MS, 5 * DAY_MS))
        length = len(before)

        def at(seq: int, gap_ms: int = gap_ms, length: int = length) -> int:
            return BEGAN_MS + seq * 60_000 + (gap_ms if seq > length else 0)

        events = store_events(*before, *wrong, happened=at)
        now_ms = events[-1].happened_ms
        was, now = fold(events[:length]), fold(events)
        assert told(sums, now, bad, now_ms) == told(sums, was, bad, now_ms), f"seed {seed}"
        assert now.skill(("sums", bad)).not_yet_run >= WRONG
        met += len([key for key in was.skills if key[1] != bad])
    assert met > STARTS
