"""A new secret: a one-use code from the teacher, then a PIN or pictures of her own, twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.locale import _
from darasa.client_tui.memory import give_large_blocks_back
from darasa.client_tui.page import Frame, Page
from darasa.client_tui.presenters import secret as present
from darasa.client_tui.screens.base import Screen
from darasa.client_tui.screens.waiting import before_words, wait_words
from darasa.learning.errors import SecretError
from darasa.learning.first_secrets import check_chosen
from darasa.learning.learner_secrets import CodeFits
from darasa.learning.pictures import KEYS, PICTURES_CHOSEN
from darasa.learning.resume import code_owner
from darasa.learning.sign_in import SignedIn, WrongSecret
from darasa.learning.sign_in_checks import CODE_DIGITS
from darasa.learning.verifier import PIN_DIGITS, SecretKind

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.one_line import Ticket
    from darasa.learning.people import LearnerRow

Then = Callable[[str], None]
"""What happens once she is known: given how she was, for the sign-in's event."""

HOW: Final = "code"


def code_screen(flow: "Flow", learner: "LearnerRow", then: Then) -> "CodeScreen":
    """The screen that asks for a learner's one-use code."""
    return CodeScreen(flow, learner, then)


class CodeScreen(Screen):
    """Six digits that the teacher reads out; the last one checks."""

    covered = True

    def __init__(self, flow: "Flow", learner: "LearnerRow", then: Then) -> None:
        super().__init__(flow)
        self._learner = learner
        self._then = then
        self._given = ""
        self._ready_at = 0
        self._ticket: Ticket[CodeFits | WrongSecret] | None = None
        give_large_blocks_back()
        self._pause(flow.classroom.desk.wait_s(code_owner(learner.learner_id)))
        flow.sending.try_now()  # the newest code may not have come yet

    @property
    def ticket(self) -> "Ticket[Any] | None":
        """The place in the line while the code is checked."""
        return self._ticket

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

    def message(self) -> str:
        """What to do."""
        if self._ticket is not None:
            return before_words(self._ticket.before())
        wait_s = self._wait_s()
        return wait_words(wait_s) if wait_s else _("Type the code that your teacher reads out.")

    def page(self, frame: Frame) -> Page:
        """The code in clear: it is good once, and the teacher says it aloud."""
        return present.code(self._learner.short, self._given, frame)

    def typed(self, key: str) -> bool:
        """Digits; the sixth checks."""
        if key in {"backspace", "ctrl+u"}:
            self._given = self._given[:-1] if key == "backspace" else ""
            return True
        if len(key) != 1 or not (key.isascii() and key.isdigit()):
            return key == " "
        if self._ticket is None and not self._wait_s():
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

    def tick(self, now_ms: int) -> None:
        """Her turn may have come."""
        self._take_answer()

    def _check(self) -> None:
        given, self._given = self._given, ""
        self._ticket = self.flow.classroom.desk.queue_code(self._learner.learner_id, given)
        if not self._ticket.before():
            self._ticket.future.exception()
        self._take_answer()

    def _take_answer(self) -> None:
        ticket = self._ticket
        if ticket is None or not ticket.is_done():
            return
        self._ticket = None
        answer = ticket.result()
        if isinstance(answer, CodeFits):
            self.flow.replace(choose_screen(self.flow, self._learner, answer, self._then))
            return
        self._pause(answer.wait_s)
        self.flow.sending.try_now()
        if not answer.wait_s:
            self.flow.say(_("That is not your code now. Look again, or ask for a new one."))

    def _pause(self, wait_s: int) -> None:
        self._ready_at = self.flow.elapsed_ms() + wait_s * 1_000 if wait_s else 0

    def _wait_s(self) -> int:
        return max(0, -(-(self._ready_at - self.flow.elapsed_ms()) // 1_000))


def choose_screen(
    flow: "Flow", learner: "LearnerRow", fits: CodeFits, then: Then
) -> "ChooseScreen":
    """The screen for the kind of secret that her class is set up for."""
    kinds = {row.record_id: row.sign_in for row in flow.classroom.people.classes()}
    kind = kinds.get(learner.class_id) if learner.class_id is not None else None
    return ChooseScreen(flow, learner, fits, then, kind=kind or SecretKind.TYPED)


class ChooseScreen(Screen):
    """A PIN or pictures of her own, and the same again."""

    covered = True

    def __init__(
        self,
        flow: "Flow",
        learner: "LearnerRow",
        fits: CodeFits,
        then: Then,
        *,
        kind: SecretKind,
    ) -> None:
        super().__init__(flow)
        self._learner = learner
        self._fits = fits
        self._then = then
        self._kind = kind
        self._given = ""
        self._first = ""  # what she chose, until it was given twice
        self._ticket: Ticket[SignedIn] | None = None

    @property
    def place(self) -> str:
        """Enter is guarded after the first of two."""
        return f"ChooseScreen {bool(self._first)}"

    @property
    def ticket(self) -> "Ticket[Any] | None":
        """The place in the line while it is kept."""
        return self._ticket

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

    def message(self) -> str:
        """What to do."""
        if self._ticket is not None:
            return before_words(self._ticket.before())
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
        if key in {"backspace", "ctrl+u"}:
            self._given = self._given[:-1] if key == "backspace" else ""
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
        if action is Action.BACK:
            self.flow.to_sign_in()
        elif action is Action.UNDO:
            self._given = self._given[:-1]
        elif action is Action.GO and self._given and self._ticket is None:
            self._taken()

    def tick(self, now_ms: int) -> None:
        """Her turn may have come."""
        self._take_answer()

    def _give(self, key: str) -> None:
        if self._ticket is None:
            self._given += key

    def _taken(self) -> None:
        given, self._given = self._given, ""
        if not self._first:
            self._keep_first(given)
        elif given != self._first:
            self._first = ""
            self.flow.say(_("These two differ. Choose again."))
        else:
            desk = self.flow.classroom.desk
            self._ticket = desk.queue_choice(self._fits, self._kind, given)
            if not self._ticket.before():
                self._ticket.future.exception()
            self._take_answer()

    def _keep_first(self, given: str) -> None:
        try:
            self._first = check_chosen(self._kind, given)
        except SecretError as error:
            self.flow.say(_(str(error)))

    def _take_answer(self) -> None:
        ticket = self._ticket
        if ticket is None or not ticket.is_done():
            return
        self._ticket, self._first = None, ""
        ticket.result()
        self.flow.written()
        self._then(HOW)
