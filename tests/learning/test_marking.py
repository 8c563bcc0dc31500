"""What teachers say of answers and skills: at the school, and on every node that holds the same."""

import pytest
from deciding_world import is_rebuilt_equal as is_rebuilt_as_it_is
from deciding_world import work

from darasa.learning import marking
from darasa.learning.acting import acting_as
from darasa.learning.deciding.ignored import ignored_counts
from darasa.learning.deciding.judging import Why as Held
from darasa.learning.digest import learner_digest
from darasa.learning.erasure import erase_learner
from darasa.learning.errors import LearningError, NotFoundError, NotHereError
from darasa.learning.evidence import Outcome, Why
from darasa.learning.kept_states import digest_of
from darasa.learning.kinds import (
    Judgement,
    Kind,
    MasteryShown,
    Observation,
    Overturn,
    SignIn,
    WithdrawItem,
)
from darasa.learning.learner_state import fold
from darasa.learning.marks import AnswerKey
from darasa.learning.reports.history import history
from darasa.learning.scopes import SCHOOL_SCOPE, OverturnedValue
from darasa.learning.skill_state import DAY_MS, Judged
from darasa.sync.ids import Role

ADD = ("fractions", "add")
Q1 = ("fractions", "q1")


def answers_at(room, learner, make_attempt, *fields, sitting=b"sitting1"):
    """A sitting of answers, each to its own numbers unless it says which; their events."""
    room.record.record((learner, SignIn(sitting, "pin")))
    stored = []
    for nth, changes in enumerate(fields, start=1):
        plain = {"sitting": sitting, "nth": nth, "values": (nth,)}
        stored += room.record.record((learner, make_attempt(**(plain | changes))))
    return stored


def why(room, learner):
    return [str(each.evidence.why) for each in room.weighed(learner)]


def same_everywhere(learner, *rooms):
    digests = {learner_digest(room, learner) for room in rooms}  # of stale states too
    return len(digests) == 1 and all(is_rebuilt_equal(room) for room in rooms)


def is_rebuilt_equal(room):
    """Once those who met an item that something was said of are folded anew, as servers do it."""
    room.freshen(1_000)
    return is_rebuilt_as_it_is(room)


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


# -- overturned answers ---------------------------------------------------------------------------


def test_an_answer_that_is_overturned_counts_as_the_teacher_said_and_is_not_altered(
    school, amina, make_attempt
):
    events = answers_at(school, amina, make_attempt, {}, {"right": False, "typed": "half"}, {})
    one = events[1]
    before = school.state(amina).skill(ADD)
    marking.overturn(school, amina, one.log_id, one.seq, right=True)
    after = school.state(amina).skill(ADD)
    assert (before.right_alone, after.right_alone) == (2, 3)
    assert after.p_micro > before.p_micro
    assert why(school, amina) == [Why.COUNTS, Why.OVERTURNED, Why.COUNTS]
    (held,) = [each for each in school.events_of(amina) if each.chain == one.chain]
    assert held.canonical == one.canonical
    assert is_rebuilt_equal(school)
    marking.overturn(school, amina, one.log_id, one.seq, right=None)
    assert school.state(amina).skill(ADD) == before
    assert why(school, amina) == [Why.COUNTS] * 3


def test_an_answer_taken_for_right_counts_for_all_now_and_later(
    school, class_id, amina, make_attempt
):
    baraka = school.people.add_learner("Baraka", class_id, pin="4822")
    wrong = {"right": False, "values": (1, 2), "typed": "Half."}
    (one,) = answers_at(school, amina, make_attempt, wrong)
    answers_at(school, baraka, make_attempt, {"right": False, "typed": "half"})
    answer = marking.answer_at(school, amina, one.log_id, one.seq)
    marking.overturn_for_all(school, answer, right=True)
    assert school.state(amina).skill(ADD).right_alone == 1
    assert school.state(baraka).skill(ADD).right_alone == 0  # it had other numbers
    later = wrong | {"typed": " HALF ", "sitting": b"sitting2"}
    answers_at(school, baraka, make_attempt, later, sitting=b"sitting2")
    assert school.state(baraka).skill(ADD).right_alone == 1
    (word,) = marking.words_on_items(school)
    assert (word.answer, word.right, word.withdrawn) == (answer, True, False)
    marking.overturn_for_all(school, answer, right=None)
    assert marking.words_on_items(school) == []
    assert school.state(amina).skill(ADD).right_alone == 0
    assert is_rebuilt_equal(school)


