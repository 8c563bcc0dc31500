"""Erasure under seeded faults: cuts, restarts, stores put back, with the file beside them or not.

The production engine over real stores. The oracle: whoever a node knows to be erased is in no byte
of it, at any time; in the end all nodes know what any of them knew; and of everybody else nothing
that a disk still held is lost or doubled. What is erased keeps its place, as a leaf.
"""

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from darasa.sync import audit, erased_rows, erasing, events_table
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.erased import erase_record, erased_hash
from darasa.sync.erased_home import join_erased
from darasa.sync.errors import LearnerErasedError
from darasa.sync.home import Home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.reads import logs_after
from darasa.sync.session import Limits
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder

SEEDS = range(int(os.environ.get("DARASA_ERASURES", "40")))  # more in `make soak`
STEPS = 60
LEARNERS = [bytes([n]) * 16 for n in b"ABCDEF"]
CLASS = b"c" + b"7A" * 8
SCOPES = (CLASS, *(b"l" + learner for learner in LEARNERS[:4]))

Place = tuple[bytes, int, bytes]  # log_id, seq, chain


class CountingHooks(NoHooks):
    """Counts what it is told of, as a derived table would: twice is a fault."""

    def __init__(self, role: Role) -> None:
        self.told: Counter[Place] = Counter()
        self.role = role

    def on_events(self, tx, events) -> None:
        self.told.update((each.log_id, each.seq, each.chain) for each in events)

    def scopes_of(self, node_id):
        return SCOPES if self.role is Role.SCHOOL else ()

    def wanted_scopes(self):
        return SCOPES if self.role is Role.COMPUTER else ()


class Node:
    """One node: its store, the file beside it, and what its disk must hold of its own writing."""

    def __init__(self, role: Role, world: "World", limits: Limits) -> None:
        self.world = world
        self.home = Home.in_memory(role=role, name=str(role), rng=world.rng)
        self.store = world.stack.enter_context(Store.open(None, rng=world.rng))
        folder = world.folder / f"{role}-{world.rng(4).hex()}"
        folder.mkdir()
        self.store.erased_file = folder / "erased"
        self.hooks = CountingHooks(role)
        self.limits = limits
        self.own: set[Place] = set()
        self.is_trusted = False
        self.copies: list[tuple[sqlite3.Connection, set[Place], Counter[Place]]] = []

    @property
    def school_id(self):
        return self.world.school.home.school_id

    def known(self) -> set[bytes]:
        """The hashes of whom this node knows to be erased."""
        return {r.learner_hash for r in self.store.read(erased_rows.records, self.school_id)}

    def restart(self) -> None:
        """A new run: the file is read first, a new log, and no session before it."""
        self.is_trusted = False
        join_erased(self.home, self.store, self.hooks)
        self.log = self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.world.clock,
            app_version="t",
        )

    def write(self, count: int) -> None:
        learner = self.world.random.choice(LEARNERS)
        is_erased = erased_hash(learner) in self.known()
        try:
            with self.store.transaction() as tx:
                events = [
                    tx.append(
                        self.log,
                        kind=18,
                        version=1,
                        learner_id=learner,
                        lamport=self.world.random.randrange(1, 50),
                        body=(n, self.world.rng(9)),
                    )
                    for n in range(count)
                ]
        except LearnerErasedError:
            assert is_erased
            self.world.marks["refused"] += 1
            return
        assert not is_erased
        for each in events:
            place = (each.log_id, each.seq, each.chain)
            self.world.written[place] = (learner, each.canonical)
            self.own.add(place)

    def copy(self) -> None:
        """Somebody keeps a copy of the store's file."""
        kept = sqlite3.connect(":memory:")
        self.world.stack.callback(kept.close)
        with self.store.reading() as connection:
            connection.backup(kept)
        self.copies.append((kept, set(self.own), Counter(self.hooks.told)))

    def set_back(self, *, loses_file: bool) -> None:
        """The store is replaced by an older copy, and the program started again."""
        if not self.copies:
            return
        kept, own, told = self.world.random.choice(self.copies)
        before = self.known()
        with self.store.reading() as connection:  # the memory store shares its one connection
            kept.backup(connection)
        self.own, self.hooks.told = set(own), Counter(told)
        has_forgotten = before - self.known()
        if loses_file:
            assert self.store.erased_file is not None
            self.store.erased_file.unlink(missing_ok=True)
        self.restart()
        assert loses_file or before <= self.known()
        if has_forgotten:
            self.world.marks["forgot" if loses_file else "remembered"] += 1

    def places(self) -> dict[Place, bytes | None]:
        """Every believed event of the logs here, None for a leaf."""
        found: dict[Place, bytes | None] = {}
        with self.store.reading() as connection:
            for log in logs_after(connection, self.school_id):
                for link in events_table.links_from(connection, log):
                    if link.is_believed:
                        place = (log.log_id, link.seq, link.chain)
                        assert place not in found
                        found[place] = link.canonical
        return found

    def check_erased(self) -> None:
        """Of whom this node knows to be erased nothing is told by any read."""
        known = self.known()
        for learner in LEARNERS:
            if erased_hash(learner) in known:
                assert self.store.event_count_of(learner) == 0
                assert self.store.events_of(learner) == []
                assert learner not in self.store.records(CLASS)
                assert learner not in self.store.published(CLASS)


