"""The side that asks in a session, sans I/O (see `session.py`)."""

from collections.abc import Iterator, Sequence
from typing import Final

from darasa.sync.capabilities import Capability
from darasa.sync.clock_events import Correction
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.ids import NO_SCHOOL
from darasa.sync.messages import (
    PRESENCE_MAX,
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
    PresenceRow,
    Ranges,
    Receipt,
    Stubs,
    Tips,
    Want,
)
from darasa.sync.session_blobs import Blobs, BlobsAsking
from darasa.sync.session_body import END_BYTES_MAX, BodyReader, body_of
from darasa.sync.session_clock import clock_frames
from darasa.sync.session_erasure import ErasureAsking
from darasa.sync.session_feed import FeedIn
from darasa.sync.session_hello import ON_A_LINK, common_version, is_signed_hello, signed_hello
from darasa.sync.session_in import Arrivals, parse_certificates
from darasa.sync.session_out import Offers
from darasa.sync.session_view import (
    DropUnsigned,
    Ended,
    Fact,
    Greeted,
    KeepNodes,
    Limits,
    Myself,
    Other,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import check_certificate

_NOT_SIGNED: Final = "The answer is not signed by the server that was joined."


class Asking:
    """The side that asks: `send`, then `receive` and `finish` the answer, while `wants_round`.

    `presence` None says nothing of who sits here. `trusted` says that the last session with this
    peer, in this process, ended well.
    """

    def __init__(
        self,
        *,
        me: Myself,
        other: Other,
        view: View,
        wanted: Sequence[bytes] = (),
        presence: Sequence[PresenceRow] | None = None,
        limits: Limits | None = None,
        trusted: bool = False,
        blobs: Blobs | None = None,
    ) -> None:
        self.fault = ""
        self.retry_after_s: int | None = None
        self.version = me.program.versions.least  # until an answer says what both know
        self.heard_wall_ms: int | None = None  # what the answer's HELLO says it is there
        self._me = me
        self._other = other
        self._presence = None if presence is None else tuple(presence)
        self._limits = limits or Limits()
        self._offers = Offers(me, other, view, self._limits, trusted)
        self._view = view
        self._taking = self._new_taking()
        self._feed = FeedIn(me, other, view, wanted)
        self._erasure = ErasureAsking(me, other, view, self._limits)
        self._answer: Hello | None = None
        self._files = BlobsAsking(blobs, other.node_id, self._limits.frame)
        self._asked_for_files = False
        self._reader = BodyReader(ranges=bool(self._me.can(Capability.RANGES)))
        self._hello_signature = b""
        self._is_answered = False
        self._common: tuple[CursorGroup, ...] = ()
        self._introduced = False
        self._took = False
        self._wants_round = True

    @property
    def wants_round(self) -> bool:
        """Whether `send` has something to say."""
        return self._wants_round

    @property
    def events_sent(self) -> int:
        """Events in the bodies so far, those sent twice counted twice."""
        return self._offers.events_sent

    @property
    def records_in(self) -> int:
        """Records that FEED frames brought."""
        return self._feed.records_in

    @property
    def receipt_level(self) -> int:
        """The highest level among the receipts of this session; 0 for none."""
        return self._offers.level

    def ask_again(self) -> None:
        """One more round, for what this side has learned from the last answer."""
        self._wants_round = not self.fault

    def send(self, wall_ms: int, corrections: Sequence[Correction] = ()) -> bytes:
        """The body of the next round; `corrections` are for logs of this node."""
        self.heard_wall_ms = None
        self._reader = BodyReader(ranges=bool(self._me.can(Capability.RANGES)))
        self._is_answered = False
        self._answer = None
        self._common = ()
        self._wants_round = False
        hello = signed_hello(
            self._me,
            receiver=self._other.node_id,
            school_id=None if self._me.school_id == NO_SCHOOL else self._me.school_id,
            mark=self._offers.mark,
            cursors=self._feed.groups(),
            wall_ms=wall_ms,
            capabilities=ON_A_LINK | self._files.capabilities,
            erased_digest=self._erasure.digest,
        )
        self._hello_signature = self._feed.answers_to = hello.signature
        start = [hello.to_frame(), *self._offers.nodes(), *self._erasure.frames()]
        rows, self._presence = self._presence, None
        end = [] if rows is None else [Presence(rows[:PRESENCE_MAX]).to_frame()]
        end += clock_frames(self._me, self._other.node_id, corrections)
        left = self._limits.body - END_BYTES_MAX - sum(map(len, start)) - sum(map(len, end))
        frames = self._offers.frames(left, key=hello.signature)
        self._reader.add_ranges(self._offers.differences.sent)
        self._taking = self._new_taking()
        files: list[bytes] = []
        if not self._offers.more:  # events first
            files = self._files.frames(left - sum(map(len, frames)))
        self._asked_for_files = bool(files)
        return body_of([*start, *frames, *files, *end])

    def _new_taking(self) -> Arrivals:
        return Arrivals(self._me, self._other, self._view, None, answers_to=b"")

    def receive(self, data: bytes) -> Iterator[Step]:
        """What a part of the answer brings, a step a frame. Stops at a fault."""
        if self.fault:
            return
        try:
            for message in self._reader.messages(data):
                yield self._on(message)
        except RemoteProtocolError as error:
            self.stop(str(error))

    def _on(self, message: Message) -> Step:  # noqa: PLR0911, PLR0912 (a table of frames)
        match message:
            case Hello():
                return self._on_hello(message)
            case Erased():
                return self._erasure.on_erased(message)
            case Nodes():
                return self._on_nodes(message)
            case Marks():
                return self._offers.on_marks(message)
            case Tips():
                self._offers.on_tips(message)
                return Step()
            case Ranges():
                self._offers.on_ranges(message)
                return Step()
            case Heads() | Events() | Stubs():
                return self._on_given(message)
            case Receipt():
                return self._offers.on_receipt(
                    message,
                    answers_to=self._hello_signature,
                    ranges=self._reader.ranges_digest(),
                )
            case Feed():
                return self._feed.on_feed(message)
            case Want():
                self._files.on_want(message)
                return Step()
            case Blob():
                return Step(files=self._files.on_blob(message))
            case Presence() | Clocks():
                raise SessionEndedError("The server sent what only a computer may send.")
            case _:
                return Step()  # END: `finish` has it

    def _on_hello(self, hello: Hello) -> Step:
        if hello.node_id != self._other.node_id:
            raise SessionEndedError("Another server answers at this address.")
        me = self._me.key.node_id
        public_key, answers_to = self._other.public_key, self._hello_signature
        if not is_signed_hello(hello, public_key, receiver=me, answers_to=answers_to):
            raise SessionEndedError(_NOT_SIGNED)
        self.version = common_version(self._me, hello, who="This program")
        self._is_answered = True
        both_compare = self._me.can(hello.capabilities & Capability.RANGES)
        self._offers.differences.is_spoken = bool(both_compare)
        self._answer = hello
        self.heard_wall_ms = hello.wall_ms
        self._files.on_hello(hello.capabilities)
        self._offers.on_greeting(hello.mark)
        self._common = hello.cursors
        self._offers.on_capabilities(hello.capabilities)
        return Step(facts=(Greeted(self._other, hello.wall_ms),))

    def _on_nodes(self, nodes: Nodes) -> Step:
        certificates = parse_certificates(nodes)
        givers = [self._other.public_key]
        if self._offers.differences.takes:
            givers.append(self._me.key.public)  # its own, which it may have lost
        for each in certificates:
            if not any(check_certificate(each, giver) for giver in givers):
                raise SessionEndedError("A certificate was not given by the joined server.")
        self._offers.introductions.know_authors(each.node_id for each in certificates)
        return Step(writes=(KeepNodes(certificates),))

    def _on_given(self, message: Heads | Events | Stubs) -> Step:
        """What a hub gives back; nobody else may send events in an answer."""
        if not self._offers.differences.takes or not self._is_answered:
            raise SessionEndedError("The server sent what only a computer may send.")
        if isinstance(message, Heads):
            return self._taking.on_heads(message)
        self._took = True
        if isinstance(message, Stubs):
            return self._taking.on_stubs(message)
        return self._taking.on_events(message)

    def finish(self) -> Iterator[Step]:
        """The answer has ended: its last step. Sets `wants_round` or `fault`."""
        if self.fault:
            return
        try:
            end = self._reader.finish()
        except RemoteProtocolError as error:
            self.stop(str(error))
            return
        self.retry_after_s = end.retry_after_s
        facts: tuple[Fact, ...] = (Ended(end.reason, end.code, end.retry_after_s),)
        if end.code == EndCode.UNKNOWN_NODE and not self._introduced:
            self._introduced = True
            self._offers.introduce()
        elif end.code == EndCode.DAMAGED and self._is_answered and self._offers.again_plain():
            facts = ()
        elif end.reason or end.code:
            self.stop(end.reason or "The server ended the exchange without a reason.")
            yield Step(facts)
            return
        elif not self._is_answered or self._offers.is_unexplained:
            # an END that anyone could have sent, or a frame that somebody took out
            self.stop(_NOT_SIGNED)
            return
        try:
            self._offers.differences.take_unsigned(self._taking.unsigned)
            noted = self._offers.close(took=self._took, refused=self._taking.refused)
        except RemoteProtocolError as error:
            self.stop(str(error))
            yield Step(facts)
            return
        self._took = False
        moved = self._feed.on_common(self._common)
        self._files.close(asked=self._asked_for_files)
        said, is_behind = self._erasure.close(self._answer)
        if self._answer is not None and not is_behind:  # else nothing may have been served
            self._feed.turn()
        more = self._offers.more or self._feed.more or self._files.more
        self._wants_round = more or is_behind
        ended = self._dropped() if not self._wants_round else ()
        yield Step(facts, (*noted.writes, *moved.writes, *said.writes, *ended))

    def _dropped(self) -> tuple[DropUnsigned, ...]:
        """The session ends well: what the hub gave and no head covers goes."""
        school_id, hub = self._other.school_id, self._other.node_id
        takes = self._offers.differences.takes
        if not takes or not self._view.relay.unsigned_logs(school_id, hub):
            return ()
        return (DropUnsigned(school_id, hub),)

    def stop(self, sentence: str) -> None:
        """End the session here, for a reason of this side (the network, the disk)."""
        self.fault = self.fault or sentence
        self._wants_round = False
