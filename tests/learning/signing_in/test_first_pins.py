from contextlib import closing

import pytest

from darasa.learning.people import class_lists
from darasa.learning.rosters.applying import import_roster
from darasa.learning.rosters.reading import read_roster
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.first_pins import AT_ONCE, FirstPinJob
from darasa.learning.signing_in.known_secrets import first_secret


def imported(school, learners=2):
    lines = "".join(f"Learner {n},5B\n" for n in range(learners))
    return import_roster(school, read_roster(b"name,class\n" + lines.encode())).made


def test_a_first_pin_fits_before_and_after_it_is_hashed(school):
    new, other = imported(school)
    for waiting in (2, 0):
        assert school.first_pins.waiting() == waiting
        assert school.desk.try_pin(new.learner_id, new.pin) == SignedIn(new.learner_id)
        wrong = "0000" if new.pin != "0000" else "1111"
        assert isinstance(school.desk.try_pin(other.learner_id, wrong), WrongSecret)
        school.first_pins.hash_some()


def test_what_waits_is_in_the_store_and_not_in_clear(school):
    new, _ = imported(school)
    with school.store.reading() as connection:
        (sealed,) = connection.execute(
            "SELECT sealed FROM local_first_pin WHERE learner_id = ?", (new.learner_id,)
        ).fetchone()
        dump = "\n".join(connection.iterdump())
    assert new.pin.encode() not in sealed
    assert f"'{new.pin}'" not in dump


def test_a_pin_that_was_given_meanwhile_stays(school):
    new, _ = imported(school)
    school.people.set_pin(new.learner_id, "4711")
    school.first_pins.hash_some()
    assert school.first_pins.waiting() == 0
    assert school.desk.try_pin(new.learner_id, "4711") == SignedIn(new.learner_id)
    assert isinstance(school.desk.try_pin(new.learner_id, new.pin), WrongSecret)


def test_who_was_taken_off_the_lists_meanwhile_gets_none(school):
    new, _ = imported(school)
    class_lists.take_off(school, new.learner_id)
    events = school.store.event_count()
    school.first_pins.hash_some()
    assert school.store.event_count() == events + 1
    assert isinstance(school.desk.try_pin(new.learner_id, new.pin), WrongSecret)


def test_an_erased_learner_leaves_no_pin_behind(school):
    from darasa.learning.erasure import erase_learner

    new, _ = imported(school)
    erase_learner(school, new.learner_id)
    assert school.first_pins.waiting() == 1


def test_a_card_says_a_first_pin_before_and_after_it_is_hashed(school):
    new, other = imported(school)
    for _ in range(2):
        assert first_secret(school, new.learner_id) == new.pin
        school.first_pins.hash_some()
    school.people.set_pin(other.learner_id, "4711")
    assert first_secret(school, other.learner_id) == ""


def test_computers_are_told_verifiers_that_cost_a_guess_what_others_do(school):
    imported(school)
    with school.store.reading() as connection:
        assert connection.execute(
            "SELECT count(*) FROM lt_op WHERE field = 'learner.verifier'"
        ).fetchone() == (0,)
    school.first_pins.hash_some()
    for row in school.people.learners():
        from darasa.learning.signing_in.hashing import SMALLEST
        from darasa.learning.signing_in.verifier import Verifier

        kept = school.people.verifier(row.learner_id)
        assert kept is not None
        assert Verifier.from_bytes(kept).memory_kib >= SMALLEST.memory_kib


def test_some_at_a_time_until_none_waits(school):
    imported(school, AT_ONCE + 3)
    assert [school.first_pins.hash_some() for _ in range(3)] == [AT_ONCE, 3, 0]


def test_the_job_hashes_what_an_import_leaves(school, until):
    with closing(FirstPinJob(school.first_pins)):
        made = imported(school, 3)
        until(lambda: school.first_pins.waiting() == 0)
    assert all(school.people.verifier(new.learner_id) for new in made)


@pytest.fixture
def until():
    """until(claim): wait for it, a minute at most."""
    import threading

    def wait(claim):
        pause = threading.Event()
        for _ in range(6_000):
            if claim():
                return
            pause.wait(0.01)
        raise AssertionError(claim)

    return wait
