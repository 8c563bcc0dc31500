"""Sign-in, step 2: the PIN or the three pictures of a learner; also the way back from the lock."""

from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.memory import give_large_blocks_back
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import secret as present
from darasa.client_tui.screens.base import Screen
from darasa.client_tui.screens.new_secret import Then, code_screen
from darasa.client_tui.screens.waiting import before_words, wait_words
from darasa.learning.pictures import KEYS, PICTURES_CHOSEN
from darasa.learning.sign_in import SignedIn, WrongSecret
from darasa.learning.verifier import PIN_DIGITS, SecretKind

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.one_line import Ticket
    from darasa.learning.people import LearnerRow

_TRIES_BEFORE_TEACHER: Final = 3
_ASK_EVERY_S: Final = 5  # a teacher who ends a pause stands beside her


def open_secret(flow: "Flow", learner: "LearnerRow") -> None:
    """Ask for the secret of a learner and sign her in."""
    flow.open(secret_screen(flow, learner, lambda how: flow.begin(learner, how)))


def secret_screen(
    flow: "Flow", learner: "LearnerRow", then: Then, *, kind: SecretKind | None = None
) -> "SecretScreen":
    """The screen for a secret that she has, the first kind unless told; `then` runs when it was
    right."""
    kinds = flow.classroom.desk.kinds(learner.learner_id)
    kind = kinds[0] if kind is None else kind
    is_pictures = kind is SecretKind.PICTURES
    screen = (PicturesScreen if is_pictures else PinScreen)(flow, learner, then)
    screen.other_kind = next((each for each in kinds if each is not kind), None)
    return screen


