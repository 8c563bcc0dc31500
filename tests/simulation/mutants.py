"""Deliberately broken engines: each a small patch of one function that ships.

A mutant that no seed catches shows a hole in the simulator, or that a second guard stands behind
the one it broke, or that what it spoils needs more bad luck at once than 500 districts have. Those
of the last two kinds are in `STORIES`, each with a test that tells it. `caught_by` says after how
many seeds one was caught; `python mutants.py NAME…` tries them by hand.
"""

import runpy
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

from msgspec.structs import replace

from darasa.learning import erasure, feed_rows, school_key
from darasa.learning.attempt_columns import codec as attempt_codec
from darasa.learning.attempt_columns import columns as attempt_columns
from darasa.learning.simulated.work import SimulatedWork
from darasa.sync import (
    adoption,
    chains,
    clock_rows,
    contacts,
    erasing,
    event_rows,
    events_table,
    feed,
    packing,
    pruning,
    receiving,
    rows,
    salvage,
    session_answering,
    session_asking,
    session_body,
    session_feed,
    session_finding,
    session_in,
    session_out,
    session_readable,
    session_store,
    store,
    wreckage,
    writes,
)
from darasa.sync.columns import Writer
from darasa.sync.event import GENESIS_FORMAT, Genesis
from darasa.sync.event_codec import Coded
from darasa.sync.feed import Dropped
from darasa.sync.ids import Chain
from darasa.sync.local_log import LocalLog, Place
from darasa.sync.messages import WireTip
from darasa.sync.session_view import (
    GiveMark,
    KeepEvents,
    KeepFeed,
    Myself,
    NoteReceipt,
    SessionEndedError,
    Step,
)
from darasa.sync.transport import exchange, responder
from darasa.sync.verify import plan_of, run_plan
from darasa.sync.verify.parts import parts_of
from darasa.sync.versions import Versions

SEEDS = 500
WORK = SimulatedWork()
Patch = Callable[[Any, str, Any], None]


class Mutant(NamedTuple):
    """A broken engine. `damage(put)` calls `put(owner, name, replacement)`.

    `part`: only districts that have it can show it.
    """

    name: str
    damage: Callable[[Patch], None]
    part: str = ""


MUTANTS: dict[str, Mutant] = {}


def mutant(damage: Callable[[Patch], None], part: str = "") -> Callable[[Patch], None]:
    name = damage.__name__.strip("_").replace("_", " ")
    MUTANTS[name] = Mutant(name, damage, part)
    return damage


@contextmanager
def broken(name: str) -> Iterator[None]:
    """The engine as that mutant has it."""
    patches: list[Any] = []

    def put(owner: Any, attribute: str, replacement: Any) -> None:
        each = patch.object(owner, attribute, replacement)  # raises when there is no such thing
        each.start()
        patches.append(each)

    try:
        MUTANTS[name].damage(put)
        yield
    finally:
        for each in reversed(patches):
            each.stop()


def caught_by(name: str, *, seeds: int = SEEDS) -> int | None:
    """How many seeds it took to find something wrong; None when none of them did.

    Raises AssertionError when it was the mutant's own code that failed: that proves nothing.
    """
    with broken(name):
        part = MUTANTS[name].part
        for nth in range(seeds):
            if part and part not in parts_of(nth):
                continue
            outcome = run_plan(plan_of(nth), WORK)
            own = [each for each in outcome.problems if "mutants" in each or "<locals>" in each]
            assert not own, f"{name}: {own[0]}"
            if outcome.is_bad:
                return nth + 1
    return None


# -- marks --------------------------------------------------------------------------------


@mutant
def mark_of_an_earlier_commit(put: Patch) -> None:
    """All commits of a round share the mark that the first of them wrote."""
    original = session_in.Arrivals._new_mark

    def first_mark(self: Any, told: int | None) -> tuple[GiveMark, ...]:
        if self.mark is None:
            return original(self, told)
        self._next_mark = self.mark
        return (GiveMark(self.other.school_id, self.other.node_id, self.mark, None, told),)

    issue = contacts.issue_mark

    def issued_once(connection: Any, ordinal: int, *args: Any, **rest: Any) -> None:
        if not contacts.knows_mark(connection, *args):
            issue(connection, ordinal, *args, **rest)

    put(session_in.Arrivals, "_new_mark", first_mark)
    put(contacts, "issue_mark", issued_once)


@mutant
def mark_believed_without_looking(put: Patch) -> None:
    put(session_answering.Answering, "_knows_mark", lambda *_: True)


