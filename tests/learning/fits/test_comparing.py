"""What a fit changes against another, and choosing one so that it can be taken back."""

import pytest
from deciding_world import work
from fits_world import made_at, parameters
from msgspec.structs import replace

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import Answer, Item, Text, with_version
from darasa.content_packs.skill import Skill
from darasa.learning.acting import acting_as
from darasa.learning.errors import FitError, PeopleError
from darasa.learning.fits.adopting import adopt, stays
from darasa.learning.fits.chosen import choose, chosen_fits
from darasa.learning.fits.comparing import (
    MOVED_MICRO,
    moved_items,
    parameters_of,
    tried_on_answers,
)
from darasa.learning.fits.words import SETTING
from darasa.learning.kinds import SignIn
from darasa.learning.mastery.parameters import NamedValues
from darasa.learning.mastery.shipped import WARM

ONE = Text("1 + 1?", "1 + 1?", "1 + 1?")
ITEMS = [
    with_version(
        Item(
            id=f"q{n}", kind="answer", skills=("add",), prompt=ONE, answers=(Answer("2", "number"),)
        )
    )
    for n in range(1, 5)
]
PACK = invented_pack([Skill(id="add", title="Adding")], ITEMS, pack_id="fractions")


def test_items_that_moved_are_those_that_a_fit_lists_the_furthest_first():
    b = WARM.weights["mu"]
    rows = [("q1", b), ("q2", b - 1_000_000), ("q3", b + 3_000_000), ("gone", -b)]
    made = replace(
        WARM, items=tuple(NamedValues("fractions", name, (value, 0)) for name, value in rows)
    )
    moved = moved_items([PACK], made, WARM)
    assert [each.item for each in moved] == ["q3", "q2"]
    assert moved[0].now_micro > moved[0].before_micro
    assert moved[1].now_micro < moved[1].before_micro
    assert all(abs(each.now_micro - each.before_micro) >= MOVED_MICRO for each in moved)
    back = moved_items([PACK], WARM, made)
    assert [(each.before_micro, each.now_micro) for each in back] == [
        (each.now_micro, each.before_micro) for each in moved
    ]
    assert moved_items([PACK], WARM, WARM) == []


def test_learners_of_a_practice_class_are_asked_only_where_there_are_no_others(
    school, class_id, amina, make_attempt
):
    invented = school.people.add_learner("Invented", class_id, pin="4822")
    school.record.record((invented, SignIn(b"sitting0", "simulated")))
    work(school, invented, make_attempt, sitting=b"sitting9", answers=5)
    found = tried_on_answers(school, WARM, WARM)
    assert (found.learners, found.now.rows) == (1, 5)
    work(school, amina, make_attempt)
    found = tried_on_answers(school, parameters(4), WARM)
    assert (found.learners, found.now.rows, found.before.rows) == (1, 3, 3)
    assert found.now.log_loss() != found.before.log_loss()


def test_the_parameters_of_a_fit_that_is_not_here_are_refused(school):
    assert parameters_of(school, None) == WARM
    with pytest.raises(FitError, match="not here"):
        parameters_of(school, bytes(16))


def test_a_choice_is_signed_and_taken_back_to_what_was_said_before(school, clock):
    teacher = school.people.add_teacher("Ruth", "long enough it is")
    first, second = made_at(school, 1), made_at(school, 2)
    adopt(school, "1", for_good=True)
    clock.advance(60_000)
    with acting_as(teacher):
        back = choose(school, second)
    assert not stays(school.people.record_of(SETTING))
    now, before = chosen_fits(school)
    assert (now.fit_id, now.by, now.in_force) == (second, teacher, True)
    assert (before.fit_id, before.by, before.in_force) == (first, None, False)
    assert now.when_ms - before.when_ms >= 60_000
    back()
    assert stays(school.people.record_of(SETTING))  # as it was said at first
    assert [each.fit_id for each in chosen_fits(school)] == [first, second, first]
    with pytest.raises(PeopleError, match="chose another since"):
        back()


def test_the_first_choice_is_taken_back_to_nothing_said(school):
    made_at(school, 1)
    back = choose(school, school.store.read(school.fits.listed)[0].fit_id)
    back()
    assert school.store.read(school.fits.rules).name == "rlf-shipped-warm-1"
    assert school.store.read(school.fits.lacks) is None
    assert not stays(school.people.record_of(SETTING))
