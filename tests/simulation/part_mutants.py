"""Broken engines that only districts with a part of `verify.parts` can show, by that part.

Added to the others by `mutants.py`.
"""

from typing import Any
from unittest.mock import patch

from damage import Patch, mutant_of

from darasa.sync import (
    blob_share,
    blob_store,
    erased_home,
    feed,
    receiving,
    session_answering,
    session_erasure,
    session_filling,
    session_in,
    session_introducing,
    session_nodes,
    session_stick,
    session_store,
    stick,
)
from darasa.sync.messages import Stubs
from darasa.sync.session_view import Step
from darasa.sync.transport import file

# -- sticks -------------------------------------------------------------------------------


@mutant_of("sticks")
def hub_level_taken_for_the_schools_own(put: Patch) -> None:
    """A WORK leaves out what the school said that its hub holds, whatever became of the school."""
    own = stick._ITS_OWN
    original = stick.receipted_tips

    def receipted_tips(connection: Any, peer: bytes, school_id: bytes) -> Any:
        with patch.object(stick, "_ITS_OWN", own.replace("level = 3", "level > 3")):
            return original(connection, peer, school_id)

    put(stick, "receipted_tips", receipted_tips)


@mutant_of("sticks")
def receipts_outlive_the_store(put: Patch) -> None:
    """An answer that says how little is held changes nothing."""
    put(session_stick.TakingAnswer, "_on_tips", lambda *_: Step())


@mutant_of("sticks")
def set_back_server_not_noticed(put: Patch) -> None:
    """MARKS in an answer are not looked at."""

    def on_marks(self: Any, marks: Any) -> Step:
        del marks
        self._is_set_back = False
        return Step()

    put(session_stick.TakingAnswer, "_on_marks", on_marks)


@mutant_of("sticks")
def answer_counts_for_what_was_written_since(put: Patch) -> None:
    """A receipt on a stick counts for all that this node holds now."""
    original = session_stick.TakingAnswer._on_receipt

    def on_receipt(self: Any, receipt: Any) -> Step:
        step = original(self, receipt)
        (note,) = step.writes
        if note.ordinal is None:
            return step
        now = self.view.last_ordinal()
        return Step(writes=(type(note)(note.peer, note.mark, now, note.level, note.tips),))

    put(session_stick.TakingAnswer, "_on_receipt", on_receipt)


@mutant_of("sticks")
def old_list_on_a_stick_counts(put: Patch) -> None:
    """A list from the start is taken wherever this node is by now."""

    def on_feed(self: Any, feed: Any) -> Step:
        return self._feed.on_feed(feed)

    put(session_stick.TakingAnswer, "_on_feed", on_feed)
    put(stick, "close_asked", lambda *_: None)


@mutant_of("sticks")
def cut_bundle_passes_for_whole(put: Patch) -> None:
    """Neither the missing end of the file nor that of the body in it is told."""
    original = file.Stick._told

    def told(self: Any, opened: Any, **rest: Any) -> Any:
        opened.is_whole, opened.damage = True, ""
        return original(self, opened, **{**rest, "fault": ""})

    put(file.Stick, "_told", told)


# -- erasure ------------------------------------------------------------------------------


@mutant_of("erasure")
def forgetful_server_serves(put: Patch) -> None:
    """A server whose asker knows of other erased learners feeds it all the same."""
    put(session_erasure.ErasureAnswering, "may_serve", lambda *_: True)


@mutant_of("erasure")
def erased_file_not_read(put: Patch) -> None:
    """A process serves before it has read who is erased."""
    put(erased_home, "forgotten", lambda *_: ())


@mutant_of("erasure")
def late_events_of_the_erased_kept_in_clear(put: Patch) -> None:
    put(receiving, "as_leaves", lambda _connection, _school_id, events: events)


@mutant_of("erasure")
def copies_of_the_erased_kept(put: Patch) -> None:
    put(feed, "erased_among", lambda *_: set())
    put(session_store, "_is_of_gone", lambda *_: False)


@mutant_of("erasure")
def erasures_not_told(put: Patch) -> None:
    """An asker keeps to itself whom it knows to be erased."""
    put(session_erasure.ErasureAsking, "frames", lambda *_: [])


@mutant_of("erasure")
def leaves_not_sent(put: Patch) -> None:
    """Erased events are left out of a body, and what follows them goes without them."""
    original = session_filling.pack_batch

    def pack_batch(offered: Any, *rest: Any) -> Any:
        messages, heads = original(offered, *rest)
        return [each for each in messages if not isinstance(each, Stubs)], heads

    put(session_filling, "pack_batch", pack_batch)


# -- neighbours' work ---------------------------------------------------------------------


@mutant_of("carrying")
def offered_bundle_said_to_be_held(put: Patch) -> None:
    """A server says that it has what it was only offered, and the carrier drops it."""
    put(blob_share.FolderBlobs, "wants", lambda _self, _peer, _name, total: total)


@mutant_of("carrying")
def carrier_without_a_quota(put: Patch) -> None:
    put(blob_store.BlobFolder, "has_room", lambda *_: True)


# -- removed computers and copies ---------------------------------------------------------


@mutant_of("removal")
def child_of_a_removed_computer_taken(put: Patch) -> None:
    """The line of a copy is followed through a computer that was removed."""
    original = session_nodes.is_certified

    def is_certified(*args: Any, is_revoked: Any, **rest: Any) -> bool:
        del is_revoked
        return original(*args, is_revoked=lambda _: False, **rest)

    put(session_nodes, "is_certified", is_certified)


@mutant_of("removal")
def line_of_a_removed_parent_forgotten(put: Patch) -> None:
    """A school that was set back keeps no certificate that goes through a removed computer."""
    put(session_in, "is_of_line", lambda *_: False)


@mutant_of("removal")
def lost_line_not_shown_again(put: Patch) -> None:
    """A copy that its server knows never says again whom it came from."""
    put(session_introducing.Introductions, "explains", lambda _: False)


@mutant_of("removal")
def removed_computer_served(put: Patch) -> None:
    original = session_answering.Answering.__init__

    def made(self: Any, *, refusal_of: Any, **rest: Any) -> None:
        del refusal_of
        original(self, **rest)

    put(session_answering.Answering, "__init__", made)


@mutant_of("removal")
def copy_never_confirmed(put: Patch) -> None:
    """A copied machine is taken for ever by the certificate that it signed itself."""
    put(session_nodes.Confirming, "close", lambda *_: Step())
