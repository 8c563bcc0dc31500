"""What a teacher sets: its record, whom it reaches, and what becomes of it."""

import random

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of

from darasa.learning import marking
from darasa.learning.acting import acting_as
from darasa.learning.assigning.acts import Wanted, assign, change, end
from darasa.learning.assigning.report import class_assignments
from darasa.learning.assigning.topics_for import topics_for
from darasa.learning.classroom import Classroom
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import NotFoundError, NotHereError, PeopleError
from darasa.learning.kinds import Op
from darasa.learning.people import class_lists
from darasa.learning.people.undoing import take_back
from darasa.learning.practice.sitting import Sitting
from darasa.learning.records import (
    ASSIGNMENT_CLASS,
    ASSIGNMENT_SKILLS,
    ASSIGNMENT_TITLE,
    ASSIGNMENT_UNTIL,
    ASSIGNMENT_WHOM,
    LEARNER_ASSIGNMENT,
)
from darasa.learning.reports.learner_report import learner_page
from darasa.learning.scopes import ASSIGNED_MAX, SET_SKILLS_MAX
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import PlanKind
from darasa.sync.contacts import PeerRow
from darasa.sync.ids import Role

COUNT, ADD, CARRY = (("sums", each) for each in ("count", "add", "carry"))


def set_rows(room, learner_id):
    """What is set for a learner, as her plan has it: (title, skills)."""
    topics = room.store.read(topics_for, learner_id)
    return [(topic.title, topic.keys) for topic in topics]


def set_line(room, learner_id):
    """The reason of the line of her plan that somebody set; None without one."""
    sitting = Sitting.begin(room, learner_id)
    found = [row for row in sitting.plan() if row.kind is PlanKind.ASSIGNED]
    sitting.sign_out()
    return (found[0].title, found[0].reason) if found else None


def another_run(school, seed):
    """The same school server, started anew with an empty store."""
    return Classroom.in_memory(
        role=Role.SCHOOL, clock=school.clock, rng=random.Random(seed).randbytes, home=school.home
    )


def standing(room, class_id):
    return class_assignments(room, class_id).rows


def test_it_reaches_a_computer_that_was_away_and_the_plan_says_who_set_it(
    school, fed, class_id, amina, otieno, *, clock, exchange
):
    assert set_line(fed, amina) is None
    with acting_as(otieno):
        assign(school, class_id, Wanted((ADD,), "Market week", clock.wall_ms() + 4 * DAY_MS))
    assert set_line(fed, amina) is None  # it was away
    exchange(fed, school)
    title, reason = set_line(fed, amina)
    assert title == "Adding"
    assert reason == (
        "Ms. Otieno has set this for you. It is called “Market week”. There are 4 more days for it."
    )
    [line] = [each for each in learner_page(school, amina).plan if each.kind is PlanKind.ASSIGNED]
    assert line.reason == reason
    assert is_rebuilt_equal(school)
    assert is_rebuilt_equal(fed)


def test_it_is_in_the_plan_until_its_time_is_over_or_all_of_it_was_got(
    school, fed, class_id, amina, clock, *, exchange
):
    assign(school, class_id, Wanted((COUNT, ADD), until_ms=clock.wall_ms() + DAY_MS))
    exchange(fed, school)
    assert set_line(fed, amina)[0] == "Counting"
    marking.judge(school, amina, COUNT, "got")
    exchange(fed, school)
    assert set_line(fed, amina)[0] == "Adding"
    marking.judge(school, amina, ADD, "got")
    exchange(fed, school)
    assert set_line(fed, amina) is None
    assign(school, class_id, Wanted((CARRY,), until_ms=clock.wall_ms() + DAY_MS))
    exchange(fed, school)
    assert set_line(fed, amina)[0] == "Carrying"
    clock.advance(DAY_MS + 1)
    assert set_line(fed, amina) is None


def test_what_is_set_for_some_is_told_to_them_and_not_for_whom_else(
    school, fed, class_id, amina, juma, *, exchange
):
    assign(school, class_id, Wanted((ADD,), "Extra", learners=(amina,)))
    exchange(fed, school)
    assert set_rows(fed, amina) == [("Extra", (ADD,))]
    assert set_rows(fed, juma) == []
    assert is_rebuilt_equal(fed)
    told = set_line(fed, amina)[1]
    assert "Juma" not in told
    assert "class" not in told


