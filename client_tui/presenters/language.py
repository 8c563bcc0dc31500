"""The languages that can be chosen, each by its own name (ux.md section 5.2, Tab). Pure."""

from collections.abc import Sequence

from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters.sign_in import first_shown
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.content_packs.safe_text import SafeText

ROWS_SHOWN_MAX = 9


def language(names: Sequence[SafeText], marked: int, frame: Frame) -> tuple[Page, int]:
    """The page, and the first language on it; more than nine go by the arrows."""
    sheet = Sheet(frame.layout)
    sheet.text(_("Which language do you want to read?"), Style.TITLE)
    sheet.blank()
    first = first_shown(len(names), marked, ROWS_SHOWN_MAX)
    for place, name in enumerate(names[first : first + ROWS_SHOWN_MAX]):
        sheet.option(str(place + 1), name, marked=first + place == marked)
    sheet.blank()
    sheet.text(_("Your lessons stay in the language that they are written in."), Style.QUIET)
    return sheet.page("language", frame), first
