"""One table of keys, actions and words: it feeds bindings, the key line, the help and remapping.

Owns: which key does what (ux.md section 4) and the map of a school's own keys. Pure. A key is the
character it types, or a name: enter, escape, tab, up, down, left, right, pageup, pagedown,
backspace, f1, ctrl+q.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from darasa.client_tui.locale import _, mark
from darasa.client_tui.page import KeyWord


class Action(StrEnum):
    """Everything a learner can ask for by a key."""

    GO = "go"
    BACK = "back"
    HELP = "help"
    CHOOSE = "choose"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    ON = "page-on"
    PAGE_UP = "page-up"
    RICHER = "richer"
    EASIER = "easier"
    HINT = "hint"
    READ = "read"
    TELL = "tell-teacher"
    OTHER_KIND = "other-kind"
    UNDO = "undo"
    SKIP = "skip"
    SHOW = "show-me"
    MAP = "map"
    GOALS = "goals"
    SYNC = "sync"
    LOOKS = "looks"
    READY_ONLY = "ready-only"
    SOMEONE_ELSE = "someone-else"
    SIGN_OUT = "sign-out"
    SIGN_OUT_ANYWHERE = "sign-out-anywhere"


class Binding(NamedTuple):
    """The keys of an action, how the key line writes them, and what the help says."""

    keys: tuple[str, ...]
    shown: str
    words: str
    help: str


BINDINGS: Final[dict[Action, Binding]] = {
    Action.GO: Binding(("enter",), "Enter", mark("Go"), mark("do the marked thing")),
    Action.BACK: Binding(("escape",), "Esc", mark("Back"), mark("go back")),
    Action.HELP: Binding(("?", "f1"), "?", mark("Help"), mark("this help")),
    Action.CHOOSE: Binding(
        tuple("123456789"), "1-9", mark("Choose"), mark("choose a row or an answer")
    ),
    Action.UP: Binding(("up", "shift+tab"), "Up", "", mark("move up")),
    Action.DOWN: Binding(("down", "tab"), "Down", "", mark("move down")),
    Action.LEFT: Binding(("left",), "Left", "", mark("move left")),
    Action.RIGHT: Binding(("right",), "Right", "", mark("move right")),
    Action.ON: Binding((" ", "pagedown"), "Space", mark("On"), mark("read on")),
    Action.PAGE_UP: Binding(("pageup",), "PgUp", mark("Up"), mark("read back")),
    Action.RICHER: Binding(("+",), "+", mark("Richer words"), mark("richer words")),
    Action.EASIER: Binding(("-",), "-", mark("Easier words"), mark("easier words")),
    Action.HINT: Binding(("h",), "H", mark("Hint"), mark("a hint")),
    Action.READ: Binding(("r",), "R", mark("Read"), mark("read the lesson, come back")),
    Action.TELL: Binding(("t",), "T", mark("Tell teacher"), mark("tell my teacher I need help")),
    Action.OTHER_KIND: Binding(("o",), "O", "", mark("sign in with the other secret")),
    Action.UNDO: Binding(("u",), "U", mark("Undo"), mark("take back before checking")),
    Action.SKIP: Binding(("k",), "K", mark("Skip"), mark("skip, come back later")),
    Action.SHOW: Binding((), "", mark("Show me how"), mark("see how it is done")),
    Action.MAP: Binding(("m",), "M", mark("Map"), mark("see your map")),
    Action.GOALS: Binding(("g",), "G", mark("Goals"), mark("see your goals, set one")),
    Action.SYNC: Binding(("s",), "S", mark("Sync"), mark("where is my work?")),
    Action.LOOKS: Binding(("l",), "L", mark("Looks"), mark("colours of the screen")),
    Action.READY_ONLY: Binding(
        ("f",), "F", mark("Filter: ready only"), mark("show only what is ready")
    ),
    Action.SOMEONE_ELSE: Binding(("n",), "N", mark("Someone else"), mark("someone else signs in")),
    Action.SIGN_OUT: Binding(("q",), "Q", mark("Sign out"), mark("sign out")),
    Action.SIGN_OUT_ANYWHERE: Binding(("ctrl+q",), "Ctrl+Q", mark("Sign out"), mark("sign out")),
}

NUMBER_CHARACTERS: Final = frozenset("0123456789/.,-+ ")


def with_plain_digits(typed: str) -> str:
    """The same with the digits of any script as 0 to 9: keyboards of many languages type others."""
    if typed.isascii():
        return typed
    return "".join(str(unicodedata.decimal(one, one)) for one in typed)


class Offer(NamedTuple):
    """An action that a screen accepts now, with its own words; `shown` False keeps it off the key
    line (it is still in the help)."""

    action: Action
    words: str | None = None  # translated
    help: str | None = None  # translated
    shown: bool = True
    keys_shown: str | None = None


class KeyMap:
    """The bindings, with a school's own keys by action name."""

    def __init__(self, own: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._bindings = dict(BINDINGS)
        for name, keys in (own or {}).items():
            action = Action(name)
            shown = keys[0].upper() if len(keys[0]) == 1 else keys[0].capitalize()
            self._bindings[action] = self._bindings[action]._replace(keys=keys, shown=shown)

    def action_of(self, key: str, offers: Iterable[Offer]) -> Action | None:
        """The offered action of a key, letters in either case; None when the key is not offered."""
        small = key.lower() if len(key) == 1 else key
        for offer in offers:
            if small in self._bindings[offer.action].keys:
                return offer.action
        return None

    def key_line(self, offers: Iterable[Offer]) -> tuple[KeyWord, ...]:
        """The key line's entries."""
        return tuple(
            KeyWord(
                offer.keys_shown or self._bindings[offer.action].shown,
                _(self._bindings[offer.action].words) if offer.words is None else offer.words,
                self._bindings[offer.action].keys[0],
            )
            for offer in offers
            if offer.shown
        )

    def help_rows(self, offers: Iterable[Offer]) -> tuple[tuple[str, str], ...]:
        """(key, what it does) for the help, from the live map."""
        return tuple(
            (
                offer.keys_shown or self._bindings[offer.action].shown,
                offer.help or _(self._bindings[offer.action].help),
            )
            for offer in offers
        )
