"""Sticks under seeded faults: lost, copied, played again, cut, mixed with wires and restores.

The production engine over real stores; a stick is a folder. The oracle: what a disk that is still
there has written reaches the school and the hub, once, and lists are those of the school.
"""

import os
import random
import shutil
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from darasa.sync import audit, feed, reads
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.home import Home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange, LinkError
from darasa.sync.transport.file import Stick
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder

SEEDS = range(int(os.environ.get("DARASA_STICKS", "25")))
STEPS = 50
AMINA = b"A" * 16
LISTS = (b"s", b"c" + bytes(16))
SCOPES = (*LISTS, b"l" + AMINA)


class CountingHooks(NoHooks):
    """Counts what it is told of, as a derived table would: twice is a fault."""

    def __init__(self, role: Role) -> None:
        self.told: Counter = Counter()
        self.role = role

    def on_events(self, tx, events) -> None:
        self.told.update((each.log_id, each.seq, each.chain) for each in events)

    def scopes_of(self, node_id):
        return SCOPES if self.role is Role.SCHOOL else ()

    def wanted_scopes(self):
        return SCOPES if self.role is Role.COMPUTER else ()


class Node:
    """One node and the log of its run."""

    def __init__(self, role: Role, world: "World") -> None:
        self.world = world
        self.home = Home.in_memory(role=role, name=str(role), rng=world.rng)
        self.use(Store.open(None, rng=world.rng))

    def use(self, store: Store) -> None:
        """Run on a store: the first, or one restored from a backup."""
        self.store = self.world.stack.enter_context(store)
        self.hooks = CountingHooks(self.home.role)
        self.restart()

    def restart(self) -> None:
        self.log = self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.world.clock,
            app_version="t",
        )

    @property
    def stick(self) -> Stick:
        return Stick(
            self.home, self.store, hooks=self.hooks, clock=self.world.clock, rng=self.world.rng
        )

    def write(self, count: int) -> None:
        with self.store.transaction() as tx:
            for n in range(count):
                body = (n, self.world.rng(9))
                tx.append(self.log, kind=18, version=1, learner_id=AMINA, lamport=1, body=body)

    def places(self, author=None) -> set:
        return {
            (each.log_id, each.seq, each.chain, each.canonical)
            for each in self.store.events_after(0)
            if author is None or each.author == author
        }


