"""Showing that one knows a skill, and finding a start: the item, the pause, and the end."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.answer_entry import AnswerEntry
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import item as present_item
from darasa.client_tui.presenters import trial as present
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.screens.base import AT_HOME, Activity, Screen
from darasa.client_tui.screens.choice import ChoiceScreen
from darasa.content_packs.grading import Verdict
from darasa.learning.practice.challenging import ShowingSkill
from darasa.learning.practice.placing import FindingStart
from darasa.learning.reports.course_book import about_of
from darasa.learning.trial_kinds import ChallengePhase
from darasa.learning.views import PlanKind, PlanRow, SkillStanding, Standing
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow

Trial = ShowingSkill | FindingStart


def open_start(flow: "Flow") -> None:
    """Begin to look for a start, or go on."""
    trial = flow.sitting_now().find_start()
    if trial is None:
        flow.say(_("There is nothing to find now. Choose something else."))
        return
    flow.written()
    flow.open(TrialScreen(flow, trial))


class TrialScreen(Screen):
    """One item after another, each asked once, until the trial is over."""

    def __init__(self, flow: "Flow", trial: Trial) -> None:
        super().__init__(flow)
        self._trial = trial
        self._begin()

    def _begin(self) -> None:
        view = self._trial.current
        assert view is not None
        self._entry = AnswerEntry(view)

    @property
    def place(self) -> str:
        """The instance."""
        instance = self._entry.view.instance
        return f"trial:{self._entry.view.nth}:{instance.item.id}:{instance.nth}"

    @property
    def in_text_field(self) -> bool:
        """Letters are typed only in a text field that was not left with Esc."""
        return self._entry.in_text_field

    def header_title(self) -> str:
        """What it is for."""
        if isinstance(self._trial, ShowingSkill):
            return _("Show it: {skill}").format(skill=self._trial.title)
        return _("Find your start: {course}").format(course=self._trial.course)

    def offers(self) -> tuple[Offer, ...]:
        """An answer, or a pause."""
        ticks = Offer(Action.ON, _("Tick"), _("tick the marked answer"), shown=False)
        stop = Offer(Action.BACK, _("Stop"), _("stop, or go on later"))
        leave = Offer(Action.BACK, _("Leave the field"), _("leave the field"))
        return (
            Offer(Action.GO, _("Check"), _("give your answer")),
            Offer(Action.CHOOSE, help=_("choose an answer"), shown=False),
            Offer(Action.TELL),
            Offer(Action.UNDO),
            leave if self.in_text_field else stop,
            *((ticks,) if self._entry.several else ()),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.HELP, keys_shown="F1" if self.in_text_field else None),
        )

    def message(self) -> str:
        """What to do."""
        if self.in_text_field:
            return _("Type your answer, then press Enter. Esc leaves the field.")
        if self._entry.typing:
            return _("Type your answer, then press Enter. Esc stops.")
        if self._entry.several:
            return _("Tick all that are right, then press Enter.")
        return _("Choose, then press Enter. It is fine not to be sure.")

    def doing(self) -> Activity:
        """At this item."""
        view = self._entry.view
        about = about_of(view.skill[0], view.instance.item.id)
        return Activity(Doing.WORKING, about, view.nth, view.of)

    def page(self, frame: Frame) -> Page:
        """The item, without hints."""
        return present_item.item(self._entry.state(), frame)

    def typed(self, key: str) -> bool:
        """Characters of the answer's field."""
        return self._entry.typed(key)

    def act(self, action: Action, key: str) -> None:
        """Answer, pause, or change the answer."""
        if action is Action.BACK:
            self.flow.open(PauseScreen(self.flow, self._trial))
        elif action is Action.GO:
            self._check()
        else:
            self._entry.act(action, key)

    def _check(self) -> None:
        if not self._take():
            return
        self.flow.written()
        if self._trial.current is None:
            self.flow.replace(end_of(self.flow, self._trial))
        else:
            self._begin()
            self.flow.say(_("Saved. Here is the next one."))

    def _take(self) -> bool:
        """Give the answer; False, and why, when there is none to give yet."""
        if self._entry.is_not_sure:
            self._trial.not_sure()
            return True
        response = self._entry.response()
        if response is None:
            self.flow.say(_("Choose an answer first."))
            return False
        match self._trial.answer(response):
            case Verdict.WRITE_AS_ASKED:
                self.flow.say(_("That is right. Now write it as the question asks."))
            case Verdict.NOT_UNDERSTOOD:
                self.flow.say(_("I could not read that. Please type it again."))
            case _:
                return True
        return False


