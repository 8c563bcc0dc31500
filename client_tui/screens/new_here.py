"""A learner who is on no list types her name and begins; her teacher puts her on a list later."""

from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import new_here as present
from darasa.client_tui.screens.base import Screen, name_with
from darasa.learning.errors import PeopleError
from darasa.learning.people.newcomers import start_newcomer

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow

_TYPED_MAX: Final = 60


class NewHereScreen(Screen):
    """Her name, once; `typed` is what she looked for on the list."""

    covered = True

    def __init__(self, flow: "Flow", typed: str = "") -> None:
        super().__init__(flow)
        self._typed = _as_a_name(typed)

    def header_title(self) -> str:
        """Status line."""
        return _("New here")

    def offers(self) -> tuple[Offer, ...]:
        """Enter begins, Esc goes back to the list."""
        return (
            Offer(Action.GO, _("Begin")),
            Offer(Action.BACK, _("Back to the names")),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to do."""
        if not self._typed:
            return _("Type your name.")
        return _("Is this your name? Then press Enter.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        listed = bool(self.flow.classroom.people.classes())
        return present.new_name(present.NewName(self._typed, listed), frame)

    def typed(self, key: str) -> bool:
        """Letters, and what stands between them in a name."""
        if key == "backspace":
            self._typed = self._typed[:-1]
        elif key == "ctrl+u":
            self._typed = ""
        elif len(key) == 1 and (longer := name_with(self._typed, key)) is not None:
            self._typed = longer[:_TYPED_MAX]
        else:
            return False
        return True

    def act(self, action: Action, key: str) -> None:
        """Begin, or go back."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.GO and self._typed.strip():
            self._begin()

    def _begin(self) -> None:
        try:
            row = start_newcomer(self.flow.classroom, self._typed)
        except PeopleError as error:
            self.flow.say(str(error))
            return
        self.flow.begin(row, "guest")
        self.flow.sending.answered()


def _as_a_name(typed: str) -> str:
    """What was typed to find a name, with the capitals of one."""
    return " ".join(word[:1].upper() + word[1:] for word in typed.split())
