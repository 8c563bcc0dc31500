"""An answer that a teacher overturned, for one learner or for all, however it is written."""

from marking_world import ADD, answers_at, is_rebuilt_equal, same_everywhere, why

from darasa.learning import marking
from darasa.learning.evidence import Why
from darasa.learning.kinds import Overturn
from darasa.learning.marks import AnswerKey
from darasa.learning.scopes import SCHOOL_SCOPE, OverturnedValue
from darasa.sync.ids import Role


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
