"""What teachers say of skills: what they saw, how they judge, and what is refused or erased."""

import pytest
from deciding_world import work
from marking_world import ADD, Q1, answers_at, is_rebuilt_equal, why

from darasa.learning import marking
from darasa.learning.acting import acting_as
from darasa.learning.digest import learner_digest
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import LearningError, NotFoundError, NotHereError
from darasa.learning.evidence import Outcome, Why
from darasa.learning.kept_states import digest_of
from darasa.learning.kinds import Judgement, Kind, Observation, Overturn, WithdrawItem
from darasa.learning.learner_state import fold
from darasa.learning.marks import AnswerKey
from darasa.learning.skill_state import DAY_MS, Judged
from darasa.sync.ids import Role

# -- observations ---------------------------------------------------------------------------------


def test_an_observation_is_one_attempt_on_the_reference_item(school, amina, make_attempt):
    work(school, amina, make_attempt, right=False)
    before = school.state(amina)
    assert len(marking.observe(school, [amina, amina], ADD, right=True)) == 1
    state = school.state(amina)
    skill = state.skill(ADD)
    assert (skill.attempts, skill.right_alone, skill.recent[-1]) == (4, 1, int(Outcome.RIGHT))
    assert skill.p_micro > before.skill(ADD).p_micro
    assert (state.items, state.tries) == (before.items, before.tries)  # it is no item, no try here
    assert why(school, amina)[-1] == Why.OBSERVED


def test_one_observation_of_a_skill_counts_a_day(school, amina, make_attempt, clock):
    work(school, amina, make_attempt, right=False)
    marking.observe(school, [amina], ADD, right=True)
    clock.advance(3 * 3_600_000)
    marking.observe(school, [amina], ADD, right=False)
    assert school.state(amina).skill(ADD).attempts == 4
    assert why(school, amina)[-1] == Why.OBSERVED_THAT_DAY
    clock.advance(DAY_MS)
    marking.observe(school, [amina], ADD, right=False)
    assert school.state(amina).skill(ADD).attempts == 5


def test_an_observation_that_is_taken_back_weighs_nothing_and_another_counts(
    school, amina, make_attempt, clock
):
    work(school, amina, make_attempt, right=False)
    without = school.state(amina).skill(ADD)
    marking.observe(school, [amina], ADD, right=False)
    wrong = school.weighed(amina)[-1].stored
    marking.take_back(school, amina, wrong.log_id, wrong.seq)
    assert school.state(amina).skill(ADD) == without
    marking.observe(school, [amina], ADD, right=True)
    assert why(school, amina)[-2:] == [Why.TAKEN_BACK, Why.OBSERVED]
    assert is_rebuilt_equal(school)
    with pytest.raises(NotFoundError):
        marking.take_back(school, amina, bytes(8), 1)


def test_a_class_is_observed_in_one_act_or_not_at_all(school, class_id, amina, make_attempt):
    second = school.people.add_learner("Baraka", class_id, pin="4822")
    work(school, amina, make_attempt)
    with pytest.raises(NotFoundError):  # no course here has the skill, and Baraka has not met it
        marking.observe(school, [amina, second], ADD, right=True)
    assert school.state(amina).skill(ADD).attempts == 3
    work(school, second, make_attempt, sitting=b"sitting2")
    assert len(marking.observe(school, [amina, second], ADD, right=True)) == 2


# -- judgements -----------------------------------------------------------------------------------


def test_a_judgement_is_signed_dated_hers_and_the_model_does_not_see_it(
    school, amina, make_attempt, clock
):
    teacher = school.people.add_teacher("Mwalimu Asha", "a long passphrase")
    work(school, amina, make_attempt, right=False)
    before = school.state(amina)
    with acting_as(teacher):
        marking.judge(school, amina, ADD, "got")
    state = school.state(amina)
    assert state.skill(ADD).judged == Judged("got", bytes(teacher), clock.wall_ms())
    assert state.skill(ADD).state == "learning"
    assert (state.mastery, state.skill(ADD).p_micro) == (before.mastery, before.skill(ADD).p_micro)
    with acting_as(teacher):
        marking.judge(school, amina, ADD, "")
    assert school.state(amina).skill(ADD).judged is None
    assert learner_digest(school, amina) == digest_without_words(school, amina)
    assert is_rebuilt_equal(school)


def digest_without_words(room, learner):
    events = [each for each in room.events_of(learner) if 16 <= each.event.kind < 48]
    return digest_of(fold(events)).hex()


