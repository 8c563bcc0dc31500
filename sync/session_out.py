"""The asking side's offers: which events go, from where, and when a mark may be noted.

Phases (PROTOCOL.md section 4): FIRST sends what came after the newest mark, or names tips when
that is more than a frame after a broken session; MARKS names older marks; TIPS names logs, or
begins to compare when there are many; SENDING sends, and goes on comparing. Owns what the peer is
known to hold in this session; does not know HELLO, END or the feed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from darasa.sync.ids import SHORT_BYTES, LogId, Mark
from darasa.sync.messages import (
    MARKS_MAX,
    TIPS_MAX,
    Marks,
    Ranges,
    Receipt,
    Tips,
    WireTip,
)
from darasa.sync.session_claims import Claims
from darasa.sync.session_filling import Filling
from darasa.sync.session_finding import Differences
from darasa.sync.session_introducing import Introductions, nodes_frames
from darasa.sync.session_readable import Readable
from darasa.sync.session_view import (
    ForgetMarks,
    Limits,
    Myself,
    NotedMark,
    NoteReceipt,
    OfferedRun,
    Other,
    SessionEndedError,
    Step,
    View,
)
from darasa.sync.signing import verify

_RECENT_MARKS: Final = 16
_REFUSALS_MAX: Final = 2
_TIPS_A_FRAME: Final = 1_000
_TIPS_A_ROUND: Final = 15_000  # named once, answered twice: in tips, and in the receipt
_TIP_BYTES: Final = 26


class Phase(Enum):
    """What the next round does."""

    FIRST = auto()
    MARKS = auto()
    TIPS = auto()
    SENDING = auto()


def marks_to_name(noted: Sequence[NotedMark]) -> list[Mark]:
    """The last contacts, then at doubling distance: at most 32, newest first."""
    places = list(range(min(_RECENT_MARKS, len(noted))))
    step = _RECENT_MARKS
    while step < len(noted) and len(places) < MARKS_MAX:
        places.append(step)
        step *= 2
    return [noted[place].mark for place in places]


def tips_frames(tips: Sequence[WireTip]) -> list[bytes]:
    """TIPS frames of a list; none for an empty one."""
    assert _TIPS_A_FRAME <= TIPS_MAX
    return [
        Tips(tuple(tips[start : start + _TIPS_A_FRAME])).to_frame()
        for start in range(0, len(tips), _TIPS_A_FRAME)
    ]


@dataclass(slots=True)
class Offers:
    """What this node offers to `other` in one session. `trusted`: the last session ended well."""

    me: Myself
    other: Other
    view: View
    limits: Limits
    trusted: bool
    phase: Phase = Phase.FIRST
    mark: Mark | None = None  # for HELLO: the newest that is not known to be lost
    events_sent: int = 0
    level: int = 0
    _noted: Sequence[NotedMark] = ()  # all of them, read when the newest is not known
    _base: int = 0
    _begun_from: Mark | None = None  # all that it speaks of was told in another session
    _upto: int = 0
    _pending: dict[LogId, int] = field(default_factory=dict)  # log -> known up to this ordinal
    _known: dict[bytes, list[WireTip]] = field(default_factory=dict)
    _claims: Claims = field(default_factory=Claims)
    _refusals: dict[bytes, int] = field(default_factory=dict)
    _took: bool = False
    _receipt: Receipt | None = None  # the last one of this answer
    _next: Phase | None = None
    _is_first_round: bool = True
    _unnamed: list[LogId] = field(default_factory=list)  # of `_pending`, for the next TIPS
    differences: Differences = field(init=False)
    introductions: Introductions = field(init=False)
    readable: Readable = field(init=False)
    _filling: Filling = field(init=False)
    _is_doubted: bool = False
    _awaits_marks: bool = False  # this body names marks: the answer must say which is known

    def __post_init__(self) -> None:
        self.differences = Differences(self.me, self.other, self.view)
        self.introductions = Introductions(self.me, self.other, self.view)
        self.readable = Readable(self.me, self.other, self.view)
        self._filling = Filling(self.me, self.view, self.readable, self.limits.frame)
        self._upto = self.view.last_ordinal()
        newest = self.view.noted_marks(self.other.node_id, limit=1)
        is_whole = newest and not self.differences.has_unsigned
        self._go_on_from(newest[0] if is_whole else None)

    @property
    def more(self) -> bool:
        """Whether another round is needed."""
        more = self.introductions.is_due or bool(self._pending) or self.differences.more
        return more or self.phase is Phase.MARKS

    def begin(
        self, *, receipted: Mapping[LogId, Sequence[WireTip]], from_start: bool
    ) -> list[LogId]:
        """For a bundle, which hears no answer: leave out what receipts say the peer holds of single
        logs, or with `from_start` nothing. Answers the logs that are offered.
        """
        self.differences.forget_unsigned()  # a bundle compares nothing
        self.phase = Phase.SENDING  # ... and asks nothing first
        newest = self.view.noted_marks(self.other.node_id, limit=1)
        self._go_on_from(newest[0] if newest else None)
        if from_start:
            self._start_from(0)
        else:
            self._known = {log_id: list(tips) for log_id, tips in receipted.items()}
        return list(self._pending)

    def introduce(self) -> None:
        """The peer does not know this node: its certificate goes with the next round."""
        self.introductions.introduce()
        self._next = Phase.TIPS
        self._go_on_from(None)

    def _go_on_from(self, noted: NotedMark | None) -> None:
        self.mark = self._begun_from = None if noted is None else noted.mark
        self._start_from(0 if noted is None else noted.ordinal)

    def _start_from(self, base: int) -> None:
        self._base = base
        self._pending = dict.fromkeys(self.view.offered_logs(after=base), base)
        self._unnamed = list(self._pending)
        self.differences.forget()
        self.readable.forget(base=base)
        self._known.clear()
        self._claims.clear()

    def nodes(self) -> list[bytes]:
        """NODES of this node itself, when the peer did not know it."""
        return self.introductions.own_frames()

    def frames(self, budget: int, *, key: bytes) -> list[bytes]:
        """The frames of this round between HELLO and END, at most `budget` bytes; `key` is the
        signature of that HELLO.
        """
        self.readable.begin_round()
        self._awaits_marks = self.phase is Phase.MARKS
        self.differences.begin_round(key)
        if self.phase is Phase.FIRST and self.differences.has_unsigned:
            self._pending.clear()  # what came in part is no longer where a mark says
            return self.differences.all_frames()
        if self.phase is Phase.MARKS:
            marks = Marks(tuple(marks_to_name(self._noted))).to_frame()
            return [marks, *self._comparing_beside_marks()]
        if self.phase is Phase.TIPS:
            return self._naming(budget)
        if self.phase is Phase.FIRST and (not self.trusted or self.readable.may_withhold):
            return self._one_frame_or_naming(budget)
        asked = self.differences.frames()
        left = budget - sum(map(len, asked))
        return [*asked, *self._sending(left, room=left)]

    def _comparing_beside_marks(self) -> list[bytes]:
        """If no mark is known either, many logs are to be compared: a round is saved."""
        many = len(self.view.offered_logs(after=0)) > self.limits.named_logs
        return self.differences.all_frames() if many and self.differences.is_spoken else []

    def _one_frame_or_naming(self, budget: int) -> list[bytes]:
        """After a broken session what is more than a frame is asked for first, not sent again."""
        frames = self._sending(0, room=budget)
        if not self._pending:
            return frames
        self.events_sent = 0
        self.introductions.nothing_went()
        self.phase = Phase.TIPS
        self._start_from(self._base)
        return self._naming(budget)

    def _naming(self, budget: int) -> list[bytes]:
        """TIPS of logs that have something new; or ranges over all, when those are many."""
        if len(self._pending) > self.limits.named_logs and self.differences.is_spoken is not False:
            self._pending.clear()
            self._unnamed.clear()
            return self.differences.all_frames()
        count = max(1, min(_TIPS_A_ROUND, budget // 3 // _TIP_BYTES))
        named, self._unnamed = self._unnamed[:count], self._unnamed[count:]
        tips = self.view.offered_tips(named)
        self._claims.named(tips)
        return tips_frames(tips)

    def _sending(self, budget: int, *, room: int) -> list[bytes]:
        """HEADS and EVENTS up to `budget` bytes; one batch at least, for which there is `room`."""
        frames: list[bytes] = []
        left = budget
        while batch := self._filling.batch(self._pending, self._known):
            made, used = self._filling.frames(batch, known_upto=self._base, room=room)
            after = min(self._pending[run.log_id] for run in batch[:used])
            due = self.introductions.due_with(batch[:used], after=after)
            made = [*nodes_frames(due), *made]
            size = sum(len(frame) for frame in made)
            if size > left and frames:
                break
            frames += made
            left -= size
            self.introductions.know_authors(each.node_id for each in due)
            for run in batch[:used]:
                self._sent(run)
        return frames

    def _sent(self, run: OfferedRun) -> None:
        before = WireTip(run.log_id, run.first_seq - 1, run.prev_chain[:SHORT_BYTES])
        tip = WireTip(run.log_id, run.head.seq, run.head.chain[:SHORT_BYTES])
        known = self._known.setdefault(run.log_id, [])
        if before in known:
            known.remove(before)
        known.append(tip)
        self._claims.sent(run)
        self.events_sent += len(run.canonicals)

    def on_marks(self, marks: Marks) -> Step:
        """The named mark was not known; the answer names the newest that is, or none."""
        if not self._is_first_round and self.phase is not Phase.MARKS:
            raise SessionEndedError("The server forgets while it is told. Try again later.")
        self._awaits_marks = False
        if self._is_first_round:
            self._noted = self.view.noted_marks(self.other.node_id)
        found = next((each for each in self._noted if each.mark in marks.marks), None)
        if found is None and self._is_first_round and len(self._noted) > 1:
            self._next = Phase.MARKS
            self.mark = None
            self._start_from(self._base)
            return Step()
        if found is None and self.phase is Phase.MARKS and self.differences.is_comparing:
            self._base = 0  # the ranges of this body go on; they say what is pending
            self._pending.clear()
            return Step(writes=(ForgetMarks(self.other.node_id, 0),))
        self._next = Phase.TIPS if found is None else Phase.SENDING
        self._go_on_from(found)
        return Step(writes=(ForgetMarks(self.other.node_id, self._base),))

    def on_tips(self, tips: Tips) -> None:
        """What the peer holds of named logs, or of logs whose events did not fit what it holds."""
        if self._next is not None:
            return
        for tip in tips.tips:
            if tip.seq and not self.view.relay.holds(self.other.school_id, tip):
                self.differences.want(tip.log_id)
        naming = self.phase is Phase.TIPS
        is_unread = not naming and self.readable.is_unread()
        held_of: dict[bytes, list[WireTip]] = {}
        for tip in tips.tips:
            held_of.setdefault(tip.log_id, []).extend([tip] if tip.seq > 0 else [])
        for log_id, held in held_of.items():
            if not naming:
                self._refuse(LogId(log_id), counts=not is_unread)
            elif not held or log_id not in self._pending:
                continue
            self._known[log_id] = held

    def on_capabilities(self, capabilities: int) -> None:
        """What the peer's HELLO says that it can; what was held back for want of that goes now."""
        self._pending.update(self.readable.on_capabilities(capabilities))

    def again_plain(self) -> bool:
        """The peer ended the session: whether only because it could not read what went.

        Then all goes again in words that it reads, from what it says that it holds.
        """
        if not self.readable.was_beyond:
            return False
        if self._next is None:  # else the mark was not known either: that is settled first
            self._next = Phase.TIPS
            self._start_from(self._base)
        return True

    def _refuse(self, log_id: LogId, *, counts: bool) -> None:
        """The peer lacks what came before: that log goes again from what it holds."""
        self._refusals[log_id] = self._refusals.get(log_id, 0) + counts
        if self._refusals[log_id] > _REFUSALS_MAX:
            raise SessionEndedError("The other side does not accept this work. Try again later.")
        self._claims.named(self.view.offered_tips([log_id]))  # until a receipt says the same
        self._pending[log_id] = 0

    def on_ranges(self, ranges: Ranges) -> None:
        """What the peer says of ranges, unless the next round begins elsewhere."""
        if self._next is None:
            self.differences.on_ranges(ranges)

    def _settle(self) -> None:
        """Of each log that is held otherwise there, what is missing goes."""
        theirs = self.differences.settle(withheld=self.readable.withheld)
        for log_id, tips in theirs.items():
            self._pending[LogId(log_id)] = 0
            self._known[log_id] = list(tips)

    def on_greeting(self, mark: bytes | None) -> None:
        """The signed answer repeats the mark that was named if the peer knows it.

        If it does not, MARKS must come: without it nothing of this round is complete.
        """
        self._is_doubted = mark != self.mark

    @property
    def is_unexplained(self) -> bool:
        """Whether a mark is not known and no MARKS said which one is: a frame was taken out."""
        return self._awaits_marks or (self._is_doubted and self._next is None)

    def on_receipt(self, receipt: Receipt, *, answers_to: bytes, ranges: bytes) -> Step:
        """A signed receipt; the mark counts for all when nothing is left to send or confirm.

        `answers_to`: the signature of this round's HELLO; a receipt of another round is refused.
        `ranges`: the digest of the round's RANGES, which a peer that speaks them signs too.
        """
        ranges = ranges if self.differences.is_spoken else b""
        me = self.me.key.node_id
        raw = receipt.signed_bytes(receiver=me, answers_to=answers_to, ranges=ranges)
        if not verify(self.other.public_key, "receipt", raw, receipt.signature):
            raise SessionEndedError("The receipt is not signed by the server that was joined.")
        self.differences.confirm()
        self._settle()
        others = self._claims.receipted(receipt.tips)
        if self._next is None:  # what a hub gives back is under its receipt
            self.differences.want_missing(others)
        if self._next is None:
            self.mark = Mark(receipt.mark)  # a server restored before the next round shows itself
        self.level = max(self.level, receipt.level)
        # what a hub gives back is under its receipts too: they count together, when all are here
        is_whole = self._is_complete and not self.differences.takes
        ordinal = self._upto if is_whole else None
        self._receipt = receipt
        return Step(writes=(self._note(receipt, ordinal, receipt.tips),))

    def _note(
        self, receipt: Receipt, ordinal: int | None, tips: tuple[WireTip, ...]
    ) -> NoteReceipt:
        return NoteReceipt(self.other.node_id, Mark(receipt.mark), ordinal, receipt.level, tips)

    @property
    def _is_complete(self) -> bool:
        """Whether the peer holds all that is offered, and this node all that the peer gives."""
        sent = (self._all_named or not self._pending) and not self.readable.withholds
        is_doubted = self._is_doubted or self._awaits_marks
        settled = self._next is None and not is_doubted and not self.differences.is_unsettled
        return sent and not self._claims and settled

    @property
    def _all_named(self) -> bool:
        """Whether TIPS have named all that is pending: then receipts say what is held."""
        is_naming = self.phase is Phase.TIPS and not self.differences.is_comparing
        return is_naming and not self._unnamed

    def close(self, *, took: bool, refused: Sequence[LogId]) -> Step:
        """The answer has ended well: what the next round does, and what is to be noted now.

        `took`: it gave something back; `refused`: logs of which the start is missing here. Raises
        SessionEndedError when the peer does not keep to what it says.
        """
        self._settle()
        self.differences.check_confirmed()
        for log_id in refused:
            self.differences.want(log_id)
        if not self.differences.more:
            self.differences.want_unsigned()
        noted: tuple[NoteReceipt, ...] = ()
        if self._receipt is not None and self.differences.takes and self._is_complete:
            noted = (self._note(self._receipt, self._upto, ()),)
        self._receipt = None
        if self.differences.is_unheard:
            self._start_from(self._base)  # it knows no ranges: by TIPS then
            if self._next is None:
                self._next = Phase.TIPS
                self.mark = self._begun_from  # what it was giving in this session does not come
        elif self._next is None and self._all_named and not self._claims:
            self._pending.clear()
        elif self._claims and not self.more and self.introductions.explains():
            self.introduce()
        goes_on = self.phase is Phase.TIPS and not self._all_named and bool(self._unnamed)
        self.phase = self._next or (Phase.TIPS if goes_on else Phase.SENDING)
        self._next = None
        self._is_first_round = False
        self._took = self._took or took
        # what is owed would be forgotten with the place that it is offered from
        if self._took and not self.more and not self._claims:
            self._name_what_came()
        return Step(writes=noted)

    def _name_what_came(self) -> None:
        """What was taken back came after this session began: name it, so that it is not sent."""
        self._took = False
        began, self._upto = self._upto, self.view.last_ordinal()
        self._start_from(began)
        self.phase = Phase.TIPS
