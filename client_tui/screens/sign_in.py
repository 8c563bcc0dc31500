"""Sign-in, step 1: who are you? A computer without a class lets a guest practise."""

from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page, say
from darasa.client_tui.presenters import sign_in as present
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.screens.base import Screen, moved, name_with
from darasa.client_tui.screens.choice import ChoiceScreen
from darasa.client_tui.screens.new_here import NewHereScreen
from darasa.client_tui.screens.new_secret import code_screen
from darasa.client_tui.screens.secret import open_secret
from darasa.content_packs.safe_text import SafeText
from darasa.learning.people.newcomers import newcomers_here
from darasa.learning.people.short_names import folded

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.people.people import LearnerRow
    from darasa.sync.ids import LearnerId

_TYPED_MAX: Final = 30
_MORE: Final = "tab"
_CODE_AND_LOOKS: Final = 2  # the rows behind Tab; languages are a third where there are several


def first_screen(flow: "Flow") -> Screen:
    """The names of the classes here, or the guest's door when there is none."""
    return NameScreen(flow) if flow.classroom.people.classes() else GuestScreen(flow)


def open_languages(flow: "Flow") -> None:
    """The languages that can be chosen, on top of what is there."""
    from darasa.client_tui.screens.language import LanguageScreen

    flow.open(LanguageScreen(flow))