def test_two_judgements_at_once_stand_in_order_until_one_has_seen_both(school, amina, make_attempt):
    work(school, amina, make_attempt)
    marking.judge(school, amina, ADD, "got")
    (word,) = marking.judgements(school, amina, ADD)
    school.record.record((amina, Judgement(None, *ADD, "learning", ())))  # who had not seen it
    skill = school.state(amina).skill(ADD)
    assert (skill.judged, skill.is_disputed) == (word, True)
    assert [each.word for each in marking.judgements(school, amina, ADD)] == ["got", "learning"]
    marking.judge(school, amina, ADD, "learning")
    skill = school.state(amina).skill(ADD)
    assert skill.judged is not None
    assert (skill.judged.word, skill.is_disputed) == ("learning", False)


def test_what_teachers_say_is_said_at_the_school_server(fed, amina, make_room, make_attempt):
    work(fed, amina, make_attempt)
    stored = fed.weighed(amina)[0].stored
    for say in (
        lambda: marking.observe(fed, [amina], ADD, right=True),
        lambda: marking.judge(fed, amina, ADD, "got"),
        lambda: marking.overturn(fed, amina, stored.log_id, stored.seq, right=True),
        lambda: marking.overturn_for_all(fed, AnswerKey(*Q1, (), "1"), right=True),
        lambda: marking.withdraw_item(fed, Q1),
        lambda: marking.withdraw_item(make_room(Role.HUB), Q1),
    ):
        with pytest.raises(NotHereError):
            say()


# -- hostile and strange --------------------------------------------------------------------------


def test_what_is_not_known_here_is_refused_in_words(school, amina, make_attempt):
    work(school, amina, make_attempt)
    for say in (
        lambda: marking.observe(school, [amina], ("fractions", "flying"), right=True),
        lambda: marking.observe(school, [bytes(16)], ADD, right=True),
        lambda: marking.withdraw_item(school, ("fractions", "nothing")),
        lambda: marking.overturn(school, amina, bytes(8), 1, right=True),
        lambda: marking.overturn(school, bytes(16), bytes(8), 1, right=True),
    ):
        with pytest.raises(NotFoundError):
            say()
    with pytest.raises(LearningError):
        marking.overturn_for_all(school, AnswerKey(*Q1, (), "x" * 300), right=True)


def test_words_in_a_wrong_envelope_are_kept_and_mean_nothing(school, amina, make_attempt):
    (one,) = answers_at(school, amina, make_attempt, {"right": False})
    place = (one.log_id, one.seq, one.chain[:8])
    before = school.state(amina).skill(ADD)
    school.record.record((amina, WithdrawItem(None, *Q1, True, ())))
    school.record.record((None, Observation(None, *ADD, True, 1, ())))
    school.record.record((amina, Overturn(None, None, *Q1, (1,), "3/4", True, ())))
    school.record.record((None, Overturn(None, place, *Q1, (1,), "3/4", True, ())))
    assert school.state(amina).skill(ADD) == before
    assert marking.words_on_items(school) == []
    assert is_rebuilt_equal(school)


def test_erasing_a_learner_takes_what_was_said_of_her(school, amina, make_attempt):
    (one,) = answers_at(school, amina, make_attempt, {"right": False, "typed": "my own words"})
    marking.overturn(school, amina, one.log_id, one.seq, right=True)
    marking.judge(school, amina, ADD, "got")
    erase_learner(school, amina)
    with school.store.reading() as connection:
        kept = connection.execute("SELECT count(*) FROM lt_decision").fetchone()
    assert kept == (0,)
    assert Kind.OVERTURN not in {each.event.kind for each in school.events_of(amina)}


def test_what_was_accepted_of_everybody_stays_when_she_is_erased_and_that_is_told(
    school, class_id, amina, make_attempt
):
    baraka = school.people.add_learner("Baraka", class_id, pin="4822")
    typed = [{"right": False, "values": (1,), "typed": each} for each in ("Half a loaf", "no")]
    of_amina = answers_at(school, amina, make_attempt, *typed)
    (of_baraka,) = answers_at(school, baraka, make_attempt, typed[0] | {"typed": "HALF A LOAF"})
    for one in of_amina:
        answer = marking.answer_at(school, amina, one.log_id, one.seq)
        marking.overturn_for_all(school, answer, right=True)
    marking.overturn_for_all(
        school, answer, right=None
    )  # taken back, it is in the log all the same
    other = AnswerKey("fractions", "q1", (1,), "of somebody else")
    marking.overturn_for_all(school, other, right=True)
    assert erase_learner(school, amina).accepted == 2
    assert why(school, baraka) == [Why.OVERTURNED]
    answer = marking.answer_at(school, baraka, of_baraka.log_id, of_baraka.seq)
    assert answer in [word.answer for word in marking.words_on_items(school)]
    assert erase_learner(school, baraka).accepted == 1
