"""The sign-in screen, step 1: who are you? (ux.md section 5.2). Pure."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.page import Field, Frame, Layout, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width
from darasa.content_packs.safe_text import SafeText

ROWS_SHOWN_MAX = 9
_ROWS_BESIDE_CARD = 4


class NameList(Struct, frozen=True):
    """The state of step 1: the names that still fit what was typed, and the marked one."""

    class_name: SafeText
    several_classes: bool
    typed: str
    names: Sequence[SafeText]  # those that match, "Amina K."
    marked: int
    last_used: SafeText | None = None
    card: Sequence[SafeText] = ()


def first_shown(count: int, marked: int, rows: int) -> int:
    """The first row of a list window of `rows` rows that keeps the marked one in view."""
    return max(0, min(marked - rows // 2, count - rows))


def rows_shown(state: NameList, layout: Layout) -> int:
    """How many names are listed at once."""
    if layout.plain:
        return ROWS_SHOWN_MAX
    room = _ROWS_BESIDE_CARD if state.card else ROWS_SHOWN_MAX
    return min(room, max(3, layout.body_rows - 8))


def name_list(state: NameList, frame: Frame) -> Page:
    """Step 1: the class and the names."""
    layout = frame.layout
    sheet = Sheet(layout)
    where = say(_("Class {name}").format(name=state.class_name)) if state.class_name else ""
    if state.several_classes and not layout.plain:
        where = f"{where}   " + _("(Left/Right: class)")
    sheet.sides("   " + _("Who are you?"), where, Style.TITLE, edge=76)
    sheet.blank()
    if not layout.plain:
        prompt = "   " + _("Type your name, or use the arrows:") + "  "
        row = sheet.line(prompt, Span(say(state.typed + "_"), Style.FIELD))
        place = (row, cell_width(prompt + state.typed))
        sheet.blank()
    _names(sheet, state)
    if not layout.plain:
        sheet.cursor = place
    if state.card:
        sheet.blank()
        for line in state.card:
            sheet.line("   ", Span(line, Style.QUIET))
    else:
        sheet.to_row(17)
        sheet.text(_("Not on the list?  Ask your teacher.   New code?  Press Tab."))
    if state.last_used and not state.card:
        sheet.blank()
        sheet.text(_("Last used here: {time}").format(time=state.last_used), Style.QUIET)
    return with_field(sheet.page("sign-in", frame), "name", _("Your name or its number"))


def _names(sheet: Sheet, state: NameList) -> None:
    count = len(state.names)
    if not count and not state.typed:
        sheet.text(_("The names of this class are on their way from the school server."))
    rows = rows_shown(state, sheet.layout)
    first = first_shown(count, state.marked, rows)
    if not count and state.typed:
        words = _("I am new here: {name}").format(name=say(state.typed))
        sheet.option("", words, marked=True, tag="")
    for place, name in enumerate(state.names[first : first + rows]):
        sheet.option(str(place + 1), name, marked=first + place == state.marked)
    more = count - min(count, rows)
    if more:
        words = ngettext("and {more} more", "and {more} more", more).format(more=more)
        sheet.text("... " + words + _("; type to find your name"), Style.QUIET, indent=5)


def with_field(page: Page, kind: str, label: str) -> Page:
    """The page with a typing field, which plain mode asks for."""
    return replace(page, field=Field(kind, say(label)), question=say(label))


def guests_shown(count: int, layout: Layout) -> int:
    """How many of those who began here before are listed at once."""
    return min(count, ROWS_SHOWN_MAX - 2, max(1, layout.body_rows - 10))


def no_class(
    names: Sequence[SafeText], marked: int, frame: Frame, *, languages: bool = False
) -> Page:
    """No class on this computer: those who began here, a guest, or somebody new with a name."""
    sheet = Sheet(frame.layout)
    sheet.text(_("This computer does not know your class yet."), Style.TITLE)
    sheet.blank()
    sheet.text(_("You can practise as a guest. Your answers stay on this computer."))
    sheet.text(_("A teacher can join it to the school later."))
    sheet.blank()
    rows = [*names, _("Practise as a guest"), _("Practise under my own name")]
    if languages:
        rows.append(say(_("Read in another language")))
    for place, words in enumerate(rows):
        sheet.option(str(place + 1), words, marked=place == marked)
    return sheet.page("guest", frame)


def beyond_names(name: SafeText | None, *, languages: bool) -> list[str]:
    """What else can be done before signing in: a code, the looks, another language."""
    code = _("Type a new code from my teacher")
    if name is not None:
        code = _("I am {name}, and I have a new code").format(name=name)
    rows = [code, _("Change how the screen looks")]
    return [*rows, _("Read in another language")] if languages else rows
