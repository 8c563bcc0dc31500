"""Corrected time: a fold over the clock events held, whoever brings them and in whatever order."""

import random
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.sync import clock_events, clock_rows, reads
from darasa.sync.clock_events import Correction, body_of, correction_of
from darasa.sync.event import Event, EventCopy
from darasa.sync.ids import NO_SCHOOL, Role, SchoolId
from darasa.sync.signing import NodeKey, issue_certificate
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))
AMINA = b"A" * 16
WALL_MS = 1_760_000_000_000
YEARS_50_MS = 50 * 365 * 24 * 3_600_000


@pytest.fixture
def server_key(rng):
    return NodeKey.generate(rng)


@pytest.fixture
def computer(make_author):
    return make_author()


@pytest.fixture
def server(make_author, computer, server_key):
    """A school server that has given the computer its certificate."""
    made = make_author(key=server_key)
    certify(made.store, server_key, computer.key)
    return made


def certify(store, issuer, subject, *, parent=None, school_id=SCHOOL):
    with store.transaction() as tx:
        tx.put_certificate(
            issue_certificate(
                issuer,
                subject_public=subject.public,
                role=Role.COMPUTER,
                school_id=school_id,
                parent=parent,
            )
        )


def say(author, log_id, offset_ms, uncertainty_ms, *, lamport=1, version=1):
    """The author writes a clock event about that log."""
    with author.store.transaction() as tx:
        return tx.append(
            author.log,
            kind=clock_events.KIND,
            version=version,
            learner_id=None,
            lamport=lamport,
            body=body_of(Correction(log_id, offset_ms, uncertainty_ms)),
        )


def times(store):
    return [each.happened_ms for each in store.events_of(AMINA)]


def test_without_a_clock_event_the_authors_clock_stands(computer):
    events = computer.write(2)
    assert times(computer.store) == [each.happened_ms for each in events]
    assert events[0].happened_ms == computer.clock.wall_ms() - 1_000


def test_a_clock_event_moves_every_event_of_its_log_and_no_other(computer, server, deliver):
    first = computer.write(2)
    computer.restart()
    second = computer.write(1)
    deliver(first, computer.store, server.store)
    deliver(second, computer.store, server.store)
    say(server, first[0].log_id, YEARS_50_MS, 40)
    held = {each.chain: each.happened_ms for each in server.store.events_of(AMINA)}
    assert [held[each.chain] - each.happened_ms for each in (*first, *second)] == [
        YEARS_50_MS,
        YEARS_50_MS,
        0,
    ]


def test_what_is_told_of_new_events_is_corrected_too(computer, server, deliver):
    first = computer.write(2)
    deliver(first, computer.store, server.store)
    say(server, first[0].log_id, 70_000, 40)
    second = computer.write(1)
    (told,) = deliver(second, computer.store, server.store)
    assert told.happened_ms == second[0].happened_ms + 70_000


def test_a_clock_event_counts_also_when_it_comes_before_its_log(computer, server, deliver):
    events = computer.write(1)
    say(server, events[0].log_id, 70_000, 40)
    (told,) = deliver(events, computer.store, server.store)
    assert told.happened_ms == events[0].happened_ms + 70_000


def test_an_event_of_our_own_log_is_corrected_from_its_first_line(
    make_author, computer, server_key, deliver
):
    certify(computer.store, server_key, computer.key)
    server = make_author(key=server_key)
    (event,) = computer.write()
    said = say(server, event.log_id, 70_000, 40)
    deliver([said], server.store, computer.store)
    (later,) = computer.write()
    assert later.log_id == event.log_id
    assert later.happened_ms == computer.clock.wall_ms() + 70_000


def genesis_of(store, event):
    with store.reading() as connection:
        return next(reads.runs(connection, event.school_id, event.log_id)).log.genesis


def chain_0(store, event):
    with store.reading() as connection:
        return next(reads.runs(connection, event.school_id, event.log_id)).prev_chain