def test_what_is_accepted_is_accepted_however_it_is_written(make_room, make_attempt, exchange):
    """Capitals, pieces of letters and blanks aside; also what an earlier program wrote down."""
    school = make_room(Role.SCHOOL)
    class_id = school.people.add_class("5B")
    amina = school.people.add_learner("Amina", class_id, pin="4821")
    pc = make_room(Role.COMPUTER, joined=school)
    exchange(pc, school)
    exchange(pc, school)
    same = {"right": False, "values": (1,)}
    written = ["ÉLÉPHANT", "e\u0301le\u0301phant", " Éléphant\u00a0! ", "elephant"]
    answers_at(pc, amina, make_attempt, *(same | {"typed": each} for each in written))
    exchange(pc, school)
    formerly = Overturn(None, None, "fractions", "q1", (1,), "ÉlÉphant", True, ())
    (said,) = school.record.record((None, formerly))
    exchange(pc, school)
    exchange(pc, school)
    assert why(school, amina) == why(pc, amina) == [Why.OVERTURNED] * 3 + [Why.COUNTS]
    answer = AnswerKey("fractions", "q1", (1,), "éléphant")
    assert [word.answer for word in marking.words_on_items(school)] == [answer]
    marking.overturn_for_all(school, answer, right=None)
    assert school.store.event_count() > said.seq
    assert marking.words_on_items(school) == []
    assert same_everywhere(amina, school)


def test_a_computer_takes_what_a_school_with_an_earlier_program_tells_it(
    make_room, make_attempt, exchange
):
    school = make_room(Role.SCHOOL)
    amina = school.people.add_learner("Amina", school.people.add_class("5B"), pin="4821")
    pc = make_room(Role.COMPUTER, joined=school)
    exchange(pc, school)
    exchange(pc, school)
    answers_at(pc, amina, make_attempt, {"right": False, "values": (1,), "typed": "éléphant"})
    formerly = OverturnedValue("fractions", "q1", (1,), "ÉlÉphant", True, True)
    with school.store.transaction() as tx:
        tx.publish(SCHOOL_SCOPE, formerly.record_id, formerly.to_bytes())
    exchange(pc, school)
    assert why(pc, amina) == [Why.OVERTURNED]


def test_a_word_on_one_answer_goes_before_a_word_on_all_like_it(school, amina, make_attempt):
    (one,) = answers_at(school, amina, make_attempt, {"right": False})
    answer = marking.answer_at(school, amina, one.log_id, one.seq)
    marking.overturn_for_all(school, answer, right=True)
    marking.overturn(school, amina, one.log_id, one.seq, right=False)
    assert school.state(amina).skill(ADD).right_alone == 0
    marking.overturn(school, amina, one.log_id, one.seq, right=None)
    assert school.state(amina).skill(ADD).right_alone == 1


def test_help_is_still_help_in_an_answer_that_is_overturned(school, amina, make_attempt):
    (one,) = answers_at(school, amina, make_attempt, {"right": False, "help": 1})
    marking.overturn(school, amina, one.log_id, one.seq, right=True)
    assert why(school, amina) == [Why.WITH_HELP]
    assert school.state(amina).skill(ADD).right_alone == 0


# -- withdrawn items ------------------------------------------------------------------------------


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


# -- on every node --------------------------------------------------------------------------------


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


# -- rights ---------------------------------------------------------------------------------------


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
