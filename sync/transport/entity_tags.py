"""Entity tags of files that are fetched (RFC 9110 section 8.8.3): strong ones, by their bytes."""

import hashlib
from io import BufferedReader
from typing import Final

_TAG_DIGITS: Final = 32
_TAG_CHARS_MAX: Final = 200
"""The longest entity tag that is kept. Longer is allowed and not met: such a file begins anew."""


def entity_tag(digest: bytes) -> str:
    """The strong entity tag that a server gives to the file with this SHA-256."""
    return f'"{digest.hex()[:_TAG_DIGITS]}"'


def tag_of(file: BufferedReader) -> str:
    """The same of an open file, by its bytes from where it stands. Raises OSError."""
    return entity_tag(hashlib.file_digest(file, "sha256").digest())


def is_strong(tag: str) -> bool:
    """Whether it is a strong entity tag that can be sent back as it is."""
    is_quoted = len(tag) > 2 and tag[0] == tag[-1] == '"' and '"' not in tag[1:-1]
    return is_quoted and tag.isascii() and tag.isprintable() and len(tag) <= _TAG_CHARS_MAX
