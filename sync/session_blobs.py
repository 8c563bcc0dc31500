"""WANT and BLOB in a session: whole files by their hash, beside events (PROTOCOL.md section 12).

The asker offers files by BLOB frames without bytes, and asks for files by WANT; each answer says
from which byte on a file is wanted, so that any cut costs what was on the way and no more. Events
and records go first: files take what a body has left, and a bounded part of a session. Pure; the
files are behind `Blobs`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from darasa.sync.capabilities import Capability
from darasa.sync.ids import NodeId
from darasa.sync.messages import WANTS_MAX, Blob, Want, WantedPart

SESSION_BYTES_MAX: Final = 4 << 20
"""File bytes that one session sends: then it ends, and what was answered meanwhile goes first."""
_PIECE_BYTES: Final = 60_000
_ENVELOPE_BYTES: Final = 80  # of a BLOB frame around its bytes
_PIECE_MIN: Final = 512


class Blobs(Protocol):
    """The files of a node, given to its sessions. What comes is checked by its hash before use."""

    def offered(self) -> Sequence[tuple[bytes, int]]:
        """Asker: (hash, bytes) of the files for the server above."""

    def missing(self) -> Sequence[tuple[bytes, int]]:
        """Asker: the hash of each file that is wanted, and how many bytes of it are here."""

    def held_above(self, name: bytes) -> None:
        """Asker: the server says that it has this file whole. Nobody signed it: own work stays."""

    def sent_in_vain(self, name: bytes) -> None:
        """Asker: all of this file has gone up, and the server wants it again."""

    def size(self, peer: NodeId, name: bytes) -> int | None:
        """The bytes of a whole file that this peer may have; None for any other."""

    def read(self, name: bytes, offset: int, length: int) -> bytes:
        """A part of a whole file."""

    def wants(self, peer: NodeId, name: bytes, total: int) -> int | None:
        """How many bytes of an offered file are here (`total`: it is whole); None: not wanted."""

    def add(self, peer: NodeId, name: bytes, offset: int, total: int, raw: bytes) -> None:
        """Keep a part. Called outside any transaction; raises StoreError when it cannot."""


@dataclass(frozen=True, slots=True)
class KeepBlob:
    """A part of a file to keep."""

    peer: NodeId
    name: bytes
    offset: int
    total: int
    raw: bytes


def _pieces(
    blobs: Blobs, name: bytes, *, start: int, stop: int, total: int, frame_bytes: int, budget: int
) -> tuple[list[bytes], int]:
    """BLOB frames of a part of a file, at most `budget` bytes; and where they end in it."""
    frames: list[bytes] = []
    most = max(_PIECE_MIN, min(_PIECE_BYTES, frame_bytes - _ENVELOPE_BYTES))
    while start < stop and budget > _ENVELOPE_BYTES:
        raw = blobs.read(name, start, min(most, stop - start, budget - _ENVELOPE_BYTES))
        if not raw:
            break
        frames.append(Blob(name, start, total, raw).to_frame())
        budget -= len(frames[-1])
        start += len(raw)
    return frames, start


@dataclass(slots=True)
class BlobsAsking:
    """The asking side of one session. Without `blobs` it does nothing."""

    blobs: Blobs | None
    peer: NodeId
    frame_bytes: int
    _can: bool = False
    _offers: dict[bytes, int] = field(default_factory=dict)  # not offered yet: name -> bytes
    _sizes: dict[bytes, int] = field(default_factory=dict)  # offered
    _sending: dict[bytes, int] = field(default_factory=dict)  # wanted above: name -> from there on
    _sent_from: dict[bytes, int] = field(default_factory=dict)
    _sent_whole: set[bytes] = field(default_factory=set)  # to their last byte
    _missing: dict[bytes, int] = field(default_factory=dict)  # not asked for yet: name -> held
    _fetching: dict[bytes, int] = field(default_factory=dict)  # asked for: name -> held
    _came: set[bytes] = field(default_factory=set)  # in this answer
    _left: int = SESSION_BYTES_MAX
    _in_vain: int = 0  # bodies in a row that had no room for any part

    def __post_init__(self) -> None:
        if self.blobs is not None:
            self._offers = dict(self.blobs.offered())
            self._missing = dict(self.blobs.missing())

    @property
    def capabilities(self) -> Capability:
        """For HELLO."""
        return Capability(0) if self.blobs is None else Capability.FILES

    @property
    def more(self) -> bool:
        """Whether another round is needed for files."""
        waits = self._offers or self._sending or self._fetching or self._missing
        return self._can and self._left > _ENVELOPE_BYTES and bool(waits)

    def on_hello(self, capabilities: int) -> None:
        """The server says what it takes."""
        self._can = self.blobs is not None and bool(capabilities & Capability.FILES)
        self._came.clear()

    def frames(self, budget: int) -> list[bytes]:
        """The frames of this round, at most `budget` bytes."""
        if self.blobs is None or not self._can:
            return []
        asking = self._asking(budget)
        if not asking and (self._fetching or self._missing):
            budget = 0  # nothing goes without WANT: what it does not name counts as refused
        frames = self._offering(budget - sum(map(len, asking))) + asking
        budget = min(budget, self._left) - sum(map(len, frames))
        parts = self._parts(budget)
        is_quiet = not parts and bool(self._sending or not frames)
        self._in_vain = self._in_vain + 1 if is_quiet and self.more else 0
        self._left -= sum(map(len, frames)) + sum(map(len, parts))
        if self._in_vain > 1:  # no body has room for any: the next session, perhaps
            self._left = 0
        return [*frames, *parts]

    def _offering(self, budget: int) -> list[bytes]:
        """Offers of as many files as one answer can name and `budget` has room for; not while
        wanted ones are to go.
        """
        frames: list[bytes] = []
        for name, total in [] if self._sending else list(islice(self._offers.items(), WANTS_MAX)):
            frame = Blob(name, 0, total, b"").to_frame()
            budget -= len(frame)
            if budget < 0:
                break
            frames.append(frame)
            self._sizes[name] = self._offers.pop(name)
        return frames

    def _asking(self, budget: int) -> list[bytes]:
        """WANT of as many missing files as it can name, in a body that has room for it."""
        due = dict(islice(self._missing.items(), WANTS_MAX - len(self._fetching)))
        wanted = {**self._fetching, **due}
        parts = (WantedPart(name, held, 2**40 - 1) for name, held in wanted.items())
        frame = Want(tuple(parts)).to_frame()
        if not wanted or len(frame) > budget:
            return []
        self._missing = {name: self._missing[name] for name in self._missing if name not in due}
        self._fetching = wanted
        return [frame]

    def _parts(self, budget: int) -> list[bytes]:
        """Parts of the wanted files: of those with least left first, so that none keeps others
        out; one for which this body has no room waits for the next.
        """
        assert self.blobs is not None
        frames: list[bytes] = []
        for name in sorted(self._sending, key=lambda each: self._sizes[each] - self._sending[each]):
            if budget <= _ENVELOPE_BYTES:
                break
            start, total = self._sending.pop(name), self._sizes[name]
            self._sent_from[name] = start
            made, end = _pieces(
                self.blobs,
                name,
                start=start,
                stop=total,
                total=total,
                frame_bytes=self.frame_bytes,
                budget=budget,
            )
            if end >= total:
                self._sent_whole.add(name)
            frames += made
            budget -= sum(map(len, made))
        return frames

    def on_want(self, want: Want) -> None:
        """From which byte on the server wants the files that were offered."""
        for part in want.parts:
            total = self._sizes.get(part.hash)
            if total is None or self.blobs is None:
                continue
            if part.start >= total:
                self.blobs.held_above(part.hash)
            elif part.start > self._sent_from.get(part.hash, -1):  # no further: it has no room
                self._sending[part.hash] = part.start
            elif part.hash in self._sent_whole:
                self.blobs.sent_in_vain(part.hash)

    def on_blob(self, blob: Blob) -> tuple[KeepBlob, ...]:
        """A part of a file that this side asked for; others are ignored."""
        held = self._fetching.get(blob.hash)
        if held is None or blob.offset != held or not blob.raw:
            return ()
        self._came.add(blob.hash)
        self._fetching[blob.hash] = held + len(blob.raw)
        if held + len(blob.raw) >= blob.total:
            del self._fetching[blob.hash]
        return (KeepBlob(self.peer, blob.hash, blob.offset, blob.total, blob.raw),)

    def close(self, *, asked: bool) -> None:
        """The answer has ended; `asked`: its body had WANT. What did not come is asked later."""
        if asked:
            kept = {name: held for name, held in self._fetching.items() if name in self._came}
            self._fetching = kept


@dataclass(slots=True)
class BlobsAnswering:
    """The answering side of one round. Without `blobs` it does nothing."""

    blobs: Blobs | None
    frame_bytes: int
    _offered: dict[bytes, int] = field(default_factory=dict)
    _wanted: list[WantedPart] = field(default_factory=list)

    @property
    def capabilities(self) -> Capability:
        """For HELLO."""
        return Capability(0) if self.blobs is None else Capability.FILES

    def on_want(self, want: Want) -> None:
        """The asker wants files of this node."""
        self._wanted += want.parts[: WANTS_MAX - len(self._wanted)]

    def on_blob(self, peer: NodeId, blob: Blob) -> tuple[KeepBlob, ...]:
        """An offer, or a part of a file that is wanted."""
        if self.blobs is None or (
            blob.hash not in self._offered and len(self._offered) >= WANTS_MAX
        ):
            return ()
        self._offered[blob.hash] = blob.total
        held = self.blobs.wants(peer, blob.hash, blob.total)
        if held is None or not held <= blob.offset < blob.total or not blob.raw:
            return ()
        return (KeepBlob(peer, blob.hash, blob.offset, blob.total, blob.raw),)

    def frames(self, peer: NodeId, budget: int) -> list[bytes]:
        """What is wanted of the offered files, and the wanted files, at most `budget` bytes."""
        if self.blobs is None:
            return []
        frames: list[bytes] = []
        parts: list[WantedPart] = []
        for name, total in self._offered.items():
            held = self.blobs.wants(peer, name, total)
            if held is not None:
                parts.append(WantedPart(name, held, total))
        if parts:
            frames.append(Want(tuple(parts)).to_frame())
            budget -= len(frames[0])
        sizes = {part: self.blobs.size(peer, part.hash) or 0 for part in self._wanted}
        for part in sorted(sizes, key=lambda each: sizes[each] - each.start):  # the least first
            made, _ = _pieces(
                self.blobs,
                part.hash,
                start=part.start,
                stop=min(part.stop, sizes[part]),
                total=sizes[part],
                frame_bytes=self.frame_bytes,
                budget=budget,
            )
            frames += made
            budget -= sum(map(len, made))
        return frames
