"""The asking side of a session, written from sync/PROTOCOL.md sections 4 and 13 alone.

It is a computer: it offers the logs that it wrote, with codec 0, and takes what its server tells.
It neither takes nor sends files, and did not come from another node.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from .answer import Answer, Asked, read_answer
from .log import Log
from .memory import Clock, Identity, Memory
from .offering import frames_of, in_frames, offered
from .progress import Progress
from .ranges import Comparing
from .wire import (
    BODY_BYTES_MAX,
    CLOCK,
    END,
    ERASED,
    FEED,
    HELLO,
    KNOWS_ERASED,
    MARKS,
    NODES,
    RANGES,
    RECEIPT,
    SPEAKS_RANGES,
    TIPS,
    WireError,
    hashed,
    sign,
    write,
)

Post = Callable[[bytes], bytes]
"""One request: a body goes, an answer comes, as far as it came. OSError: no answer at all."""

CAPABILITIES = SPEAKS_RANGES | KNOWS_ERASED
ROUNDS_MAX = 1000
NAMED_MAX = 1000
TIPS_A_FRAME = 2000
TIPS_A_ROUND = 15_000
ERASED_A_FRAME = 600
REFUSALS_MAX = 3
UNKNOWN_NODE = 3


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

    def __init__(
        self, memory: Memory, identity: Identity, clock: Clock, *, named_max: int = NAMED_MAX
    ) -> None:
        self.memory, self.identity, self.clock = memory, identity, clock
        self.named_max = named_max
        self.phase = Phase.FIRST
        self.ordinal = memory.ordinal
        self.mark = memory.marks[0][0] if memory.marks else None
        self.progress = Progress(memory)
        self.comparing: Comparing | None = None
        self.to_name: list[Log] = []
        self.named: set[bytes] = set()
        self.sent: dict[bytes, int] = {}
        self.told: list[Any] | None = None
        self.introduces = self.introduced = False
        self.feed_done = False
        self.no_news = 0
        self.progress.go_on_from(memory.marks[0][1] if memory.marks else 0)
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
                sent_ms = self.clock.elapsed_ms()
                answer = read_answer(post(body), asked)
                came_ms = self.clock.elapsed_ms()
                self._take(answer, asked)
                if answer.hello is not None:
                    self.memory.measure(answer.hello[8], sent_ms, came_ms)
        except (SessionError, WireError, OSError) as error:
            return Outcome(rounds, str(error) or "no answer", answer.code, answer.retry_after_s)
        self.memory.ended_well = True
        return Outcome(rounds, "", answer.code, answer.retry_after_s)

    # What goes.

    def _choose_first(self) -> None:
        """TIPS come first where more than a frame might go in vain."""
        doubtful = self.mark is None or not self.memory.ended_well
        lacks = self.memory.peer_lacks_erased() and bool(self.memory.erased)
        if (doubtful and len(frames_of(self.progress.pieces())) > 1) or lacks:
            self._name(self.progress.left())

    def _name(self, logs: list[Log]) -> None:
        """Say what there is of these logs before they are sent."""
        peer = self.memory.peer_capabilities
        self.to_name, self.comparing = [], None
        if len(logs) > self.named_max and (peer is None or peer & SPEAKS_RANGES):
            self.comparing = Comparing([self.progress.tip(log) for log in logs])
        else:
            self.to_name = logs

    def next_body(self) -> tuple[bytes, Asked]:
        """The next body, and what its answer has to be to."""
        me, memory = self.identity, self.memory
        hello = [1, 1, me.node_id, me.school_id, self.mark, memory.feed.groups()]
        hello += [memory.erased_digest(), CAPABILITIES, self.clock.wall_ms()]
        signature = sign(me.key, "hello", [me.server_id, b"", *hello])
        frames = [write(HELLO, [*hello, signature])]
        if self.introduces:
            frames.append(write(NODES, [me.certificate]))
        if self._has_erased_to_tell():
            frames += in_frames(ERASED, sorted(memory.erased.items()), ERASED_A_FRAME)
        if self.phase is Phase.MARKS:
            frames.append(write(MARKS, memory.named_marks()))
        ranges = b"".join(self._ranges(signature))
        self.named, self.sent = set(), {}
        body = b"".join([*frames, ranges, *self._tips()])
        if self.phase in (Phase.FIRST, Phase.SENDING) and not (self.named or ranges):
            body += self._events(BODY_BYTES_MAX - 1000 - len(body))
        body += self._corrections()
        asked = Asked(me.node_id, me.server_key, signature, self.mark, CAPABILITIES, ranges)
        return body + write(END, [hashed(body, 8), "", None, 0]), asked

    def _has_erased_to_tell(self) -> bool:
        memory = self.memory
        apart = memory.erased_digest() != memory.peer_erased
        return apart and not memory.peer_lacks_erased()

    def _ranges(self, key: bytes) -> Iterator[bytes]:
        if self.comparing is not None:
            yield write(RANGES, self.comparing.ask(key))

    def _tips(self) -> list[bytes]:
        if self.phase is Phase.MARKS:
            return []
        logs, self.to_name = self.to_name[:TIPS_A_ROUND], self.to_name[TIPS_A_ROUND:]
        self.named = {log.log_id for log in logs}
        return in_frames(TIPS, [self.progress.tip(log) for log in logs], TIPS_A_FRAME)

    def _events(self, room: int) -> bytes:
        said = b""
        for pieces in frames_of(self.progress.pieces()):
            more = offered(pieces, self.identity)
            if len(said) + len(more) > room:
                break
            said += more
            self.sent.update({piece.log.log_id: piece.last_seq for piece in pieces})
        return said

    def _corrections(self) -> bytes:
        self.told = self.memory.correction
        if self.told is None:
            return b""
        signature = sign(self.identity.key, "clock", [self.identity.server_id, [self.told]])
        return write(CLOCK, [[self.told], signature])

    # What comes.

    def _take(self, answer: Answer, asked: Asked) -> None:
        """Take what holds of an answer, and find the next phase; SessionError: there is none."""
        if answer.hello is not None:
            self.memory.peer_capabilities = answer.hello[7]
        told = [self._take_erased(records) for records in answer.of(ERASED)]
        fed = [self.memory.feed.take(*fields[:4]) for fields in answer.of(FEED)]
        if answer.code == UNKNOWN_NODE and not answer.trouble and not self.introduced:
            self._introduce()
            return
        marks = self._marks(answer, asked) if answer.is_good else None
        if self.phase is not Phase.MARKS:
            self._take_places(answer, asked)
        if not answer.is_good:
            raise SessionError(answer.trouble or answer.reason or f"END {answer.code}")
        assert answer.hello is not None
        self._note(answer, asked)
        self._finish_feed(answer, any(fed))
        news = any(told) or answer.hello[6] != self.memory.peer_erased
        self.no_news = 0 if news else self.no_news + 1
        self.memory.peer_erased = answer.hello[6]
        if self.told is not None:
            self.memory.was_told(self.told)
        self._next_phase(marks)

    def _take_erased(self, records: list[list[bytes]]) -> bool:
        return self.memory.erase(self.identity.school_id, records, self.identity.server_key)

    def _marks(self, answer: Answer, asked: Asked) -> list[bytes] | None:
        """What MARKS of the answer name; None: there are none, and need not be."""
        frames = answer.of(MARKS)
        if frames and self.phase in (Phase.TIPS, Phase.SENDING):
            raise SessionError("the server was set back")
        assert answer.hello is not None
        if not frames and (answer.hello[4] != asked.mark or self.phase is Phase.MARKS):
            raise SessionError("MARKS are missing")
        return [mark for marks in frames for mark in marks] if frames else None

    def _take_places(self, answer: Answer, asked: Asked) -> None:
        """What the answer says of logs: TIPS, RANGES under a receipt, RECEIPT."""
        tips = [tip for frame in answer.of(TIPS) for tip in frame]
        self.progress.take_tips(tips, self.named, self.sent)
        if max(self.progress.refused.values(), default=0) >= REFUSALS_MAX:
            raise SessionError("a log was refused three times")
        receipts = answer.of(RECEIPT)
        for mark, receipted, level, _ in receipts:
            self.mark = mark
            self.progress.take_receipt(receipted, level)
        if self.comparing is not None and answer.hello is not None:
            self._compare(answer, asked, receipted=bool(receipts))

    def _compare(self, answer: Answer, asked: Asked, *, receipted: bool) -> None:
        comparing = self.comparing
        assert comparing is not None
        if not (self.memory.peer_capabilities or 0) & SPEAKS_RANGES:
            self._name(self.progress.left())
        elif answer.is_good:
            if not receipted:
                raise SessionError("ranges without a receipt")
            comparing.take([row for f in answer.of(RANGES) for row in f], asked.hello_signature)
            for log_id, tips in comparing.found.items():
                if tips is None:
                    self.progress.take_whole(log_id)
                else:
                    self.progress.take_held(log_id, tips)
            self.comparing = comparing if comparing.asks else None

    def _note(self, answer: Answer, asked: Asked) -> None:
        """Note the mark of this round when receipts cover all that was offered."""
        assert answer.hello is not None
        repeated = answer.hello[4] == asked.mark
        used = self.phase is not Phase.MARKS and self.progress.is_covered()
        if answer.of(RECEIPT) and repeated and used:
            assert self.mark is not None
            self.memory.note(self.mark, self.ordinal)

    def _finish_feed(self, answer: Answer, fed: bool) -> None:
        assert answer.hello is not None
        for cursor, keys in answer.hello[5]:
            self.memory.feed.move(cursor, keys)
        self.feed_done = bool(answer.hello[5]) or not fed

    # What is next.

    def _introduce(self) -> None:
        self.introduces = self.introduced = True
        self.phase, self.mark = Phase.TIPS, None
        self._name_all()

    def _name_all(self) -> None:
        self.progress.go_on_from(0)
        self._name([self.memory.logs[one] for one, end in self.progress.end.items() if end])

    def _next_phase(self, marks: list[bytes] | None) -> None:
        self.introduces = False
        if self.phase is Phase.FIRST and marks is not None:
            self._after_unknown_mark()
            return
        if self.phase is Phase.MARKS:
            self._go_on_from_mark(marks[0] if marks else None)
        self.phase = Phase.TIPS if self.to_name or self.comparing else Phase.SENDING

    def _after_unknown_mark(self) -> None:
        """The mark of the last RECEIPT is named from now on, if one came at all."""
        if self.mark in [mark for mark, _ in self.memory.marks]:
            self.mark = None
        if len(self.memory.marks) > 1:
            self.to_name, self.comparing = [], None
            self.phase = Phase.MARKS
        else:
            self._go_on_from_mark(None)
            self.phase = Phase.TIPS

    def _go_on_from_mark(self, known: bytes | None) -> None:
        ordinal = self.memory.forget_newer(known)
        if self.memory.marks:
            self.mark = self.mark or known
            self.progress.go_on_from(ordinal)
        else:
            self._name_all()

    def _is_anything_left(self) -> bool:
        to_say = self.to_name or self.comparing or self.progress.left()
        on_the_way = self.phase in (Phase.MARKS, Phase.TIPS)
        compares = self._has_erased_to_tell() and self.no_news < 2
        corrects = self.memory.correction is not None
        return bool(to_say) or on_the_way or not self.feed_done or compares or corrects
