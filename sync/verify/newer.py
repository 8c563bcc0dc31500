"""What goes on in an exchange with a program of another version: rows of the link faults.

A later version says more than this one knows, in frames of its own or behind the elements of known
ones; and a server's program may change between two rounds.
"""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.codec import unpack
from darasa.sync.frames import (
    FRAME_BYTES_MAX,
    Frame,
    FrameError,
    FrameReader,
    FrameType,
    encode_frame,
)
from darasa.sync.messages import End, EndCode, parse_message
from darasa.sync.session_body import body_of
from darasa.sync.verify.releases import another

if TYPE_CHECKING:
    from darasa.sync.verify.meeting import Meeting

_NEWER_TYPE: Final = 200
_MAY_GROW: Final = frozenset(
    {FrameType.HELLO, FrameType.HEADS, FrameType.EVENTS, FrameType.RECEIPT, FrameType.FEED}
)
"""Payloads of a fixed number of elements: a later version adds its own behind them."""
_ROOM: Final = 40


def server_updated(meeting: "Meeting", random: Random) -> None:
    """The server goes on with another program between two rounds."""
    at = random.choice((1, 2, 2))

    def updated(nth: int) -> None:
        if nth == at:
            meeting.world.fault("program changed between rounds")
            meeting.server.install(another(random, meeting.server.release))

    meeting.before_round.append(updated)


def newer_frames(meeting: "Meeting", random: Random) -> None:
    """The other side is of a later version: it says more than this one knows."""
    waits = [random.choice((0, 0, 1))]
    is_refused = random.random() < 0.3

    def said(raw: bytes) -> bytes:
        waits[0] -= 1
        frames = _frames(raw)
        end = parse_message(frames[-1]) if frames and frames[-1].type == FrameType.END else None
        # a new END would hide what was done to the frames before
        is_spoilt = meeting.is_damaged or meeting.is_hurt or len(frames) < 2
        if waits[0] != -1 or is_spoilt or not isinstance(end, End):
            return raw
        meeting.world.fault("newer frame")
        if is_refused:
            meeting.is_damaged = True
            meeting.refusals.append("newer frame refused")
        else:
            meeting.successes.append("newer frame skipped")
        made = [_grown(each, random) for each in frames[:-1]]
        stranger = encode_frame(_NEWER_TYPE, (7, b"later"), optional=not is_refused)
        made.insert(random.randrange(1, len(made) + 1), stranger)
        return body_of(
            made, reason=end.reason, code=EndCode(end.code), retry_after_s=end.retry_after_s
        )

    (meeting.on_body if random.random() < 0.5 else meeting.on_answer).append(said)


def _grown(frame: Frame, random: Random) -> bytes:
    """A frame with an element more, if its kind may grow."""
    is_large = len(frame.raw) > FRAME_BYTES_MAX - _ROOM
    if frame.type not in _MAY_GROW or is_large or random.random() < 0.5:
        return frame.raw
    return encode_frame(
        frame.type, (*unpack(frame.payload), random.randrange(9)), optional=frame.optional
    )


def _frames(raw: bytes) -> list[Frame]:
    try:
        return FrameReader().feed(raw)
    except FrameError:
        return []