class SecretScreen(Screen):
    """What both kinds share: the pause after wrong ones, and what is said of it.

    `other_kind` is set for a learner who has secrets of both kinds, until a teacher has chosen.
    """

    covered = True
    other_kind: SecretKind | None = None
    how = ""

    def __init__(self, flow: "Flow", learner: "LearnerRow", then: Then) -> None:
        super().__init__(flow)
        self._learner = learner
        self._then = then
        self._given = ""
        self._wrong = 0
        self._ready_at = 0
        self._ticket: Ticket[SignedIn | WrongSecret] | None = None
        give_large_blocks_back()
        self._pause(flow.classroom.desk.wait_s(learner.learner_id))

    def header_title(self) -> str:
        """Status line."""
        return _("Sign in: {name}").format(name=self._learner.short)

    def message(self) -> str:
        """What to do, or how long to wait."""
        if self._ticket is not None:
            return before_words(self._ticket.before())
        wait_s = self._wait_s()
        return wait_words(wait_s) if wait_s else self._what_now()

    def _what_now(self) -> str:
        raise NotImplementedError

    def _ways_out(self) -> tuple[Offer, ...]:
        """What both kinds offer besides."""
        other = (
            ()
            if self.other_kind is None
            else (
                Offer(
                    Action.OTHER_KIND,
                    _("Pictures") if self.other_kind is SecretKind.PICTURES else _("PIN"),
                ),
            )
        )
        return (
            *other,
            Offer(Action.TELL, _("Forgot"), _("type a code from your teacher")),
            Offer(Action.BACK, _("Not me")),
            Offer(Action.HELP),
        )

    def act(self, action: Action, key: str) -> None:
        """Leave, for the names, a code, or the other kind of secret."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.TELL:
            self.flow.open(code_screen(self.flow, self._learner, self._then))
        elif action is Action.OTHER_KIND:
            self.flow.replace(
                secret_screen(self.flow, self._learner, self._then, kind=self.other_kind)
            )

    def _entry(self, asked: str) -> present.Entry:
        is_stuck = self._wrong >= _TRIES_BEFORE_TEACHER or self._wait_s()
        return present.Entry(
            self._learner.short,
            asked,
            len(self._given),
            notice=_("Ask your teacher for a one-day code.") if is_stuck else "",
            forgot=_("Forgot?  Press T and your teacher can give you a one-day code."),
        )

    @property
    def ticket(self) -> "Ticket[SignedIn | WrongSecret] | None":
        """The place in the line while a secret is checked."""
        return self._ticket

    def _check(self) -> None:
        """Ask the desk; with others before her in the line the answer comes with a tick."""
        given, self._given = self._given, ""
        self._ticket = self.flow.classroom.desk.queue_pin(self._learner.learner_id, given)
        if not self._ticket.before():
            self._ticket.future.exception()
        self._take_answer()

    def _take_answer(self) -> None:
        ticket = self._ticket
        if ticket is None or not ticket.is_done():
            return
        self._ticket = None
        answer = ticket.result()
        if isinstance(answer, SignedIn):
            self._then(self.how)
            return
        self._wrong += 1
        self._pause(answer.wait_s)
        if not answer.wait_s:
            self.flow.say(_("That is not it. Try again."))

    def tick(self, now_ms: int) -> None:
        """Her turn may have come, or a teacher may have ended the pause."""
        self._take_answer()
        wait_s = self._wait_s()
        if wait_s:
            if wait_s % _ASK_EVERY_S == 0:
                self.flow.sending.try_now()
            self._pause(self.flow.classroom.desk.wait_s(self._learner.learner_id))

    def _may_give(self) -> bool:
        """Whether a secret is taken now: not during a pause, nor while one is checked."""
        return self._ticket is None and not self._wait_s()

    def _take_back(self, key: str) -> bool:
        if key not in {"backspace", "ctrl+u"}:
            return False
        self._given = self._given[:-1] if key == "backspace" else ""
        return True

    def _pause(self, wait_s: int) -> None:
        self._ready_at = self.flow.elapsed_ms() + wait_s * 1_000 if wait_s else 0

    def _wait_s(self) -> int:
        return max(0, -(-(self._ready_at - self.flow.elapsed_ms()) // 1_000))


class PinScreen(SecretScreen):
    """Digits, then Enter."""

    how = SecretKind.TYPED.word

    def offers(self) -> tuple[Offer, ...]:
        """Enter checks, Esc goes back to the names."""
        return (Offer(Action.GO, _("Check")), *self._ways_out())

    def _what_now(self) -> str:
        return _("Type your PIN, then press Enter.")

    def page(self, frame: Frame) -> Page:
        """The PIN as marks."""
        return present.pin(self._entry(_("Your PIN:")), frame)

    def typed(self, key: str) -> bool:
        """Digits; letters are commands."""
        if self._take_back(key):
            return True
        if len(key) == 1 and key.isascii() and key.isdigit():
            self._given = (self._given + key)[: 3 * PIN_DIGITS]
            return True
        return False

    def act(self, action: Action, key: str) -> None:
        """Check the PIN, or leave."""
        if action is not Action.GO:
            super().act(action, key)
        elif self._given and self._may_give():
            self._check()


class PicturesScreen(SecretScreen):
    """Three keys: the third one checks."""

    how = SecretKind.PICTURES.word

    def offers(self) -> tuple[Offer, ...]:
        """The pictures, and back to the names."""
        return (
            Offer(Action.CHOOSE, keys_shown="1-9 a-c"),
            Offer(Action.UNDO, _("Undo"), keys_shown=_("Backspace")),
            *self._ways_out(),
        )

    def _what_now(self) -> str:
        return (
            _("Choose your first picture."),
            _("Choose your second picture."),
            _("Choose your third picture."),
        )[len(self._given)]

    def page(self, frame: Frame) -> Page:
        """The twelve pictures."""
        return present.pictures(self._entry(_("Your sign-in pictures, in order:")), frame)

    def typed(self, key: str) -> bool:
        """A picture; during a pause none is taken."""
        if self._take_back(key):
            return True
        small = key.lower()
        if len(key) != 1 or small not in KEYS:
            return False
        if not self._may_give():
            return True
        self._given += small
        if len(self._given) == PICTURES_CHOSEN:
            self._check()
        return True

    def act(self, action: Action, key: str) -> None:
        """Take one back, or leave."""
        if action is Action.UNDO:
            self._take_back("backspace")
        else:
            super().act(action, key)
