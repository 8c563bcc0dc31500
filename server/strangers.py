"""What an address may ask of a server before it has proved that it is one of its nodes.

Owns: three small books, each bounded. `Budgets`: how often strangers at an address are looked at.
`Neighbours`: addresses at which a node or a person of this school was lately; strangers elsewhere
share half of the connections, so that these always have the other half. `KnownNodes`: the keys of
enrolled nodes, by which a greeting is told from a stranger's before anything else is done for it.
Nobody is shut out: a stranger is told when to come again, and who proves a node is never counted.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

from darasa.sync.clock import Clock
from darasa.sync.errors import RemoteProtocolError, StoreError
from darasa.sync.frames import FRAME_BYTES_MAX, FRAME_OVERHEAD, FrameReader, FrameType
from darasa.sync.ids import NodeId
from darasa.sync.messages import Hello
from darasa.sync.session_hello import is_signed_hello

ADDRESSES_MAX: Final = 1_024
"""Kept in each book; the one that was not heard for longest is forgotten first."""
BURST: Final = 20
"""Computers that were copied, or that this server forgot, come as strangers: a lab of them."""
EACH_MS: Final = 3_000
"""So often one more stranger of an address is looked at, and of all addresses ten."""
ALL_FACTOR: Final = 10
NEIGHBOUR_FOR_MS: Final = 24 * 3_600_000
KEYS_FRESH_MS: Final = 60_000
"""A node that was removed is a stranger after so long at the latest."""
_KEYS_AGAIN_MS: Final = 1_000
_HEAD_BYTES: Final = 6


def place_of(host: str) -> str:
    """What counts as one address: a whole /64 of IPv6, since one machine may take any of it."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Address(int(address) >> 64 << 64))
    return host


class Budgets:
    """Buckets of `burst` tries that fill by one each `each_ms`: one an address, one for all."""

    def __init__(self, clock: Clock, *, burst: int = BURST, each_ms: int = EACH_MS) -> None:
        self._clock = clock
        self._burst = burst
        self._each_ms = each_ms
        self._free_at: OrderedDict[str, int] = OrderedDict()  # when its bucket is full again
        self._all_free_at = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._free_at)

    def take(self, host: str, *, is_neighbour: bool = False) -> int:
        """Take one try of an address: 0 when there was one, else seconds until the next.

        A neighbour's bucket is its own: strangers at a thousand other addresses do not empty it.
        """
        now, place = self._clock.elapsed_ms(), place_of(host)
        with self._lock:
            free_at = max(now, self._free_at.pop(place, now))
            all_at = max(now, self._all_free_at)
            over_ms = free_at + self._each_ms - now - self._burst * self._each_ms
            if not is_neighbour:
                step_ms = self._each_ms // ALL_FACTOR
                over_ms = max(over_ms, all_at + step_ms - now - self._burst * self._each_ms)
            if over_ms <= 0:  # a refusal costs nothing: who goes on asking comes in all the same
                free_at += self._each_ms
                self._all_free_at = all_at if is_neighbour else all_at + step_ms
            while len(self._free_at) >= ADDRESSES_MAX:
                self._free_at.popitem(last=False)
            self._free_at[place] = free_at
        return max(0, -(-over_ms // 1_000))


class Neighbours:
    """Addresses at which somebody of this school was lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def note(self, host: str) -> None:
        """A node proved itself from here, or a person who is signed in asked."""
        place = place_of(host)
        with self._lock:
            self._seen.pop(place, None)
            while len(self._seen) >= ADDRESSES_MAX:
                self._seen.popitem(last=False)
            self._seen[place] = self._clock.elapsed_ms()

    def has(self, host: str) -> bool:
        """Whether connections from here are kept a place; this machine's own always are."""
        place = place_of(host)
        try:
            if ip_address(place).is_loopback:
                return True
        except ValueError:
            return False
        seen_ms = self._seen.get(place)
        return seen_ms is not None and self._clock.elapsed_ms() - seen_ms < NEIGHBOUR_FOR_MS


class KnownNodes:
    """The keys of the nodes that are served. `read` gives them all; it may take a moment."""

    def __init__(
        self,
        clock: Clock,
        server_id: NodeId,
        read: Callable[[], Mapping[NodeId, tuple[bytes, ...]]],
    ) -> None:
        self._clock = clock
        self._server_id = server_id
        self._read = read
        self._keys: Mapping[NodeId, tuple[bytes, ...]] = {}
        self._read_at: int | None = None

    def must_read(self, hello: Hello | None) -> bool:
        """Whether `refresh` is due before this greeting is judged: at most once a second."""
        now, read_at = self._clock.elapsed_ms(), self._read_at
        if read_at is None or now - read_at >= KEYS_FRESH_MS:
            return True
        is_new = hello is not None and hello.node_id not in self._keys
        return is_new and now - read_at >= _KEYS_AGAIN_MS

    def refresh(self) -> None:
        """Read who is served now; while the store cannot be read, those from before count."""
        with suppress(StoreError):
            self._keys = self._read()
        self._read_at = self._clock.elapsed_ms()

    def forget(self) -> None:
        """A node has joined: who is served is read anew."""
        self._read_at = None

    def greets(self, hello: Hello | None) -> bool:
        """Whether one of them signed this greeting, for this server."""
        if hello is None:
            return False
        return any(
            is_signed_hello(hello, key, receiver=self._server_id, answers_to=b"")
            for key in self._keys.get(NodeId(hello.node_id), ())
        )


def first_greeting(start: bytes | bytearray) -> tuple[Hello | None, bool]:
    """The greeting that a body begins with, and whether there is no more to wait for."""
    if len(start) < _HEAD_BYTES:
        return None, False
    length = int.from_bytes(start[:4], "big") + FRAME_OVERHEAD
    if start[4] != FrameType.HELLO or length > FRAME_BYTES_MAX:
        return None, True
    if len(start) < length:
        return None, False
    try:
        (frame,) = FrameReader().feed(bytes(start[:length]))
        return Hello.parse(frame.payload), True
    except RemoteProtocolError:
        return None, True
