"""The home screen: the plan of the day with its first line marked (ux.md section 5.3). Pure."""

from typing import Final

from msgspec import Struct

from darasa.client_tui.locale import HERE, _, mark, ngettext
from darasa.client_tui.page import Frame, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.standings import symbol, word
from darasa.client_tui.themes import Style
from darasa.client_tui.times import day_name
from darasa.client_tui.width import cell_width, padded, shortened
from darasa.content_packs.safe_text import SafeText
from darasa.learning.views import GoalView, HomeView, PlanKind, PlanRow

_LABEL_COLUMNS = 11
_SCHOOL_DAYS = 5
_BAR_CELLS = 10
_LABELS: Final[dict[PlanKind, str]] = {
    PlanKind.CARRY_ON: mark("Carry on:"),
    PlanKind.REFRESH: mark("Refresh:"),
    PlanKind.GROUP: mark("Group:"),
    PlanKind.ASSIGNED: mark("For you:"),
    PlanKind.WEEK: mark("This week:"),
    PlanKind.GOAL: mark("Your goal:"),
    PlanKind.TOPIC: mark("Learn:"),
    PlanKind.HARDER: mark("Harder:"),
    PlanKind.START: mark("New:"),
    PlanKind.REST: mark("Rest:"),
    PlanKind.CHOICE: mark("Choose:"),
}


class HomeState(Struct, frozen=True):
    """The home view with what the screen adds: greeting, date, and the marked line."""

    view: HomeView
    greeting: str
    date: str
    marked: int
    has_lessons: bool
    last_time: SafeText | None = None  # where and when she signed in before


def label(row: PlanRow) -> str:
    """What a line of the plan is, in a word or two."""
    return _(_LABELS[row.kind])


def about(row: PlanRow) -> str:
    """The title with where it stands in its set, or how long it is."""
    if row.key is None:
        return _(row.title)  # of no skill: the words are the program's own
    if row.kind is PlanKind.CARRY_ON and row.nth:
        words = _("{title}, item {nth} of about {of}")
        return words.format(title=row.title, nth=row.nth, of=row.of)
    if row.of and row.kind is not PlanKind.CARRY_ON:
        items = ngettext("({count} item)", "({count} items)", row.of).format(count=row.of)
        return f"{row.title}  {items}"
    return row.title


def _row(sheet: Sheet, row: PlanRow, place: int, *, marked: bool) -> None:
    right = ""
    if row.standing is not None:
        right = f"{symbol(row.standing)}  {word(row.standing)}"
    if row.kind is PlanKind.CARRY_ON and row.of:
        bar = sheet.layout.charset.bar(row.nth - 1, row.of)
        right = f"{bar}  {word(row.standing)}" if row.standing else bar
    if sheet.layout.plain:
        reason = HERE.paragraph(row.why) if marked else ""
        sheet.option(str(place), f"{label(row)} {about(row)}", marked=marked, note=reason)
        return
    left = padded(label(row) + " ", _LABEL_COLUMNS) + about(row)
    if sheet.layout.columns < 80:
        sheet.option(str(place), left, marked=marked, indent=1)
        return
    room = 76 - 6 - cell_width(right) - 2
    left = shortened(left, room)
    gap = " " * (76 - 6 - cell_width(left) - cell_width(right))
    style = Style.MARKED if marked else Style.PLAIN
    sheet.option(str(place), left, marked=marked, note=Span(say(gap + right), style), indent=1)


def _plan(sheet: Sheet, state: HomeState) -> None:
    plan = state.view.plan
    if not state.has_lessons:
        sheet.text(_("Lessons are on their way from the school server."))
        return
    if not plan:
        sheet.text(_("Your plan is empty. Choose something you like from the map."))
        return
    for place, row in enumerate(plan[:9]):
        if place == 1 and not sheet.layout.plain:
            sheet.blank()
            sheet.text(_("Today"), Style.TITLE)
        _row(sheet, row, place + 1, marked=place == state.marked)
    reason = HERE.paragraph(plan[state.marked].why) if state.marked < len(plan) else ""
    if reason and not sheet.layout.plain:
        sheet.blank()
        sheet.text(reason, Style.QUIET)


def _goal(sheet: Sheet, goal: GoalView) -> None:
    """Her goal that ends first, with its bar."""
    words = _("Your goal: {goal}").format(goal=HERE.words(goal.words))
    counted = _("{got} of {of}").format(got=goal.got, of=goal.of)
    sheet.blank()
    if sheet.layout.plain:
        sheet.text(f"{words}  {counted}")
        return
    bar = sheet.layout.charset.bar(goal.got, goal.of, _BAR_CELLS)
    room = min(76, sheet.layout.columns) - 6 - cell_width(bar) - cell_width(counted) - 4
    sheet.text(f"{padded(shortened(words, room), room)}  {bar}  {counted}")


def _week(sheet: Sheet, view: HomeView) -> None:
    days = [
        f"{day_name(day)} {'*' if practised else '.'}"
        for day, practised in enumerate(view.week)
        if day < _SCHOOL_DAYS or practised
    ]
    if sheet.layout.plain:
        count = sum(view.week)
        sheet.text(_("Learning days this week: {count}").format(count=count))
    else:
        sheet.text(padded(_("Learning days this week") + " ", 28) + "   ".join(days))


def home(state: HomeState, frame: Frame) -> Page:
    """Home: greeting, plan, week."""
    sheet = Sheet(frame.layout)
    if frame.layout.plain:
        sheet.text(f"{state.greeting} {state.date}")
    else:
        sheet.sides("   " + state.greeting, state.date, edge=73)
    sheet.blank()
    _plan(sheet, state)
    if state.view.goal is not None:
        _goal(sheet, state.view.goal)
    sheet.blank()
    if state.date:  # without a date there is no week
        _week(sheet, state.view)
    if not frame.layout.plain:
        sheet.blank()
        sheet.text(_("M Map      G Goals      S Where is my work?"), Style.QUIET)
    if state.last_time is not None:
        sheet.blank()
        words = _("Last time: {where}.  Not you? Press N.")
        sheet.text(words.format(where=state.last_time), Style.QUIET)
    return sheet.page("home", frame)


def name_in_greeting(name: SafeText) -> str:
    """The name as one is spoken to: without the initial."""
    return name.split(" ", 1)[0]
