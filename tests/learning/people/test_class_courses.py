"""Which packs a class has, and what a learner of it sees at a computer."""

import os
import shutil

import pytest
from deciding_world import is_rebuilt_equal

from darasa.content_packs.build import build_pack
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import correct_response
from darasa.content_packs.shelf import Shelf
from darasa.learning.people import class_lists
from darasa.learning.people.class_courses import courses_of, packs_for, set_courses
from darasa.learning.people.undoing import take_back
from darasa.learning.practice.sitting import Sitting
from darasa.sync.ids import Role
from darasa.sync.signing import NodeKey


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """The bundled course, and the same under another id: two courses."""
    key, shelf = NodeKey.generate(os.urandom), Shelf(tmp_path_factory.mktemp("shelf"))
    (course,) = bundled_courses()
    twin = tmp_path_factory.mktemp("source") / "twin"
    shutil.copytree(course, twin)
    about = twin / "pack.toml"
    about.write_text(about.read_text().replace('id = "fractions-p5"', 'id = "a-twin"'))
    for source in (course, twin):
        built = build_pack(source, sign=lambda raw: (key.public, key.sign("pack", raw)))
        shelf.install(built, trusted=[key.public])
    return tuple(shelf.all())


@pytest.fixture
def computer(make_room, school, packs):
    return make_room(Role.COMPUTER, joined=school, packs=packs)


def seen(room, learner_id):
    """The courses on her map, as the client asks for it."""
    sitting = Sitting.begin(room, learner_id)
    found = {skill.key[0] for unit in sitting.map() for skill in unit.skills}
    sitting.sign_out()
    return found


def test_a_class_without_packs_has_all_and_one_with_some_has_those(
    school, computer, class_id, amina, packs, *, exchange
):
    ids = sorted(pack.id for pack in packs)
    assert len(ids) >= 2
    exchange(computer, school)
    assert seen(computer, amina) == set(ids)
    undo = set_courses(school, class_id, ids[:1])
    assert courses_of(school, class_id) == (ids[0],)
    exchange(computer, school)
    assert seen(computer, amina) == {ids[0]}
    assert is_rebuilt_equal(school)
    assert is_rebuilt_equal(computer)
    take_back(school, undo)
    exchange(computer, school)
    assert seen(computer, amina) == set(ids)


def test_two_classes_have_their_packs_together_and_one_without_opens_all(
    school, computer, class_id, amina, packs, *, exchange
):
    ids = sorted(pack.id for pack in packs)
    other = school.people.add_class("Reading club")
    class_lists.also_in(school, amina, other)
    set_courses(school, class_id, ids[:1])
    set_courses(school, other, ids[1:2])
    exchange(computer, school)
    assert {pack.id for pack in packs_for(computer, amina)} == set(ids[:2])
    set_courses(school, other, [])
    exchange(computer, school)
    assert {pack.id for pack in packs_for(computer, amina)} == set(ids)


def test_packs_are_set_one_by_one_and_another_set_replaces_them(school, class_id):
    for wanted in (["a", "b"], ["b", "c"], [], ["c"], ["c", "a", "b"]):
        set_courses(school, class_id, wanted)
        assert courses_of(school, class_id) == tuple(sorted(wanted))


def test_a_pack_is_not_taken_from_under_a_learner_who_is_at_it(
    school, computer, class_id, amina, packs, *, exchange
):
    ids = sorted(pack.id for pack in packs)
    exchange(computer, school)
    sitting = Sitting.begin(computer, amina)
    skill = next(s.key for unit in sitting.map() for s in unit.skills if s.key[0] == ids[0])
    sitting.start_set(skill)
    set_courses(school, class_id, ids[1:2])
    exchange(computer, school)
    view = sitting.current  # the sitting has what it began with
    assert view is not None
    sitting.answer(correct_response(view.instance))
    assert {s.key[0] for unit in sitting.map() for s in unit.skills} == set(ids)
    sitting.sign_out()
    again = Sitting.begin(computer, amina)  # an open set is finished, whatever her class has
    assert {s.key[0] for unit in again.map() for s in unit.skills} >= {ids[0], ids[1]}
    assert again.start_set() is not None
    while again.next() is not None:
        view = again.current
        assert view is not None
        again.answer(correct_response(view.instance))
    again.sign_out()
    assert seen(computer, amina) == {ids[1]}
    assert computer.state(amina).attempts > 0  # her work on it stays hers


def test_a_pack_that_is_nowhere_leaves_an_empty_map_and_no_fault(
    school, computer, class_id, amina, *, exchange
):
    set_courses(school, class_id, ["not-here"])
    for _ in range(2):  # first the classes, then who is in them
        exchange(computer, school)
    sitting = Sitting.begin(computer, amina)
    assert sitting.map() == []
    assert sitting.start_set() is None
    assert sitting.home() is not None
    sitting.sign_out()
