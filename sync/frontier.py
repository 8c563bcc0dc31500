"""What a store holds, said in a few bytes: tips, heads and the frontier digest (sync.md section 6).

A tip is the last event of a log (several for a forked one); a head is the same with the whole
chain, as it is signed.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from darasa.sync.codec import pack
from darasa.sync.ids import SHORT_BYTES, Chain, LogId

DIGEST_BYTES: Final = 16
_DIGEST_MODULUS: Final = 1 << (8 * DIGEST_BYTES)


class Tip(Struct, frozen=True, order=True, array_like=True):
    """The last event held of a log: `chain8` is the first 8 bytes of its chain."""

    log_id: LogId
    seq: int
    chain8: bytes


class Head(Struct, frozen=True, order=True, array_like=True):
    """A place in a log with its whole chain: what a signature says."""

    log_id: LogId
    seq: int
    chain: Chain

    @property
    def tip(self) -> Tip:
        """The same place in short."""
        return Tip(self.log_id, self.seq, self.chain[:SHORT_BYTES])


class SignedHeads(Struct, frozen=True):
    """Heads under one signature. They can be passed on only together: the signature covers all."""

    heads: tuple[Head, ...]
    signer: bytes  # node_id of the author, or of the school that vouches
    signature: bytes


def heads_bytes(heads: Iterable[Head]) -> bytes:
    """What is signed under purpose "heads": `[[log_id, seq, chain]...]` in the order given."""
    return pack(tuple((head.log_id, head.seq, head.chain) for head in heads))


def frontier_digest(tips: Iterable[Tip], *, key: bytes = b"") -> bytes:
    """16 bytes that are equal for equal sets of tips, in whatever order they come.

    The sum modulo 2^128 of BLAKE2b-128 under `key` (at most 64 bytes: a secret of the pair that
    compares; empty for `status`) of each tip's packed bytes, big-endian.
    """
    total = sum(keyed_entry(tip.log_id, tip.seq, tip.chain8, key=key) for tip in tips)
    return (total % _DIGEST_MODULUS).to_bytes(DIGEST_BYTES, "big")


def keyed_entry(log_id: bytes, seq: int, chain8: bytes, *, key: bytes) -> int:
    """What one tip adds to a digest or to the fingerprint of a range, as a number below 2^128."""
    packed = pack((log_id, seq, chain8))
    return int.from_bytes(
        hashlib.blake2b(packed, digest_size=DIGEST_BYTES, key=key).digest(), "big"
    )
