"""Joined nodes in memory: real homes, real stores, the real engine; only the link is a function."""

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from darasa.sync import audit, erased_rows, erasing
from darasa.sync.clock import ManualClock
from darasa.sync.enrol import Enrolled
from darasa.sync.erased import ErasedRecord, erase_record
from darasa.sync.event import StoredEvent
from darasa.sync.frames import FRAME_OVERHEAD, FrameType
from darasa.sync.home import Home
from darasa.sync.ids import Role
from darasa.sync.session import Limits
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange, ExchangeReport, LinkError
from darasa.sync.transport.file import Stick
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.transport.responder import Responder
from darasa.sync.transport.stick_report import Taken

AMINA = b"A" * 16
BARAKA = b"B" * 16
REQUEST_HEADERS = len(
    b"POST /sync/1 HTTP/1.1\r\nHost: 127.0.0.1:8710\r\nContent-Length: 222\r\n\r\n"
)
ANSWER_HEADERS = len(b"HTTP/1.1 200 OK\r\ncontent-length: 135\r\n\r\n")


class RecordingHooks:
    """Keeps what it is told, and counts each event: twice is a fault."""

    def __init__(self) -> None:
        self.told: Counter[tuple[bytes, int, bytes]] = Counter()
        self.records: list[tuple[bytes, dict[bytes, bytes | None], bool]] = []
        self.presence: list[tuple[bytes, int]] = []
        self.erased: set[bytes] = set()
        self.allowed: tuple[bytes, ...] = ()
        self.wanted: tuple[bytes, ...] = ()
        self.refusals: dict[bytes, str] = {}

    def on_events(self, tx, events: Sequence[StoredEvent]) -> None:
        self.told.update((each.log_id, each.seq, each.chain) for each in events)

    def on_records(self, tx, scope, records, *, from_start) -> None:
        self.records.append((scope, dict(records), from_start))

    def on_erased(self, tx, school_id, learner_hashes) -> None:
        self.erased |= learner_hashes

    def scopes_of(self, node_id) -> Sequence[bytes]:
        return self.allowed

    def refusal_of(self, node_id) -> str:
        return self.refusals.get(node_id, "")

    def on_presence(self, node_id, rows) -> None:
        self.presence.append((node_id, len(rows)))

    def wanted_scopes(self) -> Sequence[bytes]:
        return self.wanted


class Node:
    """One node and the log of its run."""

    def __init__(self, home: Home, store: Store, clock: ManualClock, rng) -> None:
        self.home = home
        self.store = store
        self.clock = clock
        self.rng = rng
        self.hooks = RecordingHooks()
        self.limits = Limits()
        self.restart()

    def restart(self) -> None:
        """A new run writes a new log."""
        self.log = self.store.begin_log(
            key=self.home.node_key,
            school_id=self.home.school_id,
            clock=self.clock,
            app_version="t",
        )

    def write(self, count=1, *, learner=AMINA, kind=18, version=1, body=None) -> list[StoredEvent]:
        with self.store.transaction() as tx:
            return [
                tx.append(
                    self.log,
                    kind=kind,
                    version=version,
                    learner_id=learner,
                    lamport=1,
                    body=body or (n, "an answer", self.rng(6)),
                )
                for n in range(count)
            ]

    def places(self) -> list[tuple[bytes, int, bytes, bytes]]:
        """Every believed event here, with its bytes."""
        found = self.store.events_after(0)
        return sorted((each.log_id, each.seq, each.chain, each.canonical) for each in found)

    @contextmanager
    def copied(self) -> Iterator[Callable[[], None]]:
        """A copy of its store as it is now; `restore()` puts it back, as at a new start."""
        copy = sqlite3.connect(":memory:")
        told = self.hooks.told.copy()
        with self.store.reading() as connection:
            connection.backup(copy)

        def restore() -> None:
            with self.store.reading() as connection:  # the memory store shares its one connection
                copy.backup(connection)
            self.hooks.told = told.copy()
            self.restart()

        try:
            yield restore
        finally:
            copy.close()

    def image(self) -> bytes:
        """The bytes of its store, for `District.anew`."""
        return bytes(self.store.read(lambda connection: connection.serialize()))

    def fed_by(self, server: "Node", *scopes: bytes) -> None:
        """Its server feeds it these scopes from now on."""
        server.hooks.allowed = self.hooks.wanted = scopes

    def erase(self, learner: bytes = AMINA) -> ErasedRecord:
        """What a school does when it erases a learner."""
        record = erase_record(self.home.node_key, self.home.school_id, learner)
        with self.store.transaction() as tx:
            erasing.erase(tx, self.hooks, [record])
        return record

    def erased_digest(self) -> bytes | None:
        return self.store.read(erased_rows.digest, self.home.school_id)

    def knows_nothing_of(self, learner: bytes = AMINA) -> None:
        """Nothing of the store's bytes names that learner, and the rest of it is whole."""
        assert self.store.events_of(learner) == []
        with self.store.reading() as connection:
            assert list(audit.audit(connection)) == []
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with self.store.transaction() as tx:
            tx.connection.execute("DELETE FROM unswept")
        self.store._connection.execute("VACUUM")
        assert learner not in self.image()

    def responder(self) -> Responder:
        return Responder(
            self.home,
            self.store,
            hooks=self.hooks,
            clock=self.clock,
            rng=self.rng,
            limits=self.limits,
        )


