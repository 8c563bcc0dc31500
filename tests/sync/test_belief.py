"""Signed heads: what they make believed, and which of them are kept."""

from darasa.sync.chains import held_heads
from darasa.sync.frontier import Head
from darasa.sync.heads import statements_of
from darasa.sync.reads import runs
from darasa.sync.rows import find_log
from darasa.sync.signing import sign_heads

AMINA = b"A" * 16


def test_provisional_events_are_kept_and_seen_by_no_read(author, open_store, deliver, no_damage):
    events = author.write(4)
    school = open_store()
    assert deliver(events, author.store, school, believed=0) == []
    assert school.events_of(AMINA) == []
    assert school.event_count() == school.log_count() == school.max_lamport() == 0
    assert school.tips() == [] == school.events_after(0)
    assert school.unsent(None).total == 0
    with school.reading() as connection:
        assert list(runs(connection, author.school_id, author.log_id)) == []
        log = find_log(connection, author.school_id, author.log_id)
        assert held_heads(connection, log, [author.store.tips()[0].tip]) == ()
    assert no_damage(school)


def test_a_head_that_comes_later_makes_them_believed(author, open_store, deliver, no_damage):
    events = author.write(4)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, author.heads()) == events
        assert tx.insert_heads(author.school_id, author.heads()) == []
    assert school.events_of(AMINA) == events
    assert school.frontier_digest() == author.store.frontier_digest()
    assert no_damage(school)


def test_a_head_that_comes_first_makes_its_events_believed_on_arrival(
    author, open_store, deliver, no_damage
):
    events = author.write(6)
    school = open_store()
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, author.heads()) == []
    assert deliver(events[:3], author.store, school, believed=0) == []
    assert deliver(events[3:], author.store, school, believed=0) == events
    assert no_damage(school)


def test_a_head_covers_what_is_before_it_only(author, open_store, deliver, no_damage):
    events = author.write(2)
    heads = author.heads()
    events += author.write(3)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, heads) == events[:2]
    assert school.tips() == [Head(author.log_id, 2, events[1].chain)]
    with school.transaction() as tx:
        assert tx.believe(author.school_id, author.log_id, 4, events[3].chain) == events[2:4]
        assert tx.believe(author.school_id, author.log_id, 4, bytes(16)) == []
        assert tx.believe(author.school_id, b"unknown!", 4, bytes(16)) == []
    assert no_damage(school)


def test_a_head_of_another_chain_covers_nothing(author, open_store, deliver):
    events = author.write(2)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    forged = sign_heads(author.key, (Head(author.log_id, 2, bytes(16)),))
    with school.transaction() as tx:
        assert tx.insert_heads(author.school_id, forged) == []
    assert school.events_of(AMINA) == []


def test_part_of_a_run_may_be_believed(author, open_store, deliver, no_damage):
    events = author.write(5)
    school = open_store()
    assert deliver(events, author.store, school, believed=3) == events[:3]
    assert deliver(events, author.store, school, believed=5) == events[3:]
    assert school.tips() == author.store.tips()
    assert no_damage(school)


def test_provisional_events_can_be_dropped_and_believed_ones_stay(
    author, open_store, deliver, no_damage
):
    events = author.write(5)
    school = open_store()
    deliver(events, author.store, school, believed=2)
    with school.transaction() as tx:
        assert tx.drop_provisional(b"another school!!") == 0
        assert tx.drop_provisional(author.school_id) == 3
    assert school.events_of(AMINA) == events[:2]
    assert deliver(events[2:], author.store, school) == events[2:]
    assert no_damage(school)


def test_a_believed_event_counts_as_new_when_it_is_believed(author, open_store, deliver):
    events = author.write(2)
    school = open_store()
    deliver(events, author.store, school, believed=0)
    before = school.position().ordinal
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, author.heads())
    assert school.events_after(before) == events


def test_only_the_best_head_of_a_straight_log_is_kept(author, open_store, deliver):
    school = open_store()
    for _ in range(5):
        events = author.write(2)
        with school.transaction() as tx:
            tx.insert_heads(author.school_id, author.heads())
        deliver(events, author.store, school, believed=0)
    with school.reading() as connection:
        (statement,) = statements_of(connection, author.school_id, [author.log_id])
        assert connection.execute("SELECT count(*) FROM statement").fetchone() == (1,)
    assert statement == author.heads()
    assert school.event_count() == 10


def test_heads_whose_events_never_come_are_bounded(author, open_store, deliver):
    school = open_store()
    deliver(author.write(1), author.store, school)
    with school.transaction() as tx:
        for seq in range(2, 100):
            head = Head(author.log_id, seq, bytes([seq]) * 16)
            tx.insert_heads(author.school_id, sign_heads(author.key, [head]))
    with school.reading() as connection:
        told = statements_of(connection, author.school_id, [author.log_id])
    assert len(told) <= 17


def test_a_statement_is_kept_while_one_of_its_heads_is_of_use(
    author, make_author, open_store, deliver
):
    other = make_author()
    events = author.write(1)
    other.write(1)
    both = sign_heads(author.key, (*author.store.tips(), *other.store.tips()))
    school = open_store()
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, both)
    events += author.write(1)
    with school.transaction() as tx:
        tx.insert_heads(author.school_id, author.heads())
    deliver(events, author.store, school, believed=0)
    with school.reading() as connection:
        assert statements_of(connection, author.school_id, [other.log_id]) == [both]
        assert statements_of(connection, author.school_id, [author.log_id]) == [author.heads()]
        found = statements_of(connection, author.school_id, [other.log_id, author.log_id])
        assert found == [both, author.heads()]
