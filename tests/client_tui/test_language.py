"""The language of the screens: chosen under Tab or at home, hers wherever she sits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pseudo_language import found_by_translators, write_pseudo

from darasa.client_tui import locale
from darasa.client_tui.page import COLUMNS_MIN, ROWS_MIN
from darasa.client_tui.settings import Settings, settings_of
from darasa.client_tui.speaking import ASKED_FOR_MS, Speaking
from darasa.learning.kinds import Kind
from darasa.learning.languages import IN_ENGLISH

CODE = "qx"


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    locale.use(IN_ENGLISH)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one catalogue in it, of a language that nobody speaks."""
    base = tmp_path_factory.getbasetemp()
    write_pseudo(found_by_translators(base), base / "catalogues" / f"{CODE}.mo")
    return base / "catalogues"


@pytest.fixture
def two(make_world: Any, folder: Path) -> Any:
    """A computer with that language beside English."""
    return with_languages(make_world(), folder)


def with_languages(world: Any, folder: Path, *wanted: str) -> Any:
    world.flow.speaking = Speaking(world.room, folders=[folder], wanted=wanted)
    world.flow.to_sign_in()
    return world


def choose_under_tab(world: Any) -> None:
    world.press("tab", "3", "enter", "2", "enter")


def is_pseudo(world: Any) -> bool:
    return world.lines()[22].strip().startswith("[")


def chosen(world: Any, nth: int = 1) -> list[str]:
    events = world.room.events_of(world.learners[nth])
    return [each.event.body[1] for each in events if each.event.kind == Kind.LANGUAGE]


def test_without_a_catalogue_nothing_is_offered(make_world: Any, tmp_path: Path) -> None:
    world = with_languages(make_world(), tmp_path)
    assert "Tab New code, looks" in world.lines()[23]
    world.press("tab")
    assert "language" not in world.screen()
    world.press("3")
    assert "> 1  " in world.screen()
    world.press("2")
    assert "> 2  Change how the screen looks" in world.screen()


def test_a_catalogue_that_is_there_is_offered_and_spoken_at_once(two: Any) -> None:
    assert "Tab New code, language, looks" in two.lines()[23]
    two.press("tab", "3", "enter")
    assert "> 1  English" in two.screen()
    assert "Pseudo (qx)" in two.screen()
    two.press("2", "enter")
    assert is_pseudo(two)
    assert "Amina K" in two.screen()


def test_what_was_chosen_before_signing_in_is_hers_and_goes_with_her(two: Any) -> None:
    choose_under_tab(two)
    two.sign_in()
    assert is_pseudo(two)
    assert chosen(two) == [CODE]
    two.press("q", "enter")
    assert not is_pseudo(two)  # the next child
    two.type("amina k").press("enter")
    assert is_pseudo(two)  # her name is chosen: she is asked in her language
    two.press("escape", "ctrl+u")
    assert not is_pseudo(two)
    two.sign_in()
    assert is_pseudo(two)
    assert chosen(two) == [CODE]
    two.press("q", "enter").sign_in("samuel")
    assert not is_pseudo(two)


def test_at_home_she_changes_it_and_it_stays_when_the_program_begins_anew(
    two: Any, folder: Path
) -> None:
    two.sign_in().press("l", "5", "enter", "2", "enter")
    assert is_pseudo(two)
    assert two.sender.answers >= 1
    two.flow = two.fresh_flow()
    with_languages(two, folder).sign_in()
    assert is_pseudo(two)
    two.press("l", "5", "enter", "1", "enter")
    assert not is_pseudo(two)
    assert chosen(two) == [CODE, "en"]


def test_what_nobody_used_is_dropped_so_that_no_other_child_gets_it(two: Any) -> None:
    choose_under_tab(two)
    two.clock.advance(ASKED_FOR_MS)
    two.flow.tick()
    assert not is_pseudo(two)
    two.sign_in()
    assert chosen(two) == []


def test_the_machine_has_a_language_and_a_learners_own_goes_before_it(
    make_world: Any, folder: Path
) -> None:
    world = with_languages(make_world(), folder, "sw_KE.UTF-8", CODE)
    assert is_pseudo(world)
    world.press("tab", "3", "enter", "1", "enter").sign_in()
    assert not is_pseudo(world)
    world.press("q", "enter")
    assert is_pseudo(world)
    assert settings_of({"client": {"language": CODE}}, {}).language == CODE
    assert settings_of({"client": {"language": 7}}, {}) == Settings()


def test_a_language_that_is_not_on_this_computer_is_the_machines_here(
    two: Any, tmp_path: Path
) -> None:
    two.sign_in().press("l", "5", "enter", "2", "enter", "q", "enter")
    with_languages(two, tmp_path).sign_in()
    assert not is_pseudo(two)
    assert chosen(two) == [CODE]  # and stays hers


def test_a_guest_chooses_too(make_world: Any, folder: Path) -> None:
    world = with_languages(make_world(classes=()), folder)
    world.press("3", "enter", "2", "enter")
    assert is_pseudo(world)
    world.press("1", "enter")
    assert is_pseudo(world)


WALK = (
    "", "tab", "escape", "?", "escape", "amina k", "enter", "0000", "enter", "?", "escape", "2468",
    "enter", "?", "escape", "m", "escape", "s", "escape", "l", "escape", "enter", "?", "h", "2",
    "enter", "escape", "escape", "q",
)  # fmt: skip


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (COLUMNS_MIN, ROWS_MIN), (200, 50)])
def test_sentences_that_are_longer_by_half_fit_every_screen(
    two: Any, columns: int, rows: int
) -> None:
    choose_under_tab(two)
    for step in WALK:
        two.type(step) if " " in step or step.isdigit() else two.press(*[step] * bool(step))
        lines = two.lines(columns, rows)
        assert all(len(line) <= columns for line in lines)
        assert two.flow.faults == 0, step


def test_every_message_and_every_key_was_asked_of_the_catalogue(two: Any) -> None:
    choose_under_tab(two)
    seen = set()
    for step in WALK:
        two.type(step) if " " in step or step.isdigit() else two.press(*[step] * bool(step))
        lines = two.lines(200, 50)
        for line in (lines[-2].strip(), lines[-1].strip()):
            assert not line or set("[]~") & set(line), (step, line)
        seen.add(type(two.flow.screen).__name__)
    assert seen >= {
        "NameScreen", "MoreScreen", "HelpScreen", "PinScreen", "HomeScreen", "MapScreen",
        "WorkScreen", "LooksScreen", "ItemScreen", "SignOutScreen",
    }  # fmt: skip
