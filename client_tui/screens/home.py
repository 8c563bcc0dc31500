"""Home, and the map of skills."""

from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import home as present_home
from darasa.client_tui.presenters import map as present_map
from darasa.client_tui.presenters.not_me import where_and_when
from darasa.client_tui.screens.base import AT_HOME, Activity, Screen, moved
from darasa.client_tui.screens.not_me import NotMeScreen, earlier
from darasa.learning.evidence import SkillKey
from darasa.learning.views import PlanKind, SkillStanding, Standing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


_SHOWABLE = frozenset((Standing.LATER, Standing.READY, Standing.LEARNING))


def start_set(flow: "Flow", skill: SkillKey | None, *, harder: bool = False) -> None:
    """Begin or carry on a set and show its item; a skill that rests says so."""
    from darasa.client_tui.screens.item import ItemScreen

    sitting = flow.sitting_now()
    sitting.start_set(skill, harder=harder)
    if sitting.current is None:
        resting = sitting.summary().resting
        words = _("There is no item for this now. Choose something else.")
        if resting is not None:
            words = _("You worked hard on {skill} today. It rests until tomorrow.")
        flow.say(words.format(skill=resting))
    else:
        flow.open(ItemScreen(flow))


def practise(flow: "Flow", skill: SkillKey) -> None:
    """Read about a skill, then practise it; without a lesson, practise."""
    from darasa.client_tui.screens.lesson import open_lesson

    if not open_lesson(flow, skill, practise=True):
        start_set(flow, skill)


class HomeScreen(Screen):
    """The plan of the day, its first line marked."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._marked = 0
        self._read()
        flow.hand_up = self._view.hand_up
        if self._view.stopped_ms is not None:
            time = flow.times.when(self._view.stopped_ms, flow.now_ms())
            words = _("Last time stopped at {time}. Everything up to then is here.")
            if time == _("earlier"):
                words = _("You were in the middle of something. Everything up to then is here.")
            flow.say(words.format(time=time))

    def _read(self) -> None:
        sitting = self.flow.sitting_now()
        self._view = sitting.home()
        self._events = sitting.state.events
        self._earlier = earlier(self.flow)
        self._has_lessons = sitting.has_courses

    def tick(self, now_ms: int) -> None:
        """Work from another computer, or the first lessons, may have come with an exchange."""
        sitting = self.flow.sitting_now()
        came = sitting.state.events != self._events
        if came or (not self._has_lessons and sitting.has_courses):
            self._read()
            self._marked = min(self._marked, max(0, len(self._view.plan) - 1))

    def header_title(self) -> str:
        """Status line."""
        return _("Home")

    def offers(self) -> tuple[Offer, ...]:
        """The plan's lines, the map, the work, and the way out."""
        not_me = Offer(Action.SOMEONE_ELSE, help=_("earlier work was not mine"), shown=False)
        return (
            Offer(Action.GO),
            Offer(Action.CHOOSE),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.TELL),
            Offer(Action.MAP),
            Offer(Action.SYNC),
            Offer(Action.SIGN_OUT),
            Offer(Action.GOALS, shown=False),
            Offer(Action.LOOKS, shown=False),
            *((not_me,) if self._earlier else ()),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What Enter does."""
        if not self._has_lessons or not self._view.plan:
            return _("Press Enter to see your map.")
        match self._view.plan[self._marked].kind:
            case PlanKind.CARRY_ON:
                return _("Press Enter to carry on where you stopped.")
            case PlanKind.CHOICE:
                return _("Press Enter to choose from your map.")
            case PlanKind.REST:
                return _("This rests until tomorrow. Choose something else.")
            case _:
                return _("Press Enter to start.")

    def doing(self) -> Activity:
        """At home."""
        return AT_HOME

    def page(self, frame: Frame) -> Page:
        """The page."""
        now = self.flow.now_ms()
        name = present_home.name_in_greeting(self.flow.sitting_now().learner.short)
        state = present_home.HomeState(
            view=self._view,
            greeting=self.flow.times.greeting(now).format(name=name),
            date=self.flow.times.date(now),
            marked=self._marked,
            has_lessons=self._has_lessons,
            last_time=(
                where_and_when(self._earlier[0], self.flow.times, now) if self._earlier else None
            ),
        )
        return present_home.home(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Mark a line, go, or open one of the other screens."""
        from darasa.client_tui.screens.leaving import LooksScreen, SignOutScreen
        from darasa.client_tui.screens.work import WorkScreen

        match action:
            case Action.GO:
                self._go()
            case Action.CHOOSE if int(key) <= min(9, len(self._view.plan)):
                self._marked = int(key) - 1
            case Action.UP | Action.DOWN:
                self._marked = moved(self._marked, action, len(self._view.plan))
            case Action.MAP:
                self.flow.open(MapScreen(self.flow))
            case Action.GOALS:
                from darasa.client_tui.screens.goals import GoalsScreen

                self.flow.open(GoalsScreen(self.flow))
            case Action.SYNC:
                self.flow.open(WorkScreen(self.flow))
            case Action.LOOKS:
                self.flow.open(LooksScreen(self.flow))
            case Action.SOMEONE_ELSE:
                self.flow.open(NotMeScreen(self.flow))
            case Action.SIGN_OUT:
                self.flow.open(SignOutScreen(self.flow))
            case _:
                pass

    def _go(self) -> None:
        row = self._view.plan[self._marked] if self._view.plan else None
        if row is not None and row.kind is PlanKind.START:
            from darasa.client_tui.screens.trial import open_start

            open_start(self.flow)
        elif row is None or row.key is None:
            self.flow.open(MapScreen(self.flow))
        elif row.kind is not PlanKind.REST:
            start_set(self.flow, row.key, harder=row.kind is PlanKind.HARDER)


