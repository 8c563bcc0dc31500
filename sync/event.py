"""Events, the genesis of a log and the hash chain, in canonical bytes (sync.md sections 3 and 4).

Owns: the header of an event, the limits on it, and every hash of a log. Does not know what a body
means: unknown kinds and versions parse, and are kept bit for bit.
"""

from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from darasa.sync.codec import (
    ARRAY_MAX,
    CodecError,
    pack,
    pack_struct,
    unpack,
    unpack_canonical,
    unpack_kept,
)
from darasa.sync.errors import EventError
from darasa.sync.ids import (
    ID_BYTES,
    LOG_ID_BYTES,
    SHORT_BYTES,
    Chain,
    LogId,
    NodeId,
    SchoolId,
    hash16,
)

SEQ_MAX: Final = (1 << 40) - 1
LAMPORT_MAX: Final = (1 << 48) - 1
KIND_MAX: Final = (1 << 16) - 1
TIME_MS_LIMIT: Final = 1 << 53  # nothing is refused for its date; this only bounds the number
TIME_STEP_MS: Final = 100  # how finely times are written (docs/decisions/0009)
YEAR_MS: Final = 366 * 24 * 3_600_000
EVENT_BYTES_MAX: Final = 48 * 1024  # one event and its log's genesis always fit a 64 KiB frame
GENESIS_BYTES_MAX: Final = 256
GENESIS_FORMAT: Final = 1
_APP_VERSION_MAX: Final = 64
_HEADER_LENGTH: Final = 5
_GENESIS_LENGTH: Final = 5

__all__ = [
    "EVENT_BYTES_MAX",
    "LAMPORT_MAX",
    "SEQ_MAX",
    "YEAR_MS",
    "Event",
    "EventCopy",
    "EventError",
    "Genesis",
    "StoredEvent",
    "bytes_of_decoded",
    "canonical_bytes",
    "chain_after",
    "chain_of_genesis",
    "chain_with",
    "event_kept",
    "genesis_bytes",
    "happened_ms",
    "header_of",
    "leaf_of",
    "log_id_of",
    "parse_event",
    "parse_genesis",
]


class Event(Struct, frozen=True, gc=False):
    """One immutable fact: `[kind, version, learner_id|nil, lamport, t_ms, ...body]`.

    kind and version are 0 ... 65,535; lamport is below 2^48; t_ms is milliseconds since the
    genesis of the event's log; body holds what `codec.pack` takes, arrays as tuples.
    """

    kind: int
    version: int
    learner_id: bytes | None
    lamport: int
    t_ms: int
    body: tuple[Any, ...]


class Genesis(Struct, frozen=True):
    """The start of a log, seq 0: `[format, node_id, nonce8, wall_ms, app_version]`."""

    format: int
    node_id: NodeId
    nonce: bytes
    wall_ms: int
    app_version: str


class StoredEvent(Struct, frozen=True, gc=False):
    """An event with its place in a log and what the store knows of it.

    `happened_ms` is milliseconds since 1970 by the author's clock, corrected where a clock event
    says by how much; see `happened_ms()`.
    """

    school_id: SchoolId
    log_id: LogId
    seq: int
    chain: Chain
    canonical: bytes
    event: Event
    author: NodeId
    happened_ms: int

    @property
    def order_key(self) -> tuple[int, bytes, int, bytes]:
        """The one order of events: (lamport, log_id, seq, chain)."""
        return (self.event.lamport, self.log_id, self.seq, self.chain)


class EventCopy(Struct, frozen=True, array_like=True):
    """An event as the feed of a learner's scope carries it, apart from its log (sync.md section 7).

    `genesis` is the raw genesis of its log: it gives the author and the time.
    """

    school_id: SchoolId
    log_id: LogId
    seq: int
    chain: Chain
    canonical: bytes
    genesis: bytes


def canonical_bytes(event: Event) -> bytes:
    """The bytes that are hashed, stored and sent. Raises EventError beyond a limit."""
    header = (event.kind, event.version, event.learner_id, event.lamport, event.t_ms)
    _check_header(*header)
    try:
        raw = pack((*header, *event.body))
    except CodecError as error:
        raise EventError(str(error)) from error
    return _readable(raw)


def bytes_of_decoded(event: Event) -> bytes:
    """`canonical_bytes`, faster, of an event whose body a decoder made of the format's own types.

    Raises EventError beyond a limit.
    """
    header = (event.kind, event.version, event.learner_id, event.lamport, event.t_ms)
    _check_header(*header)
    try:
        raw = pack_struct((*header, *event.body))
    except CodecError as error:
        raise EventError(str(error)) from error
    return _readable(raw)


def _readable(raw: bytes) -> bytes:
    """Raises EventError for bytes that no receiver would read: written, they would stop their log
    for ever.
    """
    if len(raw) > EVENT_BYTES_MAX:
        raise EventError(f"event of {len(raw)} bytes is over the limit of {EVENT_BYTES_MAX}")
    if len(raw) > ARRAY_MAX:  # fewer bytes hold neither a text nor an array that is too long
        try:
            unpack(raw)
        except CodecError as error:
            raise EventError(f"event: {error}") from error
    return raw


def parse_event(raw: bytes) -> Event:
    """The event of canonical bytes; `canonical_bytes` of it gives `raw` back.

    Raises EventError for anything else: not canonical, beyond a limit, a header of wrong types.
    """
    try:
        value = unpack_canonical(raw, limit=EVENT_BYTES_MAX)
    except CodecError as error:
        raise EventError(f"event: {error}") from error
    if type(value) is not tuple or len(value) < _HEADER_LENGTH:
        raise EventError("event: not an array with a header")
    kind, version, learner_id, lamport, t_ms = value[:_HEADER_LENGTH]
    _check_header(kind, version, learner_id, lamport, t_ms)
    return Event(kind, version, learner_id, lamport, t_ms, value[_HEADER_LENGTH:])


