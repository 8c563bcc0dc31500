"""A practice item: the question, its hints, the answer and what is said of it (ux.md section 5.5).
Pure."""

from msgspec import Struct
from msgspec.structs import replace

from darasa.client_tui.locale import _
from darasa.client_tui.page import (
    INDENT,
    Field,
    Frame,
    Layout,
    Line,
    Page,
    Span,
    line_of,
    say,
    text_of,
)
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import cell_width, ending
from darasa.content_packs.grading import Verdict
from darasa.learning.views import Feedback, ItemRole, ItemView, Phase


class ItemState(Struct, frozen=True):
    """The item's view and what the learner has marked or typed so far.

    `marked` is a place on the screen: the choices from 0 (or the field), then "I am not sure yet";
    None before anything is marked. `picked` are the ticked places of a choose-all item. `typing` is
    "number" or "text" for an item with a field.
    """

    view: ItemView
    marked: int | None
    picked: frozenset[int] = frozenset()
    typed: str = ""
    typing: str | None = None
    buttons: tuple[str, ...] = ()
    button: int = 0
    saved_at: str = ""
    given: Feedback | None = None  # about an answer that was no try, while it is asked again


def not_sure_place(state: ItemState) -> int:
    """The place of "I am not sure yet": always the last."""
    return 1 if state.typing else len(state.view.instance.choices)


def role_words(role: ItemRole, before: ItemRole) -> str:
    """What is said when an item comes that is not of the set's own skill, or is so again."""
    words = ""
    match role:
        case ItemRole.REVIEW:
            words = _("A look back: {skill}. See if you still have it.")
        case ItemRole.MIXED:
            words = _("Mixed in: {skill}. Look which one it is.")
        case ItemRole.NEEDED if before is not role:
            words = _("First: {skill}. It helps with what comes next.")
        case ItemRole.HARDER if before is not role:
            words = _("This is harder. Take your time, and try what you like.")
        case ItemRole.SET if before is ItemRole.NEEDED:
            words = _("Now {skill} again.")
        case ItemRole.SET if before in {ItemRole.REVIEW, ItemRole.MIXED}:
            words = _("Back to {skill}.")
    return words


def _top(sheet: Sheet, view: ItemView) -> None:
    place = _("item {nth} of about {of}").format(nth=view.nth, of=view.of)
    used = ""
    if view.hints_total:
        used = _("Hints used: {used} of {total}").format(
            used=len(view.hints), total=view.hints_total
        )
    if sheet.layout.plain:
        sheet.text(_("Session: {place}. {used}").format(place=place, used=used))
        return
    bar = sheet.layout.charset.bar(view.done, view.of)
    sheet.sides("   " + _("Session") + f" {bar}  {place}", used, edge=71)


def _choices(sheet: Sheet, state: ItemState) -> None:
    view = state.view
    several = view.instance.item.kind == "multiple"
    for place, choice in enumerate(view.instance.choices):
        answered = view.feedback is not None and place == state.marked and not several
        mark, note = " ", ""
        if answered and view.feedback is not None:
            mark, note = _mark_and_note(view.feedback.verdict)
        tick = ("(x) " if place in state.picked else "( ) ") if several else ""
        sheet.option(
            str(place + 1),
            tick + choice,
            marked=view.phase is Phase.ASK and place == state.marked,
            mark=mark,
            note=Span(say("        " + note), Style.NOT_YET) if note else "",
        )


def _answered(sheet: Sheet, state: ItemState) -> None:
    """Plain mode, after an answer: only what was chosen, and how it went."""
    choices, given = state.view.instance.choices, state.view.feedback
    places = sorted(state.picked) if state.picked else [state.marked]
    words = "; ".join(
        choices[place] for place in places if place is not None and place < len(choices)
    )
    if words:
        note = _mark_and_note(given.verdict)[1] if given is not None else ""
        sheet.text(_("You chose: {answer}.").format(answer=words) + f"  {note}")


def _mark_and_note(verdict: Verdict) -> tuple[str, str]:
    match verdict:
        case Verdict.RIGHT:
            return "+", _("Yes.")
        case Verdict.NOT_YET:
            return "x", _("Not yet.")
        case Verdict.WRITE_AS_ASKED | Verdict.NOT_UNDERSTOOD:
            return " ", ""


def _field(sheet: Sheet, state: ItemState) -> tuple[int, int] | None:
    """The typing field; returns where the cursor belongs."""
    if sheet.layout.plain:
        if state.typed:
            sheet.text(_("Your answer: {answer}").format(answer=state.typed))
        return None
    active = state.view.phase is Phase.ASK and state.marked == 0
    lead = f"   {'>' if active else ' '} " + _("Your answer:") + "  "
    typed = ending(state.typed, sheet.layout.columns - cell_width(lead) - 2)
    shown = typed + ("_" if active else "")
    spans: list[str | Span] = [lead, Span(say(shown or " "), Style.FIELD)]
    if state.view.feedback is not None and state.view.phase is not Phase.ASK:
        note = _mark_and_note(state.view.feedback.verdict)[1]
        spans.append(Span(say("        " + note), Style.NOT_YET))
    row = sheet.line(*spans)
    return (row, cell_width(lead + typed)) if active else None