def test_the_least_uncertain_of_several_counts_then_the_order_of_events(computer, server, deliver):
    events = computer.write(1)
    deliver(events, computer.store, server.store)
    log_id = events[0].log_id
    base = events[0].happened_ms
    say(server, log_id, 1_000, 50, lamport=3)
    say(server, log_id, 2_000, 20, lamport=9)
    say(server, log_id, 3_000, 20, lamport=8)
    say(server, log_id, 4_000, 20, lamport=8)
    say(server, log_id, 5_000, 30, lamport=1)
    assert times(server.store) == [base + 3_000]
    counting = server.store.read(clock_rows.counting, SCHOOL, log_id)
    assert counting == Correction(log_id, 3_000, 20)


def test_what_a_computer_says_of_clocks_is_kept_and_ignored(make_author, computer, server, deliver):
    events = computer.write(1)
    deliver(events, computer.store, server.store)
    other = make_author()
    certify(server.store, server.key, other.key)
    for liar in (computer, other):
        said = say(liar, events[0].log_id, 99_000, 0)
        deliver(
            [each for each in liar.store.events_after(0) if each.log_id == said.log_id],
            liar.store,
            server.store,
        )
    assert times(server.store) == [events[0].happened_ms]
    kept = [each.event.kind for each in server.store.events_after(0)]
    assert kept.count(clock_events.KIND) == 2


def test_a_node_that_certified_a_copy_of_itself_is_no_server(
    make_author, computer, server, rng, deliver
):
    child = NodeKey.generate(rng)
    certify(server.store, computer.key, child, parent=computer.key.node_id)
    with server.store.transaction() as tx:
        tx.append(server.log, kind=18, version=1, learner_id=AMINA, lamport=1, body=())
    before = times(server.store)
    copied = make_author(key=computer.key)
    said = say(copied, server.log_id, 5_000, 0)
    deliver([said], copied.store, server.store)
    assert times(server.store) == before


def test_a_server_of_another_school_says_nothing_of_this_one(
    make_author, computer, server, rng, deliver
):
    events = computer.write(1)
    elsewhere = SchoolId(b"z" * 16)
    other = make_author(school_id=elsewhere)
    certify(other.store, other.key, NodeKey.generate(rng), school_id=elsewhere)
    certify(computer.store, other.key, NodeKey.generate(rng), school_id=elsewhere)
    said = say(other, events[0].log_id, 5_000, 0)
    deliver([said], other.store, computer.store)
    assert times(computer.store) == [events[0].happened_ms]


def test_a_hub_corrects_the_logs_of_a_school(make_author, rng, deliver):
    hub_key, school_key = NodeKey.generate(rng), NodeKey.generate(rng)
    hub = make_author(key=hub_key, school_id=NO_SCHOOL)
    school = make_author(key=school_key)
    certify(hub.store, hub_key, school_key)
    events = school.write(1)
    deliver(events, school.store, hub.store)
    say(hub, events[0].log_id, -8_000_000, 400)
    assert times(hub.store) == [events[0].happened_ms - 8_000_000]


def test_a_certificate_that_comes_last_makes_its_server_count(
    make_author, computer, server_key, deliver
):
    server = make_author(key=server_key)
    said = say(server, computer.write(1)[0].log_id, 5_000, 10)
    before = times(computer.store)
    deliver([said], server.store, computer.store)
    assert times(computer.store) == before
    certify(computer.store, server_key, computer.key)
    assert times(computer.store) == [before[0] + 5_000]


@pytest.mark.parametrize(
    "body",
    [
        (),
        (b"short", 0, 0),
        (b"12345678", "0", 0),
        (b"12345678", True, 0),
        (b"12345678", 0, -1),
        (b"12345678", 2**60, 0),
        (b"12345678", 0, 2**41),
    ],
)
def test_a_body_that_does_not_fit_says_nothing(body):
    assert correction_of(Event(3, 1, None, 1, 0, body)) is None


def test_later_versions_may_add_to_the_body_and_other_versions_are_left_alone():
    body = (b"12345678", -5, 7)
    assert correction_of(Event(3, 1, None, 1, 0, (*body, "more"))) == Correction(*body)
    assert correction_of(Event(3, 2, None, 1, 0, body)) is None
    assert correction_of(Event(2, 1, None, 1, 0, body)) is None


