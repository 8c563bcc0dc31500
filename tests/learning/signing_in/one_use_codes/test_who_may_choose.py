"""What proves that a secret was chosen with a code, and that nobody reads a code on its way."""

import pytest
from code_world import give, works

from darasa.learning import tables
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import NotHereError
from darasa.learning.kinds import Op
from darasa.learning.records import LEARNER_CODE, LEARNER_VERIFIER
from darasa.learning.scopes import class_scope, parse_value
from darasa.learning.signing_in.checks import CODE_LASTS_MS, chosen_bytes
from darasa.learning.signing_in.verifier import make_verifier

DAY_MS = CODE_LASTS_MS


# -- who may say what --------------------------------------------------------------------------


def forged(room, learner, code, *, pin="7391", supersedes=()):
    """What a computer writes that knows no code, or another one."""
    verifier = make_verifier(pin, room.rng).to_bytes()
    personal = room.secrets._personal
    sealed = personal.seal(learner, LEARNER_VERIFIER, chosen_bytes(verifier, code))
    room.record.record((learner, Op(learner, LEARNER_VERIFIER, sealed, supersedes)))


@pytest.mark.parametrize("code", ["", "000000", "999999"])
def test_a_secret_without_the_right_code_changes_nothing_and_waits_for_a_teacher(
    prepared, fed, amina, exchange, code
):
    forged(fed, amina, code)
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    assert not works(prepared, amina, "7391")
    (waiting,) = prepared.decisions.unconfirmed()
    assert (waiting.field, waiting.learner_id) == (LEARNER_VERIFIER, amina)
    prepared.decisions.confirm(waiting)
    assert works(prepared, amina, "7391")


def test_the_code_of_one_learner_proves_nothing_for_another(
    prepared, fed, amina, class_id, exchange
):
    ben = prepared.people.add_learner("Ben Omari", class_id, pin="5937")
    prepared.codes.prepare()
    exchange(fed, prepared)
    forged(fed, ben, prepared.codes.show(amina).code)
    exchange(fed, prepared)
    assert not works(prepared, ben, "7391")
    assert prepared.codes._record(amina).shown(LEARNER_CODE) is not None


def test_a_code_whose_day_was_over_waits_for_a_teacher(prepared, fed, amina, exchange, clock):
    code = prepared.codes.show(amina).code
    clock.advance(2 * DAY_MS)
    prepared.codes.prepare()
    give(fed, amina, code, "7391")  # this computer had heard nothing
    assert works(fed, amina, "7391")
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    (waiting,) = prepared.decisions.unconfirmed()
    prepared.decisions.confirm(waiting)
    exchange(fed, prepared)
    assert works(fed, amina, "7391")


def test_a_used_code_does_not_replace_the_secret_that_it_was_used_for(
    prepared, fed, other, amina, exchange
):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    exchange(fed, prepared)
    seen = prepared.codes._record(amina).chains(LEARNER_VERIFIER)
    forged(other, amina, code, pin="5937", supersedes=seen)
    exchange(other, prepared)
    assert works(prepared, amina, "7391")
    assert not works(prepared, amina, "5937")
    assert len(prepared.decisions.unconfirmed()) == 1


def test_a_computer_that_was_removed_proves_nothing(prepared, fed, amina, exchange):
    prepared.decisions.quarantine(fed.home.node_id)
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    exchange(fed, prepared)
    assert works(prepared, amina, "4821")
    assert not works(prepared, amina, "7391")


def test_a_computer_makes_no_codes(fed, amina):
    assert fed.codes.prepare() == 0
    with pytest.raises(NotHereError):
        fed.codes.show(amina)


def test_the_same_events_give_the_same_tables(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    exchange(fed, prepared)
    exchange(fed, prepared)
    for room in (prepared, fed):
        before = room.store.read(lambda c: list(tables.dump(c)))
        room.rebuild()
        assert room.store.read(lambda c: list(tables.dump(c))) == before


# -- secrecy -----------------------------------------------------------------------------------


def test_no_code_is_anywhere_in_clear(prepared, fed, amina, exchange):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    exchange(fed, prepared)
    for room in (prepared, fed):
        for stored in room.store.events_after(0):
            assert code.encode() not in stored.canonical
        for _, row in room.store.read(lambda c: list(tables.dump(c))):
            assert not any(code in str(value) for value in row)


def test_what_computers_are_told_of_a_code_does_not_have_it(prepared, amina, class_id):
    code = prepared.codes.show(amina).code
    published = prepared.store.published(class_scope(class_id))
    value = parse_value(published[amina])
    assert value.code.until_ms is not None
    assert code.encode() not in published[amina]


def test_erasing_a_learner_takes_what_she_chose_here(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    fed.desk.queue_code(amina, "000000").result()
    erase_learner(prepared, amina)
    exchange(fed, prepared)
    with fed.store.reading() as connection:
        for table in ("local_secret", "local_tries"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
