"""Deadlines for slow headers and bodies, and a cap of connections an address (threat-model.md T6).

uvicorn alone keeps half-sent requests for ever. This protocol class closes a connection whose
request line and headers are not complete in time, or whose body stands still. A body that waits
because *we* do not read it is not at fault. Answers are bounded by the routes.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from darasa.server.config import Limits
from darasa.server.strangers import Neighbours

STRANGERS: Final = "strangers"
"""In the count of connections: those of all addresses that are no neighbours."""


class GuardedProtocol(H11Protocol):
    """One connection with deadlines. Use `guarded(limits)`: uvicorn fixes the constructor."""

    limits: ClassVar[Limits] = Limits()
    addresses: ClassVar[Counter[str]] = Counter()
    neighbours: ClassVar[Neighbours | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._waits_for: str | None = None
        self._body_bytes = 0
        self._address = ""
        self._is_stranger = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the address; refuse it when it has too many connections, or strangers together."""
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.addresses[self._address] += 1
        self._is_stranger = self.neighbours is not None and not self.neighbours.has(self._address)
        self.addresses[STRANGERS] += self._is_stranger
        is_crowded = self.addresses[self._address] > self.limits.connections_per_address_max
        if is_crowded or (
            self._is_stranger and self.addresses[STRANGERS] > self.limits.strangers_max
        ):
            transport.abort()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._cancel()
        self.addresses[self._address] -= 1
        self.addresses[STRANGERS] -= self._is_stranger
        if self.addresses[self._address] <= 0:
            del self.addresses[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a deadline that is running goes on running."""
        super().data_received(data)
        if self._waits_for == "body":
            self._body_bytes += len(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The next request on this connection has deadlines of its own."""
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        waits_for = self._stage()
        if waits_for == self._waits_for:
            return
        self._cancel()
        self._waits_for = waits_for
        if waits_for == "headers":
            self._deadline = self.loop.call_later(self.limits.header_within_s, self._drop)
        elif waits_for == "body":
            self._body_bytes = 0
            self._deadline = self.loop.call_later(self.limits.body_window_s, self._check_body)

    def _stage(self) -> str | None:
        """What the other side owes us now: "headers", "body" or None."""
        if self.transport.is_closing():
            return None
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        if self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None:
            return "headers"
        return None

    def _check_body(self) -> None:
        owed = self.limits.body_window_s * self.limits.body_bytes_per_s_min
        if self._body_bytes < owed and not self.flow.read_paused:
            self._drop()
            return
        self._body_bytes = 0
        self._deadline = self.loop.call_later(self.limits.body_window_s, self._check_body)

    def _drop(self) -> None:
        self.transport.abort()

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def guarded(limits: Limits, neighbours: Neighbours | None = None) -> type[GuardedProtocol]:
    """The protocol class for `uvicorn.Config(http=…)` with these limits and a count of its own.

    With `neighbours`, addresses at which nobody of the school was share half of the connections.
    """
    own = {"limits": limits, "addresses": Counter(), "neighbours": neighbours}
    return type("Guarded", (GuardedProtocol,), own)
