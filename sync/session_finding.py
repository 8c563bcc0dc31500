"""The asking side's RANGES in one session: which logs are held differently there.

Owns the ranges that are not settled, over the rounds, and that a settled one counts only under a
receipt whose signature covers what was compared. Does not know what is then sent.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from darasa.sync.capabilities import Capability
from darasa.sync.ids import Role
from darasa.sync.messages import Ranges, WireRange, WireTip
from darasa.sync.ranges import Finding, Holdings
from darasa.sync.session_comparing import RANGES_BYTES, ranges_frames
from darasa.sync.session_view import Myself, Other, SessionEndedError, View

_WANTS_MAX: Final = 3
_NOT_SIGNED: Final = "The server did not sign what it says to hold."


@dataclass(slots=True)
class Differences:
    """What is compared with `other`. `is_spoken`: whether it speaks RANGES, None until it says."""

    me: Myself
    other: Other
    view: View
    is_spoken: bool | None = None
    is_comparing: bool = False
    sent: bytes = b""  # the RANGES frames of this body
    _finding: Finding = field(init=False)
    _key: bytes = b""
    _held: Holdings | None = None
    _heard: list[WireRange] = field(default_factory=list)
    _is_open: bool = False
    _is_confirmed: bool = False
    _wants: dict[bytes, int] = field(default_factory=dict)  # by log, the rounds it was wanted in
    _wanted: set[bytes] = field(default_factory=set)  # in this round
    _unsigned: set[WireTip] = field(default_factory=set)

    def __post_init__(self) -> None:
        if not self.me.can(Capability.RANGES):
            self.is_spoken = False
        self._finding = Finding(takes=self.takes)
        if self.takes:  # a log's head covers it only when it is here whole
            found = self.view.relay.unsigned_tips(self.other.school_id, self.other.node_id)
            self._unsigned = set(found)

    @property
    def takes(self) -> bool:
        """Whether this node takes back what the other side holds: a school from its hub."""
        knows = bool(self.me.can(Capability.RANGES))
        return knows and self.me.role is Role.SCHOOL and self.other.role is Role.HUB

    @property
    def has_unsigned(self) -> bool:
        """Whether a log was being taken back when a link broke."""
        return bool(self._unsigned)

    def forget_unsigned(self) -> None:
        """What came in part is not spoken of."""
        self._unsigned.clear()

    def want_unsigned(self) -> None:
        """All is compared, and the head of these never came: they are asked for as not held."""
        gone = {tip.log_id for tip in self._unsigned}
        self._unsigned.clear()
        for log_id in gone:
            self.want(log_id)

    def take_unsigned(self, ends: Iterable[WireTip]) -> None:
        """Parts of logs came: the next lists say so, and the rest follows them."""
        self._unsigned.update(ends)

    @property
    def more(self) -> bool:
        """Whether something is left to compare."""
        return self._finding.more

    @property
    def is_unheard(self) -> bool:
        """Whether ranges went to a peer that skips them: nothing is known of what is held there."""
        return self.is_comparing and not self.is_spoken

    @property
    def is_unsettled(self) -> bool:
        """Whether what was compared does not say yet that all is held there."""
        return self.more or self.is_unheard

    def forget(self) -> None:
        """Nothing is to be compared any more."""
        self._finding.forget()
        self.is_comparing = self._is_open = False

    def begin_round(self, key: bytes) -> None:
        """A new body; `key` is the signature of its HELLO."""
        self._key, self._held, self._heard, self.sent = key, None, [], b""
        self._is_open = self._is_confirmed = False
        self._wanted.clear()

    def all_frames(self) -> list[bytes]:
        """All logs are to be compared: the first RANGES."""
        self._finding.begin()
        return self.frames()

    def frames(self) -> list[bytes]:
        """The RANGES of this body, bounded; none when nothing is left to compare."""
        if not self._finding.more:
            return []
        frames = ranges_frames(self._finding.ask(self._holdings(), bytes_max=RANGES_BYTES))
        self.sent = b"".join(frames)
        self.is_comparing = self._is_open = True
        return frames

    def _holdings(self) -> Holdings:
        if self._held is None:
            authors = self.me.own_ids if self.me.role is Role.COMPUTER else None
            tips = set(self.view.relay.tips(self.other.school_id, authors=authors))
            self._held = Holdings(tips | self._unsigned, key=self._key)
        return self._held

    def on_ranges(self, ranges: Ranges) -> None:
        """A frame of the answer; one that was not asked for says where more is to be found.

        Raises SessionEndedError for one after the receipt: its signature covers those before it.
        """
        if self._is_confirmed:
            raise SessionEndedError(_NOT_SIGNED)
        self._heard += ranges.ranges
        self._is_open = True

    def confirm(self) -> None:
        """A receipt came whose signature covers the ranges of this round."""
        self._is_confirmed = True

    def settle(self, *, withheld: Collection[bytes] = ()) -> dict[bytes, tuple[WireTip, ...]]:
        """What the answer says, once it is whole: of each log held otherwise there, its tips.

        `withheld`: logs of which not all can be sent to the peer as it is now. It gives back only
        of what it has all that is listed, so these are not listed again.
        """
        if not self._is_open or self.is_spoken is False:
            return {}
        self._is_open = False
        holds = partial(self.view.relay.holds, self.other.school_id)
        theirs = self._finding.hear(self._holdings(), self._heard, holds=holds)
        self._finding.leave(withheld)
        # what is unsigned of these is not known there
        self._unsigned = {tip for tip in self._unsigned if tip.log_id not in theirs}
        return theirs

    def check_confirmed(self) -> None:
        """The answer has ended. Raises SessionEndedError for ranges that nobody signed for."""
        if self._heard and not self._is_confirmed:
            raise SessionEndedError(_NOT_SIGNED)

    def want_missing(self, tips: Iterable[WireTip]) -> None:
        """The peer holds these, and has given them: what of them is not believed is asked for."""
        if not self.takes:
            return
        for tip in tips:
            if not self.view.relay.holds(self.other.school_id, tip):
                self.want(tip.log_id)

    def want(self, log_id: bytes) -> None:
        """Something of a log is there and not here: it is listed in the next round, to a peer
        that can give it.
        """
        if not self.takes or self.is_spoken is False:
            return
        if log_id not in self._wanted:  # an answer may name many branches of one log
            self._wanted.add(log_id)
            self._wants[log_id] = self._wants.get(log_id, 0) + 1
        if self._wants[log_id] > _WANTS_MAX:
            raise SessionEndedError("The hub does not give what it says to hold. Try again later.")
        self._finding.want(log_id)
