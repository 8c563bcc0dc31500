"""Help for the screen that it was opened on (ux.md section 5.11). Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Layout, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import padded, shortened
from darasa.content_packs.safe_text import SafeText

_SECOND_COLUMN = 40
_KEY_COLUMNS = 10
_ANYWHERE_KEY_COLUMNS = 7
_QUESTION_COLUMNS = 23


class HelpOf(Struct, frozen=True):
    """What the help explains: keys and what they do, on a screen and anywhere; the demo's card."""

    here: Sequence[tuple[str, str]]
    anywhere: Sequence[tuple[str, str]]
    card: Sequence[SafeText]
    first_row: int = 0


def _questions() -> tuple[tuple[str, str], ...]:
    return (
        (_("Is my work saved?"), _("Yes, after each answer. Power cuts are fine too.")),
        (_("Is it a test?"), _("No. You can try again and use hints.")),
        (_("What does ~ mean?"), _("- Later  o Ready  ~ Learning  + Got it  * Kept it")),
        ("", _("! Refresh: time to practise again.")),
        (_("I am stuck."), _("H hint, R read, K skip, T tell your teacher.")),
    )


def _keys(sheet: Sheet, state: HelpOf) -> None:
    here, anywhere = state.here, state.anywhere
    if sheet.layout.plain or sheet.layout.columns < 80:
        for shown, words in (*here, *anywhere):
            sheet.line(f"   {padded(shown, _KEY_COLUMNS)}{words}")
        return
    titles = padded("   " + _("On this screen"), _SECOND_COLUMN + 3) + _("Anywhere")
    sheet.line(Span(say(titles), Style.TITLE))
    for row in range(max(len(here), len(anywhere))):
        left = right = ""
        if row < len(here):
            left = padded(here[row][0], _KEY_COLUMNS) + here[row][1]
        if row < len(anywhere):
            right = padded(anywhere[row][0], _ANYWHERE_KEY_COLUMNS) + anywhere[row][1]
        sheet.line("   " + padded(shortened(left, _SECOND_COLUMN - 1), _SECOND_COLUMN) + right)


def _whole(state: HelpOf, layout: Layout) -> Sheet:
    """The whole help as lines, before a part of it is shown."""
    sheet = Sheet(layout)
    if state.card:
        for line in state.card:
            sheet.line("   ", Span(line, Style.QUIET))
        sheet.blank()
    _keys(sheet, state)
    sheet.blank()
    for question, answer in _questions():
        if layout.plain:
            sheet.text(f"{question} {answer}".strip())
        else:
            sheet.text(padded(question, _QUESTION_COLUMNS) + answer)
    return sheet


def last_first_row(state: HelpOf, layout: Layout) -> int:
    """The greatest `first_row` that still fills the page."""
    return max(0, len(_whole(state, layout).lines) - (layout.body_rows - 1))


def help_page(state: HelpOf, frame: Frame) -> Page:
    """The help, from `first_row` on when it is longer than the page."""
    layout = frame.layout
    sheet = _whole(state, layout)
    if not layout.plain and len(sheet.lines) > layout.body_rows:
        room = layout.body_rows - 1
        first = state.first_row
        more = first + room < len(sheet.lines)
        sheet.lines = sheet.lines[first : first + room]
        sheet.line("   ", Span(say(_("... Down shows more") if more else ""), Style.QUIET))
    return sheet.page("help", frame)
