"""Every screen at 80x24, character level A, against committed text (tests/screens/golden).

`DARASA_WRITE_GOLDEN=1` writes them anew; look at what changed before committing.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from darasa.client_tui.drawn import drawn
from darasa.client_tui.page import Frame, Layout, text_of
from darasa.client_tui.presenters import home as present_home
from darasa.content_packs.safe_text import SafeText
from darasa.learning.planning.plan_of_day import plan_of_day
from darasa.learning.planning.topics import Goal, SetBy, Topic

GOLDEN = Path(__file__).with_name("golden")

Walk = Callable[[Any], object]


def _item(world: Any) -> object:
    return world.sign_in().press("enter", "h", "3")


def _new_secret(world: Any) -> Any:
    world.type("amina k").press("enter", "t")
    return world.type(world.room.codes.show(world.learners[1]).code)


def _feedback(world: Any) -> object:
    return _item(world).press("enter")


def _after_set(world: Any) -> object:
    world.sign_in().press("enter")
    while "end of set" not in world.lines()[0]:
        world.press("2", "enter", "enter", apart_ms=20_000)
    return world


def _look_back(world: Any) -> object:
    """The day after, in a set on another skill: two items there, and one between was not yet."""
    _after_set(world).press("escape")
    world.clock.advance(26 * 3_600_000)
    right, again = ("1", "3", "enter", "enter"), ("2", "enter", "enter", "1", "3", "enter", "enter")
    return world.press("m", "4", "enter", "enter", *right, *again, *right, apart_ms=9_000)


def _not_saved(world: Any) -> object:
    _item(world)
    world.flow.not_saved = True
    return world


def _locked(world: Any) -> object:
    _feedback(world)
    world.clock.advance(5 * 60_000)
    return world.flow.tick()


def _start_found(world: Any, *keys: str) -> object:
    """A placement to its end, each item answered by the same keys."""
    world.sign_in().press("3", "enter")
    while "is found" not in world.screen():
        world.press(*keys, "enter", apart_ms=20_000)
    return world


def _answered_right(world: Any, times: int) -> object:
    for _ in range(times):
        world.type(right_sum(world)).press("enter", apart_ms=9_000)
    return world


def right_sum(world: Any) -> str:
    """The sum that "What is 3/9 + 4/9?" asks for."""
    words = next(line for line in world.lines() if "What is" in line).split()
    first, second = words[2].split("/")[0], words[4].split("/")[0]
    return f"{int(first) + int(second)}/9"


def _show(world: Any) -> Any:
    return world.sign_in().press("m", "2", "enter", "2", "enter")


def _goals(world: Any) -> Any:
    """A unit until Friday, and more skills of the map without a day."""
    world.sign_in().press("g", "enter", "enter", "enter", "enter")
    return world.press("2", "enter", "3", "enter", "2", "enter", "4", "enter")


WALKS: dict[str, Walk] = {
    "skill": lambda w: w.sign_in().press("m", "2", "enter"),
    "show-skill": _show,
    "show-skill-pause": lambda w: _show(w).press("escape"),
    "shown": lambda w: _answered_right(_show(w), 2),
    "not-shown": lambda w: _show(w).type("1/2").press("enter"),
    "find-start": lambda w: w.sign_in().press("3", "enter"),
    "find-start-pause": lambda w: w.sign_in().press("3", "enter", "escape"),
    "start-found-low": lambda w: _start_found(w, *("down",) * 5),
    "sign-in": lambda w: w.type("am").press("down"),
    "pin": lambda w: w.type("amina k").press("enter").type("24"),
    "pin-wrong": lambda w: w.type("amina k").press("enter", "1", "enter"),
    "more": lambda w: w.type("amina k").press("tab"),
    "code": lambda w: w.type("amina k").press("enter", "t").type("4821"),
    "new-pin": lambda w: _new_secret(w).type("73"),
    "new-pin-again": lambda w: _new_secret(w).type("7391").press("enter"),
    "home": lambda w: w.sign_in(),
    "home-again": lambda w: w.sign_in().press("q", "enter").sign_in(),
    "not-me": lambda w: w.sign_in().press("q", "enter").sign_in().press("n"),
    "goals": _goals,
    "goals-new": lambda w: w.sign_in().press("g", "enter"),
    "goals-day": lambda w: w.sign_in().press("g", "enter", "enter", "enter"),
    "goals-give-up": lambda w: _goals(w).press("2", "enter", "2", "enter"),
    "home-goal": lambda w: _goals(w).press("escape"),
    "item": _item,
    "item-number": lambda w: w.sign_in().press("m", "2", "enter", "enter", "enter", "1", "/", "4"),
    "item-several": lambda w: w.sign_in().press("m", "4", "enter", "enter", "1", "3"),
    "feedback": _feedback,
    "feedback-right": lambda w: w.sign_in().press("enter", "2", "enter"),
    "solution": lambda w: _feedback(w).press("3", "enter"),
    "lesson": lambda w: w.sign_in().press("m", "2", "enter", "enter"),
    "lesson-richer": lambda w: w.sign_in().press("m", "2", "enter", "enter", " ", "+"),
    "set-end": _after_set,
    "item-look-back": _look_back,
    "map": lambda w: w.sign_in().press("enter", "2", "enter", "escape", "m", apart_ms=9_000),
    "work": lambda w: w.sign_in().press("enter", "2", "enter", "escape", "s"),
    "help": lambda w: _item(w).press("?"),
    "looks": lambda w: w.sign_in().press("l"),
    "sign-out": lambda w: _item(w).press("ctrl+q"),
    "locked": _locked,
    "not-saved": _not_saved,
}


MORE = {"set-end-harder", "home-set-for-her"}

PICTURE_WALKS: dict[str, Walk] = {
    "pictures": lambda w: w.type("amina k").press("enter", "2", "a"),
}


@pytest.mark.parametrize("name", sorted(WALKS))
def test_screen_is_as_committed(name: str, make_world: Callable[..., Any]) -> None:
    world = make_world(classes=("5B", "6A"), joined=True)
    WALKS[name](world)
    _compare(name, world.screen())


def test_end_of_a_set_with_something_harder_is_as_committed(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    items = [worlds.jug(f"jug-{n}", "parts", challenge=n > 6) for n in range(9)]
    items += [worlds.number(f"sum-{n}", "add") for n in range(3)]
    world = make_world(packs=(worlds.course(items),), classes=("5B", "6A"), joined=True)
    _after_set(world)
    _compare("set-end-harder", world.screen())


def _home_with(world: Any, layout: Layout) -> str:
    """Home with what a group and a teacher have set, and a goal: nothing keeps these yet."""
    sitting = world.sign_in().flow.sitting_now()
    now_ms = world.clock.wall_ms()
    friday_ms = now_ms + 3 * 24 * 3_600_000
    topics = (
        Topic(SetBy.GROUP, (("maths", "words"),), until_ms=friday_ms),
        Topic(SetBy.TEACHER, (("maths", "mixed"),), by=SafeText("Ms. Otieno")),
    )
    goal = Goal(SafeText("Finish fractions"), (("maths", "half"), ("maths", "add")), friday_ms)
    plan = plan_of_day(
        sitting.standings(), open_set=None, now_ms=now_ms, topics=topics, goals=(goal,)
    )
    state = present_home.HomeState(
        view=replace(sitting.home(), plan=plan),
        greeting="Good morning, Amina.",
        date="Tue 14 May",
        marked=1,
        has_lessons=True,
    )
    frame = Frame(layout, world.flow.header("Home"), "Press Enter to start.", ())
    page = drawn(present_home.home(state, frame), layout)
    return "\n".join(text_of(line).rstrip() for line in page.lines) + "\n"


def test_home_with_what_was_set_for_her_is_as_committed(make_world: Callable[..., Any]) -> None:
    world = make_world(classes=("5B", "6A"), joined=True)
    _compare("home-set-for-her", _home_with(world, Layout()))


def test_home_with_what_was_set_for_her_fits_a_small_window(
    make_world: Callable[..., Any],
) -> None:
    screen = _home_with(make_world(classes=("5B", "6A")), Layout(columns=60, rows=18))
    assert max(map(len, screen.splitlines())) <= 60
    assert "> 2" in screen


@pytest.mark.parametrize("name", sorted(PICTURE_WALKS))
def test_screen_of_a_learner_with_pictures_is_as_committed(
    name: str, make_world: Callable[..., Any]
) -> None:
    world = make_world(classes=("5B", "6A"), joined=True, pictures=("Amina Kato",))
    PICTURE_WALKS[name](world)
    _compare(name, world.screen())


def test_guest_door_is_as_committed(make_world: Callable[..., Any]) -> None:
    _compare("guest", make_world(classes=()).screen())


def test_sign_in_with_card_is_as_committed(make_world: Callable[..., Any]) -> None:
    card = (
        "Amina's PIN is 2468.",
        "Teacher's page: http://127.0.0.1:8710/",
        "F1 shows this again.",
    )
    _compare("sign-in-card", make_world(card=card).screen())


@pytest.mark.parametrize("name", sorted(WALKS))
@pytest.mark.parametrize(("columns", "rows"), [(60, 18), (80, 24), (100, 30), (200, 50)])
def test_screen_fits_its_window(
    name: str, columns: int, rows: int, make_world: Callable[..., Any]
) -> None:
    """No row is wider than the window, none but the status line is wider than 80, and what is
    marked can be seen."""
    world = make_world(classes=("5B", "6A"), joined=True)
    WALKS[name](world)
    lines = world.lines(columns, rows)
    assert max(map(len, lines)) <= columns
    assert all(len(line.strip()) <= 80 for line in lines[1:])
    if any(" > " in line[:8] for line in world.lines()):
        assert any("> " in line for line in lines[2:])
    if columns == 60:
        keys = [key.strip() for key in lines[-1].split("  ") if key.strip()]
        turns = [key for key in keys if key == "PgUp/PgDn More"]
        assert all("Help" in key or "Esc" in key for key in keys if key not in turns), keys


def test_too_small_a_window_says_its_size(world: Any) -> None:
    text = " ".join(world.screen(52, 16).split())
    assert text == "Please make this window larger (now 52x16, needs 60x18)."


def test_every_bundled_symbol_of_level_a_is_ascii(make_world: Callable[..., Any]) -> None:
    for walk in WALKS.values():
        world = make_world(classes=("5B", "6A"), joined=True)
        walk(world)
        assert world.screen().isascii()


def _compare(name: str, screen: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("DARASA_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(screen)
    assert screen == path.read_text(), f"{name} is not as committed:\n{screen}"


def test_no_golden_text_is_left_over(worlds: ModuleType) -> None:
    assert worlds is not None
    named = {path.stem for path in GOLDEN.glob("*.txt")}
    assert named == {*WALKS, *PICTURE_WALKS, "guest", "sign-in-card", *MORE}
