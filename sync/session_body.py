"""The two ends of one body: frames in with their END checked, frames out with their END made.

END carries BLAKE2b-64 of every byte of its body before it, so that a missing or added frame shows.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

from darasa.sync.errors import SyncError
from darasa.sync.frames import FrameError, FrameReader
from darasa.sync.messages import End, EndCode, Hello, Message, Ranges, parse_message
from darasa.sync.session_view import SessionEndedError

END_BYTES_MAX: Final = 450
_SENTENCE_MAX: Final = 400
_DIGEST_BYTES: Final = 8
_RANGES_DIGEST_BYTES: Final = 16


class BodyReader:
    """Messages from the bytes of one body. Raises RemoteProtocolError for what does not fit.

    Without `ranges` RANGES are what they are to a program that does not know them: skipped.
    """

    def __init__(self, *, ranges: bool = True) -> None:
        self._knows_ranges = ranges
        self._frames = FrameReader()
        self._digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        self._greeted = False
        self._ranges = hashlib.blake2b(digest_size=_RANGES_DIGEST_BYTES)
        self._has_ranges = False
        self.end: End | None = None

    def messages(self, data: bytes) -> Iterator[Message]:
        """The messages that `data` completes, END last; unknown optional frames are left out."""
        for frame in self._frames.feed(data):
            if self.end is not None:
                raise FrameError("Something came after the end of the transfer.")
            message = parse_message(frame)
            if isinstance(message, End):
                self._check_end(message)
            elif not self._greeted and not isinstance(message, Hello):
                raise SessionEndedError("A transfer must begin with HELLO.")
            else:
                self._digest.update(frame.raw)
            self._greeted = True
            if isinstance(message, Ranges):
                if not self._knows_ranges:
                    continue
                self.add_ranges(frame.raw)
            if message is not None:
                yield message

    def add_ranges(self, frames: bytes) -> None:
        """Count RANGES frames that this side sent in the same round, before or after these."""
        self._ranges.update(frames)
        self._has_ranges = self._has_ranges or bool(frames)

    def ranges_digest(self) -> bytes:
        """BLAKE2b-128 of all RANGES frames of the round so far; empty when there was none."""
        return self._ranges.digest() if self._has_ranges else b""

    def _check_end(self, end: End) -> None:
        if end.digest != self._digest.digest():
            raise FrameError("A part of the transfer is missing.")
        self.end = end

    def finish(self) -> End:
        """The END that closed the body. Raises FrameError when it was cut short."""
        self._frames.finish()
        if self.end is None:
            raise FrameError("The transfer was cut short.")
        return self.end


def body_of(
    frames: list[bytes],
    *,
    reason: str = "",
    code: EndCode = EndCode.DONE,
    retry_after_s: int | None = None,
) -> bytes:
    """Frames and their END."""
    raw = b"".join(frames)
    digest = hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).digest()
    return raw + End(digest, reason[:_SENTENCE_MAX], retry_after_s, int(code)).to_frame()


def end_code_of(error: SyncError) -> EndCode:
    """The code that tells a peer's program what kind of error ended the session."""
    if isinstance(error, SessionEndedError):
        return error.code
    return EndCode.DAMAGED


__all__ = ["END_BYTES_MAX", "BodyReader", "body_of", "end_code_of"]
