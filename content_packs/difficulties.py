"""Difficulties that answers gave, put into a pack that is being built.

Owns: that they change nothing else of it. Where they come from is not known here: they arrive as
plain numbers. Pure.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from darasa.content_packs.dictionary import DICTIONARY_PATH, dictionary_bytes, dictionary_name
from darasa.content_packs.errors import SourceError
from darasa.content_packs.item import Item, ItemFile
from darasa.content_packs.manifest import BLOB_BYTES_MAX, BlobEntry, Manifest, decode_json
from darasa.content_packs.source import Source, as_pack, sound


def with_difficulties(source: Source, fitted_milli: Mapping[str, int]) -> Source:
    """A sound source whose items bear these logits (thousandths), by item.

    An item that is not named keeps what its author wrote. Questions, answers and the versions of
    items stay as they are. Raises SourceError when a file of items becomes too large.
    """
    manifest = sound(source).manifest
    assert manifest is not None
    read = {entry.path: source.blobs[entry.sha256] for entry in manifest.blobs}
    items: list[Item] = []
    for path in manifest.item_files:
        file = decode_json(read[path], ItemFile)
        changed = tuple(_with(item, fitted_milli.get(item.id)) for item in file.items)
        read[path] = msgspec.json.encode(ItemFile(changed))
        items += changed
    read[DICTIONARY_PATH] = dictionary_bytes(manifest.id, items)
    made = replace(
        source,
        manifest=_with_blobs(manifest, read),
        blobs={hashlib.sha256(raw).hexdigest(): raw for raw in read.values()},
    )
    as_pack(made)  # what is built must be what can be read
    return made


def _with(item: Item, fitted_milli: int | None) -> Item:
    return msgspec.structs.replace(item, fitted_milli=fitted_milli)


def _with_blobs(manifest: Manifest, read: Mapping[str, bytes]) -> Manifest:
    entries = tuple(_entry(entry, read[entry.path]) for entry in manifest.blobs)
    return msgspec.structs.replace(
        manifest, blobs=entries, dictionary=dictionary_name(read[DICTIONARY_PATH]).hex()
    )


def _entry(entry: BlobEntry, raw: bytes) -> BlobEntry:
    if len(raw) > BLOB_BYTES_MAX:
        raise SourceError(
            "This file is too large with its difficulties.",
            path=entry.path,
            remedy="Cut it in two files.",
        )
    return msgspec.structs.replace(entry, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))