@mutant
def unknown_mark_taken_for_known(put: Patch) -> None:
    """Told that the newest mark is unknown, the sender goes on from it all the same."""

    def on_marks(self: Any, marks: Any) -> Step:
        del marks
        noted = self.view.noted_marks(self.other.node_id)
        self._next = session_out.Phase.SENDING
        self._go_on_from(noted[0] if noted else None)
        return Step()

    put(session_out.Offers, "on_marks", on_marks)


@mutant
def mark_noted_though_receipt_incomplete(put: Patch) -> None:
    original = session_out.Offers.on_receipt

    def on_receipt(self: Any, receipt: Any, **rest: Any) -> Step:
        (note,) = original(self, receipt, **rest).writes
        assert isinstance(note, NoteReceipt)
        return Step(writes=(NoteReceipt(note.peer, note.mark, self._upto, note.level, note.tips),))

    put(session_out.Offers, "on_receipt", on_receipt)


@mutant
def mark_for_the_end_of_the_session(put: Patch) -> None:
    """What was written while the session ran counts as held too."""
    original = session_out.Offers.on_receipt

    def on_receipt(self: Any, receipt: Any, **rest: Any) -> Step:
        self._upto = self.view.last_ordinal()
        return original(self, receipt, **rest)

    put(session_out.Offers, "on_receipt", on_receipt)


@mutant
def mark_claims_one_transaction_more(put: Patch) -> None:
    original = contacts.note_mark

    def note_mark(connection: Any, school: bytes, peer: bytes, mark: bytes, held: int) -> None:
        original(connection, school, peer, mark, held + 1)

    put(contacts, "note_mark", note_mark)


# -- receipts and belief ------------------------------------------------------------------


@mutant
def receipt_counts_provisional(put: Patch) -> None:
    original = session_in.Arrivals._kept

    def kept(self: Any, run: Any, *rest: Any) -> KeepEvents:
        keep = original(self, run, *rest)
        last = keep.events[-1]
        self._note_end(run.log_id, last.seq, last.chain)
        return keep

    put(session_in.Arrivals, "_kept", kept)


@mutant
def receipted_before_the_commit(put: Patch) -> None:
    """A full disk rolls a frame back, and it is receipted."""

    def note_end(self: Any, log_id: bytes, seq: int, chain: bytes) -> None:
        tip = WireTip(log_id, seq, chain[:8])
        for ends in (self._ends, self._next_ends):
            ends[tip.log_id, tip.seq, tip.chain8] = tip

    put(session_in.Arrivals, "_note_end", note_end)


@mutant
def unsigned_events_believed(put: Patch) -> None:
    original = session_in.Arrivals._kept

    def kept(self: Any, *args: Any) -> KeepEvents:
        keep = original(self, *args)
        return KeepEvents(
            keep.school_id, keep.log_id, keep.genesis, keep.prev_chain, keep.events,
            len(keep.events), keep.peer,
        )  # fmt: skip

    put(session_in.Arrivals, "_kept", kept)


@mutant
def last_event_of_a_run_not_believed(put: Patch) -> None:
    original = receiving.insert_run

    def insert_run(*args: Any, believed: int, **rest: Any) -> Any:
        return original(*args, believed=max(0, believed - 1), **rest)

    put(receiving, "insert_run", insert_run)


@mutant
def run_stored_without_its_predecessor(put: Patch) -> None:
    original = session_in.Arrivals._predecessor
    check = receiving._chain_before_run

    def predecessor(self: Any, run: Any, log: Any, fresh: Any) -> Chain:
        return original(self, run, log, fresh) or Chain(run.prev_chain8 + bytes(8))

    def check_run(connection: Any, log: Any, prev: bytes, events: Any) -> Chain:
        try:
            return check(connection, log, prev, events)
        except store.LocalProtocolError:
            return Chain(prev)

    put(session_in.Arrivals, "_predecessor", predecessor)
    put(receiving, "_chain_before_run", check_run)


@mutant
def second_branch_dropped(put: Patch) -> None:
    """Of a forked log only the branch that came first is kept."""

    def events_in(self: Any, events: Any) -> Step:
        step = on_events(self, events)
        writes = tuple(
            each
            for each in step.writes
            if not isinstance(each, KeepEvents) or not _forks(self, each)
        )
        return Step(step.facts, writes)

    def _forks(self: Any, keep: KeepEvents) -> bool:
        held = self.view.held_tips(keep.school_id, keep.log_id)
        return any(tip.seq >= keep.events[0].seq for tip in held) and not any(
            tip.chain8 in {each.chain[:8] for each in keep.events} for tip in held
        )

    on_events = session_in.Arrivals.on_events
    put(session_in.Arrivals, "on_events", events_in)


