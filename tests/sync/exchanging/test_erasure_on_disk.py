"""The file that says who is erased, beside a store that was put back, cut off or read meanwhile."""

from darasa.sync import erasing
from darasa.sync.erased import ErasedRecord, erase_record
from darasa.sync.erased_file import add_erased, read_erased
from darasa.sync.erased_home import join_erased
from darasa.sync.store import Store

AMINA = b"A" * 16
BARAKA = b"B" * 16


def on_disk(district, node, folder):
    """A node whose store is a file; a copy of it is the file."""
    store = Store.open(folder / "store.sqlite3", rng=district.rng)
    return district.opened(node.home, store)


def test_what_the_file_knows_is_applied_when_the_store_was_put_back(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    school.write(2, learner=BARAKA)
    school.store.checkpoint(at_least_bytes=0)
    old = (tmp_path / "store.sqlite3").read_bytes()
    school.erase()
    school.store.close()
    (tmp_path / "store.sqlite3").write_bytes(old)
    back = on_disk(district, school, tmp_path)
    assert back.store.event_count_of(AMINA) == 3
    assert join_erased(back.home, back.store, back.hooks) == 1
    assert join_erased(back.home, back.store, back.hooks) == 0
    assert back.store.event_count_of(AMINA) == 0
    assert back.store.event_count_of(BARAKA) == 2
    back.store.close()
    for file in tmp_path.iterdir():
        raw = file.read_bytes()
        assert AMINA not in raw, file.name
        assert AMINA.hex().encode() not in raw, file.name


def test_a_crash_between_file_and_store_is_made_good_at_the_next_start(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    record = erase_record(school.home.node_key, school.home.school_id, AMINA)
    with school.store.transaction() as tx:
        tx.connection.execute("SAVEPOINT before")
        erasing.erase(tx, school.hooks, [record])
        tx.connection.execute("ROLLBACK TO before")  # the power goes: the file is written already
    assert school.store.event_count_of(AMINA) == 3
    assert read_erased(tmp_path / "erased") == {record}
    assert join_erased(school.home, school.store, school.hooks) == 1
    assert school.store.event_count_of(AMINA) == 0


def test_a_file_that_was_lost_is_written_again(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    record = school.erase()
    (tmp_path / "erased").unlink()
    join_erased(school.home, school.store, school.hooks)
    assert read_erased(tmp_path / "erased") == {record}


def test_a_planted_line_in_the_file_erases_nobody(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(3)
    good = erase_record(school.home.node_key, school.home.school_id, AMINA)
    planted = ErasedRecord(good.school_id, good.learner_hash, bytes(64))
    add_erased(tmp_path / "erased", [planted])
    assert join_erased(school.home, school.store, school.hooks) == 0
    assert school.store.event_count_of(AMINA) == 3


def test_a_reader_in_the_way_leaves_the_cleaning_for_later(district, tmp_path):
    school = on_disk(district, district.school(), tmp_path)
    school.write(200)
    with school.store.reading() as connection:
        connection.execute("SELECT count(*) FROM event").fetchone()
        school.erase()
        assert not school.store.sweep()
    assert school.store.sweep()
    assert not school.store.sweep()
    school.store.close()
    assert all(AMINA not in file.read_bytes() for file in tmp_path.iterdir())
