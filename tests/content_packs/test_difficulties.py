"""Difficulties in a pack: they change how hard its items are said to be, and nothing else."""

import msgspec
import pytest

from darasa.content_packs.difficulties import with_difficulties
from darasa.content_packs.item import Item, difficulty_milli, with_version
from darasa.content_packs.manifest import encode_manifest
from darasa.content_packs.source import as_pack, read_source


@pytest.fixture
def source(write_folder):
    return read_source(write_folder())


def test_items_bear_what_is_given_and_others_what_their_author_wrote(source):
    made = as_pack(with_difficulties(source, {"half-01": -1_234, "half-03": 0, "gone": 7}))
    assert [difficulty_milli(item) for item in made.items.values()] == [-1_234, 0, 0]
    assert made.items["half-02"].fitted_milli is None
    assert made.items["half-01"].difficulty == 1


def test_a_question_that_turned_out_harder_is_the_same_question(source):
    before = as_pack(source)
    after = as_pack(with_difficulties(source, {"half-01": -1_234}))
    assert [item.version for item in after.items.values()] == [
        item.version for item in before.items.values()
    ]
    assert after.dictionary != before.dictionary  # what attempts say of it is another
    without = [msgspec.structs.replace(i, fitted_milli=None) for i in after.items.values()]
    assert without == list(before.items.values())


def test_equal_difficulties_give_equal_bytes_and_none_give_those_of_the_source(source):
    given = {"half-01": 17, "half-02": -4}
    made = with_difficulties(source, given)
    again = with_difficulties(source, dict(reversed(given.items())))
    assert encode_manifest(made.manifest) == encode_manifest(again.manifest)
    assert made.blobs == again.blobs
    plain = with_difficulties(source, {})
    assert encode_manifest(plain.manifest) == encode_manifest(source.manifest)
    assert plain.blobs == source.blobs


def test_a_pack_may_not_say_more_than_the_format_has_room_for(source):
    item = next(iter(as_pack(source).items.values()))
    raw = msgspec.json.encode(with_version(item))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw[:-1] + b',"fitted_milli":8001}', type=Item)
