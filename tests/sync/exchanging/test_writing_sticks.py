"""A stick that is full, locked or pulled out while it is written, and what it then asks."""

import os
import resource
from contextlib import contextmanager
from pathlib import Path

import pytest

from darasa.sync.transport.stick_files import StickError, StickNotFoundError, write_whole


@contextmanager
def _room_for(size: int):
    """No file may grow beyond `size`: a full stick."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_stick_says_so_and_keeps_the_old_bundle(pair, stick_of, tmp_path):
    computer, _ = pair
    computer.write(2)
    made = stick_of(computer).export_work(tmp_path)
    before = Path(made.file).read_bytes()
    computer.write(1, body=(os.urandom(5_000),))
    with _room_for(2_000), pytest.raises(StickError, match="The stick or disk is full"):
        stick_of(computer).export_work(tmp_path)
    assert Path(made.file).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [Path(made.file).name]


def test_a_stick_that_may_not_be_written_says_so(pair, stick_of):
    computer, _ = pair
    with pytest.raises(StickError, match="Is the stick or disk locked"):
        stick_of(computer).export_work(Path("/sys"))


def test_a_folder_that_is_not_there_is_not_made(pair, stick_of, tmp_path):
    computer, _ = pair
    with pytest.raises(StickNotFoundError, match="Is the stick in"):
        stick_of(computer).export_work(tmp_path / "media" / "stick")
    assert not (tmp_path / "media").exists()


def test_a_stick_pulled_out_while_writing_leaves_the_old_bundle(tmp_path):
    target = tmp_path / "darasa-x.bundle"
    write_whole(target, [b"old"])

    def parts():
        yield b"new"
        raise OSError(5, "pulled out")

    with pytest.raises(StickError, match="does not answer"):
        write_whole(target, parts())
    assert target.read_bytes() == b"old"


def test_what_a_pulled_out_stick_left_behind_is_written_over_never_through(tmp_path):
    target = tmp_path / "darasa-x.bundle"
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / "darasa-x.bundle.new").symlink_to(precious)
    target.symlink_to(precious)
    write_whole(target, [b"new"])
    assert precious.read_bytes() == b"mine"
    assert target.read_bytes() == b"new"
    assert not target.is_symlink()


def test_nothing_is_asked_when_the_bundle_was_not_written(pair, stick_of, tmp_path):
    computer, _ = pair
    computer.write(1)
    with _room_for(10), pytest.raises(StickError):
        stick_of(computer).export_work(tmp_path)
    asked = computer.store.read(
        lambda connection: connection.execute("SELECT count(*) FROM stick_asked").fetchone()[0]
    )
    assert asked == 0
