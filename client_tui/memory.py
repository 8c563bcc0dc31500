"""Keeps the client small on machines with 2 GB: one setting of the C library's allocator.

Measured: a PIN check takes 19 MiB for a moment. glibc gives the first one back, raises its limit
for what it gives back, and keeps the second (61 MB, 63 MB, then 83 MB for the rest of the day).
"""

import contextlib
import sys
from functools import cache
from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # malloc.h
_BYTES: Final = 1 << 20


@cache
def give_large_blocks_back() -> None:
    """Blocks of a megabyte and more are given back when freed. Does nothing where it cannot."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _BYTES)
