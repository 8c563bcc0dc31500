"""The end of a set: what grew, in words, and what next (ux.md section 5.5). Pure."""

from msgspec import Struct

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.page import Frame, Page, Span, say
from darasa.client_tui.presenters.home import about, label
from darasa.client_tui.sheet import Sheet
from darasa.client_tui.standings import symbol, word
from darasa.client_tui.themes import Style
from darasa.client_tui.width import padded, shortened
from darasa.learning.views import Grown, PlanKind, PlanRow, SetSummary, Standing

_OFFERED_MAX = 2


class SetEndState(Struct, frozen=True):
    """The summary and the marked choice."""

    summary: SetSummary
    marked: int


def offered(summary: SetSummary) -> list[PlanRow]:
    """The lines of the plan that are offered next; something harder where it goes on from here."""
    rows = [row for row in summary.next_up if row.key is not None]
    here = {grown.key for grown in summary.grown[:1]}
    harder = [row for row in rows if row.kind is PlanKind.HARDER]
    others = [row for row in rows if row not in harder][:_OFFERED_MAX]
    return others + [row for row in harder if row.key in here or not others]


def choices(summary: SetSummary) -> list[str]:
    """What next: what the plan offers, something else, stop."""
    rows = [f"{label(row)} {about(row)}" for row in offered(summary)]
    return [*rows, _("Something else on your map"), _("Stop here")]


def _grown(sheet: Sheet, grown: Grown) -> None:
    after = f"{word(grown.after)} {symbol(grown.after)}"
    if grown.before is grown.after:
        words = after
    elif sheet.layout.plain:
        words = _("{before}, now {after}").format(before=word(grown.before), after=after)
    else:
        words = f"{word(grown.before)} {symbol(grown.before)}  -->  {after}"
    better = grown.before is not grown.after and grown.after in {Standing.GOT, Standing.KEPT}
    style = Style.GOOD if better else Style.PLAIN
    if sheet.layout.plain:
        sheet.text(f"{grown.title}: {words}")
    else:
        sheet.line("   " + padded(shortened(grown.title, 32), 34), Span(say(words), style))


def sentences(summary: SetSummary) -> list[str]:
    """The set in numbers, each sentence short."""
    told = [
        ngettext("You tried {count} item.", "You tried {count} items.", summary.tried).format(
            count=summary.tried
        )
    ]
    if summary.right_first:
        told.append(
            ngettext(
                "{count} was right first time.",
                "{count} were right first time.",
                summary.right_first,
            ).format(count=summary.right_first)
        )
    if summary.after_hint:
        told.append(_("{count} after a hint.").format(count=summary.after_hint))
    if summary.later:
        told.append(_("{count} on a later try.").format(count=summary.later))
    if summary.not_yet:
        told.append(_("{count} not yet.").format(count=summary.not_yet))
    return told


def set_end(state: SetEndState, frame: Frame) -> Page:
    """What grew, the set in numbers, and what next."""
    summary = state.summary
    sheet = Sheet(frame.layout)
    sheet.text(_("You finished the set."), Style.TITLE)
    sheet.blank(2)
    for grown in summary.grown[:4]:
        _grown(sheet, grown)
    sheet.blank()
    sheet.text(" ".join(sentences(summary)))
    if summary.tried_again:
        sheet.text(_("You tried again each time it was not yet right."))
    if summary.resting:
        words = _("You worked hard on {skill}. It rests until tomorrow.")
        sheet.text(words.format(skill=summary.resting))
    sheet.blank()
    sheet.to_row(13)
    sheet.text(_("What next?"), Style.TITLE)
    sheet.blank()
    for place, words in enumerate(choices(summary)):
        sheet.option(str(place + 1), words, marked=place == state.marked)
    return sheet.page("set-end", frame)
