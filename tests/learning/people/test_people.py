import pytest

from darasa.learning.classroom import Classroom
from darasa.learning.errors import (
    AmbiguousError,
    NoSchoolKeyError,
    NotFoundError,
    NotHereError,
    PeopleError,
    SecretError,
)
from darasa.learning.kinds import Op
from darasa.learning.people import class_lists
from darasa.learning.records import CLASS_NAME, CLASS_SIGN_IN, LEARNER_NAME, TEACHER_NAME
from darasa.learning.scopes import SCHOOL_SCOPE, class_scope, parse_value
from darasa.learning.signing_in.desk import SignedIn, Teacher
from darasa.learning.signing_in.verifier import SecretKind
from darasa.sync.codec import pack
from darasa.sync.ids import LearnerId, Role
from darasa.sync.sealing import seal


@pytest.fixture
def class_id(school: Classroom):
    return school.people.add_class("Darasa la 5B")


def names_of(school, class_id=None):
    return [str(row.name) for row in school.people.learners(class_id)]


def test_a_new_learner_is_on_the_list_of_her_class(school, class_id):
    learner_id = school.people.add_learner("  Amina   Kato ", class_id, pin="4821")
    (row,) = school.people.learners(class_id)
    assert (row.learner_id, row.name, row.short) == (learner_id, "Amina Kato", "Amina K.")
    assert (row.class_id, row.class_name) == (class_id, "Darasa la 5B")
    assert school.people.find_id(learner_id) == row


def test_lists_are_by_name_and_show_short_names_that_differ(school, class_id):
    for name in ("juma ali", "Amina Kisa", "Amina Kato"):
        school.people.add_learner(name, class_id, pin="4821")
    rows = school.people.learners(class_id)
    assert [row.short for row in rows] == ["Amina Ka.", "Amina Ki.", "juma a."]


def test_no_personal_text_is_in_any_event_in_clear(school, class_id):
    school.people.add_learner("Wanjiru Secretname", class_id, pin="4821")
    school.people.add_teacher("Mwalimu Hidden", "correct horse battery")
    events = school.store.events_after(0)
    assert events
    for stored in events:
        assert b"Secretname" not in stored.canonical
        assert b"Hidden" not in stored.canonical


def test_ops_about_a_learner_carry_her_id_and_no_other(school, class_id):
    a = school.people.add_learner("A", class_id, pin="4821")
    b = school.people.add_learner("B", class_id, pin="4821")
    for learner, other in ((a, b), (b, a)):
        for stored in school.store.events_of(learner):
            assert other not in stored.canonical


def test_find_takes_ids_names_short_names_and_beginnings(school, class_id):
    amina = school.people.add_learner("Amina Kato", class_id, pin="4821")
    school.people.add_learner("Juma Ali", class_id, pin="4821")
    for asked in (amina.hex(), "amina kato", "Amina K.", "amina k", "Amina", "AMI"):
        assert school.people.find(asked).learner_id == amina
    with pytest.raises(NotFoundError):
        school.people.find("Nobody")
    with pytest.raises(NotFoundError):
        school.people.find("00" * 16)


def test_find_says_when_several_fit(school, class_id):
    for _ in range(2):
        school.people.add_learner("Amina Kato", class_id, pin="4821")
    with pytest.raises(AmbiguousError, match="Amina Kato"):
        school.people.find("Amina Kato")


def test_renaming_moving_and_removing_show_at_once(school, class_id):
    other = school.people.add_class("5C")
    learner = school.people.add_learner("Amina Kato", class_id, pin="4821")
    class_lists.rename(school, learner, "Amina Kisa")
    assert names_of(school, class_id) == ["Amina Kisa"]
    class_lists.move(school, learner, other)
    assert (names_of(school, class_id), names_of(school, other)) == ([], ["Amina Kisa"])
    class_lists.also_in(school, learner, class_id)
    assert names_of(school, class_id) == names_of(school, other) == ["Amina Kisa"]
    class_lists.out_of(school, learner, other)
    assert (names_of(school, class_id), names_of(school, other)) == (["Amina Kisa"], [])
    class_lists.take_off(school, learner)
    assert names_of(school) == []
    assert not school.people.conflicts()


def test_deleting_a_class_keeps_its_learners(school, class_id):
    school.people.add_learner("Amina Kato", class_id, pin="4821")
    class_lists.close_class(school, class_id)
    assert school.people.classes() == []
    (row,) = school.people.learners()
    assert (row.name, row.class_id, row.class_name) == ("Amina Kato", None, "")


def test_two_edits_that_did_not_see_each_other_are_a_conflict(school, class_id):
    school.record.record((None, Op(class_id, CLASS_NAME, "Five Blue", ())))
    (conflict,) = school.people.conflicts()
    assert (conflict.field, conflict.shown, conflict.others) == (
        CLASS_NAME, "Darasa la 5B", ("Five Blue",),
    )  # fmt: skip
    class_lists.rename_class(school, class_id, "5 Blue")
    assert not school.people.conflicts()
    assert [row.name for row in school.people.classes()] == ["5 Blue"]


def test_an_op_with_a_strange_value_breaks_no_list(school, class_id):
    learner = school.people.add_learner("Amina Kato", class_id, pin="4821")
    for value in (None, 7, (1, (2,)), "text", b"not sealed"):
        school.record.record((learner, Op(learner, LEARNER_NAME, value, ())))
        school.record.record((learner, Op(learner, "learner.class", value, ())))
        school.record.record((None, Op(class_id, CLASS_NAME, value, ())))
    assert len(school.people.learners()) == 1
    school.people.classes()
    school.people.conflicts()


