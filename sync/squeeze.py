"""Compression inside frames: zstd, with limits on what may come out (threat-model section 6).

The only module of `sync` that knows zstd. A frame's header must state its size; a lie about it, a
large window or a great ratio is refused before memory is spent.
"""

import sys
from typing import Final

from darasa.sync.errors import CodecError, LocalProtocolError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

EXPANDED_BYTES_MAX: Final = 1 << 20
RATIO_MAX: Final = 200
_RATIO_FREE_BYTES: Final = 64 * 1024  # below this a great ratio costs nothing
_WINDOW_LOG_MAX: Final = 23
_LEVEL: Final = 9
_QUICK_LEVEL: Final = 3


def squeeze_quickly(raw: bytes) -> bytes:
    """The same a few percent larger in a third of the time: for what is soon written anew."""
    return _squeezed(raw, _QUICK_LEVEL)


def squeeze(raw: bytes) -> bytes:
    """`raw` as one zstd frame that states its size.

    Raises LocalProtocolError when it packs so well that `expand` would refuse it: the caller takes
    less at a time. Up to 64 KiB that never happens.
    """
    return _squeezed(raw, _LEVEL)


def _squeezed(raw: bytes, level: int) -> bytes:
    squeezed = zstd.compress(raw, level=level)
    if len(raw) > _clear_bytes_max(squeezed):
        raise LocalProtocolError(f"{len(raw)} bytes in {len(squeezed)} would be refused")
    return squeezed


def expand(squeezed: bytes, *, limit: int = EXPANDED_BYTES_MAX) -> bytes:
    """The bytes inside one zstd frame. Raises CodecError for damage or beyond a limit."""
    try:
        size = zstd.get_frame_info(squeezed).decompressed_size
    except zstd.ZstdError as error:
        raise CodecError("The compressed part cannot be read.") from error
    if size is None or size > limit:
        raise CodecError(f"The compressed part must say its size, and at most {limit} bytes.")
    if size > _clear_bytes_max(squeezed):
        raise CodecError("The compressed part is packed more than real work can be.")
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG_MAX}
    reader = zstd.ZstdDecompressor(options=options)
    try:
        raw = reader.decompress(squeezed, max_length=size + 1)
    except (zstd.ZstdError, MemoryError) as error:
        raise CodecError("The compressed part cannot be read.") from error
    if len(raw) != size or not reader.eof or reader.unused_data:
        raise CodecError("The compressed part is not what it says.")
    return raw


def _clear_bytes_max(squeezed: bytes) -> int:
    """How many bytes may come out of these, by the ratio."""
    return max(_RATIO_FREE_BYTES, RATIO_MAX * len(squeezed))
