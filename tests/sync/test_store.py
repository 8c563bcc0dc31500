"""Transactions, our own log, and the reads of what it wrote."""

import contextlib
import threading

import pytest

from darasa.sync.errors import EventError, LocalProtocolError, StoreError
from darasa.sync.event import (
    YEAR_MS,
    chain_after,
    chain_of_genesis,
    leaf_of,
    log_id_of,
    parse_genesis,
)
from darasa.sync.frontier import Tip
from darasa.sync.reads import (
    all_events,
    event_at,
    learners,
    logs_after,
    runs,
    schools,
    transaction_tag,
)
from darasa.sync.signing import NodeKey
from darasa.sync.writes import Tx

BABU = b"B" * 16


def test_a_log_is_minted_before_its_first_event_and_not_sooner(author):
    assert author.log.log_id is None
    assert author.store.position().ordinal == 0
    (event,) = author.write()
    assert event.seq == 1
    assert event.log_id == author.log_id
    assert author.store.log_count() == 1


def test_each_run_writes_a_log_of_its_own(author):
    first = author.write(2)
    author.restart()
    second = author.write(2)
    assert {each.log_id for each in first}.isdisjoint({each.log_id for each in second})
    assert [each.seq for each in second] == [1, 2]
    assert author.store.log_count() == 2


def test_a_key_of_another_node_mints_another_log(make_author, rng):
    key = NodeKey.generate(rng)
    first, second = make_author(key=key), make_author(key=key)
    assert first.write()[0].log_id != second.write()[0].log_id


def test_the_chain_follows_from_the_genesis(author):
    events = author.write(3)
    with author.store.reading() as connection:
        (log,) = logs_after(connection, author.school_id)
    genesis = parse_genesis(log.genesis)
    assert log_id_of(log.genesis) == author.log_id
    assert genesis.node_id == author.log.node_id == author.key.node_id
    chain = chain_of_genesis(log.genesis)
    for event in events:
        chain = chain_after(chain, leaf_of(event.canonical))
        assert event.chain == chain


def test_time_counts_from_genesis_on_the_elapsed_clock(author, clock):
    (first,) = author.write()
    clock.wall = 0  # someone sets the clock to 1970
    clock.elapsed += 5_000
    (second,) = author.write()
    assert first.event.t_ms == 0
    assert second.event.t_ms == 6_000
    assert second.happened_ms == first.happened_ms + 6_000


def test_a_clock_that_runs_backwards_gives_no_negative_time(author, clock):
    author.write()
    clock.elapsed = -50_000
    (event,) = author.write()
    assert event.event.t_ms == 0


def test_a_log_of_a_year_is_left(author, clock):
    (old,) = author.write()
    clock.advance(YEAR_MS + 1)
    (new,) = author.write()
    assert new.log_id != old.log_id
    assert new.event.t_ms == 0


def test_an_error_undoes_rows_and_place(author):
    (kept,) = author.write()
    with pytest.raises(ZeroDivisionError):
        append_and_fail(author)
    assert author.store.event_count() == 1
    (after,) = author.write()
    assert (after.log_id, after.seq) == (kept.log_id, 2)


def test_an_error_in_the_first_transaction_mints_no_log(author):
    with pytest.raises(ZeroDivisionError):
        append_and_fail(author)
    assert author.log.log_id is None
    assert author.store.log_count() == 0
    assert author.write()[0].seq == 1


def test_an_event_beyond_a_limit_is_refused_whole(author):
    author.write()
    with pytest.raises(EventError):
        author.write(2, lamport=2**48)
    assert author.store.event_count() == 1


def test_an_inner_transaction_is_part_of_the_outer(author):
    with author.store.transaction() as outer:
        with author.store.transaction() as inner:
            assert inner is outer
            append(inner, author, 1)
        append(outer, author, 1)
    assert author.store.event_count() == 2
    assert author.store.position().ordinal == 1


