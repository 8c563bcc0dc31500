"""The controller: a stack of screens that turns key names into commands and gives the next page.

Owns: who is signed in, which screen is on top, what every screen shares (help, tell the teacher,
sign-out, the key guard, the idle lock, NOT SAVED, faults). Runs the same under the full screen and
the plain mode. Time comes from the classroom's clock; it draws nothing and starts no threads.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from darasa.client_tui.actions import Action, KeyMap, Offer, with_plain_digits
from darasa.client_tui.drawn import PAGE_ON, turned
from darasa.client_tui.idle import IdleLock, Quiet
from darasa.client_tui.locale import _, mark
from darasa.client_tui.page import Frame, Header, KeyWord, Layout, Page, say
from darasa.client_tui.screens.base import AT_HOME, Activity, Screen
from darasa.client_tui.settings import Settings
from darasa.client_tui.speaking import Speaking
from darasa.client_tui.times import Times
from darasa.content_packs.safe_text import SafeText
from darasa.sync.errors import LearnerErasedError, StoreError, StoreFullError
from darasa.sync.ids import LearnerId

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.learning.people.people import LearnerRow
    from darasa.learning.practice.sitting import Sitting

log = logging.getLogger(__name__)

CANNOT_SAVE: Final = mark("This computer cannot save now. Leave this on and call your teacher.")
_PLACES_KEPT: Final = 20
_TURNS: Final = {"pageup": -1, PAGE_ON: 1}
_ONCE: Final = frozenset({Action.GO, Action.HINT, Action.SKIP, Action.TELL})
"""What a key that is held down does once: each time would be one more hint, skip or word."""


class Sending(Protocol):
    """What the flow needs of whoever sends work to the school server."""

    def teacher_slot(self) -> SafeText:
        """Slot 2 of the status line."""

    def waiting(self) -> int | None:
        """Pieces that the teacher does not have; None when there is no school."""

    def reached(self) -> bool:
        """False while the school server does not answer."""

    def answered(self) -> None:
        """Something was written: send it within a second."""

    def signed_in(self, learner_id: LearnerId | None) -> None:
        """Someone signed in (send and ask at once) or nobody is."""

    def doing(self, activity: Activity) -> None:
        """What the learner is at, for the teacher's live page."""

    def try_now(self) -> None:
        """The learner asked to send now."""


