import io
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.page import Field, Option, Page, say
from darasa.client_tui.plain import keys_of, run_plain
from darasa.client_tui.settings import Settings


@pytest.fixture
def talk(make_world: Callable[..., Any]) -> Callable[..., str]:
    """Runs lines through plain mode; the transcript, and the world in its `world`."""

    def run(*lines: str, **options: Any) -> str:
        world = make_world(settings=Settings(guard_ms=0), joined=True, **options)
        out = io.StringIO()
        lines_in = io.StringIO("".join(f"{line}\n" for line in lines))
        assert run_plain(world.flow, lines_in, out, Charset(Level.A)) == 0
        assert world.flow.sitting is None
        run.world = world  # type: ignore[attr-defined]
        return out.getvalue()

    return run


def test_a_learner_practises_line_by_line(talk: Callable[..., str]) -> None:
    text = talk("amina k", "2468", "1", "3", "1", "2", "", "not sure", "quit", "1")
    for words in (
        "Who are you?  Class 5B",
        "2  Amina K.",
        "Your PIN: ",
        "Amina K.  5B | Home",
        "1  Learn: Parts of a whole  (8 items)",
        "How full is the jug now?",
        "4  I am not sure yet",
        "You chose: 2/8.  Not yet.",
        "You multiplied the top numbers.",
        "1  Try again",
        "You chose: 3/4.  Yes.",
        "Session: item 2 of about 8.",
        "Hint 1   Are the parts the same size?",
        "1  Sign out",
    ):
        assert words in text
    assert text.rstrip().endswith("Your name or its number:")


def test_plain_text_has_no_codes_and_no_colours(talk: Callable[..., str]) -> None:
    text = talk("2", "2468", "m", "2", "", "", "1/2", "h", "back", "s", "back", "l", "?")
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert ">  " not in text


def test_one_name_left_is_taken_and_several_are_listed(talk: Callable[..., str]) -> None:
    assert "Hello Samuel T." in talk("sam")
    text = talk("amina", "2")
    assert "3  Amina W." in text
    assert "2  Amina W." in text
    assert "Hello Amina W." in text


def test_the_end_of_a_pipe_signs_out(talk: Callable[..., str]) -> None:
    talk("samuel", "2468", "1")
    world = talk.world  # type: ignore[attr-defined]
    state = world.room.state(world.learners[3])
    assert state.sitting.ended_ms is not None
    assert state.sitting.reason == "closed"


def test_wrong_pins_and_unknown_words_are_told(talk: Callable[..., str]) -> None:
    text = talk("samuel", "1111", "2468", "what", "7")
    assert "That is not it. Try again." in text
    assert "That is no number or key here. Type help to see them." in text


def test_only_what_is_new_is_told_again(talk: Callable[..., str]) -> None:
    text = talk("samuel", "2468", "1", "h", "again")
    assert text.count("How full is the jug now?") == 2
    assert text.count("Hint 1") == 2


def test_typed_answers_and_commands_are_told_apart() -> None:
    def page(kind: str | None) -> Page:
        empty = say("")
        field = None if kind is None else Field(kind, empty)
        return Page("item", empty, empty, (), empty, (), field=field)

    assert keys_of("3/4\n", page("number")) == ["ctrl+u", "3", "/", "4", "enter"]
    assert keys_of("\u0663/\u0664\n", page("number")) == ["ctrl+u", "3", "/", "4", "enter"]
    assert keys_of("\u0662\n", page(None)) == ["ctrl+u", "2", "enter"]
    assert keys_of("h\n", page("number")) == ["h"]
    assert keys_of("h\n", page("text")) == ["ctrl+u", "h", "enter"]
    assert keys_of(".h\n", page("text")) == ["h"]
    assert keys_of(".5\n", page("number")) == ["ctrl+u", ".", "5", "enter"]
    assert keys_of("1 3\n", page(None)) == ["ctrl+u", "1", "3", "enter"]
    assert keys_of("\n", page(None)) == ["enter"]
    assert keys_of("back\n", page(None)) == ["escape"]
    assert keys_of("what?\n", page(None)) == []
    assert keys_of("?\n", page("name")) == ["?"]


@pytest.mark.parametrize("before", ["not sure", ".esc", ".back", "?\n", ".h", ".t\n.t"])
def test_a_word_is_an_answer_whatever_was_done_before(
    talk: Callable[..., str], worlds: ModuleType, before: str
) -> None:
    packs = (worlds.course([worlds.word("word", "words")]),)
    text = talk("amina k", "2468", "m", "3", "", before, "denominator", packs=packs)
    assert "Your answer: denominator" in text
    assert "Press Enter to go on." in text
    assert text.count("Your teacher will see") == before.count(".t\n")  # T is a letter of it


def test_where_words_are_typed_the_commands_have_a_dot(
    talk: Callable[..., str], worlds: ModuleType
) -> None:
    packs = (worlds.course([worlds.word("word", "words")]),)
    text = talk("?", "", ".tab", "back", "amina k", "2468", "m", "3", "", ".h", packs=packs)
    assert "Keys: Enter Choose, .Tab New code, looks, ? Help" in text
    assert "What do you want to do?" in text
    assert "Keys: Enter Check, .Esc Leave the field, .H Hint, .K Skip, .T Tell teacher, .U" in text
    assert "Hint 1   It begins with d." in text


