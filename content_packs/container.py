"""The file `NAME.pack`: header, signatures, manifest, blobs.

Owns: its bytes (FORMAT.md section 3), the check of signatures, and the walk over blobs. All
numbers are big-endian. Reads from any seekable binary file, so that a large pack is never whole
in memory.
"""

import struct
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from darasa.content_packs.blobs import STORED_BYTES_MAX
from darasa.content_packs.errors import PackDamagedError, PackRefusedError
from darasa.content_packs.manifest import (
    FORMAT,
    MANIFEST_BYTES_MAX,
    BlobEntry,
    Manifest,
    parse_manifest,
)

MAGIC: Final = b"\x89DARASA\n"
SIGNED_PREFIX: Final = b"darasa/pack/1\0"
SIGNATURES_MAX: Final = 8
_HEADER: Final = struct.Struct(">8sBBHI")
_BLOB: Final = struct.Struct(">II")
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Head:
    """The part of a pack before its blobs: `raw` are its exact bytes, `keys` those that signed."""

    raw: bytes
    keys: tuple[bytes, ...]
    manifest: Manifest


def encode_head(manifest_raw: bytes, signatures: Collection[tuple[bytes, bytes]]) -> bytes:
    """Header, (public key, signature) pairs and manifest."""
    assert 1 <= len(signatures) <= SIGNATURES_MAX
    header = _HEADER.pack(MAGIC, FORMAT, len(signatures), 0, len(manifest_raw))
    return header + b"".join(key + signature for key, signature in signatures) + manifest_raw


def encode_blob(frame: bytes) -> bytes:
    """A stored blob: length, CRC-32 and the frame."""
    return blob_prefix(len(frame), zlib.crc32(frame)) + frame


def blob_prefix(length: int, crc: int) -> bytes:
    """What stands before the frame of a stored blob: its length and its CRC-32."""
    return _BLOB.pack(length, crc)


def read_head(file: BinaryIO, *, trusted: Collection[bytes] | None = None) -> Head:
    """The head at the start of a file, every signature proven.

    `trusted`: the keys of which one must have signed; of a stranger's file no more is read. None:
    the file is this node's own. Raises PackDamagedError, or PackRefusedError for a later format and
    for a stranger.
    """
    header = _exactly(file, _HEADER.size)
    magic, version, count, reserved, length = _HEADER.unpack(header)
    if magic != MAGIC:
        raise PackDamagedError("This file is not a pack.")
    if version != FORMAT:
        raise PackRefusedError(
            f"This pack is of format {version}; this version reads format {FORMAT}.",
            remedy="Update Darasa first.",
        )
    if reserved or not 1 <= count <= SIGNATURES_MAX or length > MANIFEST_BYTES_MAX:
        raise PackDamagedError("The first bytes of this pack are damaged.")
    signed = _exactly(file, count * (_KEY_BYTES + _SIGNATURE_BYTES))
    manifest_raw = _exactly(file, length)
    keys = tuple(_proven_keys(signed, manifest_raw))
    if trusted is not None and set(keys).isdisjoint(trusted):
        raise PackRefusedError(
            "This pack is signed by someone whom this computer does not know.",
            remedy="Ask a teacher to accept its author first.",
        )
    return Head(header + signed + manifest_raw, keys, parse_manifest(manifest_raw))


def countersigned(head: Head, key: bytes, sign: Callable[[bytes], bytes]) -> Head:
    """A head with one more signature: `sign` gives that of `key` over the manifest.

    A key that has signed is not added again. Raises PackRefusedError when there is no place for
    another.
    """
    if key in head.keys:
        return head
    if len(head.keys) >= SIGNATURES_MAX:
        raise PackRefusedError("This pack bears as many signatures as a pack may.")
    width = _KEY_BYTES + _SIGNATURE_BYTES
    manifest_at = _HEADER.size + len(head.keys) * width
    signed = head.raw[_HEADER.size : manifest_at]
    pairs = [
        (signed[at : at + _KEY_BYTES], signed[at + _KEY_BYTES : at + width])
        for at in range(0, len(signed), width)
    ]
    manifest_raw = head.raw[manifest_at:]
    raw = encode_head(manifest_raw, [*pairs, (key, sign(manifest_raw))])
    return Head(raw, (*head.keys, key), head.manifest)


def frames(file: BinaryIO, manifest: Manifest) -> Iterator[tuple[BlobEntry, bytes]]:
    """The stored frames in the order of the manifest; the file must end after the last.

    Raises PackDamagedError. The frames are whole, not yet unpacked.
    """
    for entry in manifest.blobs:
        length, crc = _BLOB.unpack(_exactly(file, _BLOB.size))
        if length > STORED_BYTES_MAX:
            raise PackDamagedError("A part of this pack is larger than parts may be.")
        frame = _exactly(file, length)
        if zlib.crc32(frame) != crc:
            raise PackDamagedError("A part of this pack was changed on its way.")
        yield entry, frame
    if file.read(1):
        raise PackDamagedError("There is something after the end of this pack.")


def _proven_keys(signed: bytes, manifest_raw: bytes) -> Iterator[bytes]:
    for at in range(0, len(signed), _KEY_BYTES + _SIGNATURE_BYTES):
        key = signed[at : at + _KEY_BYTES]
        signature = signed[at + _KEY_BYTES : at + _KEY_BYTES + _SIGNATURE_BYTES]
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, SIGNED_PREFIX + manifest_raw)
        except (InvalidSignature, ValueError) as error:
            raise PackDamagedError(
                "The signature of this pack does not fit: it was changed after it was signed."
            ) from error
        yield key


def _exactly(file: BinaryIO, count: int) -> bytes:
    raw = file.read(count)
    if len(raw) != count:
        raise PackDamagedError("This pack is cut short. Copy it again.")
    return raw
