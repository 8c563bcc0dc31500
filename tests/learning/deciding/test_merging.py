"""Two entries of one learner: folded as one, by either name, and taken apart exactly."""

import pytest
from deciding_world import dump, is_rebuilt_equal, tries, work

from darasa.learning.digest import learner_digest, learner_events
from darasa.learning.errors import DecisionError
from darasa.learning.kinds import Kind, Merge


@pytest.fixture
def twin(school, class_id):
    return school.people.add_learner("Amina Kato Two", class_id, pin="5937")


def test_merged_learners_fold_over_the_union_and_unmerged_are_exactly_as_before(
    school, amina, twin, make_attempt
):
    work(school, amina, make_attempt, answers=2)
    work(school, twin, make_attempt, sitting=b"sitting2", right=False)
    before = dump(school), learner_digest(school, amina), learner_digest(school, twin)
    school.decisions.merge(amina, twin)
    assert school.state(twin) == school.state(amina)
    assert tries(school, amina) == 5
    assert learner_digest(school, twin) == learner_digest(school, amina)
    assert learner_events(school, twin) == 3 + 3 + 4 + 5 + 1
    assert [row.name for row in school.people.learners()] == ["Amina Kato"]
    assert is_rebuilt_equal(school)
    school.decisions.unmerge(twin)
    assert (learner_digest(school, amina), learner_digest(school, twin)) == before[1:]
    assert is_rebuilt_equal(school)
    kept = ("lt_answers", "lt_sitting", "lt_person", "lt_membership", "lt_alias")
    assert [row for row in dump(school) if row[0] in kept] == [
        row for row in before[0] if row[0] in kept
    ]
    with pytest.raises(DecisionError):
        school.decisions.unmerge(twin)


def test_either_name_and_pin_leads_to_the_one_learner_on_every_computer(
    school, fed, other, amina, twin, *, make_attempt, exchange
):
    exchange(fed, school)
    work(fed, amina, make_attempt, answers=2)
    exchange(fed, school)
    exchange(other, school)
    work(other, twin, make_attempt, sitting=b"sitting2")
    exchange(other, school)
    school.decisions.merge(amina, twin)
    for room in (fed, other):
        exchange(room, school)
        exchange(room, school)
        assert room.desk.try_pin(amina, "4821").learner_id == amina
        assert room.desk.try_pin(twin, "5937").learner_id == amina
        assert tries(room, twin) == tries(room, amina) == 5
        assert learner_digest(room, amina) == learner_digest(school, amina)
        assert len(room.people.learners()) == 2  # both names are there to sign in with
        assert is_rebuilt_equal(room)
    school.decisions.unmerge(twin)
    for room in (fed, other):
        exchange(room, school)
        assert tries(room, amina) == 2
        assert learner_digest(room, amina) == learner_digest(school, amina)


def test_work_after_a_merge_sorts_after_all_of_hers(school, amina, twin, make_attempt):
    for nth in range(3):
        work(school, twin, make_attempt, sitting=bytes([nth]) * 8, answers=1)
    school.decisions.merge(amina, twin)
    work(school, amina, make_attempt, sitting=b"sitting9", answers=1)
    events = [each for each in school.events_of(amina) if each.event.kind == Kind.ATTEMPT]
    assert events[-1].event.body[0] == b"sitting9"
    assert events[-1].event.learner_id == amina


def test_erasing_names_every_alias_of_a_chain(school, amina, twin, class_id):
    third = school.people.add_learner("Amina Three", class_id, pin="1357")
    school.decisions.merge(twin, third)
    school.decisions.merge(amina, twin)
    assert set(school.aliases_of(third)) == {amina, twin, third}
    assert school.aliases_of(twin)[0] == amina
    with pytest.raises(DecisionError):
        school.decisions.merge(third, amina)
    school.decisions.unmerge(twin)
    assert school.aliases_of(amina) == (amina,)
    assert school.aliases_of(third) == (twin, third)


def test_a_merge_from_a_computer_waits_for_the_school(school, fed, amina, class_id, exchange):
    twin = school.people.add_learner("Amina K", class_id, pin="5937")
    fed.record.record((twin, Merge(amina, ())))
    exchange(fed, school)
    assert school.aliases_of(amina) == (amina,)
    (waiting,) = school.decisions.unconfirmed()
    school.decisions.confirm(waiting)
    assert school.aliases_of(twin) == (amina, twin)
    assert is_rebuilt_equal(school)
