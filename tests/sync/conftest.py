"""Real stores, a clock turned by hand, and seeded randomness for the tests of `sync`."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from darasa.sync import reads
from darasa.sync.audit import audit
from darasa.sync.clock import ManualClock
from darasa.sync.event import Event, StoredEvent, canonical_bytes, chain_after, leaf_of
from darasa.sync.frontier import SignedHeads
from darasa.sync.ids import NO_SCHOOL, LogId, Rng, SchoolId
from darasa.sync.signing import NodeKey, sign_heads
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))
AMINA = b"A" * 16


@dataclass(frozen=True)
class Arrived:
    """What an engine hands over."""

    seq: int
    chain: bytes
    canonical: bytes
    event: Event


class Author:
    """A node with a store and the log of one run."""

    def __init__(self, store: Store, key: NodeKey, school_id: SchoolId, clock: ManualClock) -> None:
        self.store = store
        self.key = key
        self.school_id = school_id
        self.clock = clock
        self.log = self._begin()

    def _begin(self):
        return self.store.begin_log(
            key=self.key, school_id=self.school_id, clock=self.clock, app_version="test"
        )

    @property
    def log_id(self) -> LogId:
        assert self.log.log_id is not None
        return self.log.log_id

    def restart(self) -> None:
        """What a new run does: another log."""
        self.log = self._begin()

    def write(self, count: int = 1, *, learner=AMINA, lamport=1, kind=18) -> list[StoredEvent]:
        """Append events in one transaction."""
        written = []
        with self.store.transaction() as tx:
            for n in range(count):
                self.clock.advance(1000)
                written.append(
                    tx.append(
                        self.log,
                        kind=kind,
                        version=1,
                        learner_id=learner,
                        lamport=lamport,
                        body=(n, "answer"),
                    )
                )
        return written

    @staticmethod
    def branch(before, count: int, *, body: str) -> list[Arrived]:
        """Events that follow `before` (an Arrived or StoredEvent) on another branch of its log."""
        made: list[Arrived] = []
        for _ in range(count):
            event = Event(18, 1, AMINA, 1, 0, (body,))
            raw = canonical_bytes(event)
            before = Arrived(before.seq + 1, chain_after(before.chain, leaf_of(raw)), raw, event)
            made.append(before)
        return made

    def insert_into(self, store: Store, before, events, *, believed: int) -> list[StoredEvent]:
        """Events that follow `before` arrive in a store that has that one."""
        with store.transaction() as tx:
            return tx.insert_received(
                self.school_id,
                self.log_id,
                genesis=None,
                prev_chain=before.chain,
                events=events,
                believed=believed,
            )

    def heads(self) -> SignedHeads:
        """Its tips under its signature."""
        return sign_heads(self.key, tuple(self.store.tips(self.school_id)))


@pytest.fixture
def rng() -> Rng:
    return random.Random(20260101).randbytes


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_760_000_000_000)


@pytest.fixture
def open_store(rng: Rng) -> Iterator[Callable[..., Store]]:
    """`open_store(path=None, read_only=False)`; closed at the end of the test."""
    with ExitStack() as stack:

        def opened(path: Path | None = None, *, read_only: bool = False) -> Store:
            return stack.enter_context(Store.open(path, rng=rng, read_only=read_only))

        yield opened


@pytest.fixture
def make_author(open_store, clock, rng) -> Callable[..., Author]:
    """`make_author(path=None, school_id=SCHOOL, key=None)`."""

    def made(path: Path | None = None, *, school_id: SchoolId = SCHOOL, key=None) -> Author:
        return Author(open_store(path), key or NodeKey.generate(rng), school_id, clock)

    return made


@pytest.fixture
def author(make_author) -> Author:
    return make_author()


@pytest.fixture
def no_school() -> SchoolId:
    return NO_SCHOOL


@pytest.fixture
def deliver() -> Callable[..., list[StoredEvent]]:
    """`deliver(events, sender, receiver, believed=None)`: a run of one log, as an engine would.

    `believed` None: all of them.
    """

    def delivered(
        events: list[StoredEvent], sender: Store, receiver: Store, *, believed: int | None = None
    ) -> list[StoredEvent]:
        first = events[0]
        with sender.reading() as connection:
            runs = list(
                reads.runs(connection, first.school_id, first.log_id, bytes_max=1 << 20)
            ) or pytest.fail("the sender does not hold that log")
        genesis = runs[0].log.genesis
        prev = runs[0].prev_chain
        if first.seq > 1:
            prev = next(
                each.chain
                for each in sender.events_after(0)
                if each.log_id == first.log_id and each.seq == first.seq - 1
            )
        with receiver.transaction() as tx:
            return tx.insert_received(
                first.school_id,
                first.log_id,
                genesis=genesis,
                prev_chain=prev,
                events=events,
                believed=len(events) if believed is None else believed,
            )

    return delivered


@pytest.fixture(scope="session")
def no_damage() -> Callable[[Store], bool]:
    """`no_damage(store)`: an audit of it finds nothing."""

    def is_whole(store: Store) -> bool:
        with store.reading() as connection:
            return not list(audit(connection))

    return is_whole
