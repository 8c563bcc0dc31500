"""Stores set back, great numbers, and peers that are broken or hostile: sessions still end well."""

import sqlite3
from contextlib import contextmanager

import pytest

from darasa.sync import contacts, feed
from darasa.sync.event_runs import pack_runs
from darasa.sync.frontier import Head
from darasa.sync.ids import Chain, LogId, Role
from darasa.sync.messages import Events, Heads, WireHead
from darasa.sync.session import Limits, Myself
from darasa.sync.session_body import BodyReader, body_of
from darasa.sync.session_in import Arrivals
from darasa.sync.session_store import StoreView, apply_write
from darasa.sync.session_view import GiveMark, KeepEvents, KeepHeads, Other
from darasa.sync.squeeze import RATIO_MAX, expand
from darasa.sync.store import Store
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
    link = make_link(school)
    district.good(computer, school, link=link)
    reader = BodyReader()
    events = [each for each in reader.messages(link.bodies[-1]) if isinstance(each, Events)]
    assert len(events) > 1
    for each in events:
        clear = len(expand(each.payload))
        assert clear <= max(64 * 1024, RATIO_MAX * len(each.payload))


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


def test_lists_larger_than_an_answer_end_though_the_cursors_are_too_many(
    district, pair, monkeypatch
):
    """A list that is named from nil in each round begins anew in each, and none comes whole."""
    computer, school = pair
    scopes = tuple(b"c" + n.to_bytes(16, "big") for n in range(210))
    computer.hooks.wanted, school.hooks.allowed = scopes, scopes[::-1]
    for scope in scopes:
        with school.store.transaction() as tx:
            tx.publish(scope, b"r" * 16, scope)
    with school.store.reading() as there:
        tags = dict(there.execute("SELECT ordinal, tag FROM txn").fetchall())
    with computer.store.transaction() as tx:  # as broken sessions leave it
        for ordinal, scope in zip(sorted(tags), scopes, strict=False):
            tx.set_cursor(school.home.node_id, scope, feed.Cursor(ordinal, tags[ordinal]))
    with school.store.transaction() as tx:
        for scope in scopes[-12:]:
            for n in range(30):
                tx.publish(scope, n.to_bytes(16, "big"), school.rng(60))
    school.limits = Limits(frame=1_000, body=2_500)
    monkeypatch.setattr("darasa.sync.transport.exchange.ROUNDS_MAX", 15)
    district.exchange(computer, school)
    assert sum(len(computer.store.records(scope)) >= 30 for scope in scopes) > 2


def test_one_exchange_brings_every_list_whole_however_small_the_answers(district, pair):
    computer, school = pair
    scopes = (b"s", HERS)
    computer.hooks.wanted = school.hooks.allowed = scopes
    school.limits = Limits(frame=600, body=2_500)
    school.write(60)
    with school.store.transaction() as tx:
        for n in range(60):
            tx.publish(b"s", n.to_bytes(16, "big"), school.rng(40))
    report = district.good(computer, school)
    assert report.rounds > 2
    with computer.store.reading() as here, school.store.reading() as there:
        assert feed.records(here, b"s") == feed.published(there, b"s")
    assert len(computer.store.events_of(AMINA)) == 60
    assert district.good(computer, school).rounds == 1


@pytest.mark.parametrize("random", [False, True])
def test_the_largest_record_is_fed(district, pair, random):
    computer, school = pair
    computer.hooks.wanted = school.hooks.allowed = (b"s",)
    size = feed.VALUE_BYTES_MAX
    with school.store.transaction() as tx:
        for n in range(4):
            value = school.rng(size) if random else bytes([n]) * size
            tx.publish(b"s", n.to_bytes(64, "big"), value)
    district.good(computer, school)
    assert computer.store.records(b"s") == school.store.published(b"s")


def test_work_for_a_school_that_was_left_is_still_shown_as_owed(district):
    first, second = district.school(), district.school()
    computer = district.computer(first)
    computer.write(2)
    district.good(computer, first)
    computer.write(3)
    district.join(computer, second)
    computer.write(1)
    district.good(computer, second)
    assert len(second.places()) == 1
    peer = second.home.node_id
    assert computer.store.unsent(peer, author=computer.home.node_id).total == 3
    assert computer.store.unsent(peer, school_id=second.home.school_id).total == 0
    district.join(computer, first)
    district.good(computer, first)
    assert len(first.places()) == 5


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


def test_a_server_that_never_has_enough_is_left(district, pair, monkeypatch):
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


def test_a_disk_that_fails_before_the_first_round_is_in_the_report(district, tmp_path):
    path = tmp_path / "store.sqlite3"
    school = district.school()
    computer = district.node(Role.COMPUTER, "Lab 1", store=Store.open(path, rng=district.rng))
    district.join(computer, school)
    for file in (path, path.with_name(f"{path.name}-wal")):
        file.write_bytes(b"\1" * file.stat().st_size)
    report = exchange(
        computer.home,
        computer.store,
        hooks=computer.hooks,
        clock=district.clock,
        rng=district.rng,
    )
    assert not report.ok
    assert "damaged" in report.error


def _view(node):
    return StoreView(node.store, Myself(node.home.node_key, node.home.role, node.home.school_id))


def _offer(node):
    """The one log of a node as an EVENTS message, and its heads."""
    view = _view(node)
    (log_id,) = view.offered_logs(after=0)
    return pack_runs(list(view.offered_runs(log_id, known=(), after=0, bytes_max=1 << 20)))


def _arrivals(school, computer):
    me = Myself(school.home.node_key, school.home.role, school.home.school_id)
    lab = computer.home
    other = Other(lab.node_id, lab.node_key.public, lab.role, school.home.school_id)
    return Arrivals(me, other, _view(school), school.rng, answers_to=b"")


def _statement(computer, *heads):
    key = computer.home.node_key
    wire = tuple(WireHead(each.log_id, each.seq, each.chain) for each in heads)
    return Heads(wire, key.node_id, key.sign("heads", Heads.bytes_to_sign(wire)))


def test_heads_that_may_not_be_kept_are_looked_at_once(district, pair):
    computer, school = pair
    arrivals = _arrivals(school, computer)
    for n in range(50):
        strange = Head(LogId(n.to_bytes(8, "big")), 1, Chain(bytes(16)))
        assert arrivals.on_heads(_statement(computer, strange)).writes == ()
    computer.write(1)
    events, heads = _offer(computer)
    arrivals.on_heads(_statement(computer, *heads))
    first = arrivals.on_events(events)
    assert [type(write) for write in first.writes] == [KeepHeads, KeepEvents, GiveMark]
    assert not arrivals._statements


def test_a_head_of_anothers_log_receipts_nothing(district):
    school = district.school()
    honest, other = district.computer(school), district.computer(school)
    honest.write(2)
    events, heads = _offer(honest)
    with school.store.transaction() as tx:  # no head came: provisional
        for write in _arrivals(school, honest).on_events(events).writes:
            apply_write(tx, write, me=_arrivals(school, honest).me, hooks=school.hooks)
    other.write(1)
    district.good(other, school)
    (own,) = school.store.tips()
    arrivals = _arrivals(school, other)
    arrivals.on_heads(_statement(other, own))
    assert arrivals.on_heads(_statement(other, *heads)).writes == ()
    arrivals.committed()
    assert arrivals.receipts() == []
