"""One blob: raw bytes to a zstd frame and back, within the limits for bytes of strangers.

Owns: those limits (threat-model section 6). The frame must state its size, and the size must be
the one that the signed manifest names; only then is it unpacked, with a bounded window and output.
"""

import hashlib
import sys
from typing import TYPE_CHECKING, Final

from darasa.content_packs.errors import PackDamagedError, PackError
from darasa.content_packs.manifest import BLOB_BYTES_MAX

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

WINDOW_LOG_MAX: Final = 23
"""8 MiB: what the reader sets aside at most for one frame."""
RATIO_MAX: Final = 200
"""Raw bytes a stored byte: text packs about 10 to 1; 6 kB that claim 200 MiB are an attack."""
LEVEL: Final = 19
STORED_BYTES_MAX: Final = BLOB_BYTES_MAX + 64 * 1024
"""A frame of bytes that do not pack is a little larger than they are."""


def pack_blob(raw: bytes) -> bytes:
    """The frame for some raw bytes, with size and checksum. Raises PackError at a limit."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.window_log: 22,
        zstd.CompressionParameter.checksum_flag: 1,
    }
    frame = zstd.compress(raw, options=options)
    if not 1 <= len(raw) <= BLOB_BYTES_MAX:
        raise PackError("A part of this pack is empty or larger than 4 MiB.")
    if len(raw) > RATIO_MAX * len(frame):
        raise PackError("A part of this pack says the same thing over and over.")
    return frame


def unpack_blob(frame: bytes, *, size: int, sha256: str) -> bytes:
    """The raw bytes of a frame. Raises PackDamagedError for anything but exactly those bytes."""
    if not 1 <= size <= BLOB_BYTES_MAX or len(frame) > STORED_BYTES_MAX:
        raise PackDamagedError("A part of this pack is larger than parts may be.")
    if size > RATIO_MAX * len(frame):
        raise PackDamagedError("A part of this pack would swell beyond what is allowed.")
    try:
        info = zstd.get_frame_info(frame)
        if info.decompressed_size != size or info.dictionary_id:
            raise PackDamagedError("A part of this pack is not of the size it should be.")
        reader = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: WINDOW_LOG_MAX}
        )
        raw = reader.decompress(frame, max_length=size + 1)
    except (zstd.ZstdError, EOFError, ValueError) as error:
        raise PackDamagedError("A part of this pack cannot be unpacked.") from error
    whole = reader.eof and not reader.unused_data and len(raw) == size
    if not whole or hashlib.sha256(raw).hexdigest() != sha256:
        raise PackDamagedError("A part of this pack is not what was signed.")
    return raw
