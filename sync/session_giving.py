"""Giving back: the events of a school that its hub holds and it lacks (PROTOCOL.md section 4).

Owns one answer's account of it: which logs, in what order, under which signed heads, and where the
body was full. The school is told by the heads of the authors and by its own, never by the hub's
word. Does not know ranges or marks: the answering side says what is lacking.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from darasa.sync.frontier import SignedHeads
from darasa.sync.ids import SHORT_BYTES, LogId, NodeId
from darasa.sync.messages import WireTip
from darasa.sync.session_filling import as_many_as_fit, heads_frame
from darasa.sync.session_introducing import nodes_frames
from darasa.sync.session_relay_view import RelayView
from darasa.sync.session_view import Limits, OfferedRun, Other
from darasa.sync.signing import Certificate
from darasa.sync.stub_runs import pack_batch

_RATIO: Final = 4  # clear bytes for a frame, at the least
_RUNS_A_BATCH: Final = 300
_TIP_BYTES: Final = 26  # a log's place in the RECEIPT


class Lacking(NamedTuple):
    """A log of which the other side has `known` and what was here up to a transaction."""

    log_id: LogId
    known: Sequence[WireTip]
    after: int


class _Part(NamedTuple):
    """Runs that go together, and all frames of them: NODES, HEADS, then EVENTS and STUB."""

    runs: Sequence[OfferedRun]
    frames: list[bytes]
    statements: Sequence[SignedHeads]
    certificates: Sequence[Certificate]

    @property
    def size(self) -> int:
        """The bytes of the frames, and of the logs' places in the RECEIPT."""
        logs = {run.log_id for run in self.runs}
        return sum(map(len, self.frames)) + _TIP_BYTES * len(logs)


@dataclass(slots=True)
class GivingBack:
    """What one answer gives to `other`, a school; `budget` bytes, and one frame at least."""

    other: Other
    view: RelayView
    limits: Limits
    budget: int
    frames: list[bytes] = field(default_factory=list)
    ends: set[WireTip] = field(default_factory=set)  # where the runs end that went
    _stated: set[bytes] = field(default_factory=set)
    _introduced: set[NodeId] = field(default_factory=set)

    def give(self, lacking: Iterable[Lacking]) -> LogId | None:
        """Give logs in this order; the first that did not go whole, None when all did."""
        batch: list[OfferedRun] = []
        size = 0
        after = 0
        for run, since in self._runs(lacking):
            batch.append(run)
            size += sum(map(len, run.canonicals))
            after = since
            if size >= self.limits.frame * _RATIO or len(batch) >= _RUNS_A_BATCH:
                stopped = self._send(batch, after)
                if stopped is not None:
                    return stopped
                batch, size = [], 0
        return self._send(batch, after)

    def _runs(self, lacking: Iterable[Lacking]) -> Iterator[tuple[OfferedRun, int]]:
        for log_id, known, after in lacking:
            school_id = self.other.school_id
            for run in self.view.runs(school_id, log_id, known=known, after=after):
                yield run, after

    def _send(self, batch: Sequence[OfferedRun], after: int) -> LogId | None:
        """Frames of all runs, or the log of the first that did not fit into the body."""
        left = list(batch)
        while left:
            part = self._part(left, after)
            while part.size > self.budget and not self.frames and len(part.runs) > 1:
                part = self._part(part.runs[: len(part.runs) // 2], after)
            if part.size > self.budget and self.frames:
                return part.runs[0].log_id
            self.frames += part.frames
            self._stated.update(each.signature for each in part.statements)
            self._introduced.update(each.node_id for each in part.certificates)
            self.ends.update(_end_of(run) for run in part.runs)
            self.budget -= part.size
            left = left[len(part.runs) :]
        return None

    def _part(self, runs: Sequence[OfferedRun], after: int) -> _Part:
        """As many of the first of these runs as a frame holds, with what goes before them."""
        made, used = as_many_as_fit(runs, _events_frames, self.limits.frame, room=self.budget)
        certificates = self._introductions(runs[:used], after)
        statements = self._statements(runs[:used])
        frames = [*nodes_frames(certificates), *map(heads_frame, statements), *made]
        return _Part(runs[:used], frames, statements, certificates)

    def _statements(self, runs: Sequence[OfferedRun]) -> list[SignedHeads]:
        """HEADS as they were signed, each once an answer."""
        log_ids = dict.fromkeys(run.log_id for run in runs)
        found = self.view.statements(self.other.school_id, log_ids.keys())
        return [each for each in found if each.signature not in self._stated]

    def _introductions(self, runs: Sequence[OfferedRun], after: int) -> list[Certificate]:
        """NODES: certificates that the school gave to authors whom it may have forgotten."""
        log_ids = dict.fromkeys(run.log_id for run in runs)
        found = self.view.certificates(
            self.other.school_id, log_ids.keys(), issuer=self.other.node_id, after=after
        )
        return [each for each in found if each.node_id not in self._introduced]


def _end_of(run: OfferedRun) -> WireTip:
    return WireTip(run.log_id, run.head.seq, run.head.chain[:SHORT_BYTES])


def _events_frames(runs: Sequence[OfferedRun]) -> list[bytes]:
    messages, _ = pack_batch(runs)
    return [message.to_frame() for message in messages]
