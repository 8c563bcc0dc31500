"""A new secret: a one-use code from the teacher, then a PIN or pictures of her own, twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import secret as present
from darasa.client_tui.screens.waiting import CheckedScreen
from darasa.learning.errors import SecretError
from darasa.learning.resume import code_owner
from darasa.learning.signing_in.checks import CODE_DIGITS
from darasa.learning.signing_in.desk import SignedIn, WrongSecret
from darasa.learning.signing_in.first_secrets import check_chosen
from darasa.learning.signing_in.learner_secrets import CodeFits
from darasa.learning.signing_in.pictures import KEYS, PICTURES_CHOSEN
from darasa.learning.signing_in.verifier import PIN_DIGITS, SecretKind

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.people.people import LearnerRow

Then = Callable[[str], None]
"""What happens once she is known: given how she was, for the sign-in's event."""

HOW: Final = "code"


def code_screen(flow: "Flow", learner: "LearnerRow", then: Then) -> "CodeScreen":
    """The screen that asks for a learner's one-use code."""
    return CodeScreen(flow, learner, then)


class CodeScreen(CheckedScreen):
    """Six digits that the teacher reads out; the last one checks."""

    def __init__(self, flow: "Flow", learner: "LearnerRow", then: Then) -> None:
        super().__init__(flow, learner)
        self._then = then
        self._pause(flow.classroom.desk.wait_s(code_owner(learner.learner_id)))
        flow.sending.try_now()  # the newest code may not have come yet

    def header_title(self) -> str:
        """Status line."""
        return _("New code: {name}").format(name=self._learner.short)

    def offers(self) -> tuple[Offer, ...]:
        """Digits, and back."""
        return (
            Offer(Action.GO, _("Check")),
            Offer(Action.UNDO, _("Undo"), keys_shown=_("Backspace")),
            Offer(Action.BACK),
            Offer(Action.HELP),
        )

    def _what_now(self) -> str:
        return _("Type the code that your teacher reads out.")

    def page(self, frame: Frame) -> Page:
        """The code in clear: it is good once, and the teacher says it aloud."""
        return present.code(self._learner.short, self._given, frame)

    def typed(self, key: str) -> bool:
        """Digits; the sixth checks."""
        if self._take_back(key):
            return True
        if len(key) != 1 or not (key.isascii() and key.isdigit()):
            return key == " "
        if self._may_give():
            self._given += key
            if len(self._given) == CODE_DIGITS:
                self._check()
        return True

    def act(self, action: Action, key: str) -> None:
        """Go back, or take a digit back."""
        if action is Action.BACK:
            self.flow.back()
        elif action is Action.UNDO:
            self._given = self._given[:-1]
        elif action is Action.GO and self._given and self._ticket is None:
            self.flow.say(_("A code has six numbers."))

    def _check(self) -> None:
        desk = self.flow.classroom.desk
        self._ask(desk.queue_code(self._learner.learner_id, self._take_given()))

    def _answered(self, answer: CodeFits | WrongSecret) -> None:
        if isinstance(answer, CodeFits):
            self.flow.replace(choose_screen(self.flow, self._learner, answer, self._then))
            return
        self._pause(answer.wait_s)
        self.flow.sending.try_now()
        if not answer.wait_s:
            self.flow.say(_("That is not your code now. Look again, or ask for a new one."))


def choose_screen(
    flow: "Flow", learner: "LearnerRow", fits: CodeFits, then: Then
) -> "ChooseScreen":
    """The screen for the kind of secret that her class is set up for."""
    kinds = {row.record_id: row.sign_in for row in flow.classroom.people.classes()}
    kind = kinds.get(learner.class_id) if learner.class_id is not None else None
    return ChooseScreen(flow, learner, fits, then, kind=kind or SecretKind.TYPED)


class ChooseScreen(CheckedScreen):
    """A PIN or pictures of her own, and the same again."""

    def __init__(
        self,
        flow: "Flow",
        learner: "LearnerRow",
        fits: CodeFits,
        then: Then,
        *,
        kind: SecretKind,
    ) -> None:
        super().__init__(flow, learner)
        self._fits = fits
        self._then = then
        self._kind = kind
        self._first = ""  # what she chose, until it was given twice

    @property
    def place(self) -> str:
        """Enter is guarded after the first of two."""
        return f"ChooseScreen {bool(self._first)}"

    def header_title(self) -> str:
        """Status line."""
        return _("New secret: {name}").format(name=self._learner.short)

    def offers(self) -> tuple[Offer, ...]:
        """As at sign-in."""
        if self._kind is SecretKind.PICTURES:
            first = Offer(Action.CHOOSE, keys_shown="1-9 a-c")
        else:
            first = Offer(Action.GO, _("Take it"))
        return (
            first,
            Offer(Action.UNDO, _("Undo"), keys_shown=_("Backspace")),
            Offer(Action.BACK, _("Not me")),
            Offer(Action.HELP),
        )

    def _what_now(self) -> str:
        if self._kind is SecretKind.PICTURES:
            return _("The same pictures again.") if self._first else _("Choose three pictures.")
        if self._first:
            return _("Type the same numbers again, then press Enter.")
        return _("Type four numbers that only you know, then press Enter.")

    def page(self, frame: Frame) -> Page:
        """As at sign-in, with other words."""
        is_pictures = self._kind is SecretKind.PICTURES
        if is_pictures:
            asked = _("The same again:") if self._first else _("Your new pictures, in order:")
        else:
            asked = _("The same again:") if self._first else _("Your new PIN:")
        entry = present.Entry(
            self._learner.short,
            asked,
            len(self._given),
            forgot=_("Choose what you can keep in mind. Tell nobody."),
        )
        return (present.pictures if is_pictures else present.pin)(entry, frame)

    def typed(self, key: str) -> bool:
        """Digits or pictures."""
        if self._take_back(key):
            return True
        small = key.lower()
        if self._kind is SecretKind.PICTURES:
            if len(small) != 1 or small not in KEYS:
                return False
            self._give(small)
            if len(self._given) == PICTURES_CHOSEN:
                self._taken()
            return True
        if len(key) == 1 and key.isascii() and key.isdigit():
            if len(self._given) < PIN_DIGITS:
                self._give(key)
            return True
        return False

    def act(self, action: Action, key: str) -> None:
        """Take what was typed, or go back: then the code is still good."""
        if action is Action.BACK and self.flow.sitting is not None:
            self.flow.back()  # towards the lock of whoever is signed in
        elif action is Action.BACK:
            self.flow.to_sign_in()
        elif action is Action.UNDO:
            self._given = self._given[:-1]
        elif action is Action.GO and self._given and self._ticket is None:
            self._taken()

    def _give(self, key: str) -> None:
        if self._may_give():
            self._given += key

    def _taken(self) -> None:
        given = self._take_given()
        if not self._first:
            self._keep_first(given)
        elif given != self._first:
            self._first = ""
            self.flow.say(_("These two differ. Choose again."))
        else:
            self._ask(self.flow.classroom.desk.queue_choice(self._fits, self._kind, given))

    def _keep_first(self, given: str) -> None:
        try:
            self._first = check_chosen(self._kind, given)
        except SecretError as error:
            self.flow.say(_(str(error)))

    def _answered(self, answer: SignedIn) -> None:
        self._first = ""
        self.flow.written()
        self._then(HOW)
