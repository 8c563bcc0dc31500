"""The end of a set: what grew, and what next."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import set_end as present
from darasa.client_tui.screens.base import Activity, Screen, moved
from darasa.learning.views import PlanKind
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class SetEndScreen(Screen):
    """What grew, and what next."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._summary = flow.sitting_now().summary()
        self._marked = 0

    def header_title(self) -> str:
        """Status line."""
        if self._summary.grown:
            return _("{skill}: end of set").format(skill=self._summary.grown[0].title)
        return _("End of set")

    def offers(self) -> tuple[Offer, ...]:
        """Choose what is next."""
        count = len(present.choices(self._summary))
        return (
            Offer(Action.GO),
            Offer(Action.CHOOSE, keys_shown=f"1-{count}"),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.TELL),
            Offer(Action.BACK, _("Home"), _("go home")),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """Praise names what was done."""
        if self._summary.tried_again:
            return _("Well done for trying again. Choose what is next.")
        return _("You worked to the end. Choose what is next.")

    def doing(self) -> Activity:
        """Between two sets."""
        return Activity(Doing.BETWEEN)

    def page(self, frame: Frame) -> Page:
        """The page."""
        state = present.SetEndState(self._summary, self._marked)
        return present.set_end(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Mark or go."""
        count = len(present.choices(self._summary))
        match action:
            case Action.UP | Action.DOWN:
                self._marked = moved(self._marked, action, count)
            case Action.CHOOSE if int(key) <= count:
                self._marked = int(key) - 1
            case Action.BACK:
                self.flow.to_home()
            case Action.GO:
                self._go(count)
            case _:
                pass

    def _go(self, count: int) -> None:
        from darasa.client_tui.screens.home import MapScreen, start_set
        from darasa.client_tui.screens.leaving import SignOutScreen

        flow, marked = self.flow, self._marked
        flow.to_home()
        if marked == count - 1:
            flow.open(SignOutScreen(flow))
        elif marked == count - 2:
            flow.open(MapScreen(flow))
        else:
            row = present.offered(self._summary)[marked]
            start_set(flow, row.key, harder=row.kind is PlanKind.HARDER)