def test_a_caught_error_of_an_inner_transaction_undoes_the_outer(author):
    def catch_inside() -> None:
        with author.store.transaction() as outer:
            append(outer, author, 1)
            with contextlib.suppress(ZeroDivisionError):
                append_and_fail(author)

    with pytest.raises(StoreError):
        catch_inside()
    assert author.store.event_count() == 0
    author.write()
    assert author.store.event_count() == 1


def test_a_transaction_has_an_ordinal_and_a_tag_only_if_it_needs_them(author):
    with author.store.transaction() as tx:
        tx.connection.execute("SELECT 1")
    assert author.store.position() == (0, bytes(8))
    author.write(5)
    author.write(5)
    assert author.store.position().ordinal == 2
    ordinal, tag = author.store.position()
    assert len(tag) == 8
    assert author.store.read(transaction_tag, ordinal) == tag
    assert author.store.read(transaction_tag, ordinal - 1) not in {tag, None}
    assert author.store.read(transaction_tag, ordinal + 1) is None


def test_events_of_a_learner_come_in_the_order_they_fold(author):
    author.write(2, lamport=5)
    author.write(1, learner=BABU, lamport=9)
    author.restart()
    author.write(2, lamport=3)
    found = author.store.events_of(b"A" * 16)
    assert [each.event.lamport for each in found] == [3, 3, 5, 5]
    assert found == sorted(found, key=lambda each: each.order_key)
    assert len({each.chain for each in found}) == 4


def test_greatest_lamport_is_known_for_a_learner_and_for_all(author):
    assert author.store.max_lamport() == author.store.max_lamport(BABU) == 0
    author.write(1, lamport=5)
    author.write(1, learner=BABU, lamport=9)
    author.write(1, learner=None, lamport=11)
    assert author.store.max_lamport(b"A" * 16) == 5
    assert author.store.max_lamport(BABU) == 9
    assert author.store.max_lamport() == 11


def test_counts_and_places(author):
    events = author.write(3)
    author.write(2, learner=BABU)
    author.write(1, learner=None, kind=2)
    store = author.store
    assert (store.event_count(), store.log_count()) == (6, 1)
    assert store.event_count_of(BABU) == 2
    with store.reading() as connection:
        assert learners(connection) == [b"A" * 16, BABU]
        assert schools(connection) == {author.school_id: (1, 6)}
        assert event_at(connection, author.log_id, 2) == events[1]
        assert event_at(connection, author.log_id, 2, chain8=events[1].chain[:8]) == events[1]
        assert event_at(connection, author.log_id, 2, chain8=bytes(8)) is None
        assert event_at(connection, author.log_id, 9) is None
        assert [each.event.kind for each in all_events(connection, kinds=[2])] == [2]
        assert len(list(all_events(connection))) == 6
        assert list(all_events(connection, kinds=[])) == []


def test_events_after_an_ordinal_are_those_of_later_transactions(author):
    author.write(2)
    later = author.write(3)
    assert author.store.events_after(1) == later
    assert author.store.events_after(2) == []
    assert author.store.events_after(0, school_id=b"x" * 16) == []


