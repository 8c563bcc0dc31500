"""Feeds spoilt bodies and answers to the production engine over real stores, and judges it.

    python fuzz.py FRAMES SEED

Runs until so many spoilt frames were given. After each, whatever is in the store must be what the
honest exchange gives, or less. Prints one JSON object; a finding names scene, round and case, which
`python fuzz.py 0 SEED CASE` runs again alone.
"""

import json
import random
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutate import Mutator, Part, parts_of
from scenes import SCOPES, Recorder, Scene, all_scenes, as_it_comes, blobs_of, restore

from darasa.sync import chains, contacts, rows
from darasa.sync.audit import audit
from darasa.sync.clock_events import KIND as CLOCK
from darasa.sync.codec import unpack
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.frontier import Tip
from darasa.sync.ids import LogId
from darasa.sync.messages import End, Receipt, WireTip, parse_message
from darasa.sync.session_body import BodyReader

ANSWER_BYTES_MAX = 2 << 20
REPLAYED = {"certificate"}
"""What a server signed for the same node on another day counts as its word on this day too:
certificates are not bound to a session. Marks, receipts and FEED are."""
SIGNED = {"event", "seen", "clock"}
"""What its author signed is as good in another round, or on another day of the same nodes: frames
that are moved from there as they were bring what they brought there. An event only under a head of
its log that is in the body as it was signed; what is changed within a frame is forgiven nothing."""
_WARM_UP = 300
STATUS = Path("/proc/self/status")
_SHOWN = 8
_AUDIT_EVERY = 10


@dataclass
class Found:
    """What the spoilt frames brought about."""

    cases: int = 0
    frames: int = 0
    changed: int = 0
    crashes: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown_kb: int = 0  # from the first cases to the last
    swollen_kb: int = 0  # at most while the engine had one body


@dataclass(frozen=True)
class Target:
    """One place to put a spoilt body: a round of a scene, on one of its two sides."""

    scene: Scene
    place: int
    is_answer: bool
    honest: frozenset[Any]  # what the store may hold at most
    marks_issued: int

    @property
    def node(self) -> Any:
        return self.scene.asker if self.is_answer else self.scene.server

    @property
    def image(self) -> Any:
        scene = self.scene
        return scene.asker_image if self.is_answer else scene.server_images[self.place]

    @property
    def body(self) -> bytes:
        return (self.scene.answers if self.is_answer else self.scene.bodies)[self.place]

    @property
    def name(self) -> str:
        return f"{self.scene.name}, {'answer' if self.is_answer else 'body'} {self.place}"

    def give(self, body: bytes) -> bytes:
        """The body to the engine; what it answers, or nothing."""
        if self.is_answer:
            self.scene.replay(self.place, body)
            return b""
        one = self.scene.responder().round()
        for piece in as_it_comes(body):
            one.feed(piece)
        return bytes(one.answer())


def facts_of(node: Any) -> frozenset[Any]:
    """All that a node believes: events, copies, certificates, records, marks, receipts."""
    store = node.store
    facts: set[Any] = set()
    for e in store.events_after(0):
        if e.event.kind == CLOCK and e.author == node.home.node_id:
            facts.add(("clock", e.event.body))  # in a log of its own, which begins anew
        else:
            facts.add(("event", e.school_id, e.log_id, e.seq, e.chain, e.canonical))
    for scope in SCOPES:
        learner = scope[1:]
        facts |= {("record", scope, *row) for row in store.records(scope).items()}
        facts |= {("published", scope, *row) for row in store.published(scope).items()}
        facts |= {("seen", e.log_id, e.seq, e.chain, e.canonical) for e in store.events_of(learner)}
    peer = node.home.peer
    with store.reading() as connection:
        for row in connection.execute("SELECT node_id, issuer, raw FROM certificate"):
            facts.add(("certificate", *row))
        if peer is not None:
            for given in contacts.given_marks(connection, node.home.school_id, peer.node_id):
                facts.add(("mark", given.mark, given.ordinal))
    unsent = 0 if peer is None else store.unsent(peer.node_id).total
    facts |= {("sent", number) for number in range(store.event_count() - unsent)}
    facts |= {("peer", *row[:4]) for row in store.peers()}
    whole = [] if blobs_of(node) is None else blobs_of(node).folder.names()
    facts |= {("file", name, blobs_of(node).folder.read(name, 0, 1 << 20)) for name in whole}
    return frozenset(facts)


