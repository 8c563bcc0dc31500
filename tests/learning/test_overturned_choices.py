"""A teacher's word on choices is on those of one version of an item: another has others there."""

from darasa.learning import marking
from darasa.learning.digest import learner_digest
from darasa.learning.evidence import Why
from darasa.learning.kinds import Overturn
from darasa.learning.marks import AnswerKey

PICKED = {"right": False, "picked": (2,), "typed": ""}
OLD, NEW = b"version1", b"version2"


def answers(room, learner, make_attempt, *fields):
    for nth, changes in enumerate(fields, start=room.state(learner).attempts + 1):
        room.record.record((learner, make_attempt(nth=nth, values=(), **changes)))


def why(room, learner):
    return [each.evidence.why for each in room.weighed(learner)]


def test_a_choice_that_was_accepted_is_not_accepted_in_another_version_of_its_item(
    school, fed, amina, make_attempt, exchange
):
    versions = (OLD, NEW, OLD)
    answers(fed, amina, make_attempt, *(PICKED | {"item_version": each} for each in versions))
    exchange(fed, school)
    accepted = AnswerKey("fractions", "q1", (), (2,), OLD)
    marking.overturn_for_all(school, accepted, right=True)
    assert why(school, amina) == [Why.OVERTURNED, Why.COUNTS, Why.OVERTURNED]
    exchange(fed, school)
    exchange(fed, school)
    assert why(fed, amina) == why(school, amina)
    assert learner_digest(fed, amina) == learner_digest(school, amina)
    assert [word.answer for word in marking.words_on_items(school)] == [accepted]


def test_what_is_typed_means_the_same_in_every_version(school, amina, make_attempt):
    typed = {"right": False, "typed": "three quarters"}
    answers(school, amina, make_attempt, typed | {"item_version": OLD})
    marking.overturn_for_all(school, AnswerKey("fractions", "q1", (), "three quarters"), right=True)
    answers(school, amina, make_attempt, typed | {"item_version": NEW})
    assert why(school, amina) == [Why.OVERTURNED, Why.OVERTURNED]


def test_a_word_of_before_versions_were_said_is_on_choices_of_all(school, amina, make_attempt):
    said = Overturn(None, None, "fractions", "q1", (), (2,), True, ())
    school.record.record((None, said))
    both = (PICKED | {"item_version": OLD}, PICKED | {"item_version": NEW})
    answers(school, amina, make_attempt, *both)
    assert why(school, amina) == [Why.OVERTURNED, Why.OVERTURNED]
