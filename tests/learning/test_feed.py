"""Computer, school and hub through the real session: lists go down, work goes up, digests agree."""

import pytest

from darasa.learning import tables
from darasa.learning.digest import all_digest, learner_digest, learner_events
from darasa.learning.kinds import Op, SignIn, SignOut
from darasa.learning.people import class_lists
from darasa.learning.people.class_lists import set_number
from darasa.learning.records import CLASS_NAME
from darasa.learning.scopes import PackValue, class_scope
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync import feed
from darasa.sync.ids import Role
from darasa.sync.messages import Doing, PresenceRow


def work(room, learner, make_attempt, *, sitting=b"sitting1", answers=3):
    room.record.record((learner, SignIn(sitting, "pin")))
    for nth in range(1, answers + 1):
        room.record.record((learner, make_attempt(sitting=sitting, nth=nth, values=(nth,))))
    room.record.record((learner, SignOut(sitting, "asked")))


def shown(room):
    return sorted((row.short, row.class_name) for row in room.people.learners())


def test_a_computer_shows_the_lists_of_its_school_and_signs_in_offline(fed, amina):
    assert [row.name for row in fed.people.classes()] == ["5B"]
    assert shown(fed) == [("Amina K.", "5B")]
    assert fed.desk.try_pin(amina, "4821") == SignedIn(amina)
    assert fed.desk.try_pin(amina, "4822") == WrongSecret(0)
    assert fed.people.find("Amina Kato").learner_id == amina


def test_a_computer_knows_who_signs_in_with_pictures(school, fed, amina, class_id, exchange):
    school.people.set_sign_in(class_id, SecretKind.PICTURES)
    ben = school.people.add_learner("Ben Omari", class_id, pin="2a4", kind=SecretKind.PICTURES)
    exchange(fed, school)
    assert fed.people.class_row(class_id).sign_in is SecretKind.PICTURES
    assert fed.desk.kind(amina) is SecretKind.TYPED
    assert fed.desk.kind(ben) is SecretKind.PICTURES
    assert fed.desk.try_pin(ben, "2a4") == SignedIn(ben)
    assert fed.desk.try_pin(ben, "24a") == WrongSecret(0)


def test_register_numbers_of_those_who_look_alike_reach_the_computer(
    school, fed, *, amina, class_id, exchange
):
    set_number(school, amina, "17")
    exchange(fed, school)
    assert shown(fed) == [("Amina K.", "5B")]  # nobody looks like her
    school.people.add_learner("Amina Kisa", class_id, pin="4821")
    exchange(fed, school)
    assert ("Amina K. (17)", "5B") in shown(fed)
    set_number(school, amina, "")
    exchange(fed, school)
    assert shown(fed) == [("Amina Ka.", "5B"), ("Amina Ki.", "5B")]


def test_a_computer_is_told_no_whole_name(fed):
    found = [value for _, row in fed.store.read(lambda c: list(tables.dump(c))) for value in row]
    found += [row[2] for row in fed.store.read(_records)]
    assert not any("Kato" in str(value) for value in found)


def test_no_verifier_is_in_a_computers_store_in_clear(school, fed, amina):
    verifier = school.people.verifier(amina)
    assert verifier is not None
    assert fed.people.verifier(amina) == verifier
    for _, _, value in fed.store.read(_records):
        assert verifier not in value
    for _, row in fed.store.read(lambda c: list(tables.dump(c))):
        assert verifier not in row


def test_a_computers_lists_survive_a_rebuild_byte_for_byte(fed, amina):
    before = fed.store.read(lambda c: list(tables.dump(c)))
    fed.rebuild()
    assert fed.store.read(lambda c: list(tables.dump(c))) == before
    assert fed.desk.try_pin(amina, "4821") == SignedIn(amina)


def test_changes_at_the_school_reach_the_computer(school, fed, amina, class_id, exchange):
    other = school.people.add_class("5C")
    school.people.add_learner("Amina Kisa", class_id, pin="4821")
    school.people.set_pin(amina, "5937")
    exchange(fed, school)
    assert shown(fed) == [("Amina Ka.", "5B"), ("Amina Ki.", "5B")]
    assert fed.desk.try_pin(amina, "5937") == SignedIn(amina)
    class_lists.move(school, amina, other)
    exchange(fed, school)
    assert shown(fed) == [("Amina K.", "5B"), ("Amina K.", "5C")]
    class_lists.close_class(school, class_id)
    exchange(fed, school)
    assert [row.name for row in fed.people.classes()] == ["5C"]
    assert shown(fed) == [("Amina K.", "5C")]


def test_of_a_class_that_is_closed_nothing_stays_on_a_computer(
    school, fed, amina, class_id, exchange
):
    class_lists.close_class(school, class_id)
    for _ in range(2):
        exchange(fed, school)
        assert fed.store.read(_records) == [
            row for row in fed.store.read(_records) if row[0] == b"s"
        ]
        assert class_scope(class_id) not in fed.store.read(feed.held_scopes)
        before = fed.store.read(lambda c: list(tables.dump(c)))
        fed.rebuild()
        assert fed.store.read(lambda c: list(tables.dump(c))) == before
        assert shown(fed) == []


def test_a_class_that_is_opened_again_has_its_learners_on_a_computer(
    school, fed, amina, class_id, exchange
):
    class_lists.close_class(school, class_id)
    exchange(fed, school)
    class_lists.reopen_class(school, class_id)
    exchange(fed, school)
    exchange(fed, school)
    assert shown(fed) == [("Amina K.", "5B")]
    assert fed.desk.try_pin(amina, "4821") == SignedIn(amina)


