"""A child on no list: she begins at a computer, and her school takes her in days later."""

import os

import pytest
from deciding_world import is_rebuilt_equal, tries

from darasa.content_packs.build import build_pack
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import correct_response
from darasa.content_packs.shelf import Shelf
from darasa.learning.classroom import Classroom
from darasa.learning.digest import learner_digest
from darasa.learning.errors import NotFoundError, PeopleError
from darasa.learning.kinds import Kind
from darasa.learning.people import class_lists, newcomers
from darasa.learning.people.class_lists import entry
from darasa.learning.people.undoing import take_back
from darasa.learning.practice.sitting import Sitting
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    key, shelf = NodeKey.generate(os.urandom), Shelf(tmp_path_factory.mktemp("shelf"))
    for course in bundled_courses():
        built = build_pack(course, sign=lambda raw: (key.public, key.sign("pack", raw)))
        shelf.install(built, trusted=[key.public])
    return tuple(shelf.all())


@pytest.fixture
def lab(make_room, school, packs):
    """lab(name): a computer that has joined the school."""
    return lambda name: make_room(Role.COMPUTER, joined=school, name=name, packs=packs)


def practise(room, learner_id, answers=3):
    """She answers items right, as her keys would."""
    sitting = Sitting.begin(room, learner_id, how="guest")
    sitting.start_set()
    for _ in range(answers):
        view = sitting.current or sitting.start_set()
        assert view is not None
        sitting.answer(correct_response(view.instance))
        sitting.next()
    sitting.sign_out()


def at_school(school):
    return {each.name: each for each in newcomers.newcomers(school)}


def test_she_begins_by_her_name_and_her_class_has_her_work_from_the_start(
    school, lab, class_id, exchange, clock
):
    room = lab("PC 07")
    exchange(room, school)
    asha = newcomers.start_newcomer(room, "  asha   m ")
    assert (asha.name, asha.short) == ("asha m", "asha m")
    for _day in range(4):  # the server is away for days
        practise(room, asha.learner_id)
        clock.advance(24 * 3_600_000)
    exchange(room, school)
    assert school.people.learners(class_id) == []
    (found,) = newcomers.newcomers(school)
    assert (found.name, found.at, found.answers) == ("asha m", (room.home.node_id,), 12)
    assert is_rebuilt_equal(school)
    before = learner_digest(school, asha.learner_id)
    added, _ = newcomers.take_in(school, asha.learner_id, entry("Asha Mwangi", "17"), class_id)
    assert newcomers.newcomers(school) == []
    (row,) = school.people.learners(class_id)
    assert (row.learner_id, row.name) == (asha.learner_id, "Asha Mwangi")
    assert class_lists.register_number(school, row.learner_id) == "17"
    assert tries(school, asha.learner_id) == 12
    assert school.state(asha.learner_id).attempts == 12
    for _ in range(2):
        exchange(room, school)
    assert newcomers.newcomers_here(room) == []
    assert [each.short for each in room.people.learners(class_id)] == ["Asha M."]
    assert room.desk.needs_pin(asha.learner_id)
    assert room.desk.try_pin(asha.learner_id, added.secret).learner_id == asha.learner_id
    practise(room, asha.learner_id)
    exchange(room, school)
    assert school.state(asha.learner_id).attempts == 15
    assert learner_digest(room, asha.learner_id) == learner_digest(school, asha.learner_id)
    assert before != learner_digest(school, asha.learner_id)
    assert is_rebuilt_equal(school)
    assert is_rebuilt_equal(room)


def test_her_name_travels_sealed_and_does_not_count_by_itself(school, lab, exchange):
    room = lab("PC 07")
    asha = newcomers.start_newcomer(room, "Asha Mwangi")
    exchange(room, school)
    for where in (room, school):
        events = where.store.events_of(asha.learner_id)
        assert events
        assert not any(b"Asha" in repr(each.event.body).encode() for each in events)
    assert school.people.learners() == []
    waiting = school.decisions.unconfirmed()
    assert [each.field for each in waiting] == ["learner.name"]
    assert newcomers.is_a_newcomers_name(
        school, asha.learner_id, waiting[0].field, waiting[0].chain[:8]
    )


