"""Logs that were written before joining get their school."""

import pytest

from darasa.sync.adoption import logs_without_school
from darasa.sync.ids import NO_SCHOOL
from darasa.sync.rows import find_log

AMINA = b"A" * 16


def test_logs_written_before_joining_are_adopted(make_author, open_store, deliver, no_damage):
    author = make_author(school_id=NO_SCHOOL)
    old = author.write(2)
    author.restart()
    old += author.write(1)
    before = author.store.position().ordinal
    assert author.store.read(logs_without_school, author.key.node_id) == [
        old[0].log_id,
        old[2].log_id,
    ]
    assert author.store.read(logs_without_school, b"x" * 16) == []
    log_ids = [old[0].log_id, old[2].log_id, b"unknown!"]
    with author.store.transaction() as tx:
        assert tx.adopt(b"S" * 16, log_ids) == 2
        event = tx.append(
            author.log, kind=1, version=1, learner_id=None, lamport=1, body=(b"S" * 16,)
        )
    assert event.school_id == b"S" * 16
    assert event.log_id not in log_ids
    assert {each.school_id for each in author.store.events_after(before)} == {b"S" * 16}
    assert len(author.store.events_after(before)) == 4
    with author.store.transaction() as tx:
        assert tx.adopt(b"S" * 16, log_ids) == 0
    assert author.store.read(logs_without_school, author.key.node_id) == []
    assert no_damage(author.store)


def test_an_adoption_that_is_rolled_back_leaves_the_log_where_it_was(make_author):
    author = make_author(school_id=NO_SCHOOL)
    (old,) = author.write()

    def adopt_and_fail() -> None:
        with author.store.transaction() as tx:
            tx.adopt(b"S" * 16, [old.log_id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        adopt_and_fail()
    (new,) = author.write()
    assert (new.log_id, new.seq, new.school_id) == (old.log_id, 2, NO_SCHOOL)


def test_adopting_a_log_that_came_back_already_joins_the_two(
    make_author, open_store, deliver, no_damage
):
    author = make_author(school_id=NO_SCHOOL)
    events = author.write(3)
    with author.store.reading() as connection:
        genesis = find_log(connection, NO_SCHOOL, author.log_id).genesis
    with author.store.transaction() as tx:  # the hub gives back what an older disk adopted
        tx.insert_received(
            b"S" * 16,
            author.log_id,
            genesis=genesis,
            prev_chain=author.log_id,
            events=events[:2],
            believed=2,
        )
        assert tx.adopt(b"S" * 16, [events[0].log_id]) == 1
    assert [each.seq for each in author.store.events_of(AMINA)] == [1, 2, 3]
    assert (author.store.event_count(), author.store.log_count()) == (3, 1)
    assert len(author.store.tips()) == 1
    assert no_damage(author.store)
