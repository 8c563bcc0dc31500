"""Which language the screens are in: chosen before signing in under Tab, or at home under L."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import language as present
from darasa.client_tui.screens.base import Screen, moved

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class LanguageScreen(Screen):
    """Every language that has a catalogue here."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._rows = flow.speaking.rows
        sitting = flow.sitting
        spoken = flow.speaking.code(None if sitting is None else sitting.learner.learner_id)
        codes = [row.code for row in self._rows]
        self._marked = codes.index(spoken) if spoken in codes else 0
        self._first = 0

    def header_title(self) -> str:
        """Status line."""
        return _("Language")

    def offers(self) -> tuple[Offer, ...]:
        """Enter takes the marked one."""
        return (
            Offer(Action.GO, _("Take it")),
            Offer(Action.CHOOSE),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to do."""
        return _("Choose a language, then press Enter.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        names = [row.name for row in self._rows]
        page, self._first = present.language(names, self._marked, frame)
        return page

    def act(self, action: Action, key: str) -> None:
        """Mark, take, or leave."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.CHOOSE:
            self._marked = min(self._first + int(key), len(self._rows)) - 1
        elif action is Action.GO:
            self.flow.choose_language(self._rows[self._marked].code)
            self.flow.back()
        else:
            self._marked = moved(self._marked, action, len(self._rows))
