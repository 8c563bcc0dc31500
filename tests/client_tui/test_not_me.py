"""Someone else, and not me: what the next child sees, and what the teacher is told."""

import gc
import weakref
from typing import Any

from darasa.learning.signing_in.earlier_sittings import not_hers

MINUTE = 60_000


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


def lock(world: Any) -> None:
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    assert at(world) == "LockScreen"


def test_someone_else_leaves_nothing_of_her_on_the_screen_or_in_memory(world: Any) -> None:
    world.sign_in().press("m", "3", "enter", "enter").type("numerat")
    learner_id = world.flow.sitting.learner.learner_id
    sitting = weakref.ref(world.flow.sitting)
    item = weakref.ref(world.flow.screen)
    lock(world)
    world.press("n")
    assert at(world) == "NameScreen"
    assert world.flow.sitting is None
    assert world.flow.said == ""
    assert "numerat" not in world.screen()
    gc.collect()
    assert sitting() is None
    assert item() is None
    assert learner_id not in world.room._learners.states._cache
    assert world.sender.learner is None


def test_a_secret_that_was_half_typed_does_not_outlive_its_screen(world: Any) -> None:
    world.type("amina k").press("enter").type("246")
    screen = weakref.ref(world.flow.screen)
    world.press("escape")
    gc.collect()
    assert screen() is None


def test_home_says_where_she_was_last_and_nothing_the_first_time(world: Any) -> None:
    world.sign_in()
    assert "Last time" not in world.screen()
    world.press("q", "enter").sign_in()
    assert "Last time: today 08:42, this computer.  Not you? Press N." in world.screen()
    assert any("not mine" in help_line for help_line in world.press("?").lines())


def test_she_says_that_it_was_not_she_and_goes_on(world: Any) -> None:
    world.sign_in().press("enter", "2", "enter", "escape", "q", "enter")
    world.sign_in()
    learner_id = world.flow.sitting.learner.learner_id
    before = world.room.state(learner_id).attempts
    world.press("n", "1", "enter")
    assert at(world) == "HomeScreen"
    assert "Your teacher will see that this was not you." in world.screen()
    assert world.sender.nudges
    (said,) = not_hers(world.room, learner_id)
    assert said.is_here
    assert world.room.state(learner_id).attempts == before == 1
    world.press("n")
    assert "(your teacher knows)" in world.screen()
    world.press("enter")
    assert len(not_hers(world.room, learner_id)) == 1


def test_esc_says_nothing(world: Any) -> None:
    world.sign_in().press("q", "enter").sign_in().press("n", "escape")
    assert at(world) == "HomeScreen"
    assert not_hers(world.room, world.flow.sitting.learner.learner_id) == []


def test_the_first_time_there_is_nothing_to_say(world: Any) -> None:
    world.sign_in().press("n")
    assert at(world) == "HomeScreen"


def test_a_guest_whom_all_share_is_not_asked(make_world: Any) -> None:
    world = make_world(classes=())
    world.press("enter", "q", "enter", "enter")
    assert at(world) == "HomeScreen"
    assert "Last time" not in world.screen()
