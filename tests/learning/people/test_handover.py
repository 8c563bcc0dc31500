"""Handing classes over, ending sign-ins, and one teacher at two schools."""

import pytest
from deciding_world import is_rebuilt_equal

from darasa.learning.errors import LearningError, NotFoundError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people.class_staff import (
    classes_of_teacher,
    reach_of,
    set_teachers,
    share_classes,
    shares_classes,
    teachers_of,
)
from darasa.learning.people.handover import (
    end_sign_in,
    former_staff,
    hand_over,
    let_back,
    name_of,
)
from darasa.learning.people.staff_use import last_use, note_use
from darasa.learning.people.undoing import take_back
from darasa.learning.rights import Post
from darasa.learning.signing_in.desk import Teacher, WrongSecret
from darasa.sync.ids import Role

PASSPHRASE = "long enough it is"


@pytest.fixture
def head(school):
    return school.people.add_teacher("Grace Otieno", PASSPHRASE)


@pytest.fixture
def otieno(school, head):
    return school.people.add_teacher("Ms. Otieno", PASSPHRASE)


@pytest.fixture
def mwangi(school, head):
    return school.people.add_teacher("Mr. Mwangi", PASSPHRASE)


def who(room, class_id):
    return [row.name for row in teachers_of(room, class_id)]


def signs_in(room, name):
    return isinstance(room.desk.try_teacher(name, PASSPHRASE), Teacher)


def test_classes_change_hands_in_one_transaction_and_the_sign_in_ends_with_them(
    school, class_id, otieno, mwangi
):
    other = school.people.add_class("6A")
    set_teachers(school, class_id, [otieno])
    set_teachers(school, other, [otieno, mwangi])
    before = school.store.position().ordinal
    undo = hand_over(school, otieno, mwangi, [class_id, other], end=True)
    assert school.store.position().ordinal == before + 1  # all in one arrival
    assert (who(school, class_id), who(school, other)) == (["Mr. Mwangi"], ["Mr. Mwangi"])
    assert not signs_in(school, "Ms. Otieno")
    assert [each.name for each in former_staff(school)] == ["Ms. Otieno"]
    assert is_rebuilt_equal(school)
    take_back(school, undo)
    assert who(school, class_id) == ["Ms. Otieno"]
    assert sorted(who(school, other)) == ["Mr. Mwangi", "Ms. Otieno"]
    assert signs_in(school, "Ms. Otieno")
    assert is_rebuilt_equal(school)


def test_what_is_the_classs_stays_with_it_and_what_she_wrote_keeps_her_name(
    school, class_id, amina, otieno, mwangi
):
    group = b"g" * 16
    set_teachers(school, class_id, [otieno])
    school.record.record(
        (None, Op(group, "group.name", "Sun", ())),
        (None, Op(group, "group.class", class_id, ())),
        (None, Op(b"a" * 16, "assignment.class", class_id, ())),
        (amina, Op(amina, "learner.group", group, ())),
    )
    before = [school.people.record_of(each) for each in (group, b"a" * 16, amina)]
    hand_over(school, otieno, mwangi, [class_id], end=True)
    assert [school.people.record_of(each) for each in (group, b"a" * 16, amina)] == before
    assert name_of(school, otieno) == "Ms. Otieno"
    assert [row.name for row in school.people.learners(class_id)] == ["Amina Kato"]


def test_what_cannot_be_handed_over_changes_nothing(school, class_id, head, otieno, mwangi):
    set_teachers(school, class_id, [otieno])
    before = school.store.position().ordinal
    for to, classes, end in (
        (None, [class_id], False),
        (otieno, [class_id], False),
        (mwangi, [], False),
        (b"x" * 16, [class_id], True),
    ):
        with pytest.raises(PeopleError, match=r"\.$"):
            hand_over(school, otieno, to, classes, end=end)
    with pytest.raises(PeopleError):
        hand_over(school, mwangi, otieno, [class_id], end=True)  # it is not his
    with pytest.raises(LearningError, match="only head"):
        hand_over(school, head, mwangi, [], end=True)
    assert school.store.position().ordinal == before
    assert signs_in(school, "Mr. Mwangi")


