"""What happens to the store when the world is unkind: kill -9, a full disk, damage, no rights."""

import os
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from sqlite_utils import Database, Migrations

from darasa.sync.audit import audit
from darasa.sync.database import SCHEMA_VERSION
from darasa.sync.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from darasa.sync.migrations import MIGRATIONS
from darasa.sync.store import Store

AMINA = b"A" * 16

WRITER = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from darasa.sync.clock import SystemClock
    from darasa.sync.signing import NodeKey
    from darasa.sync.store import Store
    store = Store.open(Path(sys.argv[1]), rng=os.urandom)
    log = store.begin_log(
        key=NodeKey.generate(os.urandom), school_id=b"s" * 16, clock=SystemClock(), app_version="t"
    )
    while True:
        with store.transaction() as tx:
            event = tx.append(
                log, kind=18, version=1, learner_id=b"A" * 16, lamport=1, body=(os.urandom(40),)
            )
            ordinal = tx.ordinal
        print(ordinal, event.chain.hex(), flush=True)
    """
)


def damages(store: Store) -> list:
    with store.reading() as connection:
        return list(audit(connection))


def test_every_acknowledged_event_is_there_after_kill_9(tmp_path, open_store):
    path = tmp_path / "store.sqlite3"
    acknowledged: list[tuple[int, str]] = []
    for round_ in range(1, 9):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        with writer:
            for _ in range(7 * round_):
                ordinal, chain = writer.stdout.readline().split()
                acknowledged.append((int(ordinal), chain))
            writer.kill()
            tail = writer.stdout.read()
            whole = [line.split() for line in tail.splitlines(keepends=True) if line.endswith("\n")]
            acknowledged += [(int(ordinal), chain) for ordinal, chain in whole]
        with Store.open(path, rng=os.urandom) as store:
            events = store.events_of(AMINA)
            assert {chain for _, chain in acknowledged} <= {each.chain.hex() for each in events}
            assert store.position().ordinal >= acknowledged[-1][0]
            assert store.log_count() == round_  # a log belongs to one run
            assert damages(store) == []
            store.quick_check()


def limit_pages(store: Store, spare: int) -> None:
    """The disk has room for `spare` pages more: from then on SQLite answers SQLITE_FULL."""
    with store.transaction() as tx:
        (used,) = tx.connection.execute("PRAGMA page_count").fetchone()
        tx.connection.execute(f"PRAGMA max_page_count = {used + spare}")


def test_a_full_disk_undoes_the_transaction_and_says_so(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    author.write(20)
    limit_pages(author.store, spare=3)
    saved = 20
    with pytest.raises(StoreFullError, match="cannot save now"):  # noqa: PT012
        while True:
            author.write(5)
            saved += 5
    assert saved > 20
    assert author.store.event_count() == len(author.store.events_of(AMINA)) == saved
    assert damages(author.store) == []
    limit_pages(author.store, spare=1000)
    (event,) = author.write(1)  # there is room again: the log goes on where it was
    assert event.seq == saved + 1
    assert damages(author.store) == []


def test_a_disk_that_is_full_from_the_start_says_so(open_store, make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    limit_pages(author.store, spare=0)
    with pytest.raises(StoreFullError):
        author.write(500)
    assert author.store.event_count() == 0
    assert author.log.log_id is None


def test_a_commit_whose_outcome_is_unknown_leaves_the_log(make_author):
    """A deferred constraint makes COMMIT itself fail, as a dying disk would."""
    author = make_author()
    (kept,) = author.write()

    def write_and_fail() -> None:
        with author.store.transaction() as tx:
            tx.connection.execute("PRAGMA defer_foreign_keys = ON")
            tx.append(author.log, kind=18, version=1, learner_id=AMINA, lamport=1, body=())
            tx.connection.execute("INSERT INTO tip (log_key, chain, seq) VALUES (999, x'00', 1)")

    with pytest.raises(sqlite3.IntegrityError):
        write_and_fail()
    assert author.store.events_of(AMINA) == [kept]
    (after,) = author.write()
    assert after.log_id != kept.log_id
    assert after.seq == 1


def filled(path, make_author) -> None:
    author = make_author(path)
    for _ in range(200):
        author.write(10)
    author.store.close()


def test_a_flipped_byte_is_found(tmp_path, make_author):
    """Anywhere in the file: at opening, by SQLite's check, or by the chain of the events."""
    path = tmp_path / "store.sqlite3"
    filled(path, make_author)
    whole = path.read_bytes()
    missed = found = harmless = 0
    for place in range(0, len(whole), max(1, len(whole) // 400)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        before = dump(whole, tmp_path / "other")
        try:
            with Store.open(path, rng=os.urandom) as store:
                store.quick_check()
                if damages(store):
                    found += 1
                elif dump(bytes(damaged), tmp_path / "other") == before:
                    harmless += 1  # a free page, a hint, the change counter
                else:
                    missed += 1
        except StoreDamagedError:
            found += 1
        except StoreError:
            found += 1  # the list of migrations is not what it was
    assert found > 100
    # what is derived or cannot be hashed: ordinals, tags, migration dates
    assert missed < found / 10


def dump(raw: bytes, path) -> list[tuple]:
    """The learners' events in a store file."""
    path.write_bytes(raw)
    connection = sqlite3.connect(path)
    try:
        return connection.execute(
            "SELECT seq, chain, canonical FROM event ORDER BY 1, 2"
        ).fetchall()
    except sqlite3.Error:
        return []
    finally:
        connection.close()


@pytest.mark.parametrize(
    "raw", [b"not a database, but long enough to look like one" * 30, b"x" * 5]
)
def test_a_file_that_is_no_store_is_called_damaged_and_left_alone(tmp_path, raw):
    path = tmp_path / "store.sqlite3"
    path.write_bytes(raw)
    with pytest.raises(StoreDamagedError):
        Store.open(path, rng=os.urandom)
    assert path.read_bytes() == raw


def test_a_torn_file_is_damaged(tmp_path, make_author):
    path = tmp_path / "store.sqlite3"
    filled(path, make_author)
    path.write_bytes(path.read_bytes()[:-4096])
    with pytest.raises(StoreDamagedError), Store.open(path, rng=os.urandom) as store:
        store.quick_check()


def test_changed_event_bytes_are_noticed_by_the_chain(author):
    author.write(5)
    with author.store.transaction() as tx:
        tx.connection.execute(
            "UPDATE event SET canonical ="
            " CAST(replace(CAST(canonical AS TEXT), 'answer', 'Answer') AS BLOB) WHERE seq = 3"
        )
    assert 3 in {each.seq for each in damages(author.store)}


def test_bytes_that_are_no_event_any_more_are_damage(author):
    author.write(2)
    with author.store.transaction() as tx:
        tx.connection.execute("UPDATE event SET canonical = x'ff' WHERE seq = 2")
    with pytest.raises(StoreDamagedError):
        author.store.events_of(AMINA)
    assert [each.seq for each in damages(author.store)] == [2, 2]


def test_another_writer_is_a_busy_store(tmp_path, make_author, monkeypatch):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    author.write()
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with author.store.reading() as connection:
            connection.execute("SELECT 1")
        author.store._connection.execute("PRAGMA busy_timeout = 1")  # the test need not wait
        with pytest.raises(StoreBusyError):
            author.write()
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert author.write()[0].seq == 2


def test_a_command_reads_while_another_process_writes(tmp_path, make_author, open_store):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    author.write(3)
    reader = open_store(path, read_only=True)
    assert reader.is_read_only
    assert reader.event_count() == 3
    with author.store.transaction() as tx:
        tx.append(author.log, kind=18, version=1, learner_id=AMINA, lamport=1, body=())
        assert reader.event_count() == 3
    assert reader.event_count() == 4
    with pytest.raises(StoreError, match="reading only"), reader.transaction():
        pass


def test_a_store_left_by_a_dead_process_can_be_read(tmp_path, open_store):
    path = tmp_path / "store.sqlite3"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    with writer:
        lines = [writer.stdout.readline() for _ in range(10)]
        writer.kill()
        writer.stdout.read()
    assert open_store(path, read_only=True).event_count() >= len(lines)


def test_reading_what_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="nothing saved"):
        Store.open(tmp_path / "store.sqlite3", rng=os.urandom, read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_write_permission_is_a_sentence(tmp_path, make_author):
    """Run as another user where the tests are root, whom no permission stops."""
    folder = tmp_path / "node"
    folder.mkdir()
    author = make_author(folder / "store.sqlite3")
    author.write(3)
    author.store.close()
    folder.chmod(0o555)
    (folder / "store.sqlite3").chmod(0o444)
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    script = textwrap.dedent(
        """
        import os, sys
        from pathlib import Path
        from darasa.sync.errors import StoreError
        from darasa.sync.store import Store
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        for read_only in (False, True):
            try:
                with Store.open(Path(sys.argv[1]), rng=os.urandom, read_only=read_only) as store:
                    print("events", store.event_count())
            except StoreError as error:
                print(error)
        """
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder / "store.sqlite3")],
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        folder.chmod(0o755)
    first, second = done.stdout.splitlines()
    assert "may not write" in first or "cannot be opened" in first
    assert second == "events 3"


def test_a_store_of_a_newer_version_is_refused(tmp_path, open_store):
    path = tmp_path / "store.sqlite3"
    with open_store(path).transaction() as tx:
        tx.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for read_only in (True, False):
        with pytest.raises(StoreError, match="newer Darasa"):
            Store.open(path, rng=os.urandom, read_only=read_only)


def test_a_store_of_an_older_version_is_not_changed_by_reading(tmp_path):
    path = tmp_path / "store.sqlite3"
    connection = sqlite3.connect(path)
    try:
        MIGRATIONS.apply(Database(connection), stop_before="m0003_contacts")
    finally:
        connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="older Darasa"):
        Store.open(path, rng=os.urandom, read_only=True)
    assert path.read_bytes() == before
    for _ in range(2):
        with Store.open(path, rng=os.urandom) as store:
            assert store.peers() == []
            store.quick_check()