@mutant
def known_events_inserted_again(put: Patch) -> None:
    put(events_table, "known_chains", lambda *_: set())


@mutant
def unknown_kinds_not_told(put: Patch) -> None:
    original = session_store._tell

    def tell(tx: Any, hooks: Any, events: Any) -> int:
        return original(tx, hooks, [each for each in events if each.event.kind < 100])

    put(session_store, "_tell", tell)


@mutant
def events_told_twice(put: Patch) -> None:
    original = session_store._tell

    def tell(tx: Any, hooks: Any, events: Any) -> int:
        original(tx, hooks, events)
        return original(tx, hooks, events)

    put(session_store, "_tell", tell)


@mutant
def told_outside_the_transaction(put: Patch) -> None:
    """Events are told in a transaction of their own, after the one that stores them."""

    def apply(self: Any, step: Step) -> None:
        late: list[Any] = []
        hooks = self._responder.hooks
        waiting = _Later(hooks, late)
        inner = _Served(self._responder, waiting)
        self._responder = inner
        try:
            original(self, step)
        finally:
            self._responder = inner.real
        if late:
            with inner.real.store.transaction() as tx:
                for events in late:
                    hooks.on_events(tx, events)

    original = responder.Round._apply
    put(responder.Round, "_apply", apply)


class _Later:
    """Hooks that only remember which events they were told of."""

    def __init__(self, hooks: Any, late: list[Any]) -> None:
        self._hooks, self._late = hooks, late

    def on_events(self, tx: Any, events: Any) -> None:
        del tx
        self._late.append(events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hooks, name)


class _Served:
    """A responder with other hooks."""

    def __init__(self, real: Any, hooks: Any) -> None:
        self.real, self.hooks = real, hooks

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


# -- our own log --------------------------------------------------------------------------


@mutant
def log_continued_after_a_restart(put: Patch) -> None:
    original = store.Store.begin_log

    def begin_log(self: Any, *, key: Any, school_id: bytes, **rest: Any) -> LocalLog:
        log = original(self, key=key, school_id=school_id, **rest)
        with self.reading() as connection:
            found = connection.execute(
                "SELECT log_id FROM log WHERE node_id = ? AND school_id = ? AND events > 0"
                " ORDER BY log_key DESC LIMIT 1",
                (key.node_id, school_id),
            ).fetchone()
            row = None if found is None else rows.find_log(connection, school_id, found[0])
            if row is not None:
                tip = chains.tips_of_log(connection, row)[-1]
                log.place = Place(row, tip.seq, tip.chain, log.clock.elapsed_ms())
        return log

    put(store.Store, "begin_log", begin_log)


@mutant
def log_without_a_nonce(put: Patch) -> None:
    """Every run begins the same log: no chance and no clock in its genesis."""

    def next_genesis(self: LocalLog) -> Genesis:
        return Genesis(GENESIS_FORMAT, self.node_id, bytes(8), 0, self.app_version)

    put(LocalLog, "next_genesis", next_genesis)
    put(writes.rows, "add_log", _once_known(rows.add_log))


def _once_known(original: Any) -> Any:
    def add_log(connection: Any, school_id: Any, genesis: Any, raw: bytes) -> Any:
        known = rows.find_log(connection, school_id, rows.log_id_of(raw))
        return known or original(connection, school_id, genesis, raw)

    return add_log


@mutant
def place_kept_after_a_rollback(put: Patch) -> None:
    def roll_back(self: Any, places: Any, schools: Any) -> None:
        del places, schools
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    put(store.Store, "_roll_back", roll_back)


@mutant
def log_kept_after_a_failed_commit(put: Patch) -> None:
    def commit(self: Any, schools: Any) -> None:
        del schools
        try:
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    put(store.Store, "_commit", commit)


@mutant
def adopted_events_not_offered(put: Patch) -> None:
    """Logs get their school, and their events keep the old place in the order of transactions."""

    def adopt(connection: Any, ordinal: int, school_id: bytes, log_ids: Any) -> int:
        before = {
            log_id: connection.execute(
                "SELECT last_ordinal FROM log WHERE log_id = ?", (log_id,)
            ).fetchone()
            for log_id in log_ids
        }
        adopted = original(connection, ordinal, school_id, log_ids)
        for log_id, row in before.items():
            if row is not None:
                connection.execute(
                    "UPDATE log SET last_ordinal = ? WHERE log_id = ?", (*row, log_id)
                )
                connection.execute(
                    "UPDATE event SET ordinal = ? WHERE ordinal IS NOT NULL AND log_key ="
                    " (SELECT log_key FROM log WHERE log_id = ?)",
                    (*row, log_id),
                )
        return adopted

    original = adoption.adopt
    put(adoption, "adopt", adopt)


