"""How far each log of an asker has come in a session, written from sync/PROTOCOL.md 4 alone."""

from collections import Counter
from collections.abc import Iterable

from .log import Log, Piece
from .memory import Memory
from .offering import FRAME_ROOM
from .ranges import Tip

LEVELS_OF_THE_PEER = (1, 2)
"""Level 3 of a school is its hub's word: the school itself may hold less (section 11)."""


class Progress:
    """For each log: its end when the session began, from where to send, and what is receipted."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.end = {log.log_id: len(log.entries) for log in memory.logs.values()}
        self.held: dict[bytes, int] = {}
        self.sure: dict[bytes, int] = {}
        self.refused: Counter[bytes] = Counter()

    def go_on_from(self, ordinal: int) -> None:
        """What was written up to here is held over there; nothing more is known."""
        for one in self.end:
            self.held[one] = self.sure[one] = self.memory.logs[one].until(ordinal)

    def goal(self, log_id: bytes) -> int:
        """Up to where a log is offered: a peer that knows no STUB gets what is before the first."""
        end = self.end[log_id]
        if not self.memory.peer_lacks_erased():
            return end
        entries = self.memory.logs[log_id].entries[:end]
        return next((n for n, one in enumerate(entries) if one.canonical is None), end)

    def left(self) -> list[Log]:
        """The logs that have something to send."""
        return [self.memory.logs[one] for one in self.end if self.held[one] < self.goal(one)]

    def pieces(self) -> Iterable[Piece]:
        """All that is to be sent, in order."""
        for log in self.left():
            yield from log.pieces(self.held[log.log_id], self.goal(log.log_id), FRAME_ROOM)

    def tip(self, log: Log) -> Tip:
        """The tip of a log when the session began."""
        return log.tip(self.end[log.log_id])

    def is_covered(self) -> bool:
        """Whether receipts, or a known mark, cover all that is offered."""
        return all(self.sure[one] >= end for one, end in self.end.items())

    def take_tips(self, tips: Iterable[Tip], named: set[bytes], sent: dict[bytes, int]) -> None:
        """What is held of logs that were named, or that were refused as they were sent."""
        self.held.update(sent)
        told = list(tips)
        for log_id in {tip[0] for tip in told} & (named | sent.keys()):
            self.take_held(log_id, [tip for tip in told if tip[0] == log_id])
            self.sure[log_id] = min(self.held[log_id], self.sure[log_id])
            self.refused[log_id] += log_id in sent

    def take_held(self, log_id: bytes, tips: Iterable[Tip]) -> None:
        """Send a log from the last of these tips that is on it."""
        log = self.memory.logs[log_id]
        on_it = [seq for _, seq, chain8 in tips if log.has(seq, chain8)]
        self.held[log_id] = min(max(on_it, default=0), self.end[log_id])

    def take_whole(self, log_id: bytes) -> None:
        """All of a log is held, under a receipt."""
        self.held[log_id] = self.sure[log_id] = self.end[log_id]

    def take_receipt(self, tips: Iterable[Tip], level: int) -> None:
        """Tips that are held, of a RECEIPT."""
        for log_id, seq, chain8 in tips:
            log = self.memory.logs.get(log_id)
            if log is None or not log.has(seq, chain8):
                continue
            place = (log_id, level)
            self.memory.levels[place] = max(seq, self.memory.levels.get(place, 0))
            if level in LEVELS_OF_THE_PEER and log_id in self.sure:
                self.sure[log_id] = max(seq, self.sure[log_id])
                self.held[log_id] = max(seq, self.held[log_id])
