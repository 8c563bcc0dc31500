"""What a teacher said is taken back by one more word, unless somebody spoke since."""

import pytest
from deciding_world import is_rebuilt_equal, work

from darasa.learning import marking, marking_undo
from darasa.learning.errors import PeopleError
from darasa.learning.evidence import Why
from darasa.learning.kinds import Kind, Source
from darasa.learning.learner_state import digest

ADD = ("fractions", "add")


@pytest.fixture
def worked(school, amina, make_attempt):
    """A sitting of hers, not yet; its answers."""
    work(school, amina, make_attempt, right=False)
    return [each for each in school.events_of(amina) if each.event.kind == Kind.ATTEMPT]


def state_of(school, learner):
    return school.state(learner).skill(ADD)


def test_what_was_seen_is_taken_back_of_everyone_at_once(
    school, amina, worked, class_id, make_attempt
):
    juma = school.people.add_learner("Juma Ali", class_id, pin="4821")
    work(school, juma, make_attempt, sitting=b"sitting2", right=False)
    both = (amina, juma)
    before = [state_of(school, each) for each in both]
    back = marking_undo.observe(school, both, ADD, right=True, source=Source.ORAL)
    seen = [state_of(school, each) for each in both]
    assert [each.attempts for each in seen] == [each.attempts + 1 for each in before]
    back()
    for learner, was in zip(both, before, strict=True):
        now = state_of(school, learner)
        assert (now.attempts, now.p_micro, now.recent) == (was.attempts, was.p_micro, was.recent)
        assert [each.evidence.why for each in school.weighed(learner)][-1] is Why.TAKEN_BACK
    assert is_rebuilt_equal(school)


@pytest.mark.parametrize("former", ["", "learning", "got"])
@pytest.mark.parametrize("word", ["learning", "got"])
def test_a_word_that_is_taken_back_leaves_the_one_before(school, amina, worked, former, word):
    if former:
        marking.judge(school, amina, ADD, former)
    back = marking_undo.judge(school, amina, ADD, word)
    assert [each.word for each in marking.judgements(school, amina, ADD)] == [word]
    back()
    assert [each.word for each in marking.judgements(school, amina, ADD)] == [former][
        : bool(former)
    ]


@pytest.mark.parametrize("former", [None, False])
def test_an_answer_that_was_accepted_counts_again_as_it_did(school, amina, worked, former):
    place = (worked[0].log_id, worked[0].seq)
    if former is not None:
        marking.overturn(school, amina, *place, right=former)
    before = state_of(school, amina)
    back = marking_undo.overturn(school, amina, *place, right=True)
    assert state_of(school, amina).right_alone == before.right_alone + 1
    back()
    assert state_of(school, amina).right_alone == before.right_alone
    assert is_rebuilt_equal(school)


def test_an_answer_of_everybody_and_a_question_are_taken_back(school, amina, worked):
    answer = marking.answer_at(school, amina, worked[0].log_id, worked[0].seq)
    before = state_of(school, amina)
    back = marking_undo.overturn_for_all(school, answer, right=True)
    assert state_of(school, amina).right_alone > before.right_alone
    back()
    assert state_of(school, amina).right_alone == before.right_alone
    back = marking_undo.withdraw_item(school, (answer.pack, answer.item), withdrawn=True)
    assert state_of(school, amina).attempts < before.attempts
    assert marking_undo.withdraw_item(school, (answer.pack, answer.item), withdrawn=True) is None
    back()
    assert state_of(school, amina).attempts == before.attempts
    assert marking.words_on_items(school) == []
    assert school.freshen(10) == 1  # she had met the question; until then whoever asks folds her
    assert is_rebuilt_equal(school)


def test_where_somebody_spoke_since_nothing_is_taken_back(school, amina, worked):
    place = (worked[0].log_id, worked[0].seq)
    answer = marking.answer_at(school, amina, *place)
    item = (answer.pack, answer.item)
    said = [
        (
            marking_undo.judge(school, amina, ADD, "got"),
            lambda: marking.judge(school, amina, ADD, "learning"),
        ),
        (
            marking_undo.overturn(school, amina, *place, right=True),
            lambda: marking.overturn(school, amina, *place, right=False),
        ),
        (
            marking_undo.overturn_for_all(school, answer, right=True),
            lambda: marking.overturn_for_all(school, answer, right=False),
        ),
        (
            marking_undo.withdraw_item(school, item, withdrawn=True),
            lambda: (
                marking.withdraw_item(school, item, withdrawn=False),
                marking.withdraw_item(school, item),
            ),
        ),
    ]
    for back, speak in said:
        speak()
        was = digest(school.state(amina))
        with pytest.raises(PeopleError, match="in the meantime"):
            back()
        assert digest(school.state(amina)) == was
