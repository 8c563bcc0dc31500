"""Sign-in, step 2: the PIN or the three pictures of a learner; also the way back from the lock."""

from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import secret as present
from darasa.client_tui.screens.new_secret import Then, code_screen
from darasa.client_tui.screens.waiting import CheckedScreen
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.pictures import KEYS, PICTURES_CHOSEN
from darasa.learning.signing_in.verifier import PIN_DIGITS, SecretKind

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.people.people import LearnerRow

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


class SecretScreen(CheckedScreen):
    """What both kinds share: the pause after wrong ones, and what is said of it.

    `other_kind` is set for a learner who has secrets of both kinds, until a teacher has chosen.
    """

    other_kind: SecretKind | None = None
    how = ""

    def __init__(self, flow: "Flow", learner: "LearnerRow", then: Then) -> None:
        super().__init__(flow, learner)
        self._then = then
        self._wrong = 0
        self._pause(flow.classroom.desk.wait_s(learner.learner_id))

    def header_title(self) -> str:
        """Status line."""
        return _("Sign in: {name}").format(name=self._learner.short)

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

    def _check(self) -> None:
        desk = self.flow.classroom.desk
        self._ask(desk.queue_pin(self._learner.learner_id, self._take_given()))

    def _answered(self, answer: SignedIn | WrongSecret) -> None:
        if isinstance(answer, SignedIn):
            self._then(self.how)
            return
        self._wrong += 1
        self._pause(answer.wait_s)
        if not answer.wait_s:
            self.flow.say(_("That is not it. Try again."))

    def tick(self, now_ms: int) -> None:
        """Her turn may have come, or a teacher may have ended the pause."""
        super().tick(now_ms)
        wait_s = self._wait_s()
        if wait_s:
            if wait_s % _ASK_EVERY_S == 0:
                self.flow.sending.try_now()
            self._pause(self.flow.classroom.desk.wait_s(self._learner.learner_id))


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
