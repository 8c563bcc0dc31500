"""What a teacher types about classes and learners, and takes back."""

import pytest
from deciding_world import is_rebuilt_equal

from darasa.learning.errors import NotFoundError, NotHereError, PeopleError
from darasa.learning.people import class_lists
from darasa.learning.people.class_lists import entries, entry
from darasa.learning.people.undoing import take_back
from darasa.learning.signing_in.desk import SignedIn
from darasa.learning.signing_in.pictures import check_pictures
from darasa.learning.signing_in.verifier import SecretKind


def names(room, class_id=None):
    return [row.name for row in room.people.learners(class_id)]


def add(room, class_id, *typed):
    return class_lists.add_learners(room, class_id, [entry(*each) for each in typed])


def test_several_learners_come_at_once_with_numbers_and_secrets_that_work(school, class_id):
    wanted = entries("Asha Mwangi\n\n  Ali   Hassan ;  17 \nNeema Paul\t18\n")
    added, _ = class_lists.add_learners(school, class_id, wanted)
    assert [(each.name, each.number) for each in added] == [
        ("Asha Mwangi", ""),
        ("Ali Hassan", "17"),
        ("Neema Paul", "18"),
    ]
    for each in added:
        assert school.desk.try_pin(each.learner_id, each.secret).learner_id == each.learner_id
        assert class_lists.register_number(school, each.learner_id) == each.number
    assert is_rebuilt_equal(school)


def test_a_number_is_sealed_as_a_name_is(school, class_id):
    added, _ = add(school, class_id, ("Asha Mwangi", "REG-4711-17"))
    events = [stored.event for stored in school.store.events_of(added[0].learner_id)]
    assert events
    assert not any(b"REG-4711" in repr(event.body).encode() for event in events)


@pytest.mark.parametrize("typed", ["", " \n\t\n", "\n".join(f"Learner {n}" for n in range(101))])
def test_no_name_and_too_many_are_refused_in_a_sentence(typed):
    with pytest.raises(PeopleError, match=r"\.$"):
        entries(typed)


def test_a_number_too_long_is_refused():
    with pytest.raises(PeopleError, match="20"):
        entry("Asha", "9" * 21)


def test_every_change_is_taken_back_to_what_it_was(school, class_id, amina):
    other, _ = class_lists.add_class(school, "6A")
    before = school.people.classes(), names(school, class_id), names(school, other)
    changes = [
        lambda: class_lists.rename(school, amina, "Amina Kazungu"),
        lambda: class_lists.set_number(school, amina, "12"),
        lambda: class_lists.move(school, amina, other),
        lambda: class_lists.also_in(school, amina, other),
        lambda: class_lists.out_of(school, amina, class_id),
        lambda: class_lists.take_off(school, amina),
        lambda: class_lists.rename_class(school, class_id, "5 Blue"),
        lambda: class_lists.close_class(school, class_id),
        lambda: class_lists.add_class(school, "7C")[1],
        lambda: add(school, class_id, ("Neema Paul", "3"))[1],
    ]
    for change in changes:
        undo = change()
        after = school.people.classes(), names(school, class_id), names(school, other)
        number = class_lists.register_number(school, amina)
        assert after != before or number == "12"
        take_back(school, undo)
        assert before == (school.people.classes(), names(school, class_id), names(school, other))
        assert class_lists.register_number(school, amina) == ""
    assert is_rebuilt_equal(school)


def test_an_undo_does_not_take_a_later_change_of_another_with_it(school, amina):
    undo = class_lists.rename(school, amina, "Amina Kazungu")
    class_lists.rename(school, amina, "Amina Kato-Kazungu")
    with pytest.raises(PeopleError, match="meantime"):
        take_back(school, undo)
    assert school.people.find_id(amina).name == "Amina Kato-Kazungu"


def test_an_undo_after_two_people_changed_a_thing_at_once_is_refused(school, amina):
    undo = class_lists.take_off(school, amina)
    class_lists.put_back(school, amina)
    with pytest.raises(PeopleError, match="meantime"):
        take_back(school, undo)


