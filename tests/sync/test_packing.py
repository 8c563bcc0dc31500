"""Packed storage: nothing that is read changes, forks make way, erased events keep their leaves."""

import os
import sqlite3

import pytest
from sqlite_utils import Database

from darasa.sync import chains, events_table, feed, packing, reads
from darasa.sync.audit import audit
from darasa.sync.event import Event, canonical_bytes, chain_after, leaf_of
from darasa.sync.events_table import ArrivedEvent
from darasa.sync.frontier import Tip
from darasa.sync.ids import NO_SCHOOL
from darasa.sync.migrations import MIGRATIONS
from darasa.sync.packed_runs import EVENTS_MAX
from darasa.sync.rows import find_log
from darasa.sync.session_view import Arrived
from darasa.sync.store import Store

AMINA, BABU, PEER = b"A" * 16, b"B" * 16, b"P" * 16
SCHOOL = bytes(range(16))


def pack_all(store: Store) -> int:
    """Pack every log to its end; how many steps it took."""
    steps = 0
    while True:
        with store.transaction() as tx:
            if packing.pack_next(tx.connection, quiet_upto=1 << 60) is None:
                return steps
        steps += 1


def held(store: Store) -> tuple[int, int]:
    """(rows, packed events) of the store."""
    with store.reading() as connection:
        return (
            connection.execute("SELECT count(*) FROM event").fetchone()[0],
            connection.execute("SELECT coalesce(sum(n), 0) FROM packed").fetchone()[0],
        )


def everything(store: Store, log_id: bytes) -> list:
    """What every read of the store answers."""
    with store.reading() as connection:
        log = find_log(connection, SCHOOL, log_id)
        events = list(reads.all_events(connection))
        last = reads.position(connection).ordinal
        return [
            events,
            list(reads.all_events(connection, kinds=(18,))),
            [list(reads.events_after(connection, ordinal)) for ordinal in range(0, last + 1, 7)],
            [reads.events_of(connection, learner) for learner in (AMINA, BABU)],
            [reads.event_count_of(connection, learner) for learner in (AMINA, BABU, PEER)],
            [reads.max_lamport(connection, learner) for learner in (AMINA, BABU, None)],
            reads.learners(connection),
            [reads.event_at(connection, log_id, each.seq) for each in events[::9]],
            [chains.chain_at(connection, log, each.seq, each.chain[:8]) for each in events],
            [
                list(reads.runs(connection, SCHOOL, log_id, after_ordinal=n, bytes_max=500))
                for n in range(0, last + 1, 7)
            ],
            [
                list(reads.runs(connection, SCHOOL, log_id, known=[tip], bytes_max=5000))
                for tip in (Tip(log_id, each.seq, each.chain[:8]) for each in events[::11])
            ],
            [fed(connection, learner, limit) for learner in (AMINA, BABU) for limit in (3, 1000)],
            reads.newest_of(connection, SCHOOL, log.node_id),
            store.unsent(None),
            store.unsent(PEER),
            store.unsent(PEER, kinds=(18,)),
            list(audit(connection)),
        ]


def fed(connection: sqlite3.Connection, learner: bytes, limit: int) -> list:
    """The learner's scope, as pages of a feed."""
    pages, after = [], None
    while page := feed.copies_after(
        connection, learner, after=after, upto=60, limit=limit, receiver_has={}
    ):
        pages += page
        after = page[-1].ordinal, page[-1].key
    return pages


def filled(author) -> None:
    """Two learners and nobody, several kinds, transactions of one event and of many."""
    for number in range(40):
        author.write(
            1 + number % 4 * 3,
            learner=(AMINA, BABU, None)[number % 3],
            lamport=number,
            kind=(18, 18, 900)[number % 3],
        )


def test_packing_changes_nothing_that_is_read(author):
    filled(author)
    middle = author.store.events_after(0)[90]
    with author.store.transaction() as tx:
        tip = Tip(author.log_id, middle.seq, middle.chain[:8])
        tx.note_receipt(author.school_id, PEER, [tip], level=1)
    before = everything(author.store, author.log_id)
    count = len(before[0])
    with author.store.transaction() as tx:
        packing.pack_log(tx.connection, find_log(tx.connection, SCHOOL, author.log_id))
    assert held(author.store) == (0, count)
    assert everything(author.store, author.log_id) == before
    author.write(5)
    partly = everything(author.store, author.log_id)
    assert held(author.store) == (5, count)
    pack_all(author.store)
    assert held(author.store) == (0, count + 5)
    assert everything(author.store, author.log_id) == partly


