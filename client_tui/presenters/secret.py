"""The sign-in screen, step 2: a PIN or three pictures (ux.md section 5.2). Pure."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from darasa.client_tui.charset import Level
from darasa.client_tui.locale import _, mark
from darasa.client_tui.page import Frame, Page, Span, say
from darasa.client_tui.presenters.sign_in import with_field
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, padded
from darasa.content_packs.safe_text import SafeText
from darasa.learning.signing_in.pictures import KEYS, PICTURES, PICTURES_CHOSEN

_ROW_OF: Final = 4
_MARK: Final = "[ # ]"
_FREE: Final = "[   ]"

PICTURE_WORDS: Final[Mapping[str, str]] = {
    "sun": mark("sun"), "fish": mark("fish"), "tree": mark("tree"), "house": mark("house"),
    "moon": mark("moon"), "bird": mark("bird"), "boat": mark("boat"), "key": mark("key"),
    "star": mark("star"), "drum": mark("drum"), "cup": mark("cup"), "goat": mark("goat"),
}  # fmt: skip
_DRAWINGS: Final = "🌞🐟🌳🏠🌙🐦⛵🔑⭐🥁🍵🐐"


class Entry(Struct, frozen=True):
    """Step 2: whose secret, what is asked of her, how much is given, and what to say."""

    name: SafeText
    asked: str
    given: int
    notice: str = ""
    forgot: str = ""


def pin(state: Entry, frame: Frame) -> Page:
    """The PIN. Digits show as marks."""
    sheet = Sheet(frame.layout)
    _asked(sheet, state, " ".join([_MARK] * state.given + [_FREE]))
    sheet.blank(3)
    sheet.text(_("Type your numbers, then press Enter.   Backspace takes one back."))
    _notice(sheet, state)
    sheet.to_row(17)
    sheet.text(state.forgot)
    return with_field(sheet.page("pin", frame), "pin", state.asked.rstrip(":"))


def pictures(state: Entry, frame: Frame) -> Page:
    """The pictures: three are chosen, none is shown; their places never change."""
    sheet = Sheet(frame.layout)
    marks = [_MARK] * state.given + [_FREE] * (PICTURES_CHOSEN - state.given)
    _asked(sheet, state, " ".join(marks))
    if frame.layout.plain:
        sheet.text(", ".join(f"{key} {words(key)}" for key in KEYS))
    else:
        sheet.blank(2)
        _grid(sheet)
    sheet.to_row(16)
    sheet.text(_("Press the number or letter.   Backspace takes one back."))
    _notice(sheet, state)
    sheet.to_row(20)
    sheet.text(state.forgot)
    return with_field(sheet.page("pictures", frame), "pictures", state.asked.rstrip(":"))


def code(name: SafeText, given: str, frame: Frame) -> Page:
    """The one-use code, as the teacher reads it out."""
    sheet = Sheet(frame.layout)
    hello = _("Hello {name}").format(name=name)
    asked = _("Your teacher's code:")
    if frame.layout.plain:
        sheet.text(hello)
    else:
        lead = f"   {hello}    {asked}   "
        typed = f"{given[:3]} {given[3:]}".rstrip()
        row = sheet.line(lead, Span(say(typed + "_"), Style.FIELD))
        sheet.cursor = (row, cell_width(lead + typed))
        sheet.focus_row = row
    sheet.blank(3)
    sheet.text(_("Ask your teacher for a code of six numbers, and type it here."))
    sheet.text(_("Then you choose a new secret yourself. Your teacher does not see it."))
    return with_field(sheet.page("code", frame), "pin", asked.rstrip(":"))


def drawings() -> str:
    """The drawings of all pictures, for whoever looks whether a terminal shows them."""
    return _DRAWINGS


def words(key: str) -> str:
    """The picture of a key in words."""
    return _(PICTURE_WORDS[PICTURES[KEYS.index(key)]])


def _asked(sheet: Sheet, state: Entry, marks: str) -> None:
    hello = _("Hello {name}").format(name=state.name)
    if sheet.layout.plain:
        sheet.text(hello)
        return
    lead = f"   {hello}    {state.asked}   "
    if cell_width(lead + marks) > sheet.layout.columns - 1:
        sheet.line(f"   {hello}")
        lead = f"   {state.asked}   "
    given, free = _MARK * bool(state.given) + f" {_MARK}" * (state.given - 1), marks.count(_FREE)
    lead_free = " " if given else ""
    rest = lead_free + " ".join([_FREE] * free) if free else ""
    row = sheet.line(lead, Span(say(given), Style.MARKED), rest)
    sheet.cursor = (row, cell_width(lead + given) + len(lead_free) + 2)
    sheet.focus_row = row


def _grid(sheet: Sheet) -> None:
    columns = 16 if sheet.layout.columns >= 80 else 13
    has_drawings = sheet.layout.charset.level is Level.C
    for first in range(0, len(KEYS), _ROW_OF):
        cells = []
        for key in KEYS[first : first + _ROW_OF]:
            drawing = f"{_DRAWINGS[KEYS.index(key)]} " if has_drawings else ""
            cells.append(padded(f"{key}  {drawing}{words(key)}", columns))
        sheet.line("     " + "".join(cells).rstrip())
        if sheet.layout.rows >= 24:
            sheet.blank()


def _notice(sheet: Sheet, state: Entry) -> None:
    if state.notice:
        sheet.blank()
        sheet.text(state.notice, Style.NOT_YET)
