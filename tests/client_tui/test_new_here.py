"""A child on no list at a computer: her name, one more key, and she practises."""

import io
import unicodedata
from typing import Any

import pytest

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.plain import run_plain
from darasa.client_tui.settings import Settings
from darasa.learning.people import class_lists
from darasa.learning.people.newcomers import HERE_MAX, newcomers_here, start_newcomer


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


def here(world: Any) -> list[str]:
    return [str(row.name) for row in newcomers_here(world.room)]


def test_a_name_that_is_not_on_the_list_leads_to_beginning_under_it(world: Any) -> None:
    world.type("asha mwangi")
    assert "> I am new here: asha mwangi" in world.screen()
    assert "New? Press Enter." in world.screen()
    world.press("enter")
    assert "Your name:  Asha Mwangi_" in world.screen()
    assert here(world) == []
    world.press("enter")
    assert "Asha Mwangi" in world.lines()[0]
    assert here(world) == ["Asha Mwangi"]
    world.press("enter", "2", "enter")
    assert world.flow.sitting.state.attempts == 1
    assert world.sender.nudges > 0


@pytest.mark.parametrize(
    "name", ["कुमार देव", "ສົມຊາຍ ພົມມະ", "สมชาย ใจดี", "வெற்றி", "مُحَمَّد", "Nguye\u0302\u0303n"]
)
def test_a_name_keeps_the_marks_on_its_letters(make_world: Any, name: str) -> None:
    whole = unicodedata.normalize("NFC", name)
    world = make_world(names=("Amina Kato", "कमर देव", "สมชย ใจดี"))
    world.type(name)
    assert "No name here fits." in world.screen()
    world.press("enter", "enter")
    assert here(world) == [whole]
    listed = make_world(names=("Amina Kato", whole), seed=2).type(name)
    listed.press("enter")
    assert at(listed) == "PinScreen"


def test_she_comes_back_to_her_name_on_this_computer_without_a_secret(world: Any) -> None:
    world.type("asha").press("enter", "enter", "q", "enter")
    assert "Asha (new here)" in world.screen()
    world.type("asha").press("enter")
    assert "Asha" in world.lines()[0]
    assert at(world) == "HomeScreen"
    assert here(world) == ["Asha"]


def test_a_name_can_be_mended_or_given_up_before_it_counts(world: Any) -> None:
    world.type("asa").press("enter")
    world.press("backspace", "backspace").type("sha m").press("escape")
    assert at(world) == "NameScreen"
    assert here(world) == []
    world.press("enter").press("ctrl+u", "enter")
    assert at(world) == "NewHereScreen"  # a name of no letters begins nothing
    world.type("neema").press("enter")
    assert here(world) == ["neema"]


def test_once_she_is_on_a_list_she_signs_in_with_her_pin(world: Any) -> None:
    row = start_newcomer(world.room, "Asha Mwangi")
    world.flow.tick()
    assert "Asha Mwangi (new here)" in world.screen()
    class_id = world.room.people.classes()[0].record_id
    people = world.room.people
    class_lists.rename(world.room, row.learner_id, "Asha Mwangi")
    class_lists.also_in(world.room, row.learner_id, class_id)
    people.set_pin(row.learner_id, "4821")
    world.flow.tick()
    assert "new here" not in world.screen()
    world.type("asha").press("enter")
    assert at(world) != "HomeScreen"
    world.type("4821").press("enter")
    assert at(world) == "HomeScreen"


def test_a_class_whose_names_are_on_their_way_makes_nobody_new(make_world: Any) -> None:
    world = make_world(names=())
    world.type("asha").press("enter")
    assert at(world) == "NameScreen"


def test_without_a_class_she_chooses_a_guest_her_name_or_a_new_one(make_world: Any) -> None:
    world = make_world(classes=())
    world.press("2", "enter")
    assert at(world) == "NewHereScreen"
    assert "not on this list" not in world.screen()
    world.type("Asha").press("enter", "q", "enter")
    assert "> 1  Asha" in world.screen()
    assert "2  Practise as a guest" in world.screen()
    world.press("enter")
    assert "Asha" in world.lines()[0]
    world.press("q", "enter").press("2", "enter")
    assert "Guest" in world.lines()[0]


def test_many_new_names_without_a_class_scroll_and_each_can_be_chosen(make_world: Any) -> None:
    world = make_world(classes=())
    for nth in range(HERE_MAX):
        start_newcomer(world.room, f"Child {nth:02}")
    world.flow = world.fresh_flow()
    world.press(*["down"] * 20)
    assert "Child 20" in world.screen()
    world.press("enter")
    assert "Child 20" in world.lines()[0]
    world.press("q", "enter").press(*["down"] * (HERE_MAX + 1), "enter")
    assert at(world) == "NewHereScreen"
    world.type("One more").press("enter")
    assert "Too many are new on this computer." in world.screen()


def test_plain_mode_asks_before_it_makes_somebody(make_world: Any) -> None:
    world, told = make_world(settings=Settings(guard_ms=0)), io.StringIO()
    run_plain(world.flow, io.StringIO("Asha Mwangi\n\n\n"), told, Charset(Level.A))
    assert "You are new here." in told.getvalue()
    assert "Your name: Asha Mwangi" in told.getvalue()
    assert here(world) == ["Asha Mwangi"]