@mutant
def rows_deleted_before_they_are_packed(put: Patch) -> None:
    """One row more goes than went into the packed run."""
    original = event_rows.delete_to

    def delete_to(connection: Any, log_key: int, seq: int) -> int:
        return original(connection, log_key, seq + 1)

    put(packing.event_rows, "delete_to", delete_to)


@mutant
def fork_packed_as_if_straight(put: Patch) -> None:
    """Packing takes the first of two events at one place, and the other goes."""
    original = packing._straight

    def straight(rows_found: Any, end: int, chain: Chain) -> Any:
        first: dict[int, Any] = {}
        for row in rows_found:
            first.setdefault(row.link.seq, row)
        return original(list(first.values()), end, chain)

    put(packing, "_straight", straight)


@mutant
def provisional_packed_too(put: Patch) -> None:
    """Packing takes events that wait for a head for believed ones."""
    original = packing._straight

    def straight(rows_found: Any, end: int, chain: Chain) -> Any:
        return original(
            [
                replace(row, link=replace(row.link, ordinal=row.link.ordinal or 1))
                for row in rows_found
            ],
            end,
            chain,
        )

    put(packing, "_straight", straight)


@mutant
def logs_of_a_former_node_not_offered(put: Patch) -> None:
    """A copied machine that made a key of its own forgets what it wrote under the old one."""
    put(Myself, "own_ids", property(lambda self: (self.key.node_id,)))


@mutant
def clocks_corrected_by_what_came_last(put: Patch) -> None:
    """The time of a log is by the clock event that arrived last, not by the best."""

    best = "ORDER BY c.uncertainty_ms, c.lamport, said.log_id, c.seq, c.chain"
    assert best in clock_rows._COUNTS
    put(
        clock_rows,
        "_COUNTS",
        clock_rows._COUNTS.replace(best, "ORDER BY coalesce(c.ordinal, 0) DESC"),
    )


# -- what is sent -------------------------------------------------------------------------


@mutant
def first_event_left_out(put: Patch) -> None:
    """After a mark the sender begins one event too late."""
    original = chains._split

    def split(log: Any, before: Any, links: Any, bytes_max: int) -> Any:
        links = list(links)
        if links and links[0].seq > 1 and len(links) > 1:
            return original(log, links[0].chain, iter(links[1:]), bytes_max)
        return original(log, before, iter(links), bytes_max)

    put(chains, "_split", split)


@mutant
def named_log_thought_held(put: Patch) -> None:
    """Whatever the server says of a named log, the sender takes it for all."""
    original = session_out.Offers.on_tips

    def on_tips(self: Any, tips: Any) -> None:
        original(self, tips)
        if self.phase is session_out.Phase.TIPS:
            for tip in tips.tips:
                self._pending.pop(tip.log_id, None)
                self._claims._ends.pop(tip.log_id, None)

    put(session_out.Offers, "on_tips", on_tips)


@mutant
def named_tips_said_back(put: Patch) -> None:
    """The server says that it holds what it was asked about, and receipts it."""

    original = session_in.Arrivals.close

    def close(self: Any, **how: Any) -> Step:
        for tips in self._named.values():
            for tip in tips:
                self._next_ends[tip.log_id, tip.seq, tip.chain8] = tip
        return original(self, **how)

    put(session_in.Arrivals, "close", close)


@mutant
def offers_only_the_newest_log(put: Patch) -> None:
    original = session_store.StoreView.offered_logs

    def offered_logs(self: Any, *, after: int) -> Any:
        return original(self, after=after)[-1:]

    put(session_store.StoreView, "offered_logs", offered_logs)


@mutant
def answer_not_bound_to_its_question(put: Patch) -> None:
    put(session_asking, "is_signed_hello", lambda *_, **__: True)


@mutant
def end_not_checked(put: Patch) -> None:
    """A body with a frame missing passes for a whole one."""

    def check_end(self: Any, end: Any) -> None:
        self.end = end

    put(session_body.BodyReader, "_check_end", check_end)


# -- the feed -----------------------------------------------------------------------------


