"""A skill over a class and over the school: what is told, and what does not leave the class."""

import random
import time

import pytest

from darasa.content_packs.grading import Picked, correct_response, wrong_responses
from darasa.content_packs.instance import draw
from darasa.content_packs.item import difficulty_milli
from darasa.content_packs.safe_text import safe_line
from darasa.learning import marking
from darasa.learning.errors import NotFoundError
from darasa.learning.kinds import Kind
from darasa.learning.planning.day_ends import day_of, end_of_day
from darasa.learning.planning.groups import By
from darasa.learning.reports import skill_report as skill_report_module
from darasa.learning.reports import tried_read
from darasa.learning.reports.certainty import Certainty
from darasa.learning.reports.class_groups import class_groups
from darasa.learning.reports.item_statistics import Doubt
from darasa.learning.reports.skill_figures import item_row, skill_figures, skill_lines
from darasa.learning.reports.skill_report import doubtful_items, skill_report
from darasa.learning.views import Standing
from darasa.sync.ids import LearnerId


@pytest.fixture
def answer(school, pack, make_attempt):
    """answer(learner, item, right=…): the first try at the first instance."""

    def give(learner, item, *, right):
        instance = draw(item, learner_id=learner, nth=1)
        response = correct_response(instance) if right else wrong_responses(instance)[0]
        picked = response.choices if isinstance(response, Picked) else ()
        attempt = make_attempt(
            pack=pack.id, item=item.id, item_version=item.version, skills=item.skills,
            difficulty_milli=difficulty_milli(item), values=instance.values, right=right,
            picked=picked, typed="" if picked else response.text,
        )  # fmt: skip
        school.record.record((learner, attempt))

    return give


def add_class(school, name, learners):
    """So many in a class, without the cost of a PIN each."""
    class_id = school.people.add_class(name)
    ids = [LearnerId(random.Random(f"{name} {n}").randbytes(16)) for n in range(learners)]
    with school.record.batch():
        for n, learner_id in enumerate(ids):
            named = safe_line(f"Zawadi {name} {n:02}")
            facts = school.people.learner_facts(learner_id, named, class_id, None)
            school.record.record(*facts)
    return class_id, ids


@pytest.fixture
def key(pack):
    return (pack.id, next(iter(pack.skills)))


def test_a_class_is_told_all_of_itself_and_of_nobody_else(school, pack, key, answer):
    item = pack.items_of(key[1])[0]
    class_id, ours = add_class(school, "5B", 3)
    _, others = add_class(school, "5C", 2)
    for nth, learner in enumerate([*ours, *others]):
        answer(learner, item, right=nth == 0)
    told = skill_report(school, key, class_id=class_id)
    assert (told.of, told.tried, told.statistics.learners, told.withheld) == (3, 3, 3, 0)
    assert dict(told.states)[Standing.LEARNING] == 3
    assert dict(told.certain)[Certainty.FEW] == 3
    (figures,) = told.statistics.items
    assert (figures.key[1], figures.chances, figures.alone) == (item.id, 3, 1)
    (wrong,) = told.wrong
    assert (wrong.item[1], wrong.learners) == (item.id, 2)


def test_of_the_school_nothing_is_told_that_is_about_fewer_than_ten(school, pack, key, answer):
    first, second = pack.items_of(key[1])[:2]
    _, learners = add_class(school, "5B", 12)
    for nth, learner in enumerate(learners):
        answer(learner, first, right=False)
        if nth < 9:
            answer(learner, second, right=False)
    told = skill_report(school, key, class_id=None)
    assert (told.record, told.of) == (None, 12)
    assert [each.key[1] for each in told.statistics.items] == [first.id]
    assert {each.item[1] for each in told.wrong} == {first.id}
    assert all(each.learners >= 10 for each in told.wrong)
    assert told.withheld == 2  # the second item, and the wrong answer to it


def test_a_small_count_is_not_told_by_what_is_left_of_the_others(school, pack, key, answer):
    """12 have begun and 3 have not: whoever knows how many there are would know of the three."""
    _, learners = add_class(school, "5B", 25)
    items = pack.items_of(key[1])
    other = next(skill for skill in pack.skills if skill != key[1])
    for learner in learners[:12]:
        answer(learner, items[0], right=False)
    for learner in learners[12:15]:
        answer(learner, pack.items_of(other)[0], right=True)
    told = skill_report(school, key, class_id=None)
    assert told.of == 15
    assert told.states == ()


def test_a_school_of_nine_is_told_nothing(school, pack, key, answer):
    _, learners = add_class(school, "5B", 9)
    for learner in learners:
        answer(learner, pack.items_of(key[1])[0], right=False)
    told = skill_report(school, key, class_id=None)
    assert (told.statistics, told.wrong, told.states, told.certain) == (None, (), (), ())
    assert told.withheld == 2


def test_nobody_is_named_in_figures_or_lines(school, pack, key, answer):
    class_id, learners = add_class(school, "5B", 3)
    for learner in learners:
        answer(learner, pack.items_of(key[1])[0], right=False)
    told = skill_report(school, key, class_id=class_id)
    text = f"{skill_figures(told)} {list(skill_lines(told))}"
    assert "Zawadi" not in text
    assert not any(learner.hex() in text for learner in learners)


