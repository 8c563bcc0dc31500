"""Two who change the same class without knowing of each other: both kept, listed, ended by one."""

import random

import pytest
from deciding_world import deliver, dump, runs_of, work
from hypothesis import given, settings
from hypothesis import strategies as st

from darasa.learning import learner_state, projection
from darasa.learning.acting import acting_as
from darasa.learning.classroom import Classroom
from darasa.learning.computers import name_computer
from darasa.learning.digest import learner_digest
from darasa.learning.errors import NotFoundError
from darasa.learning.kinds import PAYLOADS, Kind, Op
from darasa.learning.people import class_lists
from darasa.learning.people.handover import end_sign_in
from darasa.learning.people.undoing import take_back
from darasa.learning.records import (
    CLASS_DELETED,
    CLASS_NAME,
    LEARNER_ASSIGNMENT,
    LEARNER_CLASS,
    LEARNER_DELETED,
)
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home
from darasa.sync.ids import Role


@pytest.fixture
def branches(rng, clock):
    """A school of yesterday, twice: the one that went on, and the backup that was restored."""
    home = Home.in_memory(role=Role.SCHOOL, name="Kisima", rng=rng)
    rooms = [
        Classroom.in_memory(
            role=Role.SCHOOL, clock=clock, rng=random.Random(seed).randbytes, home=home
        )
        for seed in (1, 2)
    ]
    one, two = rooms
    class_id = one.people.add_class("5B")
    learner = one.people.add_learner("Amina Kato", class_id, pin="4821")
    deliver(two, runs_of(one))
    yield one, two, class_id, learner
    for room in rooms:
        room.close()


def meet(one, two):
    """Each gets what the other has, as through a hub that gives back."""
    mine, theirs = runs_of(one), runs_of(two)
    deliver(one, theirs)
    deliver(two, mine)


def shared(room):
    """Every table whose rows are the same where the same events are held."""
    return [row for row in dump(room) if row[0] != "lt_teacher"]


def test_a_conflict_names_the_teachers_and_goes_on_to_when_one_has_left(branches):
    one, two, class_id, _ = branches
    amani = one.people.add_teacher("Ms. Amani", "well and bucket 7")
    deliver(two, runs_of(one))
    juma = two.people.add_teacher("Mr. Juma", "rain on the roof 5")
    with acting_as(amani):
        class_lists.rename_class(one, class_id, "5 Blue")
    with acting_as(juma):
        class_lists.rename_class(two, class_id, "5 Red")
    end_sign_in(two, two.people.teacher(juma))
    meet(one, two)
    (conflict,) = one.people.conflicts()
    assert {choice.words: choice.who for choice in conflict.choices} == {
        "5 Blue": "Ms. Amani",
        "5 Red": "Mr. Juma",
    }
    assert two.people.conflicts() == [conflict]


def test_an_op_of_the_machine_itself_names_no_teacher(branches):
    one, _, class_id, _ = branches
    with acting_as(one.people.add_teacher("Ms. Amani", "well and bucket 7")):
        pass
    class_lists.rename_class(one, class_id, "5 Blue")
    ops = [each.event for _, _, each in runs_of(one).values() if each.event.kind == Kind.OP]
    assert {len(op.body) for op in ops} == {4}


def test_both_branches_of_a_restored_school_keep_both_edits_and_list_them(branches):
    one, two, class_id, learner = branches
    class_lists.rename_class(one, class_id, "5 Blue")
    class_lists.rename_class(two, class_id, "5 Red")
    class_lists.rename(one, learner, "Amina Kisa")
    two.people.set_pin(learner, "5937")
    meet(one, two)
    assert shared(one) == shared(two)
    (conflict,) = one.people.conflicts()
    assert {conflict.shown, *conflict.others} == {"5 Blue", "5 Red"}
    assert [choice.who for choice in conflict.choices] == ["Kisima", "Kisima"]
    assert two.people.conflicts() == [conflict]
    assert one.people.find_id(learner).name == "Amina Kisa"
    assert one.desk.try_pin(learner, "5937").learner_id == learner
    kept = conflict.choices[1]
    two.people.keep(conflict.record_id, conflict.field, kept.chain8)
    meet(one, two)
    assert [row.name for row in one.people.classes()] == [kept.words]
    assert not one.people.conflicts()
    assert shared(one) == shared(two)
    for room in (one, two):
        before = dump(room)
        room.rebuild()
        assert dump(room) == before
    with pytest.raises(NotFoundError):
        one.people.keep(conflict.record_id, conflict.field, kept.chain8)


