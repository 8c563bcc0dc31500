"""What is said of logs: marks, tips, ranges, heads, events, leaves and receipts (PROTOCOL.md 3)."""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from darasa.sync.codec import pack
from darasa.sync.frames import FrameType
from darasa.sync.message_base import (
    Id8,
    Id16,
    ListMessage,
    Message,
    Seq,
    Signature,
    plain,
)

TIPS_MAX: Final = 2_000
HEADS_MAX: Final = 1_000
RANGES_MAX: Final = 2_000
MARKS_MAX: Final = 32
LEAVES_MAX: Final = 4_000


class WireTip(Struct, frozen=True, array_like=True):
    """The newest event held of a log, by the first 8 bytes of its chain."""

    log_id: Id8
    seq: Annotated[int, Meta(ge=0, lt=2**40)]
    chain8: Id8


class Tips(ListMessage, frozen=True, array_like=True):
    """Asker: what it has of its logs. Answer: what the peer holds of those, and of refused ones."""

    frame_type = FrameType.TIPS
    tips: Annotated[tuple[WireTip, ...], Meta(max_length=TIPS_MAX)]


class Marks(ListMessage, frozen=True, array_like=True):
    """Asker: marks it was given, newest first. Answer: the newest known, or none."""

    frame_type = FrameType.MARKS
    marks: Annotated[tuple[Id8, ...], Meta(max_length=MARKS_MAX)]


class WireRange(Struct, frozen=True, array_like=True):
    """One range of log ids, from where the one before it ends up to, without, `upper`.

    `upper` is compared as zero-padded; empty is the end of all. What `value` is depends on `mode`:
    see `ranges.Mode`.
    """

    upper: Annotated[bytes, Meta(max_length=8)]
    mode: Annotated[int, Meta(ge=0, le=255)]
    value: Id16 | Annotated[tuple[WireTip, ...], Meta(max_length=TIPS_MAX)] | None


class Ranges(ListMessage, frozen=True, array_like=True):
    """Ranges from the first log id on; a second frame of the same body goes on where this ends."""

    frame_type = FrameType.RANGES
    optional = True  # a peer that does not speak them is asked with TIPS then
    ranges: Annotated[tuple[WireRange, ...], Meta(max_length=RANGES_MAX)]


class WireHead(Struct, frozen=True, array_like=True):
    """A claim that may be signed: a log up to `seq` has this chain."""

    log_id: Id8
    seq: Seq
    chain: Id16


class Heads(Message, frozen=True, array_like=True):
    """Signed before the events that they cover; `signer` is the author or the logs' school."""

    frame_type = FrameType.HEADS
    heads: Annotated[tuple[WireHead, ...], Meta(min_length=1, max_length=HEADS_MAX)]
    signer: Id16
    signature: Signature

    @staticmethod
    def bytes_to_sign(heads: Sequence[WireHead]) -> bytes:
        """The bytes under the signature: the heads alone, so that a relay may pass them on."""
        return pack(plain(tuple(heads)))

    def signed_bytes(self) -> bytes:
        """The bytes under this signature."""
        return self.bytes_to_sign(self.heads)


class Run(Struct, frozen=True, array_like=True):
    """Consecutive events of one log; `genesis` only when the run starts at 1 of a new log."""

    log_id: Id8
    prev_chain8: Id8
    first_seq: Seq
    count: Annotated[int, Meta(ge=1, le=65_536)]
    genesis: Annotated[bytes, Meta(max_length=256)] | None


class Events(Message, frozen=True, array_like=True):
    """Runs of several logs in one payload; codec 0 is zstd over canonical events back to back."""

    frame_type = FrameType.EVENTS
    runs: Annotated[tuple[Run, ...], Meta(min_length=1, max_length=HEADS_MAX)]
    codec: Annotated[int, Meta(ge=0, le=255)]
    context8: Id8 | None
    payload: bytes


class StubRun(Struct, frozen=True, array_like=True):
    """The leaves of consecutive erased events of one log; `genesis` as in `Run`."""

    log_id: Id8
    prev_chain8: Id8
    first_seq: Seq
    genesis: Annotated[bytes, Meta(max_length=256)] | None
    leaves: Annotated[tuple[Id16, ...], Meta(min_length=1, max_length=LEAVES_MAX)]


class Stubs(ListMessage, frozen=True, array_like=True):
    """In place of erased events; believed like EVENTS, under heads that cover them."""

    frame_type = FrameType.STUB
    runs: Annotated[tuple[StubRun, ...], Meta(min_length=1, max_length=HEADS_MAX)]


class Receipt(Message, frozen=True, array_like=True):
    """Committed: the tips are at the issuer. Level 1 school, 2 school and a second copy, 3 hub."""

    frame_type = FrameType.RECEIPT
    mark: Id8
    tips: Annotated[tuple[WireTip, ...], Meta(max_length=TIPS_MAX)]
    level: Annotated[int, Meta(ge=1, le=3)]
    signature: Signature

    def signed_bytes(self, *, receiver: bytes, answers_to: bytes, ranges: bytes = b"") -> bytes:
        """The receiver, the signature of the HELLO that it answers, and the frame; and last the
        digest of the round's RANGES, if it has any.
        """
        told = self.to_payload()[:-1]
        return pack((receiver, answers_to, *told, *([ranges] if ranges else [])))
