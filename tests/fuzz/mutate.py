"""Seeded ways to spoil a body: its bytes, its frames, and what is inside the frames.

The later ones put CRC, lengths and END right again, so that they get past the envelope; none can
sign for an honest node, and one signs with the key of another node that is enrolled.
"""

import random
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scenes import Scene

from darasa.sync.codec import pack, unpack
from darasa.sync.errors import CodecError
from darasa.sync.event import chain_after, leaf_of
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.session_body import body_of
from darasa.sync.squeeze import expand, zstd

EDGES = (
    0, 1, -1, 2, 127, 128, 255, 256, 65_535, 65_536, 2**31 - 1, 2**32, 2**40 - 1, 2**40, 2**48,
    2**53, 2**63 - 1, -(2**63), 2**64 - 1,
)  # fmt: skip
LENGTHS = (0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 300, 5_000, 70_000)
_NESTED = 10_000
_SQUEEZED = 3  # the place of the squeezed element in EVENTS and FEED


@dataclass(frozen=True)
class Raw:
    """Bytes that stand for a packed value as they are."""

    packed: bytes


@dataclass(frozen=True)
class Part:
    """One frame: `payload` packed."""

    kind: int
    flags: int
    payload: bytes

    @property
    def name(self) -> str:
        return FrameType(self.kind).name if self.kind in set(FrameType) else f"type {self.kind}"

    def to_bytes(self) -> bytes:
        head = struct.pack(">IBB", len(self.payload), self.kind, self.flags) + self.payload
        return head + struct.pack(">I", zlib.crc32(head))


def parts_of(body: bytes) -> list[Part]:
    """The frames of an honest body."""
    return [Part(each.type, int(each.optional), each.payload) for each in FrameReader().feed(body)]


def joined(parts: Sequence[Part]) -> bytes:
    """A body of these frames; an END in its last place is made anew, so that it fits."""
    if parts and parts[-1].kind == FrameType.END:
        return body_of([part.to_bytes() for part in parts[:-1]])
    return b"".join(part.to_bytes() for part in parts)


def encode(value: Any) -> bytes:  # noqa: PLR0911 (a table of types)
    """msgpack of anything, also of what the format forbids."""
    match value:
        case Raw(packed):
            return packed
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            if 0 <= value < 128:
                return bytes([value])
            return b"\xcf" + struct.pack(">Q", value % 2**64) if value > 0 else _negative(value)
        case float():
            return b"\xcb" + struct.pack(">d", value)
        case str():
            raw = value.encode("utf-8", "surrogatepass")
            return b"\xdb" + struct.pack(">I", len(raw)) + raw
        case bytes():
            return b"\xc6" + struct.pack(">I", len(value)) + value
        case dict():
            pairs = b"".join(encode(key) + encode(each) for key, each in value.items())
            return b"\xdf" + struct.pack(">I", len(value)) + pairs
        case _:
            inside = b"".join(map(encode, value))
            return b"\xdd" + struct.pack(">I", len(value)) + inside


def _negative(value: int) -> bytes:
    if -32 <= value < 0:
        return struct.pack("b", value)
    return b"\xd3" + struct.pack(">q", max(value, -(2**63)))


def canonical(value: Any) -> bytes:
    """The same value as the format packs it when it can; longer forms otherwise."""
    try:
        return pack(value)
    except (CodecError, TypeError):
        return encode(value)


# -- bytes ------------------------------------------------------------------------------------


def flip(raw: bytes, rng: random.Random) -> bytes:
    """A few bits."""
    spoilt = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 8))):
        if spoilt:
            spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def truncate(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))] if raw else raw


def insert(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(raw))
    return raw[:at] + rng.randbytes(rng.choice((1, 2, 4, 40, 400))) + raw[at:]


def cut_out(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(raw))
    return raw[:at] + raw[at + rng.choice((1, 2, 4, 40, 400)) :]


def repeat(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(raw))
    piece = raw[at : at + rng.choice((1, 8, 80, 800))]
    return raw[:at] + piece * rng.choice((2, 3, 50)) + raw[at + len(piece) :]


