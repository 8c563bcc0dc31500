"""The record that a learner is erased (sync.md section 10): it stands alone and names nobody.

Owns: the record, its signature and the digest of a set of them. Only the hash of the learner_id is
kept, so that every holder knows her events when they come again, and no one learns the id from it.
The set of a school only grows. Pure; where it is kept is `erased_rows`' and `erased_file`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from darasa.sync.codec import CodecError, convert, pack, unpack
from darasa.sync.ids import ID_BYTES, NO_SCHOOL, Chain, SchoolId, hash16
from darasa.sync.signing import NodeKey, verify

PURPOSE: Final = "erase"
KNOWS_NO_ERASURE: Final = b""
"""In place of the digest of a peer whose program is from before erasure."""
_MODULUS: Final = 1 << (8 * ID_BYTES)

Id16 = Annotated[bytes, Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]


class ErasedRecord(Struct, frozen=True, array_like=True, order=True):
    """`[school_id, BLAKE2b-128(learner_id), signature]`, signed by that school's server."""

    school_id: Id16
    learner_hash: Id16
    signature: Signature

    def to_bytes(self) -> bytes:
        """Packed, as files keep it."""
        return pack((self.school_id, self.learner_hash, self.signature))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """The record of packed bytes; its signature is not checked. Raises CodecError."""
        try:
            return convert(unpack(raw), cls)
        except msgspec.ValidationError as error:
            raise CodecError("A record of erasure cannot be read.") from error

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether that key signed it."""
        raw = _signed(self.school_id, self.learner_hash)
        return verify(public_key, PURPOSE, raw, self.signature)


@dataclass(frozen=True, slots=True)
class ArrivedLeaf:
    """An erased event of a run: only its leaf came, or is kept. Its chain was computed here."""

    seq: int
    chain: Chain
    leaf: bytes


def erased_hash(learner_id: bytes) -> bytes:
    """What is kept of a learner who is erased: BLAKE2b-128 of her id."""
    return hash16(learner_id)


def erase_record(key: NodeKey, school_id: SchoolId, learner_id: bytes) -> ErasedRecord:
    """The school says that a learner is erased; the same bytes each time it says so."""
    learner_hash = erased_hash(learner_id)
    signature = key.sign(PURPOSE, _signed(school_id, learner_hash))
    return ErasedRecord(school_id, learner_hash, signature)


def erased_digest(hashes: Iterable[bytes]) -> bytes | None:
    """16 bytes that are equal for equal sets of hashes: their sum modulo 2^128; None for none."""
    total, count = 0, 0
    for each in set(hashes):
        total += int.from_bytes(each, "big")
        count += 1
    return (total % _MODULUS).to_bytes(ID_BYTES, "big") if count else None


def _signed(school_id: bytes, learner_hash: bytes) -> bytes:
    assert school_id != NO_SCHOOL
    return pack((school_id, learner_hash))
