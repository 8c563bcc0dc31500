"""Values, frames and signatures of the exchange, written from sync/PROTOCOL.md 1, 2, 3, 9 alone.

This package is a second implementation: it imports nothing of `darasa`.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgpack
from backports import zstd
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FRAME_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 1024 * 1024
ANSWER_BYTES_MAX = 2 * 1024 * 1024
CLEAR_BYTES_MAX = 1024 * 1024
EVENT_BYTES_MAX = 48 * 1024
GENESIS_BYTES_MAX = 256

HELLO, ERASED, NODES, MARKS, TIPS, RANGES, HEADS, EVENTS = range(1, 9)
STUB, RECEIPT, WANT, BLOB, FEED, PRESENCE, END = range(9, 16)
CLOCK = 18

SPEAKS_RANGES, KNOWS_ERASED = 2, 8


class WireError(Exception):
    """Bytes that this protocol does not have."""


# Values: section 1.

VALUES_DEEP = 8
VALUES_WIDE = 5000
TEXT_BYTES_MAX = 16 * 1024


def pack(value: Any) -> bytes:
    """A value in its smallest encoding."""
    return msgpack.packb(value, use_bin_type=True)


def unpack(raw: bytes) -> Any:
    """The value of bytes that are its smallest encoding, and nothing besides."""
    try:
        value = msgpack.unpackb(
            raw,
            raw=False,
            max_array_len=VALUES_WIDE,
            max_str_len=TEXT_BYTES_MAX,
            max_map_len=0,
            max_ext_len=0,
        )
        _held_to_limits(value, 0)
        if pack(value) != raw:
            raise WireError("not the smallest encoding")
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise WireError(f"not a value: {error}") from error
    return value


def _held_to_limits(value: Any, deep: int) -> None:
    if isinstance(value, list):
        if deep == VALUES_DEEP:
            raise WireError("too many arrays deep")
        for one in value:
            _held_to_limits(one, deep + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if not -(2**63) <= value < 2**63:
            raise WireError("not an integer of 64 bits")
    elif value is not None and not isinstance(value, bool | str | bytes):
        raise WireError("no such value here")


# Frames: section 2.


class Frame(NamedTuple):
    """One frame; `payload` is packed."""

    kind: int
    payload: bytes
    optional: bool = False

    def encode(self) -> bytes:
        """The frame's bytes."""
        head = struct.pack(">IBB", len(self.payload), self.kind, 1 if self.optional else 0)
        whole = head + self.payload
        whole += struct.pack(">I", zlib.crc32(whole))
        if len(whole) > FRAME_BYTES_MAX:
            raise WireError("a frame above 64 KiB")
        return whole


def split(raw: bytes) -> Iterator[tuple[Frame, int]]:
    """Each whole frame of `raw` and where it begins; WireError where no more can be read."""
    at = 0
    while at < len(raw):
        if len(raw) - at < 10:
            raise WireError("cut in a frame")
        length, kind, flags = struct.unpack_from(">IBB", raw, at)
        end = at + 6 + length
        if length + 10 > FRAME_BYTES_MAX:
            raise WireError("a frame above 64 KiB")
        if end + 4 > len(raw):
            raise WireError("cut in a frame")
        if zlib.crc32(raw[at:end]) != struct.unpack_from(">I", raw, end)[0]:
            raise WireError("a damaged frame")
        yield Frame(kind, raw[at + 6 : end], bool(flags & 1)), at
        at = end + 4


# Shapes of payloads: section 3, with the limits of section 9.

Check = Callable[[Any], Any]


