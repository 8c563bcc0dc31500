"""Both sides of the feed: publishing, paging by cursor, lists that begin anew, copies."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.sync import feed
from darasa.sync.errors import EventError, LocalProtocolError
from darasa.sync.event import EventCopy
from darasa.sync.feed import Cursor, Dropped
from darasa.sync.store import Store

AMINA = b"A" * 16
BABU = b"B" * 16
SCOPE = b"c" + b"class".ljust(16, b"\0")
AUTHORITY = b"S" * 16


def publish(store: Store, record_id: bytes, value: bytes | None, *, scope: bytes = SCOPE) -> bool:
    with store.transaction() as tx:
        return tx.publish(scope, record_id, value)


def fed(store: Store, after, *, limit=100, scope=SCOPE) -> list[tuple[bytes, bytes | None]]:
    with store.reading() as connection:
        found = feed.feed_after(
            connection, scope, after=after, upto=store.position().ordinal, limit=limit
        )
    return [(each.record_id, each.value) for each in found]


def copies(store: Store, after=None, *, limit=100, has=None, learner=AMINA):
    with store.reading() as connection:
        return feed.copies_after(
            connection,
            learner,
            after=after,
            upto=store.position().ordinal,
            limit=limit,
            receiver_has=has or {},
        )


def take_copies(store: Store, found, *, scope=b"l" + AMINA):
    with store.transaction() as tx:
        return tx.insert_copies(scope, [each.copy for each in found])


# -- authority ----------------------------------------------------------------------------


def test_an_unchanged_value_is_not_published_again(open_store):
    store = open_store()
    assert publish(store, b"1", b"x")
    before = store.position()
    assert not publish(store, b"1", b"x")
    assert store.position() == before
    assert publish(store, b"1", b"y")
    assert store.published(SCOPE) == {b"1": b"y"}


@pytest.mark.parametrize(("record_id", "value"), [(b"r" * 65, b""), (b"r", bytes(48 * 1024 + 1))])
def test_a_record_that_no_frame_could_carry_is_refused_when_it_is_made(
    open_store, record_id, value
):
    store = open_store()
    with pytest.raises(LocalProtocolError), store.transaction() as tx:
        tx.publish(SCOPE, record_id, value)
    assert store.published(SCOPE) == {}


def test_a_deletion_is_published_once_and_kept(open_store):
    store = open_store()
    assert not publish(store, b"1", None)
    publish(store, b"1", b"x")
    cursor = store.position().ordinal
    assert publish(store, b"1", None)
    assert not publish(store, b"1", None)
    assert store.published(SCOPE) == {}
    assert fed(store, (cursor, None)) == [(b"1", None)]
    assert publish(store, b"1", b"x")


def test_from_the_start_there_is_nothing_to_delete(open_store):
    store = open_store()
    publish(store, b"1", b"x")
    publish(store, b"2", b"y")
    publish(store, b"1", None)
    assert fed(store, None) == [(b"2", b"y")]
    assert fed(store, (0, None)) == [(b"2", b"y"), (b"1", None)]


def test_only_what_is_new_follows_a_cursor(open_store):
    store = open_store()
    publish(store, b"1", b"x")
    cursor = store.position().ordinal
    publish(store, b"2", b"y")
    publish(store, b"1", b"z")
    assert fed(store, (cursor, None)) == [(b"2", b"y"), (b"1", b"z")]
    assert fed(store, (store.position().ordinal, None)) == []
    assert fed(store, None, scope=b"another") == []


def test_one_transaction_can_be_read_in_pages(open_store):
    store = open_store()
    with store.transaction() as tx:
        for number in range(10):
            tx.publish(SCOPE, bytes([number]), b"x")
    seen, after = [], None
    for _ in range(5):
        page = fed(store, after, limit=3)
        seen += page
        after = (1, page[-1][0]) if page else after
    assert [record_id for record_id, _ in seen] == [bytes([number]) for number in range(10)]


RECORDS = st.tuples(st.sampled_from([b"1", b"2", b"3", b"4"]), st.none() | st.binary(max_size=2))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=st.lists(st.lists(RECORDS, max_size=4), max_size=6), limit=st.integers(1, 3))
def test_a_receiver_that_follows_the_cursor_holds_what_the_authority_says(
    rounds, limit, open_store
):
    school, computer = open_store(), open_store()
    after: tuple[int, bytes | None] | None = None
    for changes in rounds:
        for record_id, value in changes:
            publish(school, record_id, value)
        upto = school.position().ordinal
        for _ in changes:  # at least one record a page
            with school.reading() as connection:
                page = feed.feed_after(connection, SCOPE, after=after, upto=upto, limit=limit)
            if not page:
                break
            with computer.transaction() as tx:
                tx.put_records(
                    SCOPE, [(each.record_id, each.value) for each in page], from_start=False
                )
            after = (page[-1].ordinal, page[-1].record_id)
        after = (upto, None)
        assert computer.records(SCOPE) == school.published(SCOPE)


def test_copies_of_a_learner_are_her_events_only(author):
    hers = author.write(2)
    author.write(1, learner=BABU)
    hers += author.write(1)
    assert [each.copy.canonical for each in copies(author.store)] == [
        each.canonical for each in hers
    ]
    (genesis,) = {each.copy.genesis for each in copies(author.store)}
    assert genesis


def test_copies_can_be_read_in_pages_within_one_transaction(author):
    author.write(7)
    seen, after = [], None
    for _ in range(5):
        page = copies(author.store, after, limit=2)
        seen += page
        after = (page[-1].ordinal, page[-1].key) if page else after
    assert [each.copy.seq for each in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert {len(each.key) for each in seen} == {32}


def test_what_the_receiver_has_is_left_out_when_asked(author):
    author.write(2)
    assert copies(author.store, has={author.log_id: 2}) == []
    assert [each.copy.seq for each in copies(author.store, has={author.log_id: 1})] == [2]
    assert len(copies(author.store, has={b"x" * 8: 9})) == 2
    first = author.log_id
    author.restart()
    author.write(3)
    assert len(copies(author.store, has={first: 2})) == 3


def test_a_strange_key_in_a_cursor_is_a_place_like_any_other(author):
    author.write(2)
    for key in (b"", b"\xff" * 64, b"short"):
        assert len(copies(author.store, (1, key))) in (0, 2)


# -- receiver -----------------------------------------------------------------------------


def test_records_from_the_start_replace_all(open_store):
    store = open_store()
    with store.transaction() as tx:
        tx.put_records(SCOPE, [(b"1", b"x"), (b"2", b"y")], from_start=False)
        tx.put_records(b"other", [(b"1", b"x")], from_start=False)
    with store.transaction() as tx:
        dropped = tx.put_records(SCOPE, [(b"2", b"z"), (b"3", b"w")], from_start=True)
    assert dropped == Dropped((b"1",), 0)
    assert store.records(SCOPE) == {b"2": b"z", b"3": b"w"}
    assert store.records(b"other") == {b"1": b"x"}


def test_a_list_in_several_transactions_hides_nothing_before_it_is_complete(open_store):
    store = open_store()
    with store.transaction() as tx:
        tx.put_records(SCOPE, [(b"1", b"x"), (b"2", b"y")], from_start=False)
    with store.transaction() as tx:
        tx.begin_list(SCOPE)
        tx.put_records(SCOPE, [(b"1", b"x")], from_start=False)
    assert store.records(SCOPE) == {b"1": b"x", b"2": b"y"}
    with store.transaction() as tx:
        tx.put_records(SCOPE, [(b"3", b"z")], from_start=False)
        assert tx.finish_list(SCOPE) == Dropped((b"2",), 0)
    assert store.records(SCOPE) == {b"1": b"x", b"3": b"z"}


def test_cursors_are_kept_for_each_scope(open_store):
    store = open_store()
    with store.transaction() as tx:
        tx.set_cursor(AUTHORITY, SCOPE, Cursor(5, b"8" * 8))
        tx.set_cursor(AUTHORITY, b"s", Cursor(5, b"8" * 8, b"key"))
        tx.set_cursor(AUTHORITY, SCOPE, Cursor(6, b"9" * 8))
    with store.reading() as connection:
        assert feed.cursors(connection, AUTHORITY) == {
            SCOPE: Cursor(6, b"9" * 8, None),
            b"s": Cursor(5, b"8" * 8, b"key"),
        }
        assert feed.cursors(connection, b"x" * 16) == {}
        assert feed.held_scopes(connection) == [SCOPE, b"s"]


def test_a_scope_that_is_left_is_deleted_whole(open_store, author):
    author.write(2)
    store = open_store()
    scope = b"l" + AMINA
    take_copies(store, copies(author.store), scope=scope)
    with store.transaction() as tx:
        tx.put_records(scope, [(b"1", b"x")], from_start=False)
        tx.set_cursor(AUTHORITY, scope, Cursor(5, b"8" * 8))
        assert tx.drop_scope(scope) == Dropped((b"1",), 2)
    assert store.records(scope) == {}
    assert store.events_of(AMINA) == []
    with store.reading() as connection:
        assert feed.held_scopes(connection) == []


def test_copies_are_folded_and_never_offered(open_store, author):
    events = author.write(3, lamport=7)
    store = open_store()
    assert take_copies(store, copies(author.store)) == events
    assert store.events_of(AMINA) == events
    assert store.max_lamport(AMINA) == store.max_lamport() == 7
    assert store.event_count_of(AMINA) == 3
    assert store.event_count() == store.log_count() == 0
    assert store.tips() == store.events_after(0) == []
    assert store.unsent(None).total == 0


def test_a_copy_counts_once_with_our_own_event(author):
    events = author.write(3)
    assert take_copies(author.store, copies(author.store)) == []
    assert author.store.events_of(AMINA) == events
    assert author.store.event_count_of(AMINA) == 3


def test_a_copy_counts_once_with_an_event_that_is_received_later(author, open_store, deliver):
    events = author.write(3)
    store = open_store()
    take_copies(store, copies(author.store)[:2])
    assert deliver(events, author.store, store) == events[2:]
    assert store.events_of(AMINA) == events
    assert store.event_count_of(AMINA) == 3


def test_a_copy_makes_a_provisional_event_visible_once(author, open_store, deliver):
    events = author.write(2)
    store = open_store()
    deliver(events, author.store, store, believed=0)
    assert take_copies(store, copies(author.store)) == events
    assert store.events_of(AMINA) == events
    with store.transaction() as tx:
        assert tx.insert_heads(author.school_id, author.heads()) == []
    assert store.events_of(AMINA) == events


def test_copies_twice_change_nothing(author, open_store):
    author.write(3)
    store = open_store()
    take_copies(store, copies(author.store))
    assert take_copies(store, copies(author.store)) == []
    assert store.event_count_of(AMINA) == 3


def test_copies_that_a_new_list_lacks_are_deleted(author, open_store):
    events = author.write(3)
    store = open_store()
    scope = b"l" + AMINA
    take_copies(store, copies(author.store), scope=scope)
    with store.transaction() as tx:
        tx.begin_list(scope)
        tx.insert_copies(scope, [each.copy for each in copies(author.store)[:1]])
        assert tx.finish_list(scope) == Dropped((), 2)
    assert store.events_of(AMINA) == events[:1]


@pytest.mark.parametrize("field", ["canonical", "genesis", "log_id"])
def test_a_copy_of_bad_form_is_refused_whole(author, open_store, field):
    author.write(2)
    good, bad = (each.copy for each in copies(author.store))
    fields = {name: getattr(bad, name) for name in EventCopy.__struct_fields__}
    fields[field] = b"x" * 8
    store = open_store()
    with pytest.raises(EventError), store.transaction() as tx:
        tx.insert_copies(b"l" + AMINA, [good, EventCopy(**fields)])
    assert store.events_of(AMINA) == []