def test_two_who_end_a_conflict_at_the_same_time_make_another_and_lose_nothing(branches):
    one, two, class_id, _ = branches
    class_lists.rename_class(one, class_id, "5 Blue")
    class_lists.rename_class(two, class_id, "5 Red")
    meet(one, two)
    (conflict,) = one.people.conflicts()
    one.people.keep(class_id, CLASS_NAME, conflict.choices[0].chain8)
    two.people.keep(class_id, CLASS_NAME, conflict.choices[1].chain8)
    meet(one, two)
    (again,) = one.people.conflicts()
    assert {again.shown, *again.others} == {"5 Blue", "5 Red"}
    assert two.people.conflicts() == [again]


def test_a_member_added_there_while_removed_here_stays(branches):
    one, two, class_id, learner = branches
    other = one.people.add_class("5C")
    meet(one, two)
    class_lists.out_of(one, learner, class_id)
    class_lists.also_in(two, learner, other)
    meet(one, two)
    assert [row.learner_id for row in one.people.learners(other)] == [learner]
    assert one.people.learners(class_id) == []
    assert not one.people.conflicts()


def test_an_edit_of_a_learner_deleted_elsewhere_is_kept_and_listed_and_brings_her_back(branches):
    one, two, class_id, learner = branches
    class_lists.take_off(one, learner)
    class_lists.rename(two, learner, "Amina Kisa")
    meet(one, two)
    for room in (one, two):
        assert room.people.learners() == []
        (conflict,) = room.people.conflicts()
        assert (conflict.field, conflict.about) == (LEARNER_DELETED, "Amina Kisa")
        assert (conflict.shown, conflict.others) == ("deleted", ("Amina Kisa",))
    two.people.keep(learner, LEARNER_DELETED, conflict.choices[1].chain8)
    meet(one, two)
    assert [row.name for row in one.people.learners(class_id)] == ["Amina Kisa"]
    assert not one.people.conflicts()
    assert shared(one) == shared(two)


def test_a_deletion_that_has_seen_the_edit_is_the_last_word(branches):
    one, two, class_id, _ = branches
    class_lists.close_class(one, class_id)
    class_lists.rename_class(two, class_id, "5 Blue")
    meet(one, two)
    (conflict,) = one.people.conflicts()
    one.people.keep(class_id, CLASS_DELETED, conflict.choices[0].chain8)
    meet(one, two)
    assert not one.people.conflicts()
    assert one.people.classes() == two.people.classes() == []


@pytest.mark.parametrize("at_once", [True, False], ids=["take off", "an older program"])
def test_a_record_of_more_ops_than_one_can_name_is_deleted_for_good(school, amina, *, at_once):
    """An op names 64 others; what was set for her by name alone may be more."""
    for n in range(70):
        school.record.record((amina, Op(amina, LEARNER_ASSIGNMENT, bytes([n]) * 16, ())))
    if at_once:
        undo = class_lists.take_off(school, amina)
        assert school.people.conflicts() == []
        take_back(school, undo)
        assert [row.learner_id for row in school.people.learners()] == [amina]
        class_lists.take_off(school, amina)
    else:
        seen = school.people.record_of(amina).seen_by_deletion(LEARNER_DELETED)
        school.record.record((amina, Op(amina, LEARNER_DELETED, value=True, supersedes=seen)))
        (listed,) = school.people.conflicts()
        school.people.keep(amina, LEARNER_DELETED, listed.choices[0].chain8)
    assert school.people.conflicts() == []
    assert school.people.learners() == []