def test_who_is_taken_off_signs_in_no_longer_and_comes_back_with_her_pin(school, class_id, amina):
    class_lists.take_off(school, amina)
    assert names(school) == []
    assert [row.name for row in class_lists.off_list(school)] == ["Amina Kato"]
    assert not hasattr(school.desk.try_pin(amina, "4821"), "learner_id")
    class_lists.put_back(school, amina)
    assert names(school, class_id) == ["Amina Kato"]
    assert class_lists.off_list(school) == []
    assert school.desk.try_pin(amina, "4821").learner_id == amina


def test_who_is_put_back_may_have_another_class(school, class_id, amina):
    other, _ = class_lists.add_class(school, "6A")
    class_lists.take_off(school, amina)
    class_lists.put_back(school, amina, other)
    assert (names(school, class_id), names(school, other)) == ([], ["Amina Kato"])


def test_a_closed_class_is_listed_and_opens_with_whoever_was_in_it(school, class_id, amina):
    class_lists.close_class(school, class_id)
    assert school.people.classes() == []
    assert class_lists.closed_classes(school) == [(class_id, "5B")]
    class_lists.reopen_class(school, class_id)
    assert names(school, class_id) == ["Amina Kato"]
    assert class_lists.closed_classes(school) == []


def test_a_learner_of_two_names_moves_and_goes_under_both(school, class_id, amina):
    twin = school.people.add_learner("Amina Kazungo", class_id, pin="5937")
    school.decisions.merge(amina, twin)
    other, _ = class_lists.add_class(school, "6A")
    undo = class_lists.move(school, amina, other)
    assert (names(school, class_id), names(school, other)) == ([], ["Amina Kato"])
    take_back(school, undo)
    assert names(school, class_id) == ["Amina Kato"]
    class_lists.take_off(school, amina)
    assert names(school) == []
    assert [row.learner_id for row in class_lists.off_list(school)] == [amina]
    class_lists.put_back(school, amina)
    assert names(school, class_id) == ["Amina Kato"]


def test_a_name_or_number_that_may_be_there_already_is_asked_about(school, class_id, amina):
    class_lists.set_number(school, amina, "12")
    gone, _ = add(school, class_id, ("Baraka Mwita", ""))
    class_lists.take_off(school, gone[0].learner_id)
    wanted = [
        entry("Amina Kto"),
        entry("Neema Paul", "12"),
        entry("baraka mwita"),
        entry("Juma Ali"),
        entry("Juma  ALI"),
        entry("Grace Lema"),
    ]
    asked = class_lists.doubles(school, wanted)
    found = {each.name: [(row.name, row.off) for row in like] for each, like in asked}
    assert found == {
        "Amina Kto": [("Amina Kato", False)],
        "Neema Paul": [("Amina Kato", False)],
        "baraka mwita": [("Baraka Mwita", True)],
        "Juma ALI": [("Juma Ali", False)],
    }


def test_what_cannot_be_is_refused(school, computer, class_id, amina):
    other, _ = class_lists.add_class(school, "6A")
    with pytest.raises(PeopleError):
        class_lists.also_in(school, amina, class_id)
    with pytest.raises(NotFoundError):
        class_lists.out_of(school, amina, other)
    with pytest.raises(PeopleError):
        class_lists.rename(school, amina, "  ")
    with pytest.raises(NotHereError):
        class_lists.add_class(computer, "5B")
    assert names(school, class_id) == ["Amina Kato"]


def test_typed_learners_of_a_class_with_pictures_have_pictures(school):
    class_id = school.people.add_class("2A")
    school.people.set_sign_in(class_id, SecretKind.PICTURES)
    (added,), _undo = add(school, class_id, ("Ann Akinyi",))
    assert school.desk.try_pin(added.learner_id, check_pictures(added.secret)) == SignedIn(
        added.learner_id
    )
