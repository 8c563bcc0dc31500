"""The certificates that the asking side sends: its own when it is not known, and its computers'.

Each goes once a session. Does not know what is offered beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import is_child
from darasa.sync.messages import NODES_MAX, Nodes
from darasa.sync.session_nodes import introduction
from darasa.sync.session_view import Myself, OfferedRun, Other, View
from darasa.sync.signing import Certificate

_NODES_A_FRAME: Final = 100


@dataclass(slots=True)
class Introductions:
    """What the peer was sent in this session. `is_due`: it does not know this node."""

    me: Myself
    other: Other
    view: View
    is_due: bool = False
    _sent: set[NodeId] = field(default_factory=set)
    _has_explained: bool = False

    def introduce(self) -> None:
        """The peer does not know this node: nothing of the body before was kept."""
        self.is_due = True
        self.nothing_went()

    def explains(self) -> bool:
        """Whether the peer, who did not take what went, may have lost whom this node came from:
        once a session.
        """
        is_worth_it = bool(self.me.former) and not self._has_explained
        self._has_explained = self._has_explained or is_worth_it
        return is_worth_it

    def nothing_went(self) -> None:
        """What was to go so far did not."""
        self._sent.clear()

    def know_authors(self, node_ids: Iterable[NodeId]) -> None:
        """The peer has sent the certificates of these nodes: it need not be sent them."""
        self._sent.update(node_ids)

    def own_frames(self) -> list[bytes]:
        """What makes this node known, when it is due: once a session."""
        own = self.me.certificate
        is_copy = own is not None and is_child(own)  # until the server has given it one
        is_due, self.is_due = self.is_due or is_copy, False
        new = [each for each in introduction(self.me) if each.node_id not in self._sent]
        if not is_due or not new:
            return []
        self._sent.update(each.node_id for each in new)
        return nodes_frames(new)

    def due_with(self, runs: Iterable[OfferedRun], *, after: int) -> list[Certificate]:
        """The certificates of authors whose first events go with these runs."""
        if self.me.role is Role.COMPUTER:
            return []
        log_ids = dict.fromkeys(run.log_id for run in runs)
        found = self.view.relay.certificates(
            self.other.school_id, log_ids.keys(), issuer=self.me.key.node_id, after=after
        )
        return [each for each in found if each.node_id not in self._sent]


def nodes_frames(certificates: Sequence[Certificate]) -> list[bytes]:
    """NODES frames of certificates; none for none."""
    assert _NODES_A_FRAME <= NODES_MAX
    return [
        Nodes(
            tuple(each.to_payload() for each in certificates[at : at + _NODES_A_FRAME])
        ).to_frame()
        for at in range(0, len(certificates), _NODES_A_FRAME)
    ]
