"""Packs that are made in memory from skills and items: for invented courses, benches and tests.

Owns: the least manifest that such a pack needs. Pure.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from darasa.content_packs.item import Item, ItemFile
from darasa.content_packs.manifest import BlobEntry, Manifest
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill

_PATH: Final = "items/all.json"


def invented_pack(
    skills: Sequence[Skill], items: Sequence[Item], *, pack_id: str = "invented", title: str = ""
) -> Pack:
    """A pack of these, in their order, without lessons. Raises PackDamagedError as `Pack` does."""
    raw = msgspec.json.encode(ItemFile(tuple(items)))
    sha256 = hashlib.sha256(raw).hexdigest()
    manifest = Manifest(
        id=pack_id,
        version="1",
        sequence=1,
        title=title or pack_id,
        locales=("en",),
        levels=(),
        license="CC0-1.0",
        skills=tuple(skills),
        lessons=(),
        item_files=(_PATH,),
        items=len(items),
        blobs=(BlobEntry(_PATH, sha256, len(raw), "en", ""),),
    )
    return Pack(manifest, {sha256: raw}.__getitem__)