class _TrialChoice(ChoiceScreen):
    """What is said comes first, so that its answers stand where those of an item do."""

    at_row = 13


class SkillScreen(_TrialChoice):
    """A skill of the map: practise it, or show that one knows it."""

    def __init__(self, flow: "Flow", skill: SkillStanding) -> None:
        super().__init__(flow)
        self._skill = skill

    def state(self) -> Choices:
        """What is offered."""
        return present.skill_offer(self._skill, marked=self._marked)

    def chosen(self, marked: int) -> None:
        """Practise, or show."""
        from darasa.client_tui.screens.home import practise

        flow = self.flow
        if marked == 0:
            flow.back()
            practise(flow, self._skill.key)
            return
        trial = flow.sitting_now().show_skill(self._skill.key)
        if trial is None:
            flow.say(_("You can show it another day. Practise it today."))
            return
        flow.written()
        flow.replace(TrialScreen(flow, trial))


class PauseScreen(_TrialChoice):
    """Esc in a trial: go on, stop, or, where answers are kept, go on later."""

    def __init__(self, flow: "Flow", trial: Trial) -> None:
        super().__init__(flow)
        self._trial = trial

    def state(self) -> Choices:
        """What can be done."""
        if isinstance(self._trial, ShowingSkill):
            return present.challenge_pause(self._trial.title, marked=self._marked)
        return present.placement_pause(marked=self._marked)

    def chosen(self, marked: int) -> None:
        """Go on, stop, or leave it for later."""
        flow = self.flow
        flow.back()
        if marked == 1:
            self._trial.stop()
            flow.written()
            flow.replace(end_of(flow, self._trial))
        elif marked == 2:
            flow.to_home()
            flow.say(_("Your answers are kept. Go on when you like."))


def end_of(flow: "Flow", trial: Trial) -> ChoiceScreen:
    """The screen at the end of a trial."""
    if isinstance(trial, ShowingSkill):
        return ShownScreen(flow, trial)
    return StartFoundScreen(flow, trial)


class _EndScreen(_TrialChoice):
    """What next: something to practise if there is, the map, home."""

    def __init__(self, flow: "Flow", row: PlanRow | None) -> None:
        super().__init__(flow)
        self._row = row

    def choices(self) -> list[str]:
        """What next."""
        first = [] if self._row is None else [_("Practise: {skill}").format(skill=self._row.title)]
        return [*first, _("Your map"), _("Home")]

    def doing(self) -> Activity:
        """Between two things."""
        return AT_HOME

    def leave(self) -> None:
        """Home, with its plan read anew."""
        self.flow.to_home()

    def chosen(self, marked: int) -> None:
        """Go there."""
        from darasa.client_tui.screens.home import MapScreen, practise

        flow, row = self.flow, self._row
        flow.to_home()
        place = marked + (row is None)
        if place == 0 and row is not None and row.key is not None:
            practise(flow, row.key)
        elif place == 1:
            flow.open(MapScreen(flow))


class ShownScreen(_EndScreen):
    """A skill was shown, or is as it was."""

    def __init__(self, flow: "Flow", trial: ShowingSkill) -> None:
        self._is_shown = trial.phase is ChallengePhase.PASSED
        self._title = trial.title
        same = PlanRow(PlanKind.TOPIC, trial.key, trial.title, None, ())
        super().__init__(flow, None if self._is_shown else same)

    def state(self) -> Choices:
        """What to say."""
        words = present.shown if self._is_shown else present.not_shown
        return words(self._title, choices=self.choices(), marked=self._marked)


class StartFoundScreen(_EndScreen):
    """Where she starts."""

    def __init__(self, flow: "Flow", trial: FindingStart) -> None:
        sitting = flow.sitting_now()
        known = set(trial.known or ())
        rows = [row for row in sitting.standings() if row.key[0] == trial.pack_id]
        self._known = [row.title for row in rows if row.key in known]
        self._every = len(self._known) == len(rows)
        ready = [row for row in rows if row.standing is Standing.READY and not row.placed]
        ready.sort(key=lambda row: not row.leans_on_start)
        first = next((row for row in ready), None)
        topic = None
        if first is not None:
            topic = PlanRow(PlanKind.TOPIC, first.key, first.title, first.standing, ())
        super().__init__(flow, topic)

    def state(self) -> Choices:
        """What is known, in words."""
        return present.start_found(
            self._known, every=self._every, choices=self.choices(), marked=self._marked
        )
