"""A copy is put back in its place: proven before it counts, and without losing newer work."""

import os
import shutil
from pathlib import Path

import pytest

from darasa.sync import erased_rows, erasing
from darasa.sync.audit import audit
from darasa.sync.copy_folder import NOTE_NAME, SEALED_NAME, CopyError
from darasa.sync.copying import make_copy
from darasa.sync.erased import erase_record
from darasa.sync.erased_file import read_erased
from darasa.sync.errors import HomeBusyError
from darasa.sync.home import Peer, init_home, open_home, recovered_home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.recovery_kit import RecoveryKit
from darasa.sync.rescue import open_sound, repair
from darasa.sync.restoring import NewerWorkError, restore
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import StickError, StickNotFoundError

NOW_MS = 1_790_000_000_000
AMINA, JUMA = b"A" * 16, b"J" * 16


def held(home):
    with Store.open(home.store_path, rng=os.urandom, read_only=True) as store:
        with store.reading() as connection:
            assert list(audit(connection)) == []
        return store.tips(), store.position()


def test_a_copy_gives_back_the_store_as_it_was(home, author, copy, put_back):
    author.write(300)
    author.restart()
    author.write(20, learner=JUMA)
    before = author.store.tips(), author.store.position()
    assert copy().note.events == 320
    author.store.close()
    home.store_path.unlink()
    done = put_back()
    assert (done.note.number, done.aside, done.bad) == (1, "", ())
    assert held(home) == before


def test_newer_work_is_not_overwritten_before_it_is_said(home, author, copy, put_back, rng):
    author.write(10)
    copy()
    author.write(7)
    author.restart()
    author.write(2)
    before = author.store.tips(), author.store.position()
    author.store.close()
    with pytest.raises(NewerWorkError, match="9 events that copy 1 lacks") as caught:
        put_back()
    assert caught.value.newer.logs == 2
    assert held(home) == before
    done = put_back(loses_newer=True)
    assert done.newer.events == 9
    with Store.open(home.path / done.aside, rng=rng) as aside:
        assert (aside.tips(), aside.position()) == before
    with Store.open(home.store_path, rng=rng) as store:
        assert store.event_count() == 10


@pytest.mark.parametrize("written", [10, 0])
def test_what_a_salvage_kept_behind_a_gap_is_newer_work_too(home, author, copy, put_back, written):
    author.write(written)
    copy()
    if not written:
        author.restart()
    lost = author.write(40)[5 if written else 0]
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    raw[raw.index(lost.canonical) + len(lost.canonical) - 9] ^= 1
    home.store_path.write_bytes(raw)
    rescued = repair(home.store_path, rng=os.urandom, now_ms=NOW_MS)
    assert rescued is not None
    assert rescued.kept.apart == (34 if written else 39)
    with pytest.raises(NewerWorkError, match="39 events that copy 1 lacks") as caught:
        put_back()
    assert caught.value.newer.logs == 1
    assert caught.value.newer.last_ms >= lost.happened_ms


def test_a_store_that_only_has_what_the_copy_has_is_replaced_unasked(home, author, copy, put_back):
    author.write(10)
    copy()
    author.store.close()
    assert put_back().newer.events == 0


def test_a_damaged_store_is_not_thrown_away_unasked(home, author, copy, put_back):
    author.write(500)
    copy()
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    raw[:100] = b"x" * 100
    home.store_path.write_bytes(raw)
    with pytest.raises(NewerWorkError, match="doctor --repair"):
        put_back()
    assert home.store_path.read_bytes() == raw
    done = put_back(loses_newer=True)
    assert (home.path / done.aside).read_bytes() == raw


