"""Her goals at the keys: set, seen at home, moved, given up; full screen and line by line."""

import io
from typing import Any

import pytest

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.page import Layout
from darasa.client_tui.plain import run_plain
from darasa.client_tui.settings import Settings
from darasa.learning.kinds import Kind
from darasa.learning.practice.goals import GOALS_MAX
from darasa.sync.errors import StoreFullError

NEW_UNIT = ("enter", "enter", "enter")  # a new goal, finish a unit, the first


def words(world: Any) -> list[Any]:
    """What was said of goals: (skills, until, given up)."""
    events = world.room.events_of(world.learners[1])
    said = [each.event.body for each in events if each.event.kind == Kind.GOAL]
    return [(body[2], body[6], body[7]) for body in said]


def at_goals(world: Any) -> Any:
    return world.sign_in().press("g")


def test_a_goal_is_set_in_three_steps_and_is_at_home_as_a_bar_and_a_line(make_world: Any) -> None:
    world = at_goals(make_world(classes=("5B", "6A")))
    assert "> 1  + New goal" in world.screen()
    world.press(*NEW_UNIT)
    assert "Until when?" in world.screen()
    assert "> 1  by Fri 17 May" in world.screen()
    assert words(world) == []
    world.press("enter")
    assert world.screen().count("Finish Fractions part 1") == 1
    assert "by Fri 17 May" in world.screen()
    assert "Your goal is set." in world.screen()
    [(what, until_ms, given_up)] = words(world)
    assert (what, given_up) == ("unit", False)
    assert until_ms > world.clock.wall_ms()
    world.press("escape")
    assert "Your goal: Finish Fractions part 1" in world.screen()
    assert "It is for your goal: you have got 0 of 3. There are 3 more days for it." in (
        " ".join(world.screen().split())
    )


def test_the_day_is_changed_and_a_goal_is_given_up_when_she_says_so_twice(make_world: Any) -> None:
    world = at_goals(make_world()).press(*NEW_UNIT, "enter")
    world.press("enter", "enter", "2", "enter")
    assert "by Fri 24 May" in world.screen()
    world.press("enter", "2", "enter")
    assert "Give this goal up?" in world.screen()
    world.press("enter")  # the first answer keeps it
    assert len(words(world)) == 2
    world.press("2", "enter", "2", "enter")
    assert "> 1  + New goal" in world.screen()
    assert [given_up for _, _, given_up in words(world)] == [False, False, True]
    world.press("escape")
    assert "Your goal" not in world.screen()


@pytest.mark.parametrize(("kind", "shown"), [("2", "Learn "), ("3", "Have got ")])
def test_a_skill_and_a_number_of_skills_are_goals_too(
    make_world: Any, kind: str, shown: str
) -> None:
    world = at_goals(make_world()).press("enter", kind, "enter", "1", "enter", "4", "enter")
    assert f"> 1  {shown}" in world.screen()
    assert "by " not in world.lines()[4]


def test_every_step_is_left_by_escape_and_nothing_is_said(make_world: Any) -> None:
    world = at_goals(make_world()).press(*NEW_UNIT)
    world.press("escape", "escape", "escape", "escape")
    assert world.lines()[0].strip().startswith("Amina")
    assert "| Home" in world.lines()[0]
    assert words(world) == []


def test_five_goals_are_enough(make_world: Any) -> None:
    world = at_goals(make_world())
    for nth in range(GOALS_MAX):
        world.press(str(nth + 1), *NEW_UNIT, "enter")
    assert "New goal" not in world.screen()
    world.press("9", "down", "enter")
    assert "Change the day" in world.screen()


def test_a_clock_that_was_never_set_offers_no_day(make_world: Any) -> None:
    world = make_world()
    world.clock.wall = 5_000
    at_goals(world).press(*NEW_UNIT)
    assert "> 1  No day" in world.screen()
    world.press("enter", "escape")
    assert "Your goal: Finish" in world.screen()


@pytest.mark.parametrize("layout", [Layout(columns=60, rows=18), Layout(columns=200, rows=50)])
def test_it_fits_small_and_large_windows(make_world: Any, layout: Layout) -> None:
    world = at_goals(make_world()).press(*NEW_UNIT, "enter")
    screen = world.screen(layout.columns, layout.rows)
    assert max(map(len, screen.splitlines())) <= layout.columns
    assert "Finish Fractions part 1" in screen
    assert "0 of 3" in screen
    world.press("escape")
    assert "0 of 3" in world.screen(layout.columns, layout.rows)


def test_line_by_line_it_is_the_same(make_world: Any) -> None:
    world = make_world(settings=Settings(guard_ms=0), joined=True)
    out, lines = io.StringIO(), ["2", "2468", "g", "", "2", "1", "1", "back", "g", "1", "2", "2"]
    typed = io.StringIO("".join(f"{line}\n" for line in lines))
    assert run_plain(world.flow, typed, out, Charset(Level.A)) == 0
    for told in (
        "1  + New goal",
        "2  Learn one skill",
        "Until when?",
        "1  by Fri 17 May",
        "1  Learn Parts of a whole  by Fri 17 May   0 of 1",
        "Your goal: Learn Parts of a whole  0 of 1",
        "Give this goal up?",
        "You gave it up.",
    ):
        assert told in out.getvalue()
    assert out.getvalue().isascii()


def test_a_goal_that_cannot_be_saved_says_so_and_the_question_stays(make_world: Any) -> None:
    world = at_goals(make_world()).press(*NEW_UNIT)
    with world.room.store.transaction() as tx:
        pages = tx.connection.execute("PRAGMA page_count").fetchone()[0]
        tx.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFullError):
        _fill(world)
    said = len(words(world))
    world.press("enter")
    assert "NOT SAVED" in world.screen()
    assert "Until when?" in world.screen()
    assert len(words(world)) == said == 0


def _fill(world: Any) -> None:
    for nth in range(1_000):
        world.flow.sitting.not_me(nth.to_bytes(8, "big"))
