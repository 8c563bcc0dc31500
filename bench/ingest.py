"""How fast a server takes events in, in how much memory; how long one answer takes to be safe.

A child process is the school: it decodes, verifies, inserts and flushes bodies that its parent
makes, each with new logs of new sittings, through the production responder, into a store on disk.
Nothing is folded: that is what a hub's plain store and a relay do. Processor seconds of one core;
wall time is printed beside.
"""

import json
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from _links import messages
from _scribe import Person, Scribe, people, signed_pack

from darasa.cli.budgets import row
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import Response
from darasa.content_packs.pack import Pack
from darasa.content_packs.shelf import Shelf
from darasa.content_packs.source import load_source, read_source
from darasa.learning.attempt_columns.codec import AttemptCodec
from darasa.learning.classroom import Classroom
from darasa.learning.practice.sitting import Sitting
from darasa.learning.simulated.learner import HABITS, SimulatedLearner
from darasa.learning.views import Feedback
from darasa.server.memory import collect_seldom
from darasa.sync.clock import ManualClock
from darasa.sync.event import (
    Genesis,
    chain_after,
    chain_of_genesis,
    genesis_bytes,
    leaf_of,
    log_id_of,
)
from darasa.sync.event_runs import Encode, decoded_runs, pack_runs
from darasa.sync.frontier import Head
from darasa.sync.home import init_home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import LearnerId, LogId, NodeId, Role, SchoolId
from darasa.sync.messages import Events, Heads, Run, WireHead
from darasa.sync.session_body import body_of
from darasa.sync.session_hello import signed_hello
from darasa.sync.session_view import Myself, OfferedRun
from darasa.sync.signing import NodeKey, issue_certificate, sign_heads
from darasa.sync.store import Store
from darasa.sync.transport.responder import Responder

EVENTS_A_RUN, SITTING, TEMPLATES, RIGHT = 300, 10, 6, 0.7
RUNS = {"1": 25, "0": 8}  # logs a frame, well filled
COMPUTER_KEY = bytes(range(32))
FAST, MANY = 150_000, 1_000_000
ANSWERS = 400
NOW_MS = 1_715_764_800_000
_LENGTH = struct.Struct(">I")


def main() -> None:
    """Print the rows as JSON; with a folder, be the child."""
    if len(sys.argv) > 1:
        _child(Path(sys.argv[1]))
        return
    course = load_source(bundled_courses()[0])
    rows = _ingest(course, FAST, "1") + _ingest(course, FAST, "0") + _memory(course)
    json.dump(rows + _answers(), sys.stdout)


def _ingest(course: Pack, events: int, codec: str) -> list[dict[str, Any]]:
    told = _run_child(course, events, codec)
    how = (
        f"{told['events']} events, {told['bytes'] / told['events']:.1f} bytes an event on the wire,"
        f" processor time of one core, store on disk; {told['quick']:.0f}/s in the quickest tenth"
        f" of bodies, {told['events'] / told['wall_s']:.0f}/s in wall time of this machine now"
    )
    a_second = told["events"] / told["cpu_s"]
    budget = 30_000 if codec == "1" else None
    name = f"ingest, codec {codec}"
    rows = [row(name, a_second, "/s", budget, how, least=True, digits=0)]
    if codec == "1":
        how = "decoding alone, of the same bodies, in the same child"
        rows.append(row("decode", told["decode_us"], "us an event", None, how, digits=1))
        how = "parse, encode, decode again and compare, in the parent"
        rows.append(row("encode and check", told["encode_us"], "us an event", None, how, digits=1))
    return rows


def _memory(course: Pack) -> list[dict[str, Any]]:
    told = _run_child(course, MANY, "1")
    how = f"greatest RSS of the child while {told['events']} events came in"
    return [row("memory of a million events", told["rss_mb"], "MB", 120, how, digits=0)]