def marks_issued(node: Any) -> int:
    with node.store.reading() as connection:
        return int(connection.execute("SELECT count(*) FROM mark_issued").fetchone()[0])


def targets_of(scene: Scene) -> Iterator[Target]:
    """Both sides of every round, with what the honest exchange gives there."""
    for place in range(len(scene.bodies)):
        for is_answer in (True, False):
            bare = Target(scene, place, is_answer, frozenset(), 0)
            restore(bare.node, bare.image)
            before = facts_of(bare.node)
            bare.give(bare.body)
            honest = before | facts_of(bare.node)
            yield Target(scene, place, is_answer, honest, marks_issued(bare.node) + 1)
            restore(bare.node, bare.image)


class Fuzzer:
    """All targets, and the account of what was found."""

    def __init__(self, recorder: Recorder, seed: int) -> None:
        self.seed = seed
        self.found = Found()
        scenes = all_scenes(recorder)
        self.targets = [target for scene in scenes for target in targets_of(scene)]
        self.replayed = frozenset(
            fact for target in self.targets for fact in target.honest if fact[0] in REPLAYED
        )
        self.signed = frozenset(
            fact for target in self.targets for fact in target.honest if fact[0] in SIGNED
        )
        self.mutator = Mutator(scenes)
        self.with_files = [each.node for each in self.targets if blobs_of(each.node) is not None]
        self._at: dict[int, Any] = {}  # which image each node is at
        self.found.types = sorted({str(part.kind) for part in self.mutator.frames}, key=int)

    def case(self, number: int) -> None:
        """One spoilt body."""
        rng = random.Random(f"{self.seed} {number}")
        target = rng.choice(self.targets)
        body, touched, done = self.mutator.spoil(target.body, target.scene, rng)
        self.found.cases += 1
        self.found.frames += touched
        where = f"case {number}: {target.name}: {done}"
        if self._at.get(id(target.node)) is not target.image:
            restore(target.node, target.image)
        self._at[id(target.node)] = None
        with target.node.store.reading() as connection:
            before = connection.total_changes
        try:
            answer = self._give(target, body)
            self._judge_answer(target, answer, where)
            with target.node.store.reading() as connection:
                is_changed = connection.total_changes != before or target.node in self.with_files
            if is_changed:
                self.found.changed += 1
                self._judge(target, body, where)
            else:
                self._at[id(target.node)] = target.image
        except Exception:  # any at all is what is looked for
            self.found.crashes.append(f"{where}\n{traceback.format_exc(limit=-6)}")

    def _give(self, target: Target, body: bytes) -> bytes:
        """The body to the engine. A spoilt one can have 100 MB: what made it is not counted."""
        forget_peak()
        before = memory_kb("VmRSS")
        answer = target.give(body)
        self.found.swollen_kb = max(self.found.swollen_kb, memory_kb("VmHWM") - before)
        return answer

    def _judge(self, target: Target, body: bytes, where: str) -> None:
        more = facts_of(target.node) - target.honest - self.replayed
        if more and (moved := self._moved(target, body)):
            signed = {fact for fact in more & self.signed if _is_covered(fact, moved)}
            sent = sum(fact[0] == "sent" for fact in target.honest) + len(signed)
            more -= signed | {("sent", number) for number in range(sent)}
        if more:
            self.found.accepted.append(f"{where}: {sorted(map(repr, more))[:3]}")
        if marks_issued(target.node) > target.marks_issued:
            self.found.accepted.append(f"{where}: more marks than commits")
        if self.found.changed % _AUDIT_EVERY == 0:
            with target.node.store.reading() as connection:
                damage = list(audit(connection))
            if damage:
                self.found.accepted.append(f"{where}: {damage[0]}")

    def _moved(self, target: Target, body: bytes) -> list[Part]:
        """The frames that are in this body as they were recorded, if some are of another body."""
        own = set(parts_of(target.body))
        found = [part for part in self.mutator.frames if part.to_bytes() in body]
        return [] if own.issuperset(found) else found

    def _judge_answer(self, target: Target, answer: bytes, where: str) -> None:
        """Whatever came, the answer is a whole body, and receipts what is held."""
        if target.is_answer:
            return
        reader = BodyReader()
        is_greeting = parse_message(FrameReader().feed(answer)[0])
        if not isinstance(is_greeting, End):  # an END alone is what a stranger gets
            for message in reader.messages(answer):
                if isinstance(message, Receipt):
                    self._judge_receipt(target, message, where)
            reader.finish()
        if len(answer) > ANSWER_BYTES_MAX:
            self.found.accepted.append(f"{where}: an answer of {len(answer)} bytes")

    def _judge_receipt(self, target: Target, receipt: Receipt, where: str) -> None:
        if not all(_is_held(target.node, tip) for tip in receipt.tips):
            self.found.accepted.append(f"{where}: a receipt for what is not held")


