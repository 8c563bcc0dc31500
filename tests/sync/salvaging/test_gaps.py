"""What lies behind a lost event is kept apart: read, not offered, owed until the gap is filled."""

import os
import sqlite3

from darasa.sync import feed, heads, reads, rows
from darasa.sync.event import EventCopy
from darasa.sync.frontier import Head
from darasa.sync.ids import Mark, NodeId, SchoolId
from darasa.sync.rescue import suspect_mark
from darasa.sync.salvage import salvage
from darasa.sync.signing import sign_heads
from darasa.sync.sqlite_pages import PAGE_BYTES
from darasa.sync.store import Store

SCHOOL = SchoolId(bytes(range(16)))


def test_a_hub_keeps_apart_what_it_has_lost_the_signed_head_of(
    tmp_path, make_author, fill, closed, everything
):
    path = tmp_path / "store.sqlite3"
    author = make_author(path)
    fill(author, 5)
    (tip,) = author.store.tips()
    with author.store.reading() as connection:
        third = next(each for each in reads.all_events(connection) if each.seq == 3)
    with author.store.transaction() as tx:
        signed = sign_heads(author.key, [Head(tip.log_id, 3, third.chain)])
        heads.add_heads(tx.connection, SCHOOL, signed)
    _, events = closed(author, path)
    for hub, offered in ((NodeId(b"H" * 16), 3), (author.key.node_id, 5), (None, 5)):
        with Store.open(None, rng=os.urandom) as store:
            kept = salvage(path.read_bytes(), b"", store, hub=hub)
            assert [head.seq for head in store.tips()] == [offered]
            assert (kept.events, kept.apart) == (offered, 5 - offered)
            assert everything(store) == events


def test_events_behind_a_gap_are_read_and_never_offered(filled, everything, opened):
    path, events = filled
    raw = bytearray(path.read_bytes())
    rows = [each for each in events.values() if each.canonical in raw]
    victim = rows[len(rows) // 3]
    place = raw.index(victim.canonical) // PAGE_BYTES * PAGE_BYTES
    raw[place : place + PAGE_BYTES] = bytes(PAGE_BYTES)
    path.write_bytes(raw)
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        found = everything(store)
        assert made is not None
        assert made.kept.apart > 0
        behind = {
            chain
            for chain, each in found.items()
            if each.log_id == victim.log_id and each.seq > victim.seq
        }
        assert behind
        with store.reading() as connection:
            runs = list(reads.runs(connection, SCHOOL, victim.log_id, bytes_max=10_000))
        assert all(run.head.seq < victim.seq for run in runs)


def with_a_changed_byte(raw: bytes, event) -> bytes:
    changed = bytearray(raw)
    changed[raw.index(event.canonical) + len(event.canonical) - 6] ^= 1
    return bytes(changed)


def test_a_changed_event_does_not_hide_what_the_copy_has_of_it(straight, everything):
    path, events = straight
    whole = path.read_bytes()
    wreck = with_a_changed_byte(whole, events[20])
    with Store.open(None, rng=os.urandom) as store:
        kept = salvage(wreck, b"", store, copy=whole)
        assert (kept.events, kept.apart) == (50, 0)
        assert set(everything(store).values()) == set(events.values())


def test_a_row_at_a_place_where_no_event_is_does_not_set_its_log_apart(straight, everything):
    path, events = straight
    whole = path.read_bytes()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE event SET seq = 0 WHERE seq = 1")  # one bit of the row's header
    connection.close()
    with Store.open(None, rng=os.urandom) as store:
        kept = salvage(path.read_bytes(), b"", store, copy=whole)
        assert (kept.events, kept.apart) == (50, 0)
        assert set(everything(store).values()) == set(events.values())


def test_what_one_salvage_kept_behind_a_gap_the_next_one_keeps_too(straight, tmp_path, everything):
    path, events = straight
    wreck = with_a_changed_byte(path.read_bytes(), events[20])
    again = tmp_path / "again.sqlite3"
    with Store.open(again, rng=os.urandom) as store:
        assert salvage(wreck, b"", store).apart == 30
        once = everything(store)
    assert len(once) == 49
    with Store.open(None, rng=os.urandom) as store:
        assert salvage(again.read_bytes(), b"", store).apart == 30
        assert everything(store) == once
    with Store.open(None, rng=os.urandom) as store:  # an older copy has what closes the gap
        assert salvage(again.read_bytes(), b"", store, copy=path.read_bytes()).apart == 0
        assert len(everything(store)) == 50


def test_a_changed_event_that_a_copy_found_is_mended_at_the_next_start(
    straight, everything, opened
):
    """SQLite sees nothing wrong with it: only its chain says so."""
    path, events = straight
    path.write_bytes(with_a_changed_byte(path.read_bytes(), events[20]))
    suspect_mark(path).touch()
    store, made = opened(path)
    with store:
        assert made is not None
        assert (made.kept.events, made.kept.apart) == (19, 30)
        assert len(everything(store)) == 49


def test_what_is_behind_a_gap_alone_is_not_said_to_be_sent(straight):
    """The server says of the log that it holds all that is offered: that is not this."""
    path, events = straight
    wreck = with_a_changed_byte(path.read_bytes(), events[20])
    server = NodeId(b"N" * 16)
    with Store.open(None, rng=os.urandom) as store:
        salvage(wreck, b"", store)
        with store.transaction() as tx:
            tx.note_receipt(SCHOOL, server, [tip.tip for tip in store.tips()], level=1)
            tx.note_mark(SCHOOL, server, Mark(b"m" * 8), tx.ordinal)
        waiting = [events[seq] for seq in range(21, 51) if events[seq].event.learner_id]
        assert store.unsent(server).total == len(waiting) == 20
        fed = [
            EventCopy(each.school_id, each.log_id, each.seq, each.chain, each.canonical, genesis)
            for each in waiting[:5]
            for genesis in (store.read(rows.find_log, SCHOOL, each.log_id).genesis,)
        ]
        with store.transaction() as tx:
            tx.insert_copies(feed.LEARNER_SCOPE + b"A" * 16, fed)  # from above: it is there
        assert store.unsent(server).total == 15
        assert sum(store.unsent(server, kinds=(18,)).by_learner.values()) == 15
        assert store.unsent(server, kinds=(19,)).total == 0
    with Store.open(None, rng=os.urandom) as store:
        salvage(path.read_bytes(), b"", store)
        assert store.unsent(server).total == 50
