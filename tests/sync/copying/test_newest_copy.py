"""A server whose store is damaged fills the gaps from its newest copy, and never needs it."""

import os
import shutil

import pytest

from darasa.sync import erasing, reads
from darasa.sync.audit import audit
from darasa.sync.copy_folder import SEALED_NAME, copy_of, node_folder
from darasa.sync.copying import make_copy
from darasa.sync.erased import erase_record
from darasa.sync.erased_file import read_erased
from darasa.sync.held_back import FROZEN, is_held_back
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import NodeId
from darasa.sync.newest_copy import newest_copy, note_place, place_of
from darasa.sync.rescue import open_sound, suspect_mark
from darasa.sync.sqlite_pages import PAGE_BYTES

NOW_MS = 1_790_000_000_000
AMINA = b"A" * 16


@pytest.fixture
def copy(home, author, disk, rng):
    """copy(): a copy of the store as it is, on a disk that the home remembers."""

    def made():
        made = make_copy(home, author.store, disk, now_ms=NOW_MS, rng=rng, program="test")
        note_place(home, disk)
        return made

    return made


def events_of(store):
    with store.reading() as connection:
        assert list(audit(connection)) == []
        return {each.chain for each in reads.all_events(connection)}


def spoil(home, *, keep=1):
    """Every page but the first `keep` is noise; the store is looked over at the next start."""
    raw = bytearray(home.store_path.read_bytes())
    raw[keep * PAGE_BYTES :] = os.urandom(len(raw) - keep * PAGE_BYTES)
    home.store_path.write_bytes(raw)
    suspect_mark(home.store_path).touch()


def start(home, rng):
    return open_sound(home.store_path, rng=rng, now_ms=NOW_MS, copy=lambda: newest_copy(home, rng))


def test_what_no_page_holds_any_more_comes_from_the_copy(home, author, copy, rng):
    author.write(400)
    author.restart()
    author.write(40)
    copy()
    before = events_of(author.store)
    author.store.close()
    spoil(home)
    store, rescue = start(home, rng)
    with store:
        assert events_of(store) == before
    assert rescue.copy.number == 1
    assert "Copy 1 filled gaps." in rescue.sentence
    assert not list(home.path.glob("restoring*"))


def test_what_came_after_the_copy_is_kept_with_it(home, author, copy, rng):
    author.write(30)
    copy()
    author.write(30)
    everything = events_of(author.store)
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    raw[:100] = bytes(100)  # SQLite cannot read a page, yet all are there
    home.store_path.write_bytes(raw)
    store, rescue = start(home, rng)
    with store:
        assert events_of(store) == everything
    assert rescue.kept.events == 60


def test_a_disk_that_is_not_in_or_a_bad_copy_stops_no_start(home, author, copy, rng):
    author.write(30)
    made = copy()
    author.store.close()
    spoil(home, keep=4)
    whole = home.store_path.read_bytes()
    sealed = copy_of(node_folder(place_of(home), home.node_id), made.note.number) / SEALED_NAME
    raw = bytearray(sealed.read_bytes())
    raw[len(raw) // 2] ^= 1
    sealed.write_bytes(raw)
    store, rescue = start(home, rng)
    store.close()
    assert rescue.copy is None
    home.store_path.write_bytes(whole)
    suspect_mark(home.store_path).touch()
    shutil.rmtree(place_of(home))
    store, rescue = start(home, rng)
    store.close()
    assert rescue.copy is None


def test_who_was_erased_after_the_copy_is_read_from_beside_it(home, author, copy, rng):
    author.write(30)
    copy()
    record = erase_record(home.node_key, home.school_id, AMINA)
    with author.store.transaction() as tx:
        erasing.erase(tx, NoHooks(), [record])
    copy()
    author.store.close()
    copies = node_folder(place_of(home), home.node_id)
    shutil.rmtree(copy_of(copies, 2))
    home.erased_path.unlink()
    spoil(home, keep=0)
    store, rescue = start(home, rng)
    store.close()
    assert rescue.copy.number == 1
    assert read_erased(home.erased_path) == {record}


def test_a_node_that_was_let_in_again_is_not_kept_out_by_an_older_copy(home, author, copy, rng):
    author.write(30)
    node = NodeId(b"R" * 16)
    with author.store.transaction() as tx:
        tx.freeze_node(node, NOW_MS)
    copy()
    with author.store.transaction() as tx:
        assert tx.release_node(node)
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    raw[:100] = bytes(100)
    home.store_path.write_bytes(raw)
    store, _ = start(home, rng)
    with store, store.reading() as connection:
        assert not is_held_back(connection, node, FROZEN)


@pytest.mark.parametrize("raw", [b"", b"not a path", b"\xff\xfe", b"relative/folder"])
def test_a_note_of_the_place_that_says_nothing_is_passed_over(home, raw):
    (home.path / "copies").write_bytes(raw)
    assert place_of(home) is None
