"""Care of an open store: what is quiet is packed, space goes back, old logs go when they may."""

import resource

import pytest

from darasa.sync import feed, reads
from darasa.sync import store as store_module
from darasa.sync.audit import audit
from darasa.sync.care import CALM_AFTER_MS, QUIET_AFTER_MS, Care
from darasa.sync.erased import erase_record
from darasa.sync.feed import Cursor
from darasa.sync.frontier import Tip
from darasa.sync.ids import Mark, NodeId
from darasa.sync.packing import STRETCH
from darasa.sync.pruning import DAY_MS, KEPT_DAYS, USED_DAYS

AMINA, SERVER = b"A" * 16, NodeId(b"S" * 16)


def rows_of(store) -> int:
    with store.reading() as connection:
        return connection.execute("SELECT count(*) FROM event").fetchone()[0]


def test_what_was_there_at_the_start_is_packed_and_what_is_new_waits_an_hour(author, clock):
    author.write(10)
    author.restart()
    care = Care(author.store, clock)
    author.write(5)
    author.restart()
    author.write(7)
    care.finish()
    assert rows_of(author.store) == 12
    clock.advance(QUIET_AFTER_MS - 1)
    care.finish()
    assert rows_of(author.store) == 12
    clock.advance(1)
    care.finish()
    assert rows_of(author.store) == 0
    with author.store.reading() as connection:
        assert list(audit(connection)) == []


def test_a_log_that_grows_is_packed_while_it_grows(author, clock):
    care = Care(author.store, clock)
    for _ in range(STRETCH * 3 + 10):
        author.write(1)
        care.step()
    assert rows_of(author.store) < STRETCH
    assert author.store.event_count() == STRETCH * 3 + 10


def test_a_step_is_one_run(author, clock):
    for _ in range(5):
        author.write(20)
        author.restart()
    care = Care(author.store, clock)
    left = []
    while care.step():
        left.append(rows_of(author.store))
    assert left == [80, 60, 40, 20, 0]


def test_the_file_gives_back_what_packing_frees(tmp_path, make_author, clock):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    for _ in range(40):
        author.write(100)
    author.store.checkpoint(at_least_bytes=0)
    before = path.stat().st_size
    Care(author.store, clock).finish()
    author.store.checkpoint(at_least_bytes=0)
    assert path.stat().st_size < before / 2
    author.store.quick_check()


def test_the_wal_is_cut_when_nobody_reads(tmp_path, make_author, clock):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    for _ in range(30):
        author.write(100)
    wal = path.with_name("store.sqlite3-wal")
    assert wal.stat().st_size > 256 * 1024
    with author.store.reading() as connection:
        connection.execute("SELECT count(*) FROM event").fetchone()
        author.write(1)
        assert not author.store.checkpoint()  # and nobody is waited for
    Care(author.store, clock).finish()
    assert wal.stat().st_size == 0
    assert author.write()[0].seq == 3002


@pytest.fixture
def old(author, clock):
    """(author, care, the old log's id): all that lets its log go holds, but for the receipt."""
    author.write(30)
    author.write(3, learner=None)
    log_id = author.log_id
    author.restart()
    clock.advance((KEPT_DAYS + 1) * DAY_MS)
    author.write(5)
    care = Care(author.store, clock, prunes=author.key.node_id)
    return author, care, log_id


def use(author, clock, care, *, days: int) -> None:
    for _ in range(days):
        clock.advance(DAY_MS)
        author.write(1)
        care.finish()


def receipt(author, log_id, *, level: int, seq: int = 33) -> None:
    event = next(each for each in author.store.events_after(0) if each.seq == seq)
    with author.store.transaction() as tx:
        tip = Tip(log_id, seq, event.chain[:8])
        tx.note_receipt(author.school_id, SERVER, [tip], level=level)
        tx.note_mark(author.school_id, SERVER, Mark(b"m" * 8), tx.ordinal)


def test_an_old_log_that_two_holders_have_goes_and_its_tip_stays(old, clock):
    author, care, log_id = old
    receipt(author, log_id, level=2)
    tips, digest = author.store.tips(), author.store.frontier_digest()
    genesis = next(iter(runs_of(author, log_id))).log.genesis
    gone = [each for each in author.store.events_after(0) if each.log_id == log_id]
    use(author, clock, care, days=USED_DAYS + 1)
    left = author.store.events_after(0)
    assert log_id not in {each.log_id for each in left}
    assert len(left) == 5 + USED_DAYS + 1
    assert author.store.event_count() == len(left)
    assert [tip for tip in tips if tip.log_id == log_id] == [
        tip for tip in author.store.tips() if tip.log_id == log_id
    ]
    assert digest != author.store.frontier_digest()  # only of what was written since
    assert list(runs_of(author, log_id)) == []
    with author.store.transaction() as tx:
        again = tx.insert_received(
            author.school_id, log_id, genesis=genesis, prev_chain=genesis_chain(genesis),
            events=gone, believed=len(gone),
        )  # fmt: skip
    assert again == []
    assert author.store.event_count() == len(left)
    with author.store.reading() as connection:
        assert list(audit(connection)) == []
    assert author.store.unsent(None, author=author.key.node_id).total == len(left)


def genesis_chain(genesis: bytes) -> bytes:
    from darasa.sync.event import chain_of_genesis

    return chain_of_genesis(genesis)


def runs_of(author, log_id):
    with author.store.reading() as connection:
        return list(reads.runs(connection, author.school_id, log_id))


def keeps(author, log_id) -> bool:
    return log_id in {each.log_id for each in author.store.events_after(0)}


