"""An installed pack as the one file that it came in, read part by part.

Owns: where each part stands in that file. A course of 500 MB goes to 30 computers at once from a
server with 1 GB, so one blob is in memory for each who reads. Does not know the folder.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate

from darasa.content_packs.container import Head, encode_blob
from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.manifest import BlobEntry

_PIECE_BYTES = 256 * 1024
"""What is handed on at a time: a slow link is to hold up no more than this."""


class PackFile:
    """`size` in bytes; `digest` is the SHA-256 of them all (RFC 6234).

    `frame` gives a blob's frame as long as it is what was signed, and raises PackDamagedError.
    """

    def __init__(self, head: Head, frame: Callable[[BlobEntry], bytes]) -> None:
        """Reads every byte once, so that nothing damaged is begun. Raises PackDamagedError."""
        self._head = head
        self._frame = frame
        self.is_sound = True
        """False once a part was found damaged after all: whoever keeps this asks anew."""
        digest, sizes = hashlib.sha256(), []
        for part in map(self._part, range(1 + len(head.manifest.blobs))):
            digest.update(part)
            sizes.append(len(part))
        self._ends = list(accumulate(sizes))
        self.size = self._ends[-1]
        self.digest = digest.digest()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces.

        Raises PackDamagedError for a part that is no longer what it was.
        """
        stop = self.size if stop is None else min(stop, self.size)
        for number in range(bisect_right(self._ends, start), len(self._ends)):
            begin = self._ends[number - 1] if number else 0
            if begin >= stop:
                return
            part = self._same_part(number, self._ends[number] - begin)
            upto = min(stop - begin, len(part))
            for at in range(max(start - begin, 0), upto, _PIECE_BYTES):
                yield part[at : min(at + _PIECE_BYTES, upto)]

    def _same_part(self, number: int, size: int) -> bytes:
        try:
            part = self._part(number)
            if len(part) != size:
                raise PackDamagedError("A part of this pack is another one now.")
        except PackDamagedError:
            self.is_sound = False
            raise
        return part

    def _part(self, number: int) -> bytes:
        """The head, then each blob with what stands before it."""
        if number == 0:
            return self._head.raw
        return encode_blob(self._frame(self._head.manifest.blobs[number - 1]))
