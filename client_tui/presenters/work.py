""" "Where is my work?": the three places, each with a time (ux.md section 5.10). Pure."""

from collections.abc import Sequence

from msgspec import Struct

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.times import Times
from darasa.client_tui.width import padded
from darasa.learning.views import Waiting, WorkView

_PLACE_COLUMNS = 24
_AMOUNT_COLUMNS = 31


class WorkState(Struct, frozen=True):
    """The work view, the time, and how the last try to send went."""

    view: WorkView
    now_ms: int
    times: Times
    saved: bool = True


def _place(sheet: Sheet, place: str, amount: str, when: str) -> None:
    if sheet.layout.plain:
        sheet.text(f"{place}: {amount}. {when}")
    elif sheet.layout.columns < 80:
        sheet.text(f"{place}: {amount}")
    else:
        sheet.text(padded(place, _PLACE_COLUMNS) + padded(amount, _AMOUNT_COLUMNS) + when)


def _with_teacher(view: WorkView) -> str:
    if view.teacher_name is None:
        return _("not joined to a school yet")
    if view.teacher_unsent == 0:
        return _("all of it")
    return ngettext("all but {count} piece", "all but {count} pieces", view.teacher_unsent).format(
        count=view.teacher_unsent
    )


def _waiting(sheet: Sheet, waiting: Sequence[Waiting]) -> None:
    if not waiting:
        return
    sheet.text(_("Waiting to be sent"), Style.TITLE)
    for piece in waiting[:5]:
        count = ngettext("{count} answer", "{count} answers", piece.answers).format(
            count=piece.answers
        )
        if sheet.layout.plain:
            sheet.text(f"{count}: {piece.what}")
        else:
            sheet.text(padded(count, 15) + piece.what, indent=5)
    sheet.blank()


def _server(sheet: Sheet, state: WorkState) -> None:
    view = state.view
    if view.teacher_name is None:
        sheet.text(_("A teacher can join this computer to the school."))
        return
    if view.teacher_unsent == 0:
        return
    if view.teacher_last_ms is None:
        sheet.text(_("The school server has not answered yet."))
    else:
        when = state.times.when(view.teacher_last_ms, state.now_ms)
        words = _("The school server last answered at {time}.")
        if when == _("earlier"):
            words = _("The school server has answered before, and not since.")
        sheet.text(words.format(time=when))
    sheet.text(_("You do not need to do anything. It will be sent when it answers."))


def work(state: WorkState, frame: Frame) -> Page:
    """The three places, what waits, and what to do about it: nothing."""
    sheet = Sheet(frame.layout)
    view, times = state.view, state.times
    here = _("all of it") if state.saved else _("all but your last answer")
    last = view.here_last_ms
    saved_at = _("last saved  {time}").format(time=times.time_s(last)) if last is not None else ""
    _place(sheet, _("On this computer"), here, saved_at)
    sent = view.teacher_last_ms
    when = times.when(sent, state.now_ms) if sent is not None else ""
    sent_at = _("last sent   {time}").format(time=when) if when else ""
    _place(sheet, _("With your teacher"), _with_teacher(view), sent_at)
    if view.teacher_name is not None:
        if view.district_has_all:
            _place(sheet, _("With the district"), _("all of it"), "")
        else:
            _place(sheet, _("With the district"), _("not all of it yet"), _("next: when the"))
            if not sheet.layout.plain and sheet.layout.columns >= 80:
                sheet.text(" " * (_PLACE_COLUMNS + _AMOUNT_COLUMNS) + _("school goes online"))
    sheet.blank()
    if view.teacher_name is not None:
        _waiting(sheet, view.waiting)
    sheet.to_row(13)
    _server(sheet, state)
    return sheet.page("work", frame)
