"""Common wrong answers on the bundled course and on an item with drawn numbers."""

from darasa.content_packs.grading import Picked, Typed, grade, wrong_key, wrong_responses
from darasa.content_packs.instance import draw
from darasa.learning.reports.wrong_answers import wrong_answers
from darasa.learning.tried import Tried, TriedRow, Wrong


def row(pack, item, number, response=None, *, typed=None, version=None):
    """A learner's last wrong answer to an item, with the numbers that she had."""
    who = number.to_bytes(16, "big")
    instance = draw(item, learner_id=who, nth=1)
    given = response(instance) if response else Typed(typed)
    picked = given.choices if isinstance(given, Picked) else ()
    wrong = Wrong(
        version or item.version[:2], instance.values, picked, "" if picked else given.text
    )
    return TriedRow(
        who, [Tried(pack.id, item.id, item.skills, 0, 1, first=0, counted=1, wrong=wrong)]
    )


def first_wrong(instance):
    return wrong_responses(instance)[0]


def test_the_same_known_mistake_is_one_answer_whatever_numbers_were_drawn(pack):
    item = next(i for i in pack.items.values() if i.vars and i.wrong and i.kind == "answer")
    rows = [row(pack, item, number, first_wrong) for number in range(9)]
    (found,) = wrong_answers(rows, {pack.id: pack})
    assert (found.item, found.learners) == ((pack.id, item.id), 9)
    assert found.note
    instances = [draw(item, learner_id=n.to_bytes(16, "big"), nth=1) for n in range(9)]
    assert len({each.values for each in instances}) > 1
    assert found.asked in {each.prompt for each in instances}


def test_answers_are_the_same_as_the_grader_reads_them(pack):
    item = next(i for i in pack.items.values() if i.kind == "answer" and not i.vars)
    typed = ["7/9", " 7 / 9", "14/18", "8/9"]
    rows = [row(pack, item, number, typed=each) for number, each in enumerate(typed)]
    assert [each.learners for each in wrong_answers(rows, {pack.id: pack}, least=1)] == [3, 1]


def test_choices_are_shown_by_their_words_with_the_note_to_them(pack):
    item = next(
        i for i in pack.items.values() if i.kind == "choice" and wrong_noted(pack, i) is not None
    )
    place = wrong_noted(pack, item)
    rows = [row(pack, item, number, lambda _: Picked((place,))) for number in range(3)]
    (found,) = wrong_answers(rows, {pack.id: pack})
    instance = draw(item, learner_id=bytes(16), nth=1)
    assert found.note == grade(instance, Picked((place,))).feedback
    assert found.answered in instance.choices


def wrong_noted(pack, item):
    places = [n for n, choice in enumerate(item.choices) if not choice.right and choice.note]
    return places[0] if places else None


def test_fewer_than_asked_for_are_not_told_and_other_skills_neither(pack):
    item = next(i for i in pack.items.values() if i.kind == "answer" and not i.vars)
    rows = [row(pack, item, number, typed="7/9") for number in range(9)]
    assert wrong_answers(rows, {pack.id: pack}, least=10) == ()
    other = next(skill for skill in pack.skills if skill not in item.skills)
    assert wrong_answers(rows, {pack.id: pack}, skill=(pack.id, other)) == ()
    assert wrong_answers(rows, {pack.id: pack}, skill=(pack.id, item.skills[0]))


def test_without_the_pack_or_with_another_version_the_id_is_shown(pack):
    item = next(i for i in pack.items.values() if i.kind == "choice")
    rows = [row(pack, item, n, first_wrong, version=b"older---") for n in range(2)]
    for packs in ({pack.id: pack}, {}):
        (found,) = wrong_answers(rows, packs)
        assert (found.asked, found.answered[:7], found.learners) == (item.id, "choice ", 2)


def test_drawn_numbers_part_answers_that_no_author_foresaw(pack):
    item = next(i for i in pack.items.values() if i.vars and i.kind == "answer")
    one, *others = (draw(item, learner_id=bytes([n] * 16), nth=1) for n in range(9))
    other = next(each for each in others if each.values != one.values)
    assert wrong_key(one, Typed("987")) == wrong_key(one, Typed("987.0"))
    assert wrong_key(one, Typed("987")) != wrong_key(other, Typed("987"))
