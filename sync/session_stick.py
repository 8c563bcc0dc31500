"""A session whose round trip is a stick, sans I/O (PROTOCOL.md section 11).

A WORK bundle carries the body of a round and an ANSWER bundle the answer to it, so that both are
made and believed by the code of the wire; days lie between them, so what was asked is kept as
`Asked`. An answer counts for one question, once: an old one changes nothing. Owns the two ends on
the asking side; the answering side is `Answering`, given the body, and later `Asked` again.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import FrameReader, FrameType
from darasa.sync.ids import NO_SCHOOL, LogId, Mark
from darasa.sync.messages import (
    CursorGroup,
    End,
    EndCode,
    Erased,
    Feed,
    Hello,
    Marks,
    Message,
    Nodes,
    Receipt,
    Tips,
    WireCursor,
    WireTip,
)
from darasa.sync.session_body import BodyReader
from darasa.sync.session_erasure import ErasureAsking, erased_frames
from darasa.sync.session_feed import SCOPE_KEY_BYTES, FeedIn, scope_key, split_keys
from darasa.sync.session_hello import IN_A_BUNDLE, is_signed_hello, signed_hello
from darasa.sync.session_in import parse_certificates
from darasa.sync.session_introducing import nodes_frames
from darasa.sync.session_nodes import introduction
from darasa.sync.session_out import Offers, marks_to_name, tips_frames
from darasa.sync.session_view import (
    ForgetMarks,
    ForgetReceipts,
    KeepNodes,
    Limits,
    Myself,
    NoteReceipt,
    Other,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import check_certificate, verify

_TURN_BYTES: Final = 512 * 1024  # what is held in memory while a bundle is made
REQUEST_TYPES: Final = frozenset(
    {FrameType.HELLO, FrameType.ERASED, FrameType.NODES, FrameType.MARKS, FrameType.TIPS}
)
"""The frames that are a question: kept by both sides until the answer has gone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its frames as they went, and our ordinal when it was asked.

    `answers8` is how the answer names it: two bundles of one minute may hold the same greeting.
    """

    answers8: bytes
    request: bytes
    upto: int

    @property
    def hello(self) -> Hello:
        """Its greeting. Raises RemoteProtocolError for bytes that are no request."""
        first = FrameReader().feed(self.request)[0]
        return Hello.parse(first.payload)

    def claims(self) -> set[WireTip]:
        """The tips that it offered: when all are receipted, the peer holds all up to `upto`."""
        frames = FrameReader().feed(self.request)
        tips = (Tips.parse(each.payload) for each in frames if each.type == FrameType.TIPS)
        return {tip for named in tips for tip in named.tips}

    def named(self) -> dict[bytes, WireCursor | None]:
        """Scope key → the cursor that was named for it."""
        return {
            key: group.cursor
            for group in self.hello.cursors
            for key in split_keys(group.scope_keys)
        }


class StickAsking:
    """Makes the body of one WORK bundle.

    `receipted`: tips of single logs that the peer's receipts name. `from_start`: everything goes.
    """

    def __init__(
        self,
        *,
        me: Myself,
        other: Other,
        view: View,
        wanted: Sequence[bytes],
        receipted: Mapping[LogId, Sequence[WireTip]],
        from_start: bool = False,
        wall_ms: int,
    ) -> None:
        self._offers = Offers(me, other, view, Limits(), trusted=True)
        upto = view.last_ordinal()
        logs = self._offers.begin(receipted=receipted, from_start=from_start)
        self.logs = len(logs)
        hello = signed_hello(
            me,
            receiver=other.node_id,
            school_id=None if me.school_id == NO_SCHOOL else me.school_id,
            mark=self._offers.mark,
            cursors=FeedIn(me, other, view, wanted).groups(),
            wall_ms=wall_ms,
            capabilities=IN_A_BUNDLE,
            erased_digest=view.erased_digest(me.school_id),
        )
        frames = [hello.to_frame()]
        frames += nodes_frames(introduction(me))  # of a copy with the line that it came by
        frames += erased_frames(view.erased(me.school_id), Limits().frame)
        marks = marks_to_name(view.noted_marks(other.node_id))
        if marks:
            frames.append(Marks(tuple(marks)).to_frame())
        frames += tips_frames(view.offered_tips(logs))
        self._request = b"".join(frames)
        self._key = hello.signature
        self._upto = upto

    @property
    def events_sent(self) -> int:
        """Events in the body so far."""
        return self._offers.events_sent

    def asked(self, answers8: bytes) -> Asked:
        """What is to be kept until the answer comes to the bundle of that name."""
        return Asked(answers8, self._request, self._upto)

    def parts(self) -> Iterator[bytes]:
        """The body, part by part: the request, certificates, heads and events, END."""
        digest = hashlib.blake2b(digest_size=8)
        for part in self._parts():
            digest.update(part)
            yield part
        yield End(digest.digest(), "", None, int(EndCode.DONE)).to_frame()

    def _parts(self) -> Iterator[bytes]:
        yield self._request
        while frames := self._offers.frames(_TURN_BYTES, key=self._key):
            yield from frames


@dataclass(slots=True)
class TakingAnswer:
    """Takes the answer to `asked` from an ANSWER bundle; like `Asking`, but nothing goes back."""

    me: Myself
    other: Other
    view: View
    wanted: Sequence[bytes]
    asked: Asked
    fault: str = ""
    level: int = 0
    _reader: BodyReader = field(default_factory=BodyReader)
    _feed: FeedIn = field(init=False)
    _claims: set[WireTip] = field(init=False)
    _named: dict[bytes, WireCursor | None] = field(init=False)
    _cursors: dict[bytes, WireCursor] = field(init=False)
    _common: tuple[CursorGroup, ...] = ()
    _answer: Hello | None = None
    _is_set_back: bool = False

    def __post_init__(self) -> None:
        question = self.asked.hello.signature
        self._feed = FeedIn(self.me, self.other, self.view, self.wanted, answers_to=question)
        self._claims = self.asked.claims()
        self._named = self.asked.named()
        self._cursors = dict(self.view.cursors(self.other.node_id))
        self._is_set_back = self.asked.hello.mark is not None  # until MARKS says that it is known

    @property
    def records_in(self) -> int:
        """Records that FEED frames brought."""
        return self._feed.records_in

    def receive(self, data: bytes) -> Iterator[Step]:
        """What a part of the answer brings, a step a frame. Stops at a fault."""
        if self.fault:
            return
        try:
            for message in self._reader.messages(data):
                yield self._on(message)
        except RemoteProtocolError as error:
            self.stop(str(error))

    def _on(self, message: Message) -> Step:  # noqa: PLR0911 (a table of frames)
        match message:
            case Hello():
                return self._on_hello(message)
            case Nodes():
                certificates = parse_certificates(message)
                if not all(check_certificate(each, self.other.public_key) for each in certificates):
                    raise SessionEndedError("A certificate was not given by the joined server.")
                return Step(writes=(KeepNodes(certificates),))
            case Erased():
                side = ErasureAsking(self.me, self.other, self.view, Limits())
                return side.on_erased(message)
            case Marks():
                return self._on_marks(message)
            case Tips():
                return self._on_tips(message)
            case Receipt():
                return self._on_receipt(message)
            case Feed():
                return self._on_feed(message)
            case _:
                return Step()  # END

    def _on_hello(self, hello: Hello) -> Step:
        me, asked = self.me.key.node_id, self.asked.hello.signature
        if hello.node_id != self.other.node_id or not is_signed_hello(
            hello, self.other.public_key, receiver=me, answers_to=asked
        ):
            raise SessionEndedError("This answer is not signed by the server that was joined.")
        self._answer = hello
        self._common = hello.cursors
        return Step()

    def _on_marks(self, marks: Marks) -> Step:
        """The newest mark that the peer knows; another than was named: it was set back."""
        named = self.asked.hello.mark
        if named is None or named in marks.marks:
            self._is_set_back = False
            return Step()
        noted = self.view.noted_marks(self.other.node_id)
        if not noted or noted[0].mark != named:
            return Step()  # a contact since then has told more
        found = next((each.ordinal for each in noted if each.mark in marks.marks), 0)
        return Step(writes=(ForgetMarks(self.other.node_id, found),))

    def _on_tips(self, tips: Tips) -> Step:
        """What is held of logs that were named: the rest goes with the next bundle, though a
        receipt may have been given for it by a store that is there no more.
        """
        newest = self.view.noted_marks(self.other.node_id, limit=1)
        if newest and newest[0].ordinal > self.asked.upto:
            return Step()  # a contact since then has told more
        return Step(writes=(ForgetReceipts(self.other.node_id, tips.tips),))

    def _on_receipt(self, receipt: Receipt) -> Step:
        asked = self.asked.hello.signature
        raw = receipt.signed_bytes(receiver=self.me.key.node_id, answers_to=asked)
        if not verify(self.other.public_key, "receipt", raw, receipt.signature):
            raise SessionEndedError("The receipt is not signed by the server that was joined.")
        self._claims.difference_update(receipt.tips)
        self.level = max(self.level, receipt.level)
        newest = self.view.noted_marks(self.other.node_id, limit=1)
        is_news = not newest or newest[0].ordinal < self.asked.upto
        complete = not self._claims and not self._is_set_back and is_news
        note = NoteReceipt(
            self.other.node_id,
            Mark(receipt.mark),
            self.asked.upto if complete else None,
            receipt.level,
            receipt.tips,
        )
        return Step(writes=(note,))

    def _on_feed(self, feed: Feed) -> Step:
        """A list from the start counts only where this node still is where it asked from."""
        held = self._cursors.get(feed.scope)
        if feed.start is None and held != self._named.get(scope_key(feed.scope)):
            return Step()
        step = self._feed.on_feed(feed)
        if step.writes:
            self._cursors[feed.scope] = feed.to
            self._named[scope_key(feed.scope)] = feed.to
        return step

    def finish(self) -> Iterator[Step]:
        """The answer has ended: its last step, or a fault."""
        if self.fault:
            return
        try:
            end = self._reader.finish()
        except RemoteProtocolError as error:
            self.stop(str(error))
            return
        if end.reason or end.code:
            self.stop(end.reason or "The server ended the exchange without a reason.")
        elif self._answer is None:
            self.stop("This answer is not signed by the server that was joined.")
        else:
            moved = self._feed.on_common([self._current(group) for group in self._common])
            side = ErasureAsking(self.me, self.other, self.view, Limits())
            said, _ = side.close(self._answer)
            yield Step(writes=(*moved.writes, *said.writes))

    def _current(self, group: CursorGroup) -> CursorGroup:
        """Of a group the scopes that this node has heard nothing newer of since it asked."""
        current = {
            scope_key(scope)
            for scope in self.wanted
            if self._cursors.get(scope) == self._named.get(scope_key(scope))
        }
        keys = [key for key in split_keys(group.scope_keys) if key in current]
        assert all(len(key) == SCOPE_KEY_BYTES for key in keys)
        return CursorGroup(group.cursor, b"".join(keys))

    def stop(self, sentence: str) -> None:
        """End here, for a reason of this side."""
        self.fault = self.fault or sentence
