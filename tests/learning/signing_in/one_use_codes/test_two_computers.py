"""One code at two computers apart, or beside a new PIN: both secrets work until one is kept."""

from code_world import give, works

from darasa.learning.records import LEARNER_VERIFIER
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.ids import Role


def test_one_code_at_two_computers_apart_keeps_both_secrets_and_lists_them(
    prepared, fed, other, amina, exchange
):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    give(other, amina, code, "5937")
    exchange(fed, prepared)
    exchange(other, prepared)
    (conflict,) = prepared.people.conflicts()
    assert (conflict.field, len(conflict.choices)) == (LEARNER_VERIFIER, 2)
    for room in (fed, other):
        exchange(room, prepared)
    for room in (prepared, fed, other):  # either works until a teacher has chosen
        assert works(room, amina, "7391")
        assert works(room, amina, "5937")
        assert not works(room, amina, "4821")
    kept = conflict.choices[1].chain8
    prepared.people.keep(conflict.record_id, conflict.field, kept)
    assert prepared.people.conflicts() == []
    assert works(prepared, amina, "7391") != works(prepared, amina, "5937")


def test_a_new_secret_ends_the_conflict_of_two(prepared, fed, other, amina, exchange):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    give(other, amina, code, "2a4", kind=SecretKind.PICTURES)
    for room in (fed, other, fed):
        exchange(room, prepared)
    assert set(fed.desk.kinds(amina)) == {SecretKind.TYPED, SecretKind.PICTURES}
    prepared.codes.prepare()
    exchange(fed, prepared)
    give(fed, amina, prepared.codes.show(amina).code, "6047")
    exchange(fed, prepared)
    assert prepared.people.conflicts() == []
    assert fed.desk.kinds(amina) == [SecretKind.TYPED]
    assert works(prepared, amina, "6047")
    assert not works(prepared, amina, "7391")


def test_the_result_is_the_same_in_whatever_order_computers_come_back(
    make_room, exchange, clock, rng
):
    found = []
    for order in ((0, 1), (1, 0)):
        school = make_room(Role.SCHOOL)
        learner = school.people.add_learner("A B", school.people.add_class("5B"), pin="4821")
        school.codes.prepare()
        rooms = [make_room(Role.COMPUTER, joined=school, name=f"PC {n}") for n in range(2)]
        for room in rooms:
            exchange(room, school)
            exchange(room, school)
        code = school.codes.show(learner).code
        for room, secret in zip(rooms, ("7391", "5937"), strict=True):
            give(room, learner, code, secret)
        for place in order:
            exchange(rooms[place], school)
        found.append({secret: works(school, learner, secret) for secret in ("7391", "5937")})
    assert found == [{"7391": True, "5937": True}] * 2


def test_a_pin_given_at_the_school_meanwhile_is_kept_beside_hers(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    prepared.people.set_pin(amina, "5937")
    exchange(fed, prepared)
    assert works(prepared, amina, "7391")
    assert works(prepared, amina, "5937")
    assert [conflict.field for conflict in prepared.people.conflicts()] == [LEARNER_VERIFIER]
