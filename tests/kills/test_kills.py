"""kill -9 at any moment, links that break at any byte: every acknowledged event arrives, once.

A school server and two computers are real processes; a proxy in this one cuts their connections.
A kill comes after a seeded number of acknowledged writes or of bytes carried, never after a time.
DARASA_KILLS sets how many (100), DARASA_KILL_SEED which.
"""

import hashlib
import importlib.util
import os
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.digest import all_digest, learner_digest, learner_events
from darasa.learning.kinds import Kind
from darasa.sync.audit import audit
from darasa.sync.clock import SystemClock
from darasa.sync.enrol import Enrolled
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import LearnerId, Role
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.joining import keep_enrolled

pytestmark = pytest.mark.e2e

KILLS = int(os.environ.get("DARASA_KILLS", "100"))
SEED = int(os.environ.get("DARASA_KILL_SEED", "1"))
COMPUTERS = ("pc1", "pc2")


def _stage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kills_stage", Path(__file__).parent / "stage.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def opened(folder: Path) -> Classroom:
    return Classroom.open(open_home(folder), clock=SystemClock(), rng=os.urandom, writable=True)


def made_school(folder: Path) -> list[str]:
    """A school with a class of three; their ids."""
    init_home(folder, role=Role.SCHOOL, name="Mlima Primary", rng=os.urandom)
    with opened(folder) as school:
        class_id = school.people.add_class("5B")
        names = ("Amina Kato", "Baraka Juma", "Chema Otieno")
        return [school.people.add_learner(name, class_id, pin="4821").hex() for name in names]


def joined_computer(folder: Path, school_folder: Path) -> None:
    """What `darasa join` leaves behind on both sides."""
    clock = SystemClock()
    home = init_home(folder, role=Role.COMPUTER, name=folder.name, rng=os.urandom)
    with opened(school_folder) as school:
        certificate = issue_certificate(
            school.home.node_key,
            subject_public=home.node_key.public,
            role=Role.COMPUTER,
            school_id=school.home.school_id,
        )
        with school.store.transaction() as tx:
            tx.put_certificate(certificate)
        server = school.home
        given = Enrolled(
            certificate,
            server.certificate,
            server.name,
            server.school_id,
            server.seal_public,
            server.channel,
        )
    with opened(folder) as room:
        keep_enrolled(room.home, room.store, given, url="http://127.0.0.1:1", clock=clock)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


class Loop:
    """Starts the actors and kills them, one after the other."""

    def __init__(self, stage: Any, learners: list[str], rng: random.Random) -> None:
        self.stage = stage
        self.learners = learners
        self.rng = rng
        self.kills: Counter[str] = Counter()

    def start(self, name: str) -> None:
        """A process of that name, and wait until it works."""
        home = self.stage.folder / name
        if name == "school":
            actor = self.stage.start(name, "school", home, port=self.stage.target)
        else:
            more = {"url": self.stage.url, "learners": self.learners}
            actor = self.stage.start(name, "computer", home, seed=self.rng.getrandbits(32), **more)
        self.stage.until(lambda: actor.is_ready or actor.is_dead, f"{name} is ready")
        assert not actor.is_dead, f"{name} did not start"

    def kill_one(self) -> None:
        """The next victims, when their moment has come; then they are started again."""
        victims = [self.rng.choice(["school", *COMPUTERS])]
        if self.rng.random() < 0.1:
            victims = ["school", self.rng.choice(COMPUTERS)]
        if self.rng.random() < 0.5:
            enough = self.stage.said + self.rng.randint(1, 12)
            self.stage.until(lambda: self.stage.said >= enough, "work goes on")
            self.strike(victims)
        else:
            self.stage.bytes_until = self.stage.bytes_passed + self.rng.randint(1, 5_000)
            self.stage.on_bytes = lambda: self.strike(victims)
            self.stage.until(lambda: self.stage.on_bytes is None, "bytes are carried")
        for name in victims:
            self.start(name)

    def strike(self, victims: list[str]) -> None:
        for name in victims:
            assert not self.stage.actors[name].is_dead, f"{name} ended by itself"
            self.stage.kill(self.stage.actors[name])
            self.kills[name] += 1

    def heal(self) -> None:
        """No more cuts: every computer sends what it has, and all end in good order."""
        self.stage.chaos = False
        for name in COMPUTERS:
            actor = self.stage.actors[name]
            actor.link.sendall(b"h")
            self.stage.until(lambda each=actor: each.is_dead, f"{name} has sent all")
            assert actor.is_healed
        school = self.stage.actors["school"]
        school.link.shutdown(socket.SHUT_WR)
        self.stage.until(lambda: school.is_dead, "the school has closed")


Place = tuple[str, int, str, str]


def places(room: Classroom) -> list[Place]:
    """Every event of the logs here, with a digest of its bytes."""
    return [
        (e.log_id.hex(), e.seq, e.chain.hex(), hashlib.sha256(e.canonical).hexdigest())
        for e in room.store.events_after(0)
    ]


def is_sound(room: Classroom) -> bool:
    """The chain of every log, and SQLite's own check."""
    room.store.quick_check()
    with room.store.reading() as connection:
        return list(audit(connection)) == []


def folds_each_event_once(room: Classroom) -> None:
    """The read tables say what folding the set of events anew says."""
    before = all_digest(room)
    learners = room.learner_ids()
    for learner_id in learners:
        held = room.store.events_of(learner_id)
        assert learner_events(room, learner_id) == len(held) == len({e.chain for e in held})
        attempts = sum(each.event.kind == Kind.ATTEMPT for each in held)
        assert room.state(learner_id).tries == attempts
    room.rebuild()
    assert all_digest(room) == before


def test_kill_9_and_broken_links_lose_and_double_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    started = time.monotonic()
    learners = made_school(tmp_path / "school")
    for name in COMPUTERS:
        joined_computer(tmp_path / name, tmp_path / "school")
    rng = random.Random(SEED)
    with _stage().Stage(tmp_path, random.Random(rng.random()), free_port()) as stage:
        loop = Loop(stage, learners, rng)
        for name in ("school", *COMPUTERS):
            loop.start(name)
        while loop.kills.total() < KILLS:
            loop.kill_one()
        loop.heal()
    acknowledged = [row for name in COMPUTERS for row in stage.acknowledged[name]]
    with opened(tmp_path / "school") as school:
        held = Counter(places(school))
        assert [row for row in acknowledged if held[row] != 1] == []
        assert set(held.values()) == {1}
        assert is_sound(school)
        folds_each_event_once(school)
        for name in COMPUTERS:
            with opened(tmp_path / name) as room:
                assert is_sound(room)
                assert [row for row in places(room) if held[row] != 1] == []
                folds_each_event_once(room)
        digests = {learner_digest(school, LearnerId(bytes.fromhex(each))) for each in learners}
        assert bytes(16).hex() not in digests  # each of them has worked
    assert stage.cuts > KILLS // 10
    record_property("kills", loop.kills.total())
    record_property("cuts", stage.cuts)
    record_property("events", len(acknowledged))
    record_property("bytes", stage.bytes_passed)
    record_property("seconds", round(time.monotonic() - started, 1))