def test_the_names_of_keys_on_the_key_line_are_understood(talk: Callable[..., str]) -> None:
    text = talk("amina k", "2468", "m", "2", "", "Space", "PgUp", " ", "Esc", "esc", "ctrl+q", "1")
    assert text.count("part 2 of 2") == 2
    assert "That is no number or key here." not in text
    assert text.rstrip().endswith("Your name or its number:")


def test_a_line_too_long_for_an_answer_is_not_cut_and_judged(
    talk: Callable[..., str], worlds: ModuleType
) -> None:
    packs = (worlds.course([worlds.word("word", "words")]),)
    text = talk("amina k", "2468", "m", "3", "", "denominator " * 20, packs=packs)
    assert "That is too long for an answer. Type it shorter." in text
    assert "Your answer: d" not in text
    assert "Not yet." not in text


def test_a_row_beyond_the_ninth_is_reached_by_its_number() -> None:
    empty = say("")
    rows = tuple(Option(str(row + 1), row) for row in range(12))
    page = Page("map", empty, empty, (), empty, (), options=rows)
    assert keys_of("11\n", page) == ["1", *["down"] * 10, "enter"]
    assert keys_of("13\n", page) == []
    assert keys_of("3\n", page) == ["ctrl+u", "3", "enter"]


def test_a_line_typed_after_a_long_silence_answers_nothing(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(settings=Settings(guard_ms=0)).sign_in().press("enter")
    out = io.StringIO()

    class Slow(io.StringIO):
        def readline(self, size: int = -1) -> str:
            world.clock.advance(6 * 60_000)
            return super().readline(size)

    run_plain(world.flow, Slow("2\n"), out, Charset(Level.A))
    assert "so it is locked" in out.getvalue()
    assert "Yes." not in out.getvalue()
    assert "What you typed was not taken." in out.getvalue()


def test_hostile_text_is_clean_in_plain_mode(
    make_world: Callable[..., Any], worlds: ModuleType
) -> None:
    evil = worlds.jug("evil", "parts", prompt=worlds.text("What\x1b]52;c;x\x07 is \u202e[a]?"))
    world = make_world(
        packs=(worlds.course([evil, worlds.jug("b", "parts")]),), settings=Settings(guard_ms=0)
    )
    out = io.StringIO()
    run_plain(world.flow, io.StringIO("samuel\n2468\n1\nk\n"), out, Charset(Level.A))
    assert "[a]?" in out.getvalue()
    assert all(char.isprintable() or char == "\n" for char in out.getvalue())


def test_end_of_input_on_a_terminal_ends_nothing(world: Any) -> None:
    class Keyboard(io.StringIO):
        reads = 0

        def isatty(self) -> bool:
            return True

        def readline(self, size: int = -1) -> str:
            self.reads += 1
            return "samuel\n" if self.reads == 3 else ""

    out = io.StringIO()
    run_plain(world.flow, Keyboard(), out, Charset(Level.A))
    assert "Hello Samuel T." in out.getvalue()


def test_several_numbers_tick_these_and_no_others(talk: Callable[..., str]) -> None:
    text = talk("samuel", "2468", "m", "4", "", "1 2", "", "1 3")
    assert "You chose: 2/4; 1/3.  Not yet." in text
    assert "You chose: 2/4; 5/10.  Yes." in text


@pytest.mark.parametrize("line", ["fish drum house", "2 a 4", "2a4", "FISH, drum, 4"])
def test_pictures_are_named_by_word_or_key(talk: Callable[..., str], line: str) -> None:
    text = talk("amina k", line, pictures=("Amina Kato",))
    assert "1 sun, 2 fish, 3 tree, 4 house" in text
    assert "Your sign-in pictures, in order: " in text
    assert "Amina K.  5B | Home" in text


def test_pictures_are_also_taken_one_a_line(talk: Callable[..., str]) -> None:
    text = talk("amina k", "fish", "a", "cow", "house", pictures=("Amina Kato",))
    assert "Choose your second picture." in text
    assert "That is no number or key here." in text
    assert "Amina K.  5B | Home" in text


def test_wrong_pictures_can_be_tried_again(talk: Callable[..., str]) -> None:
    text = talk("amina k", "sun fish tree", "fish drum house", pictures=("Amina Kato",))
    assert "That is not it. Try again." in text
    assert "Amina K.  5B | Home" in text


def test_plain_mode_tells_how_many_are_before_her_and_goes_on(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(settings=Settings(guard_ms=0))
    go = threading.Event()
    world.room.desk._line.submit(go.wait)

    class Out(io.StringIO):
        def write(self, text: str) -> int:
            if "1 before you" in text:
                go.set()
            return super().write(text)

    out = Out()
    run_plain(world.flow, io.StringIO("amina k\n2468\n"), out, Charset(Level.A))
    assert "One moment: 1 before you." in out.getvalue()
    assert "Amina K.  5B | Home" in out.getvalue()


def test_a_code_and_a_new_pin_line_by_line(make_world: Callable[..., Any]) -> None:
    world = make_world(settings=Settings(guard_ms=0))
    learner = world.room.people.find("Amina Kato").learner_id
    code = world.room.codes.show(learner).code
    spaced = f"{code[:3]} {code[3:]}"
    lines = ["amina k", "t", spaced, "7391", "7391", "quit", "1", "amina k", "7391"]
    out = io.StringIO()
    run_plain(
        world.flow, io.StringIO("".join(f"{line}\n" for line in lines)), out, Charset(Level.A)
    )
    assert out.getvalue().count("Amina K.  5B | Home") == 2
    assert "Your teacher's code: " in out.getvalue()
    assert "The same again: " in out.getvalue()
