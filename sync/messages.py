"""The payload of each frame as a frozen struct: bounds checked once, here (PROTOCOL.md section 3).

Arrays on the wire, in the order of the fields; elements after the last known one are ignored.
Signed messages have `signed_bytes()`, the bytes under the signature. Does not know what a session
does with a message.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Any, ClassVar, Final, Self

import msgspec
from msgspec import Meta, Struct

from darasa.sync.codec import CodecError, pack, unpack
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import Frame, FrameType, encode_frame

Id8 = Annotated[bytes, Meta(min_length=8, max_length=8)]
Id16 = Annotated[bytes, Meta(min_length=16, max_length=16)]
Id32 = Annotated[bytes, Meta(min_length=32, max_length=32)]
FileBytes = Annotated[int, Meta(ge=0, lt=2**40)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Seq = Annotated[int, Meta(ge=1, lt=2**40)]
Ordinal = Annotated[int, Meta(ge=0, lt=2**48)]
Millis = Annotated[int, Meta(ge=0, lt=2**53)]
Scope = Annotated[bytes, Meta(min_length=1, max_length=64)]
Sentence = Annotated[str, Meta(max_length=400)]

TIPS_MAX: Final = 2_000
HEADS_MAX: Final = 1_000
NODES_MAX: Final = 200
RANGES_MAX: Final = 2_000
MARKS_MAX: Final = 32
PRESENCE_MAX: Final = 64
GROUPS_MAX: Final = 200
WANTS_MAX: Final = 64
ERASED_MAX: Final = 600
LEAVES_MAX: Final = 4_000
CLOCKS_MAX: Final = 8


class MessageError(RemoteProtocolError):
    """A payload that does not fit its frame's type."""


class Message(Struct, frozen=True, array_like=True):
    """What every frame's struct can do."""

    frame_type: ClassVar[FrameType]
    optional: ClassVar[bool] = False

    def to_payload(self) -> tuple[Any, ...]:
        """The fields as plain tuples, ready for the codec."""
        return tuple(_plain(getattr(self, name)) for name in self.__struct_fields__)

    def to_frame(self) -> bytes:
        """The message in its envelope. Raises LocalProtocolError above 64 KiB."""
        return encode_frame(self.frame_type, self.to_payload(), optional=self.optional)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """The message in a payload. Raises MessageError with what does not fit."""
        return cls._convert(_unpacked(cls.frame_type, payload))

    @classmethod
    def _convert(cls, value: Any) -> Self:
        try:
            return msgspec.convert(value, cls, strict=True)
        except (msgspec.ValidationError, RecursionError) as error:
            raise MessageError(f"A {cls.frame_type.name} frame does not fit: {error}.") from error


def _unpacked(frame_type: FrameType, payload: bytes) -> Any:
    """The payload's array. Raises MessageError."""
    try:
        return unpack(payload)
    except CodecError as error:
        raise MessageError(f"A {frame_type.name} frame cannot be read: {error}") from error


