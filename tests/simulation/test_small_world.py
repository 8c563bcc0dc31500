"""A small world under seeded faults: two computers, their school, its hub (sync.md section 14).

The production engine over real stores; only the cable, the clock and the random source are ours.
The oracle is plain dicts: what was written, and what each disk must still hold.
"""

import os
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from darasa.sync import audit, feed
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.home import Home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.session import Limits
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder

SEEDS = range(int(os.environ.get("DARASA_WORLDS", "40")))  # more in `make soak`
STEPS = 60
AMINA, BARAKA = b"A" * 16, b"B" * 16
SCOPES = (b"s", b"l" + AMINA, b"l" + BARAKA)

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
    """One node, the log of its run, and what its disk must hold of its own writing."""

    def __init__(self, role: Role, world: "World", limits: Limits) -> None:
        self.world = world
        self.home = Home.in_memory(role=role, name=str(role), rng=world.rng)
        self.store = world.stack.enter_context(Store.open(None, rng=world.rng))
        self.hooks = CountingHooks(role)
        self.limits = limits
        self.own: set[Place] = set()
        self.is_trusted = False
        self.copies: list[tuple[sqlite3.Connection, set[Place], Counter[Place]]] = []

    def restart(self) -> None:
        """A new run: a new log, and no session before it."""
        self.is_trusted = False
        self.log = self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.world.clock,
            app_version="t",
        )

    def write(self, count: int) -> None:
        with self.store.transaction() as tx:
            events = [
                tx.append(
                    self.log,
                    kind=18,
                    version=1,
                    learner_id=self.world.random.choice((AMINA, BARAKA)),
                    lamport=self.world.random.randrange(1, 50),
                    body=(n, self.world.rng(9)),
                )
                for n in range(count)
            ]
        for each in events:
            place = (each.log_id, each.seq, each.chain)
            self.world.written[place] = each.canonical
            self.own.add(place)

    def copy(self) -> None:
        """Somebody keeps a copy of the store's file."""
        kept = sqlite3.connect(":memory:")
        self.world.stack.callback(kept.close)
        with self.store.reading() as connection:
            connection.backup(kept)
        self.copies.append((kept, set(self.own), Counter(self.hooks.told)))

    def set_back(self) -> None:
        """The file is replaced by an older copy, and the program started again."""
        if not self.copies:
            return
        kept, own, told = self.world.random.choice(self.copies)
        with self.store.reading() as connection:  # the memory store shares its one connection
            kept.backup(connection)
        self.own, self.hooks.told = set(own), Counter(told)
        if self is not self.world.hub:
            self.restart()

    def held(self) -> dict[Place, bytes]:
        """Every believed event of the logs here; each must be here once."""
        found = self.store.events_after(0)
        held = {(each.log_id, each.seq, each.chain): each.canonical for each in found}
        assert len(held) == len(found)
        return held


