"""Stores set back, great numbers, and peers that are broken or hostile: sessions still end well."""

import sqlite3
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from darasa.sync import contacts, feed
from darasa.sync.event_runs import pack_runs
from darasa.sync.ids import Chain
from darasa.sync.messages import Heads, WireCursor, WireHead, WireTip
from darasa.sync.session import Myself
from darasa.sync.session_body import body_of
from darasa.sync.session_in import Arrivals
from darasa.sync.session_store import StoreView
from darasa.sync.session_view import Other
from darasa.sync.squeeze import RATIO_MAX, expand
from darasa.sync.transport.http import exchange

AMINA = b"A" * 16
HERS = b"l" + AMINA


@contextmanager
def _copy_of(store):
    """A copy of a store as it is now; `restore()` puts it back."""
    copy = sqlite3.connect(":memory:")
    with store.reading() as connection:
        connection.backup(copy)

    def restore():
        with store.reading() as connection:  # the memory store shares its one connection
            copy.backup(connection)

    try:
        yield restore
    finally:
        copy.close()


def test_a_restored_server_gets_a_backlog_of_many_frames_in_the_first_session(district, pair):
    computer, school = pair
    computer.write(3)
    district.good(computer, school)
    with _copy_of(school.store) as restore:
        computer.write(3)
        district.good(computer, school)
        restore()
    computer.write(8_000)  # more than a frame: named first, as no session ended well before
    district.good(computer, school, trusted=False)
    assert computer.places() == school.places()


def test_a_server_that_is_set_back_between_rounds_is_not_taken_to_hold_the_first(
    district, pair, make_link
):
    computer, school = pair
    with _copy_of(school.store) as restore:
        for _ in range(60):
            computer.restart()
            computer.write(1, body=(computer.rng(40_000),))
        link = make_link(school)

        def set_back(body):
            if len(link.bodies) == 2:  # names, the first megabyte; and now
                restore()
            return link(body)

        report = district.exchange(computer, school, link=set_back)
        assert "forgets" in report.error
    district.good(computer, school)
    assert computer.places() == school.places()


def test_thousands_of_small_logs_are_receipted(district):
    hub, school = district.hub(), district.school()
    district.join(school, hub)
    for _ in range(2_300):
        school.restart()
        school.write(1)
    report = district.good(school, hub)
    assert report.receipt_level == 3
    assert school.places() == hub.places()
    with school.store.transaction() as tx:  # the receipt was lost: all logs are named again
        tx.forget_marks_after(school.home.school_id, hub.home.node_id, 0)
    assert district.good(school, hub, trusted=False).events_out == 0
    assert district.good(school, hub).rounds == 1


@pytest.mark.parametrize("body", [("a" * 300,), (1, 2, 3)])
def test_work_that_is_much_alike_is_not_refused_for_packing_well(district, pair, body):
    computer, school = pair
    computer.write(4_000, body=body)
    district.good(computer, school)
    assert computer.places() == school.places()


def test_no_part_is_squeezed_further_than_a_receiver_takes(district, pair, make_link):
    computer, school = pair
    computer.write(300, body=("a" * 1000,))
    me = Myself(computer.home.node_key, computer.home.role, computer.home.school_id)
    view = StoreView(computer.store, me)
    (log_id,) = view.offered_logs(after=0)
    (run,) = view.offered_runs(log_id, known=(), after=0, bytes_max=60 * 1024)[:1] if False else [
        next(view.offered_runs(log_id, known=(), after=0, bytes_max=60 * 1024))
    ]
    events, _ = pack_runs([run])
    assert len(expand(events.payload)) > RATIO_MAX * len(events.payload)  # small: always taken


def test_a_computer_set_back_sees_again_what_it_sent_before(district, pair):
    computer, school = pair
    computer.hooks.wanted = school.hooks.allowed = (HERS,)
    computer.write(2)
    district.good(computer, school)
    district.good(computer, school)  # the cursor is known now
    with _copy_of(computer.store) as restore:
        computer.restart()
        lost = computer.write(3)
        district.good(computer, school)
        restore()
    computer.restart()
    computer.write(1)
    district.good(computer, school)
    hers = [each.chain for each in computer.store.events_of(AMINA)]
    assert set(hers) >= {each.chain for each in lost}
    assert hers == [each.chain for each in school.store.events_of(AMINA)]


def test_more_cursors_than_a_greeting_holds_are_asked_for_anew(district, pair):
    computer, school = pair
    scopes = tuple(b"c" + n.to_bytes(16, "big") for n in range(230))
    computer.hooks.wanted = school.hooks.allowed = scopes
    authority = school.home.node_id
    for scope in scopes:
        with school.store.transaction() as tx:
            tx.publish(scope, b"r" * 16, scope)
    with school.store.reading() as there:
        tags = dict(there.execute("SELECT ordinal, tag FROM txn").fetchall())
    with computer.store.transaction() as tx:  # as broken sessions leave it
        for ordinal, scope in zip(sorted(tags), scopes, strict=False):
            tx.set_cursor(authority, scope, feed.Cursor(ordinal, tags[ordinal]))
    computer.write(1)
    district.good(computer, school)
    assert computer.places() == school.places()
    with computer.store.reading() as here:
        assert len({*feed.cursors(here, authority).values()}) == 1


