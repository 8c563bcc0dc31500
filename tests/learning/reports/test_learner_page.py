"""A teacher's three questions: why is she there, what would make it Got it, what next?"""

import json

import pytest

from darasa.content_packs.grading import correct_response, wrong_responses
from darasa.learning import marking
from darasa.learning.errors import AmbiguousError, NotFoundError
from darasa.learning.evidence import Why
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.planning.next_item import item_ref
from darasa.learning.practice.sitting import Sitting
from darasa.learning.reports.finding_skills import find_skill
from darasa.learning.reports.learner_figures import (
    ANSWER_COLUMNS,
    COLUMNS,
    answer_figures,
    figures,
    skill_row,
)
from darasa.learning.reports.reports import learner_page
from darasa.learning.reports.said import ENGLISH, Day, Language, counted, said
from darasa.learning.reports.skill_answers import in_thousandths
from darasa.learning.skill_state import DAY_MS
from darasa.learning.views import Standing
from darasa.sync.ids import Role

WORDS_MAX = 14


@pytest.fixture
def room(make_room, pack):
    return make_room(Role.SCHOOL, packs=(pack,))


@pytest.fixture
def amina(room):
    return room.people.add_learner("Amina Kato", room.people.add_class("5B"), pin="4821")


@pytest.fixture
def practise(room, clock, amina):
    """practise("110", skill): a sitting on a skill; 1 is right alone, h with a hint, 0 not yet."""

    def do(rights, skill=None):
        sitting = Sitting.begin(room, amina)
        sitting.start_set(skill)
        for each in rights:
            view = sitting.current
            if view is None:
                view = sitting.start_set(skill)
            assert view is not None
            clock.advance(20_000)
            if each == "h":
                sitting.hint()
            wrong = wrong_responses(view.instance)[0]
            sitting.answer(wrong if each == "0" else correct_response(view.instance))
            if each == "0":
                sitting.skip()
            else:
                sitting.next()
        sitting.sign_out("asked")

    return do


def first(page):
    return page.skills[0]


def all_sentences(skill):
    return [
        ENGLISH.words(each)
        for part in (skill.answers.why, skill.answers.got, skill.answers.next)
        for each in part
    ]


def test_the_parts_add_up_to_the_estimate_exactly(room, amina, pack, practise):
    skills = list(pack.skills)
    practise("1101", skills[0])
    practise("011", skills[1])
    practise("1", skills[0])
    page = learner_page(room, amina)
    told = [skill for skill in page.skills if skill.reason is not None]
    assert [skill.skill[1] for skill in told] == skills[:2]
    for skill in told:
        parts = [part.amount_micro for part in skill.reason.parts]
        assert sum(parts) == skill.reason.logit_micro
        assert sigma_micro(skill.reason.logit_micro) == skill.p_micro
        assert skill.p_micro == room.state(amina).skill(skill.skill).p_micro
        shown, total = in_thousandths(skill.reason.parts)
        assert sum(shown) == total
        assert all(abs(1000 * a - b) <= 1000 for a, b in zip(shown, parts, strict=True))


def test_the_sum_is_that_of_the_skills_own_last_counted_answer(room, amina, pack, practise):
    skills = list(pack.skills)
    practise("11", skills[0])
    before = first(learner_page(room, amina)).reason
    practise("0000", skills[1])
    after = first(learner_page(room, amina)).reason
    assert after == before
    (last, *_) = [row for row in first(learner_page(room, amina)).events if row.weight]
    assert (after.answer.log_id.hex(), after.answer.seq) == (last.log, last.seq)