def test_a_skill_or_class_that_is_not_here_is_not_found(school, key):
    for asked, class_id in ((("fractions-p5", "flying"), None), (key, b"x" * 16)):
        with pytest.raises(NotFoundError):
            skill_report(school, asked, class_id=class_id)


def test_an_item_that_looks_wrong_is_told_whatever_its_skill(school, pack, key, answer):
    """Forty learners: who does well at the others fails at this one."""
    rng = random.Random(4)
    first, *others = pack.items_of(key[1])[:9]
    class_id, learners = add_class(school, "5B", 40)
    with school.record.batch():
        for nth, learner in enumerate(learners):
            strong = nth / 40
            for item in others:
                answer(learner, item, right=rng.random() < 0.2 + 0.7 * strong)
            answer(learner, first, right=rng.random() < 1.0 - 0.9 * strong)
    for asked in (class_id, None):
        told = doubtful_items(school, class_id=asked)
        assert [each.key[1] for each in told.items] == [first.id]
        assert Doubt.NOT_APART in told.items[0].doubts
        assert told.items[0].item_rest < -0.2
        assert told.looked_at == 9
    other, _ = add_class(school, "5C", 2)
    assert doubtful_items(school, class_id=other).looked_at == 0


def test_an_item_that_was_withdrawn_is_in_no_figure(school, pack, key, answer):
    first, second = pack.items_of(key[1])[:2]
    class_id, learners = add_class(school, "5B", 3)
    for learner in learners:
        answer(learner, first, right=False)
        answer(learner, second, right=True)
    marking.withdraw_item(school, (pack.id, first.id))
    told = skill_report(school, key, class_id=class_id)
    assert [each.key[1] for each in told.statistics.items] == [second.id]
    assert (told.statistics.counted, told.wrong) == (3, ())


def test_an_answer_that_a_teacher_took_as_right_is_no_wrong_one(school, pack, key, answer):
    item = pack.items_of(key[1])[0]
    class_id, learners = add_class(school, "5B", 3)
    for learner in learners:
        answer(learner, item, right=False)
    assert len(skill_report(school, key, class_id=class_id).wrong) == 1
    for learner in learners:
        (given,) = (e for e in school.store.events_of(learner) if e.event.kind == Kind.ATTEMPT)
        said = marking.answer_at(school, learner, given.log_id, given.seq)
        marking.overturn_for_all(school, said, right=True)
    school.freshen(10)  # as a server does between other work
    told = skill_report(school, key, class_id=class_id)
    assert told.wrong == ()
    assert told.statistics.items[0].alone == 3


def test_a_class_is_grouped_by_the_courses_that_it_has(school, pack, key, answer):
    class_id, learners = add_class(school, "5B", 4)
    for learner in learners:
        answer(learner, pack.items_of(key[1])[0], right=False)
    made = class_groups(school, class_id, By.NEED)
    (group,) = made.groups
    assert group.skill == key
    assert [each.learner_id for each in group.learners] == learners


@pytest.mark.parametrize("zone", ["EAST-8", "WEST8"])
def test_groups_are_of_a_day_as_the_school_counts_it(school, clock, monkeypatch, zone):
    """In UTC a day ends within the lessons of schools far in the east or west."""
    class_id, _ = add_class(school, "5B", 12)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        midnight = end_of_day(day_of(clock.wall_ms())) + 1
        dealt = []
        for hour in (7, 9, 15, 17, 31):
            clock.wall = midnight + hour * 3_600_000
            dealt.append(class_groups(school, class_id, By.FREE).groups)
        assert dealt[0] == dealt[1] == dealt[2] == dealt[3] != dealt[4]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_negative_figure_is_a_number_and_no_text(school, pack, key, answer):
    """What begins with a minus is marked as text for spreadsheets, unless it is a number."""
    first, *others = pack.items_of(key[1])[:5]
    _, learners = add_class(school, "5B", 16)
    for nth, learner in enumerate(learners):
        answer(learner, first, right=nth < 8)
        for item in others:
            answer(learner, item, right=nth >= 8)
    (row,) = (item_row(each) for each in doubtful_items(school, class_id=None).items)
    assert row[0] == first.id
    assert isinstance(row[9], float)
    assert row[9] < 0


def test_a_report_of_part_of_a_school_says_of_how_many(school, pack, key, answer, monkeypatch):
    """Of a school of thousands not every state is read: its head is told so."""
    item = pack.items_of(key[1])[0]
    for learner in add_class(school, "5B", 30)[1]:
        answer(learner, item, right=True)
    whole = skill_report(school, key, class_id=None)
    assert (whole.of, whole.tried, whole.known) == (30, 30, 30)
    assert not any("by chance" in line for line in skill_lines(whole))
    monkeypatch.setattr(skill_report_module, "STATES_READ", 20)
    monkeypatch.setattr(tried_read, "ITEMS_READ", 25)
    part = skill_report(school, key, class_id=None)
    assert (part.of, part.tried, part.known) == (30, 25, 20)
    lines = list(skill_lines(part))
    assert "States are counted of 20 of them, taken by chance." in lines
    assert "What follows is of the answers of 25 of them, taken by chance." in lines
    figures = skill_figures(part)
    assert (figures["learners"], figures["tried"], figures["states_of"]) == (30, 25, 20)
