"""Items of other skills within a set, skills that rest, and what is said of them."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from darasa.client_tui.presenters.item import role_words
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.grading import Picked, wrong_responses
from darasa.content_packs.source import load_source
from darasa.learning.marking import judge
from darasa.learning.views import ItemRole

HOUR = 3_600_000


def got_parts(world: Any, *, home: bool = True) -> Any:
    """A set in which the first skill was got; then home, or still at its end."""
    world.sign_in().press("enter")
    while "end of set" not in world.lines()[0]:
        world.press("2", "enter", "enter", apart_ms=20_000)
    return world.press("escape") if home else world


def answer_wrong(world: Any) -> None:
    """Type or choose something that is not right, and check it."""
    instance = world.flow.sitting_now().current.instance
    wrong = wrong_responses(instance)[0]
    if isinstance(wrong, Picked):
        world.press(str(instance.order.index(wrong.choices[0]) + 1), "enter", apart_ms=9_000)
    else:
        world.type(wrong.text).press("enter", apart_ms=9_000)


def not_yet(world: Any) -> None:
    """An item with ticks, right at the second try."""
    world.press("2", "enter", "enter", "1", "3", "enter", "enter", apart_ms=9_000)


def test_a_look_back_is_announced_and_named(world: Any) -> None:
    got_parts(world)
    world.clock.advance(26 * HOUR)
    world.press("m", "4", "enter", "enter")
    world.press("1", "3", "enter", "enter", apart_ms=9_000)
    not_yet(world)
    world.press("1", "3", "enter", "enter", apart_ms=9_000)
    assert "Parts of a whole" in world.lines()[0]
    assert "A look back: Parts of a whole. See if you still have it." in world.lines()[22]
    world.press("2", "enter", "enter", apart_ms=9_000)
    assert "What is a half" in world.lines()[0]
    assert "Back to What is a half." in world.lines()[22]


def test_a_skill_that_rests_says_so_kindly(world: Any) -> None:
    world.sign_in().press("m", "4", "enter")
    while "end of set" not in world.lines()[0] or "rests" not in world.screen():
        if "end of set" in world.lines()[0]:
            world.press("escape", "m", "4", "enter")
        else:
            world.press("2", "enter", "right", "right", "enter", "enter", apart_ms=9_000)
    assert "You worked hard on What is a half. It rests until tomorrow." in world.screen()
    world.press("escape", "m", "4", "enter")
    said = "You worked hard on What is a half today. It rests until tomorrow."
    assert said in world.lines()[22]


def test_not_sure_of_two_steps_back_and_says_why(world: Any) -> None:
    world.sign_in().press("m", "2", "enter", "enter", "enter")
    for _ in range(2):
        assert "Add fractions" in world.lines()[0]
        nudges = world.sender.nudges
        world.press("down", "enter", "k")
        assert world.sender.nudges > nudges
    assert "Parts of a whole" in world.lines()[0]
    said = "First: Parts of a whole. It helps with what comes next."
    assert said in world.lines()[22]
    for _ in range(2):
        world.press("2", "enter", "enter", apart_ms=9_000)
    assert "Add fractions" in world.lines()[0]
    assert "Now Add fractions again." in world.lines()[22]


def test_something_harder_is_chosen_at_the_end_of_the_set(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    items = [worlds.jug(f"jug-{n}", "parts", challenge=n > 6) for n in range(9)]
    world = got_parts(make_world(packs=(worlds.course(items),)), home=False)
    assert "Harder: Parts of a whole  (2 items)" in world.screen()
    [line] = [line for line in world.lines() if "Harder: Parts of a whole" in line]
    world.press(line.replace(">", " ").split()[0], "enter")
    assert "item 1 of about 2" in world.screen()
    assert "This is harder. Take your time, and try what you like." in world.lines()[22]
    for _ in range(2):
        world.press("2", "enter", "enter", apart_ms=9_000)
    assert "end of set" in world.lines()[0]
    assert "Harder:" not in world.screen()


def test_something_harder_is_on_the_plan_of_who_has_got_it(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    items = [worlds.jug(f"jug-{n}", "parts", challenge=n > 6) for n in range(9)]
    world = got_parts(make_world(packs=(worlds.course(items),)))
    [line] = [line for line in world.lines() if "Harder:" in line]
    world.press(line.replace(">", " ").split()[0])
    assert "You have got this. Try it where it is harder." in world.screen()
    assert "Press Enter to start." in world.lines()[22]
    world.press("enter")
    assert "item 1 of about 2" in world.screen()


def test_after_three_not_yets_the_solution_then_another_one_done_then_what_it_needs(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(packs=tuple(load_source(path) for path in bundled_courses()))
    world.sign_in().press("m", "4", "enter", "enter", "enter")
    assert "Add, same bottom number" in world.lines()[0]
    answer_wrong(world)
    for _ in range(2):
        world.press("enter")
        answer_wrong(world)
    assert "This is how:" in world.screen()
    assert "See another one done" in world.screen()
    assert "R shows another, step by step." in world.lines()[22]
    world.press("r")
    assert "Here is a problem with its answer. Read each step." in world.screen()
    world.press("escape")
    assert "This is how:" in world.screen()
    world.press("right", "enter")
    assert "Here is a problem with its answer." in world.screen()
    world.press("enter", "enter")  # back, and on
    assert "item 2 of about 8" in world.screen()
    assert "First: Parts of a whole. It helps with what comes next." in world.lines()[22]


def test_the_map_says_where_a_standing_is_a_teachers_word(world: Any) -> None:
    judge(world.room, world.learners[1], ("maths", "parts"), "got")
    world.sign_in().press("m")
    lines = [line for line in world.lines() if "Parts of a whole" in line]
    assert "+" in lines[0]
    assert lines[0].endswith("your teacher says so")
    [ready] = [line for line in world.lines() if "Add fractions" in line and "needs" not in line]
    assert ready.split()[-1] == "Ready"
    assert "1 of 3 got it" in world.screen()


@pytest.mark.parametrize("before", ItemRole)
@pytest.mark.parametrize("role", ItemRole)
def test_what_is_said_of_an_item_is_short(role: ItemRole, before: ItemRole) -> None:
    words = role_words(role, before).format(skill="Subtract, same bottom number")
    assert all(len(part.split()) <= 14 for part in words.split(". "))
    assert bool(words) is (
        role in {ItemRole.REVIEW, ItemRole.MIXED}
        or (role in {ItemRole.NEEDED, ItemRole.HARDER} and role is not before)
        or (role is ItemRole.SET and before not in {ItemRole.SET, ItemRole.HARDER})
    )