class World:
    """All nodes of one seed."""

    def __init__(self, seed: int, stack: ExitStack) -> None:
        self.random = random.Random(seed)
        self.rng = self.random.randbytes
        self.stack = stack
        self.clock = ManualClock(1_760_000_000_000)
        self.written: dict[Place, bytes] = {}
        self.faults: Counter[str] = Counter()
        frame, body = self.random.choice(((64 * 1024, 1 << 20), (600, 2_500), (1_500, 6_000)))
        named_logs = self.random.choice((1_000, 3))  # few: they are compared by ranges
        limits = Limits(frame=frame, body=body, named_logs=named_logs)
        self.hub, self.school = Node(Role.HUB, self, limits), Node(Role.SCHOOL, self, limits)
        self.computers = [Node(Role.COMPUTER, self, limits) for _ in range(2)]
        self._join(self.school, self.hub)
        for computer in self.computers:
            self._join(computer, self.school)
        self.writers = [*self.computers, self.school]
        for node in self.writers:
            node.restart()
        may_restore = {0: self.computers, 1: [self.school], 2: self.writers, 3: [self.hub]}
        self.restorable = may_restore[seed % 4]

    def _join(self, joiner: Node, server: Node) -> None:
        is_school = joiner.home.role is Role.SCHOOL
        certificate = issue_certificate(
            server.home.node_key,
            subject_public=joiner.home.node_key.public,
            role=joiner.home.role,
            school_id=(joiner if is_school else server).home.school_id,
        )
        with server.store.transaction() as tx:
            tx.put_certificate(certificate)
        home = server.home
        enrolled = Enrolled(
            certificate, home.certificate, home.name, home.school_id, home.seal_public
        )
        url = "http://127.0.0.1:8710"
        keep_enrolled(joiner.home, joiner.store, enrolled, url=url, clock=self.clock)

    def server_of(self, node: Node) -> Node:
        return self.hub if node is self.school else self.school

    def exchange(self, node: Node, post: Callable[[bytes], Iterator[bytes]]) -> ExchangeReport:
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
        report = one.run(post)
        node.is_trusted = report.ok
        return report

    def cable(self, node: Node, *, cut_at: int | None) -> Callable[[bytes], Iterator[bytes]]:
        """Rounds to the node's server; breaks after `cut_at` bytes. Others go on in between."""
        server = self.server_of(node)
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
            if cut_at is not None:
                self._meanwhile(node, server)
            responder = Responder(
                server.home,
                server.store,
                hooks=server.hooks,
                clock=self.clock,
                rng=self.rng,
                limits=server.limits,
            )
            one = responder.round()
            for piece in carried(body):
                one.feed(piece)
            yield from carried(one.answer())

        return post

    def _meanwhile(self, node: Node, server: Node) -> None:
        """What may happen between two rounds: keys go on, and a server is set back and started."""
        chance = self.random.random()
        if chance < 0.3 and node is not self.school:
            node.write(1)
        elif chance < 0.34 and server in self.restorable:
            self.faults["set back between rounds"] += 1
            server.set_back()

    def step(self) -> None:
        """One thing that happens."""
        self.clock.advance(self.random.randrange(5_000))
        node = self.random.choice(self.writers)
        match self.random.choices(
            ("write", "exchange", "cut", "restart", "copy", "set back", "publish"),
            (8, 4, 5, 2, 2, 1, 2),
        ):
            case ["write"]:
                if self.restorable != [self.school] or node is not self.school:
                    node.write(self.random.choice((1, 1, 3, 40)))
            case ["exchange"]:
                self.exchange(node, self.cable(node, cut_at=None))
            case ["cut"]:
                cut_at = self.random.choice((300, 1_500, 8_000))
                report = self.exchange(
                    node, self.cable(node, cut_at=self.random.randrange(1, cut_at))
                )
                self.faults["cut"] += not report.ok
            case ["restart"]:
                node.restart()
            case ["copy"]:
                node.copy()
                self.hub.copy()
            case ["set back"]:
                node = self.hub if self.restorable == [self.hub] else node
                if node in self.restorable:
                    self.faults["set back"] += bool(node.copies)
                    node.set_back()
            case ["publish"]:
                with self.school.store.transaction() as tx:
                    record = self.random.randrange(9).to_bytes(16, "big")
                    tx.publish(b"s", record, self.random.choice((None, self.rng(5))))

    def heal(self) -> None:
        """The network is whole: twice around, and then there is nothing left to say."""
        nodes = [*self.computers, self.school, *self.computers]
        for node in nodes:
            report = self.exchange(node, self.cable(node, cut_at=None))
            assert report.error == ""
        for node in (*self.computers, self.school):
            report = self.exchange(node, self.cable(node, cut_at=None))
            assert (report.error, report.rounds, report.events_out) == ("", 1, 0)


def _check_logs(world: World, survivors: set[Place]) -> None:
    """Every survivor is at school and hub, once, as written; and nothing that was not."""
    school, hub = world.school.held(), world.hub.held()
    assert survivors <= school.keys()
    assert hub.items() <= world.written.items()
    assert school == hub  # the hub may have been the last holder: it gives back
    assert world.school.store.frontier_digest() == world.hub.store.frontier_digest()
    for node in (world.school, world.hub):
        assert set(node.hooks.told.values()) <= {1}
        assert node.hooks.told.keys() | node.own == node.held().keys()
        with node.store.reading() as connection:
            assert list(audit.audit(connection)) == []
    for computer in world.computers:
        assert computer.store.unsent(world.school.home.node_id).total == 0


def _check_feed(world: World) -> None:
    """Both computers hold the records and the learners' events that the school holds."""
    for computer in world.computers:
        for learner in (AMINA, BARAKA):
            here, there = computer.store.events_of(learner), world.school.store.events_of(learner)
            assert [each.canonical for each in here] == [each.canonical for each in there]
        with computer.store.reading() as here, world.school.store.reading() as there:
            assert feed.records(here, b"s") == feed.published(there, b"s")


@pytest.mark.parametrize("seed", SEEDS, ids="seed {}".format)
def test_what_survives_on_a_disk_reaches_school_and_hub_once(seed):
    with ExitStack() as stack:
        world = World(seed, stack)
        for _ in range(STEPS):
            world.step()
        survivors = set().union(*(node.own for node in world.writers), world.school.held())
        world.heal()
        _check_logs(world, survivors)
        _check_feed(world)
