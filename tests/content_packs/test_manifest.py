import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.manifest import (
    BLOB_BYTES_MAX,
    ITEM_BYTES_MAX,
    BlobEntry,
    Manifest,
    encode_manifest,
    parse_manifest,
)
from darasa.content_packs.skill import Skill

GOOD = Manifest(
    id="small",
    version="1.0.0",
    sequence=1,
    title="Small",
    locales=("en",),
    levels=("middle",),
    license="CC-BY-4.0",
    skills=(Skill(id="halves", title="Halves"),),
    lessons=(),
    item_files=("items/a.en.json",),
    items=1,
    blobs=(BlobEntry("items/a.en.json", "0" * 64, 10, "en", ""),),
)
RAW = encode_manifest(GOOD)


def test_parsing_inverts_encoding() -> None:
    assert parse_manifest(RAW) == GOOD


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"format":1', b'{"format":1,"format":1'),  # a double key: last would win
        (b'{"format":1', b'{ "format":1'),
        (b'{"format":1', b'{"format":1,"extra":2'),
        (b'"format":1', b'"format":2'),
        (b'"sequence":1', b'"sequence":0'),
        (b'"sequence":1', b'"sequence":18446744073709551616'),
        (b'"sequence":1', b'"sequence":1.0'),
        (b'"size":10', b'"size":4194305'),
        (b'"size":10', b'"size":0'),
        (b'"title":"Small"', b'"title":"\\u0053mall"'),
        (b'"title":"Small"', b'"title":"\xff"'),
        (b'"id":"small"', b'"id":"../small"'),
        (b'"id":"small"', b'"id":"con"'),
        (b'"path":"items/a.en.json"', b'"path":"../a.en.json"'),
        (b'"path":"items/a.en.json"', b'"path":"items/b.en.json"'),
        (b'"locales":["en"]', b'"locales":["../en"]'),
        (b'"items":1', b'"items":NaN'),
    ],
)
def test_any_other_bytes_are_refused(old: bytes, new: bytes) -> None:
    assert old in RAW
    with pytest.raises(PackDamagedError):
        parse_manifest(RAW.replace(old, new, 1))


def test_names_that_differ_in_case_only_are_refused() -> None:
    blobs = (*GOOD.blobs, BlobEntry("items/A.en.json", "0" * 64, 10, "en", ""))
    with pytest.raises(PackDamagedError, match="capital"):
        parse_manifest(encode_manifest(msgspec.structs.replace(GOOD, blobs=blobs)))


def test_deep_nesting_is_an_error_in_words() -> None:
    with pytest.raises(PackDamagedError):
        parse_manifest(b'{"format":1,"id":' + b"[" * 100_000)


@given(st.binary(max_size=100))
def test_no_bytes_raise_anything_but_pack_damaged(raw: bytes) -> None:
    with pytest.raises(PackDamagedError):
        parse_manifest(raw)


def test_a_dictionary_that_the_pack_does_not_hold_is_refused():
    lost = msgspec.structs.replace(GOOD, dictionary="1" * 64)
    with pytest.raises(PackDamagedError, match="does not hold"):
        parse_manifest(encode_manifest(lost))


def test_items_that_would_fill_the_memory_of_a_small_machine_are_refused() -> None:
    def of(files: int) -> bytes:
        paths = tuple(f"items/{n}.en.json" for n in range(files))
        blobs = tuple(BlobEntry(path, "0" * 64, BLOB_BYTES_MAX, "en", "") for path in paths)
        return encode_manifest(msgspec.structs.replace(GOOD, item_files=paths, blobs=blobs))

    most = ITEM_BYTES_MAX // BLOB_BYTES_MAX
    assert len(parse_manifest(of(most)).item_files) == most
    with pytest.raises(PackDamagedError, match="items"):
        parse_manifest(of(most + 1))
