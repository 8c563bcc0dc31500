"""Items that are withdrawn, what was shown before, and who is folded anew for a word."""

import pytest
from marking_world import ADD, Q1, answers_at, is_rebuilt_equal, why

from darasa.learning import marking
from darasa.learning.digest import learner_digest
from darasa.learning.evidence import Why
from darasa.learning.kinds import MasteryShown
from darasa.learning.reports.history import history
from darasa.learning.skill_state import DAY_MS


def test_no_answer_to_a_withdrawn_item_counts_and_all_are_kept(school, amina, make_attempt):
    answers_at(school, amina, make_attempt, {"item": "q2"}, {"right": False}, {"right": False})
    without = school.state(amina).skill(ADD)
    assert marking.withdraw_item(school, Q1)
    assert not marking.withdraw_item(school, Q1)
    skill = school.state(amina).skill(ADD)
    assert (skill.attempts, skill.chances, skill.wrong_tries_run) == (1, 1, 0)
    assert why(school, amina) == [Why.COUNTS, Why.WITHDRAWN, Why.WITHDRAWN]
    assert school.state(amina).tries == 3
    assert school.item_marks().withdrawn(school.home.school_id) == {Q1}
    assert is_rebuilt_equal(school)
    assert marking.withdraw_item(school, Q1, withdrawn=False)
    assert school.state(amina).skill(ADD) == without
    assert school.item_marks().withdrawn(school.home.school_id) == frozenset()


def test_what_was_shown_stays_shown_whatever_is_withdrawn_or_overturned(
    school, amina, make_attempt, clock
):
    (one,) = answers_at(school, amina, make_attempt, {"right": False})
    marking.overturn(school, amina, one.log_id, one.seq, right=True)
    shown = MasteryShown(b"sitting1", *ADD, "rule-1", bytes(8), 1)
    school.record.record((amina, shown))
    assert school.state(amina).skill(ADD).state == "got"
    clock.advance(2 * DAY_MS)
    (two,) = answers_at(school, amina, make_attempt, {"right": False}, sitting=b"sitting2")
    marking.overturn(school, amina, two.log_id, two.seq, right=True)
    assert school.state(amina).skill(ADD).state == "kept"
    for each in (one, two):
        marking.overturn(school, amina, each.log_id, each.seq, right=None)
    marking.withdraw_item(school, Q1)
    skill = school.state(amina).skill(ADD)
    assert (skill.state, skill.attempts) == ("kept", 0)
    assert is_rebuilt_equal(school)


def test_the_sum_behind_a_state_is_the_one_that_the_state_was_folded_by(
    school, amina, make_attempt
):
    some = answers_at(school, amina, make_attempt, {}, {"right": False}, {"item": "q2"}, {})
    marking.overturn(school, amina, some[1].log_id, some[1].seq, right=True)
    marking.withdraw_item(school, ("fractions", "q2"))
    marking.observe(school, [amina], ADD, right=True)
    state = school.state(amina)
    past = history(school.events_of(amina), state.rules, school.item_marks())
    assert past.reasons[ADD].p_micro == state.skill(ADD).p_micro
    assert past.reasons[ADD].answer == past.weighed[-1].stored
    *answers, seen = past.weighed
    assert [each.mark.right_of(each.said) for each in answers] == [True] * 4
    assert (answers[1].evidence.why, seen.evidence.why) == (Why.OVERTURNED, Why.OBSERVED)


@pytest.fixture
def folded_anew(school, monkeypatch):
    """Whom the school folds anew from here on, in order."""
    whom = []
    refold = school._learners.refold

    def noted(connection, learner):
        whom.append(learner)
        refold(connection, learner)

    monkeypatch.setattr(school._learners, "refold", noted)
    return whom


def test_only_those_who_met_the_item_are_folded_anew_and_nobody_waits_for_it(
    school, class_id, amina, make_attempt, folded_anew
):
    baraka = school.people.add_learner("Baraka", class_id, pin="4822")
    answers_at(school, amina, make_attempt, {})
    answers_at(school, baraka, make_attempt, {"item": "q11"}, {"item": "add", "pack": "q1"})
    assert school.learners_met(Q1) == {amina}
    marking.withdraw_item(school, Q1)
    assert why(school, amina) == [Why.WITHDRAWN]  # whoever asks sees it at once
    assert school.state(amina).skill(ADD).attempts == 0
    assert folded_anew == []
    marking.withdraw_item(school, ("fractions", "q11"))  # while that waits, one more is said
    assert school.state(baraka).skill(ADD).attempts == 0
    assert (school.freshen(10), school.freshen(10)) == (2, 0)
    assert sorted(folded_anew) == sorted([amina, baraka])
    marking.withdraw_item(school, Q1, withdrawn=False)
    assert school.freshen(10) == 1
    assert school.state(amina).skill(ADD).attempts == 1


def test_answers_of_a_running_lesson_are_not_late_after_a_word_on_her(
    school, fed, amina, make_attempt, exchange, *, folded_anew
):
    (one,) = answers_at(fed, amina, make_attempt, {"right": False})
    exchange(fed, school)
    marking.judge(school, amina, ADD, "got")
    marking.overturn(school, amina, one.log_id, one.seq, right=True)
    assert folded_anew == [amina, amina]
    fed.record.record((amina, make_attempt(nth=2, values=(2,))))
    exchange(fed, school)
    assert folded_anew == [amina, amina]
    assert learner_digest(fed, amina) == learner_digest(school, amina)
    assert is_rebuilt_equal(school)


def test_an_answer_before_an_observation_is_late_and_folds_her_anew_and_nobody_else(
    school, fed, class_id, amina, make_attempt, *, exchange, folded_anew
):
    baraka = school.people.add_learner("Baraka", class_id, pin="4822")
    for learner in (amina, baraka):
        answers_at(fed, learner, make_attempt, {}, sitting=bytes(7) + learner[:1])
    exchange(fed, school)
    marking.observe(school, [amina], ADD, right=True)
    assert folded_anew == []
    for learner in (amina, baraka):
        late = make_attempt(sitting=bytes(7) + learner[:1], nth=2, values=(2,))
        fed.record.record((learner, late))
    exchange(fed, school)
    exchange(fed, school)
    assert set(folded_anew) == {amina}
    for learner in (amina, baraka):
        assert learner_digest(fed, learner) == learner_digest(school, learner)