def test_a_teacher_at_a_computer_and_one_at_the_school(school, computer, exchange):
    class_id = school.people.add_class("5B")
    name_computer(school, computer.home.node_id, name="PC 7", place="Room 4")
    exchange(computer, school)
    seen = school.people.record_of(class_id).chains(CLASS_NAME)
    computer.record.record((None, Op(class_id, CLASS_NAME, "5 Blue", seen)))
    class_lists.rename_class(school, class_id, "5 Red")
    exchange(computer, school)
    assert not school.people.conflicts()
    school.decisions.confirm(school.decisions.unconfirmed()[0])
    (conflict,) = school.people.conflicts()
    assert {conflict.shown, *conflict.others} == {"5 Red", "5 Blue"}
    assert {choice.who for choice in conflict.choices} == {"school", "PC 7"}


edits = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["rename", "class", "move", "delete", "keep", "meet", "merge", "unmerge"]),
        st.integers(0, 2),
    ),
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(edits)
def test_whatever_both_do_they_agree_after_meeting_and_after_a_rebuild(steps):
    rng, clock = random.Random(5).randbytes, ManualClock(1_800_000_000_000)
    home = Home.in_memory(role=Role.SCHOOL, name="Kisima", rng=rng)
    rooms = [
        Classroom.in_memory(
            role=Role.SCHOOL, clock=clock, rng=random.Random(seed).randbytes, home=home
        )
        for seed in (1, 2)
    ]
    try:
        classes = [rooms[0].people.add_class(name) for name in ("5B", "5C")]
        learners = [
            rooms[0].people.learner_facts(bytes([n]) * 16, f"L {n}", classes[0], None)
            for n in range(3)
        ]
        rooms[0].record.record(*(fact for facts in learners for fact in facts))
        deliver(rooms[1], runs_of(rooms[0]))
        for who, what, n in steps:
            do(rooms, who, what, n, classes)
        meet(*rooms)
        assert shared(rooms[0]) == shared(rooms[1])
        before = dump(rooms[0])
        rooms[0].rebuild()
        assert dump(rooms[0]) == before
    finally:
        for room in rooms:
            room.close()


def do(rooms, who, what, n, classes):
    room, learner, other = rooms[who], bytes([n]) * 16, bytes([(n + 1) % 3]) * 16
    match what:
        case "rename":
            class_lists.rename(room, learner, f"Name {who} {n}")
        case "class":
            class_lists.rename_class(room, classes[n % 2], f"Class {who} {n}")
        case "move":
            class_lists.move(room, learner, classes[who])
        case "delete":
            class_lists.take_off(room, learner)
        case "keep":
            for conflict in room.people.conflicts()[:1]:
                room.people.keep(conflict.record_id, conflict.field, conflict.choices[-1].chain8)
        case "meet":
            meet(*rooms)
        case "merge" if room.aliases_of(learner)[0] != room.aliases_of(other)[0]:
            room.decisions.merge(learner, other)
        case "unmerge" if len(room.aliases_of(learner)) > 1:
            room.decisions.unmerge(learner)
        case _:
            pass


# -- an older program and a newer one -----------------------------------------------------


def test_what_an_older_program_kept_unread_is_folded_after_an_upgrade(
    school, computer, clock, monkeypatch, *, make_attempt, exchange
):
    amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    exchange(computer, school)
    class_id = school.people.classes()[0].record_id
    with monkeypatch.context() as older:
        for kind in (Kind.ATTEMPT, Kind.MERGE, Kind.OP):
            older.delitem(PAYLOADS, (kind, 1))
        older.setattr(projection, "VERSION", "of an older program")
        school.rebuild()
        work(computer, amina, make_attempt)
        exchange(computer, school)
        assert school.state(amina).attempts == 0
        assert school.people.classes() == []
        held = runs_of(school)
    assert not school.store.read(school._projection.is_current)
    school._start()
    assert runs_of(school) == held  # bit for bit, as it came
    assert school.state(amina).attempts == 3
    assert [row.record_id for row in school.people.classes()] == [class_id]
    assert learner_digest(school, amina) == learner_state.digest(school.state(amina)).hex()


def test_a_set_field_of_two_edits_is_no_conflict(school):
    learner = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    school.record.record((learner, Op(learner, LEARNER_CLASS, b"c" * 16, ())))
    assert not school.people.conflicts()
