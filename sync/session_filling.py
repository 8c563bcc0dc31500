"""Frames of events that are full: which runs go together, and how many of them fit one.

HEADS with one signature for a batch, then its EVENTS and STUB. How small a batch gets is known
when it is encoded, so it is guessed, tried, and cut. Does not know rounds, nor what was sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from darasa.sync.errors import LocalProtocolError
from darasa.sync.event_codec import Coded, CodedRun
from darasa.sync.frontier import SignedHeads
from darasa.sync.ids import LogId
from darasa.sync.messages import HEADS_MAX, Events, Heads, Stubs, WireHead, WireTip
from darasa.sync.session_readable import Readable
from darasa.sync.session_view import Myself, OfferedRun, View
from darasa.sync.signing import sign_heads
from darasa.sync.stub_runs import pack_batch

_FILL: Final = 0.95  # of a frame: what is aimed at when a batch was too much
_HALVED: Final = 0.5


@dataclass(slots=True)
class Filling:
    """Batches for one peer, as it reads them; a frame has at most `frame_bytes`."""

    me: Myself
    view: View
    readable: Readable
    frame_bytes: int

    def batch(
        self, pending: dict[LogId, int], known: Mapping[bytes, Sequence[WireTip]]
    ) -> list[OfferedRun]:
        """The next runs, about four frames of clear bytes; logs with nothing left are dropped from
        `pending`, which has up to which ordinal each is known, as `known` has where.
        """
        batch: list[OfferedRun] = []
        size = 0
        target, _ = self.readable.target_bytes(self.frame_bytes)
        for log_id, after in list(pending.items()):
            runs = self._runs(log_id, known.get(log_id, ()), after)
            if not runs:
                del pending[log_id]
            batch += runs
            size += sum(run.clear_bytes for run in runs)
            if size >= target or len(batch) >= HEADS_MAX // 2:
                break
        return batch[: HEADS_MAX // 2]

    def _runs(self, log_id: LogId, known: Sequence[WireTip], after: int) -> list[OfferedRun]:
        target, piece = self.readable.target_bytes(self.frame_bytes)
        runs: list[OfferedRun] = []
        size = 0
        offered = self.view.offered_runs(log_id, known=known, after=after, bytes_max=piece)
        for run in self.readable.cut(log_id, offered, after):
            runs.append(run)
            size += run.clear_bytes
            if size >= target:
                break
        return runs

    def frames(
        self, batch: Sequence[OfferedRun], *, known_upto: int, room: int
    ) -> tuple[list[bytes], int]:
        """HEADS, EVENTS and STUB of as much of a batch as fits into frames and into `room` bytes,
        and how many runs that was.
        """

        def encode(runs: Sequence[tuple[CodedRun, Sequence[bytes]]]) -> Coded | None:
            return self.readable.encode(runs, known_upto=known_upto)

        messages: Sequence[Events | Stubs] = ()

        def make(runs: Sequence[OfferedRun]) -> list[bytes]:
            nonlocal messages
            messages, heads = pack_batch(runs, encode)
            signed = sign_heads(self.me.key, heads)
            return [heads_frame(signed), *(message.to_frame() for message in messages)]

        made = as_many_as_fit(batch, make, self.frame_bytes, room=room)
        self.readable.note(messages)
        return made


def heads_frame(signed: SignedHeads) -> bytes:
    """HEADS of a statement, as it was signed."""
    heads = tuple(WireHead(head.log_id, head.seq, head.chain) for head in signed.heads)
    return Heads(heads, signed.signer, signed.signature).to_frame()


def as_many_as_fit(
    runs: Sequence[OfferedRun],
    make: Callable[[Sequence[OfferedRun]], list[bytes]],
    frame_bytes: int,
    *,
    room: int,
) -> tuple[list[bytes], int]:
    """What `make` makes of the first runs, each frame within its size and all within `room` bytes,
    and how many runs that was.

    One run goes whatever its size. Raises LocalProtocolError when one is too much for a message.
    """
    used = len(runs)
    while used:
        share = _HALVED
        made: list[bytes] = []
        try:
            made = make(runs[:used])
        except LocalProtocolError:
            if used == 1:
                raise
        sizes = [len(frame) for frame in made]
        excess = max(max(sizes) / frame_bytes, sum(sizes) / max(1, room)) if made else 0
        if made and (used == 1 or excess <= 1):
            return made, used
        if made:
            share = _FILL / excess
        used = max(1, min(used - 1, round(used * share)))
    return [], 0
