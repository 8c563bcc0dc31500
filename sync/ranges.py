"""Which logs two sides hold differently, by fingerprints of ranges of log ids (PROTOCOL.md 4).

The asking side says a range in 16 fingerprints, or as a list when it is short; the answering side
does the same with those that differ, until only short lists are left. In the manner of A. Meyer,
"Range-Based Set Reconciliation" (2022); log ids are hashes, so that a mark of neither side is
needed. Pure: tips in, ranges out. Does not know frames' places in a session, or what is then sent.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import Final, NamedTuple

from darasa.sync.codec import pack
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frontier import DIGEST_BYTES, keyed_entry
from darasa.sync.ids import LOG_ID_BYTES, SHORT_BYTES
from darasa.sync.messages import TIPS_MAX, WireRange, WireTip

SPLIT: Final = 16
LIST_MAX: Final = 16
"""Tips a range is listed with: as many bytes as its 16 fingerprints, and no round more."""
_MODULUS: Final = 1 << (8 * DIGEST_BYTES)
_NOTHING: Final = bytes(SHORT_BYTES)
_END: Final = b""

Holds = Callable[[WireTip], bool]
"""Whether the event of a tip is in the store of this side."""


class RangeError(RemoteProtocolError):
    """RANGES that are out of order or do not fit their mode."""


class Mode(IntEnum):
    """What the value of a range is."""

    SAME = 0  # nil: nothing to say; in an answer: what is here was said to be the same, or is now
    FINGERPRINT = 1  # sum of the hashes of all tips in it
    TIPS = 2  # all tips in it
    OTHER = 3  # in answer to TIPS: the logs of these that are held otherwise here; seq 0: not held


class Span(NamedTuple):
    """Log ids from `lower` up to, without, `upper`; an empty `upper` is the end of all."""

    lower: bytes
    upper: bytes

    @property
    def is_empty(self) -> bool:
        """Whether no log id is in it."""
        return self.upper != _END and self.upper <= self.lower


ALL: Final = Span(b"", _END)


def span_of(log_id: bytes) -> Span:
    """The range of one log."""
    after = int.from_bytes(log_id, "big") + 1
    is_last = after >= 1 << (8 * LOG_ID_BYTES)
    return Span(log_id, _END if is_last else after.to_bytes(LOG_ID_BYTES, "big"))


def of_logs(tips: Iterable[WireTip]) -> dict[bytes, tuple[WireTip, ...]]:
    """Tips by their log; a tip of seq 0 says that there is none."""
    found: dict[bytes, tuple[WireTip, ...]] = {}
    for tip in tips:
        found[tip.log_id] = found.get(tip.log_id, ()) + ((tip,) if tip.seq else ())
    return found


class Holdings:
    """All tips of one side. `key`: bytes of this round, so that no one can aim at a fingerprint.

    Cost: a hash a tip, once; then a fingerprint of any range is a subtraction.
    """

    def __init__(self, tips: Iterable[WireTip], *, key: bytes) -> None:
        self._tips = sorted(tips, key=lambda tip: (tip.log_id, tip.seq, tip.chain8))
        self._ids = [tip.log_id for tip in self._tips]
        entries = (keyed_entry(tip.log_id, tip.seq, tip.chain8, key=key) for tip in self._tips)
        self._sums = list(accumulate(entries, initial=0))

    def _places(self, span: Span) -> tuple[int, int]:
        start = bisect_left(self._ids, span.lower)
        return start, len(self._ids) if span.upper == _END else bisect_left(self._ids, span.upper)

    def tips(self, span: Span) -> tuple[WireTip, ...]:
        """The tips in a range, in order."""
        start, end = self._places(span)
        return tuple(self._tips[start:end])

    def fingerprint(self, span: Span) -> bytes:
        """16 bytes: the sum modulo 2^128 of the keyed hashes of the tips in a range."""
        start, end = self._places(span)
        return ((self._sums[end] - self._sums[start]) % _MODULUS).to_bytes(DIGEST_BYTES, "big")

    def say(self, span: Span) -> list[WireRange]:
        """This side's word on a range: a list when it is short, else 16 fingerprints."""
        start, end = self._places(span)
        bounds = [] if end - start <= LIST_MAX else list(self._bounds(start, end))
        if not bounds:
            return [WireRange(span.upper, Mode.TIPS, tuple(self._tips[start:end][:TIPS_MAX]))]
        parts = [Span(*each) for each in zip((span.lower, *bounds), (*bounds, span.upper))]  # noqa: B905
        return [WireRange(part.upper, Mode.FINGERPRINT, self.fingerprint(part)) for part in parts]

    def _bounds(self, start: int, end: int) -> Iterator[bytes]:
        """Where a range is cut in 16, each as short as tells the logs on both sides apart."""
        last = start
        for part in range(1, SPLIT):
            middle = self._ids[start + part * (end - start) // SPLIT]  # a log is never cut
            place = bisect_left(self._ids, middle)
            if place <= last:
                place = bisect_right(self._ids, middle)
            if last < place < end:
                last = place
                yield _bound_between(self._ids[place - 1], self._ids[place])


def _bound_between(before: bytes, after: bytes) -> bytes:
    """The shortest start of `after` that is beyond `before`."""
    same = next(n for n, (one, other) in enumerate(zip(before, after)) if one != other)  # noqa: B905
    return after[: same + 1]


def in_order(ranges: Iterable[WireRange]) -> Iterator[tuple[Span, WireRange]]:
    """Each range with where it begins. Raises RangeError for ranges that do not follow."""
    lower = b""
    is_over = False
    for each in ranges:
        if is_over or Span(lower, each.upper).is_empty or not _fits(each):
            raise RangeError("A list of ranges is out of order.")
        yield Span(lower, each.upper), each
        lower, is_over = each.upper, each.upper == _END


def _fits(told: WireRange) -> bool:
    match told.mode:
        case Mode.SAME:
            return told.value is None
        case Mode.FINGERPRINT:
            return isinstance(told.value, bytes)
        case Mode.TIPS | Mode.OTHER:
            return isinstance(told.value, tuple)
        case _:
            return False


# -- the answering side -------------------------------------------------------------------


class Reply(NamedTuple):
    """The answer to one range, and the logs of which the asker lacks something, with its tips."""

    span: Span
    ranges: tuple[WireRange, ...]
    lacking: Mapping[bytes, tuple[WireTip, ...]]


def replies(held: Holdings, asked: Iterable[WireRange], *, holds: Holds) -> Iterator[Reply]:
    """The answer to each range in turn."""
    for span, told in in_order(asked):
        if isinstance(told.value, tuple):
            yield _reply_to_list(held, span, told.value, holds)
        elif told.value is None or told.value == held.fingerprint(span):
            yield Reply(span, (WireRange(span.upper, Mode.SAME, None),), {})
        else:
            yield Reply(span, tuple(held.say(span)), {})


def _reply_to_list(held: Holdings, span: Span, told: Sequence[WireTip], holds: Holds) -> Reply:
    """What the asker has and is not here is said; what is here and it lacks can be given."""
    theirs, mine = of_logs(told), of_logs(held.tips(span))
    other: list[WireTip] = []
    lacking: dict[bytes, tuple[WireTip, ...]] = {}
    for log_id in sorted(theirs.keys() | mine.keys()):
        has, here = theirs.get(log_id, ()), mine.get(log_id, ())
        if set(has) == set(here):
            continue
        if all(map(holds, has)):
            lacking[log_id] = has
        else:
            other += here or (WireTip(log_id, 0, _NOTHING),)
    return Reply(span, (_other_range(span.upper, other),), lacking)


def cut_reply(reply: Reply, log_id: bytes) -> tuple[WireRange, ...]:
    """The answer to a list as far as it goes before a log; nothing when that is its first id."""
    if log_id == reply.span.lower:
        return ()
    told = [tip for each in reply.ranges for tip in _tips_of(each) if tip.log_id < log_id]
    return (_other_range(log_id, told),)


def _other_range(upper: bytes, tips: Sequence[WireTip]) -> WireRange:
    if not tips:
        return WireRange(upper, Mode.SAME, None)
    return WireRange(upper, Mode.OTHER, tuple(tips))


def _tips_of(told: WireRange) -> tuple[WireTip, ...]:
    return told.value if isinstance(told.value, tuple) else ()


# -- the asking side ----------------------------------------------------------------------


class Finding:
    """The asking side over the rounds of a session: which ranges are not settled yet.

    `takes`: what the other side holds beyond this one is wanted too.
    """

    def __init__(self, *, takes: bool) -> None:
        self._takes = takes
        self._todo: list[Span] = []
        self._asked: list[Span] = []

    @property
    def more(self) -> bool:
        """Whether a range is left to ask for."""
        return bool(self._todo)

    def begin(self) -> None:
        """All logs are to be compared."""
        self._todo = [ALL]

    def forget(self) -> None:
        """Nothing is to be compared any more."""
        self._todo = []
        self._asked = []

    def want(self, log_id: bytes) -> None:
        """The other side has something of a log that is not here."""
        if self._takes:
            self._todo.append(span_of(log_id))

    def leave(self, log_ids: Iterable[bytes]) -> None:
        """Nothing more of these logs is wanted."""
        left = set(map(span_of, log_ids))
        self._todo = [span for span in self._todo if span not in left]

    def ask(self, held: Holdings, *, bytes_max: int) -> list[WireRange]:
        """What to say in this round, in order, about `bytes_max`; the rest goes in the next one."""
        said: list[WireRange] = []
        lower, size = b"", 0
        spans, self._todo, self._asked = _merged(self._todo), [], []
        for n, span in enumerate(spans):
            if size >= bytes_max:
                self._todo = spans[n:]
                break
            if span.lower != lower:
                said.append(WireRange(span.lower, Mode.SAME, None))
            words = held.say(span)
            size += sum(map(wire_size, words))
            said += words
            self._asked.append(span)
            lower = span.upper
        return said

    def hear(
        self, held: Holdings, told: Iterable[WireRange], *, holds: Holds
    ) -> dict[bytes, tuple[WireTip, ...]]:
        """An answer: of each log that is held otherwise there, what is held there.

        `held` is what `ask` was given. Logs that are only there are not in it: they are asked for
        in the next round. What the answer did not come to is asked for again.
        """
        theirs: dict[bytes, tuple[WireTip, ...]] = {}
        reached, is_over = b"", False
        for span, each in in_order(told):
            reached, is_over = span.upper, span.upper == _END
            if isinstance(each.value, bytes):
                if each.value != held.fingerprint(span):
                    self._todo.append(span)
            elif each.mode == Mode.TIPS:
                theirs |= self._hear_list(held, span, _tips_of(each), holds)
            else:
                theirs |= self._hear_other(_tips_of(each), holds)
        if not is_over:
            self._todo += [left for each in self._asked if (left := _after(each, reached))]
        self._asked = []
        return theirs

    def _hear_list(
        self, held: Holdings, span: Span, told: Sequence[WireTip], holds: Holds
    ) -> dict[bytes, tuple[WireTip, ...]]:
        theirs, mine = of_logs(told), of_logs(held.tips(span))
        for log_id, tips in theirs.items():
            if not all(map(holds, tips)):
                self.want(log_id)
        return {
            log_id: theirs.get(log_id, ())
            for log_id, tips in mine.items()
            if set(tips) != set(theirs.get(log_id, ()))
        }

    def _hear_other(
        self, told: Sequence[WireTip], holds: Holds
    ) -> dict[bytes, tuple[WireTip, ...]]:
        theirs = of_logs(told)
        for log_id, tips in theirs.items():
            if not all(map(holds, tips)):
                self.want(log_id)
        return theirs


def joined(ranges: Iterable[WireRange]) -> list[WireRange]:
    """The same ranges, neighbours of which nothing is said as one."""
    found: list[WireRange] = []
    for each in ranges:
        if found and found[-1].mode == each.mode == Mode.SAME:
            found.pop()
        found.append(each)
    return found


def wire_size(told: WireRange) -> int:
    """The bytes of one range on the wire; 0 where nothing is said: a gap is no reason to stop."""
    if told.mode == Mode.SAME:
        return 0
    tips = _tips_of(told)
    if tips:
        return sum(len(pack((tip.log_id, tip.seq, tip.chain8))) for tip in tips) + LOG_ID_BYTES + 5
    return len(told.upper) + 4 + (DIGEST_BYTES + 2 if told.mode == Mode.FINGERPRINT else 1)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same ranges in order, those that overlap as one."""
    merged: list[Span] = []
    for span in sorted(spans):
        last = merged[-1] if merged else None
        if last is None or (last.upper != _END and last.upper <= span.lower):
            merged.append(span)
        elif last.upper != _END:
            ends = {last.upper, span.upper}
            merged[-1] = Span(last.lower, _END if _END in ends else max(ends))
    return merged


def _after(span: Span, reached: bytes) -> Span | None:
    """What of a range is beyond a bound; None for nothing."""
    left = Span(max(span.lower, reached), span.upper)
    return None if left.is_empty else left
