"""Honest exchanges, recorded: every body and answer, and both stores before each round.

Together they have every frame type that the engine speaks, in both directions. The nodes are those
of tests/sync/exchanging: real homes, real stores in memory, the production engine.
"""

import importlib.util
import random
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from darasa.sync import erasing
from darasa.sync.blob_share import FolderBlobs
from darasa.sync.blob_store import BlobFolder, blob_hash
from darasa.sync.clock import ManualClock
from darasa.sync.erased import erase_record
from darasa.sync.messages import PresenceRow
from darasa.sync.session import Limits
from darasa.sync.transport.exchange import Exchange, LinkError
from darasa.sync.transport.responder import Responder

CLASS_SCOPE = b"c" + b"1" * 16
SEED = 7
_PIECE_BYTES = 50_000


def helper(room: str, name: str) -> Any:
    """The `conftest.py` of other tests, as a module: the helpers that are there, not copies."""
    path = Path(__file__).parents[1] / room / "conftest.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


NODES = helper("sync/exchanging", "exchanging_nodes")
AMINA, BARAKA = NODES.AMINA, NODES.BARAKA
LEARNER_SCOPE = b"l" + AMINA
SCOPES = (CLASS_SCOPE, b"s", LEARNER_SCOPE)


@dataclass(frozen=True)
class Image:
    """What a node holds: its store, and its files where it has such."""

    store: sqlite3.Connection
    files: dict[str, bytes]


def image_of(node: Any) -> Image:
    """A copy of all that a node holds, in memory."""
    copy = sqlite3.connect(":memory:")
    with node.store.reading() as connection:
        connection.backup(copy)
    return Image(copy, {each.name: each.read_bytes() for each in files_of(node)})


def files_of(node: Any) -> list[Path]:
    """The files of a node, whole and on their way."""
    blobs = blobs_of(node)
    return [] if blobs is None else sorted(blobs.folder.path.glob("*"))


def blobs_of(node: Any) -> FolderBlobs | None:
    """What a node has for sessions beside its store; most scenes have no files."""
    blobs: FolderBlobs | None = getattr(node, "blobs", None)
    return blobs


def restore(node: Any, image: Image) -> None:
    """Put everything back to what it was."""
    with node.store.reading() as connection:
        image.store.backup(connection)
    for file in files_of(node):
        file.unlink()
    if hasattr(node, "blobs"):
        for name, raw in image.files.items():
            (node.blobs.folder.path / name).write_bytes(raw)
        node.blobs = node.new_blobs()  # what it remembers of a session is gone too
    before, node.hooks = node.hooks, NODES.RecordingHooks()
    node.hooks.allowed, node.hooks.wanted = before.allowed, before.wanted


@dataclass
class Scene:
    """One session: `bodies[n]` was asked and `answers[n]` answered in round n."""

    name: str
    asker: Any
    server: Any
    stranger: Any
    presence: tuple[PresenceRow, ...] = ()
    trusted: bool = False
    began_ms: int = 0
    asker_image: Image | None = None
    server_images: list[Image] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)

    def record(self) -> "Scene":
        """Run the session honestly."""
        self.asker_image = image_of(self.asker)
        self.began_ms = self.asker.clock.wall

        def post(body: bytes) -> Iterator[bytes]:
            self.asker.clock.wall += 1  # no two rounds are in one moment
            self.server_images.append(image_of(self.server))
            self.bodies.append(body)
            self.answers.append(self.responder().handle([body]))
            yield self.answers[-1]

        report = self.exchange().run(post)
        assert report.ok, (self.name, report.error)
        return self

    def responder(self) -> Any:
        """The server's, with its files, and a log for what it says of clocks."""
        server = self.server
        server.log.abandon()  # the store was set back: what that log held is not there any more
        return Responder(
            server.home,
            server.store,
            hooks=server.hooks,
            clock=server.clock,
            rng=server.rng,
            limits=server.limits,
            blobs=blobs_of(server),
            log=server.log,
        )

    def exchange(self) -> Exchange:
        """A session of the asker's, at its beginning."""
        self.asker.log.times = ()
        peer = self.asker.home.peer
        return Exchange(
            self.asker.home,
            self.asker.store,
            peer,
            hooks=self.asker.hooks,
            clock=self.asker.clock,
            presence=self.presence,
            limits=self.asker.limits,
            trusted=self.trusted,
            blobs=blobs_of(self.asker),
        )

    def replay(self, place: int, answer: bytes) -> str:
        """The session again with another answer in round `place`; then the link breaks.

        The asker's store must be at the beginning. Answers the sentence of the report's error.
        """
        rounds = iter([*self.answers[:place], answer])

        def post(_: bytes) -> Iterator[bytes]:
            self.asker.clock.wall += 1
            for raw in rounds:
                yield from as_it_comes(raw)
                return
            raise LinkError("The link broke.")

        self.asker.clock.wall = self.began_ms

        return self.exchange().run(post).error


