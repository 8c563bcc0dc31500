"""The engine's reads of whole schools on the SQLite store (`session_relay_view.RelayView`)."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager

from darasa.sync import chains, contacts, heads, levels, reads, rows, unsigned
from darasa.sync.frontier import SignedHeads, Tip
from darasa.sync.ids import LogId, NodeId, SchoolId
from darasa.sync.messages import WireTip
from darasa.sync.session_view import OfferedRun
from darasa.sync.signing import Certificate

Reading = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""A connection that sees one state of the store."""


class StoreRelay:
    """Reads through the connections of a `StoreView`."""

    def __init__(self, reading: Reading) -> None:
        self._read = reading

    def tips(self, school_id: SchoolId, *, authors: Collection[NodeId] | None) -> Sequence[WireTip]:
        """The tips of all logs of a school, or of some authors'. Cost: a scan of the tips."""
        with self._read() as connection:
            found = [
                head
                for author in (authors if authors is not None else (None,))
                for head in reads.tips(connection, school_id, author=author)
            ]
        return [WireTip(head.log_id, head.seq, head.tip.chain8) for head in found]

    def holds(self, school_id: SchoolId, tip: WireTip) -> bool:
        """Whether the believed event of a tip is here."""
        with self._read() as connection:
            log = rows.find_log(connection, school_id, tip.log_id)
            return log is not None and bool(
                chains.held_heads(connection, log, (Tip(log.log_id, tip.seq, tip.chain8),))
            )

    def unsigned_tips(self, school_id: SchoolId, peer: NodeId) -> Sequence[WireTip]:
        """The last provisional event of each log of which a peer brought some."""
        with self._read() as connection:
            found = unsigned.unsigned_tips(connection, school_id, peer)
        return [WireTip(tip.log_id, tip.seq, tip.chain8) for tip in found]

    def unsigned_logs(self, school_id: SchoolId, peer: NodeId) -> Sequence[LogId]:
        """The logs of which a peer brought events without a head for all."""
        with self._read() as connection:
            return unsigned.unsigned_logs(connection, school_id, peer)

    def has_provisional(self, school_id: SchoolId, log_id: LogId) -> bool:
        """Whether a log has events that no head covers."""
        with self._read() as connection:
            return unsigned.last_provisional(connection, school_id, log_id) is not None

    def told_upto(self, school_id: SchoolId, peer: NodeId, mark: bytes) -> int | None:
        """The transaction up to which a peer that has this mark was told all; None: unknown."""
        with self._read() as connection:
            return contacts.told_upto(connection, school_id, peer, mark)

    def risen(
        self, school_id: SchoolId, author: NodeId, *, after: int
    ) -> Sequence[tuple[int, Sequence[WireTip]]]:
        """The levels of an author's logs that rose after a transaction."""
        with self._read() as connection:
            found = levels.risen(connection, school_id, author, after=after)
        return [
            (level, [WireTip(tip.log_id, tip.seq, tip.chain8) for tip in tips])
            for level, tips in found
        ]

    def changed_logs(self, school_id: SchoolId, *, after: int) -> Sequence[LogId]:
        """The logs with an event believed after a transaction, by log id."""
        with self._read() as connection:
            changed = reads.logs_after(connection, school_id, after_ordinal=after)
        return sorted(log.log_id for log in changed)

    def runs(
        self, school_id: SchoolId, log_id: LogId, *, known: Sequence[WireTip], after: int
    ) -> Iterator[OfferedRun]:
        """The runs of a log that a peer lacks; read as they are taken."""
        tips = [Tip(LogId(tip.log_id), tip.seq, tip.chain8) for tip in known]
        with self._read() as connection:
            for run in reads.runs(connection, school_id, log_id, known=tips, after_ordinal=after):
                yield OfferedRun(
                    run.prev_chain,
                    run.first_seq,
                    run.canonicals,
                    run.head,
                    run.log.genesis,
                    run.erased_leaves,
                )

    def statements(self, school_id: SchoolId, log_ids: Collection[LogId]) -> Sequence[SignedHeads]:
        """The signed heads kept for these logs."""
        with self._read() as connection:
            return heads.statements_of(connection, school_id, log_ids)

    def certificates(
        self, school_id: SchoolId, log_ids: Collection[LogId], *, issuer: NodeId, after: int
    ) -> Sequence[Certificate]:
        """Certificates by `issuer` for the authors of logs who are new since a transaction."""
        with self._read() as connection:
            logs = (rows.find_log(connection, school_id, log_id) for log_id in log_ids)
            authors = dict.fromkeys(log.node_id for log in logs if log is not None)
            found = [
                certificate
                for author in authors
                if author != issuer and not reads.wrote_before(connection, author, after)
                for certificate in contacts.certificates_of(connection, author)
            ]
        return [each for each in found if each.issuer == issuer]
