"""The receiving side's work with NODES, HEADS, EVENTS and TIPS: what is believed (PROTOCOL.md 6).

An event is believed when a signed head covers its recomputed chain and the signer may vouch for
its log: the log's author, or the school whose log it is. Everything else that fits its chain is
kept provisionally. Owns one round's account of that; does not know frames or rounds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from darasa.sync.erased import ArrivedLeaf
from darasa.sync.errors import CertificateError
from darasa.sync.event import (
    chain_after,
    chain_of_genesis,
    chain_with,
    log_id_of,
    parse_genesis,
)
from darasa.sync.event_codec import ContextMissingError, Decoded
from darasa.sync.event_runs import decoded_runs
from darasa.sync.frontier import Head, SignedHeads
from darasa.sync.ids import SHORT_BYTES, Chain, LogId, Mark, NodeId, Rng, Role
from darasa.sync.lineage import came_from, is_child
from darasa.sync.messages import (
    TIPS_MAX,
    EndCode,
    Events,
    Heads,
    Nodes,
    Receipt,
    Run,
    StubRun,
    Stubs,
    Tips,
    WireTip,
)
from darasa.sync.session_nodes import is_of_line, is_taken
from darasa.sync.session_view import (
    Arrived,
    GiveMark,
    HeldLog,
    KeepEvents,
    KeepHeads,
    KeepNodes,
    Myself,
    Other,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import Certificate, check_certificate, check_heads

RECEIPT_LEVEL: Final = {Role.SCHOOL: 1, Role.HUB: 3}
_TIPS_A_RECEIPT: Final = 1_000
_NOT_ITS_LEAF: Final = "Erased work was named by one who may not say so."
"""To who came from the author, and whose line was lost here: it shows its line then."""
_NOTHING_HELD: Final = bytes(SHORT_BYTES)

_Place = tuple[bytes, int, bytes]  # log_id, seq, chain8
_Arrivals = Sequence[Arrived | ArrivedLeaf]  # of one run


@dataclass(slots=True)
class Arrivals:
    """One round of arrivals from `other`; every method returns what is to be written.

    `rng` None: this is a school that takes back what its hub gives. It believes what it has signed
    itself, gives no marks and makes no receipts.

    A step counts in the receipt only after `committed()`, which the session calls once the driver
    has come back from the step's transaction: what a full disk rolled back is never receipted.
    """

    me: Myself
    other: Other
    view: View
    rng: Rng | None
    answers_to: bytes  # the signature of the HELLO that these came under
    told: int | None = None  # up to where `other` was told before this round, if it is told
    mark: Mark | None = None
    brought: tuple[Certificate, ...] = ()  # in NODES
    _heads: dict[bytes, dict[tuple[int, bytes], NodeId]] = field(default_factory=dict)
    _statements: list[SignedHeads] = field(default_factory=list)
    _ends: dict[_Place, WireTip] = field(default_factory=dict)
    _next_ends: dict[_Place, WireTip] = field(default_factory=dict)
    _next_mark: Mark | None = None
    _named: dict[bytes, list[WireTip]] = field(default_factory=dict)
    _asked_for: dict[bytes, None] = field(default_factory=dict)
    _unsigned: dict[_Place, WireTip] = field(default_factory=dict)

    def committed(self) -> None:
        """What the last step wrote is durable."""
        self._ends = dict(self._next_ends)
        self.mark = self._next_mark

    def on_nodes(self, nodes: Nodes) -> Step:
        """Keep certificates that the other side or this node has issued."""
        brought = parse_certificates(nodes)
        certificates = tuple(each for each in brought if self._may_keep(each, brought))
        if any(not is_child(each) for each in set(brought).difference(certificates)):
            raise SessionEndedError("A certificate was not given by the node that sends it.")
        self.brought += certificates
        return Step(writes=(KeepNodes(certificates),))

    def _may_keep(self, certificate: Certificate, brought: Sequence[Certificate]) -> bool:
        if check_certificate(certificate, self.me.key.public):
            return True
        if self.me.role is Role.SCHOOL and is_child(certificate):
            return is_taken(certificate, self.me, self.view, brought) or is_of_line(
                certificate, self.other.node_id, self.me, self.view, brought
            )
        return (
            self.other.role is Role.SCHOOL
            and certificate.role is Role.COMPUTER
            and certificate.school_id == self.other.school_id
            and check_certificate(certificate, self.other.public_key)
        )

    def on_heads(self, heads: Heads) -> Step:
        """Remember heads for the events that follow; believe what waited for them."""
        signer = NodeId(heads.signer)
        public_key = self._public_key(signer)
        if public_key is None:
            return Step()  # an author that nobody vouched for: its events stay provisional
        own = tuple(Head(LogId(head.log_id), head.seq, Chain(head.chain)) for head in heads.heads)
        signed = SignedHeads(own, signer, heads.signature)
        if not check_heads(signed, public_key):
            raise SessionEndedError("A signature over finished work does not hold.")
        for head in own:
            self._heads.setdefault(head.log_id, {})[head.seq, head.chain] = signer
        waiting = [head for head in own if self.view.is_provisional(self.other.school_id, head)]
        if not waiting or not self._is_keepable(signed, {}):
            self._statements.append(signed)
            return Step()  # kept with the events that follow: a frame is one transaction
        for head in waiting:
            self._note_end(head.log_id, head.seq, head.chain)
        return Step(writes=(KeepHeads(self.other.school_id, signed), *self._new_mark(self.told)))

    def _keepable_heads(self, fresh_logs: Mapping[bytes, HeldLog]) -> list[KeepHeads]:
        """Of the statements since the last EVENTS those to keep; each is looked at once."""
        statements, self._statements = self._statements, []
        return [
            KeepHeads(self.other.school_id, signed)
            for signed in statements
            if self._is_keepable(signed, fresh_logs)
        ]

    def _is_keepable(self, signed: SignedHeads, fresh_logs: Mapping[bytes, HeldLog]) -> bool:
        """Whether the signer may vouch for each log that the statement names."""
        return all(self._may_vouch_for(signed.signer, head, fresh_logs) for head in signed.heads)

    def _may_vouch_for(
        self, signer: bytes, head: Head, fresh_logs: Mapping[bytes, HeldLog]
    ) -> bool:
        if self._is_school(signer):
            return True  # for every log of its own, those that are not here yet too
        log = self.view.held_log(self.other.school_id, head.log_id) or fresh_logs.get(head.log_id)
        return log is not None and signer == log.author

    def _public_key(self, node_id: NodeId) -> bytes | None:
        if node_id == self.other.node_id:
            return self.other.public_key
        if node_id == self.me.key.node_id:
            return self.me.key.public
        certificate = self.view.certificate(node_id)
        if certificate is None or certificate.school_id != self.other.school_id:
            return None
        return certificate.public_key

    def _may_vouch(self, signer: bytes, author: NodeId) -> bool:
        """The author or who came from it, or the school for its logs, brought or taken back."""
        if signer == author or self._is_school(signer):
            return True
        return came_from(NodeId(signer), author, self.view.certificate)

    def _is_school(self, signer: bytes) -> bool:
        if self.rng is None and self.me.role is Role.SCHOOL:
            return signer == self.me.key.node_id
        return signer == self.other.node_id and self.other.role is Role.SCHOOL

    def on_events(self, events: Events) -> Step:
        """Recompute every chain; keep what follows something held, ask for the other logs."""
        try:
            decoded = decoded_runs(events, self.me.codec, self.other.school_id)
        except ContextMissingError:  # as if nothing fitted: they come again in plainer words
            self._asked_for.update(dict.fromkeys(run.log_id for run in events.runs))
            return Step()
        return self._keep_runs(zip(events.runs, decoded, strict=True))

    def on_stubs(self, stubs: Stubs) -> Step:
        """The same of erased events, of which only the leaves come."""
        return self._keep_runs((run, run.leaves) for run in stubs.runs)

    def _keep_runs(self, runs: Iterable[tuple[Run | StubRun, Sequence[Decoded | bytes]]]) -> Step:
        fresh: dict[bytes, list[_Arrivals]] = {}
        fresh_logs: dict[bytes, HeldLog] = {}
        writes: list[KeepEvents] = []
        for run, contents in runs:
            log = self._log_of(run, fresh_logs)
            if isinstance(run, StubRun) and log is not None and not self._may_stub(log):
                raise SessionEndedError(_NOT_ITS_LEAF, code=EndCode.UNKNOWN_NODE)
            before = None if log is None else self._predecessor(run, log, fresh)
            if log is None or before is None:
                self._asked_for[run.log_id] = None
                continue
            writes.append(self._kept(run, log, before, contents, fresh))
        if not writes:
            return Step()
        return Step(writes=(*self._keepable_heads(fresh_logs), *writes, *self._new_mark(self.told)))

    def _may_stub(self, log: HeldLog) -> bool:
        """A log's author, or a server, may say that an event of it is erased."""
        is_server = self.other.role is not Role.COMPUTER
        return is_server or self._may_vouch(self.other.node_id, log.author)

    def _log_of(self, run: Run | StubRun, fresh_logs: dict[bytes, HeldLog]) -> HeldLog | None:
        held = self.view.held_log(self.other.school_id, run.log_id) or fresh_logs.get(run.log_id)
        if run.genesis is None:
            return held
        if held is not None:
            if held.genesis != run.genesis:
                raise SessionEndedError("Two logs claim one name. Nothing of the second is kept.")
            return held
        if log_id_of(run.genesis) != run.log_id:
            raise SessionEndedError("A log does not have the name that its first line gives it.")
        held = HeldLog(run.genesis, parse_genesis(run.genesis).node_id)
        fresh_logs[run.log_id] = held
        return held

    def _predecessor(
        self, run: Run | StubRun, log: HeldLog, fresh: Mapping[bytes, Sequence[_Arrivals]]
    ) -> Chain | None:
        seq = run.first_seq - 1
        if seq == 0:
            before = chain_of_genesis(log.genesis)
            return before if before[:SHORT_BYTES] == run.prev_chain8 else None
        for arrived in fresh.get(run.log_id, ()):
            at = seq - arrived[0].seq
            if 0 <= at < len(arrived) and arrived[at].chain[:SHORT_BYTES] == run.prev_chain8:
                return arrived[at].chain
        return self.view.held_chain(self.other.school_id, run.log_id, seq, run.prev_chain8)

    def _kept(
        self,
        run: Run | StubRun,
        log: HeldLog,
        before: Chain,
        contents: Sequence[Decoded | bytes],
        fresh: dict[bytes, list[_Arrivals]],
    ) -> KeepEvents:
        arrived = _chained(run.first_seq, before, contents)
        if arrived:
            fresh.setdefault(run.log_id, []).append(arrived)
        chain = arrived[-1].chain if arrived else before
        believed = self._believed(run, log, arrived)
        if believed:
            self._next_ends.pop((run.log_id, run.first_seq - 1, run.prev_chain8), None)
            last = arrived[believed - 1]
            self._note_end(run.log_id, last.seq, last.chain)
        self._unsigned.pop((run.log_id, run.first_seq - 1, run.prev_chain8), None)
        if believed < len(arrived):
            end = WireTip(run.log_id, arrived[-1].seq, chain[:SHORT_BYTES])
            self._unsigned[end.log_id, end.seq, end.chain8] = end
        log_id = LogId(run.log_id)
        return KeepEvents(
            self.other.school_id,
            log_id,
            log.genesis,
            before,
            tuple(arrived),
            believed,
            self.other.node_id,
        )

    def _believed(self, run: Run | StubRun, log: HeldLog, arrived: _Arrivals) -> int:
        """How many of the first events of a run its heads cover."""
        believed = 0
        for (seq, chain), signer in self._heads.get(run.log_id, {}).items():
            at = seq - run.first_seq
            if believed <= at < len(arrived) and arrived[at].chain == chain:
                believed = at + 1 if self._may_vouch(signer, log.author) else believed
        return believed

    def _note_end(self, log_id: bytes, seq: int, chain: bytes) -> None:
        tip = WireTip(log_id, seq, chain[:SHORT_BYTES])
        self._next_ends[tip.log_id, tip.seq, tip.chain8] = tip

    def _new_mark(self, told: int | None) -> tuple[GiveMark, ...]:
        """A new mark with each commit: one of an earlier commit would claim too little."""
        if self.rng is None:
            return ()
        school_id, peer = self.other.school_id, self.other.node_id
        self._next_mark = Mark(self.rng(SHORT_BYTES))
        return (GiveMark(school_id, peer, self._next_mark, self.mark, told),)

    def on_tips(self, tips: Tips) -> Step:
        """The other side names its logs and wants to know what of them is here."""
        for tip in tips.tips:
            self._named.setdefault(tip.log_id, []).append(tip)
        return Step()

    def close(self, *, must_mark: bool, told: int | None = None) -> Step:
        """The round has ended: named tips that are all here are receipted too, and what came
        without a head and is under one that was kept from an earlier round.

        `must_mark`: the answer tells what the next round goes on from, so it needs a mark. `told`:
        it does not tell all that the other side may have back, but only up to that transaction.
        """
        for log_id, tips in self._named.items():
            held = set(self.view.held_tips(self.other.school_id, log_id))
            for tip in held.intersection(tips):
                self._next_ends[tip.log_id, tip.seq, tip.chain8] = tip
        for place, tip in self._unsigned.items():
            if tip in self.view.held_tips(self.other.school_id, tip.log_id):
                self._next_ends[place] = tip
        is_due = (self._next_ends or must_mark) and self.mark is None
        if is_due or (self.mark is not None and told != self.told):
            return Step(writes=self._new_mark(told))
        return Step()

    @property
    def unsigned(self) -> list[WireTip]:
        """Where what came ends without a head, each branch of a log for itself."""
        return list(self._unsigned.values())

    @property
    def named(self) -> Mapping[bytes, Sequence[WireTip]]:
        """What the other side named by TIPS, by log."""
        return self._named

    @property
    def refused(self) -> list[LogId]:
        """The logs whose events did not follow what is held."""
        return [LogId(log_id) for log_id in self._asked_for]

    def tips_answer(self) -> list[WireTip]:
        """What is here of the logs that were named or whose events did not fit; seq 0: nothing."""
        answer: list[WireTip] = []
        for log_id in {**self._named, **self._asked_for}:
            held = self.view.held_tips(self.other.school_id, log_id)
            answer += held or [WireTip(log_id, 0, _NOTHING_HELD)]
        return answer

    def other_tips(self) -> dict[bytes, list[WireTip]]:
        """What the other side said or showed in this round that it has, by log."""
        shown = {log_id: list(tips) for log_id, tips in self._named.items()}
        for tip in self._ends.values():
            shown.setdefault(tip.log_id, []).append(tip)
        return shown

    def other_has(self) -> dict[bytes, int]:
        """The logs of which this round brought or named events, and the number of the last.

        Not those that have forked: the asker has one branch, and a number covers all of them.
        """
        has: dict[bytes, int] = {}
        for tip in self._ends.values():
            has[tip.log_id] = max(tip.seq, has.get(tip.log_id, 0))
        school_id = self.other.school_id
        return {
            log_id: seq
            for log_id, seq in has.items()
            if len(self.view.held_tips(school_id, log_id)) == 1
        }

    def receipts(
        self,
        given: Sequence[WireTip] = (),
        *,
        risen: Sequence[tuple[int, Sequence[WireTip]]] = (),
        ranges: bytes = b"",
    ) -> list[Receipt]:
        """Signed receipts of what this round committed, all with its mark; none for nothing.

        `given`: tips of logs that this answer gives back, which are here too; `risen`: places that
        have a higher level now; `ranges`: the digest of the round's RANGES, which is signed too.
        """
        own_level = RECEIPT_LEVEL.get(self.me.role)
        if self.mark is None or own_level is None:
            return []
        assert _TIPS_A_RECEIPT <= TIPS_MAX
        ends = list(dict.fromkeys([*self._ends.values(), *given]))
        told = [(own_level, ends)] if ends or not risen else []
        return [
            self._signed(
                Receipt(self.mark, tuple(tips[at : at + _TIPS_A_RECEIPT]), level, bytes(64)), ranges
            )
            for level, tips in (*told, *risen)
            for at in range(0, max(1, len(tips)), _TIPS_A_RECEIPT)
        ]

    def _signed(self, unsigned: Receipt, ranges: bytes) -> Receipt:
        raw = unsigned.signed_bytes(
            receiver=self.other.node_id, answers_to=self.answers_to, ranges=ranges
        )
        return msgspec.structs.replace(unsigned, signature=self.me.key.sign("receipt", raw))


def _chained(
    first_seq: int, before: Chain, contents: Sequence[Decoded | bytes]
) -> list[Arrived | ArrivedLeaf]:
    """The events of a run, or leaves of erased ones, each with its chain, recomputed here."""
    chain = before
    arrived: list[Arrived | ArrivedLeaf] = []
    for seq, each in enumerate(contents, start=first_seq):
        if isinstance(each, bytes):
            chain = chain_after(chain, each)
            arrived.append(ArrivedLeaf(seq, chain, each))
        else:
            canonical = each.canonical
            chain = chain_with(chain, canonical)
            arrived.append(Arrived(seq, chain, canonical, each.event))
    return arrived


def parse_certificates(nodes: Nodes) -> tuple[Certificate, ...]:
    """The certificates of a NODES frame, not checked. Raises SessionEndedError."""
    try:
        return tuple(Certificate.parse(payload) for payload in nodes.certificates)
    except CertificateError as error:
        raise SessionEndedError(f"A certificate cannot be read: {error}.") from error
