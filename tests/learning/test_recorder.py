import pytest

from darasa.learning.kinds import Hand, Op, SignIn, SignOut
from darasa.learning.records import CLASS_NAME
from darasa.sync.ids import LearnerId

A, B = LearnerId(b"a" * 16), LearnerId(b"b" * 16)
S1, S2 = b"sitting1", b"sitting2"


def lamports(room, learner):
    return [stored.event.lamport for stored in room.store.events_of(learner)]


def test_all_events_of_a_sitting_have_its_lamport(school, make_attempt):
    school.record.record((A, SignIn(S1, "pin")))
    school.record.record((A, make_attempt()), (A, Hand(S1, True, "", "")))
    school.record.record((A, SignOut(S1, "asked")))
    school.record.record((A, SignIn(S2, "pin")))
    school.record.record((A, make_attempt(sitting=S2)))
    assert lamports(school, A) == [1, 1, 1, 1, 2, 2]


def test_sittings_of_two_learners_do_not_know_of_each_other(school):
    school.record.record((A, SignIn(S1, "pin")))
    school.record.record((B, SignIn(S2, "pin")))
    assert lamports(school, A) == lamports(school, B) == [1]


def test_ops_come_after_all_that_is_known(school):
    school.record.record((A, SignIn(S1, "pin")))
    (first,) = school.record.record((None, Op(b"r" * 16, CLASS_NAME, "5B", ())))
    (second,) = school.record.record((A, Op(A, "learner.class", b"c" * 16, ())))
    assert (first.event.lamport, second.event.lamport) == (2, 3)
    (hand,) = school.record.record((A, Hand(S1, True, "", "")))
    assert hand.event.lamport == 1


def test_a_call_is_one_transaction(school, make_attempt):
    before = school.store.position().ordinal
    school.record.record((A, SignIn(S1, "pin")), (A, make_attempt()), place=(A, b"here"))
    assert school.store.position().ordinal == before + 1
    assert school.place(A) == b"here"
    assert school.state(A).attempts == 1


def test_a_call_that_fails_leaves_nothing_of_it(school, make_attempt):
    school.record.record((A, SignIn(S1, "pin")), place=(A, b"before"))
    too_long = make_attempt(item="x" * 60_000)
    with pytest.raises(Exception, match="limit"):
        school.record.record((A, make_attempt()), (A, too_long), place=(A, b"after"))
    assert school.store.event_count() == 1
    assert school.state(A).attempts == 0
    assert school.place(A) == b"before"


def test_the_place_is_kept_alone_too_and_forgotten(school):
    school.save_place(A, b"here")
    assert school.place(A) == b"here"
    school.save_place(A, None)
    assert school.place(A) is None


def test_a_batch_is_one_transaction_and_its_reads_see_it(school, make_attempt):
    before = school.store.position().ordinal
    with school.record.batch():
        school.record.record((A, SignIn(S1, "simulated")))
        for nth in range(1, 6):
            school.record.record((A, make_attempt(nth=nth)))
            assert school.state(A).attempts == nth
    assert school.store.position().ordinal == before + 1
    assert school.state(A).attempts == 5
    school_digest = school.state(A)
    school.rebuild()
    assert school.state(A) == school_digest


def test_a_batch_in_a_batch_is_part_of_it(school, make_attempt):
    before = school.store.position().ordinal
    with school.record.batch():
        school.record.record((A, SignIn(S1, "simulated")))
        with school.record.batch():
            school.record.record((A, make_attempt()))
        school.record.record((A, make_attempt(nth=2)))
    assert school.store.position().ordinal == before + 1
    state = school.state(A)
    school.rebuild()
    assert school.state(A) == state


def test_an_error_in_a_batch_undoes_all_of_it(school, make_attempt):
    school.record.record((A, SignIn(S1, "pin")), (A, make_attempt()))

    def answer_then_fail():
        with school.record.batch():
            school.record.record((A, make_attempt(nth=2)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        answer_then_fail()
    assert school.state(A).attempts == 1
    school.record.record((A, make_attempt(nth=2)))
    assert school.state(A).attempts == 2
    assert lamports(school, A) == [1, 1, 1]


def test_who_signed_in_here_is_kept_the_last_first(school, clock):
    school.record.record((A, SignIn(S1, "pin")))
    clock.advance(1_000)
    school.record.record((B, SignIn(S2, "pin")))
    assert [learner for learner, _ in school.last_here()] == [B, A]
