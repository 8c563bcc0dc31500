"""What the layer above gives to an exchange: how it hears of facts, and what a peer may have.

The methods that take a `Tx` run inside the transaction that stores what they are told of: derived
tables and the log move together or not at all. Raising rolls that frame back and ends the session.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from darasa.sync.messages import PresenceRow

if TYPE_CHECKING:
    from darasa.sync.event import StoredEvent
    from darasa.sync.ids import NodeId
    from darasa.sync.store import Tx


class Hooks(Protocol):
    """Given to the driver and to the responder by the layer above."""

    def on_events(self, tx: "Tx", events: "Sequence[StoredEvent]") -> None:
        """Newly believed events, received or copied, each told once."""

    def on_records(
        self,
        tx: "Tx",
        scope: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        """Records of a scope that changed; value None is a deletion.

        `from_start`: these are *all* records of the scope, anything else known of it is gone. A
        long list that comes in several frames is told once, when it is complete. For a learner's
        scope (`b"l" + learner_id`) the events come by `on_events`; this is called with no records
        and `from_start` set when her list began anew: copies may be gone, fold her anew.
        """

    def scopes_of(self, node_id: "NodeId") -> Sequence[bytes]:
        """Authority: the scopes that this peer may have."""

    def refusal_of(self, node_id: "NodeId") -> str:
        """Authority: the sentence for a node that is not served any more; empty for all others."""

    def on_presence(self, node_id: "NodeId", rows: Sequence[PresenceRow]) -> None:
        """Who sits at that computer now. Outside any transaction; must not write."""

    def wanted_scopes(self) -> Sequence[bytes]:
        """Receiver: the scopes to ask for. One no longer wanted is deleted here by its owner."""


class NoHooks:
    """A node that folds nothing: keeps and relays (a hub's plain store, tools, tests)."""

    def on_events(self, tx: "Tx", events: "Sequence[StoredEvent]") -> None:
        """Nothing is derived."""

    def on_records(
        self,
        tx: "Tx",
        scope: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        """Nothing is derived."""

    def scopes_of(self, node_id: "NodeId") -> Sequence[bytes]:
        """No feed."""
        return ()

    def refusal_of(self, node_id: "NodeId") -> str:
        """Nobody is refused."""
        return ""

    def on_presence(self, node_id: "NodeId", rows: Sequence[PresenceRow]) -> None:
        """No live page."""

    def wanted_scopes(self) -> Sequence[bytes]:
        """No feed."""
        return ()
