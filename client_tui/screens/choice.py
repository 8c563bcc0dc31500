"""A screen with one question and numbered answers; Enter takes the marked one."""

from typing import TYPE_CHECKING, ClassVar

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters.choice import ROWS_SHOWN_MAX, Choices, choice_page
from darasa.client_tui.screens.base import Screen, moved

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class ChoiceScreen(Screen):
    """What is asked is its `state`, what an answer does its `chosen`."""

    at_row: ClassVar[int] = 0  # of the page, where the answers begin

    def __init__(self, flow: "Flow", *, marked: int = 0) -> None:
        super().__init__(flow)
        self._marked = marked
        self._first = 0

    def state(self) -> Choices:
        """What the page says."""
        raise NotImplementedError

    def chosen(self, marked: int) -> None:
        """Enter on an answer."""
        raise NotImplementedError

    def leave(self) -> None:
        """Esc."""
        self.flow.back()

    def header_title(self) -> str:
        """Status line."""
        return self.state().title

    def offers(self) -> tuple[Offer, ...]:
        """The answers; who has signed in can tell the teacher."""
        count = min(len(self.state().choices), ROWS_SHOWN_MAX)
        return (
            Offer(Action.GO),
            Offer(Action.CHOOSE, keys_shown=f"1-{count}", shown=count > 0),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            *((Offer(Action.TELL),) if self.flow.sitting is not None else ()),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to do."""
        return _("Choose, then press Enter.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        page, self._first = choice_page(self.state(), frame, at_row=self.at_row)
        return page

    def act(self, action: Action, key: str) -> None:
        """Mark, take, or leave."""
        count = len(self.state().choices)
        match action:
            case Action.UP | Action.DOWN if count:
                self._marked = moved(self._marked, action, count)
            case Action.CHOOSE if self._first + int(key) <= count:
                self._marked = self._first + int(key) - 1
            case Action.BACK:
                self.leave()
            case Action.GO if self._marked < count:
                self.chosen(self._marked)
            case _:
                pass
