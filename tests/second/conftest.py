"""A server of this implementation for the second asker: its store is in memory, it can be set back.

Only these tests import both implementations.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from darasa.sync import erasing
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.erased import erase_record
from darasa.sync.home import Home
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.signing import Certificate, issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder

from . import wire
from .asker import Outcome, Post, Session
from .memory import Identity, Memory

NOW_MS = 1_760_000_000_000
AMINA = b"A" * 16
RNG = random.Random(23).randbytes


class Hooks:
    """Counts each event that the server believes: twice is a fault."""

    def __init__(self) -> None:
        self.told: Counter[tuple[bytes, int, bytes]] = Counter()
        self.allowed: tuple[bytes, ...] = ()

    def on_events(self, tx: Any, events: Sequence[Any]) -> None:
        self.told.update((each.log_id, each.seq, each.canonical) for each in events)

    def on_records(self, tx: Any, scope: bytes, records: Any, *, from_start: bool) -> None:
        raise AssertionError("nobody feeds a server here")

    def on_erased(self, tx: Any, school_id: bytes, learner_hashes: Any) -> None:
        pass

    def scopes_of(self, node_id: bytes) -> Sequence[bytes]:
        return self.allowed

    def refusal_of(self, node_id: bytes) -> str:
        return ""

    def on_presence(self, node_id: bytes, rows: Any) -> None:
        raise AssertionError("the second asker tells nothing of who sits there")

    def wanted_scopes(self) -> Sequence[bytes]:
        return ()


class School:
    """A server of this implementation, whose store can be set back."""

    def __init__(self, stack: ExitStack, role: Role = Role.SCHOOL) -> None:
        self.stack = stack
        self.home = Home.in_memory(role=role, name="Mlima", rng=RNG)
        self.hooks = Hooks()
        self.clock = ManualClock(NOW_MS)
        self.store = stack.enter_context(Store.open(None, rng=RNG))
        self.log: Any = None
        self.bodies: list[bytes] = []

    def begin_log(self) -> Any:
        return self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.clock,
            app_version="t",
        )

    def write(self, log: Any, learner: bytes, count: int = 1) -> None:
        with self.store.transaction() as tx:
            for n in range(count):
                tx.append(log, kind=18, version=1, learner_id=learner, lamport=1, body=(n, RNG(6)))

    def publish(self, scope: bytes, record_id: bytes, value: bytes | None) -> None:
        with self.store.transaction() as tx:
            tx.publish(scope, record_id, value)

    def erase(self, learner: bytes) -> None:
        record = erase_record(self.home.node_key, self.home.school_id, learner)
        with self.store.transaction() as tx:
            erasing.erase(tx, self.hooks, [record])

    def certify(self, public_key: bytes) -> Certificate:
        return issue_certificate(
            self.home.node_key,
            subject_public=public_key,
            role=Role.COMPUTER,
            school_id=self.home.school_id,
        )

    def join(self, hub: "School") -> None:
        """What joining a hub leaves behind at both."""
        certificate = issue_certificate(
            hub.home.node_key,
            subject_public=self.home.node_key.public,
            role=Role.SCHOOL,
            school_id=self.home.school_id,
        )
        with hub.store.transaction() as tx:
            tx.put_certificate(certificate)
        enrolled = Enrolled(
            certificate,
            hub.home.certificate,
            "Hub",
            NO_SCHOOL,
            hub.home.seal_public,
            hub.home.channel,
        )
        keep_enrolled(self.home, self.store, enrolled, url="https://127.0.0.1:1", clock=self.clock)

    def exchange(self, hub: "School") -> None:
        """One exchange with a hub, which must work."""
        peer = self.home.peer
        assert peer is not None
        one = Exchange(self.home, self.store, peer, hooks=self.hooks, clock=self.clock)
        assert one.run(lambda body: iter([hub.post(body)])).error == ""

    def set_back(self, backup: bytes) -> None:
        self.store = self.stack.enter_context(Store.open(None, rng=RNG))
        self.store._connection.deserialize(backup)

    def backup(self) -> bytes:
        raw: bytes = self.store._connection.serialize()
        return raw

    def responder(self) -> Responder:
        return Responder(
            self.home, self.store, hooks=self.hooks, clock=self.clock, rng=RNG, log=self.log
        )

    def round(self) -> Any:
        return self.responder().round()

    def post(self, body: bytes) -> bytes:
        self.bodies.append(body)
        one = self.round()
        one.feed(body)
        answer: bytes = one.answer()
        return answer

    def held(self) -> set[tuple[bytes, int, bytes, bytes]]:
        """All events that are believed here."""
        found = self.store.events_after(0)
        return {(each.log_id, each.seq, each.chain, each.canonical) for each in found}


class Computer:
    """A second asker that has joined a school."""

    def __init__(self, school: School, *, known: bool = True) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(RNG(32))
        certificate = school.certify(self.key.public_key().public_bytes_raw())
        if known:
            with school.store.transaction() as tx:
                tx.put_certificate(certificate)
        mine, server = (
            wire.unpack(one.to_bytes()) for one in (certificate, school.home.certificate)
        )
        self.identity = Identity(self.key, mine, server)
        self.memory = Memory()
        self.clock = ManualClock(NOW_MS)
        self.restart()

    def restart(self) -> None:
        self.log = self.memory.begin_log(self.identity.node_id, RNG(8), self.clock)

    def write(self, count: int = 1, *, size: int = 6, learner: bytes = AMINA) -> None:
        at = len(self.log.entries)
        for n in range(count):
            event = [18, 1, learner, at + n + 1, 1000 * n, n, "an answer", RNG(size)]
            self.memory.write(self.log, event)

    def session(self, post: Post) -> Outcome:
        return Session(self.memory, self.identity, self.clock).run(post)

    def good(self, post: Post) -> Outcome:
        outcome = self.session(post)
        assert outcome.why == ""
        return outcome

    def wrote(self) -> set[tuple[bytes, int, bytes, bytes | None]]:
        logs = self.memory.logs.values()
        return {
            (log.log_id, seq, entry.chain, entry.canonical)
            for log in logs
            for seq, entry in enumerate(log.entries, 1)
        }


@pytest.fixture
def school() -> Iterator[School]:
    with ExitStack() as stack:
        yield School(stack)


@pytest.fixture
def computer(school: School) -> Computer:
    return Computer(school)
