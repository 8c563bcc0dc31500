"""Bytes of this node's own rows, squeezed: however large they are, and however well they pack.

Owns: their form. What comes from others is refused beyond a size or a ratio (sync's squeeze.py); a
row must be written and read all the same, for the events that it is made from are here. One that
squeezing would refuse is kept as it is. Pure.
"""

from typing import Final

from darasa.sync.errors import LocalProtocolError
from darasa.sync.squeeze import expand, squeeze_quickly

KEPT_BYTES_MAX: Final = 1 << 26
"""Of one row: a hundred times what a learner's whole schooling takes."""

_SQUEEZED: Final = bytes.fromhex("28b52ffd")
"""How a zstd frame begins; the rows are msgpack arrays, which begin with no such byte."""


def squeezed(clear: bytes) -> bytes:
    """As the row has it."""
    try:
        return squeeze_quickly(clear)
    except LocalProtocolError:
        return clear


def cleared(kept: bytes) -> bytes:
    """The inverse of `squeezed`. Raises CodecError (sync) for damage."""
    return expand(kept, limit=KEPT_BYTES_MAX) if kept.startswith(_SQUEEZED) else kept
