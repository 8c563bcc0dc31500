"""What a side can do beyond the version that it speaks: the bits of HELLO's `capabilities`."""

from enum import IntFlag


class Capability(IntFlag):
    """One bit each, never reused; those that are not known are ignored (PROTOCOL.md section 3)."""

    COLUMNS = 1  # reads events of codec 1
    RANGES = 2  # speaks RANGES, and takes what is given back in an answer
    FILES = 4  # takes WANT and BLOB
    ERASURE = 8  # knows ERASED and STUB
