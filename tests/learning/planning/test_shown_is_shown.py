"""What a screen has said of a skill stays said, whatever arrives afterwards and in whatever order.

One learner sits at three computers in turn; each holds what it wrote and what others brought, says
"Got it" by the rule and by what it holds, and sends on in any order. DARASA_SPLITS says how many
such learners are tried; `make soak` tries 10,000.
"""

import os
import random
from collections.abc import Callable
from itertools import chain

from darasa.learning.evidence import SkillKey
from darasa.learning.fold_rules import FoldRules
from darasa.learning.kinds import Attempt, MasteryShown, Payload, body_of, kind_of
from darasa.learning.learner_state import advance, fold, follows, start
from darasa.learning.mastery.shipped import COLD
from darasa.learning.planning.mastery_rule import RULE, may_show
from darasa.learning.skill_state import DAY_MS
from darasa.sync.event import Event, StoredEvent
from darasa.sync.ids import Chain, LearnerId, LogId, NodeId, SchoolId

SPLITS = int(os.environ.get("DARASA_SPLITS", "200"))
SKILLS = ("count", "add")
RANK = {"learning": 0, "got": 1, "kept": 2}
BEGAN_MS = 1_772_000_000_000
OTHER_RULES = FoldRules.of(COLD)  # as after a refit: all is folded anew under other parameters

MakeAttempt = Callable[..., Attempt]


class Computer:
    """One computer: its own log, the logs that others brought, and what it has said of skills."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.number = number
        self.logs: dict[int, list[StoredEvent]] = {0: [], 1: [], 2: []}
        self.state = start()
        self.said: dict[SkillKey, int] = {}
        self._ahead_ms = rng.choice((0, 0, -3 * DAY_MS, 2 * DAY_MS))  # clocks disagree

    def write(self, payload: Payload, now_ms: int) -> None:
        """One event of hers, here."""
        log = self.logs[self.number]
        lamport = 1 + max((each.event.lamport for each in chain(*self.logs.values())), default=0)
        seq = len(log) + 1
        kind, version = kind_of(payload)
        event = Event(kind, version, LearnerId(bytes(16)), lamport, now_ms, body_of(payload))
        stored = StoredEvent(
            SchoolId(bytes(16)),
            LogId(bytes((self.number + 1,)) * 8),
            seq,
            Chain(bytes((self.number + 1,)) * 8 + seq.to_bytes(8, "big")),
            b"",
            event,
            NodeId(bytes(16)),
            now_ms + self._ahead_ms,
        )
        log.append(stored)
        self.take([stored])

    def bring(self, other: "Computer", number: int, upto: int) -> None:
        """As much of one log as the other holds and brings."""
        mine = self.logs[number]
        new = other.logs[number][len(mine) : upto]
        mine += new
        self.take(new)

    def take(self, new: list[StoredEvent]) -> None:
        """Fold on, or anew where it sorts before what is folded; nothing said is said lower."""
        for event in new:
            if not follows(self.state, event):
                held = chain(*self.logs.values())
                self.state = fold(sorted(held, key=lambda each: each.order_key))
                break
            self.state = advance(self.state, event)
        for key, skill in self.state.skills.items():
            rank = RANK[skill.state]
            assert rank >= self.said.get(key, 0), f"{key} was said and is said no more"
            self.said[key] = rank


def answer(computer: Computer, rng: random.Random, make_attempt: MakeAttempt, now_ms: int) -> None:
    """An answer there, and the word where the rule has it."""
    skill = rng.choice(SKILLS)
    held = chain(*computer.logs.values())
    attempt = make_attempt(
        skill,
        item=f"{skill}-{rng.randrange(6)}",
        right=rng.random() < 0.75,
        nth=1 + sum(1 for _ in held),
        values=(rng.randrange(1_000),),
        sitting=bytes((computer.number,)) * 8,
        difficulty_milli=rng.choice((-1_000, 0, 0)),
    )
    computer.write(attempt, now_ms)
    if may_show(computer.state.skill(("sums", skill))):
        log_id = LogId(bytes((computer.number + 1,)) * 8)
        seq = len(computer.logs[computer.number])
        shown = MasteryShown(attempt.sitting, "sums", skill, RULE, log_id, seq)
        computer.write(shown, now_ms)


def days_of(seed: int, make_attempt: MakeAttempt) -> int:
    """A learner's days at three computers; how many skills are said to be got at the end."""
    rng = random.Random(seed)
    computers = [Computer(number, rng) for number in range(3)]
    now_ms = BEGAN_MS
    for _ in range(rng.randrange(8, 26)):
        now_ms += rng.choice((60_000, 60_000, 60_000, DAY_MS))
        if rng.random() < 0.75:
            answer(rng.choice(computers), rng, make_attempt, now_ms)
        else:
            here, there = rng.sample(computers, 2)
            number = rng.randrange(3)
            here.bring(there, number, rng.randrange(len(there.logs[number]) + 1))
    everything = [(here, there, n) for here in computers for there in computers for n in range(3)]
    for _ in range(2):  # what came from the one can go on to the third
        rng.shuffle(everything)
        for here, there, number in everything:
            here.bring(there, number, len(there.logs[number]))
    first, *others = computers
    assert all(first.state.skills == other.state.skills for other in others)
    shown = {key for each in computers for key, rank in each.said.items() if rank}
    events = sorted(chain(*first.logs.values()), key=lambda each: each.order_key)
    refitted = fold(events, start(OTHER_RULES))
    assert all(RANK[state.skill(key).state] for state in (first.state, refitted) for key in shown)
    return len(shown)


def test_no_skill_once_shown_is_shown_lower_on_any_computer(make_attempt: MakeAttempt) -> None:
    shown = 0
    for seed in range(SPLITS):
        try:
            shown += days_of(seed, make_attempt)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
    assert shown > SPLITS // 4  # or nothing was tried