def _is_covered(fact: Any, frames: list[Part]) -> bool:
    """Whether a clock, or the head of an event's log at its place or beyond, is in these frames."""
    if fact[0] == "clock":
        return any(part.kind == FrameType.CLOCK for part in frames)
    log_id, seq = fact[2:4] if fact[0] == "event" else fact[1:3]
    heads = [unpack(part.payload)[0] for part in frames if part.kind == FrameType.HEADS]
    return any(head[0] == log_id and head[1] >= seq for each in heads for head in each)


def _is_held(node: Any, tip: WireTip) -> bool:
    """Whether a node believes an event, be it erased or not."""
    with node.store.reading() as connection:
        schools = connection.execute("SELECT school_id FROM log WHERE log_id = ?", (tip.log_id,))
        logs = [rows.find_log(connection, school, tip.log_id) for (school,) in schools.fetchall()]
        asked = Tip(LogId(tip.log_id), tip.seq, tip.chain8)
        return any(log and chains.held_heads(connection, log, (asked,)) for log in logs)


def memory_kb(name: str) -> int:
    """What /proc says of this process: VmRSS now, VmHWM its peak; 0 where there is none."""
    if not STATUS.exists():
        return 0
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def forget_peak() -> None:
    """VmHWM begins anew from what is in use (proc_pid_clear_refs(5))."""
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5", encoding="ascii")


def main(frames: int, seed: int, only: int | None) -> Found:
    """Run, and answer the account."""
    with closing(Recorder()) as recorder:
        fuzzer = Fuzzer(recorder, seed)
        if only is not None:
            fuzzer.case(only)
            return fuzzer.found
        number, warm = 0, memory_kb("VmRSS")
        started = time.perf_counter()
        while fuzzer.found.frames < frames:
            fuzzer.case(number)
            number += 1
            if number == _WARM_UP:
                warm = memory_kb("VmRSS")
        fuzzer.found.seconds = time.perf_counter() - started
        fuzzer.found.grown_kb = memory_kb("VmRSS") - warm
    return fuzzer.found


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    account = main(words[0], words[1], words[2] if len(words) > 2 else None)
    told = vars(account) | {
        "crashes": len(account.crashes),
        "accepted": len(account.accepted),
        "bad": [*account.crashes[:_SHOWN], *account.accepted[:_SHOWN]],
    }
    sys.stdout.write(json.dumps(told))
