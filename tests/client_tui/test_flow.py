from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from darasa.client_tui.settings import Settings
from darasa.learning.kinds import Kind
from darasa.learning.people import class_lists
from darasa.learning.practice.sitting import Sitting
from darasa.sync import reads
from darasa.sync.errors import StoreDamagedError
from darasa.sync.messages import Doing

MINUTE = 60_000


def attempts(world: Any) -> int:
    with world.room.store.reading() as connection:
        return len(list(reads.all_events(connection, kinds=(Kind.ATTEMPT,))))


def at(world: Any) -> str:
    return type(world.flow.screen).__name__


def test_an_answer_is_on_disk_before_its_feedback(world: Any) -> None:
    world.sign_in().press("enter", "3")
    assert attempts(world) == 0
    world.press("enter")
    assert "Not yet." in world.screen()
    assert attempts(world) == 1
    assert world.sender.nudges > 0


def test_a_second_try_comes_before_the_solution(world: Any) -> None:
    world.sign_in().press("enter", "3", "enter")
    assert "> Try again" in world.screen()
    world.press("enter", "2", "enter")
    assert "Yes." in world.screen()
    assert attempts(world) == 2


def test_not_sure_opens_a_hint_and_is_no_attempt(world: Any) -> None:
    world.sign_in().press("enter", "4", "enter")
    assert "Hint 1" in world.screen()
    assert attempts(world) == 0


def test_not_sure_after_all_hints_shows_how(world: Any) -> None:
    world.sign_in().press("enter", "h", "h", "h")
    world.press("4", "enter")
    assert "no more hints" in world.lines()[22]
    world.press("enter")
    assert "This is how" in world.screen()


def test_undo_takes_back_what_is_not_checked(world: Any) -> None:
    world.sign_in().press("enter", "2")
    assert "> 2  3/4" in world.screen()
    world.press("u")
    assert "> 2" not in world.screen()
    world.press("enter")
    assert "Choose an answer first." in world.lines()[22]
    assert attempts(world) == 0


def test_number_fields_take_numbers_and_leave_letters_as_commands(world: Any) -> None:
    world.sign_in().press("m", "2", "enter", "enter", "enter")
    world.press(*"1/2x", "h")
    screen = world.screen()
    assert "Your answer:  1/2_" in screen
    assert "Hint 1" in screen


@pytest.mark.parametrize("zero", ["\u0660", "\u06f0", "\u0966", "\uff10"])
def test_the_digits_of_other_keyboards_are_digits(world: Any, zero: str) -> None:
    def other(words: str) -> str:
        return "".join(chr(ord(zero) + int(one)) if one.isdigit() else one for one in words)

    world.type("amina k").press("enter").type(other("2468")).press("enter")
    assert at(world) == "HomeScreen"
    world.press("m", other("2"))
    while at(world) != "ItemScreen":
        world.press("enter")
    world.type(other("12/9"))
    assert "Your answer:  12/9_" in world.screen()


def test_text_fields_take_letters_until_left_with_escape(world: Any) -> None:
    world.sign_in().press("m", "3", "enter", "enter")
    world.type("denomhq?")
    assert "Your answer:  denomhq?_" in world.screen()
    world.press("escape", "h")
    assert "Hint 1" in world.screen()
    assert "denomhq?" in world.screen()
    world.press("up", *["backspace"] * 3, *"inator", "enter")
    assert "Yes." in world.screen()


_LONG = "the number below the line, which says into how many equal parts one whole thing is cut up"


@pytest.mark.parametrize("columns", [80, 60])
def test_an_answer_as_long_as_a_course_asks_for_can_be_typed_and_seen(
    make_world: Callable[..., Any], worlds: ModuleType, columns: int
) -> None:
    item = worlds.word("long", "words", value=_LONG)
    world = make_world(packs=(worlds.course((item,)),)).sign_in()
    world.press("m", "3", "enter")
    for nth, letter in enumerate(_LONG):
        world.press(letter)
        row = next(row for row in world.lines(columns, 18) if "Your answer:" in row)
        assert row.endswith(_LONG[: nth + 1][-20:] + "_")
    world.press("enter")
    assert "Yes." in world.screen()


def _quiet(world: Any) -> None:
    for _minute in range(25):
        world.clock.advance(MINUTE)
        world.flow.tick()


