"""Courses in the clear on a stick: what a stranger puts behind a head that the server signed."""

import tracemalloc

import pytest
from in_parts import InParts

from darasa.sync.blob_store import BlobFolder, blob_hash
from darasa.sync.bundle import BundleError
from darasa.sync.ids import Role
from darasa.sync.messages import Blob
from darasa.sync.transport import pack_bundle, stick_files
from darasa.sync.transport.bundle_show import show_bundle
from darasa.sync.transport.pack_bundle import export_files, take_files
from darasa.sync.transport.stick_files import bundle_files


@pytest.fixture
def bundle(pair, tmp_path):
    """`bundle(*files)`: one of the school, with these courses."""
    _, school = pair

    def made(*files: bytes):
        parts = map(InParts, files or [b"x"])
        made = export_files(school.home, tmp_path, parts, receiver_role=Role.COMPUTER, made_ms=5)
        return made[0][0]

    return made


@pytest.fixture
def folder(tmp_path) -> BlobFolder:
    return BlobFolder(tmp_path / "arriving", bytes_max=300_000, room=400_000)


def _behind(file, *blobs: Blob):
    with file.open("ab") as end:
        end.writelines(blob.to_frame() for blob in blobs)
    return file


def test_each_course_is_told_of_when_it_is_whole(bundle, folder, rng):
    courses = [rng(150_000), b"small", rng(64_000)]
    assert list(take_files(bundle(*courses), folder)) == [blob_hash(each) for each in courses]
    told = show_bundle(bundle(*courses), None)["contents"]
    assert told == {"files": 3, "whole": True, "damage": ""}


def test_courses_that_fill_more_than_a_bundle_can_be_go_in_several(
    pair, tmp_path, folder, rng, monkeypatch
):
    _, school = pair
    for module in (stick_files, pack_bundle):
        monkeypatch.setattr(module, "FILE_BYTES_MAX", 300_000)
    courses = [rng(size) for size in (100_000, 120_000, 30_000, 220_000)]
    parts = map(InParts, courses)
    made = export_files(school.home, tmp_path, parts, receiver_role=Role.COMPUTER, made_ms=5)
    assert len(made) == 3
    files, _ = bundle_files(tmp_path)
    taken = []
    for name in (name for file in files for name in take_files(file, folder)):
        taken.append(name)
        folder.drop(name)
    assert sorted(taken) == sorted(map(blob_hash, courses))


def test_courses_that_are_only_begun_fill_no_disk(bundle, folder):
    junk = (Blob(bytes([n]) * 32, 0, 300_000, b"j" * 40_000) for n in range(9))
    with pytest.raises(BundleError, match="not in order"):
        list(take_files(_behind(bundle(), *junk), folder))
    assert len(list(folder.path.glob("*.part"))) == 1


def test_what_was_begun_keeps_no_course_out(bundle, folder, rng):
    for n in range(6):
        junk = Blob(bytes([n]) * 32, 0, 300_000, b"j" * 60_000)
        list(take_files(_behind(bundle(), junk), folder))
    course = rng(290_000)
    assert list(take_files(bundle(course), folder)) == [blob_hash(course)]


def test_more_courses_than_a_bundle_can_hold_are_not_looked_at(bundle, folder, monkeypatch):
    monkeypatch.setattr(pack_bundle, "FILES_A_BUNDLE_MAX", 3)
    taken = []
    with pytest.raises(BundleError, match="more courses"):
        taken += take_files(bundle(b"1", b"2", b"3", b"4"), folder)
    assert len(folder.names()) == 3


def test_a_bundle_of_many_names_is_shown_in_little_memory(bundle):
    names = (Blob(n.to_bytes(32, "big"), 0, 1, b"x") for n in range(20_000))
    file = _behind(bundle(), *names)
    tracemalloc.start()
    told = show_bundle(file, None)["contents"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "more courses" in told["damage"]
    assert peak < 1_000_000
