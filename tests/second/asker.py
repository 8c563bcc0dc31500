"""The asking side of a session, written from sync/PROTOCOL.md section 4 alone.

It is a computer: it offers the logs that it wrote with codec 0, names them in TIPS, and takes what
its server tells. It does not speak RANGES, and neither takes nor sends files and clocks.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from .answer import KNOWS_ERASED, Answer, Asked, read_answer
from .log import Log, Piece
from .memory import Identity, Memory
from .wire import (
    BODY_BYTES_MAX,
    END,
    ERASED,
    EVENTS,
    FEED,
    HEADS,
    HELLO,
    MARKS,
    NODES,
    RECEIPT,
    STUB,
    TIPS,
    WireError,
    hashed,
    sign,
    squeeze,
    write,
)

Post = Callable[[bytes], bytes]
"""One request: a body goes, an answer comes, as far as it came. OSError: no answer at all."""

ROUNDS_MAX = 1000
FRAME_ROOM = 60_000
TIPS_A_FRAME = 2000
TIPS_A_ROUND = 15_000
ERASED_A_FRAME = 600
REFUSALS_MAX = 3
UNKNOWN_NODE = 3
LEVELS_OF_THE_PEER = (1, 2)


class Phase(Enum):
    """Where a session is."""

    FIRST = "first"
    MARKS = "marks"
    TIPS = "tips"
    SENDING = "sending"


@dataclass(frozen=True)
class Outcome:
    """How a session ended; `why` is empty when it ended well."""

    rounds: int
    why: str = ""
    code: int | None = None
    retry_after_s: int | None = None


class SessionError(Exception):
    """A session that has to end here."""


class Session:
    """One session of an asker: as many rounds as it takes."""

    def __init__(self, memory: Memory, identity: Identity, now_ms: Callable[[], int]) -> None:
        self.memory, self.identity, self.now_ms = memory, identity, now_ms
        self.phase = Phase.FIRST
        self.ordinal = memory.ordinal
        self.mark = memory.marks[0][0] if memory.marks else None
        self.end = {log.log_id: len(log.entries) for log in memory.logs.values()}
        self.held: dict[bytes, int] = {}
        self.sure: dict[bytes, int] = {}
        self.to_name: list[Log] = []
        self.named: list[Log] = []
        self.sent: dict[bytes, int] = {}
        self.refused: Counter[bytes] = Counter()
        self.introduces = self.introduced = False
        self.feed_done = False
        self.no_news = 0
        self._go_on_from(memory.marks[0][1] if memory.marks else 0)
        self._choose_first()

    def run(self, post: Post) -> Outcome:
        """Rounds until nothing is left or one ends the session."""
        rounds, answer = 0, Answer()
        self.memory.ended_well = False
        try:
            while rounds == 0 or self._is_anything_left():
                if rounds == ROUNDS_MAX:
                    raise SessionError("too many rounds")
                rounds += 1
                body, asked = self.next_body()
                answer = read_answer(post(body), asked)
                self._take(answer, asked)
        except (SessionError, WireError, OSError) as error:
            return Outcome(rounds, str(error) or "no answer", answer.code, answer.retry_after_s)
        self.memory.ended_well = True
        return Outcome(rounds, "", answer.code, answer.retry_after_s)

    # What goes.

    def _go_on_from(self, ordinal: int) -> None:
        for log in self.memory.logs.values():
            self.held[log.log_id] = self.sure[log.log_id] = log.until(ordinal)

    def _choose_first(self) -> None:
        """TIPS come first where more than a frame might go in vain."""
        doubtful = self.mark is None or not self.memory.ended_well
        lacks = self._peer_lacks_erased() and bool(self.memory.erased)
        if (doubtful and len(self._frames_of_events()) > 1) or lacks:
            self.to_name = self._left()

    def _peer_lacks_erased(self) -> bool:
        capabilities = self.memory.peer_capabilities
        return capabilities is not None and not capabilities & KNOWS_ERASED

    def _left(self) -> list[Log]:
        logs = self.memory.logs
        return [logs[one] for one in self.end if self.held[one] < self._end_for_peer(one)]

    def _end_for_peer(self, log_id: bytes) -> int:
        if not self._peer_lacks_erased():
            return self.end[log_id]
        entries = self.memory.logs[log_id].entries[: self.end[log_id]]
        erased = [place for place, entry in enumerate(entries) if entry.canonical is None]
        return erased[0] if erased else self.end[log_id]

    def next_body(self) -> tuple[bytes, Asked]:
        """The next body, and what its answer has to be to."""
        me, memory = self.identity, self.memory
        hello = [1, 1, me.node_id, me.school_id, self.mark, memory.feed.groups()]
        hello += [memory.erased_digest(), KNOWS_ERASED, self.now_ms()]
        signature = sign(me.key, "hello", [me.server_id, b"", *hello])
        asked = Asked(me.node_id, me.server_key, signature, self.mark, KNOWS_ERASED)
        frames = [write(HELLO, [*hello, signature])]
        if self.introduces:
            frames.append(write(NODES, [me.certificate]))
        if memory.erased_digest() != memory.peer_erased and not self._peer_lacks_erased():
            frames += _in_frames(ERASED, sorted(memory.erased.items()), ERASED_A_FRAME)
        self.named, self.sent = [], {}
        if self.phase is Phase.MARKS:
            frames.append(write(MARKS, memory.named_marks()))
        elif self.to_name:
            self.named, self.to_name = self.to_name[:TIPS_A_ROUND], self.to_name[TIPS_A_ROUND:]
            tips = [log.tip(self.end[log.log_id]) for log in self.named]
            frames += _in_frames(TIPS, tips, TIPS_A_FRAME)
        elif self.phase is not Phase.TIPS:
            self._put_events(frames)
        body = b"".join(frames)
        return body + write(END, [hashed(body, 8), "", None, 0]), asked

    def _put_events(self, frames: list[bytes]) -> None:
        room = BODY_BYTES_MAX - 100 - sum(map(len, frames))
        for pieces in self._frames_of_events():
            said = self._head(pieces) + _run(pieces)
            if len(said) > room:
                break
            room -= len(said)
            frames.append(said)
            self.sent.update({piece.log.log_id: piece.last_seq for piece in pieces})

    def _frames_of_events(self) -> list[list[Piece]]:
        """All that is left, a list for each frame: events or leaves, of some logs."""
        frames: list[list[Piece]] = []
        for log in self._left():
            end = self._end_for_peer(log.log_id)
            for piece in log.pieces(self.held[log.log_id], end, FRAME_ROOM):
                last = frames[-1] if frames else []
                size = piece.size + sum(one.size for one in last)
                if last and last[0].is_erased == piece.is_erased and size <= FRAME_ROOM:
                    last.append(piece)
                else:
                    frames.append([piece])
        return frames

    def _head(self, pieces: list[Piece]) -> bytes:
        """HEADS of what the next frame brings, so that it is believed though a link breaks."""
        heads = [[p.log.log_id, p.last_seq, p.log.chain(p.last_seq)] for p in pieces]
        signature = sign(self.identity.key, "heads", heads)
        return write(HEADS, [heads, self.identity.node_id, signature])

    # What comes.

    def _take(self, answer: Answer, asked: Asked) -> None:
        """Take what holds of an answer, and find the next phase; SessionError: there is none."""
        if answer.hello is not None:
            self.memory.peer_capabilities = answer.capabilities
        told = [self._take_erased(records) for records in answer.of(ERASED)]
        fed = [self._take_feed(fields) for fields in answer.of(FEED)]
        if answer.code == UNKNOWN_NODE and not answer.trouble and not self.introduced:
            self._introduce()
            return
        marks = self._marks(answer, asked) if answer.is_good else None
        if marks is None or self.phase is not Phase.MARKS:
            self._take_tips(answer)
            self._take_receipts(answer)
        if not answer.is_good:
            raise SessionError(answer.trouble or answer.reason or f"END {answer.code}")
        self._note(answer, asked)
        self._finish_feed(answer, any(fed))
        self._compare_erased(answer, any(told))
        self._next_phase(marks)

    def _marks(self, answer: Answer, asked: Asked) -> list[bytes] | None:
        """What MARKS of the answer name; None: there are none, and need not be."""
        frames = answer.of(MARKS)
        if frames and self.phase in (Phase.TIPS, Phase.SENDING):
            raise SessionError("the server was set back")
        assert answer.hello is not None
        if not frames and (answer.hello[4] != asked.mark or self.phase is Phase.MARKS):
            raise SessionError("MARKS are missing")
        return [mark for marks in frames for mark in marks] if frames else None

    def _take_erased(self, records: list[list[bytes]]) -> bool:
        return self.memory.erase(self.identity.school_id, records, self.identity.server_key)

    def _take_feed(self, fields: list[bytes]) -> bool:
        return self.memory.feed.take(fields[0], fields[1], fields[2], fields[3])

    def _take_tips(self, answer: Answer) -> None:
        tips = [tip for frame in answer.of(TIPS) for tip in frame]
        named = {log.log_id for log in self.named}
        self.held.update(self.sent)
        for log_id in {tip[0] for tip in tips} & (named | self.sent.keys()):
            log = self.memory.logs[log_id]
            named_here = [seq for one, seq, at in tips if one == log_id and log.has(seq, at)]
            held = max(named_here, default=0)
            self.held[log_id], self.sure[log_id] = held, min(held, self.sure[log_id])
            self.refused[log_id] += log_id in self.sent
            if self.refused[log_id] == REFUSALS_MAX:
                raise SessionError("a log was refused three times")

    def _take_receipts(self, answer: Answer) -> None:
        for mark, tips, level, _ in answer.of(RECEIPT):
            self.mark = mark
            for log_id, seq, chain8 in tips:
                log = self.memory.logs.get(log_id)
                if log is None or not log.has(seq, chain8):
                    continue
                place = (log_id, level)
                self.memory.levels[place] = max(seq, self.memory.levels.get(place, 0))
                if level in LEVELS_OF_THE_PEER and log_id in self.sure:
                    self.sure[log_id] = max(seq, self.sure[log_id])
                    self.held[log_id] = max(seq, self.held[log_id])

    def _note(self, answer: Answer, asked: Asked) -> None:
        """Note the mark of this round when receipts cover all that was offered."""
        repeated = answer.hello is not None and answer.hello[4] == asked.mark
        covered = all(self.sure[one] >= self.end[one] for one in self.end)
        if answer.of(RECEIPT) and repeated and covered and self.phase is not Phase.MARKS:
            assert self.mark is not None
            self.memory.note(self.mark, self.ordinal)

    def _finish_feed(self, answer: Answer, fed: bool) -> None:
        assert answer.hello is not None
        for cursor, keys in answer.hello[5]:
            self.memory.feed.move(cursor, keys)
        self.feed_done = bool(answer.hello[5]) or not fed

    def _compare_erased(self, answer: Answer, told: bool) -> None:
        assert answer.hello is not None
        news = told or answer.hello[6] != self.memory.peer_erased
        self.no_news = 0 if news else self.no_news + 1
        self.memory.peer_erased = answer.hello[6]

    # What is next.

    def _introduce(self) -> None:
        self.introduces = self.introduced = True
        self.phase, self.mark = Phase.TIPS, None
        self._name_all()

    def _name_all(self) -> None:
        self._go_on_from(0)
        self.to_name = [self.memory.logs[one] for one in self.end if self.end[one]]

    def _next_phase(self, marks: list[bytes] | None) -> None:
        self.introduces = False
        if self.phase is Phase.FIRST and marks is not None:
            self._after_unknown_mark()
        elif self.phase is Phase.MARKS:
            known = marks[0] if marks else None
            ordinal = self.memory.forget_newer(known)
            self._go_on_from(ordinal)
            if known is None or not self.memory.marks:
                self._name_all()
            else:
                self.mark = self.mark or known
            self.phase = Phase.TIPS if self.to_name else Phase.SENDING
        else:
            self.phase = Phase.TIPS if self.to_name else Phase.SENDING

    def _after_unknown_mark(self) -> None:
        got = self.mark if self.mark not in self.memory.named_marks() else None
        several, self.mark = len(self.memory.marks) > 1, got
        self.to_name = []
        if several:
            self.phase = Phase.MARKS
        else:
            self.memory.forget_newer(None)
            self._name_all()
            self.phase = Phase.TIPS

    def _is_anything_left(self) -> bool:
        apart = self.memory.erased_digest() != self.memory.peer_erased
        compares = apart and not self._peer_lacks_erased() and self.no_news < 2
        to_send = bool(self.to_name or self._left()) or self.phase in (Phase.MARKS, Phase.TIPS)
        return to_send or not self.feed_done or compares


def _in_frames(kind: int, rows: list[object], most: int) -> list[bytes]:
    return [write(kind, rows[at : at + most]) for at in range(0, len(rows), most)]


def _run(pieces: list[Piece]) -> bytes:
    """EVENTS in codec 0, or STUB."""
    if pieces[0].is_erased:
        return write(STUB, [[*p.described(), [one.leaf for one in p.entries]] for p in pieces])
    runs = []
    for piece in pieces:
        log_id, before, first, genesis = piece.described()
        runs.append([log_id, before, first, len(piece.entries), genesis])
    clear = b"".join(one.canonical or b"" for piece in pieces for one in piece.entries)
    return write(EVENTS, [runs, 0, None, squeeze(clear)])