def test_a_step_packs_one_run_and_no_more(author):
    author.write(EVENTS_MAX * 2 + 10)
    with author.store.transaction() as tx:
        assert packing.pack_next(tx.connection) is not None
    assert held(author.store) == (EVENTS_MAX + 10, EVENTS_MAX)
    assert pack_all(author.store) == 2
    assert held(author.store) == (0, EVENTS_MAX * 2 + 10)


def test_a_log_that_grows_keeps_its_newest_events_as_rows(author):
    author.write(packing.STRETCH - 1)
    before = author.store.position().ordinal
    with author.store.transaction() as tx:
        assert packing.pack_next(tx.connection, quiet_upto=before - 1) is None
        assert packing.pack_next(tx.connection, quiet_upto=before) is not None


def test_a_run_that_is_not_full_grows(author):
    for _ in range(6):
        author.write(packing.STRETCH)
        pack_all(author.store)
    with author.store.reading() as connection:
        (runs,) = connection.execute("SELECT count(*) FROM packed").fetchone()
    assert runs == 1


def test_large_events_are_cut_into_more_runs(author):
    with author.store.transaction() as tx:
        for _ in range(6):
            tx.append(
                author.log, kind=18, version=1, learner_id=AMINA, lamport=1,
                body=tuple(os.urandom(9_000) for _ in range(4)),
            )  # fmt: skip
    before = author.store.events_of(AMINA)
    assert pack_all(author.store) == 6
    assert author.store.events_of(AMINA) == before


def test_a_long_run_arrives_packed_and_a_short_one_as_rows(author, open_store, deliver):
    school = open_store()
    events = author.write(packing.STRETCH * 3)
    deliver(events[:10], author.store, school)
    assert held(school) == (10, 0)
    deliver(events[10:100], author.store, school)
    assert held(school) == (0, 100)
    deliver(events[100:], author.store, school)
    assert held(school) == (0, len(events))
    deliver(events, author.store, school)
    assert held(school) == (0, len(events))
    assert school.events_of(AMINA) == events
    assert school.frontier_digest() == author.store.frontier_digest()
    with school.reading() as connection:
        assert list(audit(connection)) == []


def test_provisional_events_beside_a_packed_stretch_unpack_it(author, open_store, deliver):
    school = open_store()
    events = author.write(100)
    deliver(events, author.store, school)
    branch = fork(events[39], 3)
    insert(school, author, events[39].chain, branch, believed=0)
    assert held(school) == (103, 0)
    assert school.events_of(AMINA) == events
    insert(school, author, events[39].chain, branch, believed=3)
    assert len(school.tips()) == 2
    assert {each.chain for each in school.events_of(AMINA)} == {
        each.chain for each in [*events, *branch]
    }
    pack_all(school)
    assert held(school) == (63, 40)  # up to where it forks
    with school.reading() as connection:
        assert list(audit(connection)) == []
        runs = list(reads.runs(connection, SCHOOL, author.log_id, bytes_max=1000))
    assert sum(len(run.canonicals) for run in runs) == 103


def fork(after, count: int) -> list[ArrivedEvent]:
    """What a running copy of the machine would write after an event."""
    chain, made = after.chain, []
    for number in range(count):
        event = Event(18, 1, AMINA, 9, 0, ("copy", number))
        canonical = canonical_bytes(event)
        chain = chain_after(chain, leaf_of(canonical))
        made.append(Arrived(after.seq + 1 + number, chain, canonical, event))
    return made


def insert(store, author, prev_chain, events, *, believed) -> None:
    with store.transaction() as tx:
        tx.insert_received(
            author.school_id, author.log_id, genesis=None, prev_chain=prev_chain, events=events,
            believed=believed,
        )  # fmt: skip


def test_packed_logs_that_are_adopted_count_as_new(make_author):
    author = make_author(school_id=NO_SCHOOL)
    events = author.write(100)
    pack_all(author.store)
    author.write(3)
    before = author.store.position().ordinal
    with author.store.transaction() as tx:
        assert tx.adopt(SCHOOL, [author.log_id]) == 1
    again = author.store.events_after(before)
    assert [each.chain for each in again[:100]] == [each.chain for each in events]
    assert len(again) == 103
    with author.store.reading() as connection:
        assert list(audit(connection)) == []
        copies = fed(connection, AMINA, 10)
    assert {copy.ordinal for copy in copies} == {before + 1}


def test_a_packed_log_and_its_twin_become_one(make_author, open_store, deliver):
    school_author = make_author(school_id=NO_SCHOOL)
    events = school_author.write(100)
    pack_all(school_author.store)
    store = school_author.store
    with store.transaction() as tx:  # known in the school already, by the first half of it
        log = find_log(tx.connection, NO_SCHOOL, school_author.log_id)
        tx.insert_received(
            SCHOOL, log.log_id, genesis=log.genesis, prev_chain=log.chain_0[:8],
            events=events[:50], believed=50,
        )  # fmt: skip
        tx.adopt(SCHOOL, [log.log_id])
    assert [each.chain for each in store.events_of(AMINA)] == [each.chain for each in events]
    with store.reading() as connection:
        assert list(audit(connection)) == []


