"""Giving what a hash checks: the keys so far, the place in the line, the pause after wrong ones.

Owns what all screens that ask for a secret or a code share, and what is said meanwhile. Does not
know what is asked for.
"""

from typing import TYPE_CHECKING, Any

from darasa.client_tui.locale import _, ngettext
from darasa.client_tui.memory import give_large_blocks_back
from darasa.client_tui.screens.base import Screen

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.people.people import LearnerRow
    from darasa.learning.signing_in.one_line import Ticket
    from darasa.sync.ids import LearnerId


class CheckedScreen(Screen):
    """Gathers keys of a learner, has them checked, and waits for the answer."""

    covered = True

    def __init__(self, flow: "Flow", learner: "LearnerRow") -> None:
        super().__init__(flow)
        self._learner = learner
        self._given = ""
        self._ready_at = 0
        self._ticket: Ticket[Any] | None = None
        give_large_blocks_back()

    @property
    def learner_id(self) -> "LearnerId":
        """Who is asked."""
        return self._learner.learner_id

    @property
    def ticket(self) -> "Ticket[Any] | None":
        """The place in the line while something is checked."""
        return self._ticket

    def message(self) -> str:
        """What to do, or how long to wait."""
        if self._ticket is not None:
            return before_words(self._ticket.before())
        wait_s = self._wait_s()
        return wait_words(wait_s) if wait_s else self._what_now()

    def tick(self, now_ms: int) -> None:
        """Her turn may have come."""
        self._take_answer()

    def _what_now(self) -> str:
        """What to do while nothing is waited for."""
        return ""

    def _answered(self, answer: Any) -> None:
        """What the check came to."""

    def _ask(self, ticket: "Ticket[Any]") -> None:
        """Wait for an answer; with others before her in the line it comes with a tick."""
        self._ticket = ticket
        if not ticket.before():
            ticket.future.exception()
        self._take_answer()

    def _take_answer(self) -> None:
        ticket = self._ticket
        if ticket is not None and ticket.is_done():
            self._ticket = None
            self._answered(ticket.result())

    def _may_give(self) -> bool:
        """Whether keys are taken now: not during a pause, nor while something is checked."""
        return self._ticket is None and not self._wait_s()

    def _take_given(self) -> str:
        """What was given so far; the next begins anew."""
        given, self._given = self._given, ""
        return given

    def _take_back(self, key: str) -> bool:
        if key not in {"backspace", "ctrl+u"}:
            return False
        self._given = self._given[:-1] if key == "backspace" else ""
        return True

    def _pause(self, wait_s: int) -> None:
        self._ready_at = self.flow.elapsed_ms() + wait_s * 1_000 if wait_s else 0

    def _wait_s(self) -> int:
        return max(0, -(-(self._ready_at - self.flow.elapsed_ms()) // 1_000))


def before_words(count: int) -> str:
    """How many are checked before her."""
    if not count:
        return _("One moment, it is your turn.")
    words = ngettext("One moment: {count} before you.", "One moment: {count} before you.", count)
    return words.format(count=count)


def wait_words(wait_s: int) -> str:
    """How long the pause after wrong ones lasts."""
    return ngettext(
        "Please wait {count} second, then try again.",
        "Please wait {count} seconds, then try again.",
        wait_s,
    ).format(count=wait_s)
