"""A believable class: invented learners on invented computers that meet a real school server.

Owns: putting together learners (simulated/learner.py), days (simulated/days.py), computers in
memory and the real sync session, without a network. Every answer goes through `Sitting`, every
event through an exchange; nothing is written past them. The same seed, clock, courses and number of
learners there before give the same answers; keys alone come from the node's own random source, so
that a seed opens nothing. Nobody waits for these answers: one transaction a sitting, and one a day
at the school.
"""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from darasa.content_packs.safe_text import safe_line
from darasa.learning import resume
from darasa.learning.classroom import Classroom
from darasa.learning.errors import NotFoundError
from darasa.learning.planning.standing import skill_standings
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.days import Seating, names, seatings
from darasa.learning.simulated.learner import HABITS, STUCK, SimulatedLearner
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import Standing
from darasa.sync.clock import Clock, ManualClock
from darasa.sync.contacts import PeerRow
from darasa.sync.home import Home, Peer
from darasa.sync.ids import ID_BYTES, LearnerId, RecordId, Role
from darasa.sync.messages import PresenceRow
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.exchange import Exchange, ExchangeReport
from darasa.sync.transport.responder import Responder

__all__ = ["SimulatedClass", "SimulatedLearner", "simulate_class"]

CLASS_NAME: Final = "Practice class"
_MINUTE_MS: Final = 60_000
_SCHOOL_DAY_MS: Final = 3 * 60 * _MINUTE_MS  # work of a day begins so long before its "now"
_JUST_NOW_MS: Final = 20 * _MINUTE_MS
_CIRCLING: Final = 10


@dataclass(frozen=True, slots=True)
class SimulatedClass:
    """What was made. `events` are new at the school: its class, its people, and all that was
    `written` on the computers. `stuck` and `hand_up` are of today.
    """

    class_id: RecordId
    learners: tuple[LearnerId, ...]
    sittings: int
    events: int
    written: int
    stuck: tuple[LearnerId, ...]
    hand_up: LearnerId | None


def simulate_class(
    school: Classroom,
    *,
    learners: int = 30,
    attempts: int = 60,
    computers: int = 10,
    days: int = 21,
    seed: int,
    clock: Clock | None = None,
    first: str | None = None,
    today: bool = True,
    class_name: str = CLASS_NAME,
) -> SimulatedClass:
    """Fill a school server with the work of invented learners over the days that end today.

    `attempts`: about how many items each. `first`: the full name of the first learner, who has no
    PIN until one is set, as all of them. `today`: work goes on this very hour, two are stuck and
    one has a hand up. `clock` is the school's unless given. Raises StoreError, and PeopleError on
    a node that is no school.
    """
    making = _Making(school, seed=seed, now_ms=(clock or school.clock).wall_ms())
    return making.run(
        names_of=lambda rng: _names(learners, first, rng),
        attempts=attempts,
        computers=max(1, min(computers, learners)),
        days=days,
        today=today,
        class_name=class_name,
    )


