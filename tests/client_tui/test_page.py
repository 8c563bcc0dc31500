from darasa.client_tui.charset import Charset, Level
from darasa.client_tui.drawn import drawn, fitted, saving
from darasa.client_tui.page import Frame, Header, KeyWord, Layout, Page, line_of, say, text_of
from darasa.client_tui.sheet import Sheet

HEADER = Header(say("Amina K. | Home"), say("Saved"), say("Teacher: has all"))


def page(rows: int = 3, layout: Layout | None = None, focus: int | None = None) -> Page:
    layout = layout or Layout()
    sheet = Sheet(layout)
    for row in range(rows):
        sheet.text(f"row {row}")
        sheet.blank()
    sheet.focus_row = focus
    keys = tuple(KeyWord(f"K{n}", f"does something {n}", str(n)) for n in range(7))
    return sheet.page("test", Frame(layout, HEADER, "Do this.", (*keys, KeyWord("?", "Help", "?"))))


def lines(shown: Page, layout: Layout) -> list[str]:
    return [text_of(line).rstrip() for line in drawn(shown, layout).lines]


def test_frame_has_its_four_parts_in_their_rows() -> None:
    shown = lines(page(), Layout())
    assert len(shown) == 24
    assert shown[0].index("Saved") == 54
    assert shown[2] == "   row 0"
    assert shown[22] == " Do this."
    assert shown[23].endswith("? Help")


def test_a_long_body_loses_blank_rows_first_and_then_shows_what_is_marked() -> None:
    layout = Layout()
    assert lines(page(12), layout)[2] == "   row 0"
    shown = lines(page(40, focus=60), layout)
    assert "   row 30" in shown


def test_fitting_keeps_order_and_room() -> None:
    body = [line_of("a"), (), line_of("b"), (), line_of("c"), ()]
    assert fitted(body, 10, None) == [0, 1, 2, 3, 4]
    assert fitted(body, 4, None) == [0, 1, 2, 4]
    assert fitted(body, 3, None) == [0, 2, 4]
    assert fitted(body, 1, 4) == [4]


def test_help_stays_on_a_key_line_that_is_too_long() -> None:
    shown = lines(page(), Layout())[23]
    assert len(shown) <= 80
    assert shown.startswith(" K0 does something 0")
    assert shown.endswith("? Help")


def test_a_long_message_takes_two_rows_of_a_small_window() -> None:
    layout = Layout(columns=60, rows=18)
    sheet = Sheet(layout)
    words = "You can turn off or leave this computer. Your work stays safe."
    shown = lines(sheet.page("test", Frame(layout, HEADER, words)), layout)
    assert " ".join(" ".join(shown[15:17]).split()) == words


def test_the_saving_note_changes_slot_one_alone() -> None:
    shown = drawn(page(), Layout())
    noted = saving(shown, "Saved", "Saving")
    assert "Saving | Teacher: has all" in text_of(noted.lines[0])
    assert noted.lines[1:] == shown.lines[1:]


def test_bars_are_drawn_in_the_characters_of_the_level() -> None:
    assert Charset(Level.A).bar(4, 8) == "[####----]"
    assert Charset(Level.B).bar(4, 8) == "[\u2588\u2588\u2588\u2588\u2591\u2591\u2591\u2591]"
    assert Charset(Level.A).bar(0, 0) == "[--------]"


def test_wide_windows_get_margins_and_no_longer_lines() -> None:
    layout = Layout(columns=200, rows=50)
    shown = lines(page(layout=layout), layout)
    assert shown[2] == " " * 60 + "   row 0"
    assert len(shown) == 50
