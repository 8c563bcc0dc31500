"""The side that is asked in a session, for one round, sans I/O (see `session.py`)."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from darasa.sync.capabilities import Capability
from darasa.sync.clock_events import Correction
from darasa.sync.errors import RemoteProtocolError, SyncError
from darasa.sync.ids import NO_SCHOOL, NodeId, Rng, Role
from darasa.sync.messages import (
    Blob,
    Clocks,
    CursorGroup,
    EndCode,
    Erased,
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
    Stubs,
    Tips,
    Want,
)
from darasa.sync.session_blobs import Blobs, BlobsAnswering
from darasa.sync.session_body import END_BYTES_MAX, BodyReader, body_of, end_code_of
from darasa.sync.session_clock import checked_clocks, own_clocks
from darasa.sync.session_comparing import Comparing
from darasa.sync.session_erasure import ErasureAnswering
from darasa.sync.session_feed import FeedOut, scope_key, scope_keys, split_keys
from darasa.sync.session_hello import ON_A_LINK, common_version, is_signed_hello, signed_hello
from darasa.sync.session_in import Arrivals, parse_certificates
from darasa.sync.session_nodes import Confirming, is_taken, unproved_line
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
from darasa.sync.signing import Certificate

_TIP_BYTES: Final = 26
_OFFERING: Final = (Marks, Tips, Ranges, Heads, Events, Stubs)
FROZEN_SENTENCE: Final = "This machine sent far too much. Ask the teacher to release it."
FROZEN_RETRY_S: Final = 15 * 60
_SERVES: Final = {Role.SCHOOL: Role.COMPUTER, Role.HUB: Role.SCHOOL}


class Answering:
    """The side that is asked, for one round: `receive` the body, `finish`, then `send`.

    `scopes_of` gives the scopes that a peer may have, `refusal_of` the sentence for a peer that is
    served no more, empty for every other. Of the scopes, `unasked_of` gives what goes from the
    start to one that named others only: on a stick there is no second round to ask in.
    """

    def __init__(
        self,
        *,
        me: Myself,
        view: View,
        rng: Rng,
        scopes_of: Callable[[NodeId], Sequence[bytes]],
        refusal_of: Callable[[NodeId], str] = lambda _: "",
        limits: Limits | None = None,
        unasked_of: Callable[[NodeId], Sequence[bytes]] | None = None,
        blobs: Blobs | None = None,
    ) -> None:
        self.fault = ""
        self.other: Other | None = None
        self.version = me.program.versions.least  # until HELLO says what both know
        self._me = me
        self._view = view
        self._rng = rng
        self._scopes_of = scopes_of
        self._unasked_of = unasked_of
        self._refusal_of = refusal_of
        self._limits = limits or Limits()
        self._erasure = ErasureAnswering(me, view, self._limits)
        self._files = BlobsAnswering(blobs, self._limits.frame)
        self._reader = BodyReader(ranges=bool(self._me.can(Capability.RANGES)))
        self._code = EndCode.DONE
        self._retry_after_s: int | None = None
        self._hello: Hello | None = None
        self._arrivals: Arrivals | None = None
        self._comparing: Comparing | None = None
        self._marks: tuple[bytes, ...] | None = None
        self._has_marks = False
        self._is_quiet = True
        self._clocks: tuple[Correction, ...] = ()
        self._confirming = Confirming(me, None)

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
            yield self._closed(self._arrivals)
            self._arrivals.committed()
            yield unsigned_to_drop(
                self._view, self._arrivals.other, self._arrivals.named, is_quiet=self._is_quiet
            )
            if self._hello is not None:
                yield self._erasure.close(self._arrivals.other, self._hello)
            yield self._confirming.close(self._arrivals.other, self._arrivals.brought)
            yield from own_clocks(self._clocks, self._arrivals.other, self._view)

    def _closed(self, arrivals: Arrivals) -> Step:
        """The mark of this round, if it is to have one."""
        comparing = self._comparing
        assert comparing is not None
        shown = arrivals.other_tips()
        must_mark = comparing.needs_mark(shown, has_named=bool(arrivals.named))
        told = comparing.told(shown, has_marks=self._has_marks)
        return arrivals.close(must_mark=must_mark, told=told)

    def _stop_for(self, error: SyncError) -> None:
        self.stop(str(error), code=end_code_of(error))

    def stop(self, sentence: str, *, code: EndCode, retry_after_s: int | None = None) -> None:
        """End the session with a sentence: what was committed stays and is receipted."""
        if not self.fault:
            self.fault, self._code = sentence, code
            self._retry_after_s = retry_after_s or self._retry_after_s

    def ask_for_less(self, retry_after_s: int | None) -> None:
        """When the asker is to come again, though all is well; None leaves it to its rhythm."""
        if not self.fault:
            self._retry_after_s = retry_after_s

    def _on(self, message: Message) -> Step:  # noqa: PLR0911, PLR0912 (a table of frames)
        self._is_quiet = self._is_quiet and not isinstance(message, _OFFERING)
        if isinstance(message, Hello):
            return self._on_hello(message)
        if self._arrivals is None:
            return self._on_stranger(message)
        match message:
            case Erased():
                return self._erasure.on_erased(self._arrivals.other, message)
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
            case Stubs():
                return self._arrivals.on_stubs(message)
            case Want():
                self._files.on_want(message)
                return Step()
            case Blob():
                return Step(files=self._files.on_blob(self._arrivals.other.node_id, message))
            case Presence():
                return Step(facts=(Seated(self._arrivals.other.node_id, message.rows),))
            case Clocks():
                self._clocks = checked_clocks(message, self._arrivals.other, self._me)
                return Step()
            case Receipt() | Feed():
                raise SessionEndedError("This computer sent what only a server may send.")
            case _:
                return Step()  # END: `finish` has it

    def _on_hello(self, hello: Hello) -> Step:
        if self._hello is not None:
            raise SessionEndedError("A transfer has one HELLO.")
        self.version = common_version(self._me, hello, who="This server")
        self._hello = hello
        certificate = self._view.certificate(NodeId(hello.node_id))
        self._confirming = Confirming(self._me, certificate)
        if certificate is None or not is_taken(certificate, self._me, self._view):
            return Step()  # its certificate, or one that counts, may be the next frame
        return self._greet(certificate)

    def _on_stranger(self, message: Message) -> Step:
        """Only its certificate makes a stranger known: this server gave it, and forgot."""
        if self._hello is None or not isinstance(message, Nodes):  # END may come first
            raise _unknown_node()
        brought = parse_certificates(message)
        for certificate in brought:
            if certificate.node_id == self._hello.node_id:
                greeted = self._greet(certificate, brought)
                assert self._arrivals is not None
                return Step(greeted.facts, self._arrivals.on_nodes(message).writes)
        raise _unknown_node()

    def _greet(self, certificate: Certificate, brought: Sequence[Certificate] = ()) -> Step:
        hello = self._hello
        assert hello is not None
        school_id = hello.school_id if hello.school_id is not None else NO_SCHOOL
        if not is_taken(certificate, self._me, self._view, brought):
            raise _unknown_node()
        if certificate.role is not _SERVES.get(self._me.role):
            raise SessionEndedError(f"This server does not serve a {certificate.role}.")
        is_elsewhere = self._me.role is Role.SCHOOL and certificate.school_id != self._me.school_id
        if certificate.school_id != school_id or is_elsewhere:
            raise SessionEndedError("This machine belongs to another school. Join it here first.")
        me = self._me.key.node_id
        if not is_signed_hello(hello, certificate.public_key, receiver=me, answers_to=b""):
            raise SessionEndedError("The greeting is not signed by the node that it names.")
        for node_id in unproved_line(certificate, self._me, self._view, brought):
            self._check_served(node_id)
        self.other = Other(
            NodeId(hello.node_id), certificate.public_key, certificate.role, certificate.school_id
        )
        self._arrivals = Arrivals(
            self._me, self.other, self._view, self._rng, answers_to=hello.signature
        )
        self._comparing = Comparing.greeted(self._me, self.other, self._view, self._limits, hello)
        if self._me.role is Role.HUB:  # until the answer is made, it has told nothing more
            self._arrivals.told = self._comparing.told_upto or 0
        if self._comparing.base is None:
            self._marks = ()
        return Step(facts=(Greeted(self.other, hello.wall_ms),))

    def _check_served(self, node_id: NodeId) -> None:
        """Raise SessionEndedError for a node that was removed, or that floods."""
        refusal = self._refusal_of(node_id)
        if refusal:
            raise SessionEndedError(refusal)
        if self._view.is_frozen(node_id):
            self._retry_after_s = FROZEN_RETRY_S
            raise SessionEndedError(FROZEN_SENTENCE, code=EndCode.FROZEN)

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
        erased = self._erasure.frames(other, asked)
        body = self._limits.body - sum(map(len, erased))
        frames += self._compared(arrivals, asked, body - sum(map(len, frames)))
        common: CursorGroup | None = None
        if not self.fault and asked.cursors and self._erasure.may_serve(other, asked):
            left = body - sum(map(len, frames)) - 2 * END_BYTES_MAX
            groups = self._with_unasked(other, asked.cursors)
            fed, common = self._feed(other, arrivals, asked, groups).frames(left)
            frames += fed
        left = body - sum(map(len, frames)) - 2 * END_BYTES_MAX
        frames += [] if self.fault else self._files.frames(other.node_id, left)
        hello = signed_hello(
            self._me,
            receiver=other.node_id,
            answers_to=asked.signature,
            mark=asked.mark if self._marks is None else None,
            cursors=() if common is None else (common,),
            wall_ms=wall_ms,
            capabilities=ON_A_LINK | self._files.capabilities,
            erased_digest=self._erasure.digest(other),
        )
        return [hello.to_frame(), *self._confirming.frames(), *erased, *frames]

    def _with_unasked(
        self, other: Other, groups: tuple[CursorGroup, ...]
    ) -> tuple[CursorGroup, ...]:
        """The named scopes, and those that go without being asked for, from the start."""
        if self._unasked_of is None:
            return groups
        named = {key for group in groups for key in split_keys(group.scope_keys)}
        more = [each for each in self._unasked_of(other.node_id) if scope_key(each) not in named]
        return (*groups, CursorGroup(None, scope_keys(more))) if more else groups

    def _compared(self, arrivals: Arrivals, asked: Hello, left: int) -> list[bytes]:
        """What is given back, RANGES, and the receipts that speak of both."""
        comparing = self._comparing
        is_unsettled = self._marks is not None and (self._marks or not self._has_marks)
        if comparing is None or self.fault or is_unsettled:  # the marks are settled first
            digest = self._reader.ranges_digest()
            risen = () if comparing is None else comparing.risen()
            return [each.to_frame() for each in arrivals.receipts(risen=risen, ranges=digest)]
        shown = arrivals.other_tips()
        budget = left - sum(map(len, shown.values())) * _TIP_BYTES - 3 * END_BYTES_MAX
        compared = comparing.answer(shown, key=asked.signature, budget=budget)
        self._reader.add_ranges(b"".join(compared.ranges))
        digest = self._reader.ranges_digest()
        receipts = arrivals.receipts(compared.tips, risen=comparing.risen(), ranges=digest)
        frames = [*compared.events, *compared.ranges]
        return [*frames, *(receipt.to_frame() for receipt in receipts)]

    def _feed(
        self, other: Other, arrivals: Arrivals, asked: Hello, groups: tuple[CursorGroup, ...]
    ) -> FeedOut:
        return FeedOut(
            self._me,
            other.node_id,
            asked.signature,
            self._view,
            self._limits,
            self._scopes_of(other.node_id),
            groups,
            arrivals.other_has(),
        )


def _unknown_node() -> SessionEndedError:
    return SessionEndedError(
        "This server does not know this machine. Join it with a new code.",
        code=EndCode.UNKNOWN_NODE,
    )
