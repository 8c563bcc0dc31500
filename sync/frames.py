"""Frames: the bounded, checked units of the wire and of bundle files.

`u32 length | u8 type | u8 flags | payload | u32 CRC-32`, big-endian; `length` is that of the
payload and the CRC (zlib's) covers everything before it. The CRC finds accidents; the chain and
the signatures protect (PROTOCOL.md section 2). Owns the envelope alone: what is inside a payload
is `messages.py`.
"""

import struct
import zlib
from enum import IntEnum
from typing import Any, Final

from msgspec import Struct

from darasa.sync.codec import pack
from darasa.sync.errors import LocalProtocolError, RemoteProtocolError

FRAME_BYTES_MAX: Final = 64 * 1024
"""Largest whole frame. A link that dies every 20 s at 80 kbit/s still carries two."""

FRAME_OVERHEAD: Final = 10
"""Bytes of header and CRC around a payload."""

OPTIONAL: Final = 0x01
"""Flag: a receiver that does not know the type skips the frame."""

_HEADER: Final = struct.Struct(">IBB")
_CRC: Final = struct.Struct(">I")


class FrameError(RemoteProtocolError):
    """A frame that is cut short, damaged or too large. What came before it is safe."""


class FrameType(IntEnum):
    """Frame types; a number is never reused."""

    HELLO = 1
    ERASED = 2
    NODES = 3
    MARKS = 4
    TIPS = 5
    RANGES = 6
    HEADS = 7
    EVENTS = 8
    STUB = 9
    RECEIPT = 10
    WANT = 11
    BLOB = 12
    FEED = 13
    PRESENCE = 14
    END = 15
    BUNDLE = 16
    SEALED = 17
    CLOCK = 18


class Frame(Struct, frozen=True):
    """One whole frame whose CRC was right. `type` may be a number this program does not know."""

    type: int
    optional: bool
    payload: bytes
    raw: bytes

    @property
    def name(self) -> str:
        """The type's name, or its number when it is unknown."""
        try:
            return FrameType(self.type).name
        except ValueError:
            return f"type {self.type}"


def frame_bytes(kind: int, payload: bytes, *, optional: bool = False) -> bytes:
    """A payload of packed bytes in its envelope. Raises LocalProtocolError above 64 KiB."""
    if len(payload) + FRAME_OVERHEAD > FRAME_BYTES_MAX:
        raise LocalProtocolError(f"a frame of {len(payload)} bytes is above {FRAME_BYTES_MAX}")
    head = _HEADER.pack(len(payload), kind, OPTIONAL if optional else 0) + payload
    return head + _CRC.pack(zlib.crc32(head))


def encode_frame(kind: int, payload: tuple[Any, ...], *, optional: bool = False) -> bytes:
    """A payload array, packed and in its envelope. Raises LocalProtocolError above 64 KiB."""
    return frame_bytes(kind, pack(payload), optional=optional)


class FrameReader:
    """Cuts a stream of bytes into frames; holds at most one unfinished frame (64 KiB).

    Frames before a damaged one are still returned; the damage is raised by the call after that, so
    that what arrived whole is kept.
    """

    def __init__(self, *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._buffer = bytearray()
        self._limit = frame_bytes_max
        self._fault: FrameError | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order. Raises FrameError for damage met earlier."""
        if self._fault is not None:
            raise self._fault
        self._buffer += data
        frames: list[Frame] = []
        try:
            while (frame := self._next()) is not None:
                frames.append(frame)
        except FrameError as error:
            self._fault = error
            self._buffer.clear()
            if not frames:
                raise
        return frames

    def finish(self) -> None:
        """The stream has ended. Raises FrameError for damage, or when a frame was cut short."""
        if self._fault is not None:
            raise self._fault
        if self._buffer:
            raise FrameError("The transfer was cut short in the middle of a frame.")

    def _next(self) -> Frame | None:
        """The next whole frame at the front of the buffer, or None when more bytes are needed."""
        if len(self._buffer) < _HEADER.size:
            return None
        length, kind, flags = _HEADER.unpack_from(self._buffer)
        total = length + FRAME_OVERHEAD
        if total > self._limit:
            raise FrameError(f"A frame says it has {total} bytes; at most {self._limit} may be.")
        if len(self._buffer) < total:
            return None
        raw = bytes(self._buffer[:total])
        (expected,) = _CRC.unpack_from(raw, total - _CRC.size)
        if zlib.crc32(raw[: -_CRC.size]) != expected:
            raise FrameError("A frame was damaged on the way: its checksum does not fit.")
        del self._buffer[:total]
        return Frame(kind, bool(flags & OPTIONAL), raw[_HEADER.size : -_CRC.size], raw)
