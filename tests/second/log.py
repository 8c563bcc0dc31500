"""Events and their chains, written from sync/PROTOCOL.md sections 1, 5 and 18 alone."""

from dataclasses import dataclass, field
from typing import Any

from .wire import (
    EVENT_BYTES_MAX,
    GENESIS_BYTES_MAX,
    ID,
    SHORT,
    TIME_MS,
    WireError,
    fields,
    hashed,
    maybe,
    need,
    number,
    pack,
    text,
    unpack,
)

MERGE = 7


def read_event(canonical: bytes) -> list[Any]:
    """`[kind, version, learner_id|nil, lamport, t_ms, …body]`, or WireError."""
    need(len(canonical) <= EVENT_BYTES_MAX, "an event too large")
    event = unpack(canonical)
    need(isinstance(event, list) and len(event) >= 5, "not an event")
    short = number(0, 65_535)
    fields(short, short, maybe(ID), number(0, 2**48 - 1), TIME_MS)(event)
    return list(event)


def read_genesis(raw: bytes) -> list[Any]:
    """`[format, node_id, nonce8, wall_ms, app_version]`, or WireError."""
    need(len(raw) <= GENESIS_BYTES_MAX, "a genesis too large")
    shape = fields(number(1, 65_535), ID, SHORT, TIME_MS, text(64))
    genesis: list[Any] = shape(unpack(raw))
    return genesis


def leaf_of(canonical: bytes) -> bytes:
    """The leaf of an event."""
    return hashed(canonical, 16)


def next_chain(before: bytes, leaf: bytes) -> bytes:
    """`chain_i` from `chain_{i-1}` and `leaf_i`."""
    return hashed(before + leaf, 16)


@dataclass
class Entry:
    """One event of a log; `canonical` is None once it is erased. `ordinal`: its transaction's."""

    leaf: bytes
    chain: bytes
    ordinal: int
    canonical: bytes | None


@dataclass
class Piece:
    """Consecutive events of a log that can go in one run; `size`: about its bytes in a frame."""

    log: "Log"
    first_seq: int
    entries: list[Entry] = field(default_factory=list)
    size: int = GENESIS_BYTES_MAX + 48

    def add(self, entry: Entry) -> None:
        """Put the next event of the log at the end."""
        self.entries.append(entry)
        self.size += _size(entry)

    def has_room(self, entry: Entry, bytes_max: int) -> bool:
        """Whether the next event of the log may go in this run, too."""
        return self.is_erased == (entry.canonical is None) and self.size + _size(entry) <= bytes_max

    @property
    def last_seq(self) -> int:
        """The seq of its last event."""
        return self.first_seq + len(self.entries) - 1

    @property
    def is_erased(self) -> bool:
        """Whether it goes as leaves."""
        return self.entries[0].canonical is None

    def described(self) -> tuple[bytes, bytes, int, bytes | None]:
        """Log id, chain8 before it, first seq, and the genesis when it begins the log."""
        genesis = self.log.genesis if self.first_seq == 1 else None
        return self.log.log_id, self.log.chain(self.first_seq - 1)[:8], self.first_seq, genesis


def _size(entry: Entry) -> int:
    return 20 if entry.canonical is None else len(entry.canonical)


@dataclass
class Log:
    """What one run of a program wrote."""

    genesis: bytes
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        read_genesis(self.genesis)
        self.chain_0 = hashed(self.genesis, 16)
        self.log_id = self.chain_0[:8]

    def append(self, event: list[Any], ordinal: int) -> None:
        """Put one event at the end."""
        canonical = pack(event)
        read_event(canonical)
        leaf = leaf_of(canonical)
        self.entries.append(Entry(leaf, next_chain(self.chain(), leaf), ordinal, canonical))

    def chain(self, seq: int | None = None) -> bytes:
        """The chain up to `seq`, or to the end."""
        end = len(self.entries) if seq is None else seq
        return self.chain_0 if end == 0 else self.entries[end - 1].chain

    def tip(self, seq: int) -> list[Any]:
        """`[log_id, seq, chain8]`."""
        return [self.log_id, seq, self.chain(seq)[:8]]

    def has(self, seq: int, chain8: bytes) -> bool:
        """Whether a tip lies on this chain."""
        return 0 < seq <= len(self.entries) and self.chain(seq)[:8] == chain8

    def until(self, ordinal: int) -> int:
        """The seq of the last event that was written by transaction `ordinal`."""
        return sum(entry.ordinal <= ordinal for entry in self.entries)

    def erase(self, learner_hash: bytes) -> None:
        """Let the bytes of events that name a learner go; their leaves stay."""
        for entry in self.entries:
            if entry.canonical is not None and names(entry.canonical, learner_hash):
                entry.canonical = None

    def pieces(self, after: int, end: int, bytes_max: int) -> list["Piece"]:
        """Events after `after` up to `end`, in pieces of one form within `bytes_max`."""
        found: list[Piece] = []
        for seq in range(after + 1, end + 1):
            entry = self.entries[seq - 1]
            last = found[-1] if found else None
            if last is None or not last.has_room(entry, bytes_max):
                last = Piece(self, seq)
                found.append(last)
            last.add(entry)
        return found


def names(canonical: bytes, learner_hash: bytes) -> bool:
    try:
        event = read_event(canonical)
    except WireError:
        return False
    named = [event[2], *(event[5:6] if event[0] == MERGE else [])]
    return any(isinstance(one, bytes) and hashed(one, 16) == learner_hash for one in named)