def _not_sure(sheet: Sheet, state: ItemState) -> None:
    place = not_sure_place(state)
    if state.view.phase is Phase.ASK or not state.typing:
        sheet.option(
            "" if state.typing else str(place + 1),
            _not_sure_words(sheet, state),
            marked=state.view.phase is Phase.ASK and place == state.marked,
        )


def _not_sure_words(sheet: Sheet, state: ItemState) -> str:
    if sheet.layout.plain and state.typing:
        return _("I am not sure yet: type  not sure")
    return _("I am not sure yet")


def _hint_lines(layout: Layout, nth: int, text: str) -> list[Line]:
    lead = _("Hint {nth}").format(nth=nth) + "   "
    part = Sheet(layout)
    part.text(text, indent=INDENT + cell_width(lead))
    if layout.plain:
        part.lines[0] = line_of(lead, *part.lines[0])
    else:
        part.lines[0] = line_of(" " * INDENT + lead + text_of(part.lines[0]).lstrip())
    return part.lines


def _hints(sheet: Sheet, view: ItemView, room: int) -> None:
    """The hints shown so far; when they do not all fit, the newest ones."""
    blocks = [_hint_lines(sheet.layout, nth + 1, hint) for nth, hint in enumerate(view.hints)]
    if sheet.layout.plain:
        blocks = blocks[-1:]
    while len(blocks) > 1 and sum(map(len, blocks)) + 1 > room:
        blocks.pop(0)
    if blocks:
        sheet.blank(2 if room > 8 else 1)
    for block in blocks:
        sheet.lines.extend(block)


def _feedback(sheet: Sheet, given: Feedback | None) -> None:
    if given is None:
        return
    sheet.blank()
    if given.read_as:
        sheet.text(_("I read: {answer}").format(answer=given.read_as))
    if given.text:
        sheet.text(given.text)
    if given.got:
        sheet.text(_("Got it: {skill}  +").format(skill=given.got), Style.GOOD)


def _solution(sheet: Sheet, view: ItemView) -> None:
    if view.solution:
        sheet.blank()
        sheet.text(_("This is how:"), Style.TITLE)
        sheet.text(view.solution)


def _place_cursor(sheet: Sheet, cursor: tuple[int, int] | None) -> None:
    if cursor is not None:
        sheet.cursor, sheet.focus_row = cursor, cursor[0]


def item(state: ItemState, frame: Frame) -> Page:
    """The item in any of its phases."""
    view = state.view
    sheet = Sheet(frame.layout)
    _top(sheet, view)
    sheet.blank()
    sheet.text(view.instance.prompt)
    sheet.blank()
    cursor = _field(sheet, state) if state.typing else None
    if not state.typing and _lists_all(sheet, view):
        _choices(sheet, state)
        _not_sure(sheet, state)
    elif state.typing:
        _not_sure(sheet, state)
    else:
        _answered(sheet, state)
    if view.phase is Phase.ASK:
        _hints(sheet, view, frame.layout.body_rows - len(sheet.lines) - 1)
        _feedback(sheet, state.given)
        _place_cursor(sheet, cursor)
        _tips(sheet, view)
    else:
        _feedback(sheet, view.feedback)
        _solution(sheet, view)
        sheet.to_row(18)
        if sheet.lines and sheet.lines[-1]:
            sheet.blank()
        sheet.buttons(state.buttons, state.button)
        if state.saved_at:
            sheet.to_row(21)
            words = _("Your answer was saved at {time}.").format(time=state.saved_at)
            sheet.text(words, Style.QUIET)
    instance = view.instance
    subject = f"{view.nth} {instance.item.id} {instance.nth}"
    page = replace(sheet.page("item", frame), subject=subject)
    if view.phase is Phase.ASK and state.typing:
        page = replace(page, field=Field(state.typing, say(_("Your answer"))))
    return page


def _lists_all(sheet: Sheet, view: ItemView) -> bool:
    """Whether all choices are listed: in plain mode only while they can be chosen."""
    return view.phase is Phase.ASK or not sheet.layout.plain


def _tips(sheet: Sheet, view: ItemView) -> None:
    if sheet.layout.plain or sheet.layout.compact or not view.hints:
        return
    sheet.to_row(20)
    if len(sheet.lines) >= sheet.layout.body_rows:
        return
    parts = []
    if len(view.hints) < view.hints_total:
        parts.append(_("H gives hint {nth}.").format(nth=len(view.hints) + 1))
    if view.has_lesson:
        parts.append(_("R opens the lesson and brings you back here."))
    if parts:
        sheet.lines.append(line_of(Span(say("   (" + "  ".join(parts) + ")"), Style.QUIET)))