def test_who_left_is_let_back_with_her_passphrase(school, otieno, mwangi):
    hand_over(school, otieno, None, [], end=True)
    let_back(school, otieno)
    assert signs_in(school, "Ms. Otieno")
    assert former_staff(school) == []
    with pytest.raises(NotFoundError):
        let_back(school, mwangi)


def test_the_last_use_is_of_this_server_and_in_no_log(school, otieno, clock):
    assert last_use(school) == {}
    before = school.store.position().ordinal
    note_use(school, otieno)
    clock.advance(60_000)
    note_use(school, otieno)
    assert last_use(school) == {otieno: (clock.wall_ms(), 2)}
    assert school.store.position().ordinal == before


def test_a_teachers_reach_is_her_classes_and_those_of_nobody(school, class_id, otieno, mwangi):
    other = school.people.add_class("6A")
    row = school.people.teacher(otieno)
    assert reach_of(school, row).own == {class_id, other}
    set_teachers(school, class_id, [mwangi])
    assert reach_of(school, row).own == {other}
    assert not reach_of(school, row).may_look([class_id])
    assert [each.name for each in classes_of_teacher(school, mwangi)] == ["5B"]
    undo = share_classes(school, shared=True)
    assert reach_of(school, row).may_look([class_id])
    assert not reach_of(school, row).may_act([class_id])
    take_back(school, undo)
    assert not shares_classes(school)


def test_a_computer_cannot_say_who_teaches_or_looks(school, computer, class_id, otieno, exchange):
    computer.record.record((None, Op(class_id, "class.teacher", otieno, ())))
    exchange(computer, school)
    assert who(school, class_id) == []
    ignored = [each for each in school.decisions.unconfirmed() if each.field == "class.teacher"]
    assert ignored == []  # nor is there anything to confirm


def test_one_teacher_at_two_schools_is_each_schools_own_and_nobody_at_the_hub(
    make_room, rng, exchange
):
    hub = make_room(Role.HUB)
    schools = [make_room(Role.SCHOOL, joined=hub, name=name) for name in ("Kisima", "Mlima")]
    ids = []
    for room in schools:
        room.people.add_teacher("The Head", PASSPHRASE)
        teacher = room.people.add_teacher("Grace Otieno", PASSPHRASE)
        set_teachers(room, room.people.add_class("5B"), [teacher])
        ids.append(teacher)
    for _ in range(2):
        for room in schools:
            exchange(room, hub)
    assert ids[0] != ids[1]
    for room, teacher in zip(schools, ids, strict=True):
        found = room.desk.try_teacher("Grace Otieno", PASSPHRASE)
        assert isinstance(found, Teacher)
        assert found.row.record_id == teacher
        assert [row.name for row in classes_of_teacher(room, teacher)] == ["5B"]
        assert room.people.conflicts() == []
        assert is_rebuilt_equal(room)
    assert hub.people.teachers() == []
    assert hub.people.conflicts() == []
    assert isinstance(hub.desk.try_teacher("Grace Otieno", PASSPHRASE), WrongSecret)
    hub.people.add_teacher("Grace Otieno", PASSPHRASE, post=Post.OFFICER)  # and may be one there
    assert [row.role for row in hub.people.teachers()] == [Post.OFFICER]
    schools[0].people.add_teacher("Joyce Mrisho", PASSPHRASE, post=Post.HEAD)
    end_sign_in(
        schools[0], schools[0].people.teacher(ids[0])
    )  # leaving one school is not leaving the other
    for room in schools:
        exchange(room, hub)
    assert isinstance(schools[1].desk.try_teacher("Grace Otieno", PASSPHRASE), Teacher)
    assert isinstance(schools[0].desk.try_teacher("Grace Otieno", PASSPHRASE), WrongSecret)
    assert is_rebuilt_equal(hub)
