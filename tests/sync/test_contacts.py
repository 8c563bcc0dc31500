"""Certificates, peers, marks, receipts, and what is still unsent."""

import random

import pytest
from msgspec.structs import replace

from darasa.sync import contacts
from darasa.sync.contacts import MARKS_KEPT, OLD_MARKS_KEPT, GivenMark, PeerRow, Unsent
from darasa.sync.event import Event, canonical_bytes, chain_after, leaf_of
from darasa.sync.frontier import Tip
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.signing import NodeKey, issue_certificate

AMINA = b"A" * 16
BABU = b"B" * 16
PEER = b"P" * 16
SCHOOL = bytes(range(16))


def receipt(author, *events, level=1, peer=PEER) -> None:
    tips = [Tip(each.log_id, each.seq, each.chain[:8]) for each in events]
    with author.store.transaction() as tx:
        tx.note_receipt(author.school_id, peer, tips, level=level)


def test_certificates_are_kept_by_node_and_issuer(open_store, rng):
    school, computer = NodeKey.generate(rng), NodeKey.generate(rng)
    own = issue_certificate(
        computer, subject_public=computer.public, role=Role.COMPUTER, school_id=NO_SCHOOL
    )
    given = issue_certificate(
        school, subject_public=computer.public, role=Role.COMPUTER, school_id=SCHOOL
    )
    store = open_store()
    with store.transaction() as tx:
        for certificate in (own, given, given):
            tx.put_certificate(certificate)
    with store.reading() as connection:
        assert contacts.certificates_of(connection, computer.node_id) == [given, own]
        assert contacts.certificates_by(connection, school.node_id) == [given]
        assert contacts.certificates_of(connection, school.node_id) == []


def test_a_peer_keeps_its_last_contact_when_it_is_renamed(open_store):
    store = open_store()
    with store.transaction() as tx:
        tx.put_peer(PeerRow(PEER, SCHOOL, Role.COMPUTER, "Lab 1", None))
        tx.note_contact(PEER, 1234)
        tx.note_contact(b"unknown node id!", 1234)
        tx.put_peer(PeerRow(PEER, SCHOOL, Role.COMPUTER, "Lab 2", None))
    assert store.peers() == [PeerRow(PEER, SCHOOL, Role.COMPUTER, "Lab 2", 1234)]


def test_a_mark_is_known_to_the_store_that_wrote_it(open_store):
    store = open_store()
    with store.transaction() as tx:
        tx.issue_mark(SCHOOL, PEER, b"mark0001")
    with store.transaction() as tx:
        tx.issue_mark(SCHOOL, PEER, b"mark0002", instead_of=b"mark0001")
    with store.reading() as connection:
        assert contacts.knows_mark(connection, SCHOOL, PEER, b"mark0002")
        assert not contacts.knows_mark(connection, SCHOOL, PEER, b"mark0001")
        assert not contacts.knows_mark(connection, SCHOOL, b"Q" * 16, b"mark0002")
        assert not contacts.knows_mark(connection, b"T" * 16, PEER, b"mark0002")


def test_a_mark_of_a_transaction_that_failed_is_not_known(open_store):
    store = open_store()

    def issue_and_fail() -> None:
        with store.transaction() as tx:
            tx.issue_mark(SCHOOL, PEER, b"mark0001")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        issue_and_fail()
    with store.reading() as connection:
        assert not contacts.knows_mark(connection, SCHOOL, PEER, b"mark0001")


def test_given_marks_come_newest_first(open_store):
    store = open_store()
    with store.transaction() as tx:
        for number in range(3):
            tx.note_mark(SCHOOL, PEER, bytes([9, 9, 9, 9, 9, 9, 9, number]), number * 10)
    with store.reading() as connection:
        marks = contacts.given_marks(connection, SCHOOL, PEER)
        assert [mark.ordinal for mark in marks] == [20, 10, 0]
        assert marks[0] == GivenMark(bytes([9, 9, 9, 9, 9, 9, 9, 2]), 20)
        assert contacts.given_marks(connection, SCHOOL, b"Q" * 16) == []


def test_old_marks_are_thinned_alike_on_both_sides(open_store):
    random_bytes = random.Random(7).randbytes
    issuer, given = open_store(), open_store()
    marks = [random_bytes(8) for _ in range(20_000)]
    for number, mark in enumerate(marks):
        with issuer.transaction() as tx:
            tx.issue_mark(SCHOOL, PEER, mark)
        if number % 2:  # half of the receipts are lost
            with given.transaction() as tx:
                tx.note_mark(SCHOOL, PEER, mark, number)
    with issuer.reading() as connection:
        known = {mark for mark in marks if contacts.knows_mark(connection, SCHOOL, PEER, mark)}
    with given.reading() as connection:
        named = [each.mark for each in contacts.given_marks(connection, SCHOOL, PEER)]
    assert set(marks[-MARKS_KEPT:]) <= known
    assert len(known) < MARKS_KEPT + 256 + OLD_MARKS_KEPT
    assert set(marks[-MARKS_KEPT:][1::2]) <= set(named)
    old = [mark for mark in named if mark in marks[:10_000]]
    assert len(old) > 50
    assert set(old) <= known


