"""What all messages share: parsing with its bounds, the envelope, and the types of fields.

A message is the payload of one frame as a frozen struct: an array on the wire, in the order of the
fields. Does not know which messages there are.
"""

from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Meta, Struct

from darasa.sync.codec import CodecError, convert, pack_struct, unpack
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import FrameType, frame_bytes

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


class MessageError(RemoteProtocolError):
    """A payload that does not fit its frame's type."""


class Message(Struct, frozen=True, array_like=True):
    """What every frame's struct can do."""

    frame_type: ClassVar[FrameType]
    optional: ClassVar[bool] = False

    def elements(self) -> tuple[Any, ...]:
        """What the payload array holds: the fields, with structs inside as they are."""
        return msgspec.structs.astuple(self)

    def to_payload(self) -> tuple[Any, ...]:
        """The elements as plain tuples, ready for the codec."""
        return tuple(map(plain, self.elements()))

    def to_frame(self) -> bytes:
        """The message in its envelope. Raises LocalProtocolError above 64 KiB."""
        return frame_bytes(self.frame_type, pack_struct(self.elements()), optional=self.optional)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """The message in a payload. Raises MessageError with what does not fit."""
        return cls._convert(_unpacked(cls.frame_type, payload))

    @classmethod
    def _convert(cls, value: Any) -> Self:
        try:
            return convert(value, cls)
        except (msgspec.ValidationError, RecursionError) as error:
            raise MessageError(f"A {cls.frame_type.name} frame does not fit: {error}.") from error


def _unpacked(frame_type: FrameType, payload: bytes) -> Any:
    """The payload's array. Raises MessageError."""
    try:
        return unpack(payload)
    except CodecError as error:
        raise MessageError(f"A {frame_type.name} frame cannot be read: {error}") from error


def plain(value: Any) -> Any:
    """Structs inside become tuples, as deep as they go."""
    if isinstance(value, Struct):
        return tuple(plain(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    return value


class ListMessage(Message, frozen=True, array_like=True):
    """A message whose one field is a list: the payload array is the list itself."""

    def elements(self) -> tuple[Any, ...]:
        """The list."""
        (items,) = super().elements()
        return tuple(items)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """The list in a payload. Raises MessageError with what does not fit."""
        return cls._convert((_unpacked(cls.frame_type, payload),))
