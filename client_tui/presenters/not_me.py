"""Where a learner was last, and the screen on which she says that it was not she. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.times import Times
from darasa.content_packs.safe_text import SafeText
from darasa.learning.views import EarlierSitting


def where_and_when(sitting: EarlierSitting, times: Times, now_ms: int) -> SafeText:
    """Such as "today 08:55, Lab PC 12" or "12 May 10:20, this computer"."""
    day = times.day(sitting.begun_ms, now_ms)
    when = f"{day} {times.time(sitting.begun_ms)}".strip()
    if sitting.is_here:
        return say(_("{when}, this computer").format(when=when))
    computer = sitting.computer or _("another computer")
    return say(f"{when}, {computer}")


class NotMeState(Struct, frozen=True):
    """The sittings as words, which one is marked, and which were said already."""

    sittings: Sequence[SafeText]
    said: Sequence[bool]
    marked: int


def not_me(state: NotMeState, frame: Frame) -> Page:
    """The last sittings under her name."""
    sheet = Sheet(frame.layout)
    sheet.text(_("Someone worked under your name?"), Style.TITLE)
    sheet.blank()
    sheet.text(_("Mark the time that was not you. Your teacher will see it."))
    sheet.text(_("No answer is taken away, and nobody is blamed."))
    sheet.blank()
    for place, words in enumerate(state.sittings):
        note = "   " + _("(your teacher knows)") if state.said[place] else ""
        sheet.option(str(place + 1), words, marked=place == state.marked, note=note)
    return sheet.page("not-me", frame)