class World:
    """Two computers, their school, its hub, and some sticks."""

    def __init__(self, seed: int, folder: Path, stack: ExitStack) -> None:
        self.chance = random.Random(seed)
        self.rng = self.chance.randbytes
        self.clock = ManualClock(1_760_000_000_000)
        self.stack = stack
        self.hub, self.school = Node(Role.HUB, self), Node(Role.SCHOOL, self)
        self.computers = [Node(Role.COMPUTER, self) for _ in range(2)]
        self.join(self.school, self.hub)
        for computer in self.computers:
            self.join(computer, self.school)
        self.backup = self.school.store._connection.serialize()
        self.sticks = [folder / str(n) for n in range(3)]
        for each in self.sticks:
            each.mkdir()
        self.drawer = folder / "drawer"
        self.drawer.mkdir()
        self.marks: Counter = Counter()

    def join(self, below: Node, above: Node) -> None:
        certificate = issue_certificate(
            above.home.node_key,
            subject_public=below.home.node_key.public,
            role=below.home.role,
            school_id=below.home.school_id
            if below.home.role is Role.SCHOOL
            else above.home.school_id,
        )
        with above.store.transaction() as tx:
            tx.put_certificate(certificate)
        enrolled = Enrolled(
            certificate,
            above.home.certificate,
            above.home.name,
            above.home.school_id,
            above.home.seal_public,
        )
        keep_enrolled(below.home, below.store, enrolled, url="http://127.0.0.1:1", clock=self.clock)
        below.restart()

    @property
    def nodes(self) -> list[Node]:
        return [self.hub, self.school, *self.computers]

    def step(self) -> None:
        """One thing that happens."""
        self.clock.advance(self.chance.choice([0, 1, 60_000, 86_400_000, -3_600_000]))
        act = self.chance.choices(
            [self.work, self.list, self.make, self.take, self.wire, self.fault, self.restore],
            [8, 3, 8, 10, 3, 4, 1],
        )[0]
        self.marks[act.__name__] += 1
        act()

    def work(self) -> None:
        node = self.chance.choice([*self.computers, self.school])
        if self.chance.random() < 0.3:
            node.restart()
        node.write(self.chance.randrange(1, 12))

    def list(self) -> None:
        scope, record = self.chance.choice(LISTS), bytes([self.chance.randrange(5)])
        value = None if self.chance.random() < 0.3 else self.rng(4)
        with self.school.store.transaction() as tx:
            tx.publish(scope, record, value)

    def make(self) -> None:
        node, stick = self.chance.choice(self.nodes), self.chance.choice(self.sticks)
        if node.home.role is not Role.COMPUTER:
            node.stick.export_answers(stick)
        if node.home.role is not Role.HUB:
            node.stick.export_work(stick, from_start=self.chance.random() < 0.1)

    def take(self) -> None:
        self.taken(self.chance.choice(self.nodes), self.chance.choice(self.sticks))

    def taken(self, node: Node, stick: Path) -> None:
        files = sorted(stick.glob("*.bundle"))
        self.chance.shuffle(files)
        for file in files:
            before = self.cursors(node)
            told = node.stick.take(file)
            after = self.cursors(node)
            for scope in before.keys() & after.keys():
                assert after[scope] >= before[scope], "an older list came back"
            self.marks["passed" if told.passed else "ok" if told.ok else "damaged"] += 1

    def cursors(self, node: Node) -> dict:
        """Where a node is in its lists, as far as the school's store of today knows."""
        if node.home.role is not Role.COMPUTER:
            return {}
        held = node.store.read(feed.cursors, self.school.home.node_id)
        return {
            scope: cursor.ordinal
            for scope, cursor in held.items()
            if self.school.store.read(reads.transaction_tag, cursor.ordinal) == cursor.tag
        }

    def wire(self) -> None:
        below = self.chance.choice([*self.computers, self.school])
        above = self.hub if below is self.school else self.school
        left = self.chance.choice([300, 2_000, 10_000_000])

        def link(body):
            nonlocal left
            one = responder.round()
            one.feed(body[:left])
            answer = one.answer()
            left -= len(body)
            if left < 0:
                raise LinkError("The link broke.")
            yield answer[:left]
            left -= len(answer)
            if left < 0:
                raise LinkError("The link broke.")

        responder = Responder(
            above.home, above.store, hooks=above.hooks, clock=self.clock, rng=self.rng
        )
        peer = below.home.peer
        Exchange(below.home, below.store, peer, hooks=below.hooks, clock=self.clock).run(link)

    def fault(self) -> None:
        """Something befalls a stick: copied away, played again, lost, cut, changed."""
        stick = self.chance.choice(self.sticks)
        files, old = sorted(stick.iterdir()), sorted(self.drawer.iterdir())
        what = self.chance.choice(["copy", "replay", "lose", "cut", "change"])
        self.marks[what] += 1
        if what == "replay" and old:
            shutil.copy(self.chance.choice(old), stick / f"darasa-old-{self.rng(3).hex()}.bundle")
        elif files:
            file = self.chance.choice(files)
            raw = bytearray(file.read_bytes())
            if what == "copy":
                shutil.copy(file, self.drawer / f"{len(old)}")
            elif what == "lose":
                file.unlink()
            elif what == "cut":
                file.write_bytes(raw[: self.chance.randrange(len(raw) + 1)])
            elif what == "change" and raw:
                raw[self.chance.randrange(len(raw))] ^= 1 << self.chance.randrange(8)
                file.write_bytes(raw)

    def restore(self) -> None:
        """The school's disk is put back to a backup, and nobody says so; or a backup is made."""
        if self.chance.random() < 0.5:
            self.backup = self.school.store._connection.serialize()
            return
        store = Store.open(None, rng=self.rng)
        store._connection.deserialize(self.backup)
        self.school.use(store)
        self.school.hooks.told.update(
            (log_id, seq, chain) for log_id, seq, chain, _ in self.school.places()
        )

    def heal(self, folder: Path) -> None:
        """Sticks travel as they should, a few times."""
        for turn in range(4):
            for below in (*self.computers, self.school):
                above = self.hub if below is self.school else self.school
                stick = folder / f"heal-{turn}-{self.rng(3).hex()}"
                stick.mkdir()
                below.stick.export_work(stick)
                self.taken(above, stick)
                above.stick.export_answers(stick)
                self.taken(below, stick)

    def check(self) -> None:
        for computer in self.computers:
            own = computer.places(computer.home.node_id)
            assert own <= self.school.places()
            assert (
                computer.store.unsent(self.school.home.node_id, author=computer.home.node_id)[0]
                == 0
            )
            for scope in LISTS:
                assert computer.store.records(scope) == self.school.store.published(scope)
            assert computer.store.event_count_of(AMINA) == self.school.store.event_count_of(AMINA)
        assert self.school.places() <= self.hub.places()
        for node in self.nodes:
            assert set(node.hooks.told.values()) <= {1}
            with node.store.reading() as connection:
                assert list(audit.audit(connection)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_nor_doubled_nor_rolled_back(seed, tmp_path):
    with ExitStack() as stack:
        world = World(seed, tmp_path, stack)
        for _ in range(STEPS):
            world.step()
        world.heal(tmp_path)
        world.check()


def test_the_faults_are_met(tmp_path):
    marks: Counter = Counter()
    for seed in range(6):
        with ExitStack() as stack:
            folder = tmp_path / str(seed)
            folder.mkdir()
            world = World(seed, folder, stack)
            for _ in range(STEPS):
                world.step()
            marks += world.marks
    wanted = {"passed", "ok", "damaged", "copy", "replay", "lose", "cut", "change", "restore"}
    assert all(marks[each] for each in wanted), marks