class GuestScreen(Screen):
    """No class is known here: those who began here before, a guest, or someone who is new."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._rows = newcomers_here(flow.classroom)
        self._marked = 0
        self._first, self._shown = 0, len(self._rows)
        self._beyond = 2 + (len(flow.speaking.rows) > 1)  # rows after the names

    def header_title(self) -> str:
        """Status line."""
        return _("Sign in")

    def offers(self) -> tuple[Offer, ...]:
        """Enter or a number begins."""
        return (
            Offer(Action.GO, _("Practise")),
            Offer(Action.CHOOSE, shown=False),
            Offer(Action.UP, shown=False),
            Offer(Action.DOWN, shown=False),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to do."""
        return _("Press Enter to practise.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        self._shown = present.guests_shown(len(self._rows), frame.layout)
        self._first = present.first_shown(len(self._rows), self._marked, self._shown)
        names = [row.name for row in self._rows[self._first : self._first + self._shown]]
        beyond = self._marked - len(self._rows)
        marked = self._shown + beyond if beyond >= 0 else self._marked - self._first
        return present.no_class(names, marked, frame, languages=self._beyond > 2)

    def act(self, action: Action, key: str) -> None:
        """Begin. A class that has come since is shown first."""
        if self.flow.classroom.people.classes():
            self.flow.to_sign_in()
        elif action is Action.CHOOSE and int(key) <= self._shown + self._beyond:
            place = int(key) - 1
            is_name = place < self._shown
            self._marked = place + (self._first if is_name else len(self._rows) - self._shown)
        elif action is Action.GO and self._marked < len(self._rows):
            self.flow.begin(self._rows[self._marked], "guest")
        elif action is Action.GO and self._marked == len(self._rows):
            self.flow.begin(self.flow.classroom.guest(), "guest")
        elif action is Action.GO and self._marked == len(self._rows) + 1:
            self.flow.open(NewHereScreen(self.flow))
        elif action is Action.GO:
            open_languages(self.flow)
        else:
            self._marked = moved(self._marked, action, len(self._rows) + self._beyond)

    def tick(self, now_ms: int) -> None:
        """A class may have come with an exchange."""
        if self.flow.classroom.people.classes():
            self.flow.to_sign_in()


class NameScreen(Screen):
    """Step 1: the class and the name."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._classes = flow.classroom.people.classes()
        self._class = 0
        self._typed = ""
        self._marked = 0
        self._rows: list[LearnerRow] = []
        self._new: set[LearnerId] = set()  # began here and are on no list: without a secret
        self._read()
        self._shown_first, self._shown = 0, present.ROWS_SHOWN_MAX

    def header_title(self) -> str:
        """Status line."""
        return _("Sign in")

    @property
    def in_text_field(self) -> bool:
        """Letters narrow the list; `?` is no letter of a name, so it is still help."""
        return False

    def offers(self) -> tuple[Offer, ...]:
        """Enter, arrows, digits; classes when there are several."""
        offers = [
            Offer(Action.GO, _("Choose")),
            Offer(Action.CHOOSE, shown=False),
        ]
        if len(self._classes) > 1:
            offers.append(Offer(Action.RIGHT, _("Class"), keys_shown=_("Left/Right")))
            offers.append(Offer(Action.LEFT, shown=False))
        offers += [
            Offer(  # the arrow moves, Tab opens what letters cannot: they narrow the list
                Action.DOWN,
                *(
                    (_("New code, language, looks"), _("type a new code, change language or looks"))
                    if len(self.flow.speaking.rows) > 1
                    else (_("New code, looks"), _("type a new code, or change the looks"))
                ),
                keys_shown=_("Tab"),
            ),
            Offer(Action.UP, shown=False),
        ]
        return (*offers, Offer(Action.HELP))

    def message(self) -> str:
        """What to do."""
        if not self._rows:
            return _("Wait a moment, or ask your teacher.")
        if not self._matching():
            return _("No name here fits. Backspace takes a letter back. New? Press Enter.")
        return _("Choose your name, then press Enter.")

    def page(self, frame: Frame) -> Page:
        """The names that fit what was typed."""
        names = [self._shown_as(row) for row in self._matching()]
        state = present.NameList(
            class_name=self._classes[self._class].name,
            several_classes=len(self._classes) > 1,
            typed=self._typed,
            names=names,
            marked=self._marked,
            card=self.flow.card,
            last_used=self._last_used(),
        )
        self._shown = present.rows_shown(state, frame.layout)
        self._shown_first = present.first_shown(len(names), self._marked, self._shown)
        return present.name_list(state, frame)

    def typed(self, key: str) -> bool:
        """Letters narrow, Backspace widens again."""
        if key == "backspace":
            self._typed = self._typed[:-1]
        elif key == "ctrl+u":
            self._typed = ""
        elif len(key) == 1 and (longer := name_with(self._typed, key)) is not None:
            self._typed = longer[:_TYPED_MAX]
        else:
            return False
        self._marked = 0
        return True

    def act(self, action: Action, key: str) -> None:
        """Move, mark, change the class, or go to the PIN."""
        rows = self._matching()
        if action in {Action.LEFT, Action.RIGHT}:
            step = 1 if action is Action.RIGHT else -1
            self._class = (self._class + step) % len(self._classes)
            self._read()
        elif action is Action.CHOOSE:
            place = self._shown_first + int(key) - 1
            if int(key) <= self._shown and place < len(rows):
                self._marked = place
        elif action is Action.GO and self._marked < len(rows):
            self._chosen(rows[self._marked])
        elif action is Action.GO and self._typed and self._rows:
            self.flow.open(NewHereScreen(self.flow, self._typed))
        elif action is Action.DOWN and key == _MORE:
            marked = rows[self._marked] if self._marked < len(rows) else None
            self.flow.open(MoreScreen(self.flow, marked))
        else:
            self._marked = moved(self._marked, action, len(rows))

    def tick(self, now_ms: int) -> None:
        """Names may have come with an exchange; the class, what is typed and marked stay."""
        classes = self.flow.classroom.people.classes()
        if classes != self._classes and classes:
            here = self._classes[self._class].record_id
            ids = [row.record_id for row in classes]
            self._classes, self._class = classes, ids.index(here) if here in ids else 0
        self._read(keep=True)

    def _chosen(self, row: "LearnerRow") -> None:
        if self._is_new(row):
            self.flow.begin(row, "guest")
        else:
            open_secret(self.flow, row)

    def _shown_as(self, row: "LearnerRow") -> SafeText:
        return say(_("{name} (new here)").format(name=row.name)) if self._is_new(row) else row.short

    def _is_new(self, row: "LearnerRow") -> bool:
        return row.learner_id in self._new

    def _last_used(self) -> SafeText | None:
        """When somebody last signed in here."""
        flow, here = self.flow, self.flow.classroom.last_here()
        if not here:
            return None
        day = flow.times.day(here[0][1], flow.now_ms())
        return say(f"{flow.times.time(here[0][1])} {day}".rstrip())

    def _read(self, *, keep: bool = False) -> None:
        before = self._matching()[self._marked : self._marked + 1] if keep else []
        new = newcomers_here(self.flow.classroom)
        self._new = {row.learner_id for row in new}
        listed = self.flow.classroom.people.learners(self._classes[self._class].record_id)
        self._rows = [*listed, *new]
        ids = [row.learner_id for row in self._matching()]
        here = [ids.index(row.learner_id) for row in before if row.learner_id in ids]
        self._marked = here[0] if here else 0

    def _matching(self) -> list["LearnerRow"]:
        wanted = folded(self._typed)
        if not wanted:
            return self._rows
        return [row for row in self._rows if _fits(row.name, row.short, wanted)]


def _fits(name: SafeText, short: SafeText, wanted: str) -> bool:
    """Whether a name, its short form or one of its words begins with what was typed."""
    starts = [folded(name), folded(short), *folded(name).split()]
    return any(start.startswith(wanted) for start in starts)


class MoreScreen(ChoiceScreen):
    """What else can be done before signing in: a new code, the looks, another language."""

    def __init__(self, flow: "Flow", learner: "LearnerRow | None") -> None:
        super().__init__(flow)
        self._learner = learner

    def header_title(self) -> str:
        """Status line."""
        return _("Sign in")

    def state(self) -> Choices:
        """A language is offered where there are several."""
        name = None if self._learner is None else self._learner.short
        rows = present.beyond_names(name, languages=len(self.flow.speaking.rows) > 1)
        return Choices("more", _("What do you want to do?"), (), rows, self._marked)

    def chosen(self, marked: int) -> None:
        """Go there."""
        if marked == _CODE_AND_LOOKS:
            self.flow.back()
            open_languages(self.flow)
        elif marked == 1:
            from darasa.client_tui.screens.leaving import LooksScreen

            self.flow.open(LooksScreen(self.flow))
        elif self._learner is None:
            self.flow.back()
            self.flow.say(_("Choose your name first."))
        else:
            learner = self._learner
            self.flow.open(
                code_screen(self.flow, learner, lambda how: self.flow.begin(learner, how))
            )