def lie_of_length(raw: bytes, rng: random.Random) -> bytes:
    """The length of some frame says something else."""
    places, at = [0], 0
    while at + 4 <= len(raw):
        at += int.from_bytes(raw[at : at + 4], "big") + 10
        places.append(at)
    at = rng.choice(places[:-1] or [0])
    lie = rng.choice((0, 1, 65_526, 65_527, 2**31, 2**32 - 1, rng.randrange(2_000)))
    return raw[:at] + struct.pack(">I", lie) + raw[at + 4 :]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip, flip, truncate, insert, cut_out, repeat, lie_of_length,
)  # fmt: skip


# -- values inside a payload ------------------------------------------------------------------


STRANGE = (
    None, True, 1.5, "", "text \ud800", b"", {}, {1: 2}, -(2**63),
    Raw(b"\xc1"), Raw(b"\xc7\x01\x05\x00"), ((),) * 6_000,
)  # fmt: skip


def places_in(value: Any, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """The ways to every value inside an array."""
    found = [path]
    if isinstance(value, tuple):
        for at, inner in enumerate(value[:40]):
            found += places_in(inner, (*path, at))
    return found


def at_place(value: Any, path: tuple[int, ...]) -> Any:
    for at in path:
        value = value[at]
    return value


def with_place(value: Any, path: tuple[int, ...], new: Any) -> Any:
    """The array with another value at that place."""
    if not path:
        return new
    at = path[0]
    return (*value[:at], with_place(value[at], path[1:], new), *value[at + 1 :])


def nested() -> Raw:
    """Arrays ten thousand deep."""
    return Raw(b"\x91" * _NESTED + b"\xc0")


def claims_much(rng: random.Random) -> Raw:
    """A value that says it is huge and is not."""
    head = rng.choice((b"\xdd", b"\xc6", b"\xdb", b"\xdf", b"\xc9"))
    return Raw(head + struct.pack(">I", rng.choice((2**31, 2**32 - 1, 5_001, 1 << 20))))


def other_value(value: Any, rng: random.Random, pool: Sequence[Any]) -> Any:
    """Something else in place of a value, mostly of its own type."""
    roll = rng.random()
    same = [each for each in pool if type(each) is type(value)]
    if roll < 0.35 and same:
        return rng.choice(same)
    if roll < 0.45:
        return rng.choice((*STRANGE, nested(), claims_much(rng)))
    return of_same_type(value, rng)


def of_same_type(value: Any, rng: random.Random) -> Any:
    """A value that is wrong only a little, or at the edge of what its type may be."""
    match value:
        case bool():
            return not value
        case int():
            return rng.choice((*EDGES, value + 1, value - 1, value ^ (1 << rng.randrange(40))))
        case bytes():
            return rng.choice(BYTES)(value, rng) if rng.random() < 0.6 else _of_length(rng)
        case str():
            return rng.choice((value + "x", value[:-1], "x" * 20_000, "\x00\x1b[2J", "é" * 200))
        case tuple():
            return other_list(value, rng)
        case _:
            return rng.choice((b"12345678", 5, (), bytes(16)))


def other_list(value: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    """The same list with elements lost, doubled, moved, or far too many."""
    if not value:
        return (None,)
    at = rng.randrange(len(value))
    match rng.randrange(5):
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return (*value[:at], value[at], value[at], *value[at + 1 :])
        case 2:
            shuffled = list(value)
            rng.shuffle(shuffled)
            return tuple(shuffled)
        case 3:
            return (*value, rng.choice((None, 0, b"more", value)))
        case _:
            return value[at : at + 1] * rng.choice((33, 65, 201, 1_001, 5_001))


def _of_length(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice(LENGTHS))


def change(value: Any, rng: random.Random, pool: Sequence[Any]) -> Any:
    """One or two values inside become others."""
    for _ in range(rng.choice((1, 1, 2))):
        path = rng.choice(places_in(value))
        value = with_place(value, path, other_value(at_place(value, path), rng, pool))
    return value


# -- what is squeezed -------------------------------------------------------------------------


def bomb(rng: random.Random) -> bytes:
    """Few bytes that say, or are, very many."""
    size = rng.choice((1 << 17, 1 << 20, (1 << 20) + 1, 1 << 24))
    packed = zstd.compress(bytes(size), level=1)
    match rng.randrange(4):
        case 0:
            return packed
        case 1:  # the size is not stated
            stream = zstd.ZstdCompressor(level=1)
            return stream.compress(bytes(size)) + stream.flush()
        case 2:  # the size is a lie: the frame header's last four bytes before the first block
            return packed[:5] + struct.pack("<I", rng.choice((1, 1 << 16, 1 << 20))) + packed[9:]
        case _:  # two frames, or one that is to be skipped
            return packed + rng.choice((packed, b"\x50\x2a\x4d\x18\x04\0\0\0skip"))


def spoil_squeezed(squeezed: bytes, rng: random.Random, pool: Sequence[Any]) -> bytes:
    """What is inside changes and is packed well again, or the packing itself is a trap."""
    roll = rng.random()
    if roll < 0.3:
        return bomb(rng)
    try:
        clear = expand(squeezed)
        if roll < 0.6:
            return _packed(canonical(change(unpack(clear), rng, pool)))
        return _packed(rng.choice(BYTES)(clear, rng))
    except (CodecError, ValueError):
        return flip(squeezed, rng)


def _packed(clear: bytes) -> bytes:
    """As ours packs, but for what it would refuse to send: a stranger does not ask."""
    return zstd.compress(clear, level=9)


def spoil_inside(part: Part, rng: random.Random, pool: Sequence[Any]) -> Part:
    """A frame whose values are others, in an envelope that fits."""
    try:
        value = unpack(part.payload)
    except CodecError:
        return Part(part.kind, part.flags, flip(part.payload, rng))
    is_squeezed = part.kind in {FrameType.EVENTS, FrameType.FEED} and rng.random() < 0.5
    if is_squeezed and isinstance(value, tuple) and value[_SQUEEZED:]:
        packed = value[_SQUEEZED]
        squeezed = spoil_squeezed(packed if isinstance(packed, bytes) else b"", rng, pool)
        return Part(part.kind, part.flags, canonical(with_place(value, (_SQUEEZED,), squeezed)))
    return Part(part.kind, part.flags, canonical(change(value, rng, pool)))


# -- a stranger's work in a known log -----------------------------------------------------------


def planted(parts: Sequence[Part], scene: Scene, rng: random.Random) -> list[Part]:
    """One event more at the end of each run of an EVENTS, its chain right, under a stranger's key.

    The head says that the stranger, or the author, has signed it.
    """
    key = scene.stranger.home.node_key
    made = list(parts)
    for at, part in enumerate(parts):
        if part.kind != FrameType.EVENTS or at == 0 or parts[at - 1].kind != FrameType.HEADS:
            continue
        heads, signer, _ = unpack(parts[at - 1].payload)
        runs, codec, context, payload = unpack(part.payload)[:4]
        if codec != 0 or len(runs) != 1 or len(heads) != 1:
            continue
        event = canonical((18, 1, b"A" * 16, 1, 5, rng.randbytes(6)))
        log_id, seq, chain = heads[0]
        new_heads = ((log_id, seq + 1, chain_after(chain, leaf_of(event))),)
        signature = key.sign("heads", canonical(new_heads))
        claimed = rng.choice((key.node_id, signer))
        run = with_place(runs[0], (3,), runs[0][3] + 1)
        made[at - 1] = Part(FrameType.HEADS, 0, canonical((new_heads, claimed, signature)))
        squeezed = _packed(expand(payload) + event)
        made[at] = Part(FrameType.EVENTS, 0, canonical(((run,), codec, context, squeezed)))
    return made


def signed_by_stranger(parts: Sequence[Part], scene: Scene, rng: random.Random) -> list[Part]:
    """HELLO, RECEIPT or FEED with other values under the key of a node that is not the speaker."""
    key = scene.stranger.home.node_key
    made = list(parts)
    signed: dict[int, str] = {FrameType.HELLO: "hello", FrameType.RECEIPT: "receipt"}
    signed[FrameType.FEED] = "feed"
    for at in rng.sample(range(len(parts)), len(parts)):
        purpose = signed.get(parts[at].kind)
        if purpose is None:
            continue
        value = unpack(parts[at].payload)[:-1]
        receiver = rng.choice((scene.asker, scene.server)).home.node_id
        bound = (receiver, b"", *value) if purpose == "hello" else (receiver, *value)
        signature = key.sign(purpose, canonical(bound))
        made[at] = Part(parts[at].kind, parts[at].flags, canonical((*value, signature)))
        break
    return made


# -- a whole body -----------------------------------------------------------------------------


class Mutator:
    """Spoils bodies of recorded scenes; `pool` are frames and values of all of them."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.frames = [
            part
            for scene in scenes
            for body in (*scene.bodies, *scene.answers)
            for part in parts_of(body)
        ]
        self.values: list[Any] = []
        for part in self.frames:
            value = unpack(part.payload)
            self.values += [at_place(value, path) for path in places_in(value)[1:]]

    def spoil(self, body: bytes, scene: Scene, rng: random.Random) -> tuple[bytes, int, str]:
        """A spoilt body, how many of its frames differ, and what was done."""
        done: list[str] = []
        parts = parts_of(body)
        honest = {part.to_bytes() for part in parts}
        for _ in range(rng.choice((1, 1, 2, 3))):
            parts = self._spoil_parts(parts, scene, rng, done)
        if rng.random() < 0.2 and parts:  # END is not put right
            raw = b"".join(part.to_bytes() for part in parts)
        else:
            raw = joined(parts)
        if rng.random() < 0.2:
            spoiler = rng.choice(BYTES)
            done.append(spoiler.__name__)
            raw = spoiler(raw, rng)
        touched = sum(part.to_bytes() not in honest for part in parts)
        return raw, max(1, touched), ", ".join(done)

    def _spoil_parts(
        self, parts: list[Part], scene: Scene, rng: random.Random, done: list[str]
    ) -> list[Part]:
        if not parts:
            return parts
        at = rng.randrange(len(parts))
        roll = rng.randrange(20)
        name = parts[at].name
        if roll < 9:
            done.append(f"inside {name}")
            return [*parts[:at], spoil_inside(parts[at], rng, self.values), *parts[at + 1 :]]
        if roll < 12:
            spoiler = rng.choice(BYTES)
            done.append(f"{spoiler.__name__} {name}")
            payload = spoiler(parts[at].payload, rng)
            return [*parts[:at], Part(parts[at].kind, parts[at].flags, payload), *parts[at + 1 :]]
        if roll == 12 and not done:  # these two read what they change
            done.append("planted")
            return planted(parts, scene, rng)
        if roll == 13 and not done:
            done.append("signed by a stranger")
            return signed_by_stranger(parts, scene, rng)
        done.append(f"frames moved at {name}")
        return self._moved(parts, at, rng)

    def _moved(self, parts: list[Part], at: int, rng: random.Random) -> list[Part]:
        other = rng.randrange(len(parts))
        match rng.randrange(6):
            case 0:
                return parts[:at] + parts[at + 1 :]
            case 1:
                return [*parts[:at], *[parts[at]] * rng.choice((2, 3, 20)), *parts[at + 1 :]]
            case 2:
                swapped = list(parts)
                swapped[at], swapped[other] = swapped[other], swapped[at]
                return swapped
            case 3:
                return [*parts[:at], rng.choice(self.frames), *parts[at:]]
            case 4:
                return [*parts[:at], rng.choice(self.frames), *parts[at + 1 :]]
            case _:
                changed = Part(rng.randrange(20), rng.randrange(4), parts[at].payload)
                return [*parts[:at], changed, *parts[at + 1 :]]