def test_a_change_says_only_what_is_different_and_can_be_taken_back(
    school, fed, class_id, amina, juma, *, clock, exchange
):
    until = clock.wall_ms() + DAY_MS
    record_id, _ = assign(school, class_id, Wanted((ADD,), "Extra", until, (amina,)))
    before = school.store.position().ordinal
    change(school, record_id, Wanted((ADD,), "Extra", until, (amina,)))
    assert school.store.position().ordinal == before
    undo = change(school, record_id, Wanted((COUNT, ADD), "", None, (juma,)))
    exchange(fed, school)
    assert set_rows(fed, amina) == []
    assert set_rows(fed, juma) == [("", (COUNT, ADD))]
    take_back(school, undo)
    exchange(fed, school)
    assert set_rows(fed, amina) == [("Extra", (ADD,))]
    assert set_rows(fed, juma) == []
    change(school, record_id, Wanted((ADD,), "Extra", until))
    exchange(fed, school)
    assert set_rows(fed, juma) == [("Extra", (ADD,))]
    assert is_rebuilt_equal(school)
    assert is_rebuilt_equal(fed)


def test_what_was_ended_leaves_every_plan_and_comes_back_by_undo(
    school, fed, class_id, amina, *, exchange
):
    for learners in (None, (amina,)):
        record_id, undo = assign(school, class_id, Wanted((ADD,), learners=learners))
        exchange(fed, school)
        assert set_rows(fed, amina) == [("", (ADD,))]
        take_back(school, undo)
        exchange(fed, school)
        assert set_rows(fed, amina) == []
        record_id, _ = assign(school, class_id, Wanted((CARRY,), learners=learners))
        undo = end(school, record_id)
        assert standing(school, class_id) == ()
        exchange(fed, school)
        assert set_rows(fed, amina) == []
        take_back(school, undo)
        exchange(fed, school)
        assert set_rows(fed, amina) == [("", (CARRY,))]
        end(school, record_id)
        with pytest.raises(NotFoundError):
            end(school, record_id)
    assert is_rebuilt_equal(school)


def test_two_who_change_it_apart_are_both_kept_and_listed(school, class_id):
    record_id, _ = assign(school, class_id, Wanted((ADD,), "Extra"))
    seen = school.people.record_of(record_id).chains(ASSIGNMENT_SKILLS)
    for skill in (COUNT, CARRY):
        school.record.record((None, Op(record_id, ASSIGNMENT_SKILLS, (skill,), seen)))
    [conflict] = school.people.conflicts()
    assert (conflict.about, conflict.field) == ("Extra", ASSIGNMENT_SKILLS)
    assert [conflict.shown, *conflict.others] == ["sums/count", "sums/carry"]
    change(school, record_id, Wanted((CARRY,), "Extra"))
    assert school.people.conflicts() == []
    assert is_rebuilt_equal(school)


def test_any_order_of_the_same_ops_gives_the_same_rows(school, class_id, amina, juma):
    other = school.people.add_class("6A")
    teacher = school.people.add_teacher("Ms. Otieno", "long enough it is")
    found = runs_of(school)
    made = []

    def first(room):
        for nth, learners in enumerate((None, (amina,), (amina, juma))):
            made.append(assign(room, class_id, Wanted((ADD,), f"Week {nth}", learners=learners))[0])

    def second(room):
        with acting_as(teacher):
            for nth, each in enumerate(made):
                change(room, each, Wanted((ADD, CARRY), f"Weeks {nth}", learners=(juma,)))
            end(room, made[-1])

    def third(room):
        class_lists.also_in(room, juma, other)
        assign(room, other, Wanted((COUNT,), learners=(juma,)))
        room.people.add_learner("Zuri Baya", class_id, pin="5937")

    for seed, act in enumerate((first, second, third)):
        with another_run(school, seed) as room:
            deliver(room, found, decides=False)
            act(room)
            found, expected = runs_of(room), dump(room)
    assert {name for name, _ in expected} >= {"lt_assignment"}
    for seed in range(12):
        with another_run(school, seed + 10) as room:
            deliver(room, found, random.Random(seed), parts=3, decides=False)
            assert dump(room) == expected
            assert is_rebuilt_equal(room)


