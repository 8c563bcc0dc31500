"""The map of skills: units, with what comes before indented less (ux.md section 5.6). Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.page import Frame, Layout, Page, Span, say
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.standings import legend, symbol, word
from darasa.client_tui.themes import Style
from darasa.client_tui.times import Times
from darasa.client_tui.width import padded, shortened
from darasa.learning.views import SkillStanding, Standing, UnitView

_TITLE_COLUMNS = 33
_WORD_COLUMNS = 13
_CERTAIN = 1_000_000


class MapState(Struct, frozen=True):
    """The units in order, and the marked skill counted over all of them."""

    units: Sequence[UnitView]
    marked: int
    now_ms: int
    times: Times
    ready_only: bool = False


def listed(units: Sequence[UnitView], *, ready_only: bool) -> list[SkillStanding]:
    """The skills in the order of the screen."""
    return [skill for unit in units for skill in unit.skills if not ready_only or _open(skill)]


def _open(skill: SkillStanding) -> bool:
    return skill.standing in {Standing.READY, Standing.LEARNING, Standing.REFRESH}


def _detail(skill: SkillStanding, state: MapState, layout: Layout) -> str:
    if skill.is_judged:
        return _("your teacher says so")
    match skill.standing:
        case Standing.LATER if skill.needs:
            return _("needs: {titles}").format(titles=", ".join(skill.needs))
        case Standing.LEARNING if not layout.plain:
            return layout.charset.bar(skill.p_micro, _CERTAIN, 5)
        case Standing.GOT | Standing.KEPT if skill.shown_ms is not None:
            return state.times.day(skill.shown_ms, state.now_ms)
        case Standing.REFRESH if skill.last_ms is not None:
            day = state.times.day(skill.last_ms, state.now_ms)
            return _("last done {day}").format(day=day) if day else ""
    return ""


def _unit_line(sheet: Sheet, unit: UnitView) -> None:
    count = len(unit.skills)
    words = _("{got} of {count} got it").format(got=unit.got, count=count)
    if unit.to_refresh:
        words += ngettext(", {count} to refresh", ", {count} to refresh", unit.to_refresh).format(
            count=unit.to_refresh
        )
    if sheet.layout.plain:
        sheet.text(f"{unit.title}: {words}")
        return
    if sheet.layout.columns < 80:
        sheet.text(f"{shortened(unit.title, 30)}: {words}", Style.TITLE)
        return
    bar = sheet.layout.charset.bar(unit.got, count, 10)
    title = padded(shortened(unit.title, 35), 37)
    sheet.line("   ", Span(say(title), Style.TITLE), f"{bar}   {words}")


def _skill_line(
    sheet: Sheet, skill: SkillStanding, state: MapState, place: int, *, marked: bool
) -> None:
    detail = _detail(skill, state, sheet.layout)
    tag = symbol(skill.standing)
    key = str(place + 1) if place < 9 else ""
    if sheet.layout.plain:
        words = f"{skill.title}. {word(skill.standing)}"
        sheet.option(str(place + 1), f"{words}, {detail}" if detail else words, marked=marked)
        return
    if sheet.layout.columns < 80:
        sheet.option(key, shortened(skill.title, sheet.layout.columns - 10), marked=marked, tag=tag)
        return
    lead = "  " * min(skill.depth, 3)
    title = padded(shortened(lead + skill.title, _TITLE_COLUMNS - 1), _TITLE_COLUMNS)
    words = padded(word(skill.standing), _WORD_COLUMNS)
    text = shortened(title + words + detail, 71).rstrip()
    sheet.option(key, text, marked=marked, tag=tag)


def map_page(state: MapState, frame: Frame) -> Page:
    """The whole map; what does not fit is reached by moving."""
    layout = frame.layout
    sheet = Sheet(layout)
    place = 0
    for unit in state.units:
        skills = listed([unit], ready_only=state.ready_only)
        if not skills:
            continue
        if place:
            sheet.blank()
        _unit_line(sheet, unit)
        for skill in skills:
            _skill_line(sheet, skill, state, place, marked=place == state.marked)
            place += 1
    if not place:
        sheet.text(_("Nothing is ready now. Press F to see everything."))
    if not layout.plain:
        sheet.to_row(19)
        if len(sheet.lines) < layout.body_rows:
            sheet.text(legend(), Style.QUIET)
    return sheet.page("map", frame)
