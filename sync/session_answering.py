"""The side that is asked in a session, for one round, sans I/O (see `session.py`)."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from darasa.sync.errors import RemoteProtocolError, SyncError
from darasa.sync.ids import NO_SCHOOL, NodeId, Rng, Role
from darasa.sync.messages import (
    PROTOCOL_VERSION,
    CursorGroup,
    EndCode,
    Events,
    Feed,
    Heads,
    Hello,
    Marks,
    Message,
    Nodes,
    Presence,
    Ranges,
    Receipt,
    Tips,
)
from darasa.sync.session_body import END_BYTES_MAX, BodyReader, body_of, end_code_of
from darasa.sync.session_comparing import Comparing
from darasa.sync.session_feed import FeedOut
from darasa.sync.session_hello import is_signed_hello, signed_hello
from darasa.sync.session_in import Arrivals, parse_certificates
from darasa.sync.session_out import tips_frames
from darasa.sync.session_unsigned import unsigned_to_drop
from darasa.sync.session_view import (
    Greeted,
    Limits,
    Myself,
    Other,
    Seated,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import Certificate, check_certificate

_TIP_BYTES: Final = 26
_OFFERING: Final = (Marks, Tips, Ranges, Heads, Events)
_SERVES: Final = {Role.SCHOOL: Role.COMPUTER, Role.HUB: Role.SCHOOL}


class Answering:
    """The side that is asked, for one round: `receive` the body, `finish`, then `send`.

    `scopes_of` gives the scopes that a peer may have.
    """

    def __init__(
        self,
        *,
        me: Myself,
        view: View,
        rng: Rng,
        scopes_of: Callable[[NodeId], Sequence[bytes]],
        limits: Limits | None = None,
    ) -> None:
        self.fault = ""
        self.other: Other | None = None
        self._me = me
        self._view = view
        self._rng = rng
        self._scopes_of = scopes_of
        self._limits = limits or Limits()
        self._reader = BodyReader()
        self._code = EndCode.DONE
        self._retry_after_s: int | None = None
        self._hello: Hello | None = None
        self._arrivals: Arrivals | None = None
        self._comparing: Comparing | None = None
        self._marks: tuple[bytes, ...] | None = None
        self._has_marks = False
        self._is_quiet = True

    def receive(self, data: bytes) -> Iterator[Step]:
        """What a part of the body brings, a step a frame. After a fault nothing more is read."""
        if self.fault:
            return
        try:
            for message in self._reader.messages(data):
                yield self._on(message)
                if self._arrivals is not None:
                    self._arrivals.committed()
        except RemoteProtocolError as error:
            self._stop_for(error)

    def finish(self) -> Iterator[Step]:
        """The body has ended."""
        try:
            if not self.fault:
                self._reader.finish()
                if self._arrivals is None:
                    raise _unknown_node()
        except RemoteProtocolError as error:
            self._stop_for(error)
        if self._arrivals is not None and not self.fault:
            yield self._arrivals.close(must_mark=self._needs_mark(self._arrivals))
            self._arrivals.committed()
            yield unsigned_to_drop(
                self._view, self._arrivals.other, self._arrivals.named, is_quiet=self._is_quiet
            )

    def _needs_mark(self, arrivals: Arrivals) -> bool:
        if self._comparing is None:
            return False
        shown = arrivals.other_tips()
        return self._comparing.needs_mark(shown, has_named=bool(arrivals.named))

    def _stop_for(self, error: SyncError) -> None:
        self.stop(str(error), code=end_code_of(error))

    def stop(self, sentence: str, *, code: EndCode, retry_after_s: int | None = None) -> None:
        """End the session with a sentence: what was committed stays and is receipted."""
        if not self.fault:
            self.fault, self._code, self._retry_after_s = sentence, code, retry_after_s

    def _on(self, message: Message) -> Step:  # noqa: PLR0911 (a table of frames)
        self._is_quiet = self._is_quiet and not isinstance(message, _OFFERING)
        if isinstance(message, Hello):
            return self._on_hello(message)
        if self._arrivals is None:
            return self._on_stranger(message)
        match message:
            case Nodes():
                return self._arrivals.on_nodes(message)
            case Marks():
                return self._on_marks(message)
            case Tips():
                return self._arrivals.on_tips(message)
            case Ranges():
                return self._on_ranges(message)
            case Heads():
                return self._arrivals.on_heads(message)
            case Events():
                return self._arrivals.on_events(message)
            case Presence():
                return Step(facts=(Seated(self._arrivals.other.node_id, message.rows),))
            case Receipt() | Feed():
                raise SessionEndedError("This computer sent what only a server may send.")
            case _:
                return Step()  # END: `finish` has it

    def _on_hello(self, hello: Hello) -> Step:
        if self._hello is not None:
            raise SessionEndedError("A transfer has one HELLO.")
        if not hello.version_min <= PROTOCOL_VERSION <= hello.version_max:
            raise SessionEndedError(
                f"This server speaks version {PROTOCOL_VERSION} of the exchange, the other side"
                f" {hello.version_min} to {hello.version_max}. Update the older one.",
                code=EndCode.VERSION,
            )
        self._hello = hello
        certificate = self._view.certificate(NodeId(hello.node_id))
        if certificate is None:
            return Step()  # its certificate may be the next frame
        return self._greet(certificate)

    def _on_stranger(self, message: Message) -> Step:
        """Only its certificate makes a stranger known: this server gave it, and forgot."""
        assert self._hello is not None
        if not isinstance(message, Nodes):
            raise _unknown_node()
        for certificate in parse_certificates(message):
            if certificate.node_id == self._hello.node_id:
                greeted = self._greet(certificate)
                assert self._arrivals is not None
                return Step(greeted.facts, self._arrivals.on_nodes(message).writes)
        raise _unknown_node()

    def _greet(self, certificate: Certificate) -> Step:
        hello = self._hello
        assert hello is not None
        school_id = hello.school_id if hello.school_id is not None else NO_SCHOOL
        if not check_certificate(certificate, self._me.key.public):
            raise _unknown_node()
        if certificate.role is not _SERVES.get(self._me.role):
            raise SessionEndedError(f"This server does not serve a {certificate.role}.")
        is_elsewhere = self._me.role is Role.SCHOOL and certificate.school_id != self._me.school_id
        if certificate.school_id != school_id or is_elsewhere:
            raise SessionEndedError("This machine belongs to another school. Join it here first.")
        me = self._me.key.node_id
        if not is_signed_hello(hello, certificate.public_key, receiver=me, answers_to=b""):
            raise SessionEndedError("The greeting is not signed by the node that it names.")
        self.other = Other(
            NodeId(hello.node_id), certificate.public_key, certificate.role, certificate.school_id
        )
        self._arrivals = Arrivals(self._me, self.other, self._view, self._rng)
        self._comparing = Comparing.greeted(self._me, self.other, self._view, self._limits, hello)
        if self._comparing.base is None:
            self._marks = ()
        return Step(facts=(Greeted(self.other),))

    def _on_marks(self, marks: Marks) -> Step:
        assert self.other is not None
        assert self._comparing is not None
        other = self.other
        self._has_marks = True
        self._comparing.base = None  # the next round names the mark that is found
        known = (mark for mark in marks.marks if self._knows_mark(other, mark))
        self._marks = tuple(islice(known, 1))
        return Step()

    def _on_ranges(self, ranges: Ranges) -> Step:
        assert self._hello is not None
        assert self._comparing is not None
        self._comparing.on_ranges(ranges, has_mark=self._hello.mark is not None)
        return Step()

    def _knows_mark(self, other: Other, mark: bytes) -> bool:
        return self._view.knows_mark(other.school_id, other.node_id, mark)

    def send(self, wall_ms: int) -> bytes:
        """The answer: what is known, what was committed, what is new, and END."""
        frames: list[bytes] = []
        if self.other is not None and self._arrivals is not None and self._hello is not None:
            frames = self._answer(self.other, self._arrivals, self._hello, wall_ms)
        return self._ended(frames)

    def farewell(self) -> bytes:
        """An answer of END alone, when no other can be made."""
        return self._ended([])

    def _ended(self, frames: list[bytes]) -> bytes:
        return body_of(
            frames, reason=self.fault, code=self._code, retry_after_s=self._retry_after_s
        )

    def _answer(self, other: Other, arrivals: Arrivals, asked: Hello, wall_ms: int) -> list[bytes]:
        frames: list[bytes] = []
        if self._marks is not None:
            frames.append(Marks(self._marks).to_frame())
        frames += tips_frames(arrivals.tips_answer())
        frames += self._compared(arrivals, asked, self._limits.body - sum(map(len, frames)))
        common: CursorGroup | None = None
        if not self.fault and asked.cursors:
            left = self._limits.body - sum(map(len, frames)) - 2 * END_BYTES_MAX
            fed, common = self._feed(other, arrivals, asked).frames(left)
            frames += fed
        hello = signed_hello(
            self._me,
            receiver=other.node_id,
            answers_to=asked.signature,
            cursors=() if common is None else (common,),
            wall_ms=wall_ms,
        )
        return [hello.to_frame(), *frames]

    def _compared(self, arrivals: Arrivals, asked: Hello, left: int) -> list[bytes]:
        """What is given back, RANGES, and the receipts that speak of both."""
        comparing = self._comparing
        is_unsettled = self._marks is not None and (self._marks or not self._has_marks)
        if comparing is None or self.fault or is_unsettled:  # the marks are settled first
            digest = self._reader.ranges_digest()
            return [each.to_frame() for each in arrivals.receipts(ranges=digest)]
        shown = arrivals.other_tips()
        budget = left - sum(map(len, shown.values())) * _TIP_BYTES - 3 * END_BYTES_MAX
        compared = comparing.answer(shown, key=asked.signature, budget=budget)
        self._reader.add_ranges(b"".join(compared.ranges))
        digest = self._reader.ranges_digest()
        receipts = arrivals.receipts(compared.tips, risen=comparing.risen(), ranges=digest)
        frames = [*compared.events, *compared.ranges]
        return [*frames, *(receipt.to_frame() for receipt in receipts)]

    def _feed(self, other: Other, arrivals: Arrivals, asked: Hello) -> FeedOut:
        return FeedOut(
            self._me,
            other.node_id,
            asked.signature,
            self._view,
            self._limits,
            self._scopes_of(other.node_id),
            asked.cursors,
            arrivals.other_has(),
        )


def _unknown_node() -> SessionEndedError:
    return SessionEndedError(
        "This server does not know this machine. Join it with a new code.",
        code=EndCode.UNKNOWN_NODE,
    )