class World:
    """All nodes of one seed."""

    def __init__(self, seed: int, folder: Path, stack: ExitStack) -> None:
        self.random = random.Random(seed)
        self.rng = self.random.randbytes
        self.folder = folder
        self.stack = stack
        self.clock = ManualClock(1_760_000_000_000)
        self.written: dict[Place, tuple[bytes, bytes]] = {}
        self.marks: Counter[str] = Counter()
        frame, body = self.random.choice(((64 * 1024, 1 << 20), (600, 2_500), (1_500, 6_000)))
        limits = Limits(frame=frame, body=body)
        self.school = Node(Role.SCHOOL, self, limits)
        self.hub = Node(Role.HUB, self, limits)
        self.computers = [Node(Role.COMPUTER, self, limits) for _ in range(2)]
        self._join(self.school, self.hub)
        for computer in self.computers:
            self._join(computer, self.school)
        self.writers = [*self.computers, self.school]
        self.nodes = [*self.writers, self.hub]
        for node in self.nodes:
            node.restart()
            node.copy()

    def _join(self, joiner: Node, server: Node) -> None:
        is_school = joiner.home.role is Role.SCHOOL
        home = server.home
        certificate = issue_certificate(
            home.node_key,
            subject_public=joiner.home.node_key.public,
            role=joiner.home.role,
            school_id=(joiner if is_school else server).home.school_id,
        )
        with server.store.transaction() as tx:
            tx.put_certificate(certificate)
        enrolled = Enrolled(
            certificate, home.certificate, home.name, home.school_id, home.seal_public
        )
        url = "http://127.0.0.1:8710"
        keep_enrolled(joiner.home, joiner.store, enrolled, url=url, clock=self.clock)

    def exchange(self, node: Node, *, cut_at: int | None = None) -> ExchangeReport:
        peer = node.home.peer
        assert peer is not None
        one = Exchange(
            node.home,
            node.store,
            peer,
            hooks=node.hooks,
            clock=self.clock,
            limits=node.limits,
            trusted=node.is_trusted,
        )
        server = self.hub if node is self.school else self.school
        report = one.run(self._cable(server, cut_at))
        node.is_trusted = report.ok
        return report

    def _cable(self, server: Node, cut_at: int | None) -> Callable[[bytes], Iterator[bytes]]:
        left = [1 << 40 if cut_at is None else cut_at]

        def carried(raw: bytes) -> Iterator[bytes]:
            part = self.random.choice((7, 200, len(raw)))
            for start in range(0, len(raw), part):
                piece = raw[start : start + part][: left[0]]
                left[0] -= len(piece)
                yield piece
                if not left[0]:
                    raise LinkError("The link broke.")

        def post(body: bytes) -> Iterator[bytes]:
            one = Responder(
                server.home,
                server.store,
                hooks=server.hooks,
                clock=self.clock,
                rng=self.rng,
                limits=server.limits,
            ).round()
            for piece in carried(body):
                one.feed(piece)
            yield from carried(one.answer())

        return post

    def erase(self) -> None:
        """The head teacher erases a learner; two at least of all stay."""
        learner = self.random.choice(LEARNERS[:4])
        record = erase_record(self.school.home.node_key, self.school.home.school_id, learner)
        with self.school.store.transaction() as tx:
            self.marks["erased"] += erasing.erase(tx, self.school.hooks, [record])

    def publish(self) -> None:
        with self.school.store.transaction() as tx:
            learner = self.random.choice(LEARNERS)
            if erased_hash(learner) not in self.school.known():
                tx.publish(CLASS, learner, self.random.choice((None, self.rng(5))))

    def step(self) -> None:
        """One thing that happens."""
        self.clock.advance(self.random.randrange(5_000))
        node, any_node = self.random.choice(self.writers), self.random.choice(self.nodes)
        match self.random.choices(
            ("write", "exchange", "cut", "restart", "copy", "set back", "publish", "erase"),
            (8, 5, 4, 1, 1, 1, 2, 1),
        ):
            case ["write"]:
                node.write(self.random.choice((1, 1, 3, 40)))
            case ["exchange"]:
                self.exchange(node)
            case ["cut"]:
                cut_at = self.random.randrange(1, self.random.choice((300, 1_500, 8_000)))
                self.marks["cut"] += not self.exchange(node, cut_at=cut_at).ok
            case ["restart"]:
                any_node.restart()
            case ["copy"]:
                any_node.copy()
            case ["set back"]:
                any_node.set_back(loses_file=self.random.random() < 0.5)
            case ["publish"]:
                self.publish()
            case ["erase"]:
                self.erase()
        any_node.check_erased()

    def heal(self) -> None:
        """The network is whole: around until all have heard, and then there is nothing to say."""
        for node in (*self.computers, self.school, *self.computers):
            report = self.exchange(node)
            assert report.error == ""
        for node in self.writers:
            report = self.exchange(node)
            assert (report.error, report.rounds, report.events_out) == ("", 1, 0)