class MapScreen(Screen):
    """All skills by unit; Enter reads about one, then practises it."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._ready_only = False
        self._read()
        self._marked = 0
        for place, skill in enumerate(self._listed()):
            if skill.standing in {Standing.LEARNING, Standing.REFRESH}:
                self._marked = place
                break

    def _read(self) -> None:
        sitting = self.flow.sitting_now()
        self._units = sitting.map()
        self._events = sitting.state.events

    def tick(self, now_ms: int) -> None:
        """Work from another computer, or the first lessons, may have come with an exchange."""
        if self.flow.sitting_now().state.events != self._events or not self._units:
            self._read()

    def header_title(self) -> str:
        """Status line."""
        courses = {unit.course: None for unit in self._units}
        if len(courses) == 1:
            return _("Map: {course}").format(course=next(iter(courses)))
        return _("Map")

    def offers(self) -> tuple[Offer, ...]:
        """Enter opens a skill."""
        return (
            Offer(Action.GO, _("Open"), _("open the marked skill")),
            Offer(Action.DOWN, _("Move"), keys_shown=_("Up/Down")),
            Offer(Action.UP, shown=False),
            Offer(Action.CHOOSE, shown=False),
            Offer(Action.READY_ONLY, _("Show all") if self._ready_only else None),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def page(self, frame: Frame) -> Page:
        """The page."""
        flow = self.flow
        state = present_map.MapState(
            self._units, self._marked, flow.now_ms(), flow.times, self._ready_only
        )
        return present_map.map_page(state, frame)

    def message(self) -> str:
        """What Enter does."""
        return _('Enter opens a skill. You can look at "Later" skills too.')

    def act(self, action: Action, key: str) -> None:
        """Move, filter, open."""
        skills = self._listed()
        match action:
            case Action.UP | Action.DOWN:
                self._marked = moved(self._marked, action, len(skills))
            case Action.CHOOSE if int(key) <= len(skills):
                self._marked = int(key) - 1
            case Action.READY_ONLY:
                self._ready_only = not self._ready_only
                self._marked = 0
            case Action.BACK:
                self.flow.back()
            case Action.GO if self._marked < len(skills):
                self._open(skills[self._marked])
            case _:
                pass

    def _open(self, skill: SkillStanding) -> None:
        from darasa.client_tui.screens.trial import SkillScreen

        if skill.standing in _SHOWABLE and self.flow.sitting_now().may_show(skill.key):
            self.flow.open(SkillScreen(self.flow, skill))
        else:
            practise(self.flow, skill.key)

    def _listed(self) -> list[SkillStanding]:
        return present_map.listed(self._units, ready_only=self._ready_only)
