"""A learner's goals: the fold of what she says of them, at one computer and at several."""

import random

import pytest
from deciding_world import deliver, dump, is_rebuilt_equal, runs_of

from darasa.learning import marking
from darasa.learning.classroom import Classroom
from darasa.learning.errors import LearningError
from darasa.learning.goal_kinds import SetGoal
from darasa.learning.kinds import Kind
from darasa.learning.planning.day_ends import day_of
from darasa.learning.planning.goals import GoalWord, goals_of
from darasa.learning.practice.goals import GOALS_MAX, first_open
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.learner_report import learner_page
from darasa.learning.reports.said import ENGLISH
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import PlanKind
from darasa.sync.ids import Role


def word(place, goal=b"the-goal", *, until_ms=None, given_up=False, replaces=()):
    body = SetGoal(
        bytes(8), goal, "skill", "sums", ("add",), 1, until_ms, given_up,
        tuple(bytes([each]) * 8 for each in replaces),
    )  # fmt: skip
    return GoalWord((place, b"log-id-8", place, bytes([place]) * 16), 1_000 * place, body)


def standing(*words):
    return [(each.body.goal, each.body.until_ms) for each in goals_of(words)]


def test_a_goal_stands_until_it_is_given_up():
    assert standing(word(1, until_ms=5)) == [(b"the-goal", 5)]
    assert standing(word(1), word(2, until_ms=7, replaces=[1])) == [(b"the-goal", 7)]
    assert standing(word(1), word(2, given_up=True, replaces=[1])) == []
    assert standing(word(1, b"one-goal"), word(2, b"two-goal", given_up=True)) == [
        (b"one-goal", None)
    ]


def test_a_day_that_the_one_who_gave_it_up_had_not_seen_keeps_it():
    first, gone = word(1), word(3, given_up=True, replaces=[1])
    moved = word(2, until_ms=9, replaces=[1])
    (kept,) = goals_of([first, gone, moved])
    assert kept.body.until_ms == 9
    assert kept.set_ms == 1_000
    assert set(kept.replaces) == {moved.chain8, gone.chain8}
    assert standing(first, gone, moved, word(4, given_up=True, replaces=[2, 3])) == []


def test_of_two_days_set_apart_the_later_in_order_is_in_force_and_the_next_word_ends_both():
    words = [word(1), word(2, until_ms=5, replaces=[1]), word(3, until_ms=6, replaces=[1])]
    assert standing(*words) == [(b"the-goal", 6)]
    assert len(goals_of(words)[0].replaces) == 2
    assert standing(*words, word(4, until_ms=4, replaces=[2, 3])) == [(b"the-goal", 4)]


def test_the_fold_depends_on_the_set_of_words_alone():
    rng = random.Random(5)
    for _ in range(300):
        words = []
        for place in range(1, 9):
            seen = rng.sample(range(1, place), rng.randint(0, min(3, place - 1)))
            goal = rng.choice([b"one-goal", b"two-goal"])
            gone = rng.random() < 0.3
            words.append(word(place, goal, until_ms=place, given_up=gone, replaces=seen))
        shuffled = rng.sample(words * 2, 16)
        assert goals_of(shuffled) == goals_of(words)


# -- at computers ---------------------------------------------------------------------------


@pytest.fixture
def school(make_room, sums):
    return make_room(Role.SCHOOL, packs=(sums,))


@pytest.fixture
def pcs(make_room, school, sums, amina, exchange):
    """Two computers of the school that have its lists."""
    made = [make_room(Role.COMPUTER, joined=school, name=n, packs=(sums,)) for n in ("A", "B")]
    for each in made * 2:
        exchange(each, school)
    return made


@pytest.fixture
def amina(school):
    return school.people.add_learner("Amina Kato", school.people.add_class("5B"), pin="4821")


def told(sitting):
    """Her goals as a screen has them."""
    views = sitting.goals.views(sitting.standings())
    return [(ENGLISH.words(each.words), each.got, each.of) for each in views]


def sit(room, learner_id):
    return Sitting.begin(room, learner_id)


def test_each_starter_is_a_goal_with_its_progress(school, pcs, amina):
    sitting = sit(pcs[0], amina)
    book, rows = sitting.goals, sitting.standings()
    assert [ENGLISH.words(each.words) for each in book.units()] == [
        "Finish Numbers", "Finish More numbers",
    ]  # fmt: skip
    assert ENGLISH.words(book.skills(rows)[0].words) == "Learn Counting"
    assert [each.count for each in book.counts(rows)] == [1, 3]
    book.set(book.units()[0], None)
    book.set(book.skills(rows)[0], None)
    book.set(book.counts(rows)[1], None)
    assert told(sitting) == [
        ("Finish Numbers", 0, 2),
        ("Learn Counting", 0, 1),
        ("Have got 3 skills of my map", 0, 3),
    ]
    assert is_rebuilt_equal(pcs[0])