_GOING: dict[str, Callable[[Any], Any]] = {
    "home": lambda world: world.press("escape", "escape"),
    "sign-out": lambda world: world.press("ctrl+q", "enter"),
    "quiet": _quiet,
    "power cut": lambda world: world.flow.tick(),
}


@pytest.mark.parametrize("going", _GOING)
@pytest.mark.parametrize(("skill", "typed"), [("words", "denomi"), ("parts", "1/")])
def test_an_answer_that_was_half_typed_is_there_again(
    make_world: Callable[..., Any], worlds: ModuleType, going: str, skill: str, typed: str
) -> None:
    items = [worlds.word("word", "words"), worlds.number("sum", "parts")]
    world = make_world(packs=(worlds.course(items),)).sign_in()
    world.press("m", "3" if skill == "words" else "1")
    while at(world) != "ItemScreen":
        world.press("enter")  # through what can be done with it, and its lesson
    world.type(typed)
    _GOING[going](world)
    if going != "home":
        world.flow = world.fresh_flow()
        world.sign_in()
    world.press("1", "enter")
    assert f"Your answer:  {typed}_" in world.screen()
    assert attempts(world) == 0
    world.press("ctrl+u").type("0").press("enter")
    assert attempts(world) == 1
    world.press("escape", "1", "enter", "enter")
    assert "Your answer:  _" in world.screen()  # what was checked is no draft


def test_typing_on_a_full_disk_alarms_nobody_before_enter(world: Any) -> None:
    world.sign_in().press("m", "3", "enter", "1", "enter").type("deno")
    _set_writable(world, writable=False)
    world.flow.tick()
    assert "Your answer:  deno_" in world.screen()
    assert "NOT SAVED" not in world.lines()[0]
    world.type("minator").press("enter")
    assert "NOT SAVED" in world.lines()[0]
    _set_writable(world, writable=True)
    world.press("enter")
    assert "Yes." in world.screen()


def test_the_alarm_ends_with_whatever_can_be_saved_again(world: Any) -> None:
    world.sign_in().press("enter")
    for keys in (("h",), ("2", "enter"), ("enter",)):  # a hint, an answer, the next item
        _set_writable(world, writable=False)
        world.press(*keys)
        assert "NOT SAVED" in world.lines()[0]
        _set_writable(world, writable=True)
        world.press(keys[-1])
        assert "NOT SAVED" not in world.lines()[0]


def test_an_answer_that_is_not_understood_is_no_try(world: Any) -> None:
    world.sign_in().press("m", "2", "enter", "enter", "enter")
    world.press("/", "enter")
    assert "type it again" in world.lines()[22]
    assert attempts(world) == 0


def test_choose_all_is_ticked_with_numbers(world: Any) -> None:
    world.sign_in().press("m", "4", "enter", "enter", "1", "2", "3", "2", "enter")
    assert "Yes." in world.screen()


def test_skipped_items_come_back(world: Any) -> None:
    world.sign_in().press("enter")
    world.press("k")
    assert attempts(world) == 0
    assert "Parts of a whole" in world.lines()[0]


def test_reading_the_lesson_comes_back_to_the_item(world: Any) -> None:
    world.sign_in().press("enter", "2", "r")
    assert "Lesson:" in world.lines()[0]
    assert world.sender.activity.doing is Doing.READING
    world.press("escape")
    assert "> 2  3/4" in world.screen()


def test_the_level_switch_keeps_the_section(world: Any) -> None:
    world.sign_in().press("m", "2", "enter", "enter", " ")
    assert "part 2 of 2" in world.screen()
    world.press("-")
    assert "[easier]" in world.screen()
    assert "part 2 of 2" in world.screen()
    world.press("-")
    assert "easiest" in world.lines()[22]


def test_tell_teacher_is_said_and_taken_back(world: Any) -> None:
    world.sign_in().press("t")
    assert world.room.state(world.flow.sitting.learner.learner_id).hand.up
    world.press("t")
    assert not world.room.state(world.flow.sitting.learner.learner_id).hand.up


def test_escape_reaches_home_in_three_presses_from_everywhere(world: Any) -> None:
    world.sign_in()
    walks: tuple[tuple[str, ...], ...] = (
        ("m", "?"),
        ("s", "?"),
        ("l",),
        ("enter", "r", "?"),
        ("m", "2", "enter", "enter", "enter", "1"),
        ("ctrl+q",),
    )
    for walk in walks:
        world.press(*walk).press("escape", "escape", "escape")
        assert at(world) == "HomeScreen", walk


