"""Sealing to a node: the X25519 key that its Ed25519 key gives (RFC 7748 section 4.1).

Whoever holds a node's certificate can seal to that node, and no second key need be handed out: an
answer on a stick is for one computer. The map between the two curves is birational; the private
half is the clamped first half of SHA-512 of the Ed25519 seed (RFC 8032 section 5.1.5). `age` seals
to SSH keys in the same way.
"""

import hashlib
from typing import Final

from darasa.sync.errors import LocalProtocolError
from darasa.sync.sealing import KEY_BYTES, SealKey
from darasa.sync.signing import NodeKey

_P: Final = 2**255 - 19
_Y_MASK: Final = 2**255 - 1  # the top bit is the sign of x, which X25519 does not need


def seal_key_of(key: NodeKey) -> SealKey:
    """The seal key that belongs to a node's own key."""
    return SealKey.from_private(hashlib.sha512(key.private_bytes()).digest()[:KEY_BYTES])


def seal_public_of(public_key: bytes) -> bytes:
    """The X25519 public key (32 bytes) of a node's Ed25519 public key: u = (1 + y) / (1 - y).

    Raises LocalProtocolError for bytes that are no point's.
    """
    y = int.from_bytes(public_key, "little") & _Y_MASK
    if len(public_key) != KEY_BYTES or y >= _P or y == 1:
        raise LocalProtocolError("the public key of a node cannot be sealed to")
    u = (1 + y) * pow(1 - y, -1, _P) % _P
    return u.to_bytes(KEY_BYTES, "little")
