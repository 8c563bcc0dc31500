"""What a teacher said is folded alike at the school, on its computers and at the hub."""

from marking_world import ADD, Q1, answers_at, same_everywhere, why

from darasa.learning import marking
from darasa.learning.deciding.ignored import ignored_counts
from darasa.learning.deciding.judging import Why as Held
from darasa.learning.digest import learner_digest
from darasa.learning.evidence import Why
from darasa.learning.kinds import Observation, WithdrawItem
from darasa.learning.marks import AnswerKey
from darasa.sync.ids import Role


def test_computers_and_the_hub_fold_what_the_school_folds(make_room, clock, make_attempt, exchange):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub)
    amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    one = make_room(Role.COMPUTER, joined=school, name="PC 1")
    two = make_room(Role.COMPUTER, joined=school, name="PC 2")
    meet = [(one, school), (two, school), (one, school), (two, school), (school, hub)]

    def all_meet():
        for below, above in meet:
            exchange(below, above)

    all_meet()
    events = answers_at(one, amina, make_attempt, {}, {"right": False}, {"item": "q2"})
    answers_at(two, amina, make_attempt, {}, {"item": "q3"}, sitting=b"sitting2")
    all_meet()
    assert same_everywhere(amina, school, one, two, hub)
    marking.observe(school, [amina], ADD, right=True)
    marking.judge(school, amina, ADD, "got")
    marking.overturn(school, amina, events[1].log_id, events[1].seq, right=True)
    marking.overturn_for_all(school, AnswerKey("fractions", "q2", (3,), "3/4"), right=False)
    marking.withdraw_item(school, ("fractions", "q3"))
    answers_at(one, amina, make_attempt, {"item": "q3"}, sitting=b"sitting3")
    all_meet()
    assert same_everywhere(amina, school, one, two, hub)
    assert why(one, amina) == why(school, amina) == why(hub, amina)
    assert {Why.WITHDRAWN, Why.OVERTURNED, Why.OBSERVED} <= set(why(two, amina))
    assert one.state(amina).skill(ADD).judged == school.state(amina).skill(ADD).judged
    marking.withdraw_item(school, ("fractions", "q3"), withdrawn=False)
    marking.overturn_for_all(school, AnswerKey("fractions", "q2", (3,), "3/4"), right=None)
    all_meet()
    assert same_everywhere(amina, school, one, two, hub)
    assert set(why(one, amina)) == {Why.COUNTS, Why.OVERTURNED, Why.OBSERVED}


def test_a_school_withdraws_items_for_its_own_learners_only(make_room, make_attempt, exchange):
    hub = make_room(Role.HUB)
    schools = [make_room(Role.SCHOOL, joined=hub) for _ in range(2)]
    learners = [
        each.people.add_learner("Amina", each.people.add_class("5B"), pin="4821")
        for each in schools
    ]
    for school, learner in zip(schools, learners, strict=True):
        answers_at(school, learner, make_attempt, {})
    marking.withdraw_item(schools[0], Q1)
    for school in schools:
        exchange(school, hub)
    assert [why(hub, learner) for learner in learners] == [[Why.WITHDRAWN], [Why.COUNTS]]


def test_a_teachers_word_at_a_computer_counts_once_the_school_confirms_it_everywhere(
    school, fed, other, amina, *, make_attempt, exchange
):
    answers_at(fed, amina, make_attempt, {"right": False})
    answers_at(other, amina, make_attempt, {"item": "q2"}, sitting=b"sitting2")
    for room in (fed, other, fed, other):
        exchange(room, school)
    before = learner_digest(school, amina)
    fed.record.record((amina, Observation(None, *ADD, True, 2, ())))
    fed.record.record((None, WithdrawItem(None, *Q1, True, ())))
    for room in (fed, other, fed, other):
        exchange(room, school)
    assert [learner_digest(room, amina) for room in (school, fed, other)] == [before] * 3
    assert school.store.read(ignored_counts) == {Held.UNCONFIRMED: 2}
    for each in school.decisions.unconfirmed():
        school.decisions.confirm(each)
    assert school.store.read(ignored_counts) == {}
    for room in (fed, other, fed, other):
        exchange(room, school)
    assert sorted(why(school, amina)) == sorted([Why.WITHDRAWN, Why.COUNTS, Why.OBSERVED])
    assert same_everywhere(amina, school, fed, other)