@pytest.mark.parametrize("is_packed", [True, False])
def test_an_erased_learner_leaves_only_leaves(tmp_path, make_author, *, is_packed):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    filled(author)
    if is_packed:
        pack_all(author.store)
    count, others = author.store.event_count(), author.store.events_of(BABU)
    digest, hers = author.store.frontier_digest(), len(author.store.events_of(AMINA))
    with author.store.transaction() as tx:
        tx.connection.execute("PRAGMA secure_delete = ON")
        assert events_table.erase(tx.connection, AMINA) == hers > 0
        assert events_table.erase(tx.connection, AMINA) == 0
    assert author.store.events_of(AMINA) == []
    assert author.store.event_count_of(AMINA) == author.store.max_lamport(AMINA) == 0
    assert author.store.events_of(BABU) == others
    assert author.store.frontier_digest() == digest
    assert author.store.event_count() == count
    with author.store.reading() as connection:
        assert list(audit(connection)) == []
        runs = list(reads.runs(connection, SCHOOL, author.log_id, bytes_max=5_000))
        assert AMINA not in reads.learners(connection)
    assert sum(len(run.erased_leaves) for run in runs) == hers
    chain = runs[0].prev_chain
    for run in runs:
        assert run.prev_chain == chain
        for canonical in run.canonicals:
            chain = chain_after(chain, leaf_of(canonical))
        assert not (run.canonicals and run.erased_leaves)
        for leaf in run.erased_leaves:
            chain = chain_after(chain, leaf)
        assert run.head.chain == chain
    pack_all(author.store)
    with author.store.reading() as connection:
        assert list(audit(connection)) == []
    author.store.close()
    assert AMINA not in path.read_bytes()


def test_a_changed_byte_in_a_packed_run_is_found(author):
    filled(author)
    pack_all(author.store)
    columns = ("packed_part.bytes", "packed.prev_chain", "packed.last_chain")
    missed = tried = 0
    for name in columns:
        table, column = name.split(".")
        with author.store.reading() as connection:
            rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
        for key, whole in rows:
            for place in range(0, len(whole), 7):
                changed = bytearray(whole)
                changed[place] ^= 0x10
                write(author.store, table, column, key, bytes(changed))
                with author.store.reading() as connection:
                    missed += list(audit(connection)) == []
                tried += 1
            write(author.store, table, column, key, whole)
    assert tried > 100
    assert missed <= 1  # a byte of zstd's own header that says nothing
    with author.store.reading() as connection:
        assert list(audit(connection)) == []


def write(store, table: str, column: str, key: int, value: bytes) -> None:
    with store.transaction() as tx:
        tx.connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, key))


def test_a_row_whose_chain_is_wrong_is_not_packed(author):
    author.write(100)
    with author.store.transaction() as tx:
        tx.connection.execute("UPDATE event SET canonical = x'93' WHERE seq = 40")
    pack_all(author.store)
    assert held(author.store) == (61, 39)


def test_a_store_of_the_version_before_is_packed_after_it_is_opened(tmp_path, make_author):
    path = tmp_path / "store.sqlite3"
    whole = make_author()
    filled(whole)
    as_of_before(path, whole.store)
    with Store.open(path, rng=os.urandom) as store:
        assert everything(store, whole.log_id) == everything(whole.store, whole.log_id)
        count, _ = held(store)
        pack_all(store)
        assert held(store) == (0, count)
        assert everything(store, whole.log_id) == everything(whole.store, whole.log_id)


def as_of_before(path, store: Store) -> None:
    """A file with the tables of m0004 and the rows of `store`."""
    with store.reading() as connection:
        rows = {
            table: connection.execute(f"SELECT {columns} FROM {table}").fetchall()
            for table, columns in {
                "txn": "*", "tip": "*",
                "log": "log_key, school_id, log_id, node_id, wall_ms, genesis, events,"
                " last_ordinal, lamport_max",
                "event": "event_key, log_key, seq, chain, ordinal, learner_id, kind, lamport,"
                " canonical",
            }.items()
        }  # fmt: skip
    old = sqlite3.connect(path)
    try:
        MIGRATIONS.apply(Database(old), stop_before="m0005_packing")
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            old.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        old.execute("PRAGMA user_version = 4")
        old.commit()
    finally:
        old.close()