@mutant
def cursor_not_checked(put: Patch) -> None:
    """A cursor counts by its number alone."""

    def named(self: Any) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        for group in self.groups:
            found.update(dict.fromkeys(session_feed.split_keys(group.scope_keys), group.cursor))
        return found

    put(session_feed.FeedOut, "_named", named)


@mutant
def cut_list_goes_on_after_a_restore(put: Patch) -> None:
    """A place in a list counts while the store has that transaction, whatever it read then."""

    def is_held(self: Any, cursor: Any, _read_upto: Any) -> bool:
        tag = self.view.transaction_tag(cursor.ordinal)
        return tag is not None and (cursor.after is not None or tag == cursor.tag)

    put(session_feed.FeedOut, "_is_held", is_held)


@mutant
def records_name_the_erased(put: Patch) -> None:
    """Of a record of the feed only its id is looked at for learners who are erased."""
    for module in (erasing, session_store):
        put(module, "ids_in", lambda _: frozenset())


@mutant
def erasure_of_one_school_for_all(put: Patch) -> None:
    """Whoever erases a learner takes what every school decided of her."""
    original = erasure._forget_decisions

    def forget(connection: Any, _school_id: bytes, learner_id: bytes) -> None:
        for (school_id,) in connection.execute(
            "SELECT DISTINCT school_id FROM lt_decision"
        ).fetchall():
            original(connection, school_id, learner_id)

    put(erasure, "_forget_decisions", forget)


@mutant
def restored_school_is_silent_about_its_key(put: Patch) -> None:
    """A school that knows one key says nothing of it, though its computers may know a later one."""
    original = school_key.publish_school_key
    put(school_key, "publish_school_key", lambda room, **_: original(room))


@mutant
def closed_class_keeps_its_cursor(put: Patch) -> None:
    """The rows of a class that is closed go; where its list was stays."""
    original = feed_rows.FeedRows._drop_class

    def drop_class(self: Any, tx: Any, class_id: bytes) -> None:
        with patch.object(writes.Tx, "drop_scope", lambda *_: Dropped((), 0)):
            original(self, tx, class_id)

    put(feed_rows.FeedRows, "_drop_class", drop_class)


@mutant
def dropped_scope_goes_on(put: Patch) -> None:
    """What goes on from where a scope was before it was dropped is taken."""
    put(writes.Tx, "has_begun", lambda *_: True)


@mutant
def cursor_moved_before_its_records(put: Patch) -> None:
    """The cursor is committed first, the records after it."""
    original = exchange.Exchange._apply

    def apply(self: Any, step: Step) -> None:
        for write in step.writes:
            if isinstance(write, KeepFeed) and write.start is not None:
                with self._store.transaction() as tx:
                    to = feed.Cursor(write.to.ordinal, write.to.tag, write.to.after)
                    tx.set_cursor(write.authority, write.scope, to)
        original(self, step)

    put(exchange.Exchange, "_apply", apply)


@mutant
def old_list_not_deleted(put: Patch) -> None:
    put(feed, "finish_list", lambda *_: Dropped((), 0))


@mutant
def deletions_ignored(put: Patch) -> None:
    original = feed.put_records

    def put_records(connection: Any, scope: bytes, records: Any) -> None:
        original(connection, scope, [each for each in records if each[1] is not None])

    put(feed, "put_records", put_records)


@mutant
def deletion_not_kept(put: Patch) -> None:
    """The authority forgets a deleted record instead of keeping that it is deleted."""
    original = feed.put_feed

    def put_feed(connection: Any, ordinal: int, scope: bytes, record: bytes, value: Any) -> None:
        original(connection, ordinal, scope, record, value)
        if value is None:
            connection.execute(
                "DELETE FROM feed WHERE scope = ? AND record_id = ?", (scope, record)
            )

    put(feed, "put_feed", put_feed)


@mutant
def dropped_copies_not_told(put: Patch) -> None:
    """Copies go when a list begins anew, and nobody folds the learner again."""
    original = feed.finish_list

    def finish_list(connection: Any, scope: bytes) -> Dropped:
        gone = original(connection, scope)
        return Dropped(gone.record_ids, 0) if scope.startswith(b"l") else gone

    put(writes.feed, "finish_list", finish_list)


@mutant
def copy_of_a_held_event_told(put: Patch) -> None:
    put(feed, "_believed_chains", lambda *_: set())


@mutant
def fork_left_out_of_the_feed(put: Patch) -> None:
    """Of a forked log the asker is thought to have all up to its own number."""

    def other_has(self: Any) -> dict[bytes, int]:
        return {tip.log_id: tip.seq for tip in self._ends.values()}

    put(session_in.Arrivals, "other_has", other_has)


