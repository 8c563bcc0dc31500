"""A learner's goals: the list, and a goal in words (ux.md section 5.7). Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import HERE, _
from darasa.client_tui.page import Frame, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.times import Times
from darasa.client_tui.width import cell_width, shortened
from darasa.learning.reports.said import Said
from darasa.learning.views import GoalView

_BAR_CELLS = 10


def goal_words(goal: GoalView) -> str:
    """What is wanted, in the language of the screen."""
    return words_of(goal.words)


def words_of(said: Said) -> str:
    """A starter's sentence in the language of the screen."""
    return HERE.words(said)


def day_words(until_ms: int | None, times: Times) -> str:
    """Such as "by Fri 17 May"."""
    if until_ms is None:
        return _("No day")
    return _("by {day}").format(day=times.date(until_ms))


def progress(goal: GoalView, frame: Frame) -> str:
    """The bar and the count, or where it is."""
    if not goal.of:
        return _("its course is not on this computer")
    counted = _("{got} of {of}").format(got=goal.got, of=goal.of)
    if goal.is_reached:
        return _("{counted}, reached").format(counted=counted)
    if frame.layout.plain:
        return counted
    return f"{frame.layout.charset.bar(goal.got, goal.of, _BAR_CELLS)}  {counted}"


class GoalsState(Struct, frozen=True):
    """Her goals, and the marked row; the row after them is a new one, where there is room."""

    goals: Sequence[GoalView]
    marked: int
    may_add: bool
    times: Times


def goals(state: GoalsState, frame: Frame) -> Page:
    """The list."""
    sheet = Sheet(frame.layout)
    sheet.sides("   " + _("My goals"), _("(your teacher can see these)"), Style.TITLE, edge=76)
    sheet.blank()
    for place, goal in enumerate(state.goals):
        _goal(sheet, goal, place, state, frame)
    if state.may_add:
        place = len(state.goals)
        if place:
            sheet.blank()
        sheet.option(str(place + 1), _("+ New goal"), marked=place == state.marked)
    sheet.blank()
    sheet.text(_("They are yours. You can change the day, or give one up."), Style.QUIET)
    return sheet.page("goals", frame)


def _goal(sheet: Sheet, goal: GoalView, place: int, state: GoalsState, frame: Frame) -> None:
    marked, words = place == state.marked, goal_words(goal)
    day = "" if goal.until_ms is None else day_words(goal.until_ms, state.times)
    if not goal.is_reached and not goal.is_open:
        day = _("its day is over")
    right = "   ".join(each for each in (day, progress(goal, frame)) if each)
    if sheet.layout.plain:
        sheet.option(str(place + 1), words, marked=marked, note=right)
        return
    if sheet.layout.columns < 80:
        sheet.option(str(place + 1), words, marked=marked)
        sheet.text(right, Style.QUIET, indent=8)
        return
    words = shortened(words, max(12, 76 - 8 - cell_width(right) - 2))
    gap = " " * max(2, 76 - 8 - cell_width(words) - cell_width(right))
    style = Style.MARKED if marked else Style.PLAIN
    sheet.option(str(place + 1), words, marked=marked, note=Span(say(gap + right), style))
