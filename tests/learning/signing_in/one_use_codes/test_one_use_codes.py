"""One-use codes: shown by the school, checked at any computer, proved by what she chose."""

import pytest
from code_world import give, works

from darasa.learning.erasure import erase_learner
from darasa.learning.errors import SecretError
from darasa.learning.people import class_lists
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.learner_secrets import CodeFits
from darasa.learning.signing_in.verifier import SecretKind, Verifier, make_verifier

# -- at a computer without the server ----------------------------------------------------------


def test_a_code_that_was_prepared_works_with_the_server_away(prepared, fed, amina):
    code = prepared.codes.show(amina).code  # the teacher reads it; the computer hears nothing
    give(fed, amina, code, "7391")
    assert works(fed, amina, "7391")


def test_a_code_works_once(prepared, fed, amina):
    code = prepared.codes.show(amina).code
    give(fed, amina, code, "7391")
    assert isinstance(fed.desk.queue_code(amina, code).result(), WrongSecret)
    fed.rebuild()
    assert isinstance(fed.desk.queue_code(amina, code).result(), WrongSecret)
    assert works(fed, amina, "7391")


def test_the_secret_is_used_everywhere_once_the_server_is_back_and_the_old_one_is_not(
    prepared, fed, other, amina, exchange
):
    give(fed, amina, prepared.codes.show(amina).code, "7391")
    assert works(other, amina, "4821")
    exchange(fed, prepared)
    assert works(prepared, amina, "7391")
    for computer in (fed, other):
        exchange(computer, prepared)
        assert works(computer, amina, "7391")
        assert not works(computer, amina, "4821")
    assert prepared.people.conflicts() == []
    assert prepared.decisions.unconfirmed() == []


def test_the_school_prepares_the_next_code_and_the_used_one_is_gone(prepared, fed, amina, exchange):
    used = prepared.codes.show(amina).code
    give(fed, amina, used, "7391")
    exchange(fed, prepared)
    assert fed.secrets.checks(amina).code is None
    assert prepared.codes.prepare() == 1
    assert prepared.codes.prepare() == 0
    fresh = prepared.codes.show(amina).code
    assert fresh != used
    exchange(fed, prepared)
    assert isinstance(fed.desk.queue_code(amina, used).result(), WrongSecret)
    give(fed, amina, fresh, "5937")
    exchange(fed, prepared)
    assert works(prepared, amina, "5937")
    assert not works(prepared, amina, "7391")


def test_the_other_old_secret_goes_on_until_she_has_chosen(prepared, fed, amina):
    fits = fed.desk.queue_code(amina, prepared.codes.show(amina).code).result()
    assert isinstance(fits, CodeFits)
    assert works(fed, amina, "4821")  # she remembered after all
    assert fed.secrets.checks(amina).code is not None


def test_an_easy_secret_is_refused_and_the_code_is_still_good(prepared, fed, amina):
    fits = fed.desk.queue_code(amina, prepared.codes.show(amina).code).result()
    with pytest.raises(SecretError, match="Others would try that first"):
        fed.desk.queue_choice(fits, SecretKind.TYPED, "1234").result()
    assert fed.desk.queue_choice(fits, SecretKind.TYPED, "7391").result() == SignedIn(amina)


def test_she_may_choose_pictures_instead(prepared, fed, amina, exchange):
    give(fed, amina, prepared.codes.show(amina).code, "2a4", kind=SecretKind.PICTURES)
    assert fed.desk.kind(amina) is SecretKind.PICTURES
    exchange(fed, prepared)
    assert prepared.desk.kind(amina) is SecretKind.PICTURES
    assert works(prepared, amina, "2a4")


def test_a_chosen_secret_costs_what_the_schools_do_and_not_what_this_machine_could(
    school, amina, computer, exchange
):
    dearer = school.people.costs.learners._replace(passes=3)
    school.people.costs = school.people.costs._replace(learners=dearer)
    school.codes.prepare()
    exchange(computer, school)
    exchange(computer, school)
    give(computer, amina, school.codes.show(amina).code, "7391")
    exchange(computer, school)
    assert Verifier.from_bytes(school.people.verifier(amina)).cost == dearer


# -- the sheet, and preparing -------------------------------------------------------------------


def test_the_sheet_has_the_codes_that_nobody_has_seen(prepared, fed, amina, class_id):
    ben = prepared.people.add_learner("Ben Omari", class_id, pin="5937")
    sheet = prepared.codes.sheet([amina, ben])
    assert set(sheet) == {amina}  # Ben's is not made yet
    give(fed, amina, sheet[amina], "7391")
    prepared.codes.show(amina)
    assert prepared.codes.sheet([amina]) == {}


def test_a_code_is_made_when_it_is_asked_for_and_none_was(school, amina, computer, exchange):
    code = school.codes.show(amina).code
    exchange(computer, school)
    exchange(computer, school)
    give(computer, amina, code, "7391")


def test_preparing_stops_when_it_is_told_to(school, class_id):
    for nth in range(20):
        facts = school.people.learner_facts(
            school.rng(16), f"L {nth}", class_id, make_verifier("4821", school.rng)
        )
        school.record.record(*facts)
    left = iter([True] * 10 + [False])
    assert school.codes.prepare(go_on=lambda: next(left)) == 8
    assert len(school.codes._wanting()) == 12


@pytest.mark.parametrize("leave", ["delete_learner", "erase"])
def test_who_leaves_while_her_code_is_made_gets_none(school, amina, leave):
    gone = []

    def go_on():
        if not gone:
            gone.append(amina)
            if leave == "erase":
                erase_learner(school, amina)
            else:
                class_lists.take_off(school, amina)
        return True

    events = school.store.event_count_of(amina)
    school.codes.prepare(go_on=go_on)
    assert school.people.conflicts() == []
    assert school.store.event_count_of(amina) == (0 if leave == "erase" else events + 1)
