"""What is said beside logs: records, erased learners, files, presence, clocks (PROTOCOL.md 3)."""

from enum import IntEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from darasa.sync.codec import pack
from darasa.sync.frames import FrameType
from darasa.sync.message_base import (
    FileBytes,
    Id8,
    Id16,
    Id32,
    ListMessage,
    Message,
    Millis,
    Ordinal,
    Scope,
    Signature,
)

PRESENCE_MAX: Final = 64
GROUPS_MAX: Final = 200
WANTS_MAX: Final = 64
ERASED_MAX: Final = 600
CLOCKS_MAX: Final = 8


class WireCursor(Struct, frozen=True, array_like=True):
    """A resume point in an authority's feed.

    `tag` is the random tag of transaction `ordinal`. `after` is set only in the middle of a list:
    the key of the last record received of that transaction, so that one may span frames; `tag` is
    then that of the transaction up to which the list was read.
    """

    ordinal: Ordinal
    tag: Id8
    after: Annotated[bytes, Meta(max_length=64)] | None


class CursorGroup(Struct, frozen=True, array_like=True):
    """The scopes of a receiver that share a cursor, each named by a 4-byte key, back to back."""

    cursor: WireCursor | None
    scope_keys: Annotated[bytes, Meta(max_length=4 * 2_000)]


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


class WireErased(Struct, frozen=True, array_like=True):
    """A learner who is erased: BLAKE2b-128 of her id, under her school's signature."""

    learner_hash: Id16
    signature: Signature


class Erased(ListMessage, frozen=True, array_like=True):
    """Learners of the asker's school who are erased, before anything that is about a learner."""

    frame_type = FrameType.ERASED
    optional = True
    records: Annotated[tuple[WireErased, ...], Meta(max_length=ERASED_MAX)]


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
