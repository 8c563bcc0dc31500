"""Copies of a server: made while it writes on, sealed, and whole or not there at all."""

import shutil
import threading

import pytest

from darasa.sync import erasing, reads
from darasa.sync.bundle import Sealer
from darasa.sync.copy_folder import SEALED_NAME, copies
from darasa.sync.copying import make_copy
from darasa.sync.erased import erase_record
from darasa.sync.errors import HomeBusyError, StoreDamagedError
from darasa.sync.home import init_home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.rescue import open_sound
from darasa.sync.scratch import copying_to, forget_stale
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import StickError

NOW_MS = 1_790_000_000_000
AMINA, JUMA = b"A" * 16, b"J" * 16


def test_the_server_writes_on_while_it_is_copied(author, copy, monkeypatch):
    """The copy is of the state in which it was begun, and the writer waits for nothing."""
    author.write(3000)
    upto = author.store.position()
    has_written = []
    usage = shutil.disk_usage

    def write_meanwhile(path):
        writer = threading.Thread(target=author.write)
        writer.start()
        writer.join(20)
        has_written.append(not writer.is_alive())
        return usage(path)

    monkeypatch.setattr(shutil, "disk_usage", write_meanwhile)  # the state is chosen by then
    made = copy()
    assert has_written == [True]
    assert (made.note.ordinal, made.note.events) == (upto.ordinal, 3000)
    assert author.store.event_count() == 3001


def test_nothing_on_the_disk_can_be_read_without_the_key(home, author, copy, folder):
    author.write(50)
    copy()
    for file in folder.rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            assert AMINA not in raw
            assert b"SQLite format" not in raw
            for key in (home.node_key.private_bytes(), home.seal_key.private_bytes()):
                assert key not in raw
                assert key.hex().encode() not in raw
    assert list(home.path.glob("copying.sqlite3*")) == []  # nor is the clear one left


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.99])
def test_a_disk_pulled_out_while_a_copy_is_written_leaves_the_older_ones(
    home, author, copy, put_back, share, *, folder
):
    """At any piece: the file ends there, and nothing after it is done."""
    author.write(400)
    copy()
    pieces = (folder / "000001" / SEALED_NAME).stat().st_size // 64_000
    left = [int(pieces * share)]
    add = Sealer.add

    def pulled(self, raw):
        if left[0] <= 0:
            raise OSError(5, "Input/output error")
        frames = add(self, raw)
        left[0] -= len(frames)
        return frames

    author.write(400)
    with pytest.MonkeyPatch.context() as pulling:
        pulling.setattr(Sealer, "add", pulled)
        with pytest.raises(StickError, match="does not answer"):
            copy()
    assert [note.number for note in copies(folder, home.node_id)] == [1]
    assert list(home.path.glob("copying.sqlite3*")) == []
    made = copy()
    assert made.note.events == 800
    assert not list(folder.glob("*.new"))
    author.store.close()
    home.store_path.unlink()
    assert put_back().note.number == made.note.number


def test_what_a_killed_copy_left_in_clear_is_gone_at_the_next_start(home, author, copy, rng):
    author.write(5)
    stale = [home.path / name for name in ("copying.sqlite3", "restoring.sqlite3")]
    for file in stale:
        shutil.copy(home.store_path, file)
    author.store.close()
    store, _ = open_sound(home.store_path, rng=rng, now_ms=NOW_MS)
    with store:
        assert not any(file.exists() for file in stale)


def test_two_copies_at_once_do_not_mix(home, author, copy):
    author.write(5)
    with copying_to(home.path) as scratch:
        scratch.write_bytes(b"of the other one")
        with pytest.raises(HomeBusyError, match="Another copy"):
            copy()
        forget_stale(home.path)  # a server that starts meanwhile
        assert scratch.read_bytes() == b"of the other one"
    assert copy().note.number == 1


def test_nothing_of_an_erased_learner_is_in_a_copy_that_is_made_after_it(
    home, author, copy, put_back
):
    author.write(40)
    with author.store.reading(), author.store.transaction() as tx:
        erasing.erase(
            tx, NoHooks(), [erase_record(home.node_key, home.school_id, AMINA)]
        )  # a reader is in the way: the pages are not clean yet
    copy()
    author.store.close()
    home.store_path.unlink()
    put_back()
    assert AMINA not in home.store_path.read_bytes()


def test_a_damaged_store_makes_no_copy_and_is_looked_over_at_the_next_start(
    home, author, copy, rng, folder
):
    author.write(600)
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    at = raw.index(b"\xa6answer") + 1
    raw[at] ^= 1  # a byte inside an event: SQLite does not notice
    home.store_path.write_bytes(raw)
    with Store.open(home.store_path, rng=rng) as store, pytest.raises(StoreDamagedError):
        copy(store=store)
    assert copies(folder, home.node_id) == []
    assert (home.path / "store.sqlite3-suspect").exists()


def test_a_computer_makes_no_copy(tmp_path, rng, disk, make_author):
    lab = init_home(tmp_path / "lab", role=Role.COMPUTER, name="Lab 3", rng=rng)
    store = make_author(lab.store_path).store
    with pytest.raises(StickError, match="its school holds its work"):
        make_copy(lab, store, disk, now_ms=NOW_MS, rng=rng, program="test")


def test_a_copy_says_how_far_it_goes(author, copy):
    author.write(3)
    position = author.store.position()
    note = copy().note
    assert author.store.read(reads.transaction_tag, note.ordinal).hex() == note.tag
    assert note.ordinal == position.ordinal
