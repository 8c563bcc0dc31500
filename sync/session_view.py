"""What the engine reads from a store, what it asks a driver to write, and what it tells.

The engine is sans I/O: it holds a `View`, never a store. `receive()` hands out `Step`s one at a
time; the driver applies a step's writes in one transaction, with the hooks, before it asks for the
next. `session_store.py` implements both halves on the SQLite store.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from darasa.sync.clock_events import Correction
from darasa.sync.erased import ErasedRecord
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.event_codec import EventCodec
from darasa.sync.frontier import Head
from darasa.sync.ids import Chain, LogId, Mark, NodeId, Role, SchoolId
from darasa.sync.messages import EndCode, PresenceRow, WireCursor, WireTip
from darasa.sync.session_blobs import KeepBlob
from darasa.sync.session_writes import (
    Arrived,
    DropUnsigned,
    ForgetMarks,
    ForgetReceipts,
    GiveMark,
    KeepErased,
    KeepEvents,
    KeepFeed,
    KeepHeads,
    KeepNodes,
    MoveCursors,
    NoteErasedHeard,
    NoteErasedSaid,
    NoteReceipt,
    Write,
)
from darasa.sync.signing import Certificate, NodeKey
from darasa.sync.versions import THIS, Program

if TYPE_CHECKING:
    from darasa.sync.session_relay_view import RelayView

__all__ = [
    "Arrived",
    "ClocksTold",
    "DropUnsigned",
    "Ended",
    "Fact",
    "FeedRow",
    "ForgetMarks",
    "ForgetReceipts",
    "GiveMark",
    "Greeted",
    "HeldLog",
    "KeepErased",
    "KeepEvents",
    "KeepFeed",
    "KeepHeads",
    "KeepNodes",
    "Limits",
    "MoveCursors",
    "Myself",
    "NoteErasedHeard",
    "NoteErasedSaid",
    "NoteReceipt",
    "NotedMark",
    "OfferedRun",
    "Other",
    "Seated",
    "SessionEndedError",
    "Step",
    "View",
    "Write",
]

_LEAF_BYTES: Final = 18


class SessionEndedError(RemoteProtocolError):
    """The session cannot go on; the message is the sentence that END carries to the peer."""

    def __init__(self, sentence: str, *, code: EndCode = EndCode.REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Myself:
    """This node in an exchange. `certificate` is the one its server gave it, if it has joined;
    `former` has those of the nodes it came from (see `lineage`). Without a `codec` events are sent
    and read as codec 0 alone.
    """

    key: NodeKey
    role: Role
    school_id: SchoolId
    certificate: Certificate | None = None
    former: tuple[Certificate, ...] = ()
    program: Program = THIS
    codec: EventCodec | None = None

    @property
    def own_ids(self) -> tuple[NodeId, ...]:
        """This node, and those it came from: it brings what they wrote."""
        return tuple(dict.fromkeys((self.key.node_id, *(each.node_id for each in self.former))))

    def can(self, capabilities: int) -> int:
        """Those of these bits of `capabilities` that this program has."""
        return capabilities & ~self.program.lacks


@dataclass(frozen=True, slots=True)
class Other:
    """The node at the other end, once it is known who it is."""

    node_id: NodeId
    public_key: bytes
    role: Role
    school_id: SchoolId


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes. A metered link sets small frames, so that a cut wastes little (PROTOCOL.md section 2).

    A single event above `frame` still travels in one frame of its own, at most 64 KiB. More logs
    than `named_logs` are compared by ranges: fewer bytes than their names.
    """

    frame: int = 64 * 1024
    body: int = 1 << 20
    named_logs: int = 1_000


@dataclass(frozen=True, slots=True)
class NotedMark:
    """A mark that the peer gave us: it holds all that we offered up to our own `ordinal`."""

    mark: Mark
    ordinal: int


@dataclass(frozen=True, slots=True)
class OfferedRun:
    """Consecutive events of one log to send, or the leaves of erased ones; `head` is the place of
    the last one.
    """

    prev_chain: Chain
    first_seq: int
    canonicals: tuple[bytes, ...]
    head: Head
    genesis: bytes
    leaves: tuple[bytes, ...] = ()  # of erased events; then there are no canonicals

    @property
    def clear_bytes(self) -> int:
        """About what it takes on the wire, before it is squeezed."""
        return sum(map(len, self.canonicals)) + _LEAF_BYTES * len(self.leaves)

    @property
    def log_id(self) -> LogId:
        """The log that they belong to."""
        return self.head.log_id

    def is_followed_by(self, other: "OfferedRun") -> bool:
        """Whether the other run begins where this one ends."""
        return (
            self.log_id == other.log_id
            and bool(self.leaves) == bool(other.leaves)
            and self.head.seq + 1 == other.first_seq
            and self.head.chain == other.prev_chain
        )


