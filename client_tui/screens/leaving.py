"""Sign-out, the idle lock, looks, and the screen after a fault."""

from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page, say
from darasa.client_tui.presenters import leaving as present
from darasa.client_tui.presenters.choice import Choices
from darasa.client_tui.screens.base import Activity, Screen, moved
from darasa.client_tui.screens.choice import ChoiceScreen
from darasa.client_tui.themes import THEMES
from darasa.client_tui.times import is_set
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.content_packs.safe_text import SafeText

_FAULTS_BEFORE_OUT: Final = 2
_MOVES = (Action.UP, Action.DOWN, Action.LEFT, Action.RIGHT)


def _side(marked: int, action: Action, count: int) -> int:
    """The marked button after any arrow."""
    back = action in {Action.UP, Action.LEFT}
    return moved(marked, Action.UP if back else Action.DOWN, count)


def _hidden(*actions: Action) -> tuple[Offer, ...]:
    return tuple(Offer(action, shown=False) for action in actions)


class SignOutScreen(Screen):
    """Sign out now, or stay."""

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._marked = 0

    def header_title(self) -> str:
        """Status line."""
        return _("Sign out")

    def offers(self) -> tuple[Offer, ...]:
        """Enter chooses, Esc stays."""
        return (
            Offer(Action.GO, _("Choose")),
            Offer(Action.RIGHT, _("Move"), keys_shown=_("Left/Right")),
            *_hidden(*_MOVES[:3], Action.CHOOSE),
            Offer(Action.BACK, _("Stay")),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What is safe."""
        if self.flow.not_saved:
            return ""
        return _("You can turn off or leave this computer. Your work stays safe.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        state = present.Leaving(
            waiting=self.flow.sending.waiting(),
            saved=not self.flow.not_saved,
            stopped_at=self._stopped_at(),
            marked=self._marked,
        )
        return present.sign_out(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Move, stay, or sign out."""
        if action in _MOVES:
            self._marked = _side(self._marked, action, 2)
        elif action is Action.CHOOSE and key in "12":
            self._marked = int(key) - 1
        elif action is Action.BACK or (action is Action.GO and self._marked == 1):
            self.flow.back()
        elif action is Action.GO:
            self.flow.sign_out("asked")

    def _stopped_at(self) -> "SafeText | None":
        current = self.flow.sitting_now().current
        if current is None:
            return None
        return say(_("{skill}, item {nth}").format(skill=current.skill_title, nth=current.nth))


class LockScreen(Screen):
    """The covered screen: the same learner with her PIN, or someone else at once."""

    covered = True

    def __init__(self, flow: "Flow") -> None:
        super().__init__(flow)
        self._marked = 0
        self._minutes = flow.idle.minutes(reading=flow.screen.reading)
        self._learner = flow.sitting_now().learner
        now_ms, out_in_ms = flow.now_ms(), flow.idle.out_in_ms(flow.elapsed_ms())
        self._out_minutes = -(-out_in_ms // 60_000)
        self._out_at = say(flow.times.time(now_ms + out_in_ms)) if is_set(now_ms) else None

    def header_title(self) -> str:
        """Status line."""
        return _("Locked")

    def offers(self) -> tuple[Offer, ...]:
        """Enter is the learner, N someone else."""
        mine = _("I am {name}").format(name=self._learner.short)
        return (
            Offer(Action.GO, mine if self._marked == 0 else _("Choose")),
            Offer(Action.SOMEONE_ELSE),
            *_hidden(*_MOVES, Action.CHOOSE),
            Offer(Action.HELP),
        )

    def message(self) -> str:
        """What to press."""
        first = self._learner.short.split(" ", 1)[0]
        words = _("Press Enter if you are {name}. Press N if you are someone else.")
        return words.format(name=first)

    def doing(self) -> Activity:
        """Not here."""
        return Activity(Doing.LOCKED)

    def page(self, frame: Frame) -> Page:
        """The page."""
        state = present.Locked(
            name=self._learner.short,
            class_name=self._learner.class_name,
            quiet_minutes=self._minutes,
            out_at=self._out_at,
            out_minutes=self._out_minutes,
            marked=self._marked,
            saved=not self.flow.not_saved,
        )
        return present.lock(state, frame)

    def act(self, action: Action, key: str) -> None:
        """Ask for the PIN, or let someone else in."""
        if action in _MOVES:
            self._marked = _side(self._marked, action, 2)
        elif action is Action.CHOOSE and key in "12":
            self._marked = int(key) - 1
        elif action is Action.SOMEONE_ELSE or (action is Action.GO and self._marked == 1):
            self.flow.sign_out("someone-else")
        elif action is Action.GO:
            self._unlock()

    def _unlock(self) -> None:
        from darasa.client_tui.screens.secret import secret_screen

        if self.flow.classroom.desk.needs_pin(self._learner.learner_id):
            self.flow.open(secret_screen(self.flow, self._learner, lambda _how: self.flow.unlock()))
        else:
            self.flow.unlock()  # a guest has no PIN


class LooksScreen(ChoiceScreen):
    """Which colours the screen has, until the computer is left."""

    def __init__(self, flow: "Flow") -> None:
        self._names = tuple(THEMES)
        super().__init__(flow, marked=self._names.index(flow.theme))

    def header_title(self) -> str:
        """Status line."""
        return _("Looks")

    def state(self) -> Choices:
        """The themes by name, and the languages where there are several."""
        names = [_("Dark"), _("Light"), _("Strong contrast"), _("No colours")]
        if len(self.flow.speaking.rows) > 1:
            names.append(_("Read in another language"))
        return Choices("looks", _("How should the screen look?"), (), names, self._marked)

    def chosen(self, marked: int) -> None:
        """Look so from now on."""
        if marked < len(self._names):
            self.flow.theme = self._names[marked]
            return
        from darasa.client_tui.screens.language import LanguageScreen

        self.flow.replace(LanguageScreen(self.flow))


class FaultScreen(Screen):
    """After an unexpected fault: Enter goes home, or to the names."""

    covered = True

    def header_title(self) -> str:
        """Status line."""
        return ""

    def offers(self) -> tuple[Offer, ...]:
        """Only on."""
        return (Offer(Action.GO, _("Go on")), Offer(Action.CHOOSE, shown=False))

    def message(self) -> str:
        """What to press."""
        return _("Press Enter to go on.")

    def page(self, frame: Frame) -> Page:
        """The page."""
        return present.fault(frame)

    def act(self, action: Action, key: str) -> None:
        """Home, or the names when nobody is signed in, or when home does not open either."""
        if action is not Action.GO:
            return
        if self.flow.sitting is None:
            self.flow.to_sign_in()
        elif self.flow.faults > _FAULTS_BEFORE_OUT:
            self.flow.sign_out("closed")
        else:
            self.flow.to_home()
            if self.flow.idle.locked:  # a fault is no way around the PIN
                self.flow.open(LockScreen(self.flow))