def test_the_sum_holds_with_what_teachers_said(room, amina, pack, practise):
    skills = list(pack.skills)
    practise("1101", skills[0])
    practise("000", skills[1])
    keys = [(pack.id, skill) for skill in skills[:2]]
    wrong = [each for each in room.weighed(amina) if not each.said.right][-1].stored
    was = first(learner_page(room, amina)).events
    marking.observe(room, [amina], keys[0], right=True)
    marking.overturn(room, amina, wrong.log_id, wrong.seq, right=True)
    marking.withdraw_item(room, room.weighed(amina)[0].evidence.item)
    marking.judge(room, amina, keys[1], "got")
    told = {skill.skill: skill for skill in learner_page(room, amina).skills}
    for key in keys:
        skill = told[key]
        assert sigma_micro(skill.reason.logit_micro) == skill.p_micro
        assert skill.p_micro == room.state(amina).skill(key).p_micro
    assert [row.why for row in told[keys[0]].events if row.seen_by] == [Why.OBSERVED]
    assert [row.turned for row in told[keys[1]].events].count(True) == 1
    assert len(told[keys[0]].events) == len(was) + 1
    assert Why.WITHDRAWN in {row.why for row in told[keys[0]].events}
    sentences = [ENGLISH.words(each) for each in told[keys[1]].answers.teacher]
    assert sentences[0].startswith("The office says: “Got it” (20")
    assert all(len(sentence.split()) <= WORDS_MAX for sentence in sentences)
    assert (told[keys[1]].standing, told[keys[1]].is_judged) == (Standing.GOT, True)
    why = ENGLISH.paragraph(told[keys[1]].answers.why)
    assert why.startswith("Amina K. is at “Got it” because a teacher says so.")
    assert "By the answers alone it would be “Learning”." in why
    assert len(told[keys[1]].way.lacks) > 0


def test_why_is_she_learning_and_what_would_make_it_got_it(room, amina, practise):
    practise("10h")
    skill = first(learner_page(room, amina))
    assert skill.standing is Standing.LEARNING
    why = ENGLISH.paragraph(skill.answers.why)
    assert why.startswith("Amina K. is at “Learning”. No screen has said “Got it” yet.")
    assert "1 of 3 counted answers were right alone." in why
    assert "The last ones: right, not yet, with help." in why
    got = ENGLISH.paragraph(skill.answers.got)
    assert f"{skill.way.rights} more right answers alone, in a row, would do." in got
    assert "Each on a different question of usual difficulty or harder." in got
    assert "Missing: the last answer has to be right, alone." in got
    assert "Missing: a chance of 85 %" in got
    assert "Go on with it: about 8 questions." in ENGLISH.paragraph(skill.answers.next)


def test_what_would_make_it_got_it_is_what_makes_it(room, amina, pack, practise):
    skill_id = next(iter(pack.skills))
    practise("10", skill_id)
    for _ in range(12):
        skill = first(learner_page(room, amina))
        if skill.standing is not Standing.LEARNING:
            break
        practise("1", skill_id)
    skill = first(learner_page(room, amina))
    assert skill.standing is Standing.GOT
    (shown,) = skill.shown
    assert shown.rule == learner_page(room, amina).rules.mastery
    assert "The screen said “Got it” on 20" in ENGLISH.paragraph(skill.answers.why)
    assert ENGLISH.paragraph(skill.answers.got).startswith("It was said already, and stays said.")
    assert ENGLISH.paragraph(skill.answers.next).startswith("Nothing now on this skill. It is time")


def test_what_comes_next_is_what_her_screen_asks_first(room, amina, pack, practise):
    skill_id = next(iter(pack.skills))
    practise("10", skill_id)
    page = learner_page(room, amina)
    juma = room.people.add_learner("Juma Ali", None, pin="4821")
    told = first(learner_page(room, juma))
    plan = learner_page(room, juma).plan
    sitting = Sitting.begin(room, juma)
    assert plan == sitting.plan()
    assert page.plan[0].title == first(page).title
    view = sitting.start_set(skill_id)
    asked = item_ref(pack, view.instance.item, room.clock.wall_ms())
    assert sitting.state.predict(asked) == told.next_question.p_micro
    assert told.next_question.prompt


def test_a_withdrawn_question_is_not_what_comes_next(room, amina, pack):
    asked = first(learner_page(room, amina)).next_question
    skill = next(iter(pack.skills))
    for item in pack.items_of(skill):
        if item.difficulty == 1:
            marking.withdraw_item(room, (pack.id, item.id))
    told = first(learner_page(room, amina)).next_question
    assert told.prompt != asked.prompt
    assert told.p_micro < asked.p_micro


def test_a_skill_that_comes_later_names_what_comes_first(room, amina):
    page = learner_page(room, amina)
    later = next(skill for skill in page.skills if skill.standing is Standing.LATER)
    assert ENGLISH.paragraph(later.answers.next).startswith("First: ")
    assert later.next_question is None
    assert later.reason is None