@mutant
def common_cursor_too_early(put: Patch) -> None:
    """The answer says that all lists are complete, whether they are or not."""
    original = session_feed.FeedOut._scope

    def scope(self: Any, *args: Any) -> Any:
        made, _ = original(self, *args)
        return made, True

    put(session_feed.FeedOut, "_scope", scope)


@mutant
def feed_taken_from_anywhere(put: Patch) -> None:
    """Records are taken though they do not go on from where this node is."""
    original = session_feed.FeedIn.on_feed

    def on_feed(self: Any, message: Any) -> Step:
        if message.start is not None and message.scope in self.wanted:
            self._cursors[message.scope] = message.start
        return original(self, message)

    put(session_feed.FeedIn, "on_feed", on_feed)


# -- codecs and versions ------------------------------------------------------------------


@mutant
def codec_not_checked_by_decoding(put: Patch) -> None:
    """Times go in whole seconds, and nobody looks what the other side will make of that."""

    def encoded(self: Any, runs: Any, given: Any, tables: Any, known: Any) -> Coded:
        del self, runs
        writer = Writer()
        frame = attempt_codec.Frame(writer, tables, known)
        attempt_codec._code_names(frame, tables)
        for run, some in given:
            attempt_codec.code_run(frame, run, some)
        return Coded(attempt_codec._context8(tables, frame.named), writer.finish())

    put(attempt_columns, "_unit_of", lambda given, fits: 3)
    put(attempt_codec.AttemptCodec, "_encoded", encoded)


@mutant
def context_has_one_name(put: Patch) -> None:
    """Whose three bytes are meant is not compared: any learner who has them will do."""
    put(attempt_codec, "_context8", lambda tables, named: b"context!" if tables or named else None)


@mutant
def missing_context_sent_again(put: Patch) -> None:
    """What a peer could not read for want of its context goes again in the same words."""
    put(session_readable.Readable, "is_unread", lambda self: False)


@mutant
def program_before_codec_1_given_up(put: Patch) -> None:
    """A server that does not read codec 1 ends the session, and the asker leaves it at that."""
    put(session_out.Offers, "again_plain", lambda self: False)


@mutant
def unknown_mark_dropped_for_codec_0(put: Patch) -> None:
    """A program before codec 1 that does not know the mark is sent what is newer than that mark."""
    original = session_out.Offers.again_plain

    def again_plain(self: Any) -> bool:
        is_again = original(self)
        if is_again:
            self._next = session_out.Phase.TIPS
            self._start_from(self._base)
        return is_again

    put(session_out.Offers, "again_plain", again_plain)


@mutant
def any_version_will_do(put: Patch) -> None:
    put(Versions, "common", lambda self, theirs: self.most)


@mutant
def unknown_frame_ends_the_session(put: Patch) -> None:
    """A frame of a later version is refused though it says that it may be left out."""

    def parse(frame: Any) -> Any:
        message = original(frame)
        if message is None:
            raise SessionEndedError("This program does not know such a frame.")
        return message

    original = session_body.parse_message
    put(session_body, "parse_message", parse)


# -- care of stores -----------------------------------------------------------------------


@mutant
def pruned_without_a_receipt(put: Patch) -> None:
    """Old work goes though nobody said that two others hold it."""
    put(pruning, "_is_held_twice", lambda *_: True)


@mutant
def pruned_before_its_time(put: Patch) -> None:
    put(pruning, "KEPT_DAYS", 30)
    put(pruning, "USED_DAYS", 3)


@mutant
def pruned_on_a_word_from_before_a_set_back(put: Patch) -> None:
    """What a server has told that it lost goes all the same, for it once said the hub has it."""
    original = pruning.prune_next

    def prune_next(connection: Any, **how: Any) -> int:
        connection.execute(
            "INSERT INTO mark_given (school_id, peer, mark, held_ordinal)"
            " SELECT DISTINCT school_id, x'', x'', 1 << 40 FROM log"
        )
        gone = original(connection, **how)
        connection.execute("DELETE FROM mark_given WHERE peer = x''")
        return gone

    put(pruning, "prune_next", prune_next)


@mutant
def pruned_log_forgotten_whole(put: Patch) -> None:
    """With the events of a log its tips go: it looks like one that is still to be told."""
    original = pruning.events_table.forget

    def forget(connection: Any, log: Any) -> int:
        connection.execute("DELETE FROM tip WHERE log_key = ?", (log.log_key,))
        connection.execute("UPDATE log SET is_pruned = 0 WHERE log_key = ?", (log.log_key,))
        return original(connection, log)

    put(pruning.events_table, "forget", forget)


