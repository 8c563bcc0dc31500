"""The answering side's account of one round of RANGES, and of what it gives back.

A computer's RANGES are over its own logs, a school's over all logs of the school. Only a hub gives
back: to a school, what came since the mark that its HELLO names, and what its lists lack. Owns what
of that goes into one answer; the frames are in order and bounded by the body.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from darasa.sync.capabilities import Capability
from darasa.sync.ids import LogId, NodeId, Role
from darasa.sync.lineage import ancestors
from darasa.sync.messages import RANGES_MAX, Hello, Ranges, WireRange, WireTip
from darasa.sync.ranges import (
    ALL,
    Holdings,
    Mode,
    Reply,
    Span,
    cut_reply,
    in_order,
    joined,
    of_logs,
    replies,
    wire_size,
)
from darasa.sync.session_giving import GivingBack, Lacking
from darasa.sync.session_view import Limits, Myself, Other, View

RANGES_BYTES: Final = 16 * 1024
"""What a body says in RANGES: at 20 kbit/s that is 6 s, so that a link of 20 s gets further."""
_FRAME_BYTES: Final = 32 * 1024
_RANGES_A_FRAME: Final = 1_000

Tips = Mapping[bytes, Sequence[WireTip]]


class Compared(NamedTuple):
    """The frames of an answer, and the tips of the logs that they give back."""

    events: list[bytes]
    ranges: list[bytes]
    tips: list[WireTip]


def ranges_frames(ranges: Sequence[WireRange]) -> list[bytes]:
    """RANGES frames of a list; none for an empty one."""
    assert _RANGES_A_FRAME <= RANGES_MAX
    frames: list[bytes] = []
    part: list[WireRange] = []
    size = 0
    for each in joined(ranges):
        more = wire_size(each) + len(each.upper) + 4
        if part and (size + more > _FRAME_BYTES or len(part) >= _RANGES_A_FRAME):
            frames.append(Ranges(tuple(part)).to_frame())
            part, size = [], 0
        part.append(each)
        size += more
    return [*frames, Ranges(tuple(part)).to_frame()] if part else frames


@dataclass(slots=True)
class Comparing:
    """One round. `base`: the transaction up to which the school has or was told of all that is
    here; None when this round cannot say."""

    me: Myself
    other: Other
    view: View
    limits: Limits
    speaks: bool
    takes_leaves: bool
    base: int | None = None
    told_upto: int | None = None  # what of levels the other side was told: up to its mark
    asked: list[WireRange] = field(default_factory=list)

    @classmethod
    def greeted(
        cls, me: Myself, other: Other, view: View, limits: Limits, hello: Hello
    ) -> "Comparing":
        """What a HELLO says of it. An unknown mark says nothing: the asker goes on with MARKS."""
        spoken = me.can(hello.capabilities)
        speaks, takes_leaves = (
            bool(spoken & each) for each in (Capability.RANGES, Capability.ERASURE)
        )
        made = cls(me, other, view, limits, speaks, takes_leaves)
        if hello.mark is None:
            made.base = 0
        else:
            made.base = view.relay.told_upto(other.school_id, other.node_id, hello.mark)
        made.told_upto = made.base
        return made

    @property
    def _gives(self) -> bool:
        """Not to one who would end the session at the first leaf: not while anyone is erased."""
        if not self.speaks or self.me.role is not Role.HUB:
            return False
        return self.takes_leaves or self.view.erased_digest(self.other.school_id) is None

    def on_ranges(self, ranges: Ranges, *, has_mark: bool) -> None:
        """The other side compares. Without a mark in HELLO, this is how it learns of everything."""
        list(in_order([*self.asked, *ranges.ranges]))  # out of order ends the session here
        self.asked += ranges.ranges
        if not has_mark:
            self.base = None

    def risen(self) -> Sequence[tuple[int, Sequence[WireTip]]]:
        """What a school tells a computer: that more places hold its logs than at its mark."""
        if self.me.role is not Role.SCHOOL or self.told_upto is None:
            return ()
        school_id, relay = self.other.school_id, self.view.relay
        return [
            each
            for author in self._authors()
            for each in relay.risen(school_id, author, after=self.told_upto)
        ]

    def needs_mark(self, shown: Tips, *, has_named: bool) -> bool:
        """Whether the answer tells something that the next round must not be told again."""
        if self.asked or self.risen():
            return True
        return self._gives and (has_named or next(self._changed(shown), None) is not None)

    def told(self, shown: Tips, *, has_marks: bool) -> int | None:
        """Up to where this answer tells a school what it may have back; None: all.

        In a bundle, in a round with MARKS and to a school of before nothing is given.
        """
        if self.me.role is not Role.HUB or (self._gives and (self.asked or not has_marks)):
            return None
        base = self.told_upto or 0
        return base if next(self._lacking_since(shown, base), None) is not None else None

    def answer(self, shown: Tips, *, key: bytes, budget: int) -> Compared:
        """EVENTS that are given back, then RANGES, about `budget` bytes. `key`: the signature of
        the asker's HELLO."""
        kept = min(RANGES_BYTES + _FRAME_BYTES // 2, 3 * budget // 4)  # for RANGES
        left = budget - (kept if self.asked else 100)
        giving = GivingBack(self.other, self.view.relay, self.limits, left)
        shown = self._shown_and_listed(shown)
        made = self._replies(self._held(key)) if self.asked else []
        listed = {log_id for reply in made for log_id in reply.lacking}
        # of a log that is listed all is said to be had or not: not only what is new is lacked
        changed = [each for each in self._changed(shown) if each.log_id not in listed]
        stopped = giving.give(changed)
        if stopped is not None:  # the rest by comparing: what has gone is equal then
            rest = ALL if self.asked else Span(stopped, ALL.upper)
            ranges = [WireRange(rest.upper, Mode.FINGERPRINT, self._held(key).fingerprint(rest))]
            if not self.asked:
                ranges.insert(0, WireRange(rest.lower, Mode.SAME, None))
            return Compared(
                giving.frames, ranges_frames(ranges), self._tips(giving, changed, stopped)
            )
        tips = self._tips(giving, changed, None)
        if not self.asked:
            return Compared(giving.frames, [], tips)
        lacking = self._lacking(made)
        stopped = giving.give(lacking)
        said = ranges_frames(_as_far_as(made, stopped))
        return Compared(giving.frames, said, [*tips, *self._tips(giving, lacking, stopped)])

    def _changed(self, shown: Tips) -> Iterator[Lacking]:
        """The logs with something here that the school was not told of yet, if it takes them."""
        if not self._gives or self.base is None:
            return iter(())
        return self._lacking_since(shown, self.base)

    def _lacking_since(self, shown: Tips, base: int) -> Iterator[Lacking]:
        relay, school_id = self.view.relay, self.other.school_id
        for log_id in relay.changed_logs(school_id, after=base):
            has = shown.get(log_id, ())
            if set(self.view.held_tips(school_id, log_id)) <= set(has):
                continue
            if all(relay.holds(school_id, tip) for tip in has if tip.seq):
                yield Lacking(log_id, has, base)
            # else it is ahead or forked there: the answer to TIPS says what is here

    def _tips(
        self, giving: GivingBack, given: Sequence[Lacking], stopped: LogId | None
    ) -> list[WireTip]:
        """The tips of the logs that went whole."""
        whole = [each for each in given if stopped is None or each.log_id < stopped]
        school_id = self.other.school_id
        tips = (tip for each in whole for tip in self.view.held_tips(school_id, each.log_id))
        return [tip for tip in tips if tip in giving.ends]

    def _held(self, key: bytes) -> Holdings:
        authors = self._authors() if self.other.role is Role.COMPUTER else None
        return Holdings(self.view.relay.tips(self.other.school_id, authors=authors), key=key)

    def _authors(self) -> list[NodeId]:
        """A computer, and those it came from: it brings what they wrote."""
        return [self.other.node_id, *ancestors(self.other.node_id, self.view.certificate)]

    def _shown_and_listed(self, shown: Tips) -> Tips:
        """What the other side says to have, in the lists of its ranges too."""
        listed = [
            each for told in self.asked if isinstance(told.value, tuple) for each in told.value
        ]
        lists = of_logs(listed)
        return {
            log_id: [*shown.get(log_id, ()), *lists.get(log_id, ())]
            for log_id in {**shown, **lists}
        }

    def _replies(self, held: Holdings) -> list[Reply]:
        """The answer to what was asked, as far as one body goes."""
        made: list[Reply] = []
        size = 0
        holds = partial(self.view.relay.holds, self.other.school_id)
        for reply in replies(held, self.asked, holds=holds):
            made.append(reply)
            size += sum(map(wire_size, reply.ranges))
            if size >= RANGES_BYTES:
                break
        return made

    def _lacking(self, made: Iterable[Reply]) -> list[Lacking]:
        """What the asker's lists lack, by log id."""
        if not self._gives:
            return []
        return [
            Lacking(LogId(log_id), has, 0)
            for reply in made
            for log_id, has in reply.lacking.items()
        ]


def _as_far_as(made: Iterable[Reply], stopped: LogId | None) -> list[WireRange]:
    """The ranges of an answer, up to the first log that did not go whole."""
    ranges: list[WireRange] = []
    for reply in made:
        if stopped is not None and stopped in reply.lacking:
            return [*ranges, *cut_reply(reply, stopped)]
        ranges += reply.ranges
    return ranges