def test_the_newest_copy_that_is_good_comes_back(home, author, copy, put_back, rng, *, folder):
    author.write(10)
    copy()
    author.write(5)
    copy()
    copy()
    sealed = folder / "000003" / SEALED_NAME
    raw = bytearray(sealed.read_bytes())
    raw[len(raw) // 2] ^= 1
    sealed.write_bytes(raw)
    second = folder / "000002" / SEALED_NAME
    second.write_bytes(second.read_bytes()[:-20])
    author.store.close()
    home.store_path.unlink()
    done = put_back()
    assert done.note.number == 1
    assert [number for number, _ in done.bad] == [3, 2]
    with Store.open(home.store_path, rng=rng) as store:
        assert store.event_count() == 10


def test_another_server_and_a_forger_are_not_believed(
    home, author, disk, put_back, make_author, *, folder
):
    other = init_home(disk.parent / "other", role=Role.SCHOOL, name="Other", rng=os.urandom)
    writer = make_author(other.store_path, school_id=other.school_id, key=other.node_key)
    writer.write(5)
    theirs = make_copy(other, writer.store, disk, now_ms=NOW_MS, rng=os.urandom, program="test")
    author.write(5)
    author.store.close()
    with pytest.raises(StickNotFoundError, match="no copy of this server"):
        put_back()
    mine = folder / "000001"
    mine.parent.mkdir()
    shutil.copytree(theirs.folder, mine)
    note = (mine / NOTE_NAME).read_text().replace(other.node_id.hex(), home.node_id.hex())
    (mine / NOTE_NAME).write_text(note)
    with pytest.raises(CopyError, match="of another server"):
        put_back(loses_newer=True)


def test_a_disk_full_of_links_leads_nowhere(home, author, copy, disk, put_back, *, folder):
    """Not to be written through, and not to be read through."""
    author.write(5)
    victim = home.path / "darasa.toml"
    before = victim.read_bytes()
    record = erase_record(home.node_key, home.school_id, JUMA)
    with author.store.transaction() as tx:
        tx.keep_erased([record])
    folder.mkdir()
    (folder / "erased").symlink_to(victim)
    with pytest.raises(StickError, match="is a link"):
        copy()
    assert victim.read_bytes() == before
    (folder / "erased").unlink()
    folder.rmdir()
    folder.symlink_to(home.path / "keys")
    with pytest.raises(StickError, match="is a link"):
        copy()
    folder.unlink()
    copy()
    (folder / "erased").unlink()
    os.mkfifo(folder / "erased")
    author.store.close()
    assert put_back().note.number == 1
    (folder / "erased").unlink()
    (folder / "erased").symlink_to(victim)
    with pytest.raises(StickError, match="is a link"):
        put_back()


def test_names_on_the_disk_that_are_links_are_not_followed(
    home, author, copy, disk, put_back, *, folder
):
    author.write(5)
    copy()
    (folder / "000001").rename(disk / "elsewhere")
    (folder / "000002").symlink_to(disk / "elsewhere")
    author.store.close()
    with pytest.raises(StickNotFoundError):
        put_back()


def test_who_is_erased_is_read_before_an_older_copy_is_served(home, author, copy, put_back, folder):
    author.write(5)
    author.write(5, learner=JUMA)
    copy()
    record = erase_record(home.node_key, home.school_id, AMINA)
    with author.store.transaction() as tx:
        erasing.erase(tx, NoHooks(), [record])
    copy()
    author.store.close()
    shutil.rmtree(folder / "000002")
    home.store_path.unlink()
    home.erased_path.unlink()  # the server burnt; only the disk is left
    put_back()
    assert read_erased(home.erased_path) == {record}


def test_a_running_server_is_not_replaced(home, author, copy, put_back):
    author.write(5)
    copy()
    with open_home(home.path).lock(), pytest.raises(HomeBusyError):
        put_back(loses_newer=True)


@pytest.mark.parametrize("cut", ["scratch", "aside", "placed"])
def test_a_cut_while_a_copy_is_put_in_place_leaves_one_whole_store(
    home, author, copy, put_back, cut
):
    author.write(10)
    copy()
    author.write(1)
    author.store.close()
    rename = Path.rename
    ends = {"scratch": "-made", "aside": "replaced", "placed": "store.sqlite3"}[cut]

    def cut_off(self, target):
        if ends in Path(target).name and (cut != "placed" or Path(target).name == ends):
            raise KeyboardInterrupt
        return rename(self, target)

    with pytest.MonkeyPatch.context() as cutting:
        cutting.setattr(Path, "rename", cut_off)
        with pytest.raises(KeyboardInterrupt):
            put_back(loses_newer=True)
    store, _ = open_sound(home.store_path, rng=os.urandom, now_ms=NOW_MS)
    with store:
        assert store.event_count() == (11 if cut == "scratch" else 10)
        assert store.read(lambda connection: list(audit(connection))) == []


@pytest.fixture
def hub(tmp_path, rng):
    return init_home(tmp_path / "hub", role=Role.HUB, name="District", rng=rng)


def joined(home, hub):
    certificate = issue_certificate(
        hub.node_key,
        subject_public=home.node_key.public,
        role=Role.SCHOOL,
        school_id=home.school_id,
    )
    peer = Peer(
        "http://127.0.0.1:1", hub.node_id, hub.node_key.public, hub.name, hub.role, hub.certificate
    )
    home.save_peer(peer, certificate=certificate)


@pytest.mark.parametrize("is_burnt", [True, False])
def test_a_burnt_school_has_its_hub_again_and_asks_it_who_is_erased(
    home, author, copy, hub, *, is_burnt
):
    """A folder that was not lost has its file of erased learners; it waits for nobody."""
    joined(home, hub)
    author.write(5)
    copy()
    author.store.close()
    home.store_path.unlink()
    if is_burnt:
        kit = RecoveryKit(
            1,
            home.school_id,
            home.name,
            home.node_key.private_bytes(),
            tuple(key.private_bytes() for key in home.seal_keys),
        )
        back = recovered_home(home.path.parent / "new", kit)
    else:
        back = home
    restore(back, home.path.parent / "disk", now_ms=NOW_MS, rng=os.urandom)
    assert open_home(back.path).peer == home.peer
    assert open_home(back.path).certificate == home.certificate
    with Store.open(back.store_path, rng=os.urandom) as store:
        assert store.read(erased_rows.is_unheard) == is_burnt