class _Making:
    """One class under way."""

    def __init__(self, school: Classroom, *, seed: int, now_ms: int) -> None:
        self._school = school
        self._now_ms = now_ms
        self._seed = f"{seed}/{len(school.learner_ids())}"
        self._rng = random.Random(self._seed)  # noqa: S311 - invented data, to be had again
        self._clock = ManualClock(now_ms)
        self._responder = Responder(
            school.home,
            school.store,
            hooks=school.hooks,
            clock=self._clock,
            rng=self._rng.randbytes,
            codec=school.codec,
        )
        self._minds: list[SimulatedLearner] = []
        self._ids: list[LearnerId] = []
        self._computers: list[SimulatedComputer] = []
        self._sittings = 0

    def run(
        self,
        *,
        names_of: Callable[[random.Random], list[str]],
        attempts: int,
        computers: int,
        days: int,
        today: bool,
        class_name: str,
    ) -> SimulatedClass:
        """Make the people, then the days one after the other."""
        before = self._school.store.event_count()
        class_id = self._people(names_of(self._rng), class_name)
        planned = seatings(
            learners=len(self._ids),
            computers=computers,
            days=days,
            today_ms=self._now_ms,
            rng=self._rng,
        )
        planned = [seating for seating in planned if seating.day > 0 or today]
        items = max(2, round(attempts * len(self._ids) / max(1, len(planned))))
        with ExitStack() as stack:
            self._computers = [
                stack.enter_context(SimulatedComputer(self._school, number, self._rng))
                for number in range(computers)
            ]
            for _, seatings_of_day in groupby(planned, key=lambda seating: seating.day):
                with self._school.record.batch():
                    for seating in seatings_of_day:
                        self._sit(seating, items)
                    self._all_exchange()
            stuck, hand_up = self._just_now() if today else ((), None)
            written = sum(computer.room.store.event_count() for computer in self._computers)
        return SimulatedClass(
            class_id=class_id,
            learners=tuple(self._ids),
            sittings=self._sittings,
            events=self._school.store.event_count() - before,
            written=written,
            stuck=stuck,
            hand_up=hand_up,
        )

    def _people(self, called: list[str], class_name: str) -> RecordId:
        people, record = self._school.people, self._school.record
        try:
            class_id = people.find_class(class_name).record_id
        except NotFoundError:
            class_id = people.add_class(class_name)
        with record.batch():
            for number, name in enumerate(called):
                learner_id = LearnerId(self._rng.randbytes(ID_BYTES))
                record.record(*people.learner_facts(learner_id, safe_line(name), class_id, None))
                self._ids.append(learner_id)
                self._minds.append(
                    SimulatedLearner(HABITS[number % len(HABITS)], seed=f"{self._seed}/{number}")
                )
        return class_id

    def _sit(self, seating: Seating, items: int) -> None:
        """One sitting, from sign-in to sign-out, and an exchange when she is new to a computer."""
        computer = self._computers[seating.computer]
        began = self._now_ms - seating.day * DAY_MS - _SCHOOL_DAY_MS
        computer.wait_until(began + seating.begins_ms)
        if computer.clock.wall > self._now_ms - _JUST_NOW_MS:
            return  # too few computers for today: the rest have no turn yet
        learner_id = self._ids[seating.learner]
        self._bring(computer, learner_id)
        several = items // 2 + self._rng.randrange(items + 1)
        with computer.room.record.batch():
            sitting = Sitting.begin(computer.room, learner_id, how="simulated")
            mind = self._minds[seating.learner]
            mind.play(sitting, items=max(1, several), pass_ms=computer.clock.advance)
            sitting.sign_out()
        self._sittings += 1

    def _bring(self, computer: "SimulatedComputer", learner_id: LearnerId) -> None:
        """Her events from other computers, before she goes on at this one."""
        if learner_id in computer.current:
            return
        for other in self._computers:
            if learner_id in other.current:
                other.current.discard(learner_id)
                self._exchange(other)
        computer.note_seen(learner_id)
        self._exchange(computer)
        computer.current.add(learner_id)

    def _exchange(self, computer: "SimulatedComputer") -> None:
        self._clock.wall = max(self._clock.wall, computer.clock.wall)
        self._clock.elapsed += _MINUTE_MS
        report = computer.exchange(self._responder)
        if not report.ok:
            raise AssertionError(f"a simulated computer was refused: {report.error}")

    def _all_exchange(self) -> None:
        for computer in self._computers:
            self._exchange(computer)

    def _just_now(self) -> tuple[tuple[LearnerId, ...], LearnerId | None]:
        """This very hour: two who are stuck, and one with a hand up, none of them the first."""
        stuck: list[LearnerId] = []
        hand_up: LearnerId | None = None
        with self._school.record.batch():
            for number, learner_id in enumerate(self._ids[1:], start=1):
                computer = self._computers[number % len(self._computers)]
                computer.wait_until(self._now_ms - 8 * _MINUTE_MS)
                if hand_up is None:
                    self._bring(computer, learner_id)
                    self._work_on(computer, learner_id, hand=True)
                    hand_up = learner_id
                elif len(stuck) < 2 and self._may_be_stuck(learner_id):
                    self._bring(computer, learner_id)
                    self._work_on(computer, learner_id, hand=False)
                    stuck.append(learner_id)
            self._all_exchange()
        return tuple(stuck), hand_up

    def _may_be_stuck(self, learner_id: LearnerId) -> bool:
        """One who has something left to learn, and is not going round in circles already."""
        state = self._school.state(learner_id)
        rows = [
            row
            for pack in self._school.packs()
            for row in skill_standings(pack, state, self._now_ms)
        ]
        left = any(row.standing in (Standing.READY, Standing.LEARNING) for row in rows)
        skills = state.skills.values()
        return left and all(s.chances_without_three < _CIRCLING - 3 for s in skills)

    def _work_on(self, computer: "SimulatedComputer", learner_id: LearnerId, *, hand: bool) -> None:
        """Sit down a few minutes ago and still be there."""
        habits = HABITS[0] if hand else STUCK
        mind = SimulatedLearner(habits, seed=self._seed)
        with computer.room.record.batch():
            sitting = Sitting.begin(computer.room, learner_id, how="simulated")
            mind.play(sitting, items=2 if hand else 1, pass_ms=computer.clock.advance)
            if hand:
                sitting.hand(up=True)
        self._sittings += 1


