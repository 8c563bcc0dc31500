"""The engine on the SQLite store: its `View`, and the writes of a step in one transaction.

Reads are the table modules'; this only puts them in the engine's words. Each read sees the store as
it is then; inside `snapshot()` all see one state.
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec

from darasa.sync import (
    chains,
    contacts,
    erased_rows,
    erasing,
    feed,
    levels,
    reads,
    rows,
    stick,
)
from darasa.sync.clock_feed import feed_clocks
from darasa.sync.codec import convert
from darasa.sync.erased import ErasedRecord
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.event import EventCopy, StoredEvent
from darasa.sync.feed import LEARNER_SCOPE, Cursor
from darasa.sync.frontier import Head, Tip
from darasa.sync.held_back import FROZEN, REVOKED, is_held_back
from darasa.sync.hooks import Hooks
from darasa.sync.ids import Chain, LogId, NodeId, Role, SchoolId
from darasa.sync.lineage import is_child
from darasa.sync.messages import WireCursor, WireTip
from darasa.sync.named_learners import ids_in
from darasa.sync.session_store_relay import StoreRelay
from darasa.sync.session_view import (
    DropUnsigned,
    FeedRow,
    ForgetMarks,
    ForgetReceipts,
    GiveMark,
    HeldLog,
    KeepErased,
    KeepEvents,
    KeepFeed,
    KeepHeads,
    KeepNodes,
    MoveCursors,
    Myself,
    NotedMark,
    NoteErasedHeard,
    NoteErasedSaid,
    NoteReceipt,
    OfferedRun,
    Write,
)
from darasa.sync.signing import Certificate
from darasa.sync.store import Store, Tx


class StoreView:
    """A store as the engine sees it (`session_view.View`), for the node `me`."""

    def __init__(self, store: Store, me: Myself) -> None:
        self._store = store
        self._me = me
        self._snapshot: sqlite3.Connection | None = None
        self.relay = StoreRelay(self._read)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads inside see one state of the store."""
        with self._store.reading() as connection:
            self._snapshot = connection
            try:
                yield
            finally:
                self._snapshot = None

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        if self._snapshot is not None:
            yield self._snapshot
            return
        with self._store.reading() as connection:
            yield connection

    def certificate(self, node_id: NodeId) -> Certificate | None:
        """The certificate accepted for a node; one that this node gave comes first."""
        with self._read() as connection:
            found = contacts.certificates_of(connection, node_id)
        mine = [each for each in found if each.issuer == self._me.key.node_id]
        return next(iter(mine + found), None)

    def is_revoked(self, node_id: NodeId) -> bool:
        """Whether the school has removed that node."""
        with self._read() as connection:
            return is_held_back(connection, node_id, REVOKED)

    def is_frozen(self, node_id: NodeId) -> bool:
        """Whether that node floods, and nobody has released it."""
        with self._read() as connection:
            return is_held_back(connection, node_id, FROZEN)

    def last_ordinal(self) -> int:
        """The newest writing transaction; 0 for an empty store."""
        with self._read() as connection:
            return reads.position(connection).ordinal

    def transaction_tag(self, ordinal: int) -> bytes | None:
        """The random tag of a transaction, or None."""
        with self._read() as connection:
            return reads.transaction_tag(connection, ordinal)

    def transactions_of(self, tags: Collection[bytes]) -> Mapping[bytes, int]:
        """Tag → transaction, of those tags that this store has."""
        with self._read() as connection:
            return reads.transactions_of(connection, tags)

    def noted_marks(self, peer: NodeId, *, limit: int | None = None) -> Sequence[NotedMark]:
        """The marks that a peer gave, newest first."""
        most = -1 if limit is None else limit
        with self._read() as connection:
            given = contacts.given_marks(connection, self._me.school_id, peer, limit=most)
        return [NotedMark(each.mark, each.ordinal) for each in given]

    def offered_logs(self, *, after: int) -> Sequence[LogId]:
        """A computer offers its own logs, a school all logs of the school.

        Not what a computer has pruned: to name it would promise what it could not send.
        """
        prunes = self._me.role is Role.COMPUTER
        authors = self._me.own_ids if prunes else (None,)
        school_id = self._me.school_id
        with self._read() as connection:
            return [
                log.log_id
                for author in reversed(authors)  # what a former node wrote is older
                for log in reads.logs_after(
                    connection, school_id, after_ordinal=after, author=author
                )
                if not (prunes and rows.is_pruned(connection, log))
            ]

    def offered_tips(self, log_ids: Sequence[LogId]) -> Sequence[WireTip]:
        """The tips of offered logs."""
        with self._read() as connection:
            return [
                tip for log_id in log_ids for tip in _tips(connection, self._me.school_id, log_id)
            ]

    def offered_runs(
        self, log_id: LogId, *, known: Sequence[WireTip], after: int, bytes_max: int
    ) -> Iterator[OfferedRun]:
        """The runs of a log that a peer lacks; read as they are taken."""
        with self._read() as connection:
            runs = reads.runs(
                connection,
                self._me.school_id,
                log_id,
                known=_store_tips(known),
                after_ordinal=after,
                bytes_max=bytes_max,
            )
            for run in runs:
                yield OfferedRun(
                    run.prev_chain,
                    run.first_seq,
                    run.canonicals,
                    run.head,
                    run.log.genesis,
                    run.erased_leaves,
                )

    def knows_mark(self, school_id: SchoolId, peer: NodeId, mark: bytes) -> bool:
        """Whether this store wrote that mark for that peer."""
        with self._read() as connection:
            return contacts.knows_mark(connection, school_id, peer, mark)

    def held_log(self, school_id: SchoolId, log_id: bytes) -> HeldLog | None:
        """A log whose genesis is known here."""
        with self._read() as connection:
            log = rows.find_log(connection, school_id, log_id)
        return None if log is None else HeldLog(log.genesis, log.node_id)

    def held_chain(
        self, school_id: SchoolId, log_id: bytes, seq: int, chain8: bytes
    ) -> Chain | None:
        """The whole chain of an event that is here, believed or not."""
        with self._read() as connection:
            log = rows.find_log(connection, school_id, log_id)
            return None if log is None else chains.chain_at(connection, log, seq, chain8)

    def held_tips(self, school_id: SchoolId, log_id: bytes) -> Sequence[WireTip]:
        """The tips of the believed events of a log."""
        with self._read() as connection:
            return _tips(connection, school_id, log_id)

    def is_provisional(self, school_id: SchoolId, head: Head) -> bool:
        """Whether that event is here and not believed."""
        with self._read() as connection:
            log = rows.find_log(connection, school_id, head.log_id)
            if log is None:
                return False
            return chains.is_provisional(connection, log, head)

    def erased(self, school_id: SchoolId) -> Sequence[ErasedRecord]:
        """The learners whom a school has erased."""
        with self._read() as connection:
            return erased_rows.records(connection, school_id)

    def erased_digest(self, school_id: SchoolId) -> bytes | None:
        """Their digest; None for none."""
        with self._read() as connection:
            return erased_rows.digest(connection, school_id)

    def erased_said(self, peer: NodeId) -> bytes | None:
        """The digest that a peer said last; `KNOWS_NO_ERASURE` of one that knows none."""
        with self._read() as connection:
            return erased_rows.said_by(connection, peer)

    def erased_unheard(self) -> bool:
        """Whether this store may have forgotten someone, and its hub has not told yet."""
        with self._read() as connection:
            return erased_rows.is_unheard(connection)

    def feed_rows(
        self,
        scope: bytes,
        *,
        after: WireCursor | None,
        upto: int,
        receiver_has: Mapping[bytes, int],
        limit: int,
    ) -> Sequence[FeedRow]:
        """Records of a scope after a cursor; a learner's are the copies of her events."""
        place = None if after is None else (after.ordinal, after.after)
        with self._read() as connection:
            if not scope.startswith(LEARNER_SCOPE):
                found = feed.feed_after(connection, scope, after=place, upto=upto, limit=limit)
                return [
                    FeedRow(each.ordinal, each.record_id, (each.record_id, each.value))
                    for each in found
                ]
            # from the start, or still on the way through a list: the copies it was made of too
            is_listing = after is None or after.after is not None
            copies = feed.copies_after(
                connection,
                scope[len(LEARNER_SCOPE) :],
                after=place,
                upto=upto,
                limit=limit,
                receiver_has={} if is_listing else receiver_has,
            )
            clocks = feed_clocks(connection, scope[len(LEARNER_SCOPE) :], after=place, upto=upto)
        both = sorted([*copies, *clocks], key=lambda each: (each.ordinal, each.key))[:limit]
        return [
            FeedRow(each.ordinal, each.key, msgspec.structs.astuple(each.copy)) for each in both
        ]

    def cursors(self, authority: NodeId) -> Mapping[bytes, WireCursor]:
        """Where this node is in an authority's scopes."""
        with self._read() as connection:
            held = feed.cursors(connection, authority)
        return {scope: WireCursor(*cursor) for scope, cursor in held.items()}