def test_progress_is_by_what_she_has_got_and_what_is_reached_is_no_line(
    school, pcs, amina, exchange
):
    computer = pcs[0]
    sitting = sit(computer, amina)
    sitting.goals.set(sitting.goals.units()[0], None)
    sitting.goals.set(sitting.goals.counts(sitting.standings())[1], None)
    for skill, goals in (("count", [1, 1]), ("add", [2, 2])):
        marking.judge(school, amina, ("sums", skill), "got")
        exchange(computer, school)
        exchange(computer, school)
        assert [got for _, got, _ in told(sitting)] == goals
    views = sitting.goals.views(sitting.standings())
    assert [each.is_reached for each in views] == [True, False]
    assert first_open(views) == views[1]
    assert first_open(views[:1]) is None


def test_the_plan_and_home_have_it_until_its_day_is_over(pcs, amina, clock):
    sitting = sit(pcs[0], amina)
    days = sitting.goals.days()
    assert [day_of(each).weekday() for each in days[:3]] == [4, 4, 4]
    assert days[3] is None
    learn = next(
        each for each in sitting.goals.skills(sitting.standings()) if each.skills == ("count",)
    )
    sitting.goals.set(learn, days[0])
    home = sitting.home()
    assert home.goal is not None
    assert ENGLISH.words(home.goal.words) == "Learn Counting"
    [line] = [row for row in home.plan if row.kind is PlanKind.GOAL]
    assert line.reason.startswith("It is for your goal: you have got 0 of 1.")
    clock.advance(8 * DAY_MS)
    home = sitting.home()
    assert home.goal is None
    assert PlanKind.GOAL not in {row.kind for row in home.plan}
    assert len(told(sitting)) == 1  # it stays on the list until she has given it up


def test_two_computers_apart_lose_nothing(school, pcs, amina, exchange):
    first, second = pcs
    sit(second, amina).sign_out()  # she has been there: it is told of her from now on
    sitting = sit(first, amina)
    book = sitting.goals
    for starter in book.units():
        book.set(starter, None)
    sitting.sign_out()
    for each in (first, second, second):
        exchange(each, school)
    here, there = sit(first, amina), sit(second, amina)
    assert told(here) == told(there)
    one, two = (each.body.goal for each in here.goals.goals())
    day = here.goals.days()[1]
    here.goals.give_up(one)
    there.goals.move(one, day)
    here.goals.give_up(two)
    there.goals.give_up(two)
    there.goals.set(there.goals.skills(there.standings())[0], day)
    for room in (here, there):
        room.sign_out()
    for each in (first, second, first, second):
        exchange(each, school)
    here, there = sit(first, amina), sit(second, amina)
    assert told(here) == told(there) == [("Finish Numbers", 0, 2), ("Learn Counting", 0, 1)]
    assert [each.body.until_ms for each in here.goals.goals()] == [day, day]
    written = [e for e in school.events_of(amina) if e.event.kind == Kind.GOAL]
    assert len(written) == 7  # each word is there
    assert [ENGLISH.words(each.words) for each in learner_page(school, amina).goals] == [
        "Finish Numbers", "Learn Counting",
    ]  # fmt: skip
    for room in (school, first, second):
        assert is_rebuilt_equal(room)


def test_any_order_of_her_words_gives_the_same_rows(school, pcs, amina, exchange):
    for turn in range(3):
        for room in pcs:
            sitting = sit(room, amina)
            if len(sitting.goals.goals()) < GOALS_MAX:
                sitting.goals.set(sitting.goals.units()[turn % 2], None)
            sitting.goals.move(sitting.goals.goals()[0].body.goal, sitting.goals.days()[turn])
            if turn:
                sitting.goals.give_up(sitting.goals.goals()[-1].body.goal)
            sitting.sign_out()
        for room in (*pcs, *pcs):
            exchange(room, school)
    found, expected = runs_of(school), dump(school)
    for seed in range(8):
        with Classroom.in_memory(
            role=Role.SCHOOL, clock=school.clock, rng=random.Random(seed).randbytes,
            home=school.home,
        ) as room:  # fmt: skip
            deliver(room, found, random.Random(seed), parts=3, decides=False)
            assert dump(room) == expected


def test_one_goal_too_many_is_refused_and_what_is_gone_is_left_alone(pcs, amina):
    book = sit(pcs[0], amina).goals
    for _ in range(GOALS_MAX):
        book.set(book.units()[0], None)
    with pytest.raises(LearningError, match=r"\.$"):
        book.set(book.units()[0], None)
    gone = book.goals()[0].body.goal
    book.give_up(gone)
    before = pcs[0].store.position().ordinal
    book.give_up(gone)
    book.move(gone, None)
    assert pcs[0].store.position().ordinal == before


def test_who_was_merged_has_the_goals_of_both(school, pcs, amina, exchange):
    class_id = school.people.classes()[0].record_id
    juma = school.people.add_learner("Juma Ali", class_id, pin="4822")
    exchange(pcs[0], school)
    for learner_id, nth in ((amina, 0), (juma, 1)):
        sitting = sit(pcs[0], learner_id)
        sitting.goals.set(sitting.goals.units()[nth], None)
        sitting.sign_out()
    exchange(pcs[0], school)
    school.decisions.merge(amina, juma)
    exchange(pcs[0], school)
    exchange(pcs[0], school)
    names = {name for name, _, _ in told(sit(pcs[0], amina))}
    assert names == {"Finish Numbers", "Finish More numbers"}
    assert {ENGLISH.words(each.words) for each in learner_page(school, amina).goals} == names