def test_a_provisional_clock_event_changes_nothing(make_author, computer, server, deliver):
    events = computer.write(1)
    second = make_author(key=server.key)
    certify(second.store, server.key, computer.key)
    deliver(events, computer.store, second.store)
    said = say(server, events[0].log_id, 5_000, 0)
    deliver([said], server.store, second.store, believed=0)
    assert times(second.store) == [events[0].happened_ms]
    with second.store.transaction() as tx:
        tx.insert_heads(SCHOOL, server.heads())
    assert times(second.store) == [events[0].happened_ms + 5_000]


def test_a_copy_of_a_clock_event_counts_until_it_is_dropped(computer, server):
    certify(computer.store, server.key, computer.key)
    (event,) = computer.write(1)
    said = say(server, event.log_id, 5_000, 10)
    copy = EventCopy(
        SCHOOL, said.log_id, said.seq, said.chain, said.canonical, genesis_of(server.store, said)
    )
    scopes = (b"l" + AMINA, b"l" + b"B" * 16)
    for scope in scopes:
        with computer.store.transaction() as tx:
            tx.insert_copies(scope, (copy,))
        assert times(computer.store) == [event.happened_ms + 5_000]
    for scope, left in zip(scopes, (5_000, 0), strict=True):
        with computer.store.transaction() as tx:
            tx.drop_scope(scope)
        assert times(computer.store) == [event.happened_ms + left]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), order=st.permutations(range(6)))
def test_equal_sets_give_equal_times_in_any_order_of_arrival(seed, order):
    """Two logs of a computer, three clock events of two server runs, and one of a liar."""
    chance = random.Random(seed)
    rng = chance.randbytes
    keys = {name: NodeKey.generate(rng) for name in ("computer", "server", "liar")}
    runs = _runs(keys, chance, rng)
    seen = []
    for arrival in (range(6), order):
        with Store.open(None, rng=rng) as store:
            for n in arrival:
                if n == 5:
                    certify(store, keys["server"], keys["computer"])
                    continue
                genesis, before, events = runs[n]
                with store.transaction() as tx:
                    tx.insert_received(
                        SCHOOL,
                        events[0].log_id,
                        genesis=genesis,
                        prev_chain=before,
                        events=events,
                        believed=len(events),
                    )
            seen.append([(each.chain, each.happened_ms) for each in store.events_of(AMINA)])
    assert seen[0] == seen[1]
    assert len(seen[0]) == 4


def _runs(keys, chance, rng):
    """(genesis, chain before, events) of five logs."""
    from darasa.sync.clock import ManualClock

    runs = []

    def written(key, write):
        with Store.open(None, rng=rng) as store:
            log = store.begin_log(
                key=key, school_id=SCHOOL, clock=ManualClock(WALL_MS), app_version="t"
            )
            with store.transaction() as tx:
                events = [tx.append(log, version=1, lamport=1, **each) for each in write]
            runs.append((genesis_of(store, events[0]), chain_0(store, events[0]), events))
            return events[0].log_id

    answer = {"kind": 18, "learner_id": AMINA, "body": ("answer",)}
    about = [written(keys["computer"], [answer] * 2) for _ in range(2)]
    for author, count in (("server", 2), ("server", 1), ("liar", 1)):
        written(
            keys[author],
            [
                {
                    "kind": clock_events.KIND,
                    "learner_id": None,
                    "body": (chance.choice(about), chance.randint(-9, 9), chance.randint(0, 3)),
                }
                for _ in range(count)
            ],
        )
    return runs


def test_a_store_of_an_older_program_folds_the_clock_events_that_it_kept(
    make_author, computer, server_key, *, tmp_path, open_store, deliver
):
    path = tmp_path / "store.sqlite3"
    server = make_author(path, key=server_key)
    certify(server.store, server_key, computer.key)
    (event,) = computer.write(1)
    deliver([event], computer.store, server.store)
    say(server, event.log_id, 70_000, 40)
    server.store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:  # as it was before
        for table in ("clock", "held_back", "quota"):
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute("DROP INDEX log_log_id")
        connection.execute("ALTER TABLE log DROP COLUMN offset_ms")
        connection.execute("ALTER TABLE certificate DROP COLUMN parent")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0007_nodes'")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {version - 1}")
    assert times(open_store(path)) == [event.happened_ms + 70_000]
