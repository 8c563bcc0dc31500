"""The payload of each frame as a frozen struct: bounds checked once, here (PROTOCOL.md section 3).

Arrays on the wire, in the order of the fields; elements after the last known one are ignored.
Signed messages have `signed_bytes()`, the bytes under the signature. Owns the greeting, the end and
the table of all; does not know what a session does with a message.
"""

from enum import IntEnum
from typing import Annotated, Any, Final

from msgspec import Meta

from darasa.sync.codec import pack
from darasa.sync.frames import Frame, FrameType
from darasa.sync.message_base import (
    Id8,
    Id16,
    ListMessage,
    Message,
    MessageError,
    Ordinal,
    Sentence,
    Signature,
)
from darasa.sync.messages_of_logs import (
    HEADS_MAX,
    LEAVES_MAX,
    MARKS_MAX,
    RANGES_MAX,
    TIPS_MAX,
    Events,
    Heads,
    Marks,
    Ranges,
    Receipt,
    Run,
    StubRun,
    Stubs,
    Tips,
    WireHead,
    WireRange,
    WireTip,
)
from darasa.sync.messages_of_records import (
    CLOCKS_MAX,
    ERASED_MAX,
    GROUPS_MAX,
    PRESENCE_MAX,
    WANTS_MAX,
    Blob,
    Clocks,
    CursorGroup,
    Doing,
    Erased,
    Feed,
    Presence,
    PresenceRow,
    Want,
    WantedPart,
    WireClock,
    WireCursor,
    WireErased,
)

__all__ = [
    "CLOCKS_MAX",
    "ERASED_MAX",
    "GROUPS_MAX",
    "HEADS_MAX",
    "LEAVES_MAX",
    "MARKS_MAX",
    "MESSAGES",
    "NODES_MAX",
    "PRESENCE_MAX",
    "RANGES_MAX",
    "TIPS_MAX",
    "WANTS_MAX",
    "Blob",
    "Clocks",
    "CursorGroup",
    "Doing",
    "End",
    "EndCode",
    "Erased",
    "Events",
    "Feed",
    "Heads",
    "Hello",
    "Id8",
    "Id16",
    "Marks",
    "Message",
    "MessageError",
    "Nodes",
    "Ordinal",
    "Presence",
    "PresenceRow",
    "Ranges",
    "Receipt",
    "Run",
    "Signature",
    "StubRun",
    "Stubs",
    "Tips",
    "Want",
    "WantedPart",
    "WireClock",
    "WireCursor",
    "WireErased",
    "WireHead",
    "WireRange",
    "WireTip",
    "parse_message",
]

NODES_MAX: Final = 200


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


class End(Message, frozen=True, array_like=True):
    """The last frame. `digest` is BLAKE2b-64 of every byte of this body before it.

    `reason` is empty when all is well, else a sentence for people; `code` is for programs.
    """

    frame_type = FrameType.END
    digest: Id8
    reason: Sentence
    retry_after_s: Annotated[int, Meta(ge=0, le=86_400)] | None
    code: Annotated[int, Meta(ge=0, le=255)]


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