def test_two_quick_enters_do_not_answer_the_next_item(world: Any) -> None:
    world.sign_in().press("enter", "2", "enter")
    world.press("enter").press("enter", apart_ms=100)
    assert at(world) == "ItemScreen"
    assert attempts(world) == 1
    world.press("2", apart_ms=10).press("enter", apart_ms=100)
    assert attempts(world) == 1
    world.press("enter", apart_ms=300)
    assert attempts(world) == 2


@pytest.mark.parametrize("held", ["h", "k", "t", "enter"])
def test_a_key_that_is_held_down_does_its_command_once(world: Any, held: str) -> None:
    def seen() -> tuple[str, str, bool]:
        return world.flow.screen.place, world.screen(), world.flow.hand_up

    world.sign_in().press("enter", "4", held)
    once = seen()
    world.press(*[held] * 31, apart_ms=33)
    assert seen() == once
    world.press(held)
    assert seen() != once


def test_arrows_and_pages_that_are_held_down_go_on(world: Any) -> None:
    world.press("down", "down", "down", apart_ms=33)
    assert "> 4  Samuel T." in world.screen()


def test_an_enter_pressed_while_the_answer_was_being_saved_leaves_its_feedback(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Sitting.answer

    def slow(sitting: Sitting, response: Any) -> Any:
        world.clock.advance(900)  # an old disk
        return answer(sitting, response)

    monkeypatch.setattr(Sitting, "answer", slow)
    world.sign_in().press("enter", "3")
    pressed_ms = world.clock.elapsed_ms() + 1_000
    world.press("enter")
    world.flow.press("enter", pressed_ms + 350)  # it waited its turn
    assert "> Try again" in world.screen()
    world.press("enter")
    assert "> Try again" not in world.screen()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 18), (200, 50)])
@pytest.mark.parametrize("kind", ["jug", "number", "word", "tick_all"])
def test_all_of_a_long_question_can_be_read(
    make_world: Callable[..., Any], worlds: ModuleType, kind: str, columns: int, rows: int
) -> None:
    lines = [f"Line {nth} of the story." for nth in range(1, 61)]
    item = getattr(worlds, kind)("long", "parts")
    item = replace(item, prompt=worlds.text("\n".join(lines)))
    world = make_world(packs=(worlds.course([item]),)).sign_in().press("m", "1")
    while at(world) != "ItemScreen":
        world.press("enter")

    def shown() -> list[str]:
        page = world.lines(columns, rows)
        assert "PgUp/PgDn More" in page[-1]
        return [line.strip() for line in page]

    shown()
    read: list[str] = []
    for key in ("pageup",) * 8 + ("pagedown",) * 8:
        read += shown()
        world.press(key)
    assert set(lines) <= set(read)
    assert "I am not sure yet" in "".join(shown()[-12:])
    if kind in {"jug", "tick_all"}:
        world.press("1")
    else:
        world.type("1")
    assert any(">" in line for line in shown())  # a key for the answer comes back to it
    assert attempts(world) == 0


def test_what_fits_has_nothing_to_turn(world: Any) -> None:
    world.sign_in().press("enter")
    before = world.screen()
    assert "PgDn" not in before
    assert world.press("pagedown", "pageup").screen() == before


def test_control_keys_change_nothing(world: Any) -> None:
    world.sign_in().press("enter", "2")
    before = world.screen()
    for key in ("ctrl+c", "ctrl+d", "ctrl+z", "ctrl+s", "ctrl+backslash"):
        world.press(key)
    assert world.screen() == before


def test_quiet_learner_is_warned_locked_and_signed_out(world: Any) -> None:
    world.sign_in().press("enter", "2")
    world.clock.advance(4 * MINUTE)
    world.flow.tick()
    assert "locks in one minute" in world.lines()[22]
    world.clock.advance(MINUTE)
    world.flow.tick()
    screen = world.screen()
    assert "it is locked" in screen
    assert "jug" not in screen
    assert world.sender.activity.doing is Doing.LOCKED
    world.clock.advance(15 * MINUTE)
    world.flow.tick()
    assert at(world) == "NameScreen"
    assert world.flow.sitting is None


