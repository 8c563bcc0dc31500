"""Reading a sealed copy of a store: what is in it is believed as this server's own, or not at all.

Owns the form of the body (`copying` says it) and the one question of belief: the signature on the
head is this server's own, and every piece opens under the key that hangs on that head. So nobody
who holds the disk can change a copy, nor put one there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from darasa.sync.bundle import BundleError, BundleKind, Opener, parse_head
from darasa.sync.codec import CodecError, unpack
from darasa.sync.copy_folder import COPY_BYTES_MAX, CopyError
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import FrameError
from darasa.sync.home import Home
from darasa.sync.transport.bundle_reading import frames_of, key_for
from darasa.sync.transport.stick_files import Progress, no_progress

BODY_FORMAT: Final = 1
SUM_BYTES: Final = 32
_FRONT_BYTES_MAX: Final = 1 << 20
_LENGTH_BYTES: Final = 4
_DAMAGED: Final = "This copy is damaged."
_NOT_OURS: Final = "This copy is of another server, or its key is not here."


class CopyReader:
    """One copy file that this server made. `config` is the text of its `darasa.toml`, once read."""

    def __init__(self, home: Home, file: Path, progress: Progress = no_progress) -> None:
        self._home = home
        self._file = file
        self._progress = progress
        self.config = ""

    def store(self) -> Iterator[bytes]:
        """The bytes of the store. Raises CopyError before the end of one that is not whole.

        StickError when the disk does not answer.
        """
        pieces = self._pieces()
        waiting = b""
        for piece in pieces:
            waiting += piece
            length = int.from_bytes(waiting[:_LENGTH_BYTES], "big")
            if length > _FRONT_BYTES_MAX:
                raise CopyError(_DAMAGED)
            end = _LENGTH_BYTES + length
            if len(waiting) >= _LENGTH_BYTES and len(waiting) >= end:
                self.config = _config_of(waiting[_LENGTH_BYTES:end])
                yield waiting[end:]
                yield from pieces
                return
        raise CopyError(_DAMAGED)

    def _pieces(self) -> Iterator[bytes]:
        home = self._home
        try:
            frames = frames_of(self._file, self._progress, bytes_max=COPY_BYTES_MAX)
            first = next(frames, None)
            if first is None:
                raise CopyError(_DAMAGED)
            head, maker = parse_head(first)
            key = key_for(home, head)
            is_ours = head.kind == BundleKind.COPY and maker.public_key == home.node_key.public
            if key is None or not is_ours:
                raise CopyError(_NOT_OURS)
            opener = Opener(key, head, first.raw)
            for frame in frames:
                yield opener.open(frame)
        except BundleError as error:
            raise CopyError(f"{_DAMAGED} ({error})") from error
        except (FrameError, RemoteProtocolError) as error:
            raise CopyError(_DAMAGED) from error
        if not opener.is_whole:
            raise CopyError("The end of this copy is missing.")


def store_of_copy(home: Home, file: Path) -> Iterator[bytes]:
    """The bytes of the store in a copy file. Raises CopyError, StickError."""
    return CopyReader(home, file).store()


def _config_of(front: bytes) -> str:
    try:
        said: Any = unpack(front)
    except CodecError as error:
        raise CopyError(_DAMAGED) from error
    match said:
        case (int(form), bytes(config), *_) if form == BODY_FORMAT:
            return config.decode("utf-8", "replace")
        case _:
            raise CopyError("This copy was made by a newer Darasa. Update Darasa first.")
