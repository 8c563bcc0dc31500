"""Her goals: the list, a new one in three steps, another day, giving one up."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import goals as present
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.screens.base import Screen, moved
from darasa.client_tui.screens.choice import ChoiceScreen
from darasa.client_tui.times import is_set
from darasa.learning.practice.goals import GOALS_MAX, Starter
from darasa.learning.views import GoalView

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


class GoalsScreen(Screen):
    """The list; Enter opens a goal, or begins a new one."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._marked = 0
        self._read()

    def _read(self) -> None:
        sitting = self.flow.sitting_now()
        self._goals = sitting.goals.views(sitting.standings())
        self._events = sitting.state.events

    def tick(self, now_ms: int) -> None:
        """Words from another computer may have come with an exchange."""
        if self.flow.sitting_now().state.events != self._events:
            self._read()
            self._marked = min(self._marked, max(0, self._rows - 1))

    @property
    def _may_add(self) -> bool:
        return len(self._goals) < GOALS_MAX

    @property
    def _rows(self) -> int:
        return len(self._goals) + self._may_add

    def header_title(self) -> str:
        """Status line."""
        return _("Goals")

    def offers(self) -> tuple[Offer, ...]:
        """Enter opens."""
        return (
            Offer(Action.GO, _("Open")),
            Offer(Action.CHOOSE),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.TELL),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What Enter does."""
        if self._marked < len(self._goals):
            return _("Press Enter to change this goal.")
        return _("Press Enter to set a goal.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        state = present.GoalsState(self._goals, self._marked, self._may_add, self.flow.times)
        return present.goals(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Mark, open, or go home."""
        match action:
            case Action.BACK:
                self.flow.to_home()
            case Action.CHOOSE if int(key) <= self._rows:
                self._marked = int(key) - 1
            case Action.GO if self._marked < len(self._goals):
                self.flow.open(_one(self.flow, self._goals[self._marked]))
            case Action.GO:
                self.flow.open(_kinds(self.flow))
            case _:
                self._marked = moved(self._marked, action, self._rows)


class _Question(ChoiceScreen):
    """One step: a question, what it is about, and what an answer does."""

    def __init__(
        self,
        flow: "Flow",
        question: str,
        answers: Sequence[str],
        take: Callable[[int], None],
        *,
        about: str = "",
    ) -> None:
        super().__init__(flow)
        self._question, self._answers, self._take = question, answers, take
        self._said = [about] if about else []

    def state(self) -> Choices:
        """The question."""
        none = [] if self._answers else [_("There is nothing more to choose here. Press Esc.")]
        said = [*self._said, *none]
        return Choices("goal-choice", self._question, said, self._answers, self._marked)

    def chosen(self, marked: int) -> None:
        """The next step."""
        self._take(marked)

    def header_title(self) -> str:
        """Status line."""
        return _("Goals")


def _done(flow: "Flow", words: str) -> None:
    """A word was said and saved: the list again, with home below it."""
    flow.written()
    flow.to_home()
    flow.open(GoalsScreen(flow))
    flow.say(words)


def _kinds(flow: "Flow") -> Screen:
    """A new goal: what kind."""
    sitting = flow.sitting_now()
    book, rows = sitting.goals, sitting.standings()
    kinds: list[tuple[str, str, Callable[[], Sequence[Starter]]]] = [
        (_("Finish a unit"), _("Which unit?"), book.units),
        (_("Learn one skill"), _("Which skill?"), lambda: book.skills(rows)),
        (_("Get more skills of my map"), _("How many?"), lambda: book.counts(rows)),
    ]

    def take(nth: int) -> None:
        _words, question, found = kinds[nth]
        flow.open(_starters(flow, question, found()))

    return _Question(flow, _("What do you want?"), [words for words, *_ in kinds], take)


def _starters(flow: "Flow", question: str, starters: Sequence[Starter]) -> Screen:
    """A new goal: which."""
    words = [present.words_of(each.words) for each in starters]

    def take(nth: int) -> None:
        def until(day: int | None) -> None:
            flow.sitting_now().goals.set(starters[nth], day)
            _done(flow, _("Your goal is set. You see it at home each day."))

        flow.open(_days(flow, words[nth], until))

    return _Question(flow, question, words, take)


def _days(flow: "Flow", about: str, take: Callable[[int | None], None]) -> Screen:
    """Until when."""
    days = flow.sitting_now().goals.days()
    if not is_set(flow.now_ms()):
        days = days[-1:]  # by this clock a day would be over as soon as it is right
    words = [present.day_words(each, flow.times) for each in days]
    return _Question(flow, _("Until when?"), words, lambda nth: take(days[nth]), about=about)


def _one(flow: "Flow", goal: GoalView) -> Screen:
    """One goal: what to do with it."""
    words = present.goal_words(goal)

    def until(day: int | None) -> None:
        flow.sitting_now().goals.move(goal.goal, day)
        _done(flow, _("Your goal has another day now."))

    def sure(nth: int) -> None:
        if nth == 0:
            flow.back()
            return
        flow.sitting_now().goals.give_up(goal.goal)
        _done(flow, _("You gave it up. You can always set another goal."))

    def take(nth: int) -> None:
        if nth == 0:
            flow.open(_days(flow, words, until))
        elif nth == 1:
            answers = [_("Keep it"), _("Give it up")]
            flow.open(_Question(flow, _("Give this goal up?"), answers, sure, about=words))
        else:
            flow.back()

    answers = [_("Change the day"), _("Give it up"), _("Back to my goals")]
    return _Question(flow, _("Your goal"), answers, take, about=words)