def test_the_next_learner_is_not_signed_out_by_the_lock_of_the_last(world: Any) -> None:
    world.sign_in().press("enter")
    for quiet in (5 * MINUTE, 15 * MINUTE):
        world.clock.advance(quiet)
        world.flow.tick()
    assert world.flow.sitting is None
    world.sign_in("samuel")
    world.flow.tick()
    assert at(world) == "HomeScreen"
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    assert at(world) == "LockScreen"


def test_a_fault_while_locked_opens_nothing_without_the_pin(world: Any) -> None:
    world.sign_in().press("enter")
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    world.flow.screen.act = _fault
    world.press("enter", "enter")
    assert at(world) == "LockScreen"
    world.press("enter", *"2468", "enter")
    assert at(world) == "HomeScreen"


def test_unlocking_needs_the_pin_and_keeps_everything(world: Any) -> None:
    world.sign_in().press("enter", "2")
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    world.press("enter", *"1111", "enter")
    assert at(world) == "PinScreen"
    world.press(*"2468", "enter")
    assert "> 2  3/4" in world.screen()


def test_someone_else_signs_in_at_once(world: Any) -> None:
    world.sign_in().press("enter")
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    world.press("n")
    assert at(world) == "NameScreen"
    world.sign_in("samuel")
    assert "Samuel T." in world.lines()[0]


def test_nothing_of_a_locked_learner_can_be_reached(world: Any) -> None:
    world.sign_in().press("enter")
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    for key in ("escape", "q", "m", "s", "t", "ctrl+q", "2", "r"):
        world.press(key)
        assert at(world) in {"LockScreen"}


def test_a_learner_taken_off_the_list_does_not_unlock_without_a_pin(world: Any) -> None:
    world.sign_in().press("enter")
    world.clock.advance(5 * MINUTE)
    world.flow.tick()
    class_lists.take_off(world.room, world.flow.sitting.learner.learner_id)
    world.press("enter")
    assert at(world) == "PinScreen"


def test_the_marked_name_stays_marked_when_others_come_above_it(world: Any) -> None:
    world.press("down", "down")
    assert "> 3  Amina W." in world.screen()
    [row] = world.room.people.classes()
    world.room.people.add_learner("Abebe Bekele", row.record_id, pin="1357")
    world.flow.tick()
    assert "> 4  Amina W." in world.screen()


def test_the_class_that_was_chosen_stays_when_another_comes(make_world: Callable[..., Any]) -> None:
    world = make_world(classes=("3A", "5B")).press("right").type("amina")
    world.room.people.add_class("1C")
    world.flow.tick()
    assert "Class 5B" in world.screen()
    world.press("left")
    assert "Class 3A" in world.screen()


def test_what_a_learner_does_is_told_with_its_course(world: Any) -> None:
    world.sign_in().press("enter")
    about = world.sender.activity.about
    assert about.startswith("maths/jug-")
    assert world.room.course_book().about(about).item == ("maths", about.removeprefix("maths/"))
    world.press("r")
    assert world.sender.activity.about == "maths/adding"


def test_enter_on_a_list_where_nothing_fits_makes_nobody(world: Any) -> None:
    world.type("zz").press("down", "enter")
    assert at(world) == "NewHereScreen"
    assert len(world.room.people.learners()) == 4
    assert at(world.press("escape")) == "NameScreen"
    world.press("backspace", "backspace", "enter")
    assert "Amara O." in world.lines()[0]  # the first, as marked, and not the last


def test_wrong_pins_are_told_kindly_and_pause_after_five(world: Any) -> None:
    world.type("samuel").press("enter")
    for _nth in range(3):
        world.press("9", "enter")
    assert "That is not it. Try again." in world.lines()[22]
    assert "Ask your teacher" in world.screen()
    world.press("9", "enter", "9", "enter")
    assert "Please wait 30 seconds" in world.lines()[22]
    world.press(*"2468", "enter")
    assert at(world) == "PinScreen"
    world.clock.advance(30_000)
    world.press("enter")
    assert "Samuel T." in world.lines()[0]


def test_a_pause_holds_when_the_program_is_started_anew(world: Any) -> None:
    world.type("samuel").press("enter")
    for _nth in range(5):
        world.press("9", "enter")
    world.flow = world.fresh_flow()
    world.type("samuel").press("enter")
    assert "Please wait" in world.lines()[22]


