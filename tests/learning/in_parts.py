"""Bytes as a file that is read in parts, for what takes courses."""

from collections.abc import Iterator
from dataclasses import dataclass

_ODD = 70_001


@dataclass(frozen=True)
class InParts:
    """A file with the bytes of `raw`."""

    raw: bytes

    @property
    def size(self) -> int:
        return len(self.raw)

    def read(self) -> Iterator[bytes]:
        """They come in parts that are no piece of any format."""
        for at in range(0, len(self.raw), _ODD):
            yield self.raw[at : at + _ODD]
