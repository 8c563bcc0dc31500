"""Worlds for benches: schools whose computers hold sittings that invented learners have played."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from _links import Counted, good, responder

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import safe_line
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.personal_text import MachineSecret
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.learner import HABITS, SimulatedLearner
from darasa.learning.simulated.school_class import SimulatedComputer
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home, Peer
from darasa.sync.ids import LearnerId, Role
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store

NOW_MS = 1_715_764_800_000
DAY_MS = 86_400_000
PAUSE_MS = 120_000


@dataclass
class Lab:
    """One computer and those who sit at it."""

    computer: SimulatedComputer
    ids: list[LearnerId]
    minds: list[SimulatedLearner]
    rng: random.Random
    packs: tuple[Pack, ...]
    sittings: int = 0
    tries: int = 0

    @property
    def room(self) -> Classroom:
        """The computer's node."""
        return self.computer.room

    def restart(self) -> None:
        """The program is started again: a new run, a new log."""
        old = self.computer.room
        self.computer.room = Classroom(
            old.home,
            old.store,
            clock=self.computer.clock,
            rng=old.rng,
            secret=MachineSecret(self.rng.randbytes(32)),
            packs=self.packs,
        )

    def sit(self, items: int = 10) -> None:
        """The next learner plays a sitting."""
        who = self.sittings % len(self.ids)
        room, clock = self.room, self.computer.clock
        clock.advance(PAUSE_MS)
        with room.record.batch():
            sitting = Sitting.begin(room, self.ids[who], how="simulated")
            self.minds[who].play(sitting, items=items, pass_ms=clock.advance)
            sitting.sign_out()
        self.sittings += 1

    def attempts(self) -> int:
        """All attempts here so far."""
        return sum(self.room.state(each).tries for each in self.ids)

    def work(self, tries: int) -> None:
        """Sittings of about ten items until there are so many tries more; days as they come."""
        target = self.attempts() + tries
        while (left := target - self.attempts()) > 0:
            self.sit(min(10, left))
            if self.sittings % len(self.ids) == 0:
                self.next_day()

    def day(self, events: int = 300, runs: int = 2) -> None:
        """One school day: so many events in so many runs."""
        for run in range(runs):
            if run or self.sittings:
                self.restart()
            target = self.room.store.event_count() + events // runs
            while (left := target - self.room.store.event_count()) > 0:
                self.sit(max(1, min(10, left - 2)))
        self.next_day()

    def next_day(self) -> None:
        """The next morning."""
        clock = self.computer.clock
        clock.advance(DAY_MS - clock.wall % DAY_MS)


@dataclass
class World:
    """A school, its hub and its computers, all in memory."""

    school: Classroom
    hub: Classroom
    labs: list[Lab] = field(default_factory=list)

    def to_school(self) -> None:
        """Every computer exchanges."""
        for lab in self.labs:
            good(lab.room, Counted(responder(self.school)))

    def to_hub(self) -> Counted:
        """The school exchanges with its hub."""
        link = Counted(responder(self.hub))
        good(self.school, link)
        return link


@contextmanager
def world(*, computers: int, learners: int, seed: int = 1) -> Iterator[World]:
    """`learners` at each of `computers`; all have met once, nobody has worked yet."""
    rng = random.Random(seed)
    packs = tuple(load_source(path) for path in bundled_courses())
    clock = ManualClock(NOW_MS)
    with ExitStack() as stack:
        node = partial(Classroom.in_memory, clock=clock, rng=rng.randbytes, packs=packs)
        hub = stack.enter_context(node(role=Role.HUB))
        school = stack.enter_context(node(role=Role.SCHOOL))
        join_hub(school.home, hub)
        made = World(school, hub)
        class_id = school.people.add_class("5B")
        for number in range(computers):
            names = [f"Learner {number} {n}" for n in range(learners)]
            ids = [LearnerId(rng.randbytes(16)) for _ in names]
            for learner_id, name in zip(ids, names, strict=True):
                facts = school.people.learner_facts(learner_id, safe_line(name), class_id, None)
                school.record.record(*facts)
            computer = stack.enter_context(SimulatedComputer(school, number, rng))
            computer.wait_until(NOW_MS)
            minds = [
                SimulatedLearner(HABITS[(number + n) % len(HABITS)], seed=f"{seed}/{number}/{n}")
                for n in range(learners)
            ]
            made.labs.append(Lab(computer, ids, minds, rng, packs))
        for lab in made.labs:
            for _ in range(3):
                good(lab.room, Counted(responder(school, hooks=school.hooks)), hooks=lab.room.hooks)
        made.to_hub()
        yield made


def join_hub(home: Home, hub: Classroom) -> None:
    """What joining leaves on both sides, without a link to do it over."""
    above = hub.home
    certificate = issue_certificate(
        above.node_key,
        subject_public=home.node_key.public,
        role=Role.SCHOOL,
        school_id=home.school_id,
    )
    with hub.store.transaction() as tx:
        tx.put_certificate(certificate)
    peer = Peer(
        url="",
        node_id=above.node_id,
        public_key=above.node_key.public,
        name="Hub",
        role=Role.HUB,
        certificate=above.certificate,
    )
    home.save_peer(peer, certificate=certificate, school_id=home.school_id, seal_public=None)


def rolled_back(*stores: Store) -> Callable[[], None]:
    """What sets stores in memory back to where they are now."""
    saved = [sqlite3.connect(":memory:") for _ in stores]
    for store, copy in zip(stores, saved, strict=True):
        store.read(sqlite3.Connection.backup, copy)

    def again() -> None:
        for store, copy in zip(stores, saved, strict=True):
            store.read(copy.backup)

    return again
