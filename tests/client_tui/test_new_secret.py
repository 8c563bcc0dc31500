"""A forgotten secret: the code that a teacher reads out, then a new one, twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from darasa.learning.signing_in.verifier import SecretKind


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


@pytest.fixture
def amina(world: Any) -> Any:
    """Her PIN is asked for."""
    world.type("amina k").press("enter")
    return world.room.people.find("Amina Kato").learner_id


@pytest.fixture
def code(world: Any, amina: Any) -> str:
    return str(world.room.codes.show(amina).code)


def test_a_code_and_a_new_pin_twice_sign_her_in(world: Any, amina: Any, code: str) -> None:
    world.press("t")
    assert at(world) == "CodeScreen"
    world.type(code)
    assert at(world) == "ChooseScreen"
    world.type("7391").press("enter")
    assert "The same again:" in world.screen()
    world.type("7391").press("enter")
    assert "Amina K." in world.lines()[0]
    world.press("q", "enter").sign_in(pin="7391")
    assert at(world) == "HomeScreen"


def test_a_class_with_pictures_chooses_pictures(world: Any, code: str) -> None:
    [row] = world.room.people.classes()
    world.room.people.set_sign_in(row.record_id, SecretKind.PICTURES)
    world.press("t").type(code).type("2a4")
    assert "The same pictures again." in world.screen()
    world.type("2a4")
    assert at(world) == "HomeScreen"
    world.press("q", "enter").type("amina k").press("enter").type("2a4")
    assert at(world) == "HomeScreen"


def test_the_code_is_also_reached_from_the_names(world: Any) -> None:
    learner = world.room.people.find("Amina Kato").learner_id
    code = world.room.codes.show(learner).code
    world.type("amina k").press("tab")
    assert "I am Amina K., and I have a new code" in world.screen()
    world.press("1", "enter").type(code)
    assert at(world) == "ChooseScreen"


def test_looks_are_reached_from_the_names(world: Any) -> None:
    world.press("tab", "2", "enter", "2", "enter")
    assert world.flow.theme == "light"
    world.press("escape", "escape")
    assert at(world) == "NameScreen"


def test_without_a_name_there_is_no_code(world: Any) -> None:
    world.type("zz").press("tab", "enter")
    assert at(world) == "NameScreen"
    assert "Choose your name first." in world.screen()


def test_two_that_differ_are_chosen_again(world: Any, code: str) -> None:
    world.press("t").type(code).type("7391").press("enter").type("7392").press("enter")
    assert "These two differ. Choose again." in world.screen()
    assert "Your new PIN:" in world.screen()
    world.type("7391").press("enter").type("7391").press("enter")
    assert at(world) == "HomeScreen"


@pytest.mark.parametrize(("typed", "said"), [("12", "four digits"), ("1234", "try that first")])
def test_a_secret_that_may_not_be_chosen_says_why(
    world: Any, code: str, typed: str, said: str
) -> None:
    world.press("t").type(code).type(typed).press("enter")
    assert said in world.screen()
    assert "Your new PIN:" in world.screen()


def test_a_wrong_code_is_told_kindly_and_pauses_after_five(world: Any, code: str) -> None:
    world.press("t").type("000000")
    assert "That is not your code now." in world.screen()
    world.type("000000" * 4)
    assert "Please wait 30 seconds" in world.screen()
    world.type(code)
    assert at(world) == "CodeScreen"
    world.press("escape").type("2468").press("enter")  # her PIN goes on working
    assert at(world) == "HomeScreen"


def test_a_pause_after_wrong_pins_does_not_hold_up_the_code(world: Any, code: str) -> None:
    world.press(*["1", "enter"] * 5)
    assert "Please wait" in world.screen()
    world.press("t").type(code).type("7391").press("enter").type("7391").press("enter")
    assert at(world) == "HomeScreen"


def test_esc_before_she_has_chosen_leaves_the_code_good(world: Any, code: str) -> None:
    world.press("t").type(code).type("7391").press("enter", "escape")
    assert at(world) == "NameScreen"
    world.type("amina k").press("enter", "t").type(code)
    assert at(world) == "ChooseScreen"


def test_the_lock_opens_with_a_code_and_keeps_everything(world: Any) -> None:
    world.sign_in().press("enter", "2")
    learner = world.flow.sitting.learner.learner_id
    code = world.room.codes.show(learner).code
    world.clock.advance(5 * 60_000)
    world.flow.tick()
    world.press("enter", "t").type(code).type("7391").press("enter").type("7391").press("enter")
    assert "> 2  3/4" in world.screen()


def test_esc_at_the_lock_gives_up_the_code_and_not_the_lock(world: Any) -> None:
    world.sign_in().press("enter", "2")
    code = world.room.codes.show(world.flow.sitting.learner.learner_id).code
    world.clock.advance(5 * 60_000)
    world.flow.tick()
    world.press("enter", "t").type(code).press("escape", "escape")
    assert at(world) == "LockScreen"
    world.press("n").sign_in("samuel")  # the quiet that is counted now is Samuel's own
    for _minute in range(20):
        world.press("down", apart_ms=60_000)
        world.flow.tick()
    assert "Samuel T." in world.lines()[0]
    assert at(world) == "HomeScreen"


def test_the_newest_code_is_asked_for(world: Any, code: str) -> None:
    world.press("t")
    assert world.sender.tries == 1
    world.type("000000")
    assert world.sender.tries == 2


def test_a_teacher_ends_the_pause_while_she_looks_at_it(world: Any, amina: Any) -> None:
    world.press(*["1", "enter"] * 5)
    for _second in range(6):
        world.clock.advance(1_000)
        world.flow.tick()
    assert world.sender.tries == 1  # asked the school meanwhile
    world.room.codes.unlock(amina)
    world.flow.tick()
    assert "Please wait" not in world.screen()
    world.type("2468").press("enter")
    assert at(world) == "HomeScreen"


def test_whoever_has_two_secrets_of_two_kinds_may_give_either(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(pictures=("Amina Kato",))
    learner = world.room.people.find("Amina Kato").learner_id
    pin = world.room.people.learner_facts(
        learner, "Amina Kato", None, world.room.people._verifier(SecretKind.TYPED, "7391")
    )
    world.room.record.record(*pin)
    world.type("amina k").press("enter")
    first = at(world)
    world.press("o")
    assert {first, at(world)} == {"PinScreen", "PicturesScreen"}
    if at(world) == "PinScreen":
        world.type("7391").press("enter")
    else:
        world.type("2a4")
    assert at(world) == "HomeScreen"
    assert "learner.verifier" in [each.field for each in world.room.people.conflicts()]


def test_while_others_are_before_her_the_code_and_the_choice_wait(world: Any, code: str) -> None:
    world.press("t")
    line = world.room.desk._line
    for typed, following in ((code, "ChooseScreen"), ("7391\n7391\n", "HomeScreen")):
        go = threading.Event()
        line.submit(go.wait)
        world.press(*("enter" if key == "\n" else key for key in typed))
        assert "One moment: 1 before you." in world.screen()
        ticket = world.flow.screen.ticket
        go.set()
        assert ticket.wait(30)
        world.flow.tick()
        assert at(world) == following


@pytest.mark.parametrize(("columns", "rows"), [(60, 18), (80, 24), (200, 50)])
def test_the_screens_fit_every_window(world: Any, code: str, columns: int, rows: int) -> None:
    world.press("t")
    for keys in ((), tuple(code), (*"7391", "enter")):
        world.press(*keys)
        assert max(map(len, world.lines(columns, rows))) <= columns