def test_all_is_unsent_before_there_is_a_peer(author):
    author.write(3)
    author.write(2, learner=BABU)
    author.write(1, learner=None)
    assert author.store.unsent(None) == Unsent(6, {AMINA: 3, BABU: 2})
    assert author.store.unsent(PEER) == Unsent(6, {AMINA: 3, BABU: 2})


def test_a_receipt_covers_what_is_before_its_tip(author):
    events = author.write(5)
    receipt(author, events[2])
    assert author.store.unsent(PEER) == Unsent(2, {AMINA: 2})
    assert author.store.unsent(b"Q" * 16).total == 5
    receipt(author, events[1])
    assert author.store.unsent(PEER).total == 2
    receipt(author, events[4])
    assert author.store.unsent(PEER) == Unsent(0, {})


def test_a_receipt_for_what_is_not_here_counts_for_nothing(author):
    events = author.write(2)
    with author.store.transaction() as tx:
        for tip in (
            Tip(events[0].log_id, 2, bytes(8)),
            Tip(events[0].log_id, 9, events[1].chain[:8]),
            Tip(b"unknown!", 2, events[1].chain[:8]),
        ):
            tx.note_receipt(author.school_id, PEER, [tip], level=1)
    assert author.store.unsent(PEER).total == 2


def test_a_mark_covers_all_that_was_held_then(author):
    author.write(3)
    author.restart()
    author.write(2)
    ordinal = author.store.position().ordinal
    with author.store.transaction() as tx:
        tx.note_mark(author.school_id, PEER, b"mark0001", ordinal)
    assert author.store.unsent(PEER).total == 0
    author.write(1)
    assert author.store.unsent(PEER).total == 1
    assert author.store.unsent(PEER, school_id=b"T" * 16).total == 0


def test_a_peer_that_was_restored_is_owed_what_came_after_its_mark(author):
    author.write(3)
    with author.store.transaction() as tx:
        tx.note_mark(author.school_id, PEER, b"mark0001", author.store.position().ordinal)
    events = author.write(2)
    receipt(author, events[-1])
    with author.store.transaction() as tx:
        tx.note_mark(author.school_id, PEER, b"mark0002", author.store.position().ordinal)
    assert author.store.unsent(PEER).total == 0
    with author.store.transaction() as tx:
        tx.forget_marks_after(author.school_id, PEER, 1)
    assert author.store.unsent(PEER).total == 2
    with author.store.transaction() as tx:
        tx.forget_marks_after(author.school_id, PEER, 0)
    assert author.store.unsent(PEER).total == 5


def test_unsent_can_be_narrowed(author, make_author, deliver):
    author.write(3)
    author.write(1, kind=16)
    other = make_author()
    deliver(other.write(2), other.store, author.store)
    assert author.store.unsent(PEER).total == 6
    assert author.store.unsent(PEER, author=author.key.node_id).total == 4
    assert author.store.unsent(PEER, kinds=[16]).total == 1
    assert author.store.unsent(PEER, kinds=[]).total == 0
    assert author.store.unsent(PEER, school_id=b"T" * 16).total == 0


def test_the_level_is_that_of_the_least_covered_log(author):
    first = author.write(2)
    author.restart()
    second = author.write(2)

    def level() -> int:
        with author.store.reading() as connection:
            return contacts.receipt_level(connection, PEER, school_id=author.school_id)

    receipt(author, first[1], level=3)
    assert level() == 0
    receipt(author, second[1], level=1)
    assert level() == 1
    receipt(author, second[1], level=3)
    assert level() == 3
    receipt(author, second[1], level=1)
    assert level() == 3
    author.write(1)
    assert level() == 0


def test_of_a_forked_log_each_branch_is_owed_by_itself(author):
    events = author.write(4)
    branch_event = Event(18, 1, BABU, 1, 0, ("copied machine",))
    raw = canonical_bytes(branch_event)
    chain = chain_after(events[1].chain, leaf_of(raw))
    other = author.store.events_of(AMINA)[2]
    other = replace(other, chain=chain, canonical=raw, event=branch_event)
    with author.store.transaction() as tx:
        tx.insert_received(
            author.school_id,
            author.log_id,
            genesis=None,
            prev_chain=events[1].chain,
            events=[other],
            believed=1,
        )
    assert author.store.unsent(PEER) == Unsent(5, {AMINA: 4, BABU: 1})
    receipt(author, events[3])
    assert author.store.unsent(PEER) == Unsent(1, {BABU: 1})
    with author.store.reading() as connection:  # the longer branch says nothing of the other
        assert contacts.receipt_level(connection, PEER, school_id=author.school_id) == 0
    receipt(author, other)
    assert author.store.unsent(PEER) == Unsent(0, {})
    receipt(author, other, peer=b"Q" * 16)
    assert author.store.unsent(b"Q" * 16) == Unsent(2, {AMINA: 2})