def test_the_schema_version_counts_the_migrations():
    empty = Database(memory=True)
    try:
        assert len(MIGRATIONS.pending(empty)) == SCHEMA_VERSION
    finally:
        empty.close()


def test_tables_of_the_room_above_live_in_the_same_file(open_store, tmp_path):
    path = tmp_path / "store.sqlite3"
    above = Migrations("above")

    @above()
    def m0001_names(db: Database) -> None:
        db.execute("CREATE TABLE name (x TEXT) STRICT")

    store = open_store(path)
    store.migrate(above)
    with store.transaction() as tx:
        tx.connection.execute("INSERT INTO name VALUES ('x')")
    reader = open_store(path, read_only=True)
    reader.migrate(above)
    above(name="m0002_more")(m0001_names)
    with pytest.raises(StoreError, match="older Darasa"):
        reader.migrate(above)


def test_every_table_is_strict_and_the_settings_hold(open_store, tmp_path):
    store = open_store(tmp_path / "store.sqlite3")
    with store.transaction() as tx:
        settings = {
            name: tx.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        tables = tx.connection.execute(
            "SELECT name, strict FROM pragma_table_list"
            " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE '\\_sqlite%' ESCAPE '\\'"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).fetchall()
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    assert len(tables) > 10
    assert [name for name, strict in tables if not strict] == []
