"""Sign-in, step 2: PINs and pictures, as keys press them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from darasa.client_tui.charset import Level
from darasa.learning.signing_in.pictures import KEYS, PICTURES


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    """Amina Kato signs in with fish, drum, house; the others with PINs."""
    return make_world(pictures=("Amina Kato",))


def test_the_third_picture_signs_in(world: Any) -> None:
    world.type("amina k").press("enter")
    assert at(world) == "PicturesScreen"
    world.press("2", "A")
    assert at(world) == "PicturesScreen"
    world.press("4")
    assert "Amina K." in world.lines()[0]
    assert at(world) == "HomeScreen"


def test_a_mixed_class_asks_each_for_what_she_has(world: Any) -> None:
    world.type("amina w").press("enter")
    assert at(world) == "PinScreen"
    world.press("escape").press("ctrl+u").type("amina k").press("enter")
    assert at(world) == "PicturesScreen"


def test_pictures_keep_their_places(world: Any) -> None:
    world.type("amina k").press("enter")
    shown = " ".join(world.lines()[5:10]).split()
    assert shown == [word for pair in zip(KEYS, PICTURES, strict=True) for word in pair]


def test_drawings_are_there_only_for_a_machine_that_asks(world: Any) -> None:
    world.type("amina k").press("enter")
    assert "\N{FISH}" in "".join(world.lines(level=Level.C))
    assert "".join(world.lines(level=Level.B)).isascii()


def test_backspace_takes_a_picture_back_and_the_screen_tells_which_is_next(world: Any) -> None:
    world.type("amina k").press("enter", "1", "1")
    assert "Choose your third picture." in world.lines()[22]
    assert "[ # ] [ # ] [   ]" in world.screen()
    world.press("backspace")
    assert "Choose your second picture." in world.lines()[22]
    world.press("backspace", "2", "a", "4")
    assert at(world) == "HomeScreen"


def test_wrong_pictures_pause_as_wrong_pins_do(world: Any) -> None:
    world.type("amina k").press("enter").type("123")
    assert "That is not it. Try again." in world.lines()[22]
    world.type("123" * 4)
    assert "Please wait 30 seconds" in world.lines()[22]
    world.type("2a4")
    assert at(world) == "PicturesScreen"
    world.clock.advance(30_000)
    world.type("2a4")
    assert at(world) == "HomeScreen"


def test_an_enter_right_after_the_third_picture_starts_nothing(world: Any) -> None:
    world.type("amina k").press("enter").press("2", "a", "4").press("enter", apart_ms=100)
    assert at(world) == "HomeScreen"


def test_esc_says_not_me_and_leads_to_the_names(world: Any) -> None:
    world.type("amina k").press("enter", "2", "escape")
    assert at(world) == "NameScreen"
    world.press("enter")
    assert "[   ] [   ] [   ]" in world.screen()


def test_the_lock_opens_with_pictures(world: Any) -> None:
    world.type("amina k").press("enter", "2", "a", "4", "enter")
    world.clock.advance(5 * 60_000)
    world.flow.tick()
    world.press("enter", "2", "a", "4")
    assert at(world) == "ItemScreen"


@pytest.mark.parametrize(("columns", "rows"), [(60, 18), (80, 24), (100, 30), (200, 50)])
def test_the_pictures_fit_every_window(world: Any, columns: int, rows: int) -> None:
    world.type("amina k").press("enter")
    lines = world.lines(columns, rows)
    assert max(map(len, lines)) <= columns
    assert all(word in " ".join(lines) for word in PICTURES)
    assert "[   ] [   ] [   ]" in " ".join(lines)
    if columns == 60:
        assert "Backspace takes one back" in " ".join(" ".join(lines).split())


@pytest.fixture
def busy(world: Any) -> Any:
    """Two others are at the desk before her, until the event is set."""
    go = threading.Event()
    line = world.room.desk._line
    line.submit(go.wait)
    line.submit(go.wait)
    yield go
    go.set()


def test_whoever_waits_is_told_how_many_are_before_her(world: Any, busy: threading.Event) -> None:
    world.type("amina k").press("enter", "2", "a", "4")
    assert "One moment: 2 before you." in world.lines()[22]
    world.press("1", "2", "enter")
    assert at(world) == "PicturesScreen"
    ticket = world.flow.screen.ticket
    busy.set()
    assert ticket.wait(30)
    world.flow.tick()
    assert at(world) == "HomeScreen"


def test_not_me_is_possible_while_others_are_before_her(world: Any, busy: threading.Event) -> None:
    world.type("amina w").press("enter").type("2468").press("enter")
    ticket = world.flow.screen.ticket
    world.press("escape")
    assert at(world) == "NameScreen"
    busy.set()
    assert ticket.wait(30)
    world.flow.tick()
    assert at(world) == "NameScreen"
    assert world.flow.sitting is None