def apply_write(  # noqa: PLR0912 (a table of writes)
    tx: Tx, write: Write, *, me: Myself, hooks: Hooks
) -> int:
    """Do one write inside a transaction and tell the hooks; answer how many events came new."""
    match write:
        case KeepNodes(certificates):
            for certificate in certificates:
                tx.put_certificate(certificate)
                if is_child(certificate):
                    tx.put_copied_peer(certificate)
        case KeepHeads(school_id, signed):
            return _tell(tx, hooks, tx.insert_heads(school_id, signed))
        case KeepEvents():
            return _tell(tx, hooks, _keep_events(tx, write))
        case DropUnsigned(school_id, peer, log_ids):
            if peer is not None:
                tx.drop_unsigned_of(school_id, peer)
            tx.drop_provisional(school_id, log_ids)
        case GiveMark(school_id, peer, mark, instead_of, told):
            tx.issue_mark(school_id, peer, mark, instead_of=instead_of, told=told)
        case NoteReceipt():
            tx.note_receipt(me.school_id, write.peer, _store_tips(write.tips), level=write.level)
            if write.ordinal is not None:
                tx.note_mark(me.school_id, write.peer, write.mark, write.ordinal)
                if me.role is Role.SCHOOL:
                    tx.note_held(write.level, write.ordinal)
        case ForgetMarks(peer, ordinal):
            tx.forget_marks_after(me.school_id, peer, ordinal)
            if me.role is Role.SCHOOL:
                tx.forget_held_after(levels.HUB, ordinal)
        case ForgetReceipts(peer, tips):
            stick.forget_receipts(tx.connection, me.school_id, peer, _store_tips(tips))
        case KeepFeed():
            return _keep_feed(tx, write, me, hooks)
        case KeepErased(records):
            erasing.erase(tx, hooks, records)
        case NoteErasedSaid(peer, said):
            tx.note_erased_said(peer, said)
        case NoteErasedHeard():
            tx.note_erased_heard()
        case MoveCursors(authority, scopes, to):
            for scope in scopes:
                if tx.has_begun(authority, scope) and not _is_of_gone(tx, me, scope):
                    tx.set_cursor(authority, scope, Cursor(to.ordinal, to.tag, to.after))
    return 0