def _plain(value: Any) -> Any:
    """Structs inside become tuples, as deep as they go."""
    if isinstance(value, Struct):
        return tuple(_plain(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return value


class ListMessage(Message, frozen=True, array_like=True):
    """A message whose one field is a list: the payload array is the list itself."""

    def to_payload(self) -> tuple[Any, ...]:
        """The list."""
        (name,) = self.__struct_fields__
        return tuple(_plain(item) for item in getattr(self, name))

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """The list in a payload. Raises MessageError with what does not fit."""
        return cls._convert((_unpacked(cls.frame_type, payload),))


class WireTip(Struct, frozen=True, array_like=True):
    """The newest event held of a log, by the first 8 bytes of its chain."""

    log_id: Id8
    seq: Annotated[int, Meta(ge=0, lt=2**40)]
    chain8: Id8


class WireHead(Struct, frozen=True, array_like=True):
    """A claim that may be signed: a log up to `seq` has this chain."""

    log_id: Id8
    seq: Seq
    chain: Id16


class WireCursor(Struct, frozen=True, array_like=True):
    """A resume point in an authority's feed.

    `tag` is the random tag of transaction `ordinal`. `after` is set only in the middle of a list:
    the key of the last record received of that transaction, so that one may span frames.
    """

    ordinal: Ordinal
    tag: Id8
    after: Annotated[bytes, Meta(max_length=64)] | None = None


class CursorGroup(Struct, frozen=True, array_like=True):
    """The scopes of a receiver that share a cursor, each named by a 4-byte key, back to back."""

    cursor: WireCursor | None
    scope_keys: Annotated[bytes, Meta(max_length=4 * 2_000)]


class Hello(Message, frozen=True, array_like=True):
    """Who speaks. Signed over the receiver, what it answers to, and the rest of the frame."""

    frame_type = FrameType.HELLO
    version_min: Annotated[int, Meta(ge=0, le=65_535)]
    version_max: Annotated[int, Meta(ge=0, le=65_535)]
    node_id: Id16
    school_id: Id16 | None
    mark: Id8 | None
    cursors: Annotated[tuple[CursorGroup, ...], Meta(max_length=GROUPS_MAX)]
    erased_digest: Id16 | None
    capabilities: Annotated[int, Meta(ge=0, lt=2**32)]
    wall_ms: Annotated[int, Meta(ge=-(2**53), lt=2**53)]
    signature: Signature

    def signed_bytes(self, *, receiver: bytes, answers_to: bytes) -> bytes:
        """`answers_to` is empty from the side that asks; the asker's signature in an answer."""
        return pack((receiver, answers_to, *self.to_payload()[:-1]))


class Nodes(ListMessage, frozen=True, array_like=True):
    """Certificates as `signing.Certificate.to_payload` has them, each once."""

    frame_type = FrameType.NODES
    certificates: Annotated[tuple[tuple[Any, ...], ...], Meta(max_length=NODES_MAX)]


class Marks(ListMessage, frozen=True, array_like=True):
    """Asker: marks it was given, newest first. Answer: the newest known, or none."""

    frame_type = FrameType.MARKS
    marks: Annotated[tuple[Id8, ...], Meta(max_length=MARKS_MAX)]


class Tips(ListMessage, frozen=True, array_like=True):
    """Asker: what it has of its logs. Answer: what the peer holds of those, and of refused ones."""

    frame_type = FrameType.TIPS
    tips: Annotated[tuple[WireTip, ...], Meta(max_length=TIPS_MAX)]


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


class Heads(Message, frozen=True, array_like=True):
    """Signed before the events that they cover; `signer` is the author or the logs' school."""

    frame_type = FrameType.HEADS
    heads: Annotated[tuple[WireHead, ...], Meta(min_length=1, max_length=HEADS_MAX)]
    signer: Id16
    signature: Signature

    @staticmethod
    def bytes_to_sign(heads: Sequence[WireHead]) -> bytes:
        """The bytes under the signature: the heads alone, so that a relay may pass them on."""
        return pack(_plain(tuple(heads)))

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


class WireErased(Struct, frozen=True, array_like=True):
    """A learner who is erased: BLAKE2b-128 of her id, under her school's signature."""

    learner_hash: Id16
    signature: Signature


class Erased(ListMessage, frozen=True, array_like=True):
    """Learners of the asker's school who are erased, before anything that is about a learner."""

    frame_type = FrameType.ERASED
    optional = True
    records: Annotated[tuple[WireErased, ...], Meta(max_length=ERASED_MAX)]


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


class Feed(Message, frozen=True, array_like=True):
    """Records of a scope between two cursors; `records` is zstd over a packed array of records.

    `start` nil: the list begins anew, and what it lacks when it is complete is deleted.
    `to.after` set: more of the list follows.
    """

    frame_type = FrameType.FEED
    scope: Scope
    start: WireCursor | None
    to: WireCursor
    records: bytes
    signature: Signature

    def signed_bytes(self, *, receiver: bytes, answers_to: bytes) -> bytes:
        """The receiver, the signature of its HELLO (an old list proves nothing), the frame."""
        return pack((receiver, answers_to, *self.to_payload()[:-1]))


class WantedPart(Struct, frozen=True, array_like=True):
    """Bytes `start` to before `stop` of the file with this hash (BLAKE2b-256)."""

    hash: Id32
    start: FileBytes
    stop: FileBytes


class Want(ListMessage, frozen=True, array_like=True):
    """Parts of files that this side asks the other for."""

    frame_type = FrameType.WANT
    parts: Annotated[tuple[WantedPart, ...], Meta(max_length=WANTS_MAX)]


class Blob(Message, frozen=True, array_like=True):
    """A part of a file of `total` bytes. Without bytes: "I have this file; do you want it?" """

    frame_type = FrameType.BLOB
    hash: Id32
    offset: FileBytes
    total: FileBytes
    raw: bytes


class Doing(IntEnum):
    """What a learner's screen shows, for the live page. Unknown numbers are shown as HOME."""

    HOME = 0
    WORKING = 1
    READING = 2
    BETWEEN = 3  # a set has ended
    LOCKED = 4


class PresenceRow(Struct, frozen=True, array_like=True):
    """One signed-in learner.

    `since_ms`: how long ago this began, so that no clock need be right.
    """

    learner_id: Id16
    doing: Annotated[int, Meta(ge=0, le=255)]
    since_ms: Millis
    about: Annotated[str, Meta(max_length=120)]  # item or lesson, empty for none
    nth: Annotated[int, Meta(ge=0, le=10_000)]
    of: Annotated[int, Meta(ge=0, le=10_000)]


class Presence(ListMessage, frozen=True, array_like=True):
    """Who sits at this computer now: in memory only, never logged, never sent to a hub."""

    frame_type = FrameType.PRESENCE
    optional = True
    rows: Annotated[tuple[PresenceRow, ...], Meta(max_length=PRESENCE_MAX)]


class WireClock(Struct, frozen=True, array_like=True):
    """What the asker measured of a log of its own: its genesis was this much later than it says."""

    log_id: Id8
    offset_ms: Annotated[int, Meta(ge=-(2**53), le=2**53)]
    uncertainty_ms: Annotated[int, Meta(ge=0, le=2**40)]


class Clocks(Message, frozen=True, array_like=True):
    """Sent by an asker whose clock is wrong, until the server has heard it."""

    frame_type = FrameType.CLOCK
    optional = True
    logs: Annotated[tuple[WireClock, ...], Meta(max_length=CLOCKS_MAX)]
    signature: Signature

    def signed_bytes(self, *, receiver: bytes) -> bytes:
        """The receiver's node_id and the frame."""
        return pack((receiver, *self.to_payload()[:-1]))


class End(Message, frozen=True, array_like=True):
    """The last frame. `digest` is BLAKE2b-64 of every byte of this body before it.

    `reason` is empty when all is well, else a sentence for people; `code` is for programs.
    """

    frame_type = FrameType.END
    digest: Id8
    reason: Sentence = ""
    retry_after_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None
    code: Annotated[int, Meta(ge=0, le=255)] = 0


class EndCode(IntEnum):
    """Why a side ended a session, for programs."""

    DONE = 0
    REFUSED = 1
    DAMAGED = 2
    UNKNOWN_NODE = 3
    CANNOT_SAVE = 4
    VERSION = 5
    FROZEN = 6
    BUSY = 7


AnyMessage = (
    Hello
    | Nodes
    | Marks
    | Tips
    | Ranges
    | Heads
    | Events
    | Erased
    | Stubs
    | Receipt
    | Want
    | Blob
    | Feed
    | Presence
    | Clocks
    | End
)

MESSAGES: Final[dict[int, type[Message]]] = {
    kind.frame_type: kind
    for kind in (
        *(Hello, Erased, Nodes, Marks, Tips, Ranges, Heads, Events, Stubs),
        *(Receipt, Want, Blob, Feed, Presence, Clocks, End),
    )
}


def parse_message(frame: Frame) -> Message | None:
    """The message in a frame; None for an unknown optional frame, which is skipped.

    Raises MessageError for a payload that does not fit and for a frame this version does not speak.
    """
    kind = MESSAGES.get(frame.type)
    if kind is not None:
        return kind.parse(frame.payload)
    if frame.optional:
        return None
    raise MessageError(f"This version does not speak {frame.name} frames yet. Nothing was lost.")
