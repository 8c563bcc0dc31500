"""What changed in a class since last week, and what each learner is good at."""

from dataclasses import replace

import pytest

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import Evidence, Outcome, Why
from darasa.learning.kinds import MasteryShown
from darasa.learning.learner_values import LearnerState
from darasa.learning.reports.changes import Recovery, class_changes, recovery_of
from darasa.learning.reports.changes_figures import changes_figures, changes_lines
from darasa.learning.reports.strengths import strengths
from darasa.learning.skill_state import DAY_MS, SkillState
from darasa.learning.views import SkillStanding, Standing

SITTING = b"sitting1"
HOUR = 3_600_000


@pytest.fixture
def answer(school, pack, make_attempt):
    """answer(learner, skill, right=…): a first try at another item each time."""
    count = iter(range(1, 1_000))

    def give(learner, skill, *, right=True, **changes):
        n = next(count)
        items = pack.items_of(skill)
        item = items[n % len(items)]
        attempt = make_attempt(
            pack=pack.id, item=item.id, skills=(skill,), right=right, nth=n, values=(n,), **changes
        )
        school.record.record((learner, attempt))

    return give


@pytest.fixture
def show(school, pack):
    def say(learner, skill):
        shown = MasteryShown(SITTING, pack.id, skill, "rule-1", bytes(8), 1)
        school.record.record((learner, shown))

    return say


def test_states_then_and_now_are_told_and_what_became_open_is_not(
    school, class_id, amina, answer, show, *, clock
):
    answer(amina, "parts", right=False)
    clock.advance(8 * DAY_MS)
    answer(amina, "parts")
    show(amina, "parts")
    answer(amina, "equiv", right=False)
    (row,) = class_changes(school, class_id).learners
    assert [(c.key[1], c.before, c.after) for c in row.changes] == [
        ("parts", Standing.LEARNING, Standing.GOT),
        ("equiv", Standing.LATER, Standing.LEARNING),
    ]
    assert row.answers == 2
    (row,) = class_changes(school, class_id, days=30).learners
    assert [c.before for c in row.changes] == [Standing.READY, Standing.LATER]
    assert row.answers == 3


def test_what_is_hers_and_was_not_met_is_named_for_her_and_for_the_class(
    school, class_id, amina, answer, *, clock
):
    juma = school.people.add_learner("Juma Ali", class_id, pin="4821")
    answer(amina, "parts", right=False)
    answer(juma, "parts", right=False)
    clock.advance(8 * DAY_MS)
    answer(juma, "parts", right=False)
    told = class_changes(school, class_id)
    assert [[str(title) for title in row.not_met] for row in told.learners] == [
        ["Parts of a whole"], [],
    ]  # fmt: skip
    assert told.not_met == ()  # Juma did
    clock.advance(8 * DAY_MS)
    told = class_changes(school, class_id)
    assert [str(skill.title) for skill in told.not_met] == ["Parts of a whole"]
    assert (told.skills[0].met, told.skills[0].could) == (0, 2)


def test_recovery_is_of_answers_right_alone_after_a_not_yet_on_the_same_skill(
    school, class_id, amina, answer
):
    for right, changes in (
        (False, {}), (False, {}), (True, {}), (True, {}), (False, {}),
        (True, {"response_ms": 300}),  # too quick: it weighs nothing
        (True, {"help": 1}), (True, {}),
    ):  # fmt: skip
        answer(amina, "parts", right=right, **changes)
    answer(amina, "equiv", right=True)
    told = class_changes(school, class_id)
    assert told.learners[0].recovery == told.recovery == Recovery(chances=3, right=1)


def test_recovery_is_of_the_answers_since_then_whatever_came_before_them(
    school, class_id, amina, answer, *, clock
):
    for right in (False, True, False):
        answer(amina, "parts", right=right)
    clock.advance(8 * DAY_MS)
    (row,) = class_changes(school, class_id).learners
    assert (row.answers, row.recovery) == (0, Recovery())
    answer(amina, "parts")  # right after the not-yet of last week
    (row,) = class_changes(school, class_id).learners
    assert row.recovery == Recovery(chances=1, right=1)
    (row,) = class_changes(school, class_id, days=30).learners
    assert row.recovery == Recovery(chances=2, right=2)


def test_recovery_of_nothing_has_no_rate():
    assert recovery_of([]).rate is None
    plain = Evidence((("p", "s"),), ("p", "i"), 0, Outcome.NOT_YET, 1, Why.COUNTS, 1)
    right = Evidence((("p", "s"),), ("p", "i"), 0, Outcome.RIGHT, 1, Why.COUNTS, 1)
    assert recovery_of([plain, right, plain]).rate == 1.0


def standing(key):
    return SkillStanding(key, SafeText(key[1].upper()), SafeText("U"), Standing.GOT, 0, 0)


def test_strengths_are_what_was_kept_longest_and_where_she_is_ahead_of_herself():
    def skill(name, p, *, kept=0, **more):
        shown = {"shown_ms": HOUR, "last_right_ms": HOUR + kept * DAY_MS} if kept else {}
        return SkillState("p", name, p_micro=p, **{"attempts": 5, **shown, **more})

    skills = [
        skill("a", 600_000, kept=3), skill("b", 650_000, kept=9), skill("c", 600_000, kept=20),
        skill("d", 900_000), skill("e", 500_000), skill("f", 700_000, attempts=2),
    ]  # fmt: skip
    state = LearnerState(skills={(each.pack, each.skill): each for each in skills})
    rows = [standing(key) for key in state.skills]
    assert [found.sentence for found in strengths(rows, state)] == [
        "C: kept for 20 days.",
        "B: kept for 9 days.",
        "D: ahead of what is usual for this learner.",
    ]


def test_of_few_skills_there_is_no_average_and_what_was_lost_is_no_strength():
    lost = SkillState(
        "p", "a", attempts=9, p_micro=400_000, not_yet_run=2, shown_ms=1, last_right_ms=9 * DAY_MS
    )
    state = LearnerState(
        skills={("p", "a"): lost, ("p", "b"): SkillState("p", "b", p_micro=990_000, attempts=4)}
    )
    assert strengths([standing(key) for key in state.skills], state) == ()


def test_an_empty_class_and_a_learner_without_answers_are_told(school, class_id, amina):
    told = class_changes(school, class_id)
    assert (told.learners[0].changes, told.learners[0].answers, told.recovery.rate) == ((), 0, None)
    assert next(changes_lines(told, days=7)) == "5B, the last 7 days"
    empty = class_changes(school, school.people.add_class("5C"))
    assert changes_figures(empty, days=7)["learners"] == []
    assert replace(empty, skills=()).not_met == ()