class SimulatedComputer:
    """A joined computer in memory, with a clock of its own."""

    def __init__(self, school: Classroom, number: int, rng: random.Random) -> None:
        name = f"Lab PC {number + 1:02}"
        home = Home.in_memory(role=Role.COMPUTER, name=name, rng=school.rng)
        self.clock = ManualClock(0)
        self.current: set[LearnerId] = set()  # whose newest work is here
        self._home = home
        self._school = school
        _enrol(home, school)
        self.room = Classroom.in_memory(
            role=Role.COMPUTER,
            clock=self.clock,
            rng=rng.randbytes,
            packs=school.packs(),
            home=home,
        )

    def __enter__(self) -> "SimulatedComputer":
        return self

    def __exit__(self, *_: object) -> None:
        self.room.close()

    def wait_until(self, wall_ms: int) -> None:
        """Let time pass up to a moment; it never goes back."""
        if self.clock.wall == 0:
            self.clock.wall = wall_ms
        self.clock.advance(max(0, wall_ms - self.clock.wall))

    def note_seen(self, learner_id: LearnerId) -> None:
        """Ask for her events at the next exchange, as a computer does where she signs in."""
        with self.room.store.transaction() as tx:
            resume.note_seen(tx.connection, learner_id, self.clock.wall)

    def exchange(
        self, responder: Responder, *, presence: Sequence[PresenceRow] | None = ()
    ) -> ExchangeReport:
        """One exchange with the school, in this process."""
        peer = self._home.peer
        assert peer is not None
        exchange = Exchange(
            self._home,
            self.room.store,
            peer,
            hooks=self.room.hooks,
            clock=self.clock,
            presence=presence,
            codec=self.room.codec,
        )
        return exchange.run(lambda body: (responder.handle((body,)),))


def _enrol(home: Home, school: Classroom) -> None:
    """What joining leaves on both sides, without a link to do it over."""
    above = school.home
    certificate = issue_certificate(
        above.node_key,
        subject_public=home.node_key.public,
        role=Role.COMPUTER,
        school_id=above.school_id,
    )
    with school.store.transaction() as tx:
        tx.put_certificate(certificate)
        tx.put_peer(PeerRow(home.node_id, above.school_id, Role.COMPUTER, home.name, None))
    home.save_peer(
        Peer(
            url="",
            node_id=above.node_id,
            public_key=above.node_key.public,
            name=above.name,
            role=above.role,
            certificate=above.certificate,
        ),
        certificate=certificate,
        school_id=above.school_id,
        seal_public=above.seal_public,
    )


def _names(learners: int, first: str | None, rng: random.Random) -> list[str]:
    if first is None:
        return names(learners, rng)
    namesake = first.split(" ", maxsplit=1)[0]
    others = [name for name in names(2 * learners, rng) if not name.startswith(f"{namesake} ")]
    return [first, *others[: learners - 1]]
