"""Copies of a server: proven before they count, and back in place without losing newer work."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from darasa.sync import erased_rows, erasing, reads
from darasa.sync.audit import audit
from darasa.sync.bundle import Sealer
from darasa.sync.copy_folder import (
    KEPT_DAYS,
    NOTE_NAME,
    SEALED_NAME,
    CopyError,
    copies,
    node_folder,
    superfluous,
)
from darasa.sync.copying import make_copy
from darasa.sync.erased import erase_record
from darasa.sync.erased_file import read_erased
from darasa.sync.errors import HomeBusyError, StoreDamagedError
from darasa.sync.home import Peer, init_home, open_home, recovered_home
from darasa.sync.hooks import NoHooks
from darasa.sync.ids import Role
from darasa.sync.recovery_kit import RecoveryKit
from darasa.sync.rescue import open_sound, repair
from darasa.sync.restoring import NewerWorkError, restore
from darasa.sync.scratch import copying_to, forget_stale
from darasa.sync.signing import issue_certificate
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import StickError, StickNotFoundError

DAY_MS = 24 * 3_600_000
NOW_MS = 1_790_000_000_000
AMINA, JUMA = b"A" * 16, b"J" * 16


@pytest.fixture
def home(tmp_path, rng):
    return init_home(tmp_path / "school", role=Role.SCHOOL, name="Kisima", rng=rng)


@pytest.fixture
def author(home, make_author):
    return make_author(home.store_path, school_id=home.school_id, key=home.node_key)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def copy(home, author, disk, rng):
    """copy(now_ms=...): a copy of the store as it is."""

    def made(now_ms=NOW_MS, store=None):
        return make_copy(home, store or author.store, disk, now_ms=now_ms, rng=rng, program="test")

    return made


@pytest.fixture
def put_back(home, disk, rng):
    def done(**how):
        return restore(home, disk, now_ms=NOW_MS, rng=rng, **how)

    return done


def folder_of(home):
    return node_folder(home.path.parent / "disk", home.node_id)


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


def test_nothing_on_the_disk_can_be_read_without_the_key(home, author, copy):
    author.write(50)
    copy()
    for file in folder_of(home).rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            assert AMINA not in raw
            assert b"SQLite format" not in raw
            for key in (home.node_key.private_bytes(), home.seal_key.private_bytes()):
                assert key not in raw
                assert key.hex().encode() not in raw
    assert list(home.path.glob("copying.sqlite3*")) == []  # nor is the clear one left


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


def test_the_newest_copy_that_is_good_comes_back(home, author, copy, put_back, rng):
    author.write(10)
    copy()
    author.write(5)
    copy()
    copy()
    folder = folder_of(home)
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


@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.99])
def test_a_disk_pulled_out_while_a_copy_is_written_leaves_the_older_ones(
    home, author, copy, put_back, share
):
    """At any piece: the file ends there, and nothing after it is done."""
    author.write(400)
    copy()
    pieces = (folder_of(home) / "000001" / SEALED_NAME).stat().st_size // 64_000
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
    assert [note.number for note in copies(folder_of(home), home.node_id)] == [1]
    assert list(home.path.glob("copying.sqlite3*")) == []
    made = copy()
    assert made.note.events == 800
    assert not list(folder_of(home).glob("*.new"))
    author.store.close()
    home.store_path.unlink()
    assert put_back().note.number == made.note.number


def test_another_server_and_a_forger_are_not_believed(home, author, disk, put_back, make_author):
    other = init_home(disk.parent / "other", role=Role.SCHOOL, name="Other", rng=os.urandom)
    writer = make_author(other.store_path, school_id=other.school_id, key=other.node_key)
    writer.write(5)
    theirs = make_copy(other, writer.store, disk, now_ms=NOW_MS, rng=os.urandom, program="test")
    author.write(5)
    author.store.close()
    with pytest.raises(StickNotFoundError, match="no copy of this server"):
        put_back()
    mine = folder_of(home) / "000001"
    mine.parent.mkdir()
    shutil.copytree(theirs.folder, mine)
    note = (mine / NOTE_NAME).read_text().replace(other.node_id.hex(), home.node_id.hex())
    (mine / NOTE_NAME).write_text(note)
    with pytest.raises(CopyError, match="of another server"):
        put_back(loses_newer=True)


def test_a_disk_full_of_links_leads_nowhere(home, author, copy, disk, put_back):
    """Not to be written through, and not to be read through."""
    author.write(5)
    victim = home.path / "darasa.toml"
    before = victim.read_bytes()
    record = erase_record(home.node_key, home.school_id, JUMA)
    with author.store.transaction() as tx:
        tx.keep_erased([record])
    folder = folder_of(home)
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


def test_names_on_the_disk_that_are_links_are_not_followed(home, author, copy, disk, put_back):
    author.write(5)
    copy()
    folder = folder_of(home)
    (folder / "000001").rename(disk / "elsewhere")
    (folder / "000002").symlink_to(disk / "elsewhere")
    author.store.close()
    with pytest.raises(StickNotFoundError):
        put_back()


def test_who_is_erased_is_read_before_an_older_copy_is_served(home, author, copy, disk, put_back):
    author.write(5)
    author.write(5, learner=JUMA)
    copy()
    record = erase_record(home.node_key, home.school_id, AMINA)
    with author.store.transaction() as tx:
        erasing.erase(tx, NoHooks(), [record])
    copy()
    author.store.close()
    shutil.rmtree(folder_of(home) / "000002")
    home.store_path.unlink()
    home.erased_path.unlink()  # the server burnt; only the disk is left
    put_back()
    assert read_erased(home.erased_path) == {record}


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


def test_a_running_server_is_not_replaced(home, author, copy, put_back):
    author.write(5)
    copy()
    with open_home(home.path).lock(), pytest.raises(HomeBusyError):
        put_back(loses_newer=True)


def test_a_damaged_store_makes_no_copy_and_is_looked_over_at_the_next_start(
    home, author, copy, rng
):
    author.write(600)
    author.store.close()
    raw = bytearray(home.store_path.read_bytes())
    at = raw.index(b"\xa6answer") + 1
    raw[at] ^= 1  # a byte inside an event: SQLite does not notice
    home.store_path.write_bytes(raw)
    with Store.open(home.store_path, rng=rng) as store, pytest.raises(StoreDamagedError):
        copy(store=store)
    assert copies(folder_of(home), home.node_id) == []
    assert (home.path / "store.sqlite3-suspect").exists()


def test_a_computer_makes_no_copy(tmp_path, rng, disk, make_author):
    lab = init_home(tmp_path / "lab", role=Role.COMPUTER, name="Lab 3", rng=rng)
    store = make_author(lab.store_path).store
    with pytest.raises(StickError, match="its school holds its work"):
        make_copy(lab, store, disk, now_ms=NOW_MS, rng=rng, program="test")


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


def note_of(number, made_ms, home, copy):
    return replace(copy, number=number, made_ms=made_ms)


def test_of_a_copy_a_day_some_are_kept_and_none_is_older_than_35_days(home, author, copy):
    author.write(1)
    note = copy().note
    kept = []
    for day in range(120):
        now = NOW_MS + day * DAY_MS
        kept.append(note_of(day + 1, now, home, note))
        gone = superfluous(kept, now)
        kept = [each for each in kept if each not in gone]
        assert kept[-1].number == day + 1
        assert all(now - each.made_ms <= KEPT_DAYS * DAY_MS for each in kept)
        assert len(kept) <= 13
    assert len(kept) >= 9
    assert NOW_MS + 119 * DAY_MS - kept[0].made_ms > 20 * DAY_MS


@pytest.mark.parametrize("wrong_ms", [0, 4_000_000_000_000])
def test_a_clock_that_cannot_be_right_deletes_nothing_by_age(home, author, copy, wrong_ms):
    author.write(1)
    note = copy().note
    dated = [note_of(n, NOW_MS + n * DAY_MS, home, note) for n in range(1, 8)]
    assert superfluous([*dated, note_of(8, wrong_ms, home, note)], wrong_ms) == []
    many = [note_of(n, wrong_ms, home, note) for n in range(1, 40)]
    assert len(superfluous(many, wrong_ms)) == 25


def test_old_copies_go_only_after_the_new_one_is_there(home, author, copy):
    author.write(1)
    for day in range(9):
        made = copy(NOW_MS + day * 40 * DAY_MS)
    assert [note.number for note in copies(folder_of(home), home.node_id)] == [9]
    assert made.gone == (8,)
    assert [each.name for each in folder_of(home).iterdir()] == ["000009"]


def test_a_copy_says_how_far_it_goes(author, copy):
    author.write(3)
    position = author.store.position()
    note = copy().note
    assert author.store.read(reads.transaction_tag, note.ordinal).hex() == note.tag
    assert note.ordinal == position.ordinal


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


@pytest.mark.parametrize("years", [10, -7, 12])
def test_a_clock_that_jumps_years_makes_no_copy_old(home, author, copy, years):
    author.write(1)
    note = copy().note
    start_ms = 2_000_000_000_000  # 2033: both sides of each jump are dates that can be right
    jumped_ms = start_ms + years * 365 * DAY_MS
    kept = [note_of(n, start_ms + n * DAY_MS // 4, home, note) for n in range(1, 6)]
    kept.append(note_of(6, jumped_ms + 2 * DAY_MS, home, note))
    assert superfluous(kept, kept[-1].made_ms) == []
    kept.append(note_of(7, start_ms + 2 * DAY_MS, home, note))
    assert superfluous(kept, kept[-1].made_ms) == []
    later = [note_of(7 + n, start_ms + n * 7 * DAY_MS, home, note) for n in range(1, 8)]
    gone = superfluous([*kept, *later], later[-1].made_ms)
    assert {1, 2, 3, 4, 5, 6} <= {each.number for each in gone}  # five weeks of copies later
