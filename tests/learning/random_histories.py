"""Histories with every kind that is folded, drawn at random: two schools, four computers, a hub.

Clocks that stand, go on and go back; forks of a log; words taken back, said twice, or by whom it
does not behove; learners who are one and are not; nodes held back; kinds of a later version and
bodies that do not fit.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from deciding_world import deliver, runs_of

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.errors import LearningError
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    ChoseLanguage,
    Hand,
    Judgement,
    Kind,
    LessonProgress,
    MasteryShown,
    NotMe,
    NotSure,
    Observation,
    Overturn,
    Payload,
    Placement,
    SetGoal,
    SignIn,
    SignOut,
    WithdrawItem,
    WrongTries,
)
from darasa.learning.lamports import greatest
from darasa.learning.marks import AnswerKey
from darasa.sync.clock import ManualClock
from darasa.sync.clock_events import Correction, body_of
from darasa.sync.home import Home
from darasa.sync.ids import LearnerId, Role

MORNING_MS = 1_800_000_000_000
DAY_MS = 86_400_000
PACK = "fractions"
SKILLS = ("add", "sub", "mul")
LEARNERS = [LearnerId(bytes([65 + n]) * 16) for n in range(4)]


@dataclass
class District:
    """The nodes, their certificates, and every log that was written, by place."""

    rng: random.Random
    make_attempt: Callable[..., Attempt]
    hub: Home
    schools: list[Home]
    computers: list[Home]
    found: dict = field(default_factory=dict)

    @contextmanager
    def opened(self, home: Home, seed: int) -> Iterator[Classroom]:
        """A run of a node with an empty store, on some day."""
        clock = ManualClock(MORNING_MS + self.rng.randrange(30) * DAY_MS)
        rng = random.Random(seed).randbytes
        with Classroom.in_memory(role=home.role, clock=clock, rng=rng, home=home) as room:
            with room.store.transaction() as tx:
                for each in (*self.schools, *self.computers):
                    tx.put_certificate(each.certificate)
            yield room

    def grow(self, turns: int, seed: int) -> None:
        """So many runs, each of which may have seen those before it; some twice: a fork."""
        rng = self.rng
        for turn in range(turns):
            home = rng.choice((*self.computers, *self.schools, self.schools[0]))
            branches = []
            for _ in range(2 if rng.random() < 0.15 else 1):
                with self.opened(home, seed * 100 + turn) as room:
                    if rng.random() < 0.8:
                        deliver(room, self.found, decides=False)
                    self._act(room)
                    branches.append(runs_of(room))
            for branch in branches:
                self.found |= branch

    def _act(self, room: Classroom) -> None:
        rng = self.rng
        for _ in range(rng.randrange(1, 4)):
            who = rng.choice(LEARNERS)
            sitting = rng.randbytes(8) if rng.random() < 0.7 else b"samesitt"
            if rng.random() < 0.7:
                room.record.record((who, SignIn(sitting, "pin")))
            for _ in range(rng.randrange(1, 10)):
                room.clock.advance(rng.choice((1_000, 30_000, DAY_MS)))
                if rng.random() < 0.05:
                    room.clock.wall -= rng.randrange(2 * DAY_MS)
                if rng.random() < 0.05:
                    kind, version = rng.choice((60, 18, 40)), rng.choice((1, 9))
                    write(room, kind, version, who, (1, b"x", None))
                else:
                    room.record.record((who, self._work(sitting)))
        if rng.random() < 0.5 or room.home.role is Role.SCHOOL:
            for _ in range(rng.randrange(2, 7)):
                with suppress(LearningError):
                    rng.choice((self._word, self._word_on_items, self._decision))(room)

    def _work(self, sitting: bytes) -> Payload:
        rng, skill = self.rng, self.rng.choice(SKILLS)
        item, phase = f"{skill}{rng.randrange(6)}", rng.choice((0, 0, 1, 1, 2))
        known = tuple(rng.sample(SKILLS, rng.randrange(3)))
        goal = (rng.randbytes(1) * 8, "skill", PACK, (skill,), 1, None, rng.random() < 0.3, ())
        rare: list[Payload] = [
            MasteryShown(sitting, PACK, skill, "rule-1", bytes(8), 1),
            Hand(sitting, rng.random() < 0.5, skill, item),
            LessonProgress(sitting, PACK, f"l-{skill}", "middle", "en", rng.randrange(1, 4), 3),
            NotMe(sitting, b"samesitt"),
            ChoseLanguage(sitting, rng.choice(("en", "sw"))),
            SetGoal(sitting, *goal),
            WrongTries(rng.randrange(1, 9), "pin"),
            SignOut(sitting, "asked"),
        ]
        return rng.choice(
            (
                *[self._attempt(sitting, skill, item)] * 8,
                *[NotSure(sitting, PACK, item, (skill,), rng.randrange(1, 4))] * 2,
                Challenge(sitting, PACK, skill, phase),
                Placement(sitting, PACK, phase, known),
                rng.choice(rare),
                rng.choice(rare),
            )
        )

    def _attempt(self, sitting: bytes, skill: str, item: str) -> Attempt:
        rng = self.rng
        return self.make_attempt(
            sitting=sitting,
            item=item,
            skills=(skill,) if rng.random() < 0.8 else (skill, rng.choice(SKILLS)),
            difficulty_milli=rng.choice((-1_000, 0, 1_000)),
            nth=rng.randrange(1, 4),
            values=(rng.randrange(2),),
            try_nth=rng.choice((1, 1, 1, 2)),
            right=rng.random() < 0.6,
            typed=rng.choice(("1", "2")),
            help=rng.choice((0, 0, 0, 1, 64)),
            shown_before=rng.random() < 0.05,
            response_ms=rng.choice((500, 9_000)),
            partners=rng.choice((0, 0, 0, 1)),
        )

    def _word(self, room: Classroom) -> None:
        """Of one learner; it may name what it replaces, of the same kind."""
        rng, who, skill = self.rng, self.rng.choice(LEARNERS), self.rng.choice(SKILLS)
        hers = room.events_of(who)
        kind = rng.choice((Kind.OBSERVATION, Kind.JUDGEMENT, Kind.OVERTURN))
        alike = [each.chain[:8] for each in hers if each.event.kind == kind]
        seen = (rng.choice(alike),) if alike and rng.random() < 0.6 else ()
        right = rng.choice((True, False, None))
        if kind == Kind.OBSERVATION:
            said: Payload = Observation(None, PACK, skill, right, rng.choice((1, 2)), seen)
        elif kind == Kind.JUDGEMENT:
            said = Judgement(None, PACK, skill, rng.choice(("", "got", "learning")), seen)
        else:
            answers = [each for each in hers if each.event.kind == Kind.ATTEMPT]
            if not answers:
                return
            one = rng.choice(answers)
            place = (one.log_id, one.seq, one.chain[:8])
            said = Overturn(None, place, PACK, f"{skill}1", (), (0,), right, seen)
        room.record.record((who, said))

    def _word_on_items(self, room: Classroom) -> None:
        """At a school it replaces what stands; a computer's counts for nothing."""
        rng, is_school = self.rng, room.home.role is Role.SCHOOL
        item, right = f"{rng.choice(SKILLS)}{rng.randrange(6)}", rng.choice((True, False, None))
        if is_school and rng.random() < 0.5:
            answer = AnswerKey(PACK, item, (rng.randrange(2),), rng.choice(("1", "2")))
            marking.overturn_for_all(room, answer, right=right)
        elif is_school:
            marking.withdraw_item(room, (PACK, item), withdrawn=rng.random() < 0.7)
        elif rng.random() < 0.5:
            said = Overturn(None, None, PACK, item, (0,), "1", right, ())
            room.record.record((None, said))
        else:
            room.record.record((None, WithdrawItem(None, PACK, item, True, ())))

    def _decision(self, room: Classroom) -> None:
        rng, decisions = self.rng, room.decisions
        if room.home.role is not Role.SCHOOL:
            return
        node_id = rng.choice(self.computers).node_id
        unconfirmed = decisions.unconfirmed()
        if unconfirmed and rng.random() < 0.5:
            decisions.confirm(rng.choice(unconfirmed))
            return
        acts: list[Callable[[], object]] = [
            lambda: decisions.merge(*rng.sample(LEARNERS, 2)),
            lambda: decisions.unmerge(rng.choice(LEARNERS)),
            lambda: decisions.quarantine(node_id),
            lambda: decisions.remove(node_id),
            lambda: decisions.accept(node_id),
            lambda: decisions.let_back(node_id),
            lambda: self._correct_a_clock(room),
        ]
        rng.choice(acts)()

    def _correct_a_clock(self, room: Classroom) -> None:
        logs = sorted({each.log_id for who in LEARNERS for each in room.events_of(who)})
        if logs:
            by_ms = self.rng.randrange(-DAY_MS, DAY_MS)
            said = Correction(self.rng.choice(logs), by_ms, 1_000)
            write(room, Kind.CLOCK, 1, None, body_of(said))