def test_refresh_says_since_when(room, amina, pack, clock, practise):
    skill_id = next(iter(pack.skills))
    practise("111111", skill_id)
    clock.advance(3 * DAY_MS)
    skill = first(learner_page(room, amina))
    assert skill.standing is Standing.REFRESH
    assert "The last right answer alone was on 20" in ENGLISH.paragraph(skill.answers.why)
    assert "Refresh it: about 3 questions." in ENGLISH.paragraph(skill.answers.next)


@pytest.mark.parametrize("rights", ["", "1", "0", "10h0", "000000000000", "111111", "1111000"])
def test_no_sentence_is_longer_than_fourteen_words(room, amina, clock, practise, rights):
    if rights:
        practise(rights)
    for days in (0, 3):
        clock.advance(days * DAY_MS)
        for skill in learner_page(room, amina).skills:
            for sentence in all_sentences(skill):
                if not sentence.startswith(("The first one:", "First:", "They are:")):
                    assert len(sentence.split()) <= WORDS_MAX, sentence


def test_figures_are_json_and_rows_have_their_columns(room, amina, practise):
    practise("10h")
    page = learner_page(room, amina)
    told = json.loads(json.dumps(figures(page)))
    assert told["rules"]["fold"] == page.rules.fold
    skill = told["skills"][0]
    assert sum(round(part["logit"] * 1e6) for part in skill["reason"]["parts"]) == round(
        skill["reason"]["logit"] * 1e6
    )
    assert [each["weight"] for each in skill["answers"]] == [1, 1, 1]
    assert {lack["what"] for lack in skill["got"]["missing"]} >= {"last-right", "likely"}
    assert len(skill_row(first(page))) == len(COLUMNS)
    assert tuple(answer_figures(first(page).events[0])) == ANSWER_COLUMNS


def test_a_learner_whose_pack_is_not_here_is_reported_by_ids(make_room, make_attempt):
    room = make_room(Role.SCHOOL)
    learner = room.people.add_learner("Amina Kato", None, pin="4821")
    room.record.record((learner, make_attempt(item="q9")))
    (skill,) = learner_page(room, learner).skills
    assert (skill.title, skill.next_question) == ("add", None)
    assert skill.way.rights is not None


SKILLS = [
    (("fractions", "add"), "Add fractions"),
    (("fractions", "sub"), "Subtract fractions"),
    (("sums", "add"), "Adding to 20"),
]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sub", ("fractions", "sub")),
        ("add fractions", ("fractions", "add")),
        ("ADDING", ("sums", "add")),
        ("sums/add", ("sums", "add")),
        ("to 20", ("sums", "add")),
    ],
)
def test_a_skill_is_found_by_what_somebody_types(typed, found):
    assert find_skill(SKILLS, typed) == found


@pytest.mark.parametrize("typed", ["add", "fractions"])
def test_several_skills_are_told_apart(typed):
    with pytest.raises(AmbiguousError, match="Several skills fit: Add fractions"):
        find_skill(SKILLS, typed)


@pytest.mark.parametrize("typed", ["", "multiply", "\x1b[31m"])
def test_a_skill_that_is_not_there_is_a_sentence(typed):
    with pytest.raises(NotFoundError, match="No skill is called"):
        find_skill(SKILLS, typed)


def test_sentences_are_translated_before_their_values_are_put_in():
    swahili = {"{n} answer": "jibu {n}", "{n} answers": "majibu {n}", "right": "sahihi",
               "On {day}: {all}.": "{day}: {all}."}  # fmt: skip
    language = Language(
        text=lambda text: swahili.get(text, text),
        plural=lambda one, many, n: swahili[one if n == 1 else many],
        day=lambda wall_ms: f"siku {wall_ms}",
    )
    hostile = said("{name}", name="{n} {0} \x1b[31m")
    parts = (counted("{n} answer", "{n} answers", 2), said("right"), hostile)
    told = language.words(said("On {day}: {all}.", day=Day(7), all=parts))
    assert told.startswith("siku 7: majibu 2, sahihi, {n} {0} ")
    assert "\x1b" not in told
