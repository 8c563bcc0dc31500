"""What every screen is: offers of actions, a page, and what its keys do."""

import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from darasa.client_tui.actions import Action, Offer
from darasa.client_tui.page import Frame, Page
from darasa.sync.messages import Doing

if TYPE_CHECKING:
    from darasa.client_tui.flow import Flow
    from darasa.learning.signing_in.one_line import Ticket
    from darasa.sync.ids import LearnerId


class Activity(NamedTuple):
    """What a learner is at: a `messages.Doing`, an item or lesson (`about_of`), the place in it."""

    doing: Doing
    about: str = ""
    nth: int = 0
    of: int = 0


AT_HOME: Final = Activity(Doing.HOME)
_IN_NAMES: Final = " '-.\N{RIGHT SINGLE QUOTATION MARK}"


class Screen:
    """One screen's state. Thin: it asks a presenter for a page and sends commands to `learning`."""

    help_title = ""  # translated name in the help's status line
    reading = False  # reading counts as active for longer (ux.md section 6)
    turns = False  # it turns its own pages; others are turned for it when they do not fit
    covered = False  # the learner's work is hidden: only help is shared with other screens

    def __init__(self, flow: "Flow") -> None:
        self.flow = flow

    @property
    def learner_id(self) -> "LearnerId | None":
        """Whose name is chosen, before she is signed in: she is spoken to in her language."""
        return None

    @property
    def place(self) -> str:
        """Changes when something else is asked: Enter is guarded for a moment after a change."""
        return type(self).__name__

    @property
    def in_text_field(self) -> bool:
        """Whether letters and `?` are typed now instead of being commands."""
        return False

    @property
    def ticket(self) -> "Ticket[Any] | None":
        """What the screen waits for; its answer is taken by the next tick."""
        return None

    def offers(self) -> tuple[Offer, ...]:
        """The actions that are accepted now, in the order of the key line."""
        return ()

    def message(self) -> str:
        """What to do now: the message line when nothing has just happened."""
        return ""

    def doing(self) -> Activity | None:
        """What the learner is at; None: whatever the screen below says."""
        return None

    def page(self, frame: Frame) -> Page:
        """The screen as a page."""
        raise NotImplementedError

    def header_title(self) -> str:
        """What stands in the status line after the learner's name."""
        return ""

    def typed(self, key: str) -> bool:
        """Take a key into a field; False when it is not for a field."""
        return False

    def act(self, action: Action, key: str) -> None:
        """Do an offered action."""

    def keep(self) -> None:
        """Save what is half typed: another screen comes."""

    def tick(self, now_ms: int) -> None:
        """A second has passed (`now_ms` of the clock's elapsed time)."""


def name_with(typed: str, key: str) -> str | None:
    """The part of a name that was typed, with one more key; None for a key that no name has.

    A mark belongs to the letter before it: many scripts write most of their vowels so.
    """
    belongs = unicodedata.category(key)[0] == "M" or key in _IN_NAMES
    if key.isalpha() or (typed and belongs):
        return unicodedata.normalize("NFC", typed + key)
    return None


def moved(marked: int, action: Action, count: int) -> int:
    """The marked row after Up or Down; the ends do not wrap, and an empty list has the first."""
    if action is Action.UP:
        return max(0, marked - 1)
    if action is Action.DOWN:
        return max(0, min(count - 1, marked + 1))
    return marked
