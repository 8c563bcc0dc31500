"""What a learner has marked, ticked or typed as an answer, before she checks it.

Owns: the marked place and how keys move it. Lives as long as one item is on the screen. Does not
know what an answer is worth.
"""

from darasa.client_tui.actions import NUMBER_CHARACTERS, Action
from darasa.client_tui.presenters.item import ItemState
from darasa.client_tui.screens.base import moved
from darasa.content_packs.grading import TYPED_MAX, Response, Typed
from darasa.learning.views import ItemView


class AnswerEntry:
    """The answer to one item, nothing marked at first, and typed what was half typed before.

    Places count the choices (or the field) from 0; the last is "I am not sure yet".
    """

    def __init__(self, view: ItemView) -> None:
        self.view = view
        self.typing = typing_of(view)
        self._several = view.instance.item.kind == "multiple"
        self._last = 1 if self.typing else len(view.instance.choices)
        self.undo()
        self._typed = view.typed if self.typing else ""

    @property
    def several(self) -> bool:
        """Whether choices are ticked."""
        return self._several

    @property
    def in_text_field(self) -> bool:
        """Letters are typed only in a text field that was not left with Esc."""
        return self.typing == "text" and self._marked == 0

    @property
    def is_not_sure(self) -> bool:
        """Whether "I am not sure yet" is marked."""
        return self._marked == self._last

    def state(self) -> ItemState:
        """For the presenter."""
        return ItemState(self.view, self._marked, self._picked, self._typed, self.typing)

    @property
    def text(self) -> str:
        """What is typed; empty where one chooses."""
        return self._typed

    def response(self) -> Response | None:
        """The answer; None while there is none."""
        if self.typing:
            return Typed(self._typed.strip()) if self._typed.strip() else None
        if self._several:
            return self.view.picked(*sorted(self._picked)) if self._picked else None
        return self.view.picked(self._marked) if self._marked is not None else None

    def undo(self) -> None:
        """Nothing marked, ticked or typed."""
        self._marked: int | None = 0 if self.typing else None
        self._picked: frozenset[int] = frozenset()
        self._typed = ""

    def typed(self, key: str) -> bool:
        """Take a key into the field; False when it is not for it.

        Ctrl+U takes ticks away, and begins the field anew wherever the mark is.
        """
        if key == "ctrl+u" and (self._several or self.typing):
            self._picked, self._typed = frozenset(), ""
            self._marked = 0 if self.typing else self._marked
            return True
        if not self.typing or (self.typing == "text" and self._marked != 0):
            return False
        if key == "backspace":
            self._typed = self._typed[:-1]
        elif len(key) == 1 and (self.typing == "text" or key in NUMBER_CHARACTERS):
            self._typed = (self._typed + key)[:TYPED_MAX]
        elif self.typing == "text" and key == "escape":
            self._marked = None
            return True
        else:
            return False
        self._marked = 0
        return True

    def act(self, action: Action, key: str) -> None:
        """Choose, tick or move; other actions are not for the answer."""
        match action:
            case Action.UNDO:
                self.undo()
            case Action.CHOOSE if not self.typing and int(key) <= self._last + 1:
                self._choose(int(key) - 1)
            case Action.ON if self._marked is not None and self._marked < self._last:
                self._picked ^= {self._marked}
            case Action.UP | Action.DOWN if self._marked is None:
                self._marked = 0
            case Action.UP | Action.DOWN:
                self._marked = moved(self._marked or 0, action, self._last + 1)
            case _:
                pass

    def _choose(self, place: int) -> None:
        self._marked = place
        if self._several and place < self._last:
            self._picked ^= {place}


def typing_of(view: ItemView) -> str | None:
    """What is typed: "number" or "text"; None where one chooses."""
    item = view.instance.item
    if item.kind != "answer":
        return None
    return "number" if all(answer.kind == "number" for answer in item.answers) else "text"