@mutant
def pruned_log_promised(put: Patch) -> None:
    """Logs whose events a computer has dropped are named as if it could send them."""

    def offered_logs(self: Any, *, after: int) -> Any:
        with patch.object(rows, "is_pruned", lambda *_: False):
            return original(self, after=after)

    original = session_store.StoreView.offered_logs
    put(session_store.StoreView, "offered_logs", offered_logs)


@mutant
def salvage_forgets_signed_heads(put: Patch) -> None:
    put(salvage, "_true_statements", lambda *found: [])


@mutant
def salvaged_hub_offers_what_nobody_signed(put: Patch) -> None:
    put(salvage, "_under_heads", lambda log_id, whole, proved: (whole, []))


@mutant
def salvage_bridges_gaps(put: Patch) -> None:
    """What was saved behind a lost event goes back into its log."""
    original = salvage._verified

    def verified(log: Any, events: Any) -> Any:
        whole, apart = original(log, events)
        return [*whole, *apart], []

    put(salvage, "_verified", verified)


@mutant
def salvage_forgets_what_was_apart(put: Patch) -> None:
    """What an earlier salvage kept behind a gap is gone with the next."""
    put(wreckage, "APART", b"")


@mutant
def apart_counts_as_sent(put: Patch) -> None:
    """What lies behind a gap, and was offered to nobody, is not said to be owed."""
    put(contacts.apart, "owed", lambda *_, **how: {})


@mutant
def damaged_event_hides_the_copys(put: Patch) -> None:
    """Of an event that is damaged here and whole in the copy nothing is kept."""

    def last_fitting(some: Any, before: Any) -> Any:
        return some[-1] if not before or salvage._follows(some[-1], before) else None

    put(salvage, "_last_fitting", last_fitting)


# -- servers that take no more --------------------------------------------------------------


@mutant
def nobody_floods(put: Patch) -> None:
    put(responder, "charge", lambda *_: None)


@mutant
def released_node_counted_on(put: Patch) -> None:
    """Who is released has as much behind it as before, and is frozen again at once."""
    put(writes.quotas, "release", lambda connection, node_id: None)


@mutant
def frozen_without_a_word(put: Patch) -> None:
    """A frozen node is not told when to come again."""
    put(session_answering, "FROZEN_RETRY_S", None)


@mutant
def ranges_skipped_and_taken_for_held(put: Patch) -> None:
    """An older server skips ranges, and the news in its receipt counts as a word on them."""
    differences = session_finding.Differences
    put(differences, "is_unsettled", differences.more)


@mutant
def branches_counted_as_rounds(put: Patch) -> None:
    """A log that is named with many branches counts as asked for as often."""
    differences = session_finding.Differences
    real = differences.want

    def want(self: session_finding.Differences, log_id: bytes) -> None:
        self._wanted.clear()
        real(self, log_id)

    put(differences, "want", want)


@mutant
def held_back_forgotten_when_something_came(put: Patch) -> None:
    """What came is named from a later place, and what is held back before it is forgotten."""
    readable = session_readable.Readable

    def forget(self: session_readable.Readable, *, base: int) -> None:
        self._withheld.clear()

    put(readable, "forget", forget)


