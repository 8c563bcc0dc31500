""" "Where is my work?": the truth about the three places."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import work as present
from darasa.client_tui.screens.base import Screen

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class WorkScreen(Screen):
    """Read anew each second: what is sent while it is open is seen going."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._view = flow.sitting_now().work()

    def header_title(self) -> str:
        """Status line."""
        return _("Where is my work?")

    def offers(self) -> tuple[Offer, ...]:
        """Enter tries to send now."""
        offers = [Offer(Action.TELL), Offer(Action.BACK), Offer(Action.HELP)]
        if self._view.teacher_name is not None:
            offers.insert(0, Offer(Action.GO, _("Try now"), _("try to send now")))
        return tuple(offers)

    def message(self) -> str:
        """The most important thing."""
        return _("All your work is safe on this computer.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        flow = self.flow
        state = present.WorkState(self._view, flow.now_ms(), flow.times, saved=not flow.not_saved)
        return present.work(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Send now, or go back."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.GO:
            self.flow.sending.try_now()
            self.flow.say(_("Sending what waits. It is safe here meanwhile."))

    def tick(self, now_ms: int) -> None:
        """Read what was sent meanwhile."""
        self._view = self.flow.sitting_now().work()