def event_kept(raw: bytes) -> Event:
    """The event of stored canonical bytes, which were parsed when they came: faster than that.

    Raises EventError for bytes that are no event any more.
    """
    try:
        kind, version, learner_id, lamport, t_ms, *body = unpack_kept(raw)
    except (CodecError, TypeError, ValueError) as error:
        raise EventError(f"event: {error}") from error
    _check_header(kind, version, learner_id, lamport, t_ms)
    return Event(kind, version, learner_id, lamport, t_ms, tuple(body))


def header_of(raw: bytes) -> tuple[int, bytes | None, int]:
    """(kind, learner_id, lamport) of stored canonical bytes, which were parsed when they came.

    Raises EventError for bytes that are no event any more.
    """
    try:
        kind, _, learner_id, lamport, _ = unpack(raw, limit=EVENT_BYTES_MAX)[:_HEADER_LENGTH]
    except (CodecError, TypeError, ValueError) as error:
        raise EventError(f"event: {error}") from error
    _check_header(kind, 0, learner_id, lamport, 0)
    return kind, learner_id, lamport


def _check_header(
    kind: object, version: object, learner: object, lamport: object, t_ms: object
) -> None:
    """Raise EventError unless the five elements have their types and bounds."""
    if (
        type(kind) is type(version) is type(lamport) is type(t_ms) is int
        and 0 <= kind <= KIND_MAX
        and 0 <= version <= KIND_MAX
        and (learner is None or (type(learner) is bytes and len(learner) == ID_BYTES))
        and 0 <= lamport <= LAMPORT_MAX
        and -TIME_MS_LIMIT <= t_ms <= TIME_MS_LIMIT
    ):
        return  # every event that is read comes by here; what follows only says what is wrong
    _check_int("kind", kind, 0, KIND_MAX)
    _check_int("version", version, 0, KIND_MAX)
    if learner is not None and (type(learner) is not bytes or len(learner) != ID_BYTES):
        raise EventError("event: learner_id is not 16 bytes")
    _check_int("lamport", lamport, 0, LAMPORT_MAX)
    _check_int("t_ms", t_ms, -TIME_MS_LIMIT, TIME_MS_LIMIT)


def _check_int(name: str, value: object, low: int, high: int) -> None:
    """Raise EventError unless `value` is an integer (a bool is none) in low ... high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise EventError(f"{name} is not an integer in {low} ... {high}")


def genesis_bytes(genesis: Genesis) -> bytes:
    """The canonical bytes of a genesis, that its log is named after."""
    raw = pack(
        (genesis.format, genesis.node_id, genesis.nonce, genesis.wall_ms, genesis.app_version)
    )
    parse_genesis(raw)
    return raw


def parse_genesis(raw: bytes) -> Genesis:
    """The genesis of canonical bytes.

    Elements after the fifth belong to later formats: ignored here, kept in the raw bytes. Raises
    EventError for anything that is not a genesis.
    """
    try:
        value = unpack_canonical(raw, limit=GENESIS_BYTES_MAX)
    except CodecError as error:
        raise EventError(f"genesis: {error}") from error
    if type(value) is not tuple or len(value) < _GENESIS_LENGTH:
        raise EventError("genesis: not an array of five")
    form, node_id, nonce, wall_ms, app_version = value[:_GENESIS_LENGTH]
    _check_int("genesis format", form, GENESIS_FORMAT, KIND_MAX)
    if type(node_id) is not bytes or len(node_id) != ID_BYTES:
        raise EventError("genesis: node_id is not 16 bytes")
    if type(nonce) is not bytes or len(nonce) != SHORT_BYTES:
        raise EventError("genesis: nonce is not 8 bytes")
    _check_int("genesis wall_ms", wall_ms, -TIME_MS_LIMIT, TIME_MS_LIMIT)
    if type(app_version) is not str or len(app_version) > _APP_VERSION_MAX:
        raise EventError("genesis: app_version is not a short string")
    return Genesis(form, NodeId(node_id), nonce, wall_ms, app_version)


def chain_of_genesis(raw: bytes) -> Chain:
    """chain_0 of a log: BLAKE2b-128 of its genesis bytes."""
    return Chain(hash16(raw))


def log_id_of(genesis_raw: bytes) -> LogId:
    """The id of the log that starts with this genesis: the first 8 bytes of chain_0."""
    return LogId(chain_of_genesis(genesis_raw)[:LOG_ID_BYTES])


def leaf_of(canonical: bytes) -> bytes:
    """The leaf of an event: BLAKE2b-128 of its canonical bytes."""
    return hash16(canonical)


def chain_after(prev: bytes, leaf: bytes) -> Chain:
    """The chain one event on: BLAKE2b-128(chain before, leaf)."""
    return Chain(hash16(prev + leaf))


def chain_with(prev: bytes, canonical: bytes) -> Chain:
    """`chain_after(prev, leaf_of(canonical))` in one step, for the path of every arriving event."""
    leaf = blake2b(canonical, digest_size=16).digest()
    return Chain(blake2b(prev + leaf, digest_size=16).digest())


def happened_ms(*, wall_ms: int, offset_ms: int = 0, t_ms: int) -> int:
    """When an event happened: its genesis's wall time, the clock offset, and t_ms since.

    t_ms is clamped to 0 ... 1 year by itself and not against the event before it, so that whoever
    holds a single event (a copy from the feed) computes the same time.
    """
    if t_ms < 0:  # without a call: this is done for each event that arrives
        return wall_ms + offset_ms
    return wall_ms + offset_ms + (t_ms if t_ms <= YEAR_MS else YEAR_MS)
