"""A page with one question and numbered answers. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters.sign_in import first_shown
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style

ROWS_SHOWN_MAX = 9
"""As many as there are number keys; more go by the arrows."""


class Choices(Struct, frozen=True):
    """A title, what is said, and the choices with the marked one.

    `good`: what went well, before the rest; `below`: said quietly after the choices.
    """

    name: str
    title: str
    said: Sequence[str]
    choices: Sequence[str]
    marked: int
    good: str = ""
    below: str = ""


def choice_page(state: Choices, frame: Frame, *, at_row: int = 0) -> tuple[Page, int]:
    """The page, and the first choice on it. Choices begin at screen row `at_row`, or below that."""
    sheet = Sheet(frame.layout)
    sheet.text(state.title, Style.TITLE)
    sheet.blank()
    if state.good:
        sheet.text(state.good, Style.GOOD)
        sheet.blank()
    for sentence in state.said:
        sheet.text(sentence)
    if state.said:
        sheet.blank()
    sheet.to_row(at_row)
    first = first_shown(len(state.choices), state.marked, ROWS_SHOWN_MAX)
    for place, words in enumerate(state.choices[first : first + ROWS_SHOWN_MAX]):
        sheet.option(str(place + 1), words, marked=first + place == state.marked)
    if first + ROWS_SHOWN_MAX < len(state.choices):
        sheet.text(_("... Down shows more"), Style.QUIET)
    if state.below:
        sheet.blank()
        sheet.text(state.below, Style.QUIET)
    return sheet.page(state.name, frame), first