def test_a_computer_that_has_not_joined_tells_the_name_once_it_has(
    joined, school, tmp_path, clock, *, exchange
):
    home = init_home(tmp_path / "pc", role=Role.COMPUTER, name="PC 07", rng=os.urandom)
    with Classroom.open(home, clock=clock, rng=os.urandom) as alone:
        asha = newcomers.start_newcomer(alone, "Asha M.")
        Sitting.begin(alone, asha.learner_id, how="guest").sign_out()
        assert [row.name for row in newcomers.newcomers_here(alone)] == ["Asha M."]
        assert newcomers.tell_newcomers(alone) == 0  # there is no key to seal her name to
    joined(home, school)
    for _start in range(2):
        with Classroom.open(open_home(home.path), clock=clock, rng=os.urandom) as room:
            exchange(room, school)
            assert newcomers.tell_newcomers(room) == 0
            assert [row.learner_id for row in newcomers.newcomers_here(room)] == [asha.learner_id]
    assert list(at_school(school)) == ["Asha M."]
    kinds = [each.event.kind for each in school.store.events_of(asha.learner_id)]
    assert kinds.count(Kind.OP) == 1


def test_the_undo_makes_her_a_newcomer_again_and_loses_nothing(school, lab, class_id, exchange):
    room = lab("PC 07")
    asha = newcomers.start_newcomer(room, "Asha M.")
    practise(room, asha.learner_id)
    exchange(room, school)
    _, undo = newcomers.take_in(school, asha.learner_id, entry("Asha Mwangi"), class_id)
    take_back(school, undo)
    assert school.people.learners() == []
    assert at_school(school)["Asha M."].answers == 3
    assert is_rebuilt_equal(school)
    newcomers.take_in(school, asha.learner_id, entry("Asha Mwangi"), class_id)
    assert [row.name for row in school.people.learners(class_id)] == ["Asha Mwangi"]
    assert is_rebuilt_equal(school)


def test_the_same_child_made_at_two_computers_is_one_again(school, lab, class_id, exchange):
    rooms = [lab("PC 07"), lab("PC 08")]
    made = [newcomers.start_newcomer(room, "Asha M.") for room in rooms]
    for room, row in zip(rooms, made, strict=True):
        practise(room, row.learner_id)
        exchange(room, school)
    one, two = (row.learner_id for row in made)
    assert {each.learner_id for each in newcomers.newcomers(school)} == {one, two}
    added, _ = newcomers.take_in(school, one, entry("Asha Mwangi"), class_id)
    (other,) = newcomers.newcomers(school)
    assert [row.learner_id for row in newcomers.likely(school, other)] == [one]
    undo = newcomers.same_as(school, two, one)
    assert newcomers.newcomers(school) == []
    assert school.state(one).attempts == 6
    for room in rooms:
        for _ in range(3):
            exchange(room, school)
        assert newcomers.newcomers_here(room) == []
        assert [row.learner_id for row in room.people.learners(class_id)] == [one]
        assert room.desk.try_pin(one, added.secret).learner_id == one
        practise(room, one)
        exchange(room, school)
    assert school.state(one).attempts == 12
    assert is_rebuilt_equal(school)
    take_back(school, undo)
    assert [each.learner_id for each in newcomers.newcomers(school)] == [two]
    assert (school.state(one).attempts, school.state(two).attempts) == (9, 3)


def test_a_newcomer_may_be_somebody_who_was_on_a_list_all_the_time(
    school, lab, class_id, amina, exchange
):
    room = lab("PC 07")
    guest = room.guest()
    practise(room, guest.learner_id)
    exchange(room, school)
    (found,) = newcomers.newcomers(school)
    assert found.name == "Guest"
    newcomers.same_as(school, guest.learner_id, amina)
    assert school.state(amina).attempts == 3
    assert newcomers.newcomers(school) == []
    with pytest.raises(NotFoundError):
        newcomers.same_as(school, guest.learner_id, amina)


def test_who_is_put_aside_is_no_newcomer_and_comes_back_with_her_name(
    school, lab, class_id, exchange
):
    room = lab("PC 07")
    asha = newcomers.start_newcomer(room, "Asha M.")
    practise(room, asha.learner_id)
    exchange(room, school)
    undo = class_lists.take_off(school, asha.learner_id)
    assert newcomers.newcomers(school) == []
    assert [row.name for row in class_lists.off_list(school)] == ["Asha M."]
    take_back(school, undo)
    assert list(at_school(school)) == ["Asha M."]


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_a_name_without_a_letter_makes_nobody(lab, name):
    with pytest.raises(PeopleError):
        newcomers.start_newcomer(lab("PC 07"), name)


def test_a_prank_ends_at_thirty(lab):
    room = lab("PC 07")
    for nth in range(newcomers.HERE_MAX):
        newcomers.start_newcomer(room, f"Child {nth}")
    with pytest.raises(PeopleError, match="Ask your teacher"):
        newcomers.start_newcomer(room, "One more")


def test_a_name_is_told_once_though_the_computer_stops_between(lab, school, exchange):
    room = lab("PC 07")
    asha = newcomers.start_newcomer(room, "Asha M.")
    newcomers.tell_newcomers(room)
    exchange(room, school)
    assert len(list(school.store.events_of(asha.learner_id))) == 1
