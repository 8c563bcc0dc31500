"""Broken engines that mistake the feed: its cursors, its lists, its records of a learner."""

from typing import Any
from unittest.mock import patch

from damage import Patch, mutant

from darasa.learning import erasure, feed_rows, school_key
from darasa.sync import erasing, feed, session_feed, session_in, session_store, writes
from darasa.sync.feed import Dropped
from darasa.sync.session_view import KeepFeed, Step
from darasa.sync.transport import exchange


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