def _check(world: World, known: set[bytes], survivors: set[Place]) -> None:
    """Nothing of the erased anywhere, and everything of all others."""
    erased = {learner for learner in LEARNERS if erased_hash(learner) in known}
    for node in world.nodes:
        assert node.known() == known
        node.check_erased()
        with node.store.reading() as connection:
            assert list(audit.audit(connection)) == []
        node.store._connection.execute("VACUUM")
        raw = node.store._connection.serialize()
        assert not [learner for learner in erased if learner in raw]
    for node in (world.school, world.hub):
        held = node.places()
        assert survivors <= held.keys() <= world.written.keys()
        for place, canonical in held.items():
            learner, written = world.written[place]
            if learner in erased:
                assert canonical is None
            else:
                assert canonical == written
        assert set(node.hooks.told.values()) <= {1}
    for computer in world.computers:
        assert computer.store.unsent(world.school.home.node_id).total == 0
        assert computer.store.records(CLASS) == world.school.store.published(CLASS)


def _ran(seed: int, folder: Path) -> Counter[str]:
    with ExitStack() as stack:
        world = World(seed, folder, stack)
        for _ in range(STEPS):
            world.step()
        known = set().union(*(node.known() for node in world.nodes))
        # what only the hub still holds comes back by RANGES; here it is no writer of the school's
        survivors = set().union(
            *(node.own for node in world.writers), world.school.places(), world.hub.places()
        )
        on_school = survivors - (world.hub.places().keys() - world.school.places().keys())
        world.heal()
        _check(world, known, on_school)
        return world.marks


@pytest.mark.parametrize("seed", SEEDS, ids="seed {}".format)
def test_nothing_erased_comes_back_and_nothing_of_others_is_lost(seed, tmp_path):
    _ran(seed, tmp_path)


def test_the_rare_paths_are_met(tmp_path):
    marks: Counter[str] = Counter()
    for seed in range(100, 106):
        folder = tmp_path / str(seed)
        folder.mkdir()
        marks += _ran(seed, folder)
    assert all(marks[each] for each in ("erased", "refused", "forgot", "remembered", "cut")), marks
