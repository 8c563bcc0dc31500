"""The lesson reader: from the map it leads to practice, from an item back to the item."""

from dataclasses import replace
from typing import TYPE_CHECKING

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import lesson as present
from darasa.client_tui.screens.base import Activity, Screen
from darasa.content_packs.lesson import LEVELS
from darasa.learning.evidence import SkillKey
from darasa.learning.reports.course_book import about_of
from darasa.learning.views import LessonView
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow


def open_lesson(flow: "Flow", skill: SkillKey, *, practise: bool, worked: bool = False) -> bool:
    """Open the lesson of a skill; False when there is none. `practise`: Enter leads to a set.

    `worked`: its problems that are done step by step.
    """
    view = flow.sitting_now().lesson(skill, worked=worked)
    if view is None or not view.sections:
        return False
    flow.open(LessonScreen(flow, skill, view, practise=practise))
    return True


class LessonScreen(Screen):
    """A section at a time, at one of the levels that the lesson has."""

    reading = turns = True

    def __init__(self, flow: "Flow", skill: SkillKey, view: LessonView, *, practise: bool) -> None:
        super().__init__(flow)
        self._skill = skill
        self._practise = practise
        self._view = view
        self._first = 0
        self._rows = 1
        self._count = 0
        self._keep_place()

    def doing(self) -> Activity:
        """Reading this lesson."""
        view = self._view
        about = about_of(view.pack, view.lesson)
        return Activity(Doing.READING, about, view.section, len(view.sections))

    def header_title(self) -> str:
        """Status line."""
        return _("Lesson: {title}").format(title=self._view.title)

    def offers(self) -> tuple[Offer, ...]:
        """Reading on, levels, practice."""
        offers = [Offer(Action.ON), Offer(Action.PAGE_UP)]
        if len(self._view.levels) > 1:
            offers.append(Offer(Action.RICHER, _("Words"), keys_shown="+/-"))
            offers.append(Offer(Action.EASIER, shown=False))
        enter = _("Practise") if self._practise else _("Go back")
        return (
            *offers,
            Offer(Action.GO, enter, enter),
            Offer(Action.DOWN, shown=False),
            Offer(Action.UP, shown=False),
            Offer(Action.BACK, ""),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What Space does, and the levels."""
        if self._at_end:
            end = _("This is the end. Press Enter to practise.")
            return end if self._practise else _("This is the end. Press Enter to go back.")
        if len(self._view.levels) > 1:
            return _("Space reads on. Press + or - for richer or easier words.")
        return _("Space reads on.")

    def page(self, frame: Frame) -> Page:
        """The part of the section that fits."""
        self._count = len(present.lines_of_section(self._view, frame.layout))
        plain = frame.layout.plain
        self._rows = self._count if plain else present.rows_of_text(frame.layout)
        self._first = max(0, min(self._first, self._count - 1))
        state = present.LessonState(self._view, self._first)
        return present.lesson(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Turn pages, change the level, practise, go back."""
        match action:
            case Action.ON | Action.DOWN:
                self._read_on()
            case Action.PAGE_UP | Action.UP:
                self._read_back()
            case Action.RICHER | Action.EASIER:
                self._change_level(1 if action is Action.RICHER else -1)
            case Action.GO if self._practise:
                self._start()
            case Action.GO | Action.BACK:
                self.flow.back()
            case _:
                pass

    @property
    def _at_end(self) -> bool:
        last = self._view.section >= len(self._view.sections)
        return last and self._first + self._rows >= self._count

    def _read_on(self) -> None:
        if self._first + self._rows < self._count:
            self._first += self._rows
        elif self._view.section < len(self._view.sections):
            self._to_section(self._view.section + 1)
            self._first = 0

    def _read_back(self) -> None:
        if self._first > 0:
            self._first = max(0, self._first - self._rows)
        elif self._view.section > 1:
            self._to_section(self._view.section - 1)
            self._first = 0

    def _to_section(self, section: int) -> None:
        self._view = replace(self._view, section=section)
        self._keep_place()

    def _keep_place(self) -> None:
        """The reading position is saved with each turn to another section, that of a lesson."""
        if self._view.form == "worked":
            return
        self.flow.sitting_now().lesson_progress(self._view, self._view.section)
        self.flow.written()

    def _change_level(self, step: int) -> None:
        """The place is kept by section when the level changes."""
        levels = [level for level in LEVELS if level in self._view.levels]
        place = levels.index(self._view.level) + step if self._view.level in levels else -1
        if not 0 <= place < len(levels):
            words = _("These are the richest words.") if step > 0 else _("These are the easiest.")
            self.flow.say(words)
            return
        worked = self._view.form == "worked"
        sitting = self.flow.sitting_now()
        view = sitting.lesson(self._skill, level=levels[place], worked=worked)
        if view is not None:
            section = min(self._view.section, len(view.sections))
            self._view = replace(view, section=section)
            self._first = 0

    def _start(self) -> None:
        from darasa.client_tui.screens.home import start_set

        self.flow.back()
        start_set(self.flow, self._skill)