class Link:
    """Carries rounds to a server; `cut_at` bytes, both ways together, is all it ever carries."""

    def __init__(self, server: Node, *, cut_at: int | None = None, part: int = 7) -> None:
        self.responder = server.responder()
        self.left = cut_at
        self.part = part
        self.carried = 0
        self.bodies: list[bytes] = []
        self.answers: list[bytes] = []

    def __call__(self, body: bytes) -> Iterator[bytes]:
        self.bodies.append(body)
        one = self.responder.round()
        for part in self._parts(body):
            one.feed(part)
        answer = one.answer()
        self.answers.append(answer)
        yield from self._parts(answer)

    def unanswered(self, body: bytes) -> Iterator[bytes]:
        """The server does its part, and the link breaks before a byte of its answer arrives."""
        for _ in self(body):
            raise LinkError("The link broke.")
        yield b""

    def _parts(self, raw: bytes) -> Iterator[bytes]:
        size = self.part if self.left is not None else len(raw)
        for start in range(0, len(raw), size):
            part = raw[start : start + size]
            if self.left is not None:
                part = part[: self.left]
                self.left -= len(part)
            self.carried += len(part)
            if part:
                yield part
            if self.left == 0:
                raise LinkError("The link broke.")


class District:
    """Nodes that meet."""

    def __init__(self, stack: ExitStack, rng, clock: ManualClock) -> None:
        self.stack = stack
        self.rng = rng
        self.clock = clock

    def node(self, role: Role, name: str, *, store: Store | None = None) -> Node:
        home = Home.in_memory(role=role, name=name, rng=self.rng)
        return self.opened(home, store or Store.open(None, rng=self.rng))

    def opened(self, home: Home, store: Store) -> Node:
        return Node(home, self.stack.enter_context(store), self.clock, self.rng)

    def school(self) -> Node:
        return self.node(Role.SCHOOL, "Mlima Primary")

    def hub(self) -> Node:
        return self.node(Role.HUB, "District")

    def computer(self, server: Node | None = None) -> Node:
        made = self.node(Role.COMPUTER, "Lab 1")
        if server is not None:
            self.join(made, server)
        return made

    def anew(self, node: Node, image: bytes | None = None) -> Node:
        """The same node with an empty store, or with one of its images: its keys were kept."""
        store = Store.open(None, rng=self.rng)
        if image is not None:
            store._connection.deserialize(image)
        made = self.opened(node.home, store)
        made.limits = node.limits
        made.hooks.allowed, made.hooks.wanted = node.hooks.allowed, node.hooks.wanted
        return made

    def twin(self, node: Node) -> Node:
        """A running machine that was copied: it writes on in the same log."""
        made = self.opened(node.home, self.node(Role.COMPUTER, "copy").store)
        with node.store.reading() as source, made.store.reading() as target:
            source.backup(target)
        made.log.place = node.log.place
        return made

    def join(self, joiner: Node, server: Node, *, known: bool = True) -> None:
        """What enrolment leaves behind; `known` False: the server forgot it again."""
        is_school = joiner.home.role is Role.SCHOOL
        certificate = issue_certificate(
            server.home.node_key,
            subject_public=joiner.home.node_key.public,
            role=joiner.home.role,
            school_id=joiner.home.school_id if is_school else server.home.school_id,
        )
        if known:
            with server.store.transaction() as tx:
                tx.put_certificate(certificate)
        enrolled = Enrolled(
            certificate,
            server.home.certificate,
            server.home.name,
            server.home.school_id,
            server.home.seal_public,
            server.home.channel,
        )
        url = "https://127.0.0.1:8710"
        keep_enrolled(joiner.home, joiner.store, enrolled, url=url, clock=self.clock)
        joiner.restart()

    def exchange(
        self,
        joiner: Node,
        server: Node,
        *,
        link: Callable[[bytes], Iterator[bytes]] | None = None,
        trusted: bool = False,
        presence=(),
    ) -> ExchangeReport:
        peer = joiner.home.peer
        assert peer is not None
        one = Exchange(
            joiner.home,
            joiner.store,
            peer,
            hooks=joiner.hooks,
            clock=self.clock,
            presence=presence,
            limits=joiner.limits,
            trusted=trusted,
        )
        return one.run(link or Link(server))

    def good(self, joiner: Node, server: Node, **how) -> ExchangeReport:
        """An exchange that must work."""
        report = self.exchange(joiner, server, **how)
        assert report.error == ""
        assert report.ok
        return report

    def up(self, *nodes: Node) -> None:
        """What the first one has goes to the next, and so on to the last."""
        for joiner, server in pairwise(nodes):
            self.good(joiner, server)

    def same(self, *nodes: Node) -> None:
        """All hold the same, told once, whole."""
        first, *others = nodes
        assert all(each.places() == first.places() for each in others)
        for node in nodes:
            assert set(node.hooks.told.values()) <= {1}
            with node.store.reading() as connection:
                assert list(audit.audit(connection)) == []

    def quiet(self, school: Node, hub: Node) -> int:
        """A contact with nothing to say: one request, and its bytes."""
        report = self.good(school, hub)
        assert (report.rounds, report.events_out, report.events_in) == (1, 0, 0)
        assert school.store.unsent(hub.home.node_id).total == 0
        return report.bytes_out + report.bytes_in + REQUEST_HEADERS + ANSWER_HEADERS


