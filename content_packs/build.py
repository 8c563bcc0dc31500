"""Building a pack from a folder of sources.

Owns: the order check, compress, sign, join. Equal sources give equal manifest bytes: no time, no
host, no stored sizes in them.
"""

from collections.abc import Callable
from pathlib import Path

from darasa.content_packs.blobs import pack_blob
from darasa.content_packs.container import encode_blob, encode_head
from darasa.content_packs.manifest import encode_manifest
from darasa.content_packs.source import Source, read_source, sound

Sign = Callable[[bytes], tuple[bytes, bytes]]
"""From manifest bytes to (public key, Ed25519 signature over b"darasa/pack/1\\0" + manifest)."""


def build_pack(folder: Path, *, sign: Sign) -> bytes:
    """The bytes of a pack file. Raises SourceError for the folder's first mistake."""
    return build_source(sound(read_source(folder)), sign=sign)


def build_source(source: Source, *, sign: Sign) -> bytes:
    """The bytes of a pack file from sources that were read and are sound."""
    manifest = sound(source).manifest
    assert manifest is not None
    manifest_raw = encode_manifest(manifest)
    stored = [encode_blob(pack_blob(source.blobs[entry.sha256])) for entry in manifest.blobs]
    return encode_head(manifest_raw, [sign(manifest_raw)]) + b"".join(stored)
