"""What is kept weighs, and how fast it comes in: bytes an attempt, events a second, memory.

A simulated class at a real school server. Then its work again under other names and in logs of one
run each, a million events of it, sent by the production session to a real hub in a process of its
own. Disk figures are of the whole store file after a checkpoint, all tables of all layers in it.
"""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from darasa.cli.nodes import init_school
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Attempt, Kind, payload_of
from darasa.learning.simulated.school_class import simulate_class
from darasa.sync import reads
from darasa.sync.care import Care
from darasa.sync.clock import ManualClock, SystemClock
from darasa.sync.codec import pack, unpack
from darasa.sync.contacts import PeerRow
from darasa.sync.event import (
    GENESIS_FORMAT,
    Genesis,
    StoredEvent,
    chain_after,
    genesis_bytes,
    leaf_of,
    log_id_of,
    parse_event,
)
from darasa.sync.home import Home, Peer, init_home, open_home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import ID_BYTES, SHORT_BYTES, Chain, LearnerId, LogId, NodeId, Role
from darasa.sync.session_view import Arrived
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.exchange import Exchange
from darasa.sync.transport.responder import Responder

LEARNERS, ATTEMPTS = 300, 130  # as many learners as the peer was measured with
EVENTS_A_LOG = 150  # a run of the client, in the believable class
MILLION = 1_000_000
ANSWERS = 500
_LENGTH = struct.Struct(">I")