def test_runs_are_cut_at_the_size_asked_for(author):
    events = author.write(10)
    size = len(events[0].canonical)
    with author.store.reading() as connection:
        cut = list(
            runs(connection, author.school_id, author.log_id, bytes_max=size * 3 + size // 2)
        )
    assert [len(run.canonicals) for run in cut] == [3, 3, 3, 1]
    assert [run.first_seq for run in cut] == [1, 4, 7, 10]
    assert [run.prev_chain for run in cut[1:]] == [run.head.chain for run in cut[:-1]]
    assert cut[-1].head == author.store.tips()[0]


def test_runs_begin_after_what_the_peer_has(author):
    events = author.write(4)
    mark = author.store.position().ordinal
    later = author.write(2)

    def sent(**kwargs) -> list[bytes]:
        with author.store.reading() as connection:
            found = runs(connection, author.school_id, author.log_id, **kwargs)
            return [canonical for run in found for canonical in run.canonicals]

    assert sent(after_ordinal=mark) == [each.canonical for each in later]
    assert sent(after_ordinal=mark + 1) == []
    known = Tip(author.log_id, 3, events[2].chain[:8])
    assert sent(known=[known]) == [each.canonical for each in (*events[3:], *later)]
    assert sent(known=[author.store.tips()[0].tip]) == []
    assert len(sent(known=[Tip(author.log_id, 99, bytes(8))])) == 6
    assert len(sent(known=[Tip(b"another!", 3, events[2].chain[:8])])) == 6


def test_a_read_inside_a_transaction_sees_what_it_wrote(make_author, tmp_path):
    for author in (make_author(), make_author(tmp_path / "store.sqlite3")):
        with author.store.transaction() as tx:
            append(tx, author, 1)
            assert author.store.event_count() == 1


def test_another_thread_sees_only_what_is_committed(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    author.write()
    seen: list[int] = []
    with author.store.transaction() as tx:
        append(tx, author, 1)
        thread = threading.Thread(target=lambda: seen.append(author.store.event_count()))
        thread.start()
        thread.join()
    assert seen == [1]
    assert author.store.event_count() == 2


def test_a_snapshot_does_not_move(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    author.write()
    with author.store.reading() as connection:
        before = connection.execute("SELECT sum(events) FROM log").fetchone()
        author.write(5)
        assert connection.execute("SELECT sum(events) FROM log").fetchone() == before
    assert author.store.event_count() == 6


def test_many_threads_write_one_straight_log(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    threads = [
        threading.Thread(target=lambda: [author.write() for _ in range(20)]) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert author.store.event_count() == 100
    assert len(author.store.tips()) == 1
    assert author.store.tips()[0].seq == 100


def test_a_reader_cannot_write(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    author.write()
    with pytest.raises(StoreError), author.store.reading() as connection:
        connection.execute("DELETE FROM event")
    assert author.store.event_count() == 1


def test_a_second_close_does_nothing_and_a_closed_store_says_so(make_author, tmp_path):
    author = make_author(tmp_path / "store.sqlite3")
    author.write()
    author.store.close()
    author.store.close()
    with pytest.raises(LocalProtocolError):
        author.store.event_count()


def append_and_fail(author) -> None:
    with author.store.transaction() as tx:
        append(tx, author, 2)
        raise ZeroDivisionError


def append(tx: Tx, author, count: int) -> None:
    for _ in range(count):
        tx.append(author.log, kind=18, version=1, learner_id=b"A" * 16, lamport=1, body=())


def test_no_read_of_the_answer_path_looks_at_every_row(author):
    """EXPLAIN QUERY PLAN of each: SCAN is allowed for tips and logs, never for events or copies."""
    author.write(3)
    plans: list[str] = []

    def explain(statement: str) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT")):
            statements.append(statement)

    statements: list[str] = []
    with author.store.transaction() as tx:
        tx.connection.set_trace_callback(explain)
        append(tx, author, 1)
        author.store.events_of(b"A" * 16)
        author.store.max_lamport(b"A" * 16)
        author.store.max_lamport()
        author.store.event_count()
        author.store.event_count_of(b"A" * 16)
        author.store.unsent(b"p" * 16, school_id=author.school_id, author=author.key.node_id)
        tx.connection.set_trace_callback(None)
        for statement in statements:
            rows = tx.connection.execute(f"EXPLAIN QUERY PLAN {statement}")
            plans += [row[3] for row in rows]
    assert len(statements) > 10
    scans = [plan for plan in plans if plan.startswith(("SCAN event", "SCAN copy"))]
    # the greatest lamport of all copies is asked for by operations, which no learner waits for
    assert [plan for plan in scans if "COVERING INDEX" not in plan] in ([], ["SCAN copy"])
