"""The process under record: production code that writes, and says what it has acknowledged.

    python recorded.py computer|school STORE SEED TRANSACTIONS [full|normal]

`computer` appends events of its own through `Store`, a few transactions a run, and acknowledges
those of a transaction when `transaction()` has returned. `school` answers three computers (their
own stores are in memory) with a `Responder`, and acknowledges what an answer's RECEIPT says once
the answer is made. `normal` patches one setting, to show that the method can fail.
"""

import ctypes
import json
import random
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from darasa.sync import database
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.frames import FrameReader
from darasa.sync.home import Home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role, SchoolId
from darasa.sync.messages import Receipt, parse_message
from darasa.sync.session import Limits
from darasa.sync.signing import NodeKey, issue_certificate
from darasa.sync.store import LocalLog, Store
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder

SCHOOL = SchoolId(bytes(range(16)))
EARLY_CHECKPOINT_PAGES = 30
"""Production leaves SQLite's 1,000, hours of work: every second run gets checkpoints to die in."""


def acknowledge(fact: dict[str, object]) -> None:
    """Somebody was told: from here on it may never be lost."""
    raw = json.dumps(fact).encode()
    ctypes.CDLL(None).journal_acknowledge(raw, ctypes.c_size_t(len(raw)))


def begin(store: Store, key: NodeKey, school_id: SchoolId, clock: ManualClock) -> LocalLog:
    return store.begin_log(key=key, school_id=school_id, clock=clock, app_version="recorded")


def write(store: Store, log: LocalLog, rng: random.Random) -> list[str]:
    """One transaction of 1 to 6 events, now and then of 80; their chains."""
    count = 80 if rng.random() < 0.04 else rng.randint(1, 6)
    learner = rng.choice((b"A" * 16, b"B" * 16, None))
    body = rng.randbytes(rng.choice((8, 40, 40, 900)))
    with store.transaction() as tx:
        written = [
            tx.append(log, kind=18, version=1, learner_id=learner, lamport=1, body=(number, body))
            for number in range(count)
        ]
    return [event.chain.hex() for event in written]


def runs(path: Path, rng: random.Random, transactions: int) -> Iterator[tuple[Store, int]]:
    """The store opened again and again, and how many transactions each time."""
    number = 0
    while transactions > 0:
        some = min(transactions, rng.randint(3, 14))
        transactions -= some
        with closing(Store.open(path, rng=rng.randbytes)) as store:
            if number % 2:
                with store.transaction() as tx:
                    tx.connection.execute(f"PRAGMA wal_autocheckpoint = {EARLY_CHECKPOINT_PAGES}")
            yield store, some
        number += 1


def computer(path: Path, rng: random.Random, transactions: int) -> None:
    key, clock = NodeKey.generate(rng.randbytes), ManualClock(1_760_000_000_000)
    for store, some in runs(path, rng, transactions):
        log = begin(store, key, SCHOOL, clock)
        for _ in range(some):
            clock.advance(1_000)
            acknowledge({"events": write(store, log, rng)})


class Computer:
    """A computer with its store in memory, which the power cut does not touch."""

    def __init__(self, number: int, server: Home, rng: random.Random, clock: ManualClock) -> None:
        self.home = Home.in_memory(role=Role.COMPUTER, name=f"PC {number}", rng=rng.randbytes)
        self.store = Store.open(None, rng=rng.randbytes)
        self.clock = clock
        self.certificate = issue_certificate(
            server.node_key,
            subject_public=self.home.node_key.public,
            role=Role.COMPUTER,
            school_id=server.school_id,
        )
        enrolled = Enrolled(
            self.certificate, server.certificate, "School", server.school_id, server.seal_public
        )
        url = "http://127.0.0.1:1"
        keep_enrolled(self.home, self.store, enrolled, url=url, clock=clock)
        self.log = begin(self.store, self.home.node_key, server.school_id, clock)

    def exchange(self, responder: Responder, *, limits: Limits) -> None:
        def post(body: bytes) -> Iterator[bytes]:
            answer = responder.handle([body])
            self._acknowledge(answer)
            yield answer

        assert self.home.peer is not None
        one = Exchange(
            self.home,
            self.store,
            self.home.peer,
            hooks=NoHooks(),
            clock=self.clock,
            limits=limits,
            trusted=True,
        )
        report = one.run(post)
        assert report.ok, report.error

    def _acknowledge(self, answer: bytes) -> None:
        """What the receipts of an answer say: events up to their tips, and the mark."""
        events = self.store.events_after(0)
        for message in map(parse_message, FrameReader().feed(answer)):
            if isinstance(message, Receipt):
                upto = {tip.log_id: tip.seq for tip in message.tips}
                chains = [e.chain.hex() for e in events if e.seq <= upto.get(e.log_id, 0)]
                mark = [self.home.school_id.hex(), self.home.node_id.hex(), message.mark.hex()]
                acknowledge({"events": chains, "mark": mark})


def school(path: Path, rng: random.Random, transactions: int) -> None:
    clock = ManualClock(1_760_000_000_000)
    home = Home.in_memory(role=Role.SCHOOL, name="School", rng=rng.randbytes)
    computers = [Computer(number, home, rng, clock) for number in range(3)]
    for store, some in runs(path, rng, transactions):
        with store.transaction() as tx:
            for each in computers:
                tx.put_certificate(each.certificate)
        limits = Limits(frame=rng.choice((600, 64 * 1024)))
        responder = Responder(
            home, store, hooks=NoHooks(), clock=clock, rng=rng.randbytes, limits=limits
        )
        for _ in range(some):
            clock.advance(1_000)
            each = rng.choice(computers)
            for _ in range(rng.randint(1, 3)):
                write(each.store, each.log, rng)
            each.exchange(responder, limits=limits)


def set_normal() -> None:
    """`synchronous = NORMAL` on every connection that writes: the mistake to be found."""
    settle = database._settle

    def settled(connection: object, *, read_only: bool) -> None:
        settle(connection, read_only=read_only)  # type: ignore[arg-type]
        if not read_only:
            connection.execute("PRAGMA synchronous = NORMAL")  # type: ignore[attr-defined]

    database._settle = settled  # type: ignore[assignment]


if __name__ == "__main__":
    scene, folder, seed, transactions, setting = sys.argv[1:]
    if setting == "normal":
        set_normal()
    play = {"computer": computer, "school": school}[scene]
    play(Path(folder), random.Random(int(seed)), int(transactions))
