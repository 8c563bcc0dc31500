"""Canonical msgpack with limits, and what its values are; the only module that imports msgpack.

Values are None, bool, int (signed 64 bits), str, bytes and tuples of these: no maps, no floats, no
extension types (sync.md section 4). `pack` always takes the smallest encoding, so that equal
values have equal bytes. The limits are those of threat-model.md section 6.
"""

from typing import Any, Final, TypeVar, overload

import msgpack  # noqa: TID251 (this module is the one that may)
import msgspec

from darasa.sync.errors import CodecError

MESSAGE_BYTES_MAX: Final = 1 << 20
ARRAY_MAX: Final = 5_000
STRING_BYTES_MAX: Final = 16_384
DEPTH_MAX: Final = 8
INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1  # SQLite has no larger
SMALL_MAX: Final = 0x7F
SMALL: Final = tuple(bytes((value,)) for value in range(SMALL_MAX + 1))
"""The canonical bytes of the smallest whole numbers."""

_PLAIN: Final = frozenset({bytes, str, bool, type(None)})

_PLAIN_OR_INT: Final = _PLAIN | {int}
_UINT64: Final = b"\xcf"  # the header of the only numbers that can be too large

_STRUCTS: Final = msgspec.msgpack.Encoder()
_NATIVE: Final = (bytes,)

T = TypeVar("T")

__all__ = [
    "SMALL",
    "SMALL_MAX",
    "CodecError",
    "convert",
    "pack",
    "pack_struct",
    "packed_int",
    "split_values",
    "unpack",
    "unpack_canonical",
    "unpack_kept",
]


def pack(value: object) -> bytes:
    """The canonical bytes of a value; lists are written as tuples are.

    Raises CodecError when the value holds what the format has not, or is too deep.
    """
    _refuse_strangers(value, DEPTH_MAX)
    try:
        return _packed(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise CodecError(f"value cannot be packed: {error}") from error


def pack_struct(value: msgspec.Struct | tuple[Any, ...]) -> bytes:
    """The canonical bytes of an `array_like` struct of such structs, tuples and plain values.

    Its types say that nothing in it is foreign to the format, so no element is looked at: a large
    one takes a tenth of the time of `pack`. Raises CodecError for a number beyond 64 bits.
    """
    try:
        return _STRUCTS.encode(value)
    except OverflowError as error:
        raise CodecError(f"value cannot be packed: {error}") from error


def packed_int(value: int) -> bytes:
    """The canonical bytes of a whole number, as `pack` gives them, in a third of the time.

    Raises CodecError beyond 64 bits.
    """
    if 0 <= value <= SMALL_MAX:
        return SMALL[value]
    if 0x100 <= value <= 0xFFFF:
        return b"\xcd" + value.to_bytes(2, "big")
    if 0x1_0000 <= value <= 0xFFFF_FFFF:
        return b"\xce" + value.to_bytes(4, "big")
    return pack(value)


def unpack(raw: bytes, *, limit: int = MESSAGE_BYTES_MAX) -> Any:
    """The value of msgpack bytes, arrays as tuples. Does not demand the smallest encoding.

    Raises CodecError when there are more than `limit` bytes, bytes left over, or anything that
    the format or a limit forbids. Never raises anything else for any bytes.
    """
    if len(raw) > limit:
        raise CodecError(f"message of {len(raw)} bytes is over the limit of {limit}")
    try:
        value = msgpack.unpackb(
            raw,
            use_list=False,
            max_str_len=STRING_BYTES_MAX,
            max_bin_len=limit,
            max_array_len=ARRAY_MAX,
            max_map_len=0,
            max_ext_len=0,
        )
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # FormatError, ExtraData, StackError and UnicodeDecodeError are ValueErrors
        raise CodecError(f"not msgpack within the limits: {error}") from error
    _refuse_strangers(value, DEPTH_MAX, may_be_large=_UINT64 in raw)
    return value


def unpack_kept(raw: bytes) -> Any:
    """The value of bytes that this node has checked before, when it made them or they came.

    In a third of the time of `unpack`: types and limits are not looked at again. Raises CodecError
    for what is no msgpack any more.
    """
    try:
        return msgpack.unpackb(raw, use_list=False, max_ext_len=0)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        raise CodecError(f"not msgpack: {error}") from error


def unpack_canonical(raw: bytes, *, limit: int = MESSAGE_BYTES_MAX) -> Any:
    """Like `unpack`, and raises CodecError unless `pack` would give the very same bytes."""
    value = unpack(raw, limit=limit)
    if _packed(value) != raw:
        raise CodecError("not the smallest encoding")
    return value


def split_values(raw: bytes) -> list[bytes]:
    """The bytes of each of the msgpack values that lie back to back, by their headers alone.

    Raises CodecError when they do not end where the last value does.
    """
    unpacker = msgpack.Unpacker(max_buffer_size=max(1, len(raw)))
    unpacker.feed(raw)
    parts: list[bytes] = []
    start = 0
    try:
        while start < len(raw):
            unpacker.skip()
            end = unpacker.tell()
            parts.append(raw[start:end])
            start = end
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise CodecError(f"not whole msgpack values: {error}") from error
    return parts


def _packed(value: object) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed


def _refuse_strangers(value: object, depth: int, *, may_be_large: bool = True) -> None:
    """Raise CodecError for a type, a number or a depth that the format has not.

    Runs over every event that is read, so the types of an array are first looked at in C.
    """
    if isinstance(value, (tuple, list)):
        if depth == 0:
            raise CodecError(f"arrays nested deeper than {DEPTH_MAX}")
        harmless = _PLAIN if may_be_large else _PLAIN_OR_INT
        if harmless.issuperset(map(type, value)):
            return
        for element in value:
            kind = type(element)
            if kind in harmless or (kind is int and INT_MIN <= element <= INT_MAX):
                continue
            if kind is tuple and depth > 1 and harmless.issuperset(map(type, element)):
                continue  # as the call below would find: most arrays inside hold plain values
            _refuse_strangers(element, depth - 1, may_be_large=may_be_large)
    elif isinstance(value, int):
        if not INT_MIN <= value <= INT_MAX:
            raise CodecError("integer beyond 64 bits")
    elif value is not None and not isinstance(value, str | bytes):
        raise CodecError(f"{type(value).__name__} has no place in the format")


# -- shapes -------------------------------------------------------------------------------


@overload
def convert(value: object, shape: type[T]) -> T: ...
@overload
def convert(value: object, shape: Any) -> Any: ...


def convert(value: object, shape: Any) -> Any:
    """A value as what it is to be: a struct, or any type that msgspec knows.

    Nothing is taken for something else: by itself msgspec reads text in base64 where bytes are due,
    and one event would be two things to two readers. Raises msgspec.ValidationError.
    """
    return msgspec.convert(value, shape, builtin_types=_NATIVE)  # noqa: TID251 (the one that may)