def test_a_log_without_a_receipt_of_two_holders_stays(old, clock):
    author, care, log_id = old
    receipt(author, log_id, level=1)
    receipt(author, log_id, level=2, seq=20)
    use(author, clock, care, days=USED_DAYS + 2)
    assert keeps(author, log_id)


def test_a_clock_that_jumps_makes_nothing_old(author, clock):
    author.write(33)
    receipt(author, author.log_id, level=2)
    log_id = author.log_id
    author.restart()
    care = Care(author.store, clock, prunes=author.key.node_id)
    clock.wall += 80 * 365 * DAY_MS
    use(author, clock, care, days=USED_DAYS - 2)
    assert keeps(author, log_id)


def test_days_that_a_clock_was_ahead_before_do_not_make_work_old(author, clock):
    care = Care(author.store, clock, prunes=author.key.node_id)
    ahead, behind = 80 * 365 * DAY_MS, 2 * 365 * DAY_MS
    clock.wall += ahead
    use(author, clock, care, days=USED_DAYS // 2)
    clock.wall -= ahead + behind  # and it is behind while the work is done
    author.restart()
    author.write(33)
    receipt(author, author.log_id, level=2)
    log_id = author.log_id
    author.restart()
    clock.wall += behind
    use(author, clock, care, days=USED_DAYS - 2)
    assert keeps(author, log_id)
    use(author, clock, care, days=4)
    assert not keeps(author, log_id)


def test_a_log_of_a_learner_whose_feed_comes_here_stays(old, clock):
    author, care, log_id = old
    receipt(author, log_id, level=3)
    with author.store.transaction() as tx:
        tx.set_cursor(SERVER, feed.LEARNER_SCOPE + AMINA, Cursor(1, b"t" * 8))
    use(author, clock, care, days=USED_DAYS + 2)
    assert keeps(author, log_id)
    with author.store.transaction() as tx:
        tx.drop_scope(feed.LEARNER_SCOPE + AMINA)
    use(author, clock, care, days=1)
    assert not keeps(author, log_id)


def test_a_school_keeps_all(old, clock):
    author, _, log_id = old
    receipt(author, log_id, level=3)
    use(author, clock, Care(author.store, clock), days=USED_DAYS + 2)
    assert keeps(author, log_id)


@pytest.fixture
def large(tmp_path, make_author, monkeypatch):
    """A store that counts as large, in which Amina and Juma have work, and Amina is erased."""
    monkeypatch.setattr(store_module, "SWEPT_AT_ONCE_BYTES", 0)
    author = make_author(tmp_path / "store.sqlite3")
    for _ in range(20):
        author.write(50)
        author.write(50, learner=b"J" * 16)
    with author.store.transaction() as tx:
        tx.keep_erased([erase_record(author.key, author.school_id, AMINA)])
    return author


def test_after_an_erasure_a_large_store_keeps_nobody_waiting(large, tmp_path):
    """What names her is gone at once from rows and WAL; pages are cleaned later."""
    assert large.store.is_unswept()
    wal = tmp_path / "store.sqlite3-wal"
    assert wal.stat().st_size == 0
    with large.store.reading() as connection:
        named = "SELECT count(*) FROM event WHERE instr(canonical, ?1) OR learner_id = ?1"
        assert connection.execute(named, (AMINA,)).fetchone() == (0,)


def test_a_large_store_is_written_anew_when_nobody_writes(large, tmp_path, clock):
    care = Care(large.store, clock)
    care.finish()
    clock.advance(CALM_AFTER_MS - 1)
    large.write(1, learner=b"J" * 16)
    care.finish()
    clock.advance(CALM_AFTER_MS - 1)
    care.finish()
    assert large.store.is_unswept()
    clock.advance(1)
    care.finish()
    assert not large.store.is_unswept()
    for file in tmp_path.iterdir():
        assert AMINA not in file.read_bytes()


def test_a_large_store_that_is_never_calm_is_written_anew_within_a_day(large, clock):
    care = Care(large.store, clock)
    care.finish()
    hours = 0
    while large.store.is_unswept():
        for _ in range(12):
            clock.advance(300_000)
            large.write(1, learner=b"J" * 16)
            care.finish()
        hours += 1
    assert hours == 24


def test_a_reader_in_the_way_does_not_make_it_be_written_anew_again(large, clock, tmp_path):
    care = Care(large.store, clock)
    care.finish()
    clock.advance(CALM_AFTER_MS)
    wal = tmp_path / "store.sqlite3-wal"
    with large.store.reading() as connection:
        connection.execute("SELECT count(*) FROM event").fetchone()
        care.finish()
        written = wal.stat().st_size
        assert written > 0
        assert large.store.is_unswept()
        for _ in range(5):
            care.step()
        assert wal.stat().st_size == written
    care.finish()
    assert not large.store.is_unswept()


def test_a_disk_without_room_for_it_does_not_hold_up_the_rest(large, clock, tmp_path):
    """Writing it anew fails; what is quiet is packed all the same, and it is tried again."""
    large.restart()
    care = Care(large.store, clock)
    care.finish()  # all of it is packed
    large.write(400, learner=b"J" * 16)
    large.restart()
    for _ in range(20):
        large.write(200, learner=b"J" * 16, kind=19)
    large.restart()
    clock.advance(QUIET_AFTER_MS)
    large.store.checkpoint(at_least_bytes=1)
    before, size = rows_of(large.store), (tmp_path / "store.sqlite3").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size * 2 // 3, hard))
    try:
        care.step()
        clock.advance(QUIET_AFTER_MS)
        care.step()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert rows_of(large.store) < before
    assert large.store.is_unswept()
    clock.advance(QUIET_AFTER_MS)
    care.finish()
    assert not large.store.is_unswept()
