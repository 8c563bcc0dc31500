"""One writing transaction of the store: everything that changes a row of it goes through `Tx`.

`store.Store.transaction()` makes them; the table modules do the work. What a `Tx` has written is
durable when its `with` block has ended without an error, and undone whole otherwise.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from darasa.sync import (
    adoption,
    clock_rows,
    contacts,
    erased_rows,
    erasing,
    events_table,
    feed,
    heads,
    held_back,
    levels,
    peer_clocks,
    quotas,
    receiving,
    rows,
    unsigned,
)
from darasa.sync.contacts import PeerRow
from darasa.sync.erased import ErasedRecord
from darasa.sync.errors import LearnerErasedError, LocalProtocolError
from darasa.sync.event import (
    SEQ_MAX,
    Event,
    EventCopy,
    StoredEvent,
    canonical_bytes,
    chain_after,
    genesis_bytes,
    leaf_of,
)
from darasa.sync.events_table import Arriving
from darasa.sync.feed import Cursor, Dropped
from darasa.sync.frontier import SignedHeads, Tip
from darasa.sync.ids import SHORT_BYTES, Chain, LogId, Mark, NodeId, Rng, SchoolId
from darasa.sync.local_log import LocalLog, Place
from darasa.sync.named_learners import learners_of
from darasa.sync.signing import Certificate

_ERASED: Final = "The school has erased this learner. Nothing new is kept of her."


class Tx:
    """A transaction that is open. `connection` is its own: read tables are written through it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        rng: Rng,
        logs: Sequence[LocalLog],
        erased_file: Path | None = None,
    ) -> None:
        self.connection = connection
        self.has_erased = False
        self._rng = rng
        self._logs = logs
        self._erased_file = erased_file
        self._ordinal: int | None = None

    @property
    def ordinal(self) -> int:
        """The number of this transaction; its row, with a random tag, is made at the first use."""
        if self._ordinal is None:
            self._ordinal = self.connection.execute(
                "INSERT INTO txn (tag) VALUES (?)", (self._rng(SHORT_BYTES),)
            ).lastrowid
        assert self._ordinal is not None
        return self._ordinal

    def _take_ordinal(self) -> int:
        return self.ordinal

    # -- our own log ----------------------------------------------------------------------

    def append(
        self,
        log: LocalLog,
        *,
        kind: int,
        version: int,
        learner_id: bytes | None,
        lamport: int,
        body: tuple[Any, ...],
    ) -> StoredEvent:
        """Write the next event of our own log; the first one mints the log.

        A log that has forked (our own running machine was copied) or is a year old is left, and a
        new one begun. Raises EventError beyond a limit, LearnerErasedError for a learner who is
        erased.
        """
        place = self._open_place(log)
        event = Event(kind, version, learner_id, lamport, log.t_ms(), body)
        if erased_rows.erased_among(self.connection, place.log.school_id, learners_of(event)):
            raise LearnerErasedError(_ERASED)
        canonical = canonical_bytes(event)
        chain = chain_after(place.chain, leaf_of(canonical))
        stored = place.log.stored(place.seq + 1, chain, canonical, event)
        events_table.add(self.connection, place.log, (stored,), self.ordinal)
        rows.note_believed(
            self.connection,
            place.log,
            ordinal=self.ordinal,
            parent=place.chain,
            seq=stored.seq,
            chain=chain,
            events=1,
            lamport_max=lamport,
        )
        clock_rows.note(self.connection, place.log, (stored,), ordinal=self.ordinal)
        log.place = place._replace(seq=stored.seq, chain=chain)
        return stored

    def next_place(self, log: LocalLog) -> tuple[LogId, int]:
        """Where the next event of our own log goes: its log, which is minted now if need be."""
        place = self._open_place(log)
        return place.log.log_id, place.seq + 1

    def _open_place(self, log: LocalLog) -> Place:
        """Where the next event goes, in a log minted now if need be."""
        place = log.place
        if place is not None and not self._is_left(log, place):
            row = rows.log_of_key(self.connection, place.log.log_key)  # its time may be corrected
            return place._replace(log=row)
        genesis = log.next_genesis()
        raw = genesis_bytes(genesis)
        row = rows.add_log(self.connection, log.school_id, genesis, raw)
        log.place = Place(row, 0, row.chain_0, log.clock.elapsed_ms())
        return log.place

    def _is_left(self, log: LocalLog, place: Place) -> bool:
        """Whether a log is not to be continued: too old, full, forked, pruned, another school's."""
        if log.is_too_old() or place.seq >= SEQ_MAX or place.log.school_id != log.school_id:
            return True
        left = self.connection.execute(
            "SELECT is_pruned OR (SELECT count(*) > 1 FROM tip WHERE tip.log_key = log.log_key)"
            " FROM log WHERE log_key = ?",
            (place.log.log_key,),
        ).fetchone()
        return bool(left[0])

    def adopt(self, school_id: SchoolId, log_ids: Iterable[LogId]) -> int:
        """Give logs that have no school to this one; answer how many.

        Our own open log is left: the next event (the `adopt` event that lists the old ones) begins
        a new log in the school.
        """
        for log in self._logs:
            log.school_id = school_id
        return adoption.adopt(self.connection, self.ordinal, school_id, log_ids)

    # -- events of others -----------------------------------------------------------------

    def insert_received(
        self,
        school_id: SchoolId,
        log_id: bytes,
        *,
        genesis: bytes | None,
        prev_chain: bytes,
        events: Sequence[Arriving],
        believed: int = 0,
        is_checked: bool = False,
    ) -> list[StoredEvent]:
        """Store a run of a log; answer the events that became visible. See `receiving.insert_run`.

        `genesis` may be None when the log is known. Raises EventError for a genesis that does not
        fit, LocalProtocolError for a log that is not known or a run that does not follow.
        """
        if genesis is None:
            log = rows.find_log(self.connection, school_id, log_id)
        else:
            log = rows.know_log(self.connection, school_id, log_id, genesis)
        if log is None:
            raise LocalProtocolError(f"log {log_id.hex()} is not known here")
        return receiving.insert_run(
            self.connection,
            self._take_ordinal,
            log,
            prev_chain=prev_chain,
            events=events,
            believed=believed,
            is_checked=is_checked,
        )

    def believe(
        self, school_id: SchoolId, log_id: bytes, seq: int, chain: Chain
    ) -> list[StoredEvent]:
        """A signed head covers a log up to here: answer the events that became visible."""
        log = rows.find_log(self.connection, school_id, log_id)
        if log is None:
            return []
        return receiving.believe_to(self.connection, self._take_ordinal, log, seq, chain)

    def insert_heads(self, school_id: SchoolId, signed: SignedHeads) -> list[StoredEvent]:
        """Keep checked heads, before or after their events; answer what became visible."""
        heads.add_heads(self.connection, school_id, signed)
        visible: list[StoredEvent] = []
        for head in signed.heads:
            visible += self.believe(school_id, head.log_id, head.seq, head.chain)
        # not before: a head of a branch that is not believed yet would count as the furthest
        for log_id in dict.fromkeys(head.log_id for head in signed.heads):
            log = rows.find_log(self.connection, school_id, log_id)
            if log is not None:
                heads.keep_best_heads(self.connection, log)
        return visible

    def note_unsigned(self, school_id: SchoolId, log_id: LogId, peer: NodeId) -> None:
        """A peer brought events of a log without a signed head for all of them."""
        unsigned.note_unsigned(self.connection, school_id, log_id, peer)

    def drop_unsigned_of(self, school_id: SchoolId, peer: NodeId) -> int:
        """Forget what a peer alone brought and signed nothing for; answer how many events."""
        return unsigned.drop_unsigned_of(self.connection, school_id, peer)

    def drop_provisional(
        self, school_id: SchoolId, log_ids: Collection[LogId] | None = None
    ) -> int:
        """Forget what no signed head covers, of these logs or of all; answer how many events."""
        return unsigned.drop_provisional(self.connection, school_id, log_ids)

    # -- the feed -------------------------------------------------------------------------

    def publish(self, scope: bytes, record_id: bytes, value: bytes | None) -> bool:
        """Authority: make a value the current one of a scope; None deletes and is kept as such.

        Answers False, and writes nothing, when that is what the scope says already. Raises
        LocalProtocolError for what no frame could carry.
        """
        if len(record_id) > feed.RECORD_ID_BYTES_MAX or len(value or b"") > feed.VALUE_BYTES_MAX:
            raise LocalProtocolError(f"a record of {len(value or b'')} bytes fits no frame")
        is_known, current = feed.current_value(self.connection, scope, record_id)
        if current == value and (is_known or value is None):
            return False
        feed.put_feed(self.connection, self.ordinal, scope, record_id, value)
        return True

    def insert_copies(self, scope: bytes, copies: Sequence[EventCopy]) -> list[StoredEvent]:
        """Receiver: take copies of a learner's scope; answer those that became visible."""
        return feed.put_copies(self.connection, scope, copies)

    def put_records(
        self, scope: bytes, records: Sequence[tuple[bytes, bytes | None]], *, from_start: bool
    ) -> Dropped:
        """Receiver: take records of a scope; `from_start`: they are all that it holds."""
        if from_start:
            feed.begin_list(self.connection, scope)
        feed.put_records(self.connection, scope, records)
        return feed.finish_list(self.connection, scope) if from_start else Dropped((), 0)

    def begin_list(self, scope: bytes) -> None:
        """Receiver: a list of a scope begins anew, in several transactions."""
        feed.begin_list(self.connection, scope)

    def finish_list(self, scope: bytes) -> Dropped:
        """Receiver: the list is complete; what it did not name is deleted."""
        return feed.finish_list(self.connection, scope)

    def drop_scope(self, scope: bytes) -> Dropped:
        """Receiver: delete a scope whole, with its cursor."""
        return feed.drop_scope(self.connection, scope)

    def has_begun(self, authority: NodeId, scope: bytes) -> bool:
        """Receiver: whether an authority's feed of a scope has begun here, and was not dropped."""
        return feed.has_cursor(self.connection, authority, scope)

    def set_cursor(self, authority: NodeId, scope: bytes, cursor: Cursor) -> None:
        """Receiver: note how far an authority's feed of a scope has come in."""
        feed.set_cursor(self.connection, authority, scope, cursor)

    # -- erasure --------------------------------------------------------------------------

    def keep_erased(self, records: Sequence[ErasedRecord]) -> tuple[ErasedRecord, ...]:
        """Keep believed records, in the file beside the store first; erase whom they mean.

        Answers the new ones, of which the room above is to be told: `erasing.erase` does both.
        """
        erasing.keep_in_file(self._erased_file, records)
        new = erasing.keep(self.connection, self.ordinal, records) if records else ()
        self.has_erased = self.has_erased or bool(new)
        return new

    def note_erased_unheard(self, *, has_hub: bool) -> None:
        """This store may have forgotten who is erased: it feeds nobody before its hub has told."""
        erased_rows.note_unheard(self.connection, self.ordinal if has_hub else 0)

    def note_hub_joined(self) -> None:
        """A hub was joined, which may know whom a store that began anew has forgotten."""
        if erased_rows.waits_for_hub(self.connection):
            erased_rows.note_unheard(self.connection, self.ordinal)

    def note_erased_heard(self) -> None:
        """The hub has told."""
        erased_rows.note_heard(self.connection)

    def note_erased_said(self, node_id: NodeId, said: bytes | None) -> None:
        """A peer has said which learners it knows to be erased."""
        erased_rows.note_said(self.connection, node_id, said)

    # -- contacts -------------------------------------------------------------------------

    def put_certificate(self, certificate: Certificate) -> None:
        """Keep a checked certificate."""
        contacts.put_certificate(self.connection, certificate)

    def put_copied_peer(self, certificate: Certificate) -> None:
        """List a node that came from one that is listed here, by a name of its own."""
        contacts.put_copied_peer(self.connection, certificate)

    def revoke_node(self, node_id: NodeId, wall_ms: int) -> None:
        """The school removes a node: what it has copied of itself is no longer taken on."""
        held_back.hold_back(self.connection, node_id, held_back.REVOKED, since_ms=wall_ms)

    def freeze_node(self, node_id: NodeId, wall_ms: int) -> None:
        """A node floods: nothing more is taken from it until a person releases it."""
        held_back.hold_back(self.connection, node_id, held_back.FROZEN, since_ms=wall_ms)

    def release_node(self, node_id: NodeId) -> bool:
        """A person releases a frozen node: it is counted anew. Answers whether it was frozen."""
        was_frozen = held_back.let_go(self.connection, node_id, held_back.FROZEN)
        if was_frozen:
            quotas.release(self.connection, node_id)
        return was_frozen

    def begin_quotas_anew(self) -> None:
        """No node has brought anything on this day, whatever day it is."""
        quotas.begin_anew(self.connection)

    def put_peer(self, peer: PeerRow) -> None:
        """Keep who a node is."""
        contacts.put_peer(self.connection, peer)

    def note_contact(self, node_id: NodeId, wall_ms: int, *, off_ms: int | None = None) -> None:
        """An exchange with a known peer went well; `off_ms`: its clock is later by so much."""
        contacts.note_contact(self.connection, node_id, wall_ms)
        if off_ms is not None:
            peer_clocks.note(self.connection, node_id, off_ms)

    def forget_clocks(self) -> None:
        """Our own clock was set: what others' clocks lacked is asked anew."""
        peer_clocks.forget_all(self.connection)

    def issue_mark(
        self,
        school_id: SchoolId,
        peer: NodeId,
        mark: Mark,
        *,
        instead_of: Mark | None = None,
        told: int | None = None,
    ) -> None:
        """Receiver: this mark is in our store with what came before it; see `contacts`."""
        contacts.issue_mark(
            self.connection, self.ordinal, school_id, peer, mark, instead_of=instead_of, told=told
        )

    def note_mark(self, school_id: SchoolId, peer: NodeId, mark: Mark, held_ordinal: int) -> None:
        """Sender: the peer gave this mark and holds all that we held up to `held_ordinal`."""
        contacts.note_mark(self.connection, school_id, peer, mark, held_ordinal)

    def note_receipt(
        self, school_id: SchoolId, peer: NodeId, tips: Iterable[Tip], *, level: int
    ) -> None:
        """Sender: the peer has committed these logs up to these tips."""
        contacts.note_receipt(self.connection, school_id, peer, tips, level=level)

    def note_second_copy(self, ordinal: int) -> None:
        """What was believed here up to this transaction is in a second copy (a backup, a disk)."""
        self.note_held(levels.SECOND_COPY, ordinal)

    def note_held(self, level: int, upto: int) -> None:
        """What was believed here up to a transaction is held elsewhere, at this level."""
        if upto > levels.held_upto(self.connection, level):
            levels.note_held(self.connection, self.ordinal, level, upto)

    def forget_held_after(self, level: int, upto: int) -> None:
        """The store that held what is here was set back."""
        levels.forget_held_after(self.connection, level, upto)

    def forget_marks_after(self, school_id: SchoolId, peer: NodeId, ordinal: int) -> None:
        """Sender: the peer's store is older than its last marks; see `contacts`."""
        contacts.forget_marks_after(self.connection, school_id, peer, ordinal)
