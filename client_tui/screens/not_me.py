"""A learner says that earlier work under her name was not hers."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import not_me as present
from darasa.client_tui.screens.base import Screen, moved
from darasa.learning.signing_in.earlier_sittings import earlier_sittings
from darasa.learning.views import EarlierSitting

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


def earlier(flow: "Flow") -> list[EarlierSitting]:
    """Where she was before; nothing for a guest, whom all share."""
    sitting = flow.sitting_now()
    learner_id = sitting.learner.learner_id
    if not flow.classroom.desk.needs_pin(learner_id):
        return []
    return earlier_sittings(flow.classroom, learner_id, but=sitting.sitting)


class NotMeScreen(Screen):
    """The last sittings; Enter tells the teacher about the marked one."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._sittings = earlier(flow)
        self._marked = 0

    def header_title(self) -> str:
        """Status line."""
        return _("Not me")

    def offers(self) -> tuple[Offer, ...]:
        """Enter tells."""
        return (
            Offer(Action.GO, _("That was not me")),
            Offer(Action.CHOOSE, shown=False),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, _("Move"), keys_shown=_("Up/Down")),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to do."""
        return _("Press Enter to tell your teacher, or Esc to go back.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        flow = self.flow
        state = present.NotMeState(
            [present.where_and_when(each, flow.times, flow.now_ms()) for each in self._sittings],
            [each.said_ms is not None for each in self._sittings],
            self._marked,
        )
        return present.not_me(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Mark, tell, or go back."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.CHOOSE and int(key) <= len(self._sittings):
            self._marked = int(key) - 1
        elif action is Action.GO and self._marked < len(self._sittings):
            self._tell(self._sittings[self._marked])
        else:
            self._marked = moved(self._marked, action, len(self._sittings))

    def _tell(self, sitting: EarlierSitting) -> None:
        if sitting.said_ms is None:
            self.flow.sitting_now().not_me(sitting.sitting)
            self.flow.written()
        self.flow.back()
        self.flow.say(_("Your teacher will see that this was not you."))
