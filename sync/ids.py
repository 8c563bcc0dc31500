"""The identifiers of nodes, logs, learners, schools and records (sync.md section 3).

Owns: their types, lengths and how those that are derived are derived. All are bytes; text forms
are lower-case hex and belong to whoever prints them.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NewType

NodeId = NewType("NodeId", bytes)  # 16 bytes: from the node's public key
LogId = NewType("LogId", bytes)  # 8 bytes: from the log's genesis
LearnerId = NewType("LearnerId", bytes)  # 16 random bytes, never derived from a name
SchoolId = NewType("SchoolId", bytes)  # 16 random bytes
RecordId = NewType("RecordId", bytes)  # 16 random bytes
Chain = NewType("Chain", bytes)  # 16 bytes: all events of a log up to one
Mark = NewType("Mark", bytes)  # 8 random bytes of a receipt

Rng = Callable[[int], bytes]
"""n -> n random bytes; in production `os.urandom`."""

ID_BYTES: Final = 16
LOG_ID_BYTES: Final = 8
CHAIN_BYTES: Final = 16
SHORT_BYTES: Final = 8  # chain8, mark, tag, nonce, key id

NO_SCHOOL: Final = SchoolId(bytes(ID_BYTES))
"""The school of a hub, and of a node that has not joined one; on the wire it is nil."""


class Role(StrEnum):
    """What a node is, as `init` made it and as its certificate says."""

    COMPUTER = "computer"
    SCHOOL = "school"
    HUB = "hub"


def hash16(raw: bytes) -> bytes:
    """BLAKE2b-128 of raw bytes."""
    return hashlib.blake2b(raw, digest_size=16).digest()


def node_id_of(public_key: bytes) -> NodeId:
    """The first 16 bytes of BLAKE2b-256 of an Ed25519 public key (32 bytes)."""
    return NodeId(hashlib.blake2b(public_key, digest_size=32).digest()[:ID_BYTES])
