"""A stick is a stranger's: cut bundles and changed ones, and files that are no bundles at all."""

import os
import random
from pathlib import Path

import pytest

from darasa.sync.bundle import BundleError
from darasa.sync.transport.bundle_show import show_bundle
from darasa.sync.transport.stick_files import (
    FILE_BYTES_MAX,
    FILES_MAX,
    StickError,
    StickNotFoundError,
    bundle_files,
    read_blocks,
)

# -- cut and changed ----------------------------------------------------------------------


def test_a_bundle_cut_at_any_byte_does_no_harm_and_its_whole_comes_in_later(pair, stick_of, put):
    computer, school = pair
    computer.write(3)
    made = stick_of(computer).export_work(put(b"", "darasa-w.bundle"))
    raw = Path(made.file).read_bytes()
    taking = stick_of(school)
    for length in range(0, len(raw), 3):
        taken = taking.take(put(raw[:length]))
        assert not taken.ok
        assert taken.error
        assert taken.events_in == 0
    assert taking.take(put(raw)).events_in == 3
    assert school.places() == computer.places()


def test_the_readable_part_of_a_long_bundle_is_kept_and_the_rest_follows(pair, stick_of, put, rng):
    computer, school = pair
    for _ in range(400):
        computer.write(body=(rng(800),))
    made = stick_of(computer).export_work(put(b"", "darasa-w.bundle"))
    raw = Path(made.file).read_bytes()
    assert len(raw) > 300_000
    taken = stick_of(school).take(put(raw[: len(raw) * 2 // 3]))
    assert not taken.ok
    assert 0 < taken.events_in < 400
    assert "What came before is safe" in taken.error
    again = stick_of(school).take(put(raw))
    assert again.ok
    assert taken.events_in + again.events_in == 400
    assert set(school.hooks.told.values()) == {1}


def test_a_changed_bit_anywhere_is_noticed_and_brings_nothing(pair, stick_of, put):
    computer, school = pair
    computer.write(3)
    raw = bytearray(
        Path(stick_of(computer).export_work(put(b"", "darasa-w.bundle")).file).read_bytes()
    )
    chance = random.Random(3)
    for place in range(0, len(raw), 3):
        changed = bytearray(raw)
        changed[place] ^= 1 << chance.randrange(8)
        taken = stick_of(school).take(put(bytes(changed)))
        assert taken.events_in == 0
        assert not taken.ok or taken.passed
    assert school.store.log_count() == 0


def test_bytes_of_chance_are_no_bundle(pair, stick_of, put, rng):
    _, school = pair
    for length in (0, 1, 9, 10, 100, 70_000):
        assert not stick_of(school).take(put(rng(length))).ok
        with pytest.raises((BundleError, StickError)):
            show_bundle(put(rng(length)), school.home)


def test_a_frame_that_claims_200_mb_is_not_waited_for(pair, stick_of, put):
    _, school = pair
    file = put((200 << 20).to_bytes(4, "big") + b"\x10\x00")
    os.truncate(file, 200 << 20)
    assert "not a Darasa bundle" in stick_of(school).take(file).error


def test_a_file_larger_than_a_bundle_can_be_is_not_read(pair, stick_of, put):
    _, school = pair
    file = put(b"")
    os.truncate(file, FILE_BYTES_MAX + 1)
    assert "larger" in stick_of(school).take(file).error


# -- what is no file ----------------------------------------------------------------------


def test_links_pipes_devices_and_folders_are_not_opened(pair, stick_of, tmp_path, put):
    computer, school = pair
    computer.write(1)
    real = put(
        Path(stick_of(computer).export_work(put(b"", "darasa-w.bundle")).file).read_bytes(),
        "secret",
    )
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "darasa-link.bundle").symlink_to(real)
    (stick / "darasa-zero.bundle").symlink_to("/dev/zero")
    os.mkfifo(stick / "darasa-pipe.bundle")
    (stick / "darasa-folder.bundle").mkdir()
    (stick / "autorun.inf").write_text("x")
    (stick / "Darasa-x.bundle").write_text("x")
    (stick / "darasa-..bundle").write_text("x")
    with pytest.raises(StickNotFoundError, match="no bundle"):
        bundle_files(stick)
    for name in ("darasa-link.bundle", "darasa-pipe.bundle", "darasa-folder.bundle"):
        taken = stick_of(school).take(stick / name)
        assert not taken.ok
        with pytest.raises(StickError):
            list(read_blocks(stick / name))
    assert school.store.log_count() == 0


@pytest.mark.parametrize("copy", ["(1)", " (2)", " (copy)", " - Copy", " - Copie (3)"])
def test_a_bundle_is_found_under_the_name_that_a_file_manager_gives_a_copy(tmp_path, copy):
    (tmp_path / f"darasa-work-ab12-cd34{copy}.bundle").write_bytes(b"")
    (tmp_path / "holiday (1).bundle").write_bytes(b"")
    (tmp_path / "darasa-work-ab12-\x1b[2J.bundle").write_bytes(b"")
    files, _ = bundle_files(tmp_path)
    assert [file.name for file in files] == [f"darasa-work-ab12-cd34{copy}.bundle"]


def test_of_thousands_of_files_a_bounded_number_is_read(tmp_path):
    for n in range(FILES_MAX + 40):
        (tmp_path / f"darasa-{n:05}.bundle").write_bytes(b"")
    files, left_out = bundle_files(tmp_path)
    assert (len(files), left_out) == (FILES_MAX, 40)


def test_of_thousands_of_files_those_for_the_reader_are_read_first(tmp_path):
    for n in range(FILES_MAX + 40):
        (tmp_path / f"darasa-answer-ab12-{n:05}.bundle").write_bytes(b"")
    (tmp_path / "darasa-packs-ab12.bundle").write_bytes(b"")
    files, left_out = bundle_files(tmp_path, reader="00539")
    assert [file.name for file in files[:2]] == [
        "darasa-answer-ab12-00539.bundle",
        "darasa-packs-ab12.bundle",
    ]
    assert (len(files), left_out) == (FILES_MAX, 41)


def test_the_work_of_all_schools_of_a_district_is_read_of_one_folder(tmp_path):
    for n in range(2_000):
        (tmp_path / f"darasa-work-{n:010x}-{0:010x}.bundle").write_bytes(b"")
    assert [*map(len, bundle_files(tmp_path, reader=f"{0:010x}")[:1])] == [2_000]