def test_a_killed_program_goes_on_at_the_same_item(world: Any) -> None:
    world.sign_in().press("enter", "2", "enter", "enter", "h")
    place = world.flow.screen.place
    world.flow = world.fresh_flow()  # nothing of the old one is closed
    world.sign_in()
    assert "Last time stopped at" in world.lines()[22]
    world.press("enter")
    assert world.flow.screen.place == place
    assert "Hint 1" in world.screen()


def test_a_killed_program_comes_back_to_feedback_with_a_way_on(world: Any) -> None:
    world.sign_in().press("enter", "3", "enter")
    world.flow = world.fresh_flow()
    world.sign_in().press("enter")
    screen = world.screen()
    assert "> Try again" in screen or "4  I am not sure yet" in screen


def test_a_guest_practises_where_no_class_is_known(make_world: Callable[..., Any]) -> None:
    world = make_world(classes=()).press("enter", "enter")
    assert "Guest" in world.lines()[0]
    world.press("2", "enter")
    assert attempts(world) == 1


def test_full_disk_keeps_the_screen_and_says_so(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    skills = ("parts", "add", "words", "half", "mixed")
    jugs = [worlds.jug(f"{skill}-{n}", skill) for skill in skills for n in range(30)]
    world = make_world(packs=(worlds.course(jugs),)).sign_in().press("enter")
    _set_pages(world, least=True)
    answered = 0
    while "NOT SAVED" not in world.lines()[0]:
        assert "> 2  3/4" in world.press("2").screen()
        world.press("enter")
        if "Yes." in world.screen():
            answered += 1
            world.press("enter")
        if at(world) == "SetEndScreen":
            world.press("escape", "enter")
    said = "This computer cannot save now. Leave this on and call your teacher."
    assert world.lines()[22].strip() == said
    shown = world.screen()
    assert attempts(world) == answered
    world.press("enter")  # still full: nothing is lost by trying
    assert world.screen() == shown
    _set_pages(world, least=False)
    world.press("enter")
    assert "NOT SAVED" not in world.lines()[0]


def _set_pages(world: Any, *, least: bool) -> None:
    """A disk without room: SQLite may not grow its file, or may again."""
    with world.room.store.transaction() as tx:
        count = tx.connection.execute("PRAGMA page_count").fetchone()[0]
        tx.connection.execute(f"PRAGMA max_page_count = {count if least else 2**30}")


def test_a_fault_shows_a_sentence_and_leads_home(world: Any) -> None:
    world.sign_in()
    world.flow.screen.act = _fault
    world.press("m")
    assert "Something went wrong here. Your work is saved." in world.screen()
    assert "Traceback" not in world.screen()
    world.press("enter")
    assert at(world) == "HomeScreen"


def test_a_home_that_cannot_be_shown_leads_to_the_names(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sign_in()
    monkeypatch.setattr(type(world.flow.screen), "page", _fault)
    for _time in range(3):
        assert "Something went wrong here." in world.screen()
        world.press("enter")
    assert at(world) == "NameScreen"
    assert world.flow.sitting is None


def _fault(*_args: object) -> None:
    raise ZeroDivisionError


def test_a_store_that_cannot_be_read_costs_the_count_and_not_the_screen(world: Any) -> None:
    world.sign_in()
    world.sender.teacher_slot = _unreadable
    assert "Good morning, Amina." in world.screen()
    assert world.lines()[0].endswith("Saved")


def _unreadable() -> None:
    raise StoreDamagedError("The store is damaged.")


def test_an_answer_that_is_not_saved_is_locked_and_never_signed_out_by_itself(world: Any) -> None:
    world.sign_in().press("enter", "2")
    _set_writable(world, writable=False)
    world.press("enter")
    for quiet in (5 * MINUTE, 60 * MINUTE):
        world.clock.advance(quiet)
        world.flow.tick()
        assert at(world) == "LockScreen"
    assert "NOT SAVED" in world.lines()[0]
    assert "Work is saved" not in world.screen()
    assert "signed out by itself" not in world.screen()
    _set_writable(world, writable=True)
    world.press("enter", *"2468", "enter")
    assert "> 2  3/4" in world.screen()
    world.press("enter")
    assert attempts(world) == 1


def _set_writable(world: Any, *, writable: bool) -> None:
    with world.room.store.reading() as connection:
        connection.execute(f"PRAGMA query_only = {int(not writable)}")


def test_who_signs_in_after_a_full_disk_is_not_told_of_it(world: Any) -> None:
    world.sign_in()
    _set_pages(world, least=True)
    world.flow.not_saved = True
    world.press("q", "enter")
    assert "NOT SAVED" in world.lines()[0]
    _set_pages(world, least=False)
    world.sign_in("samuel")
    assert "NOT SAVED" not in world.lines()[0]


def test_no_lessons_and_no_plan_are_said(make_world: Callable[..., Any]) -> None:
    world = make_world(packs=()).sign_in()
    assert "Lessons are on their way from the school server." in world.screen()
    world.press("enter")
    assert at(world) == "MapScreen"


def test_the_first_lessons_can_be_practised_by_whoever_waited_for_them(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    world = make_world(packs=()).sign_in().press("m")
    world.room._packs = (worlds.course(),)
    world.flow.tick()
    assert "Parts of a whole" in world.screen()
    world.press("escape")
    world.flow.tick()
    assert "Press Enter to start." in world.screen()
    world.press("enter", "2", "enter")
    assert attempts(world) == 1
    world.press("escape", "m")
    assert "Add fractions" in world.screen()


def test_sign_out_says_where_the_work_is(world: Any) -> None:
    world.sender.count = 9
    world.sign_in().press("q")
    assert "9 pieces are waiting" in world.screen()
    world.press("enter")
    assert at(world) == "NameScreen"
    assert world.sender.learner is None


def test_closing_is_offered_only_where_it_is_allowed(make_world: Callable[..., Any]) -> None:
    assert make_world().press("ctrl+q").flow.ended
    assert not make_world(settings=Settings(may_close=False)).press("ctrl+q").flow.ended


WALKS = (
    (),
    ("m",),
    ("s",),
    ("enter",),
    ("enter", "3", "enter"),
    ("m", "2", "enter"),
    ("m", "2", "enter", "enter"),
    ("m", "2", "enter", "2", "enter"),
    ("m", "2", "enter", "2", "enter", "escape"),
)


@pytest.mark.parametrize("walk", WALKS)
def test_all_keys_of_the_key_line_do_something(
    walk: tuple[str, ...], make_world: Callable[..., Any]
) -> None:
    """Every key that a screen names changes the screen or its message."""
    first = make_world(joined=True).sign_in().press(*walk)
    for entry in first.flow.keys.key_line(first.flow.screen.offers()):
        world = make_world(joined=True).sign_in().press(*walk)
        before = world.screen()
        world.press(entry.key)
        if entry.key in {"pageup", "u"} or (entry.key == "1" and "> 1" in before):
            continue  # nothing to page back, to take back or to move to
        assert world.screen() != before, entry


def test_work_from_another_computer_appears_at_home(world: Any) -> None:
    world.sign_in()
    assert "Learning  " not in world.screen()
    elsewhere = Sitting.begin(world.room, world.flow.sitting.learner.learner_id)
    view = elsewhere.start_set("half")
    elsewhere.answer(view.picked(0, 2))
    world.flow.tick()
    assert "What is a half" in world.lines()[4]


def test_a_learner_new_here_is_told_that_newer_work_may_be_elsewhere(world: Any) -> None:
    world.sender.answers = False
    world.sign_in()
    assert "on another computer" in world.lines()[22]
    world.press("q", "enter").sign_in()
    assert "on another computer" not in world.screen()


def test_names_that_come_later_appear(make_world: Callable[..., Any]) -> None:
    world = make_world(classes=())
    assert at(world) == "GuestScreen"
    world.room.people.add_class("5B")
    world.flow.tick()
    assert "names of this class are on their way" in world.screen()


def test_a_learner_of_two_names_is_one_learner_at_her_seat(world: Any) -> None:
    people = world.room.people
    kept, other = people.find("Amina Kato"), people.find("Amina Wanjiru")
    world.room.decisions.merge(kept.learner_id, other.learner_id)
    world.flow.begin(other, "pin")
    assert world.flow.sitting.learner.learner_id == kept.learner_id
    assert world.flow.sitting.learner.name == "Amina Kato"
