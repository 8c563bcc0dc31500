"""The dictionary of a pack: named by its content, and that of its items and no others."""

import msgspec
import pytest

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.dictionary import (
    DICTIONARY_PATH,
    Dictionary,
    dictionary_bytes,
    dictionary_name,
)
from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.item import with_version
from darasa.content_packs.pack import Pack
from darasa.content_packs.source import read_source


@pytest.fixture(scope="module")
def source():
    return read_source(bundled_courses()[0])


def test_a_built_pack_holds_its_dictionary_and_names_it(source):
    manifest = source.manifest
    (entry,) = [blob for blob in manifest.blobs if blob.path == DICTIONARY_PATH]
    raw = source.blobs[entry.sha256]
    pack = Pack(manifest, source.blobs.__getitem__)
    assert manifest.dictionary == entry.sha256 == pack.dictionary.hex()
    told = msgspec.json.decode(raw, type=Dictionary)
    assert [row.id for row in told.items] == list(pack.items)
    assert raw == dictionary_bytes(pack.id, pack.items.values())


def test_another_item_makes_another_name(source):
    items = list(Pack(source.manifest, source.blobs.__getitem__).items.values())
    name = dictionary_name(dictionary_bytes("fractions-p5", items))
    changed = with_version(msgspec.structs.replace(items[0], difficulty=3))
    assert dictionary_name(dictionary_bytes("fractions-p5", [changed, *items[1:]])) != name
    assert dictionary_name(dictionary_bytes("fractions-p5", reversed(items))) != name
    assert dictionary_name(dictionary_bytes("another", items)) != name


def test_a_pack_whose_dictionary_is_not_that_of_its_items_is_damaged(source):
    manifest = source.manifest
    other = next(blob.sha256 for blob in manifest.blobs if blob.path != DICTIONARY_PATH)
    lying = msgspec.structs.replace(manifest, dictionary=other)
    with pytest.raises(PackDamagedError, match="dictionary"):
        Pack(lying, source.blobs.__getitem__)


def test_a_pack_made_without_a_dictionary_has_the_same_name(source):
    bare = msgspec.structs.replace(source.manifest, dictionary=None)
    pack = Pack(bare, source.blobs.__getitem__)
    assert pack.dictionary.hex() == source.manifest.dictionary