def test_an_op_that_does_not_bear_the_learners_id_changes_nothing(school, class_id):
    a = school.people.add_learner("Amina Kato", class_id, pin="4821")
    b = school.people.add_learner("Juma Ali", class_id, pin="4821")
    for envelope in (None, b):
        school.record.record((envelope, Op(a, "learner.deleted", True, ())))
    school.record.record((a, Op(class_id, CLASS_NAME, "Other", ())))
    assert names_of(school, class_id) == ["Amina Kato", "Juma Ali"]
    assert not school.people.conflicts()


def test_only_the_school_server_changes_people(computer, make_room):
    for room in (computer, make_room(Role.HUB)):
        with pytest.raises(NotHereError):
            room.people.add_class("5B")
    with pytest.raises(NotHereError):
        computer.people.set_pin(LearnerId(b"x" * 16), "4821")


def test_a_computer_that_has_not_joined_can_write_no_personal_text(make_room):
    alone = make_room(Role.COMPUTER)
    with pytest.raises(NoSchoolKeyError):
        alone.people.learner_facts(LearnerId(b"x" * 16), "Amina", None, None)


def test_bad_names_and_secrets_are_refused_and_nothing_is_written(school, class_id):
    before = school.store.event_count()
    with pytest.raises(PeopleError):
        school.people.add_class("  ")
    with pytest.raises(SecretError):
        school.people.add_learner("Amina", class_id, pin="12")
    with pytest.raises(SecretError):
        school.people.add_teacher("Mwalimu", "short")
    with pytest.raises(NotFoundError):
        school.people.find_class("7Z")
    assert school.store.event_count() == before


def test_the_school_publishes_names_as_shown_and_takes_them_back(school, class_id):
    a = school.people.add_learner("Amina Kato", class_id, pin="4821")
    b = school.people.add_learner("Amina Kisa", class_id, pin="4821")
    assert parse_value(school.store.published(SCHOOL_SCOPE)[class_id]).name == "Darasa la 5B"
    listed = school.store.published(class_scope(class_id))
    assert {parse_value(value).name for value in listed.values()} == {"Amina Ka.", "Amina Ki."}
    class_lists.take_off(school, a)
    listed = school.store.published(class_scope(class_id))
    assert {key: parse_value(value).name for key, value in listed.items()} == {b: "Amina K."}
    class_lists.close_class(school, class_id)
    assert school.store.published(SCHOOL_SCOPE) == {}


def test_what_did_not_change_is_not_published_again(school, class_id):
    school.people.add_learner("Amina Kato", class_id, pin="4821")
    before = school.store.read(_feed_ordinals)
    class_lists.rename_class(school, class_id, "Darasa la 5B")
    school.rebuild()
    assert school.store.read(_feed_ordinals) == before


def _feed_ordinals(connection):
    return connection.execute("SELECT scope, record_id, ordinal FROM feed ORDER BY 1, 2").fetchall()


def test_a_hub_has_officers_of_its_own(make_room):
    hub = make_room(Role.HUB)
    hub.people.add_teacher("Peter Lema", "one two three four")
    assert [row.name for row in hub.people.teachers()] == ["Peter Lema"]
    assert isinstance(hub.desk.try_teacher("Peter Lema", "one two three four"), Teacher)


def test_what_a_school_seals_to_the_hub_makes_nobody_an_officer(make_room, school):
    hub = make_room(Role.HUB)
    forged = school.rng(16)
    context = pack((hub.home.school_id, forged, TEACHER_NAME))
    name = seal(hub.home.seal_public, b"Mallory", context=context, rng=school.rng)
    event = school.record.record((None, Op(forged, TEACHER_NAME, name, ())))
    with hub.store.transaction() as tx:
        hub.hooks.on_events(tx, event)
    assert hub.people.teachers() == []


def test_a_class_is_set_up_for_pictures_and_back(school, class_id, computer):
    assert school.people.class_row(class_id).sign_in is SecretKind.TYPED
    school.people.set_sign_in(class_id, SecretKind.PICTURES)
    assert school.people.class_row(class_id).sign_in is SecretKind.PICTURES
    class_lists.rename_class(school, class_id, "5C")
    assert school.people.class_row(class_id).sign_in is SecretKind.PICTURES
    school.people.set_sign_in(class_id, SecretKind.TYPED)
    assert school.people.class_row(class_id).sign_in is SecretKind.TYPED


def test_a_kind_of_secret_that_a_later_version_brings_is_a_pin_here(school, class_id):
    school.record.record((None, Op(class_id, CLASS_SIGN_IN, "fingerprint", ())))
    assert school.people.class_row(class_id).sign_in is SecretKind.TYPED


def test_learners_of_one_class_have_secrets_of_both_kinds(school, class_id):
    ann = school.people.add_learner("Ann A", class_id, pin="4821")
    ben = school.people.add_learner("Ben B", class_id, pin="2a4", kind=SecretKind.PICTURES)
    assert (school.desk.kind(ann), school.desk.kind(ben)) == (
        SecretKind.TYPED,
        SecretKind.PICTURES,
    )
    assert school.desk.try_pin(ben, "2a4") == SignedIn(ben)
    school.people.set_pin(ben, "4711")
    assert school.desk.kind(ben) is SecretKind.TYPED
