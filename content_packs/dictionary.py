"""The dictionary of a pack: what a sync codec needs of its items, under one name.

Owns: the table of items in the order of the pack (FORMAT.md section 4), its bytes and its name, the
SHA-256 of these bytes. An item's version names everything in the item but how hard it turned out,
which stands beside it: two packs whose dictionaries have one name draw, judge and weigh every item
alike. Pure.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from darasa.content_packs.item import VERSION_BYTES, Item, Name, difficulty_milli

DICTIONARY_PATH: Final = "dictionary.json"


class DictionaryItem(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`[id, version, skills, difficulty_milli]`: what every attempt on an item says again."""

    id: Name
    version: Annotated[bytes, Meta(min_length=VERSION_BYTES, max_length=VERSION_BYTES)]
    skills: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=8)]
    difficulty_milli: Annotated[int, Meta(ge=-8000, le=8000)]


class Dictionary(Struct, frozen=True, forbid_unknown_fields=True):
    """The table of a pack."""

    pack: str
    items: tuple[DictionaryItem, ...]


def dictionary_bytes(pack_id: str, items: Iterable[Item]) -> bytes:
    """The table of a pack's items as JSON without white space: equal items give equal bytes."""
    rows = tuple(
        DictionaryItem(item.id, item.version, item.skills, difficulty_milli(item)) for item in items
    )
    return msgspec.json.encode(Dictionary(pack_id, rows))


def dictionary_name(raw: bytes) -> bytes:
    """The 32 bytes that name a dictionary."""
    return hashlib.sha256(raw).digest()