def main() -> None:
    """Print the rows as JSON. With a folder: be the hub that `_send` talks to."""
    if len(sys.argv) > 1:
        be_hub(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        json.dump([*at_school(Path(folder) / "school"), *at_hub(Path(folder))], sys.stdout)


# -- the school ---------------------------------------------------------------------------


def at_school(path: Path) -> Iterator[dict[str, Any]]:
    """A class of three weeks: what an attempt weighs, and how long one answer takes."""
    init_school(path, "Bench School")
    with Classroom.open(open_home(path), clock=SystemClock(), rng=os.urandom) as room:
        simulate_class(room, learners=LEARNERS, attempts=ATTEMPTS, computers=12, seed=1)
        care = Care(room.store, room.clock)
        yield _row("one durable answer, p99", _answers_ms(room, care), "ms", 50, "while it packs")
        care.all_is_quiet()
        care.finish()
        room.store.checkpoint(at_least_bytes=0)
        attempts = sum(room.state(learner).tries for learner in room.learner_ids())
        size = room.home.store_path.stat().st_size
        how = f"{attempts} attempts, {LEARNERS} learners, 21 days; with the read tables"
        yield _row("disk an attempt at a school", size / attempts, "bytes", 150, how)


def _answers_ms(room: Classroom, care: Care) -> float:
    """The 99th percentile of recording one answer, on this disk, while the store is packed."""
    answers = [each for each in _work(room.store) if each.event.kind == Kind.ATTEMPT][-ANSWERS:]
    packer = threading.Thread(target=care.finish)
    packer.start()
    taken: list[float] = []
    for stored in answers:
        attempt, learner_id = payload_of(stored.event), stored.event.learner_id
        assert isinstance(attempt, Attempt)
        assert learner_id is not None
        began = time.perf_counter()
        room.record.record((LearnerId(learner_id), attempt))
        taken.append(1000 * (time.perf_counter() - began))
    packer.join()
    return sorted(taken)[len(taken) * 99 // 100]


def _work(store: Store) -> list[StoredEvent]:
    """What the learners did, in the order of their computers' logs."""
    found = [each for each in store.events_after(0) if each.event.kind >= Kind.SIGN_IN]
    return sorted(found, key=lambda each: (each.log_id, each.seq))


# -- the hub ------------------------------------------------------------------------------


def at_hub(folder: Path) -> Iterator[dict[str, Any]]:
    """A million events of a school, sent to a hub that starts with nothing."""
    school = open_home(folder / "school")
    with (
        Store.open(school.store_path, rng=os.urandom, read_only=True) as whole,
        Store.open(None, rng=os.urandom) as sender,
    ):
        attempts = _multiply(_work(whole), sender, school, random.Random(1))
        told = _send(folder / "hub", school, sender)
    events = told["events"]
    how = f"{attempts} attempts in logs of {EVENTS_A_LOG} events, whole file"
    yield _row("disk an attempt at a hub", told["bytes"] / attempts, "bytes", 35, how)
    how = "frames as on the wire: decode, verify, insert, flush; processor time"
    yield _row("ingest at a hub", -events / told["cpu_s"], "events/s", -30_000, how)
    how = f"{events} events, peak of the hub's process; {told['base_mb']:.0f} MB before the first"
    yield _row("memory while a million events come in", told["peak_mb"], "MB", 120, how)


def _multiply(work: Sequence[StoredEvent], sender: Store, school: Home, rng: random.Random) -> int:
    """The same work under other learners' ids, in logs of one run, until it is a million events."""
    events = attempts = 0
    for _copy in count():
        names: dict[bytes | None, bytes] = {}
        for first in range(0, len(work), EVENTS_A_LOG):
            part = work[first : first + EVENTS_A_LOG]
            if events >= MILLION:
                return attempts
            genesis = genesis_bytes(
                Genesis(GENESIS_FORMAT, school.node_id, rng.randbytes(SHORT_BYTES), 0, "bench")
            )
            renamed = [_renamed(each, names, rng) for each in part]
            _insert(sender, school, genesis, renamed)
            events += len(part)
            attempts += sum(each.event.kind == Kind.ATTEMPT for each in part)
    raise AssertionError


def _renamed(stored: StoredEvent, names: dict[bytes | None, bytes], rng: random.Random) -> bytes:
    learner_id = stored.event.learner_id
    header = list(unpack(stored.canonical))
    header[2] = names.setdefault(learner_id, rng.randbytes(ID_BYTES))
    return pack(header)


def _insert(sender: Store, school: Home, genesis: bytes, canonicals: Iterable[bytes]) -> None:
    log_id = log_id_of(genesis)
    chain = Chain(leaf_of(genesis))
    arrived = []
    for seq, canonical in enumerate(canonicals, start=1):
        chain = chain_after(chain, leaf_of(canonical))
        arrived.append(Arrived(seq, chain, canonical, parse_event(canonical)))
    with sender.transaction() as tx:
        tx.insert_received(
            school.school_id,
            LogId(log_id),
            genesis=genesis,
            prev_chain=leaf_of(genesis),
            events=arrived,
            believed=len(arrived),
        )


def _send(path: Path, school: Home, sender: Store) -> dict[str, float]:
    """Everything that the sender holds to a hub in a process of its own; what that one tells."""
    hub = init_home(path, role=Role.HUB, name="Bench Hub", rng=os.urandom)
    certificate = issue_certificate(
        hub.node_key,
        subject_public=school.node_key.public,
        role=Role.SCHOOL,
        school_id=school.school_id,
    )
    with Store.open(hub.store_path, rng=os.urandom) as store, store.transaction() as tx:
        tx.put_certificate(certificate)
        tx.put_peer(PeerRow(NodeId(school.node_id), school.school_id, Role.SCHOOL, "School", None))
    peer = Peer("", hub.node_id, hub.node_key.public, hub.name, hub.role, hub.certificate)
    exchange = Exchange(school, sender, peer, hooks=NoHooks(), clock=SystemClock())
    with subprocess.Popen(
        [sys.executable, __file__, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        to, back = child.stdin, child.stdout
        assert to is not None
        assert back is not None

        def post(body: bytes) -> Iterable[bytes]:
            to.write(_LENGTH.pack(len(body)) + body)
            to.flush()
            yield back.read(*_LENGTH.unpack(back.read(_LENGTH.size)))

        report = exchange.run(post)
        assert report.ok, report.error
        to.close()
        told: dict[str, float] = json.loads(back.read())
    return told


def be_hub(path: Path) -> None:
    """Answer the bodies on stdin, each after its length; then say what it took."""
    with Classroom.open(open_home(path), clock=ManualClock(0), rng=os.urandom) as room:
        responder = Responder(
            room.home, room.store, hooks=room.hooks, clock=room.clock, rng=os.urandom
        )
        base, cpu_s = _peak_mb(), 0.0
        while head := sys.stdin.buffer.read(_LENGTH.size):
            body = sys.stdin.buffer.read(*_LENGTH.unpack(head))
            began = time.process_time()
            answer = responder.handle((body,))
            cpu_s += time.process_time() - began
            sys.stdout.buffer.write(_LENGTH.pack(len(answer)) + answer)
            sys.stdout.buffer.flush()
        peak = _peak_mb()
        care = Care(room.store, room.clock)
        care.all_is_quiet()
        care.finish()
        room.store.checkpoint(at_least_bytes=0)
        events = room.store.read(reads.event_count)
        size = room.home.store_path.stat().st_size
    told = {"events": events, "bytes": size, "cpu_s": cpu_s, "base_mb": base, "peak_mb": peak}
    sys.stdout.write(json.dumps(told))


def _peak_mb() -> float:
    """The high-water mark of this process; `ru_maxrss` would begin with that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) / 1024


def _row(name: str, figure: float, unit: str, budget: float, how: str) -> dict[str, Any]:
    """A row; a negative budget is a least figure."""
    return {
        "name": name,
        "figure": round(abs(figure), 1),
        "unit": unit,
        "budget": abs(budget),
        "pass": figure <= budget,
        "how": how,
    }


if __name__ == "__main__":
    main()