def as_it_comes(body: bytes) -> Iterator[bytes]:
    """A body in pieces, as a link gives it: nobody has all of it at once."""
    for start in range(0, len(body), _PIECE_BYTES):
        yield body[start : start + _PIECE_BYTES]


def _presence() -> tuple[PresenceRow, ...]:
    return (PresenceRow(AMINA, 1, 2_000, "fractions/q1", 2, 10),)


def _feeds(server: Any, asker: Any) -> None:
    """What the server has for the asker, and that it may have it."""
    server.hooks.allowed = asker.hooks.wanted = SCOPES
    with server.store.transaction() as tx:
        for number in range(6):
            tx.publish(CLASS_SCOPE, number.to_bytes(16, "big"), b"a name as shown %d" % number)
        tx.publish(b"s", b"pack", b"fractions 3")


class Recorder:
    """Builds districts for scenes; closes them when it is closed."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.day = 0

    def district(self) -> Any:
        """One more day of the same nodes: what was said on another day is a replay."""
        self.day += 1
        clock = ManualClock(1_800_000_000_000 + self.day * 86_400_000)
        return NODES.District(self.stack, random.Random(SEED).randbytes, clock)

    def pair(self) -> tuple[Any, Any, Any, Any]:
        """A district, a computer with some work, its school, and another computer of the school."""
        district = self.district()
        school = district.school()
        computer, other = district.computer(school), district.computer(school)
        _feeds(school, computer)
        other.write(2)
        computer.write(3)
        computer.write(1, learner=BARAKA)
        return district, computer, school, other

    def first_contact(self) -> Scene:
        """Nothing is known of each other yet: HEADS, EVENTS, RECEIPT, and lists from the start."""
        _, computer, school, other = self.pair()
        return Scene("first contact", computer, school, other, _presence()).record()

    def later_contact(self) -> Scene:
        """After a contact: a known mark, cursors, a deletion, a second log, work of another PC."""
        district, computer, school, other = self.pair()
        district.good(computer, school)
        district.good(other, school)
        with school.store.transaction() as tx:
            tx.publish(CLASS_SCOPE, bytes(16), None)
        computer.write(1)
        computer.restart()
        computer.write(2)
        scene = Scene("later contact", computer, school, other, _presence(), trusted=True)
        return scene.record()

    def restored_server(self) -> Scene:
        """The server forgot: MARKS, TIPS, and what it lacks again."""
        district, computer, school, other = self.pair()
        district.good(computer, school)
        computer.write(2)
        district.good(computer, school)
        old = image_of(school)
        for _ in range(3):
            computer.write(1)
            district.good(computer, school)
        restore(school, old)
        return Scene("restored server", computer, school, other).record()

    def empty_server(self) -> Scene:
        """No mark is known any more: all logs are named in TIPS."""
        district, computer, school, other = self.pair()
        empty = image_of(school)
        for _ in range(2):
            computer.write(1)
            district.good(computer, school)
        restore(school, empty)
        return Scene("empty server", computer, school, other).record()

    def forgotten_computer(self) -> Scene:
        """The server forgot that it gave the certificate: NODES from the computer."""
        district = self.district()
        school = district.school()
        computer, other = district.node(NODES.Role.COMPUTER, "Lab 1"), district.computer(school)
        district.join(computer, school, known=False)
        computer.write(3)
        return Scene("forgotten computer", computer, school, other).record()

    def small_frames(self) -> Scene:
        """A metered link: many frames, lists in parts, a fork, and a cut before."""
        district, computer, school, other = self.pair()
        computer.limits = school.limits = Limits(frame=300)
        for _ in range(3):
            computer.write(2, body=(district.rng(120),))
        cut = NODES.Link(school, cut_at=900)
        district.exchange(computer, school, link=cut)
        return Scene("small frames", computer, school, other).record()

    def school_to_hub(self) -> Scene:
        """Logs of two computers and their certificates go up; receipts of level 3."""
        district, computer, school, other = self.pair()
        hub = district.hub()
        district.join(school, hub)
        district.good(computer, school)
        district.good(other, school)
        stranger = district.school()
        district.join(stranger, hub)
        return Scene("school to hub", school, hub, stranger).record()

    def files(self) -> Scene:
        """WANT and BLOB: one file goes up in parts, another is asked for."""
        _, computer, school, other = self.pair()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        up, down = b"a drawing" * 90, b"a course" * 110
        for node, name, raw in ((computer, "below", up), (school, "above", down)):
            node.files = BlobFolder(folder / name, bytes_max=1 << 20, room=1 << 22)
            assert node.files.add(blob_hash(raw), 0, len(raw), raw)
        wanted = blob_hash(down)
        computer.new_blobs = lambda: FolderBlobs(
            computer.files, offers=True, wants=lambda: [wanted]
        )
        school.new_blobs = lambda: FolderBlobs(school.files, takes=True, serves=True)
        for node in (computer, school):
            node.blobs = node.new_blobs()
            node.limits = Limits(frame=700)
        return Scene("files", computer, school, other).record()

    def given_back(self) -> Scene:
        """A school with an old store compares its logs with the hub's (RANGES) and gets its own."""
        district, computer, school, other = self.pair()
        hub = district.hub()
        district.join(school, hub)
        empty = image_of(school)
        for node in (computer, other):
            district.good(node, school)
        district.good(school, hub)
        restore(school, empty)
        school.limits = hub.limits = Limits(frame=700, body=2_500, named_logs=1)
        stranger = district.school()
        district.join(stranger, hub)
        return Scene("given back", school, hub, stranger).record()

    def erased(self) -> Scene:
        """A learner was erased at the school, and the hub hears of it: ERASED, and STUB for her."""
        district, computer, school, _ = self.pair()
        district.good(computer, school)
        record = erase_record(school.home.node_key, school.home.school_id, AMINA)
        with school.store.transaction() as tx:
            erasing.erase(tx, school.hooks, [record])
        hub = district.hub()
        district.join(school, hub)
        stranger = district.school()
        district.join(stranger, hub)
        return Scene("erased", school, hub, stranger).record()

    def wrong_clock(self) -> Scene:
        """The computer believes that it is 1970, measures by how much it is wrong, and tells."""
        _, computer, school, other = self.pair()
        computer.clock = ManualClock(0)
        computer.restart()
        computer.write(2)
        return Scene("wrong clock", computer, school, other).record()

    def close(self) -> None:
        self.stack.close()


def all_scenes(recorder: Recorder) -> list[Scene]:
    """Every scene, recorded."""
    made: list[Callable[[], Scene]] = [
        recorder.first_contact,
        recorder.later_contact,
        recorder.restored_server,
        recorder.empty_server,
        recorder.forgotten_computer,
        recorder.small_frames,
        recorder.school_to_hub,
        recorder.files,
        recorder.wrong_clock,
        recorder.given_back,
        recorder.erased,
    ]
    return [make() for make in made]