def test_no_computer_sets_anything(school, fed, class_id, amina, *, exchange):
    record_id, _ = assign(school, class_id, Wanted((ADD,), learners=(amina,)))
    with pytest.raises(NotHereError):
        assign(fed, class_id, Wanted((ADD,)))
    with pytest.raises(NotHereError):
        end(fed, record_id)
    seen = school.people.record_of(record_id)
    forged = [
        Op(record_id, field, value, seen.chains(field))
        for field, value in (
            (ASSIGNMENT_CLASS, b"x" * 16),
            (ASSIGNMENT_SKILLS, (CARRY,)),
            (ASSIGNMENT_TITLE, b"Mine"),
            (ASSIGNMENT_UNTIL, 5),
            (ASSIGNMENT_WHOM, "class"),
            ("assignment.deleted", True),
        )
    ]
    fed.record.record(*[(None, op) for op in forged])
    fed.record.record((amina, Op(amina, LEARNER_ASSIGNMENT, b"y" * 16, ())))
    exchange(fed, school)
    exchange(fed, school)
    [row] = standing(school, class_id)
    assert [each.key for each in row.skills] == [ADD]
    assert set_rows(school, amina) == [("", (ADD,))]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (ASSIGNMENT_SKILLS, "add"),
        (ASSIGNMENT_SKILLS, ()),
        (ASSIGNMENT_SKILLS, (("sums", ""),)),
        (ASSIGNMENT_SKILLS, ((1, 2),)),
        (ASSIGNMENT_SKILLS, (("sums", "add"),) * (SET_SKILLS_MAX + 1)),
        (ASSIGNMENT_CLASS, "5B"),
        (ASSIGNMENT_CLASS, b"short"),
    ],
)
def test_a_record_that_holds_anything_else_is_nobodys(school, class_id, amina, field, value):
    record_id, _ = assign(school, class_id, Wanted((ADD,)))
    seen = school.people.record_of(record_id).chains(field)
    school.record.record((None, Op(record_id, field, value, seen)))
    assert set_rows(school, amina) == []
    assert is_rebuilt_equal(school)


def test_fields_that_fit_no_day_and_nobody_leave_the_rest_as_it_is(school, class_id, amina):
    record_id, _ = assign(school, class_id, Wanted((ADD,)))
    for field, value in (
        (ASSIGNMENT_UNTIL, "Friday"),
        (ASSIGNMENT_TITLE, b"not sealed"),
        (ASSIGNMENT_WHOM, 7),
    ):
        seen = school.people.record_of(record_id).chains(field)
        school.record.record((None, Op(record_id, field, value, seen)))
    school.record.record((amina, Op(amina, LEARNER_ASSIGNMENT, "x", ())))
    assert set_rows(school, amina) == [("", (ADD,))]
    assert is_rebuilt_equal(school)


def test_the_words_of_a_teacher_are_sealed_and_come_whole_to_her_computers(
    school, make_room, fed, class_id, amina, *, exchange
):
    assign(school, class_id, Wanted((ADD,), "For Amina   and\x1b[2J Juma", learners=(amina,)))
    written = [arrived.canonical for _, _, arrived in runs_of(school).values()]
    assert any(b"assignment.title" in raw for raw in written)
    assert not any(b"Amina" in raw for raw in written)
    exchange(fed, school)
    [(title, _)] = set_rows(fed, amina)
    assert title == "For Amina and�[2J Juma"


def test_erasing_a_learner_leaves_nothing_of_whom_it_was_set_for(school, class_id, amina, juma):
    assign(school, class_id, Wanted((ADD,), learners=(amina,)))
    erase_learner(school, amina)
    [row] = standing(school, class_id)
    assert (row.learners, row.for_all) == ((), False)  # and not the whole class instead
    assert set_rows(school, juma) == []
    assert is_rebuilt_equal(school)
    assert not any(
        amina in (cell for cell in row if isinstance(cell, bytes)) for _, row in dump(school)
    )


def test_who_was_merged_with_another_has_what_was_set_for_either(
    school, fed, class_id, amina, juma, *, exchange
):
    record_id, _ = assign(school, class_id, Wanted((ADD,), "Extra", learners=(juma,)))
    school.decisions.merge(amina, juma)
    exchange(fed, school)
    assert set_rows(fed, amina) == [("Extra", (ADD,))]
    [row] = standing(school, class_id)
    assert [each.learner_id for each in row.learners] == [amina]
    change(school, record_id, Wanted((ADD,), "Extra", learners=(amina,)))
    assert len(standing(school, class_id)[0].learners) == 1
    end(school, record_id)
    exchange(fed, school)
    assert set_rows(fed, amina) == []


