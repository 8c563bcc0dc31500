"""What the engine asks a driver to write: each a fact that was checked (see `session_view`).

The driver does the writes of one step in one transaction, with the hooks; `session_store` has them
on the SQLite store. Owns their shapes alone.
"""

from dataclasses import dataclass

from msgspec import Struct

from darasa.sync.erased import ArrivedLeaf, ErasedRecord
from darasa.sync.event import Event
from darasa.sync.frontier import SignedHeads
from darasa.sync.ids import Chain, LogId, Mark, NodeId, SchoolId
from darasa.sync.messages import WireCursor, WireTip
from darasa.sync.signing import Certificate


@dataclass(frozen=True, slots=True)
class KeepNodes:
    """Certificates to keep, checked."""

    certificates: tuple[Certificate, ...]


class Arrived(Struct, frozen=True, gc=False):
    """One event of a log, its chain recomputed here. (A Struct: a server makes millions.)"""

    seq: int
    chain: Chain
    canonical: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class KeepEvents:
    """A run to keep. The first `believed` of `events` are under a signed head, and so is what of
    this log is held provisionally before them; the others stay provisional.
    """

    school_id: SchoolId
    log_id: LogId
    genesis: bytes
    prev_chain: Chain
    events: tuple[Arrived | ArrivedLeaf, ...]
    believed: int
    peer: NodeId


@dataclass(frozen=True, slots=True)
class DropUnsigned:
    """Events that no head covers go: those that `peer` alone brought, and those of `log_ids`."""

    school_id: SchoolId
    peer: NodeId | None
    log_ids: tuple[LogId, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepHeads:
    """Heads whose signature holds and whose signer may vouch for these logs.

    Kept with the events that they cover, which may come later; events held provisionally that they
    cover are believed now.
    """

    school_id: SchoolId
    signed: SignedHeads


@dataclass(frozen=True, slots=True)
class GiveMark:
    """Write a mark for a peer, in this transaction; `instead_of` was written for this round too.

    `told`: up to which transaction the answer tells of what the peer may have back; None: to now.
    """

    school_id: SchoolId
    peer: NodeId
    mark: Mark
    instead_of: Mark | None
    told: int | None = None


@dataclass(frozen=True, slots=True)
class NoteReceipt:
    """A peer's signed receipt. With `ordinal`: it holds all that we offered up to there."""

    peer: NodeId
    mark: Mark
    ordinal: int | None
    level: int
    tips: tuple[WireTip, ...]


@dataclass(frozen=True, slots=True)
class ForgetMarks:
    """The peer's store turned out older: what we noted after our `ordinal` is no longer so."""

    peer: NodeId
    ordinal: int


@dataclass(frozen=True, slots=True)
class ForgetReceipts:
    """Of these logs the peer turned out to hold what is up to these tips, whatever it receipted."""

    peer: NodeId
    tips: tuple[WireTip, ...]


@dataclass(frozen=True, slots=True)
class KeepFeed:
    """Records of one FEED frame. `start` None begins a list anew; `to.after` says it goes on."""

    authority: NodeId
    scope: bytes
    start: WireCursor | None
    to: WireCursor
    records: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class KeepErased:
    """Records of erasure whose signature holds."""

    records: tuple[ErasedRecord, ...]


@dataclass(frozen=True, slots=True)
class NoteErasedSaid:
    """The digest of the erased learners that a peer says it knows."""

    peer: NodeId
    said: bytes | None


@dataclass(frozen=True, slots=True)
class NoteErasedHeard:
    """The server above has told who is erased, all that it knows."""


@dataclass(frozen=True, slots=True)
class MoveCursors:
    """The authority says that these scopes have nothing new up to a cursor."""

    authority: NodeId
    scopes: tuple[bytes, ...]
    to: WireCursor


Write = (
    KeepNodes | KeepEvents | DropUnsigned | KeepHeads | GiveMark | NoteReceipt
    | ForgetMarks | ForgetReceipts | KeepFeed | MoveCursors | KeepErased | NoteErasedSaid
    | NoteErasedHeard
)  # fmt: skip