def test_a_class_that_was_closed_and_opened_between_two_contacts_stays_whole(
    school, fed, amina, class_id, exchange
):
    class_lists.close_class(school, class_id)
    class_lists.reopen_class(school, class_id)
    exchange(fed, school)
    exchange(fed, school)
    assert shown(fed) == [("Amina K.", "5B")]


def test_a_change_in_a_class_that_is_closed_leaves_no_part_of_it_on_a_computer(
    school, fed, amina, class_id, exchange
):
    """The change is told in the answer that says that the class is closed, after that."""
    school.people.add_learner("Ben Omari", class_id, pin="2468")
    class_lists.close_class(school, class_id)
    exchange(fed, school)
    assert class_scope(class_id) not in fed.store.read(feed.held_scopes)
    class_lists.reopen_class(school, class_id)
    exchange(fed, school)
    exchange(fed, school)
    assert shown(fed) == [("Amina K.", "5B"), ("Ben O.", "5B")]


def test_a_new_pin_ends_the_pause_on_a_computer(school, fed, amina, exchange):
    for _ in range(5):
        fed.desk.try_pin(amina, "0000")
    fed.rebuild()
    exchange(fed, school)
    assert fed.desk.wait_s(amina) == 30
    school.people.set_pin(amina, "5937")
    exchange(fed, school)
    assert fed.desk.try_pin(amina, "5937") == SignedIn(amina)


def test_work_of_a_computer_gives_equal_digests_there_and_at_school(
    school, fed, amina, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    exchange(fed, school)
    assert learner_digest(school, amina) == learner_digest(fed, amina)
    exchange(fed, school)
    assert learner_events(fed, amina) == learner_events(school, amina) == 8
    assert all_digest(fed) == all_digest(school)


@pytest.fixture
def other(school, make_room, exchange):
    room = make_room(Role.COMPUTER, joined=school, name="PC 2")
    exchange(room, school)
    exchange(room, school)
    return room


def test_a_learner_finds_her_work_on_another_computer(
    school, fed, other, amina, *, make_attempt, exchange
):
    work(fed, amina, make_attempt)
    exchange(fed, school)
    assert other.state(amina).attempts == 0
    work(other, amina, make_attempt, sitting=b"sitting2", answers=2)
    exchange(other, school)
    exchange(other, school)
    assert other.state(amina).attempts == 5
    exchange(fed, school)
    digests = {learner_digest(room, amina) for room in (fed, other, school)}
    assert len(digests) == 1
    assert {learner_events(room, amina) for room in (fed, other, school)} == {12}


def test_a_hub_folds_learners_and_knows_no_name(make_room, make_attempt, exchange):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    class_id = school.people.add_class("5B")
    amina = school.people.add_learner("Amina Kato", class_id, pin="4821")
    computer = make_room(Role.COMPUTER, joined=school)
    exchange(computer, school)
    work(computer, amina, make_attempt)
    exchange(computer, school)
    exchange(school, hub)
    assert learner_digest(hub, amina) == learner_digest(school, amina)
    assert learner_events(hub, amina) == learner_events(school, amina)
    assert [row.name for row in hub.people.classes()] == ["5B"]
    assert {row.name for row in hub.people.learners()} == {"?"}
    assert hub.hooks.scopes_of(school.home.node_id) == (b"p",)  # fits of parameters
    dumped = repr(hub.store.read(lambda c: list(tables.dump(c))))
    assert "Amina" not in dumped
    assert "Kato" not in dumped


def test_an_op_that_a_computer_makes_is_kept_and_changes_no_list(school, fed, class_id, exchange):
    fed.record.record((None, Op(class_id, CLASS_NAME, "Mine", ())))
    events = school.store.event_count()
    exchange(fed, school)
    assert school.store.event_count() == events + 1
    assert [row.name for row in school.people.classes()] == ["5B"]
    school.rebuild()
    assert [row.name for row in school.people.classes()] == ["5B"]


def test_a_stranger_has_no_scope(school, fed, amina, make_room):
    assert school.hooks.scopes_of(b"x" * 16) == ()
    assert len(school.hooks.scopes_of(fed.home.node_id)) == 4
    assert fed.hooks.scopes_of(school.home.node_id) == ()


def test_presence_reaches_the_board(school, fed, amina, exchange, clock):
    row = PresenceRow(amina, Doing.WORKING, 4_000, "fractions/q1", 3, 8)
    exchange(fed, school, presence=(row,))
    seat = school.presence.seats()[amina]
    assert (seat.node_id, seat.nth, seat.of, seat.since_ms) == (fed.home.node_id, 3, 8, 4_000)
    clock.advance(30_000)
    assert school.presence.seats()[amina].since_ms == 34_000
    exchange(fed, school)
    assert school.presence.seats() == {}


def test_pack_versions_reach_the_computer(school, fed, exchange):
    school.publish_pack(PackValue("fractions", "1.0", 1, b"h" * 32))
    newer = PackValue("fractions", "1.1", 2, b"i" * 32)
    assert school.publish_pack(newer)
    assert not school.publish_pack(newer)
    exchange(fed, school)
    assert fed.published_packs() == [newer]


def _records(connection):
    return connection.execute("SELECT scope, record_id, value FROM record").fetchall()
