"""An installed pack as the one file that it came in, read part by part.

Owns: where each part stands in that file. A course of 500 MB goes to 30 computers at once from a
server with 1 GB, so no blob is whole in memory while it is handed on. Does not know the folder.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import accumulate
from typing import BinaryIO, Final
from zlib import crc32

from darasa.content_packs.container import Head, blob_prefix
from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.manifest import BlobEntry

_PIECE_BYTES: Final = 128 * 1024
"""What is handed on at a time: a slow link is to hold up no more than this."""


class PackFile:
    """`size` in bytes; `digest` is the SHA-256 of them all (RFC 6234)."""

    def __init__(
        self,
        head: Head,
        sound_frame: Callable[[BlobEntry], bytes],
        open_frame: Callable[[BlobEntry], BinaryIO],
    ) -> None:
        """Reads every byte once, so that nothing damaged is begun.

        `sound_frame` gives a blob's frame when it is what was signed, and raises PackDamagedError
        else, as this does. `open_frame` gives the file of it, and may raise OSError.
        """
        self._head = head
        self._open_frame = open_frame
        self._prefixes = [b""]
        self.is_sound = True
        """False once a part was found damaged after all: whoever keeps this asks anew."""
        digest, sizes = sha256(head.raw), [len(head.raw)]
        for entry in head.manifest.blobs:
            frame = sound_frame(entry)
            prefix = blob_prefix(len(frame), crc32(frame))
            digest.update(prefix)
            digest.update(frame)
            self._prefixes.append(prefix)
            sizes.append(len(prefix) + len(frame))
        self._ends = list(accumulate(sizes))
        self.size = self._ends[-1]
        self.digest = digest.digest()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces.

        Raises PackDamagedError for a part that is no longer what it was, before its last piece: a
        receiver never has a file that looks whole.
        """
        stop = self.size if stop is None else min(stop, self.size)
        for number in range(bisect_right(self._ends, start), len(self._ends)):
            at = self._ends[number - 1] if number else 0
            for piece in self._pieces(number):
                part = piece[max(start - at, 0) : max(stop - at, 0)]
                if part:
                    yield part
                at += len(piece)
                if at >= stop:
                    return

    def _pieces(self, number: int) -> Iterator[bytes]:
        """The head, or a blob with what stands before it."""
        if number == 0:
            raw = self._head.raw
            yield from (raw[at : at + _PIECE_BYTES] for at in range(0, len(raw), _PIECE_BYTES))
            return
        yield self._prefixes[number]
        try:
            with self._open_frame(self._head.manifest.blobs[number - 1]) as file:
                yield from self._checked(file, number)
        except (PackDamagedError, OSError) as error:
            self.is_sound = False
            raise PackDamagedError("A part of this pack cannot be read any more.") from error

    def _checked(self, file: BinaryIO, number: int) -> Iterator[bytes]:
        """The pieces of a frame; the last one when the CRC-32 of all is what it was."""
        prefix = self._prefixes[number]
        size = left = self._ends[number] - self._ends[number - 1] - len(prefix)
        crc = 0
        while left:
            piece = file.read(min(left, _PIECE_BYTES))
            crc, left = crc32(piece, crc), left - len(piece)
            is_same = left or (blob_prefix(size, crc) == prefix and not file.read(1))
            if not piece or not is_same:
                raise PackDamagedError("A part of this pack was changed on the disk.")
            yield piece