def need(holds: bool, what: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise WireError(what)


def number(low: int, high: int) -> Check:
    """An integer from `low` to `high`."""

    def check(value: Any) -> int:
        need(isinstance(value, int) and not isinstance(value, bool), "no integer")
        need(low <= value <= high, "an integer beyond its limit")
        return int(value)

    return check


def octets(size: int | None = None, *, most: int | None = None) -> Check:
    """Bytes: exactly `size`, or at most `most`, or any."""

    def check(value: Any) -> bytes:
        need(isinstance(value, bytes), "no bytes")
        need(size is None or len(value) == size, "bytes of another length")
        need(most is None or len(value) <= most, "too many bytes")
        return bytes(value)

    return check


def text(most: int) -> Check:
    """Text of at most `most` characters."""

    def check(value: Any) -> str:
        need(isinstance(value, str) and len(value) <= most, "no text, or too long")
        return str(value)

    return check


def maybe(inner: Check) -> Check:
    """Nil, or what `inner` takes."""
    return lambda value: None if value is None else inner(value)


def rows(inner: Check, most: int, *, least: int = 0) -> Check:
    """An array of `least` to `most` of what `inner` takes."""

    def check(value: Any) -> list[Any]:
        need(isinstance(value, list) and least <= len(value) <= most, "no array of that length")
        return [inner(one) for one in value]

    return check


def fields(*checks: Check) -> Check:
    """An array with an element for each check; those after the last known one are ignored."""

    def check(value: Any) -> list[Any]:
        need(isinstance(value, list) and len(value) >= len(checks), "no array, or too short")
        return [one(field) for one, field in zip(checks, value, strict=False)]

    return check


def _scope(value: Any) -> bytes:
    need(value != b"", "an empty scope")
    return bytes(octets(most=64)(value))


SCOPE: Check = _scope
SEQ = number(0, 2**40 - 1)
WALL_MS = number(-(2**53), 2**53 - 1)
TIME_MS = number(-(2**53), 2**53)
ID, SHORT, HASH, SIGNATURE = octets(16), octets(8), octets(32), octets(64)
TIP = fields(SHORT, SEQ, SHORT)
CURSOR = fields(number(0, 2**48 - 1), SHORT, maybe(octets(most=64)))
GROUP = fields(maybe(CURSOR), octets(most=8000))
CERTIFICATE = fields(HASH, text(8), maybe(ID), maybe(ID), ID, SIGNATURE)
GENESIS = maybe(octets(most=GENESIS_BYTES_MAX))
RUN = fields(SHORT, SHORT, number(1, 2**40 - 1), number(1, 65_536), GENESIS)
STUB_RUN = fields(SHORT, SHORT, number(1, 2**40 - 1), GENESIS, rows(ID, 4000, least=1))
SIZE = number(0, 2**40 - 1)
VERSION = number(0, 65_535)
PLACE = number(0, 10_000)


def _range(value: Any) -> list[Any]:
    upper, mode, said = fields(octets(most=8), number(0, 3), lambda said: said)(value)
    inner: Check = (maybe(ID), ID, rows(TIP, 2000), rows(TIP, 2000))[mode]
    need(mode > 0 or said is None, "mode 0 says nothing")
    return [upper, mode, inner(said)]


SHAPES: dict[int, Check] = {
    HELLO: fields(
        *(VERSION, VERSION, ID, maybe(ID), maybe(SHORT), rows(GROUP, 200), maybe(ID)),
        *(number(0, 2**32 - 1), WALL_MS, SIGNATURE),
    ),
    ERASED: rows(fields(ID, SIGNATURE), 600),
    NODES: rows(CERTIFICATE, 200),
    MARKS: rows(SHORT, 32),
    TIPS: rows(TIP, 2000),
    RANGES: rows(_range, 2000),
    HEADS: fields(rows(fields(SHORT, number(1, 2**40 - 1), ID), 1000, least=1), ID, SIGNATURE),
    EVENTS: fields(rows(RUN, 1000, least=1), number(0, 255), maybe(SHORT), octets()),
    STUB: rows(STUB_RUN, 1000, least=1),
    RECEIPT: fields(SHORT, rows(TIP, 2000), number(1, 3), SIGNATURE),
    WANT: rows(fields(HASH, SIZE, SIZE), 64),
    BLOB: fields(HASH, SIZE, SIZE, octets()),
    FEED: fields(SCOPE, maybe(CURSOR), CURSOR, octets(), SIGNATURE),
    PRESENCE: rows(fields(ID, number(0, 255), number(0, 2**53 - 1), text(120), PLACE, PLACE), 64),
    END: fields(SHORT, text(400), maybe(number(0, 86_400)), number(0, 255)),
    CLOCK: fields(rows(fields(SHORT, TIME_MS, number(0, 2**40)), 8), SIGNATURE),
}
OPTIONAL = {ERASED, RANGES, PRESENCE, CLOCK}


def read(frame: Frame) -> list[Any]:
    """The fields of a frame of a known type."""
    fields_: list[Any] = SHAPES[frame.kind](unpack(frame.payload))
    return fields_


def write(kind: int, payload: Sequence[Any]) -> bytes:
    """A frame of the protocol from its fields."""
    return Frame(kind, pack(list(payload)), kind in OPTIONAL).encode()


# Payloads squeezed: sections 5, 7, 9.


def squeeze(clear: bytes) -> bytes:
    """One zstd frame that states its size."""
    return zstd.compress(clear)


def unsqueeze(packed: bytes) -> bytes:
    """The clear bytes of one zstd frame within the limits."""
    try:
        clear_bytes = zstd.get_frame_info(packed).decompressed_size
        need(clear_bytes is not None, "a payload without its size")
        need(clear_bytes <= CLEAR_BYTES_MAX, "a payload too large")
        need(clear_bytes <= 65_536 or clear_bytes <= 200 * len(packed), "a payload too dense")
        window = zstd.DecompressionParameter.window_log_max
        reader = zstd.ZstdDecompressor(options={window: 23})
        clear = reader.decompress(packed, CLEAR_BYTES_MAX + 1)
    except zstd.ZstdError as error:
        raise WireError(f"a payload that cannot be read: {error}") from error
    need(reader.eof and not reader.unused_data, "not one zstd frame")
    return clear


# Hashes and signatures: section 1.


def hashed(raw: bytes, size: int, key: bytes = b"") -> bytes:
    """BLAKE2b with a digest of `size` bytes."""
    return blake2b(raw, digest_size=size, key=key).digest()


def node_of(public_key: bytes) -> bytes:
    """The node_id of an Ed25519 public key."""
    return hashed(public_key, 32)[:16]


def signed_bytes(purpose: str, raw: bytes) -> bytes:
    """What a signature for `purpose` is over."""
    return b"darasa/" + purpose.encode() + b"/1\0" + raw


def sign(key: Ed25519PrivateKey, purpose: str, fields_: Sequence[Any]) -> bytes:
    """A signature over packed fields."""
    return key.sign(signed_bytes(purpose, pack(list(fields_))))


def verify(public_key: bytes, purpose: str, fields_: Sequence[Any], signature: bytes) -> None:
    """WireError unless the signature over packed fields holds."""
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(signature, signed_bytes(purpose, pack(list(fields_))))
    except (InvalidSignature, ValueError) as error:
        raise WireError(f"a signature for {purpose} does not hold") from error


def verify_certificate(certificate: Sequence[Any], issuer_key: bytes) -> None:
    """WireError unless `issuer_key` signed the certificate and is its issuer's."""
    need(node_of(issuer_key) == certificate[4], "a certificate of another issuer")
    verify(issuer_key, "certificate", list(certificate[:5]), certificate[5])