def _keep_events(tx: Tx, write: KeepEvents) -> list[StoredEvent]:
    visible = tx.insert_received(
        write.school_id,
        write.log_id,
        genesis=write.genesis,
        prev_chain=write.prev_chain,
        events=write.events,
        believed=write.believed,
        is_checked=True,  # the engine made each chain of this step from the bytes
    )
    if write.believed < len(write.events):
        tx.note_unsigned(write.school_id, write.log_id, write.peer)
    return visible


def _tell(tx: Tx, hooks: Hooks, events: Sequence[StoredEvent]) -> int:
    if events:
        hooks.on_events(tx, events)
    return len(events)


def _keep_feed(tx: Tx, write: KeepFeed, me: Myself, hooks: Hooks) -> int:
    """One FEED frame: its records, its cursor, and the end of its list if it is that."""
    scope, to = write.scope, write.to
    is_learner = scope.startswith(LEARNER_SCOPE)
    if _is_of_gone(tx, me, scope):
        return 0  # neither her events nor a cursor that names her
    if write.start is not None and not tx.has_begun(write.authority, scope):
        return 0  # it was dropped since it was asked for: it begins anew, or not at all
    # a list in several frames may have begun at the start: its end is told whole either way
    was_listing = write.start is None or write.start.after is not None
    if write.start is None:
        tx.begin_list(scope)
    tx.set_cursor(write.authority, scope, Cursor(to.ordinal, to.tag, to.after))
    is_list_end = was_listing and to.after is None
    if is_learner:
        visible = tx.insert_copies(scope, [_copy(record) for record in write.records])
        if is_list_end and tx.finish_list(scope).copies:
            hooks.on_records(tx, scope, (), from_start=True)
        return _tell(tx, hooks, visible)
    told = [_record(record) for record in write.records]
    records = _without_gone(tx, me, told)
    tx.put_records(scope, records, from_start=False)
    if is_list_end:
        tx.finish_list(scope)
        whole = list(feed.records(tx.connection, scope).items())
        hooks.on_records(tx, scope, whole, from_start=True)
    elif not was_listing:
        hooks.on_records(tx, scope, records, from_start=False)
    return 0