def test_a_server_that_forgot_a_school_gets_the_certificates_of_its_computers(district):
    hub, school = district.hub(), district.school()
    computer = district.computer(school)
    district.join(school, hub, known=False)
    computer.write(2)
    district.good(computer, school)
    district.good(school, hub)
    assert hub.store.read(contacts.certificates_of, computer.home.node_id)
    assert hub.places() == school.places()


def test_an_end_without_a_greeting_is_not_taken_for_success(district, pair):
    computer, school = pair
    computer.write(1)
    report = district.exchange(computer, school, link=lambda _: [body_of([])])
    assert not report.ok
    assert "not signed" in report.error
    assert computer.store.peers()[0].last_contact_ms == district.clock.wall_ms()  # of joining


def test_a_server_that_never_has_enough_is_left(district, pair, make_link, monkeypatch):
    computer, school = pair
    monkeypatch.setattr("darasa.sync.transport.exchange.ROUNDS_MAX", 2)
    for _ in range(80):
        computer.restart()
        computer.write(1, body=(computer.rng(40_000),))
    report = district.exchange(computer, school)
    assert not report.ok
    assert report.error.endswith("later.")
    monkeypatch.undo()
    district.good(computer, school)
    assert computer.places() == school.places()


def test_a_disk_that_fails_before_the_first_round_is_in_the_report(district, pair):
    computer, _ = pair
    computer.write(1)
    with computer.store.transaction() as tx:
        tx.connection.execute("DROP TABLE mark_given")
    with pytest.raises(sqlite3.OperationalError):  # our own bug is not hidden
        _over_http(district, computer)


def _over_http(district, computer):
    return exchange(
        computer.home,
        computer.store,
        hooks=computer.hooks,
        clock=district.clock,
        rng=district.rng,
    )


def _arrivals(school, computer):
    view = StoreView(
        school.store, Myself(school.home.node_key, school.home.role, school.home.school_id)
    )
    other = Other(
        computer.home.node_id,
        computer.home.node_key.public,
        computer.home.role,
        school.home.school_id,
    )
    me = Myself(school.home.node_key, school.home.role, school.home.school_id)
    return Arrivals(me, other, view, school.rng)


def _statement(computer, *heads):
    key = computer.home.node_key
    return Heads(heads, key.node_id, key.sign("heads", Heads.bytes_to_sign(heads)))


def test_heads_that_may_not_be_kept_are_looked_at_once(district, pair):
    computer, school = pair
    arrivals = _arrivals(school, computer)
    for n in range(50):
        strange = WireHead(n.to_bytes(8, "big"), 1, Chain(bytes(16)))
        assert arrivals.on_heads(_statement(computer, strange)).writes == ()
    computer.write(1)
    me = Myself(computer.home.node_key, computer.home.role, computer.home.school_id)
    view = StoreView(computer.store, me)
    (log_id,) = view.offered_logs(after=0)
    events, heads = pack_runs(
        list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20))
    )
    arrivals.on_heads(_statement(computer, *(WireHead(*head_of(each)) for each in heads)))
    first = arrivals.on_events(events)
    assert [type(write).__name__ for write in first.writes] == [
        "KeepHeads",
        "KeepEvents",
        "GiveMark",
    ]
    assert not arrivals._statements


def head_of(head):
    return head.log_id, head.seq, head.chain


def test_a_head_of_anothers_log_receipts_nothing(district):
    school = district.school()
    honest, other = district.computer(school), district.computer(school)
    honest.write(2)
    me = Myself(honest.home.node_key, honest.home.role, honest.home.school_id)
    view = StoreView(honest.store, me)
    (log_id,) = view.offered_logs(after=0)
    events, heads = pack_runs(
        list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20))
    )
    link = _arrivals(school, honest)
    for write in link.on_events(events).writes[:1]:  # no head came: provisional
        with school.store.transaction() as tx:
            tx.insert_received(
                write.school_id,
                write.log_id,
                genesis=write.genesis,
                prev_chain=write.prev_chain,
                events=write.events,
            )
    other.write(1)
    district.good(other, school)
    (own,) = school.store.tips()
    arrivals = _arrivals(school, other)
    arrivals.on_heads(_statement(other, WireHead(own.log_id, own.seq, own.chain)))
    (head,) = heads
    step = arrivals.on_heads(_statement(other, WireHead(head.log_id, head.seq, head.chain)))
    assert step.writes == ()
    arrivals.committed()
    assert arrivals.receipts() == []
    assert replace(events, codec=0) == events
    assert WireTip(head.log_id, head.seq, head.tip.chain8) not in arrivals._ends.values()
    assert WireCursor
