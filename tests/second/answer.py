"""Reading an answer and believing it, written from sync/PROTOCOL.md sections 3, 4 and 6 alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .wire import (
    ANSWER_BYTES_MAX,
    END,
    ERASED,
    FEED,
    HELLO,
    MARKS,
    NODES,
    RANGES,
    RECEIPT,
    SHAPES,
    SPEAKS_RANGES,
    TIPS,
    WireError,
    hashed,
    need,
    node_of,
    read,
    split,
    verify,
)

USEFUL = {HELLO, NODES, ERASED, MARKS, TIPS, RANGES, RECEIPT, FEED, END}


@dataclass(frozen=True)
class Asked:
    """What the answer is to: who asked, of whom, under which HELLO, with which RANGES frames."""

    asker: bytes
    server_key: bytes
    hello_signature: bytes
    mark: bytes | None = None
    capabilities: int = 0
    ranges: bytes = b""


@dataclass
class Answer:
    """What an answer says, as far as it could be read; `trouble`: why it is not believed whole."""

    hello: list[Any] | None = None
    frames: list[tuple[int, list[Any]]] = field(default_factory=list)
    ranges: bytes = b""
    code: int | None = None
    reason: str = ""
    retry_after_s: int | None = None
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it went well: HELLO to a right END of code 0."""
        return self.hello is not None and self.code == 0 and not self.trouble

    def of(self, kind: int) -> list[list[Any]]:
        """All frames of one type, in order."""
        return [fields for one, fields in self.frames if one == kind]


def read_answer(raw: bytes, asked: Asked) -> Answer:
    """All of an answer that holds; what comes after the first that does not is not looked at."""
    answer = Answer()
    try:
        need(len(raw) <= ANSWER_BYTES_MAX, "an answer too large")
        for kind, fields, at, whole in _known_frames(raw):
            need(answer.code is None, "bytes after END")
            _believe(answer, asked, kind, fields, whole)
            if kind == HELLO:
                answer.hello = fields
            elif kind == END:
                need(fields[0] == hashed(raw[:at], 8), "an END of another answer")
                _, answer.reason, answer.retry_after_s, answer.code = fields
            else:
                answer.frames.append((kind, fields))
        need(answer.code is not None, "no END")
    except WireError as error:
        answer.trouble = str(error)
    return answer


def _known_frames(raw: bytes) -> Iterator[tuple[int, list[Any], int, bytes]]:
    for frame, at in split(raw):
        if frame.kind in SHAPES:
            yield frame.kind, read(frame), at, raw[at : at + len(frame.payload) + 10]
        else:
            need(frame.optional, "a frame of an unknown type")


def _believe(answer: Answer, asked: Asked, kind: int, fields: list[Any], whole: bytes) -> None:
    """WireError unless the frame may stand where it is and its signature holds."""
    need(kind in USEFUL, "a frame of no use in an answer")
    need((answer.hello is None) == (kind == HELLO) or kind == END, "HELLO is not first")
    said = [asked.asker, asked.hello_signature]
    if kind == HELLO:
        need(fields[2] == node_of(asked.server_key), "another server")
        verify(asked.server_key, "hello", said + fields[:9], fields[9])
        need(fields[0] <= 1 <= fields[1], "no version in common")
        need(fields[4] in (None, asked.mark), "a mark that was not named")
        need(len(fields[5]) <= 1, "several groups in an answer")
    elif kind == RECEIPT:
        compared = [hashed(asked.ranges + answer.ranges, 16)] if _compares(answer, asked) else []
        verify(asked.server_key, "receipt", said + fields[:3] + compared, fields[3])
    elif kind == FEED:
        verify(asked.server_key, "feed", said + fields[:4], fields[4])
    elif kind == RANGES:
        need(not answer.of(RECEIPT), "RANGES after RECEIPT")
        answer.ranges += whole


def _compares(answer: Answer, asked: Asked) -> bool:
    both = asked.capabilities & (answer.hello[7] if answer.hello else 0)
    return bool(asked.ranges) and bool(both & SPEAKS_RANGES)
