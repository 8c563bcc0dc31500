"""The screen of a learner who is on no list: her name, as she types it. Pure."""

from msgspec import Struct
from msgspec.structs import replace

from darasa.client_tui.locale import _
from darasa.client_tui.page import Field, Frame, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width


class NewName(Struct, frozen=True):
    """What is typed so far, and whether other names are on a list here."""

    typed: str
    is_list_here: bool


def new_name(state: NewName, frame: Frame) -> Page:
    """Type a name, and begin."""
    sheet = Sheet(frame.layout)
    sheet.text(_("You are new here."), Style.TITLE)
    sheet.blank()
    if state.is_list_here:
        sheet.text(_("Your name is not on this list. Look again if you have been here before."))
    sheet.text(_("You can begin now. Your teacher puts you on the list later."))
    sheet.text(_("Nothing you do gets lost."))
    sheet.blank()
    if frame.layout.plain:
        if state.typed:
            sheet.text(_("Your name: {name}").format(name=say(state.typed)))
    else:
        lead = "   " + _("Your name:") + "  "
        row = sheet.line(lead, Span(say(state.typed + "_"), Style.FIELD))
        sheet.cursor = (row, cell_width(lead + state.typed))
        sheet.focus_row = row
    sheet.blank()
    sheet.text(_("First name, then family name."), Style.QUIET)
    label = say(_("Your name, or Enter when it is right") if state.typed else _("Your name"))
    return replace(sheet.page("new-here", frame), field=Field("name", label), question=label)
