"""Showing that one knows a skill, and finding a start, by keys and in plain lines."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.plain import run_plain
from darasa.client_tui.settings import Settings
from darasa.learning.views import PlanKind

ADD = ("maths", "add")
BLAME = re.compile(r"\b(fail|wrong|bad|mistake|lost|score|test failed)", re.IGNORECASE)


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


def right_sum(world: Any) -> str:
    """The sum that "What is 3/9 + 4/9?" asks for."""
    words = next(line for line in world.lines() if "What is" in line).split()
    return f"{int(words[2].split('/')[0]) + int(words[4].split('/')[0])}/9"


def shows_add(world: Any) -> Any:
    return world.sign_in().press("m", "2", "enter", "2", "enter")


def not_sure(world: Any) -> Any:
    return world.press(*("down",) * 5, "enter", apart_ms=20_000)


def test_enter_on_the_map_offers_to_show_a_skill_and_to_practise_it_first(world: Any) -> None:
    world.sign_in().press("m", "2", "enter")
    assert at(world) == "SkillScreen"
    assert "> 1  Learn and practise it" in world.screen()
    assert "2  Show that you know it" in world.screen()
    assert at(world.press("enter")) == "LessonScreen"


def test_a_skill_that_cannot_be_shown_opens_as_before(world: Any) -> None:
    assert at(world.sign_in().press("m", "1", "enter")) == "LessonScreen"  # choices only


def test_two_right_answers_get_a_skill(world: Any) -> None:
    shows_add(world)
    for _ in range(2):
        world.type(right_sum(world)).press("enter", apart_ms=9_000)
    assert "Got it: Add fractions  +" in world.screen()
    assert world.flow.sitting.state.skill(ADD).shown_ms is not None
    assert "+    Add fractions" in world.press("enter").screen()  # the map


@pytest.mark.parametrize("how", ["wrong", "not sure", "stop"])
def test_no_word_says_that_a_skill_was_not_shown(world: Any, how: str) -> None:
    shows_add(world)
    screens = [world.screen()]
    if how == "wrong":
        world.type("1/2").press("enter", apart_ms=9_000)
    elif how == "not sure":
        not_sure(world)
    else:
        screens.append(world.press("escape").screen())
        world.press("2", "enter")
    screens += [world.screen(), world.press("2", "enter").screen()]
    assert "-    Add fractions                  Later" in screens[-1]
    assert not any(BLAME.search(screen) for screen in screens)


def test_a_skill_can_be_shown_once_a_day(world: Any) -> None:
    shows_add(world).type("1/2").press("enter", apart_ms=9_000)
    assert at(world.press("2", "enter", "2", "enter")) == "LessonScreen"
    world.clock.advance(26 * 3_600_000)
    assert at(world.press("escape", "2", "enter")) == "SkillScreen"


def test_esc_and_enter_go_on_at_the_same_item(world: Any) -> None:
    shows_add(world)
    item = world.lines()[4]
    world.press("escape", "enter")
    assert world.lines()[4] == item


def test_a_start_is_found_and_said_in_words(world: Any) -> None:
    world.sign_in().press("3", "enter")
    assert "Find your start: Mathematics" in world.lines()[0]
    told = []
    for _ in range(12):
        if at(world) != "TrialScreen":
            break
        told.append(world.screen())
        not_sure(world)
    assert 8 <= len(told) <= 12
    assert at(world) == "StartFoundScreen"
    assert "The beginning is a good place to start." in world.screen()
    assert not any(BLAME.search(screen) for screen in (*told, world.screen()))
    assert at(world.press("enter")) == "LessonScreen"  # what to practise is one key away
    assert "Find your start" not in world.press("escape", "escape").screen()


def test_who_knows_it_all_is_told_what_she_seems_to_know(world: Any) -> None:
    world.sign_in().press("3", "enter")
    for _ in range(12):
        if at(world) != "TrialScreen":
            break
        answer_right(world)
    assert "You seem to know:" in world.screen()
    assert "o  Mixed numbers" in world.screen()
    assert "Got it" not in world.screen()


def answer_right(world: Any) -> None:
    screen = world.screen()
    if "/9 +" in screen:
        world.type(right_sum(world)).press("enter", apart_ms=20_000)
    elif "bottom number of a fraction called" in screen:
        world.type("denominator").press("enter", apart_ms=20_000)
    elif "Tick all" in screen:
        world.press("1", "3", "enter", apart_ms=20_000)
    else:
        world.press("2", "enter", apart_ms=20_000)


def test_a_start_that_is_left_goes_on_first_thing(world: Any) -> None:
    world.sign_in().press("3", "enter")
    not_sure(world)
    while at(world) != "PauseScreen":
        world.press("escape")
    world.press("3", "enter")
    assert at(world) == "HomeScreen"
    first = world.flow.sitting.plan()[0]
    assert first.kind is PlanKind.START
    assert "item 2 of about 10" in world.press("enter").screen()


def test_a_start_can_be_stopped_after_any_answer(world: Any) -> None:
    world.sign_in().press("3", "enter")
    while at(world) != "PauseScreen":
        world.press("escape")
    world.press("2", "enter")
    assert at(world) == "StartFoundScreen"
    assert all(row.kind is not PlanKind.START for row in world.flow.sitting.plan())


def test_the_program_that_is_killed_in_the_middle_finds_its_place(world: Any) -> None:
    world.sign_in().press("3", "enter")
    not_sure(world)
    before = world.lines()[4]
    world.flow = world.fresh_flow()
    world.sign_in().press("enter")
    assert world.lines()[4] == before


def test_plain_lines_show_a_skill_and_find_a_start(make_world: Callable[..., Any]) -> None:
    world = make_world(settings=Settings(guard_ms=0))
    lines = ("amina k", "2468", "m", "2", "2", "not sure", "3", "3", *("not sure",) * 12, "quit")
    out = io.StringIO()
    run_plain(world.flow, io.StringIO("\n".join(lines) + "\n"), out, Charset(Level.A))
    told = out.getvalue()
    assert "Show that you know it" in told
    assert "Everything is as it was before." in told
    assert "Your start is found." in told
    assert not BLAME.search(told)
