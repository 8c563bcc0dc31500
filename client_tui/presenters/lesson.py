"""The lesson reader: a section at a time, at the reader's level (ux.md section 5.4). Pure."""

from msgspec import Struct

from darasa.client_tui.locale import _, mark
from darasa.client_tui.page import INDENT, Frame, Layout, Line, Page, Span, line_of, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import wrapped
from darasa.learning.views import LessonView

_LEVEL_WORDS = {
    "easier": mark("easier"),
    "middle": mark("middle"),
    "richer": mark("richer"),
}
_ROWS_AROUND = 4  # the title, the levels, and the place with a blank row before it


class LessonState(Struct, frozen=True):
    """The lesson's view and the first line of the section that is on the screen."""

    view: LessonView
    first_line: int = 0


def rows_of_text(layout: Layout) -> int:
    """How many rows of a section are shown at once."""
    return max(1, layout.body_rows - _ROWS_AROUND)


def lines_of_section(view: LessonView, layout: Layout) -> list[Line]:
    """The section that the reader is at, wrapped to the page."""
    section = view.sections[view.section - 1]
    lines: list[Line] = []
    if section.title and section.title != view.title:
        lines.append(line_of("   ", Span(say(section.title), Style.TITLE)))
        lines.append(())
    rows = wrapped(say(section.text.plain), layout.text_columns)
    lines.extend(line_of(" " * INDENT + row) if row.strip() else () for row in rows)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _levels(view: LessonView) -> str:
    words = [
        f"[{_(_LEVEL_WORDS[level])}]" if level == view.level else _(_LEVEL_WORDS[level])
        for level in view.levels
        if level in _LEVEL_WORDS
    ]
    return _("Words:") + "  " + "  ".join(words)


def percent_read(view: LessonView) -> int:
    """How much of the lesson lies behind the reader, this section included."""
    return 100 * view.section // max(1, len(view.sections))


def lesson(state: LessonState, frame: Frame) -> Page:
    """One page of a section."""
    view, layout = state.view, frame.layout
    sheet = Sheet(frame.layout)
    sheet.text(view.title, Style.TITLE)
    if len(view.levels) > 1:
        sheet.sides("", _levels(view), edge=79)
    else:
        sheet.blank()
    lines = lines_of_section(view, layout)
    place = _("part {nth} of {of}").format(nth=view.section, of=len(view.sections))
    if layout.plain:
        sheet.lines.extend(line for line in lines if line)
        sheet.text(place)
    else:
        rows = rows_of_text(layout)
        shown = lines[state.first_line : state.first_line + rows]
        sheet.lines.extend(shown)
        sheet.to_row(19)
        if len(sheet.lines) < layout.body_rows:
            sheet.sides("", f"{place}  {percent_read(view)}%", Style.QUIET, edge=78)
    return sheet.page("lesson", frame)
