from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.content_packs.grading import (
    Picked,
    Typed,
    Verdict,
    correct_response,
    grade,
    wrong_responses,
)
from darasa.content_packs.instance import ItemInstance, draw
from darasa.content_packs.item import Answer, Choice, Item, Text, WrongNote, with_version

MakeInstance = Callable[[str], ItemInstance]
RIGHT, NOT_YET = Verdict.RIGHT, Verdict.NOT_YET
AS_ASKED, UNCLEAR = Verdict.WRITE_AS_ASKED, Verdict.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    ("line", "typed", "verdict"),
    [
        ("= 3/4", "3/4", RIGHT),
        ("= 3/4", "6/8", RIGHT),
        ("= 3/4", "0.75", RIGHT),
        ("= 3/4", " 3 / 4 ", RIGHT),
        ("= 3/4", "4/3", NOT_YET),
        ("= 3/4", "three", UNCLEAR),
        ("= 3/4", "", UNCLEAR),
        ("= 1 1/2", "3/2", RIGHT),
        ("== 6/8", "6/8", RIGHT),
        ("== 6/8", "3/4", AS_ASKED),
        ("== 6/8", "0.75", AS_ASKED),
        ("== 6/8", "06/8", RIGHT),
        ("== 6/8", "6/9", NOT_YET),
        ("== 0.50", "0.5", AS_ASKED),
        ("= 10 +- 0.5", "10.5", RIGHT),
        ("= 10 +- 0.5", "10.51", NOT_YET),
        ("= one half\n= half", " One  HALF", RIGHT),
        ("= one half\n= half", "quarter", NOT_YET),
        ("= one half\n= half", "", UNCLEAR),
        ("= half\n= 1/2", "2/4", RIGHT),
        ("= half\n= 1/2", "Half", RIGHT),
        ("= half\n= 1/2", "whole", NOT_YET),
        ("= half", "Half.", RIGHT),
        ("= half", "half !", RIGHT),
        ("= half", ".", NOT_YET),
        ("= half", "h.alf", NOT_YET),
        ("== Kisumu", "Kisumu.", AS_ASKED),
        ("== Kisumu", "Kisumu", RIGHT),
        ("== Kisumu", "kisumu", AS_ASKED),
        ("= caf\u00e9", "cafe\u0301", RIGHT),
        ("= ng'ombe", "ng\u2019ombe", RIGHT),
        ("= ng\u2019ombe", "NG'OMBE", RIGHT),
        ("== ng'ombe", "ng\u02bcombe", RIGHT),
        ("= ng'ombe", "ngombe", NOT_YET),
        ("= twenty-one", "twenty\u2011one", RIGHT),
        ("= 25 \u00b0C", "25 \u00baC", RIGHT),
        ("= 3:30", "\u0663:\u0663\u0660", RIGHT),
        ("= 1000.5", "1 000,5", RIGHT),
    ],
)
def test_typed_answers(
    make_instance: MakeInstance, line: str, typed: str, verdict: Verdict
) -> None:
    assert grade(make_instance(f"\nHow much?\n\n{line}\n"), Typed(typed)).verdict is verdict


def test_a_known_wrong_answer_gets_its_note_by_value(make_instance: MakeInstance) -> None:
    one = make_instance("\nHow much?\n\n= 3/4\n!= 1/4 : That is what is left.\n!= 7 : Too many.\n")
    assert grade(one, Typed("2/8")).feedback == "That is what is left."
    assert grade(one, Typed("7")).feedback == "Too many."
    assert grade(one, Typed("8")).feedback is None
    assert grade(one, Typed("3/4")).feedback is None


def test_it_says_how_the_answer_was_read_and_what_is_right(make_instance: MakeInstance) -> None:
    got = grade(make_instance("\nHow much?\n\n= 3/4\n"), Typed("2/4"))
    assert got.read_as == "two quarters"
    assert got.correct_text == "3/4"


CHOICE = "\nWhich?\n\n- [ ] a\n  > Not a.\n- [x] b\n  > Well seen.\n- [ ] c\n"
ALL = "\nWhich?\n\n- [x] a\n- [ ] b\n  > Not b.\n- [x] c\n"


def test_a_choice_is_judged_by_its_place_in_the_source(make_instance: MakeInstance) -> None:
    one = make_instance(CHOICE)
    assert grade(one, Picked((1,))).verdict is RIGHT
    assert grade(one, Picked((1,))).feedback == "Well seen."
    assert grade(one, Picked((0,))).feedback == "Not a."
    assert grade(one, Picked((2,))).verdict is NOT_YET
    assert grade(one, Picked((2,))).correct_text == "b"


def test_choose_all_wants_exactly_the_right_ones(make_instance: MakeInstance) -> None:
    one = make_instance(ALL)
    assert one.item.kind == "multiple"
    assert grade(one, Picked((2, 0))).verdict is RIGHT
    assert grade(one, Picked((0,))).verdict is NOT_YET
    assert grade(one, Picked((0, 1, 2))).feedback == "Not b."


@pytest.mark.parametrize("picked", [(), (7,), (-1,), (0, 1)])
def test_a_pick_that_cannot_be_is_not_understood(
    make_instance: MakeInstance, picked: tuple[int, ...]
) -> None:
    assert grade(make_instance(CHOICE), Picked(picked)).verdict is UNCLEAR
    assert grade(make_instance(CHOICE), Typed("a")).verdict is UNCLEAR
    assert grade(make_instance("\nQ?\n\n= 1\n"), Picked((0,))).verdict is UNCLEAR


def _text(words: str) -> Text:
    return Text(markdown=words, plain=words, spoken=words)


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=250))
def test_no_typed_text_raises(typed: str) -> None:
    item = with_version(
        Item(
            id="i",
            kind="answer",
            skills=("s",),
            prompt=_text("?"),
            answers=(
                Answer(value="3/4", kind="number", written=True),
                Answer(value="1", kind="number", tolerance="1/2"),
                Answer(value="half", kind="text"),
            ),
            wrong=(WrongNote(value="2", kind="number", note=_text("no")),),
        )
    )
    grade(draw(item, learner_id=b"x", nth=1), Typed(typed))


@given(st.lists(st.integers(-10, 10), max_size=12))
def test_no_pick_raises(picked: list[int]) -> None:
    item = with_version(
        Item(
            id="i",
            kind="multiple",
            skills=("s",),
            prompt=_text("?"),
            choices=(Choice(text=_text("a"), right=True), Choice(text=_text("b"))),
        )
    )
    grade(draw(item, learner_id=b"x", nth=1), Picked(tuple(picked)))


@pytest.mark.parametrize(
    "body",
    [
        CHOICE,
        ALL,
        "\nHow much?\n\n= 3/4\n",
        "\nHow much?\n\n== 3/4\n!= 1/4 : no\n",
        "\nHow much?\n\n= 10 +- 5\n",
        "\nWho?\n\n= Neema\n",
        "vars: n = 2..5\n\nWhat is @{n} + 1?\n\n= @{n+1}\n!= @{n} : That is it itself.\n",
    ],
)
def test_simulated_answers_are_what_they_say(make_instance: MakeInstance, body: str) -> None:
    one = make_instance(body)
    assert grade(one, correct_response(one)).verdict is RIGHT
    wrong = wrong_responses(one)
    assert wrong
    assert all(grade(one, response).verdict is NOT_YET for response in wrong)