_EXCHANGING: Final = "tests/sync/exchanging"
STORIES: Final[dict[str, str]] = {
    # an asker who knows of other erased learners takes nothing of them anyway
    "forgetful server serves": (
        f"{_EXCHANGING}/test_erasure.py::test_a_stick_from_the_hub_ends_the_waiting"
    ),
    # the line of a copy is looked at once more when it is served
    "child of a removed computer taken": (
        f"{_EXCHANGING}/test_copies.py"
        "::test_revoking_the_first_one_stops_copies_that_are_not_confirmed"
    ),
    # want a computer that was copied twice, and a server that is set back or loses a page
    "line of a removed parent forgotten": (
        f"{_EXCHANGING}/test_copies.py"
        "::test_a_school_that_forgot_all_of_a_confirmed_copy_takes_what_it_wrote_before[True]"
    ),
    "lost line not shown again": (
        f"{_EXCHANGING}/test_copies.py::test_a_school_that_lost_one_of_the_line_is_shown_it_again"
    ),
    # wants a computer that pruned and then a server that is set back to before that work
    "pruned log promised": (
        f"{_EXCHANGING}/test_pruned.py"
        "::test_pruned_work_is_not_promised_to_a_server_that_was_set_back"
    ),
    # wants a school and a hub that are both set back to before it, and a link that breaks then
    "pruned on a word from before a set back": (
        f"{_EXCHANGING}/test_pruned.py"
        "::test_what_both_servers_were_set_back_to_before_stays_until_one_says_that_it_has_it"
    ),
    # wants a copy of a server's disk from between two commits of one round
    "mark of an earlier commit": (
        f"{_EXCHANGING}/test_comparing.py::test_thirty_new_logs_in_twelve_thousand_cost_little"
    ),
    # who is frozen again is released again once all is healed: it only takes longer
    "released node counted on": (
        f"{_EXCHANGING}/test_quotas.py::test_after_its_release_the_whole_of_it_arrives"
    ),
    # wants a school that is put back from before a new key for names
    "restored school is silent about its key": (
        "tests/learning/test_school_key.py"
        "::test_a_school_that_was_put_back_from_before_a_new_key_says_the_one_that_it_has"
    ),
    # districts merge nobody
    "records name the erased": (
        f"{_EXCHANGING}/test_erasure.py"
        "::test_a_record_about_something_else_that_names_her_goes_and_does_not_come_again"
    ),
    "erasure of one school for all": (
        "tests/learning/test_erasure.py::test_what_her_next_school_decided_of_her_stays_at_the_hub"
    ),
    # districts have one class, which stays
    "closed class keeps its cursor": (
        "tests/learning/test_feed.py"
        "::test_a_class_that_is_opened_again_has_its_learners_on_a_computer"
    ),
    "dropped scope goes on": (
        "tests/learning/test_feed.py::test_of_a_class_that_is_closed_nothing_stays_on_a_computer"
    ),
    # wants a list that is cut, and a server that is set back to before what came later in it
    "cut list goes on after a restore": (
        f"{_EXCHANGING}/test_feed_session.py"
        "::test_a_list_that_was_cut_is_begun_anew_by_a_server_that_was_set_back"
    ),
    # wants a hub that lost a signed head and not the events under it, and a school that asks first
    "salvaged hub offers what nobody signed": (
        "tests/sync/test_salvage.py::test_a_hub_keeps_apart_what_it_has_lost_the_signed_head_of"
    ),
    # wants an older hub that knows no erasure, and a school that it gives something back to
    "held back forgotten when something came": (
        f"{_EXCHANGING}/test_before_erasure.py"
        "::test_what_is_held_back_stays_owed_though_something_was_given_back"
    ),
    # wants a store that is damaged twice
    "salvage forgets what was apart": (
        "tests/sync/test_salvage.py::test_what_one_salvage_kept_behind_a_gap_the_next_one_keeps_too"
    ),
    # wants a computer that loses a page before what stands behind it was ever sent
    "apart counts as sent": (
        "tests/sync/test_salvage.py::test_what_is_behind_a_gap_alone_is_not_said_to_be_sent"
    ),
    # wants a store damaged in the bytes of one event alone, beside a copy of it
    "damaged event hides the copys": (
        "tests/sync/test_salvage.py::test_a_changed_event_does_not_hide_what_the_copy_has_of_it"
    ),
    # wants a school that is set back to before a log that forked in two, and a hub that reads no
    # columns; or six branches
    "branches counted as rounds": (
        f"{_EXCHANGING}/test_giving_back.py"
        "::test_all_branches_come_back_to_a_school_that_has_another[6]"
    ),
    # wants an older server with news of levels, and a session that breaks after its first answer
    "ranges skipped and taken for held": (
        f"{_EXCHANGING}/test_comparing.py::test_news_of_levels_from_a_server_that_knows_no_ranges_"
        "is_no_word_on_what_was_compared"
    ),
    # wants a server that is set back and runs an older program from the same hour
    "unknown mark dropped for codec 0": (
        "tests/learning/codec/test_codec_session.py"
        "::test_an_older_program_on_a_restored_store_gets_what_the_store_has_lost"
    ),
}
"""What districts do not tell within 500 seeds, and the test that fails under it."""

_PARTS = runpy.run_path(str(Path(__file__).with_name("part_mutants.py")))
for _part, _damage in _PARTS["DAMAGES"]:
    mutant(_damage, _part)


def main(names: list[str]) -> None:
    """Try mutants by hand: how many seeds each took, and how many seconds of processor."""
    for name in names or MUTANTS:
        begun = time.process_time()
        nth = caught_by(name)
        taken = time.process_time() - begun
        sys.stdout.write(f"{nth!s:>5} seeds {taken:7.1f} s  {name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
