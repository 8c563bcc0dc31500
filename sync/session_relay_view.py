"""What the engine reads of a whole school's logs: to compare them, and to give them back.

The part of `session_view.View` that speaks of logs whoever wrote or brought them; a hub holds those
of many schools. Only believed events are meant: what is unsigned is told to nobody (I14).
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from darasa.sync.frontier import SignedHeads
from darasa.sync.ids import LogId, NodeId, SchoolId
from darasa.sync.messages import WireTip
from darasa.sync.session_view import OfferedRun
from darasa.sync.signing import Certificate


class RelayView(Protocol):
    """Reads of a school's logs."""

    def tips(self, school_id: SchoolId, *, authors: Collection[NodeId] | None) -> Sequence[WireTip]:
        """The tips of all logs of a school, or of those that some of its nodes wrote."""

    def holds(self, school_id: SchoolId, tip: WireTip) -> bool:
        """Whether the event of a tip is here."""

    def unsigned_tips(self, school_id: SchoolId, peer: NodeId) -> Sequence[WireTip]:
        """Where the provisional events end that a peer brought, of each log that has any."""

    def unsigned_logs(self, school_id: SchoolId, peer: NodeId) -> Sequence[LogId]:
        """The logs of which a peer brought events without a head for all."""

    def has_provisional(self, school_id: SchoolId, log_id: LogId) -> bool:
        """Whether a log has events that no head covers."""

    def told_upto(self, school_id: SchoolId, peer: NodeId, mark: bytes) -> int | None:
        """The transaction up to which a peer that noted this mark was told of all that is here for
        it; None: this store did not write the mark.
        """

    def risen(
        self, school_id: SchoolId, author: NodeId, *, after: int
    ) -> Sequence[tuple[int, Sequence[WireTip]]]:
        """(level, places) up to which more places hold an author's logs since a transaction."""

    def changed_logs(self, school_id: SchoolId, *, after: int) -> Sequence[LogId]:
        """The logs with an event later than that transaction, by log id."""

    def runs(
        self, school_id: SchoolId, log_id: LogId, *, known: Sequence[WireTip], after: int
    ) -> Iterator[OfferedRun]:
        """What a peer lacks of a log that has what is at or before `known` and what was here up to
        a transaction.
        """

    def statements(self, school_id: SchoolId, log_ids: Collection[LogId]) -> Sequence[SignedHeads]:
        """The signed heads that speak of any of these logs, each statement once."""

    def certificates(
        self, school_id: SchoolId, log_ids: Collection[LogId], *, issuer: NodeId, after: int
    ) -> Sequence[Certificate]:
        """The certificates that `issuer` gave to the authors of logs who had no event here up to
        that transaction.
        """