def _is_of_gone(tx: Tx, me: Myself, scope: bytes) -> bool:
    """Whether a scope is that of a learner who is erased."""
    is_learner = scope.startswith(LEARNER_SCOPE)
    return is_learner and bool(_gone(tx, me, (scope[len(LEARNER_SCOPE) :],)))


def _without_gone(
    tx: Tx, me: Myself, told: Sequence[tuple[bytes, bytes | None]]
) -> list[tuple[bytes, bytes | None]]:
    """The records that are about no learner who is erased, and name none."""
    if not erased_rows.is_any_erased(tx.connection):
        return list(told)
    named = [{record_id, *ids_in(value)} for record_id, value in told]
    gone = _gone(tx, me, set().union(*named))
    return [each for each, ids in zip(told, named, strict=True) if gone.isdisjoint(ids)]


def _gone(tx: Tx, me: Myself, learner_ids: Collection[bytes]) -> set[bytes]:
    """Those of these ids that are of learners whom this node's school has erased."""
    return erased_rows.erased_among(tx.connection, me.school_id, learner_ids)


def _copy(record: tuple[object, ...]) -> EventCopy:
    try:
        return convert(record, EventCopy)
    except msgspec.ValidationError as error:
        raise RemoteProtocolError(f"A copy of an event does not fit: {error}.") from error


def _record(record: tuple[object, ...]) -> tuple[bytes, bytes | None]:
    record_id, value = record[:2]
    if not isinstance(record_id, bytes) or not (value is None or isinstance(value, bytes)):
        raise RemoteProtocolError("A record does not fit.")
    return record_id, value


def _tips(connection: sqlite3.Connection, school_id: bytes, log_id: bytes) -> list[WireTip]:
    log = rows.find_log(connection, school_id, log_id)
    heads = () if log is None else chains.tips_of_log(connection, log)
    return [WireTip(head.log_id, head.seq, head.tip.chain8) for head in heads]


def _store_tips(tips: Collection[WireTip]) -> list[Tip]:
    return [Tip(LogId(tip.log_id), tip.seq, tip.chain8) for tip in tips]