def _frames_of(raw: bytes, *kinds: FrameType) -> list[bytes]:
    found, at = [], 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big") + FRAME_OVERHEAD
        if raw[at + 4] in kinds:
            found.append(raw[at : at + size])
        at += size
    return found


class Kit:
    """The classes themselves, for tests that need a district an example."""

    Link = Link
    Node = Node

    @staticmethod
    @contextmanager
    def district(seed: int = 7) -> Iterator[District]:
        with ExitStack() as stack:
            rng = random.Random(seed).randbytes
            yield District(stack, rng, ManualClock(1_760_000_000_000))


@pytest.fixture(scope="session")
def kit() -> type[Kit]:
    return Kit


@pytest.fixture
def make_link():
    """`make_link(server, cut_at=None)`."""
    return Link


@pytest.fixture(scope="session")
def frames_of():
    """`frames_of(body, *types)`: the frames of these types in a body."""
    return _frames_of


@pytest.fixture
def district(kit) -> Iterator[District]:
    with kit.district() as made:
        yield made


@pytest.fixture
def stick_of():
    """`stick_of(node)`: what that node does with sticks."""

    def made(node: Node) -> Stick:
        return Stick(node.home, node.store, hooks=node.hooks, clock=node.clock, rng=node.rng)

    return made


@pytest.fixture
def put(tmp_path):
    """`put(raw)`: a file on the stick."""

    def placed(raw: bytes, name: str = "darasa-x.bundle") -> Path:
        file = tmp_path / name
        file.write_bytes(raw)
        return file

    return placed


@pytest.fixture
def carry(stick_of, tmp_path):
    """`carry(below, above)`: work up on a stick, the answer back; both reports."""

    def carried(below: Node, above: Node) -> tuple[Taken, Taken]:
        made = stick_of(below).export_work(tmp_path)
        up = stick_of(above).take(tmp_path / made.file)
        answers = stick_of(above).export_answers(tmp_path)
        mine = [each for each in answers if below.home.node_id.hex()[:10] in each.file]
        down = stick_of(below).take(tmp_path / mine[0].file)
        return up, down

    return carried


@pytest.fixture
def pair(district) -> tuple[Node, Node]:
    """A computer and the school that it has joined."""
    school = district.school()
    return district.computer(school), school


@pytest.fixture
def chain_of_three(district) -> tuple[Node, Node, Node]:
    """A computer, its school, and the school's hub."""
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    return district.computer(school), school, hub