@dataclass(frozen=True, slots=True)
class HeldLog:
    """A log whose genesis is known here."""

    genesis: bytes
    author: NodeId


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One record of a scope: `key` orders the records of one transaction, `record` is its tuple."""

    ordinal: int
    key: bytes
    record: tuple[object, ...]


class View(Protocol):
    """Reads. All of a school's logs are meant; events that are only provisional are not offered."""

    @property
    def relay(self) -> "RelayView":
        """Reads of whole schools, for comparing and giving back."""

    def certificate(self, node_id: NodeId) -> Certificate | None:
        """The certificate that this node accepted for that one."""

    def is_revoked(self, node_id: NodeId) -> bool:
        """Whether the school has removed that node."""

    def is_frozen(self, node_id: NodeId) -> bool:
        """Whether that node floods, and nobody has released it."""

    def last_ordinal(self) -> int:
        """The newest writing transaction of this store; 0 for an empty one."""

    def transactions_of(self, tags: Collection[bytes]) -> Mapping[bytes, int]:
        """Tag → transaction, of those tags that this store has."""

    def transaction_tag(self, ordinal: int) -> bytes | None:
        """The random tag of a transaction, or None when this store never had it."""

    # what the asking side offers
    def noted_marks(self, peer: NodeId, *, limit: int | None = None) -> Sequence[NotedMark]:
        """The marks that a peer gave us, newest first, at most `limit`."""

    def offered_logs(self, *, after: int) -> Sequence[LogId]:
        """The logs that this node offers with a believed event later than that transaction."""

    def offered_tips(self, log_ids: Sequence[LogId]) -> Sequence[WireTip]:
        """The tips of offered logs."""

    def offered_runs(
        self, log_id: LogId, *, known: Sequence[WireTip], after: int, bytes_max: int
    ) -> Iterator[OfferedRun]:
        """What a peer lacks of a log that has what is at or before `known` (tips that are not here
        count for nothing) and all that was here up to `after`; runs of `bytes_max` or one event.
        """

    # what the answering side holds
    def knows_mark(self, school_id: SchoolId, peer: NodeId, mark: bytes) -> bool:
        """Whether this store wrote that mark for that peer."""

    def held_log(self, school_id: SchoolId, log_id: bytes) -> HeldLog | None:
        """A log that is here, with or without events."""

    def held_chain(
        self, school_id: SchoolId, log_id: bytes, seq: int, chain8: bytes
    ) -> Chain | None:
        """The whole chain of an event that is here, provisional or believed (seq 0: genesis)."""

    def held_tips(self, school_id: SchoolId, log_id: bytes) -> Sequence[WireTip]:
        """The tips of the believed events of a log."""

    def is_provisional(self, school_id: SchoolId, head: Head) -> bool:
        """Whether that event is here and not believed yet."""

    # erasure
    def erased(self, school_id: SchoolId) -> Sequence[ErasedRecord]:
        """The learners whom a school has erased."""

    def erased_digest(self, school_id: SchoolId) -> bytes | None:
        """Their digest; None for none."""

    def erased_said(self, peer: NodeId) -> bytes | None:
        """The digest that a peer said last; `KNOWS_NO_ERASURE` of one that knows none."""

    def erased_unheard(self) -> bool:
        """Whether this store may have forgotten someone, and its hub has not told yet."""

    # the feed
    def feed_rows(
        self,
        scope: bytes,
        *,
        after: WireCursor | None,
        upto: int,
        receiver_has: Mapping[bytes, int],
        limit: int,
    ) -> Sequence[FeedRow]:
        """Records of a scope after a cursor, by (ordinal, key); None is the start: no deletions.

        Events that the receiver has, logs up to a number, are left out, but not of a list from the
        start.
        """

    def cursors(self, authority: NodeId) -> Mapping[bytes, WireCursor]:
        """Where this node is in an authority's scopes."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """The other side is who it says; `wall_ms` is what its machine's clock says."""

    other: Other
    wall_ms: int


@dataclass(frozen=True, slots=True)
class Seated:
    """Who sits at the other side's computer, for `Hooks.on_presence`."""

    node_id: NodeId
    rows: tuple[PresenceRow, ...]


@dataclass(frozen=True, slots=True)
class ClocksTold:
    """What the other side measured of logs of its own; the driver decides whether it is news."""

    other: Other
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The other side's END. `sentence` is empty when all was well."""

    sentence: str
    code: int
    retry_after_s: int | None


Fact = Greeted | Seated | ClocksTold | Ended


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame brought: facts to tell, and writes that belong in one transaction.

    `files` are parts of files to keep, outside it.
    """

    facts: tuple[Fact, ...] = ()
    writes: tuple[Write, ...] = field(default=())
    files: tuple[KeepBlob, ...] = ()