def test_who_leaves_the_class_leaves_what_was_set_in_it(school, class_id, amina):
    assign(school, class_id, Wanted((ADD,), learners=(amina,)))
    other = school.people.add_class("6A")
    class_lists.move(school, amina, other)
    assert set_rows(school, amina) == []
    assert standing(school, class_id)[0].learners == ()
    class_lists.close_class(school, class_id)
    assert set_rows(school, amina) == []


def test_how_many_have_got_it_is_counted_for_those_it_is_set_for(school, class_id, amina, juma):
    assign(school, class_id, Wanted((COUNT, ADD)))
    marking.judge(school, amina, COUNT, "got")
    marking.judge(school, amina, ADD, "got")
    marking.judge(school, juma, ADD, "got")
    [row] = standing(school, class_id)
    assert (len(row.learners), row.got, row.title) == (2, 1, "Counting")
    assert [(each.title, each.got) for each in row.skills] == [("Counting", 1), ("Adding", 2)]


def test_a_teacher_who_gets_another_name_or_leaves_is_told_so(
    school, fed, class_id, amina, otieno, *, exchange
):
    school.people.add_teacher("Ms. Head", "long enough it is")
    with acting_as(otieno):
        assign(school, class_id, Wanted((ADD,)))
    exchange(fed, school)
    assert set_line(fed, amina)[1] == "Ms. Otieno has set this for you."
    seen = school.people.record_of(otieno).chains("teacher.name")
    sealed = school.people.facts.sealed(otieno, "teacher.name", "Ms. Baraka")
    school.record.record((None, Op(otieno, "teacher.name", sealed, seen)))
    exchange(fed, school)
    assert set_line(fed, amina)[1] == "Ms. Baraka has set this for you."
    school.record.record((None, Op(otieno, "teacher.deleted", value=True, supersedes=())))
    exchange(fed, school)
    assert set_line(fed, amina)[1] == "Your teacher has set this for you."


def test_what_cannot_be_set_changes_nothing(school, class_id, amina, clock):
    stranger = school.people.add_learner("Zuri Baya", None, pin="5937")
    before = school.store.position().ordinal
    for wanted in (
        Wanted(()),
        Wanted((ADD,), learners=()),
        Wanted((ADD,), learners=(stranger,)),
        Wanted((ADD,), until_ms=clock.wall_ms() - 1),
        Wanted(tuple(("sums", f"s{n}") for n in range(SET_SKILLS_MAX + 1))),
    ):
        with pytest.raises(PeopleError, match=r"\.$"):
            assign(school, class_id, wanted)
    assert school.store.position().ordinal == before
    with school.record.batch():
        for _ in range(ASSIGNED_MAX):
            assign(school, class_id, Wanted((ADD,)))
    with pytest.raises(PeopleError, match="End some"):
        assign(school, class_id, Wanted((ADD,)))


def test_a_hub_folds_what_is_set_and_reads_no_word_of_it(make_room, course, exchange):
    hub = make_room(Role.HUB)
    school = make_room(Role.SCHOOL, joined=hub, packs=(course,))
    class_id = school.people.add_class("5B")
    amina = school.people.add_learner("Amina Kato", class_id, pin="4821")
    assign(school, class_id, Wanted((ADD,), "For Amina", learners=(amina,)))
    exchange(school, hub)
    exchange(school, hub)
    rows = [row for name, row in dump(hub) if name == "lt_assignment"]
    assert [(row[1:4], row[5]) for row in rows] == [((rows[0][1], class_id, ""), "")]
    assert is_rebuilt_equal(hub)
    assert is_rebuilt_equal(school)


def test_the_computers_that_met_the_server_since_are_counted(
    school, computer, other, class_id, amina, *, clock, exchange
):
    for nth, each in enumerate((computer, other)):  # as joining leaves them
        home = each.home
        row = PeerRow(home.node_id, home.school_id, Role.COMPUTER, f"PC {nth}", clock.wall_ms())
        with school.store.transaction() as tx:
            tx.put_peer(row)
    clock.advance(1_000)
    record_id, _ = assign(school, class_id, Wanted((ADD,)))
    told = class_assignments(school, class_id)
    assert (told.computers, told.rows[0].met) == (2, 0)
    clock.advance(1_000)
    exchange(computer, school)
    assert standing(school, class_id)[0].met == 1
    clock.advance(1_000)
    change(school, record_id, Wanted((CARRY,)))
    assert standing(school, class_id)[0].met == 0