class Flow:
    """One client's screens. `press`, `tick` and `page` are called from one thread at a time."""

    def __init__(
        self,
        classroom: "Classroom",
        *,
        sending: Sending,
        settings: Settings,
        times: Times | None = None,
        card: Sequence[SafeText] = (),
        theme: str = "mono",
        speaking: Speaking | None = None,
    ) -> None:
        self.classroom = classroom
        self.sending = sending
        self.settings = settings
        self.times = times or Times()
        self.card = tuple(card)
        self.theme = theme
        self.speaking = speaking or Speaking.at(classroom, [settings.language])
        self.keys = KeyMap(settings.keys)
        self.sitting: Sitting | None = None
        self.hand_up = False
        self.not_saved = False
        self.ended = False
        self.said = ""
        self.faults = 0  # in a row, since a screen of a learner last took a key
        self._guard_until = -1
        self._pressed = ("", 0)  # the last key, and when
        self._shown: tuple[Page, Layout] | None = None
        self._first_row: int | None = None  # of a page that was turned, until another key
        self._places: deque[str] = deque(maxlen=_PLACES_KEPT)
        self.idle = IdleLock(settings, self.elapsed_ms())
        self._stack: list[Screen] = []
        self.to_sign_in()

    # -- what screens use -----------------------------------------------------------------

    def elapsed_ms(self) -> int:
        """Milliseconds from an arbitrary start; counts sleep."""
        return self.classroom.clock.elapsed_ms()

    def now_ms(self) -> int:
        """Milliseconds since 1970; may be wrong."""
        return self.classroom.clock.wall_ms()

    @property
    def screen(self) -> Screen:
        """The screen on top."""
        return self._stack[-1]

    def say(self, words: str) -> None:
        """Put what just happened on the message line, until the next key."""
        self.said = words

    def open(self, screen: Screen) -> None:
        """A screen on top of this one; Esc comes back."""
        self._stack.append(screen)

    def replace(self, screen: Screen) -> None:
        """This screen gives way to another."""
        self._stack[-1] = screen

    def back(self) -> None:
        """The screen below."""
        if len(self._stack) > 1:
            self._stack.pop()

    def to_home(self) -> None:
        """Home, whatever was open."""
        from darasa.client_tui.screens.home import HomeScreen

        self.speaking.forget()  # another computer may have told what she chose there
        self._stack[:] = [HomeScreen(self)]

    def to_sign_in(self) -> None:
        """The names, whoever was here."""
        from darasa.client_tui.screens.sign_in import first_screen

        self._stack[:] = [first_screen(self)]

    def sitting_now(self) -> "Sitting":
        """The sitting of whoever is signed in; asked only on screens of a signed-in learner."""
        assert self.sitting is not None
        return self.sitting

    def begin(self, learner: "LearnerRow", how: str) -> None:
        """Sign a learner in and go home."""
        from darasa.learning.practice.sitting import Sitting

        learner = self.classroom.people.find_id(learner.learner_id)  # she may have two names
        known = {learner_id for learner_id, _ms in self.classroom.last_here()}
        self.sitting = Sitting.begin(self.classroom, learner.learner_id, how=how)
        self.hand_up = self.not_saved = False  # signing in was a write, and it worked
        asked = self.speaking.take_asked(learner.learner_id)
        if asked is not None:
            self.choose_language(asked)
        self.sending.signed_in(learner.learner_id)
        self.to_home()
        if learner.learner_id not in known and not self.sending.reached():
            self.say(_("Your newest work is on another computer. It will join up later."))

    def sign_out(self, reason: str) -> None:
        """End the sitting and show the names."""
        sitting = self.sitting
        try:
            if sitting is not None:
                sitting.sign_out(reason)
        finally:
            self._leave_seat()

    def _leave_seat(self) -> None:
        """Nothing of whoever sat here stays for whoever comes next, who begins unlocked."""
        sitting, self.sitting = self.sitting, None
        if sitting is not None:
            self.classroom.let_go(sitting.learner.learner_id)
        self.said, self.hand_up = "", False
        self.speaking.forget()
        self.idle.unlock(self.elapsed_ms())
        self.sending.signed_in(None)
        self.to_sign_in()

    def _erased(self) -> None:
        """The school has erased whoever sits here: there is nobody to save anything of."""
        self.not_saved = False
        self._leave_seat()
        self.say(_("This name is not on the lists any more. Ask your teacher."))

    def choose_language(self, code: str) -> None:
        """The language of the screens, durably hers who is signed in; else for who comes next."""
        if self.sitting is None:
            self.speaking.ask(code, self.elapsed_ms())
            return
        self.sitting.choose_language(code)
        self.speaking.forget()
        self.written()

    def kept(self) -> None:
        """A command wrote to the store: the last write worked."""
        self.not_saved = False

    def written(self) -> None:
        """A command wrote to the store: the last write worked, and there is something to send."""
        self.kept()
        self.sending.answered()

    # -- keys -----------------------------------------------------------------------------

    def press(self, key: str, pressed_ms: int | None = None) -> None:
        """Take one key: a character, or a name such as "enter".

        `pressed_ms` is when it was pressed, as `elapsed_ms` has it, if it had to wait since.
        """
        if len(key) == 1 and not self.screen.in_text_field:
            key = with_plain_digits(key)
        now = self.elapsed_ms() if pressed_ms is None else pressed_ms
        self.idle.key(now)
        self.speaking.key(now)
        self._speak()
        self._places.append(type(self.screen).__name__)
        is_held = key == self._pressed[0] and now - self._pressed[1] < self.settings.guard_ms
        self._pressed = key, now
        if key == "enter" and now < self._guard_until:
            return
        if key in _TURNS and self._turn(_TURNS[key]):
            return
        self._first_row = None
        screen, place = self.screen, self.screen.place
        faults = self.faults
        self._guarded(lambda: self._dispatch(key, is_held=is_held))
        if self.faults == faults and not screen.covered:
            self.faults = 0  # what was on the screen could be shown, and took a key
        if self.screen is not screen:
            self._guarded(screen.keep)
        self._tell_doing()
        is_other = self.screen is not screen or self.screen.place != place
        if is_other and (key == "enter" or screen.covered):  # a third picture goes on by itself
            self._guard_until = self.elapsed_ms() + self.settings.guard_ms

    def _turn(self, step: int) -> bool:
        """Turn to what did not fit; False where all of it does, or the screen turns its own."""
        first = None
        if self._shown is not None and not self.screen.turns:
            first = turned(*self._shown, step)
        self._first_row = first
        return first is not None

    def paste(self, text: str) -> None:
        """Type a text into the field of the screen; where there is none, or no more, nothing."""
        self.idle.key(self.elapsed_ms())
        self._speak()
        screen = self.screen
        words = " ".join(text.split())
        for character in words if screen.in_text_field else with_plain_digits(words):
            if character.isprintable() and self.screen is screen:
                self._guarded(partial(screen.typed, character))
        self._tell_doing()

    def _tell_doing(self) -> None:
        """What the teacher's live page shows: the topmost screen that is an activity."""
        if self.sitting is None:
            return
        told = (screen.doing() for screen in reversed(self._stack))
        self.sending.doing(next((doing for doing in told if doing is not None), AT_HOME))

    def _guarded(self, command: Callable[[], object]) -> None:
        try:
            command()
        except LearnerErasedError:
            self._erased()
        except StoreFullError:
            self.not_saved = True
        except StoreError as error:
            log.warning("store error=%s screens=%s", type(error).__name__, list(self._places))
            self.not_saved = True
        except Exception:  # whatever it was, the next child must be able to work
            log.exception("fault screens=%s", list(self._places))
            self._to_fault()

    def _to_fault(self) -> None:
        from darasa.client_tui.screens.leaving import FaultScreen

        self.faults += 1
        self._stack[:] = [FaultScreen(self)]

    def _dispatch(self, key: str, *, is_held: bool) -> None:
        screen = self.screen
        before, self.said = self.said, ""
        if screen.typed(key):
            return
        self.said = before
        if key == "ctrl+c":  # never ends anything
            return
        action = self.keys.action_of(key, (*screen.offers(), *self.anywhere()))
        if action is None or (screen.in_text_field and len(key) == 1):
            return
        if is_held and action in _ONCE:
            return
        self.said = ""
        if action is Action.HELP:
            from darasa.client_tui.screens.help import HelpScreen

            if not isinstance(screen, HelpScreen):
                self.open(HelpScreen(self, screen))
        elif action is Action.TELL and not screen.covered:  # there she forgot her secret
            self._tell_teacher()
        elif action is Action.SIGN_OUT_ANYWHERE:
            self._leave()
        elif action is Action.BACK and not _offers(screen, Action.BACK):
            self.back()
        else:
            screen.act(action, key)

    def anywhere(self) -> tuple[Offer, ...]:
        """What every screen of a signed-in learner accepts, whatever it offers itself."""
        if self.screen.covered:
            return (Offer(Action.HELP),)
        offers = [Offer(Action.HELP)]
        if self.sitting is not None:
            offers = [
                Offer(Action.BACK),
                *offers,
                Offer(Action.TELL),
                Offer(Action.SIGN_OUT_ANYWHERE),
            ]
        elif self.settings.may_close:
            offers.append(Offer(Action.SIGN_OUT_ANYWHERE, _("Close"), _("close this program")))
        return tuple(offers)

    def _tell_teacher(self) -> None:
        self.sitting_now().hand(up=not self.hand_up)
        self.hand_up = not self.hand_up
        self.written()
        if self.hand_up:
            self.say(_("Your teacher will see that you need help. T takes it back."))
        else:
            self.say(_("You took it back. T asks again."))

    def _leave(self) -> None:
        from darasa.client_tui.screens.leaving import SignOutScreen

        if self.sitting is None:
            self.ended = self.settings.may_close
        elif not isinstance(self.screen, SignOutScreen):
            self.open(SignOutScreen(self))

    # -- time -----------------------------------------------------------------------------

    def tick(self) -> None:
        """A moment has passed: the idle lock, and screens that count."""
        now = self.elapsed_ms()
        self.speaking.tick(now)
        self._speak()
        self._guarded(lambda: self._tick(now))
        if self.sitting is None:
            return
        match self.idle.state(now, reading=self.screen.reading):
            case Quiet.OUT if not self.not_saved:  # what is not saved stays until it is
                self._guarded(lambda: self.sign_out("idle"))
            case Quiet.LOCK | Quiet.OUT if not self.screen.covered:
                self._lock(now)
            case _:
                pass

    def _tick(self, now: int) -> None:
        sitting = self.sitting
        if sitting is not None and self.classroom.is_erased(sitting.learner.learner_id):
            raise LearnerErasedError("This learner was erased.")
        self.screen.tick(now)

    def _lock(self, now: int) -> None:
        from darasa.client_tui.screens.leaving import LockScreen

        self.idle.lock(now)
        self.said = ""
        self.open(LockScreen(self))
        self._tell_doing()

    def unlock(self) -> None:
        """The same learner is back: everything is as it was left."""
        self.idle.unlock(self.elapsed_ms())
        while self.screen.covered:
            self.back()

    def close(self) -> None:
        """The program ends: an open sitting is signed out as closed."""
        sitting, self.sitting = self.sitting, None
        if sitting is not None:
            self._guarded(lambda: sitting.sign_out("closed"))
            self.sending.signed_in(None)

    # -- the page -------------------------------------------------------------------------

    def page(self, layout: Layout) -> Page:
        """What to show now."""
        try:
            return self._page(layout)
        except Exception:  # a page that cannot be made must not take the client down
            log.exception("fault in page screens=%s", list(self._places))
            self._to_fault()
            return self._page(layout)

    def _speak(self) -> None:
        """The language is one of the process, and follows who is here."""
        sitting = self.sitting
        of = self.screen.learner_id if sitting is None else sitting.learner.learner_id
        try:
            self.speaking.speak(of)
        except StoreError:
            self.speaking.speak(None)  # what cannot be read now must not take the page away

    def _page(self, layout: Layout) -> Page:
        self._speak()
        screen = self.screen
        header = self.header(screen.header_title())
        keys = self.keys.key_line(screen.offers())
        page = screen.page(Frame(layout, header, self._message(screen), keys))
        self._shown = page, layout
        if screen.turns or turned(page, layout, 1) is None:
            return page
        more = KeyWord(_("PgUp/PgDn"), _("More"), PAGE_ON)
        page = replace(page, first_row=self._first_row, keys=(more, *page.keys))
        self._shown = page, layout
        return page

    def _message(self, screen: Screen) -> str:
        if self.not_saved:
            return _(CANNOT_SAVE)
        if self.sitting is not None and self.idle.warns(self.elapsed_ms(), reading=screen.reading):
            return _("This computer locks in one minute. Press any key to stay.")
        return self.said or screen.message()

    def header(self, title: str) -> Header:
        """The status line for a title."""
        sitting = self.sitting
        if sitting is not None and not self.screen.covered:
            who = f"{sitting.learner.short}  {sitting.learner.class_name}".rstrip()
            title = f"{who} | {title}"
        saved = _("NOT SAVED") if self.not_saved else _("Saved")
        return Header(say(title), say(saved), self._teacher_slot(), alarm=self.not_saved)

    def _teacher_slot(self) -> SafeText:
        try:
            return self.sending.teacher_slot()
        except StoreError:
            return say("")  # a count that cannot be read is left out: the page is worth more


def _offers(screen: Screen, action: Action) -> bool:
    return any(offer.action is action for offer in screen.offers())
