"""Sign-out, the idle lock, and what is shown after a fault (ux.md sections 5.12, 6 and 7). Pure."""

from msgspec import Struct

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.themes import Style
from darasa.client_tui.width import padded
from darasa.content_packs.safe_text import SafeText

_LABEL_COLUMNS = 21


class Leaving(Struct, frozen=True):
    """The state of the sign-out screen."""

    waiting: int | None  # pieces the teacher does not have yet; None: no school
    saved: bool
    stopped_at: SafeText | None
    marked: int  # 0 sign out, 1 stay


def _row(sheet: Sheet, label: str, words: str) -> None:
    if sheet.layout.plain:
        sheet.text(f"{label}: {words}")
    else:
        sheet.text(padded(label, _LABEL_COLUMNS) + words, indent=5)


def waiting_words(waiting: int | None) -> str:
    """What the teacher has, for the sign-out screen."""
    if waiting is None:
        return _("not joined to a school; all of it stays here")
    if waiting == 0:
        return _("all of it is there")
    return ngettext(
        "{count} piece is waiting; it will go by itself",
        "{count} pieces are waiting; they will go by themselves",
        waiting,
    ).format(count=waiting)


def sign_out(state: Leaving, frame: Frame) -> Page:
    """Sign out now, or stay."""
    sheet = Sheet(frame.layout)
    sheet.blank()
    sheet.text(_("Sign out now?"), Style.TITLE)
    sheet.to_row(7)
    here = _("all of it is saved") if state.saved else _("your last answer is NOT SAVED")
    _row(sheet, _("On this computer"), here)
    _row(sheet, _("With your teacher"), waiting_words(state.waiting))
    if state.stopped_at:
        sheet.blank()
        _row(sheet, _("You stopped at"), state.stopped_at)
    sheet.to_row(15)
    sheet.buttons([_("Sign out"), _("Stay")], state.marked)
    return sheet.page("sign-out", frame)


class Locked(Struct, frozen=True):
    """The state of the lock: whose it is, and when it ends by itself if all is saved."""

    name: SafeText
    class_name: SafeText
    quiet_minutes: int
    out_at: SafeText | None  # "11:06"; None while the clock is not set
    out_minutes: int
    marked: int  # 0 the same learner, 1 someone else
    saved: bool = True


def lock(state: Locked, frame: Frame) -> Page:
    """The covered screen of a quiet computer."""
    sheet = Sheet(frame.layout)
    sheet.to_row(6)
    sheet.text(
        ngettext(
            "This computer was quiet for {minutes} minute, so it is locked.",
            "This computer was quiet for {minutes} minutes, so it is locked.",
            state.quiet_minutes,
        ).format(minutes=state.quiet_minutes)
    )
    sheet.to_row(10)
    whose = f"{state.name} ({state.class_name})" if state.class_name else state.name
    here = _("{name} was here.   Work is saved.") if state.saved else _("{name} was here.")
    sheet.text(here.format(name=whose), indent=5)
    sheet.to_row(14)
    mine = _("I am {name}").format(name=state.name)
    sheet.buttons([mine, _("Someone else signs in")], state.marked)
    if state.saved:
        sheet.to_row(20)
        if state.out_at is None:
            words = ngettext(
                "{name} is signed out by itself in {minutes} minute.",
                "{name} is signed out by itself in {minutes} minutes.",
                state.out_minutes,
            )
        else:
            words = _("{name} is signed out by itself at {time}.")
        told = words.format(name=state.name, time=state.out_at, minutes=state.out_minutes)
        sheet.text(told, Style.QUIET)
    return sheet.page("lock", frame)


def fault(frame: Frame) -> Page:
    """After an unexpected fault: the work is safe, and Enter leads home."""
    sheet = Sheet(frame.layout)
    sheet.to_row(6)
    sheet.text(_("Something went wrong here. Your work is saved."), Style.TITLE)
    sheet.blank()
    sheet.option("1", _("Go on"), marked=True)
    return sheet.page("fault", frame)
