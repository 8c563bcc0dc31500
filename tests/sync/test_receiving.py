"""Events of others: duplicates, holes, wrong chains, unknown kinds, and what arrives as a leaf."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darasa.sync.audit import audit
from darasa.sync.erased import erase_record
from darasa.sync.errors import EventError, LearnerErasedError, LocalProtocolError
from darasa.sync.event import leaf_of
from darasa.sync.rows import find_log
from darasa.sync.store import Store

AMINA = b"A" * 16


def test_a_delivered_log_is_the_same_log(author, open_store, deliver, no_damage):
    events = author.write(5)
    school = open_store()
    assert deliver(events, author.store, school) == events
    assert school.events_of(AMINA) == events
    assert school.frontier_digest() == author.store.frontier_digest()
    assert no_damage(school)


def test_a_duplicate_run_changes_nothing(author, open_store, deliver):
    events = author.write(5)
    school = open_store()
    deliver(events, author.store, school)
    before = list(dump(school))
    assert deliver(events, author.store, school) == []
    assert deliver(events[2:4], author.store, school) == []
    assert list(dump(school)) == before


def test_an_overlapping_run_adds_only_what_is_new(author, open_store, deliver):
    events = author.write(6)
    school = open_store()
    deliver(events[:4], author.store, school)
    assert deliver(events[2:], author.store, school) == events[4:]
    assert school.events_of(AMINA) == events
    assert len(school.tips()) == 1


def test_a_run_after_a_hole_is_refused_whole(author, open_store, deliver):
    events = author.write(6)
    school = open_store()
    with pytest.raises(LocalProtocolError):
        deliver(events[3:], author.store, school)
    assert school.event_count() == school.log_count() == 0


def test_a_wrong_chain_is_refused_whole(author, open_store, deliver):
    events = author.write(3)
    other = author.branch(events[0], 1, body="forged")
    school = open_store()
    with pytest.raises(LocalProtocolError):
        deliver([events[0], other[0], events[2]], author.store, school)
    assert school.event_count() == 0


def test_another_genesis_for_a_known_log_is_refused(author, make_author, open_store, deliver):
    events = author.write(2)
    other = make_author()
    other.write(1)
    school = open_store()
    deliver(events, author.store, school)
    with other.store.reading() as connection:
        foreign = find_log(connection, other.school_id, other.log_id).genesis
    for log_id in (author.log_id, b"unknown!"):
        with pytest.raises(EventError), school.transaction() as tx:
            tx.insert_received(
                author.school_id, log_id, genesis=foreign, prev_chain=log_id, events=events
            )
    with pytest.raises(LocalProtocolError), school.transaction() as tx:
        tx.insert_received(
            author.school_id, b"unknown!", genesis=None, prev_chain=b"unknown!", events=events
        )


def test_unknown_kinds_are_kept_bit_for_bit(author, open_store, deliver):
    with author.store.transaction() as tx:
        event = tx.append(
            author.log, kind=60_000, version=9, learner_id=AMINA, lamport=1, body=((b"new", None),)
        )
    school = open_store()
    deliver([event], author.store, school)
    (kept,) = school.events_of(AMINA)
    assert kept.canonical == event.canonical
    assert kept == event


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_runs_in_any_order_with_repeats_give_the_same_store(
    data, make_author, open_store, deliver, no_damage
):
    authors = [make_author(), make_author()]
    pieces = []
    for author in authors:
        events = author.write(data.draw(st.integers(1, 6)))
        pieces += [(author, events[:cut]) for cut in range(1, len(events) + 1)]
    one, two = open_store(), open_store()
    for author, events in data.draw(st.permutations(pieces)):
        deliver(events, author.store, one)
    for author, events in data.draw(st.permutations(pieces + pieces)):
        deliver(events, author.store, two, believed=data.draw(st.integers(0, len(events))))
    for author in authors:
        with two.transaction() as tx:
            tx.insert_heads(author.school_id, author.heads())
    assert one.frontier_digest() == two.frontier_digest()
    assert one.events_of(AMINA) == two.events_of(AMINA)
    assert no_damage(one)
    assert no_damage(two)


def dump(store: Store):
    with store.reading() as connection:
        yield from connection.iterdump()


@pytest.mark.parametrize("is_believed", [True, False])
def test_a_merge_that_names_someone_erased_arrives_as_a_leaf(
    author, open_store, deliver, *, is_believed
):
    """Its envelope is another learner's; nothing new of the kind is written here either."""
    store, juma = open_store(), b"J" * 16
    plain = author.write(1, learner=juma)
    with author.store.transaction() as tx:
        merge = tx.append(
            author.log, kind=7, version=1, learner_id=juma, lamport=1, body=(AMINA, ())
        )
    record = erase_record(author.key, author.school_id, AMINA)
    with store.transaction() as tx:
        tx.keep_erased([record])
    deliver([*plain, merge], author.store, store, believed=2 if is_believed else 0)
    with store.reading() as connection:
        rows = connection.execute("SELECT canonical, leaf FROM event ORDER BY seq").fetchall()
        assert list(audit(connection)) == []
    assert rows[1] == (b"", leaf_of(merge.canonical))
    assert rows[0][0] == plain[0].canonical
    with author.store.transaction() as tx:
        tx.keep_erased([record])
        with pytest.raises(LearnerErasedError):
            tx.append(author.log, kind=7, version=1, learner_id=juma, lamport=2, body=(AMINA, ()))
