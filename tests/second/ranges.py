"""Which logs differ, found by ranges, written from sync/PROTOCOL.md section 4.1 alone."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from .wire import hashed, need, pack

PARTS = 16
SAID_BYTES_MAX = 16 * 1024
END_OF_ALL = 2**64
NOTHING, FINGERPRINT, LIST, OTHERWISE = range(4)
ANSWERS_TO = {FINGERPRINT: {NOTHING, FINGERPRINT, LIST}, LIST: {NOTHING, OTHERWISE}}

Tip = list[Any]


class Span(NamedTuple):
    """All log ids from `low` up to, without, `high`, as numbers of 64 bits."""

    low: int
    high: int

    def common(self, other: "Span") -> "Span":
        """What is in both; `low` is not below `high` where nothing is."""
        return Span(max(self.low, other.low), min(self.high, other.high))


class Said(NamedTuple):
    """What one range of a frame says."""

    span: Span
    mode: int
    what: Any


def fingerprint(tips: Iterable[Tip], key: bytes) -> bytes:
    """The sum of the keyed hashes of tips."""
    total = sum(int.from_bytes(hashed(pack(tip), 16, key), "big") for tip in tips)
    return (total % 2**128).to_bytes(16, "big")


def read_ranges(rows: Iterable[list[Any]]) -> Iterator[Said]:
    """The ranges of all RANGES frames of one body; WireError when uppers do not rise."""
    low = 0
    for upper, mode, what in rows:
        high = int.from_bytes(upper.ljust(8, b"\0"), "big") if upper else END_OF_ALL
        need(high > low, "uppers do not rise")
        yield Said(Span(low, high), mode, what)
        low = high


def write_ranges(said: Iterable[Said]) -> list[list[Any]]:
    """Rows of a RANGES frame from ranges in order; what is between them is said nothing of."""
    rows, at = [], 0
    for span, mode, what in said:
        if span.low > at:
            rows.append([_upper(span.low), NOTHING, None])
        rows.append([_upper(span.high), mode, what])
        at = span.high
    return rows


def _upper(high: int) -> bytes:
    return b"" if high == END_OF_ALL else high.to_bytes(8, "big").rstrip(b"\0")


class Comparing:
    """Tips of this side, and which spans of them are still to be compared.

    `found` has each log that was compared: None, where the other side holds all of it, or what it
    holds instead.
    """

    def __init__(self, tips: Iterable[Tip]) -> None:
        self.tips = sorted(tips)
        self.ids = [int.from_bytes(tip[0], "big") for tip in self.tips]
        self.asks = self._split(Span(0, END_OF_ALL))
        self.asked: list[Said] = []
        self.found: dict[bytes, list[Tip] | None] = {}

    def within(self, span: Span) -> list[Tip]:
        """The tips of a span."""
        return self.tips[bisect_left(self.ids, span.low) : bisect_left(self.ids, span.high)]

    def ask(self, key: bytes) -> list[list[Any]]:
        """Rows of the next RANGES frame, under the signature of its HELLO."""
        self.asked, size = [], 0
        for span, mode in sorted(self.asks):
            tips = self.within(span)
            what: Any = tips if mode == LIST else fingerprint(tips, key)
            size += len(pack(what)) + 24
            if size > SAID_BYTES_MAX:
                break
            self.asked.append(Said(span, mode, what))
        return write_ranges(self.asked)

    def take(self, rows: Iterable[list[Any]], key: bytes) -> None:
        """Take an answer, which a RECEIPT has signed."""
        said, reached, self.asks = list(read_ranges(rows)), 0, self._not_asked()
        for one in said:
            reached = one.span.high
            for asked in self.asked:
                span = one.span.common(asked.span)
                if span.low < span.high:
                    self._take_one(asked.mode, span, one, key)
        for asked in self.asked:
            left = asked.span.common(Span(reached, END_OF_ALL))
            if left.low < left.high:
                self.asks.append((left, asked.mode))

    def _not_asked(self) -> list[tuple[Span, int]]:
        asked = {one.span for one in self.asked}
        return [one for one in self.asks if one[0] not in asked]

    def _take_one(self, asked: int, span: Span, said: Said, key: bytes) -> None:
        mine = self.within(span)
        need(said.mode in ANSWERS_TO[asked], "ranges that answer something else")
        is_sum = said.mode == FINGERPRINT
        if is_sum and (span != said.span or fingerprint(mine, key) != said.what):
            self.asks += self._split(span)
            return
        listed = [] if is_sum else said.what or []
        for log_id in {tip[0] for tip in mine}:
            tips = [tip for tip in mine if tip[0] == log_id]
            theirs = [tip for tip in listed if tip[0] == log_id]
            is_held = all(tip in theirs for tip in tips) or (said.mode != LIST and not theirs)
            self.found[log_id] = None if is_held else theirs

    def _split(self, span: Span) -> list[tuple[Span, int]]:
        """A list when the span is short, else 16 parts of as many tips each."""
        tips = self.within(span)
        if len(tips) <= PARTS:
            return [(span, LIST)]
        begins = [_begin(tips, len(tips) * part // PARTS) for part in range(1, PARTS)]
        cuts = [_between(tips[at - 1][0], tips[at][0]) for at in sorted({*begins} - {0})]
        bounds = [span.low, *cuts, span.high]
        return [(Span(low, high), FINGERPRINT) for low, high in pairwise(bounds)]


def _begin(tips: list[Tip], at: int) -> int:
    """Where the part may begin that begins at `at` or just before: a log is never cut."""
    while at > 0 and tips[at - 1][0] == tips[at][0]:
        at -= 1
    return at


def _between(before: bytes, after: bytes) -> int:
    """The shortest bound above one log id and not above the next."""
    size = next(n for n in range(1, 9) if after[:n] > before[:n])
    return int.from_bytes(after[:size].ljust(8, b"\0"), "big")
