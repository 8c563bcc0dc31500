"""What the simulator asks of the layer above the engine: codec 1, and the events it is made for.

The engine knows neither items nor attempts, so `darasa verify-sync` is given who does; without,
all worlds speak codec 0. Owns the shape of that alone.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, Protocol

from msgspec import Struct

from darasa.sync.event_codec import EventCodec
from darasa.sync.store import Store

Listed = Callable[[bytes], bool]
"""Whether a learner is in the class list of a computer, which its school gave it."""


class Written(Struct, frozen=True):
    """What a program writes next: an event's kind, version and body, so long after the last."""

    kind: int
    version: int
    body: tuple[Any, ...]
    after_ms: int


class Desk(Protocol):
    """A program in front of learners, from its start to its end."""

    def next_event(self, learner_id: bytes, place: tuple[bytes, int], random: Random) -> Written:
        """What this learner's next event is, at that log and number."""


class Schoolwork(Protocol):
    """The layer above. `editions`: how many versions of the content pack there are."""

    editions: int

    def desk(self) -> Desk:
        """A program that has just been started."""

    def codec(
        self, store: Store, *, editions: Callable[[], Iterable[int]], listed: Listed
    ) -> EventCodec:
        """Codec 1 of one process of a node that has these versions of the pack."""
