"""A pack as one file that is read in parts."""

from hashlib import sha256
from pathlib import Path

import pytest

from darasa.content_packs import pack_file
from darasa.content_packs.blobs import zstd
from darasa.content_packs.build import build_pack
from darasa.content_packs.errors import PackDamagedError
from darasa.content_packs.shelf import Shelf

_PIECE = 100


@pytest.fixture
def built(write_folder, signer) -> bytes:
    return build_pack(write_folder(), sign=signer)


@pytest.fixture
def shelf(built, signer, tmp_path, monkeypatch) -> Shelf:
    """With the pack `small`, handed on in pieces that are smaller than its blobs."""
    monkeypatch.setattr(pack_file, "_PIECE_BYTES", _PIECE)
    shelf = Shelf(tmp_path / "shelf")
    shelf.install(built, trusted=[signer.public])
    return shelf


@pytest.fixture
def blob(shelf) -> Path:
    """The last blob on disk, a lesson or what difficulties there are."""
    return shelf._blob_path(shelf.manifest("small").blobs[-1].sha256)


@pytest.fixture
def read_from_disk(shelf, monkeypatch) -> list[str]:
    """The path in the pack of each blob that is read."""
    read: list[str] = []
    for name in ("_frame", "_frame_file"):
        whole = getattr(shelf, name)
        monkeypatch.setattr(
            shelf, name, lambda entry, give=whole: read.append(entry.path) or give(entry)
        )
    return read


def test_any_stretch_of_it_is_read_alone(shelf, built) -> None:
    file = shelf.pack_file("small")
    assert (file.size, file.digest) == (len(built), sha256(built).digest())
    places = [*range(0, len(built), 37), len(built)]
    for start in places:
        for stop in (start, start + 1, start + 250, len(built), len(built) + 5):
            pieces = list(file.read(start, stop))
            assert b"".join(pieces) == built[start:stop]
            assert all(0 < len(piece) <= _PIECE for piece in pieces)


def test_its_end_is_read_without_what_stands_before(shelf, built, read_from_disk) -> None:
    last = shelf.manifest("small").blobs[-1].path
    assert b"".join(shelf.pack_file("small").read(len(built) - 1)) == built[-1:]
    read_from_disk.clear()
    assert b"".join(shelf.pack_file("small").read(len(built) - 1)) == built[-1:]
    assert read_from_disk == [last]


@pytest.mark.parametrize("spoil", ["a bit", "shorter", "longer", "gone"])
def test_a_part_that_spoils_while_it_is_handed_on_is_not_given_out(
    shelf, blob, built, spoil
) -> None:
    file, good = shelf.pack_file("small"), blob.read_bytes()
    pieces = file.read()
    given = [next(pieces)]
    spoilt = {"a bit": good[:-1] + bytes([good[-1] ^ 1]), "shorter": good[:-1], "longer": good * 2}
    blob.unlink()
    if spoil in spoilt:
        blob.write_bytes(spoilt[spoil])
    with pytest.raises(PackDamagedError):
        given.extend(pieces)
    assert sum(map(len, given)) < file.size  # what came does not look whole
    with pytest.raises(PackDamagedError):  # nobody begins it now
        shelf.pack_file("small")
    blob.write_bytes(good)
    assert b"".join(shelf.pack_file("small").read()) == built


def test_a_part_in_another_frame_is_not_mixed_with_the_old_file(shelf, blob) -> None:
    file = shelf.pack_file("small")
    frame = blob.read_bytes()
    other = zstd.compress(zstd.decompress(frame), level=-7)
    assert len(other) != len(frame)
    blob.write_bytes(other)
    with pytest.raises(PackDamagedError):
        list(file.read())
    assert shelf.pack_file("small").size == file.size + len(other) - len(frame)


def test_a_newer_version_takes_its_place(shelf, write_folder, signer) -> None:
    before = shelf.pack_file("small")
    changed = {"pack.toml": 'id = "small"\nversion = "1.1.0"\nsequence = 2\ntitle = "Small"\n'}
    newer = build_pack(write_folder(changed), sign=signer)
    shelf.install(newer, trusted=[signer.public])
    assert b"".join(shelf.pack_file("small").read()) == newer
    assert shelf.pack_file("small").digest != before.digest
