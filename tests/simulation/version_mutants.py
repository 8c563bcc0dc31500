"""Broken engines that mistake a codec, or what a program of another version understands."""

from typing import Any

from damage import Patch, mutant

from darasa.learning.attempt_columns import codec as attempt_codec
from darasa.learning.attempt_columns import columns as attempt_columns
from darasa.sync import session_body, session_out, session_readable
from darasa.sync.columns import Writer
from darasa.sync.event_codec import Coded
from darasa.sync.session_view import SessionEndedError
from darasa.sync.versions import Versions


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
