"""First secrets on cards: while they are hers, at the school that made them, and never in clear."""

import pytest

from darasa.learning.erasure import erase_learner
from darasa.learning.people import class_lists, newcomers
from darasa.learning.people.class_lists import entry
from darasa.learning.people.undoing import take_back
from darasa.learning.rosters.applying import import_roster
from darasa.learning.rosters.reading import read_roster
from darasa.learning.signing_in.cards import cards_of
from darasa.learning.signing_in.known_secrets import first_secret
from darasa.sync.ids import LearnerId


@pytest.fixture
def added(school, class_id):
    made, _ = class_lists.add_learners(
        school, class_id, [entry("Asha Mwangi", "17"), entry("Juma Ali")]
    )
    return made


def kept(room):
    with room.store.reading() as connection:
        return connection.execute("SELECT sealed FROM local_first_secret").fetchall()


def test_a_card_has_what_a_learner_needs_to_sign_in(school, class_id, added):
    asha, juma = cards_of(school, class_id)
    assert (asha.name, asha.shown, asha.class_name, asha.number) == (
        "Asha Mwangi",
        "Asha M.",
        "5B",
        "17",
    )
    assert [asha.secret, juma.secret] == [each.secret for each in added]
    assert school.desk.try_pin(asha.learner_id, asha.secret).learner_id == asha.learner_id


def test_a_secret_is_on_the_card_until_it_is_changed_and_then_forgotten(school, class_id, added):
    school.people.set_pin(added[0].learner_id, "4821")
    assert [card.secret for card in cards_of(school, class_id)] == ["", added[1].secret]
    assert len(kept(school)) == 1  # the old one is nowhere any more


def test_what_is_kept_is_sealed(school, added):
    assert len(kept(school)) == 2
    for (sealed,), each in zip(kept(school), added, strict=True):
        assert each.secret.encode() not in sealed


def test_it_is_known_after_a_rebuild_and_after_leaving_and_coming_back(school, class_id, added):
    school.rebuild()
    assert first_secret(school, added[0].learner_id) == added[0].secret
    undo = class_lists.take_off(school, added[0].learner_id)
    assert first_secret(school, added[0].learner_id) == ""  # she signs in nowhere now
    take_back(school, undo)
    assert first_secret(school, added[0].learner_id) == added[0].secret
    class_lists.move(school, added[0].learner_id, class_lists.add_class(school, "6A")[0])
    assert first_secret(school, added[0].learner_id) == added[0].secret


def test_it_is_in_no_event_and_on_no_computer(school, computer, added, exchange):
    for _ in range(2):
        exchange(computer, school)
    assert len(computer.people.learners()) == 2
    assert kept(computer) == []
    for each in added:
        events = [stored.event for stored in school.store.events_of(each.learner_id)]
        assert len([event for event in events if "first" in repr(event.body)]) == 0


def test_a_secret_that_the_school_did_not_make_up_is_not_known(school, class_id, amina):
    (card,) = cards_of(school, class_id)
    assert (card.learner_id, card.secret) == (amina, "")


def test_an_erased_learners_secret_is_gone(school, added):
    erase_learner(school, added[0].learner_id)
    assert len(kept(school)) == 1


def test_a_newcomer_who_is_taken_in_has_a_card_and_her_undo_forgets_it(school, class_id):
    guest = LearnerId(b"g" * 16)
    school.record.sign_in(guest, "guest")
    made, undo = newcomers.take_in(school, guest, entry("Asha Mwangi"), class_id)
    (card,) = cards_of(school, class_id)
    assert card.secret == made.secret
    take_back(school, undo)
    assert first_secret(school, guest) == ""


def test_an_imported_class_has_its_pins_on_cards_before_and_after_they_are_hashed(school):
    roster = read_roster(b"name,class\nAsha Mwangi,5B\nJuma Ali,5B\n")
    made = {new.learner_id: new.pin for new in import_roster(school, roster).made}
    (row,) = school.people.classes()
    for waiting in (2, 0):
        assert school.first_pins.waiting() == waiting
        cards = cards_of(school, row.record_id)
        assert {card.learner_id: card.secret for card in cards} == made
        school.first_pins.hash_some()
    changed = next(iter(made))
    school.people.set_pin(changed, "4821")
    assert first_secret(school, changed) == ""


def test_a_code_that_waits_for_her_changes_nothing_on_the_card(school, class_id, added):
    school.codes.prepare()
    school.codes.show(added[0].learner_id)
    assert [card.secret for card in cards_of(school, class_id)] == [each.secret for each in added]