def _run_child(course: Pack, events: int, codec: str) -> dict[str, float]:
    """Send so many events to a child; what it says of itself."""
    with tempfile.TemporaryDirectory() as name:
        child = subprocess.Popen(
            [sys.executable, __file__, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdin is not None
        assert child.stdout is not None
        server, school_id = map(bytes.fromhex, child.stdout.readline().decode().split())
        maker = _Maker(course, server, SchoolId(school_id), codec)
        sent = total = 0
        with suppress(BrokenPipeError):
            while sent < events:
                body = maker.body()
                child.stdin.write(_LENGTH.pack(len(body)) + body)
                sent += maker.runs * EVENTS_A_RUN
                total += len(body)
            child.stdin.close()
        told: dict[str, float] = json.loads(child.stdout.read())
        child.wait()
    assert told["events"] == sent, told
    return {**told, "bytes": total, "encode_us": maker.encode_us}


class _Maker:
    """Makes bodies of one computer: each has new logs, with the events of one of a few templates.

    (The parent would else take longer to make a million events than the child to take them in.)
    """

    def __init__(self, course: Pack, server: bytes, school_id: SchoolId, codec: str) -> None:
        self._rng = random.Random(1)
        self.runs = RUNS[codec]
        self._server, self._school_id = server, school_id
        self._key = NodeKey.from_private(COMPUTER_KEY)
        self._codec = AttemptCodec(
            packs=lambda: (course,), known=lambda *_: False, find=lambda *_: ()
        )
        persons = people(30, self._rng)
        runs = [self._runs(course, persons) for _ in range(TEMPLATES)]
        began = time.process_time()
        self._templates = [
            (some, pack_runs([self._offered(raws) for raws in some], self._encoder(codec))[0])
            for some in runs
        ]
        spent = time.process_time() - began
        self.encode_us = spent / (TEMPLATES * self.runs * EVENTS_A_RUN) * 1e6

    def _encoder(self, codec: str) -> Encode | None:
        if codec != "1":
            return None
        return lambda runs: self._codec.encode(runs, peer=NodeId(self._server), known_upto=0)

    def _runs(self, course: Pack, persons: list[Person]) -> list[tuple[bytes, ...]]:
        """The events of a frame of logs; sittings have random ids: any log may hold them."""
        rng, items = self._rng, list(course.items.values())
        found = []
        for _ in range(self.runs):
            scribe = Scribe(LogId(bytes(8)), names=rng)
            while len(scribe.raws) < EVENTS_A_RUN:
                steps = [(rng.choice(items), rng.random() < RIGHT) for _ in range(SITTING)]
                scribe.sit(course, rng.choice(persons), steps, pause_ms=90_000)
            found.append(tuple(scribe.raws[:EVENTS_A_RUN]))
        return found

    def _offered(self, raws: tuple[bytes, ...]) -> OfferedRun:
        """These events as a new log."""
        nonce = self._rng.randbytes(8)
        genesis = genesis_bytes(Genesis(1, self._key.node_id, nonce, NOW_MS, "0.1.0"))
        chain = first = chain_of_genesis(genesis)
        for raw in raws:
            chain = chain_after(chain, leaf_of(raw))
        return OfferedRun(first, 1, raws, Head(log_id_of(genesis), len(raws), chain), genesis)

    def body(self) -> bytes:
        """One round of new logs."""
        runs, made = self._templates[self._rng.randrange(TEMPLATES)]
        offered = [self._offered(raws) for raws in runs]
        told = tuple(
            Run(each.log_id, each.prev_chain[:8], 1, len(each.canonicals), each.genesis)
            for each in offered
        )
        events = msgspec.structs.replace(made, runs=told)
        heads = tuple(each.head for each in offered)
        signed = sign_heads(self._key, heads)
        wire = tuple(WireHead(head.log_id, head.seq, head.chain) for head in heads)
        me = Myself(self._key, Role.COMPUTER, self._school_id)
        hello = signed_hello(me, receiver=self._server, school_id=self._school_id, wall_ms=NOW_MS)
        said = Heads(wire, signed.signer, signed.signature)
        return body_of([hello.to_frame(), said.to_frame(), events.to_frame()])


def _child(folder: Path) -> None:
    """The school: says who it is, takes bodies until there are no more, says how it went."""
    rng = random.Random(2).randbytes
    home = init_home(folder / "school", role=Role.SCHOOL, name="School", rng=rng)
    course = load_source(bundled_courses()[0])
    codec = AttemptCodec(packs=lambda: (course,), known=lambda *_: False, find=lambda *_: ())
    public = NodeKey.from_private(COMPUTER_KEY).public
    certificate = issue_certificate(
        home.node_key, subject_public=public, role=Role.COMPUTER, school_id=home.school_id
    )
    print(home.node_id.hex(), home.school_id.hex(), flush=True)
    with Store.open(home.store_path, rng=rng) as store:
        with store.transaction() as tx:
            tx.put_certificate(certificate)
        clock = ManualClock(NOW_MS)
        server = Responder(home, store, hooks=NoHooks(), clock=clock, rng=rng, codec=codec)
        collect_seldom()  # as `serve` does
        cpus_s: list[float] = []
        wall_s, body = 0.0, b""
        for body in _bodies(sys.stdin.buffer):
            cpu, wall = time.process_time(), time.perf_counter()
            server.handle((body,))
            cpus_s.append(time.process_time() - cpu)
            wall_s += time.perf_counter() - wall
        events = store.event_count()
        quickest = sorted(cpus_s)[: max(1, len(cpus_s) // 10)]
        told = {
            "events": events,
            "cpu_s": sum(cpus_s),
            "quick": events / len(cpus_s) / statistics.mean(quickest),
            "wall_s": wall_s,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            "decode_us": _decode_us(codec, body, home.school_id),
        }
    print(json.dumps(told), flush=True)


def _bodies(file: BinaryIO) -> Iterator[bytes]:
    while head := file.read(_LENGTH.size):
        yield file.read(_LENGTH.unpack(head)[0])


def _decode_us(codec: AttemptCodec, body: bytes, school_id: SchoolId) -> float:
    """Processor microseconds an event of decoding the EVENTS of a body."""
    (events,) = [each for each in messages(body) if isinstance(each, Events)]
    times = []
    for _ in range(5):
        began = time.process_time()
        found = decoded_runs(events, codec, school_id)
        times.append((time.process_time() - began) / sum(map(len, found)))
    return min(times) * 1e6


def _answers() -> list[dict[str, Any]]:
    """How long an answer takes until it is on disk, through the client's own flow."""
    rng = random.Random(4).randbytes
    clock = ManualClock(NOW_MS)
    raw, signer = signed_pack(read_source(bundled_courses()[0]))
    took: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        home = init_home(Path(name) / "pc", role=Role.COMPUTER, name="PC", rng=rng)
        with Classroom.open(home, clock=clock, rng=rng) as room:
            Shelf(home.blobs_path).install(raw, trusted=[signer])
            mind = SimulatedLearner(HABITS[0], seed=1)
            while len(took) < ANSWERS:
                sitting = Sitting.begin(room, LearnerId(b"L" * 16), how="simulated")
                mind.play(_Timed(sitting, took), items=10, pass_ms=clock.advance)
                sitting.sign_out()
                clock.advance(86_400_000)
    p99 = sorted(wall_s for wall_s, _ in took)[int(len(took) * 0.99)]
    how = f"p99 of {len(took)} answers, each flushed before its screen; disk of this machine"
    cpu_s = statistics.median(cpu_s for _, cpu_s in took[-100:])
    work = f"median processor time of the last 100 of {len(took)} answers of one learner"
    return [
        row("one answer, durable", p99 * 1000, "ms", 50, how, digits=1),
        row("one answer, processor time", cpu_s * 1000, "ms", None, work, digits=2),
    ]


class _Timed:
    """A sitting whose answers are timed."""

    def __init__(self, sitting: Sitting, took: list[tuple[float, float]]) -> None:
        self._sitting, self._took = sitting, took

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sitting, name)

    def answer(self, response: Response) -> Feedback:
        """Check an answer, with a watch."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        feedback = self._sitting.answer(response)
        self._took.append((time.perf_counter() - wall_s, time.process_time() - cpu_s))
        return feedback


if __name__ == "__main__":
    main()
