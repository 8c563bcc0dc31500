"""Files by their hash: they grow, are checked when whole, and never fill the disk."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync import blob_store
from darasa.sync.blob_store import BlobFolder, blob_hash
from darasa.sync.errors import StoreError


@pytest.fixture
def folder(tmp_path) -> BlobFolder:
    return BlobFolder(tmp_path / "files", bytes_max=1_000, room=2_500)


def test_a_file_in_pieces_is_whole_at_its_last_byte(folder):
    raw = bytes(range(200))
    name = blob_hash(raw)
    assert not folder.add(name, 0, 200, raw[:120])
    assert (folder.size(name), folder.held(name)) == (None, 120)
    assert folder.add(name, 120, 200, raw[120:])
    assert folder.read(name, 10, 5) == raw[10:15]
    assert folder.names() == [name]


def test_pieces_again_or_overlapping_change_nothing_and_a_gap_is_not_written(folder):
    raw = bytes(range(200))
    name = blob_hash(raw)
    folder.add(name, 0, 200, raw[:50])
    folder.add(name, 0, 200, raw[:50])
    folder.add(name, 20, 200, raw[20:80])
    folder.add(name, 100, 200, raw[100:])
    assert folder.held(name) == 80
    assert folder.add(name, 60, 200, raw[60:])
    assert folder.read(name, 0, 200) == raw


@settings(deadline=None)  # every example writes files
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 60)), max_size=30))
def test_pieces_in_any_order_never_make_another_file(tmp_path_factory, pieces):
    folder = BlobFolder(tmp_path_factory.mktemp("files"), bytes_max=1_000, room=2_000)
    raw = bytes(range(100))
    name = blob_hash(raw)
    for offset, length in pieces:
        folder.add(name, offset, 100, raw[offset : offset + length])
        held = folder.held(name)
        assert held <= 100
        assert (folder.size(name) is not None) == (held == 100)
    if folder.size(name):
        assert folder.read(name, 0, 100) == raw


def test_a_file_that_is_not_what_its_name_says_is_dropped_and_may_come_again(folder):
    raw = b"x" * 100
    name = blob_hash(raw)
    assert not folder.add(name, 0, 100, b"y" * 100)
    assert (folder.size(name), folder.held(name)) == (None, 0)
    assert folder.add(name, 0, 100, raw)


def test_what_is_too_large_or_has_no_room_is_not_taken(folder):
    assert not folder.add(b"a" * 32, 0, 1_001, b"x")
    for n in range(2):
        raw = bytes([n]) * 1_000
        assert folder.add(blob_hash(raw), 0, 1_000, raw)
    assert not folder.add(b"b" * 32, 0, 600, b"x")
    assert folder.used() == 2_000


def test_what_never_became_whole_makes_room_and_whole_files_do_not(folder):
    raw = b"w" * 1_000
    folder.add(blob_hash(raw), 0, 1_000, raw)
    for n in range(2):
        folder.add(bytes([n]) * 32, 0, 700, b"p" * 600)
    assert folder.make_room(b"c" * 32, 900)
    assert folder.used() == 1_600
    assert folder.size(blob_hash(raw)) == 1_000
    assert not folder.make_room(b"c" * 32, 1_600)


def test_a_file_that_is_gone_is_a_sentence(folder):
    with pytest.raises(StoreError, match="not here any more"):
        folder.read(b"a" * 32, 0, 1)


def test_a_kept_file_is_there_by_its_hash(folder, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"z" * 500)
    name = folder.keep(lambda: [source.read_bytes()])
    assert name == blob_hash(b"z" * 500)
    assert folder.read(name, 0, 500) == b"z" * 500
    source.write_bytes(b"z" * 1_500)
    assert folder.keep(lambda: [source.read_bytes()]) is None


def test_what_a_power_cut_left_makes_room_for_a_kept_file(folder):
    folder.add(b"a" * 32, 0, 1_000, b"p" * 900)
    folder.add(b"b" * 32, 0, 1_000, b"p" * 900)
    assert folder.keep(lambda: [b"z" * 1_000]) is not None


def test_parts_of_a_byte_do_not_fill_the_disk_with_files(folder, monkeypatch):
    monkeypatch.setattr(blob_store, "PARTS_MAX", 20)
    names = [n.to_bytes(32, "big") for n in range(30)]
    for name in names:
        assert folder.make_room(name, 10)
        folder.add(name, 0, 10, b"p")
    assert len(list(folder.path.iterdir())) <= 20
    assert folder.held(names[-1]) == 1
