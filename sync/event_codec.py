"""What a codec of EVENTS above 0 is to the session (PROTOCOL.md section 5).

The layer above knows what events mean, so it knows what predicts what: it makes the codec and gives
it to `Exchange` and `Responder`. Owns the shape of that, and the number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from msgspec import Struct

from darasa.sync.errors import CodecError
from darasa.sync.event import Event
from darasa.sync.ids import LogId, NodeId, SchoolId

CODEC_COLUMNS: Final = 1


class ContextMissingError(CodecError):
    """Events that need a dictionary or a learner that is not known here: they come again, plain."""


@dataclass(frozen=True, slots=True)
class CodedRun:
    """A run as a codec sees it: which log, and where in it."""

    log_id: LogId
    first_seq: int
    count: int


@dataclass(frozen=True, slots=True)
class Coded:
    """A payload of codec 1. `context8` is None when it needs nothing that the peer must know."""

    context8: bytes | None
    payload: bytes


class Decoded(Struct, frozen=True, gc=False):
    """One event of a run: its canonical bytes, and what they say. (A Struct is made faster.)"""

    canonical: bytes
    event: Event


class EventCodec(Protocol):
    """Codec 1 of one node. It remembers, for the life of the process, what a peer cannot read."""

    def encode(
        self,
        runs: Sequence[tuple[CodedRun, Sequence[bytes]]],
        *,
        peer: NodeId,
        known_upto: int,
    ) -> Coded | None:
        """The payload of these runs, or None: codec 0 then.

        What it gives decodes to the very same bytes. The peer holds all that this node had up to
        its transaction `known_upto`.
        """

    def decode(
        self,
        runs: Sequence[CodedRun],
        *,
        context8: bytes | None,
        payload: bytes,
        school_id: SchoolId,
    ) -> list[list[Decoded]]:
        """The events of each run.

        Raises ContextMissingError for what is not known here, CodecError for anything else.
        """

    def peer_reads(self, peer: NodeId, *, codec_1: bool) -> None:
        """What a peer's HELLO says: until it says otherwise, nothing is encoded for it, or all."""

    def context_missing(self, peer: NodeId) -> None:
        """A peer lacked a context: from now on what is encoded for it needs none."""