def write(room: Classroom, kind: int, version: int, who: LearnerId | None, body: tuple) -> None:
    """An event with any body."""
    with room.store.transaction() as tx:
        lamport = greatest(tx.connection, who) + 1
        said = {"kind": kind, "version": version, "learner_id": who, "body": body}
        event = tx.append(room.record._log, lamport=lamport, **said)
        room._projection.advance(tx, [event])


def grown(seed: int, joined: Callable, make_attempt: Callable[..., Attempt]) -> District:
    """The district of a seed."""
    rng, clock = random.Random(seed).randbytes, ManualClock(MORNING_MS)
    hub = Home.in_memory(role=Role.HUB, name="hub", rng=rng)
    schools = [Home.in_memory(role=Role.SCHOOL, name=f"S{n}", rng=rng) for n in range(2)]
    computers = [Home.in_memory(role=Role.COMPUTER, name=f"PC {n}", rng=rng) for n in range(4)]
    with Classroom.in_memory(role=Role.HUB, clock=clock, rng=rng, home=hub) as room:
        for school in schools:
            joined(school, room)
    for nth, school in enumerate(schools):
        with Classroom.in_memory(role=Role.SCHOOL, clock=clock, rng=rng, home=school) as room:
            for computer in computers[nth::2]:
                joined(computer, room)
    district = District(random.Random(seed), make_attempt, hub, schools, computers)
    district.grow(4 + seed % 5, seed)
    return district
