"""Broken engines that mistake a mark: how far a sender may go on from what it sent before."""

from typing import Any

from damage import Patch, mutant

from darasa.sync import contacts, session_answering, session_in, session_out
from darasa.sync.session_view import GiveMark, NoteReceipt, Step


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
