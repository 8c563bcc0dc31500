"""Which language the screens are in: chosen before signing in under Tab, or at home under L."""

from typing import TYPE_CHECKING

from darasa.client_tui.locale import _
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.screens.choice import ChoiceScreen

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class LanguageScreen(ChoiceScreen):
    """Every language that has a catalogue here."""

    def __init__(self, flow: "Flow") -> None:
        self._rows = flow.speaking.rows
        sitting = flow.sitting
        spoken = flow.speaking.code(None if sitting is None else sitting.learner.learner_id)
        codes = [row.code for row in self._rows]
        super().__init__(flow, marked=codes.index(spoken) if spoken in codes else 0)

    def header_title(self) -> str:
        """Status line."""
        return _("Language")

    def state(self) -> Choices:
        """The languages, each by its own name (ux.md section 5.2, Tab)."""
        return Choices(
            "language",
            _("Which language do you want to read?"),
            (),
            [row.name for row in self._rows],
            self._marked,
            below=_("Your lessons stay in the language that they are written in."),
        )

    def chosen(self, marked: int) -> None:
        """Speak it."""
        self.flow.choose_language(self._rows[marked].code)
        self.flow.back()
