"""Help for the screen below; Esc comes back to it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import help as present
from darasa.client_tui.screens.base import Screen

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow

_PAGE_ROWS = 10


class HelpScreen(Screen):
    """The keys of one screen, those of every screen, and answers to common questions."""

    reading = turns = True

    def __init__(self, flow: "Flow", about: Screen) -> None:
        super().__init__(flow)
        self._about = about
        self._first = 0
        self.covered = about.covered

    def header_title(self) -> str:
        """Status line."""
        title = self._about.header_title()
        return _("Help: {screen}").format(screen=title) if title else _("Help")

    def offers(self) -> tuple[Offer, ...]:
        """Esc or Enter goes back."""
        return (
            Offer(Action.DOWN, _("Scroll"), keys_shown=_("Up/Down")),
            Offer(Action.UP, shown=False),
            Offer(Action.ON, shown=False),
            Offer(Action.PAGE_UP, shown=False),
            Offer(Action.GO, shown=False),
            Offer(Action.BACK),
        )

    def page(self, frame: Frame) -> Page:
        """The help; the first row is kept inside the text."""
        here = tuple(offer for offer in self._about.offers() if _is_here(offer))
        listed = {offer.action for offer in here}
        anywhere = tuple(o for o in self.flow.anywhere() if o.action not in listed)
        keys = self.flow.keys
        state = present.HelpOf(
            keys.help_rows(here), keys.help_rows(anywhere), self.flow.card, self._first
        )
        last = present.last_first_row(state, frame.layout)
        if self._first > last:
            self._first, state = last, replace(state, first_row=last)
        return present.help_page(state, frame)

    def message(self) -> str:
        """The way back."""
        return _("Press Esc to go back. Nothing is lost.")

    def act(self, action: Action, key: str) -> None:
        """Scroll or go back."""
        match action:
            case Action.DOWN:
                self._first += 1
            case Action.UP:
                self._first = max(0, self._first - 1)
            case Action.ON:
                self._first += _PAGE_ROWS
            case Action.PAGE_UP:
                self._first = max(0, self._first - _PAGE_ROWS)
            case Action.GO | Action.BACK:
                self.flow.back()
            case _:
                pass


def _is_here(offer: Offer) -> bool:
    """Whether a key belongs to the screen itself: not to every screen, and not a mere arrow."""
    if offer.action in {Action.HELP, Action.TELL, Action.SIGN_OUT_ANYWHERE}:
        return False
    if offer.action is Action.BACK:
        return offer.help is not None
    return offer.shown or offer.help is not None or offer.action is Action.LOOKS
