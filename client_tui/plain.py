"""Plain mode: the same flow as numbered questions, one line after another (ux.md section 9).

Owns: what is printed of a page, and how a line that was typed becomes keys. No cursor movement, no
colour; works in a pipe, with a speaking terminal, on a Braille line or a printer.
"""

import contextlib
import signal
from collections.abc import Iterator
from typing import Final, TextIO

from darasa.client_tui.actions import NUMBER_CHARACTERS, with_plain_digits
from darasa.client_tui.charset import Charset
from darasa.client_tui.flow import Flow
from darasa.client_tui.locale import _
from darasa.client_tui.page import KeyWord, Layout, Page, text_of
from darasa.content_packs.grading import TYPED_MAX
from darasa.learning.signing_in.pictures import KEYS as PICTURE_KEYS
from darasa.learning.signing_in.pictures import PICTURES, PICTURES_CHOSEN

_WORDS: Final = {
    "help": "?",
    "f1": "?",
    "back": "escape",
    "esc": "escape",
    "on": " ",
    "space": " ",
    "up": "pageup",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "quit": "ctrl+q",
    "ctrl+q": "ctrl+q",
    "left": "left",
    "right": "right",
    "more": "tab",
    "tab": "tab",
    "enter": "enter",
    "backspace": "backspace",
}
_WITHOUT_DOT: Final = frozenset({"enter", "?"})  # the keys of commands that no field takes
_OF_WORDS: Final = frozenset({"text", "name"})  # the fields in which a letter is typed
_AGAIN: Final = "again"
_NOT_SURE: Final = frozenset({"not sure", "not sure yet", "i am not sure yet"})
_CHOICES_MAX: Final = 10
_MOMENT_S: Final = 1.0
_ENDS_OF_INPUT_MAX: Final = 20  # Ctrl+D ends nothing; a terminal that is gone ends the program


def run_plain(flow: Flow, stdin: TextIO, stdout: TextIO, charset: Charset) -> int:
    """Run a flow line by line until it ends or the input does; 0.

    On a terminal the end-of-input key is no end: the question is asked again.
    """
    layout = Layout(charset=charset, plain=True)
    speaker = _Speaker(stdout, charset)
    ends = 0
    while not flow.ended:
        speaker.tell(flow.page(layout))
        line = stdin.readline()
        if not line:
            ends += 1
            if not stdin.isatty() or ends > _ENDS_OF_INPUT_MAX:
                break
            continue
        ends = 0
        screen = flow.screen
        flow.tick()
        if flow.screen is not screen:
            speaker.say(_("What you typed was not taken."))
            continue  # locked or signed out meanwhile: the line was meant for another question
        if line.strip().lower() == _AGAIN:
            speaker.forget()
            continue
        if not _press(flow, line, layout):
            flow.say(_("That is no number or key here. Type help to see them."))
        _wait(flow, layout, speaker)
    flow.close()
    return 0


def _wait(flow: Flow, layout: Layout, speaker: "_Speaker") -> None:
    """Nothing can be asked while others are before her: tell it, and wait."""
    while (ticket := flow.screen.ticket) is not None:
        speaker.tell_message(flow.page(layout))
        ticket.wait(_MOMENT_S)
        flow.tick()


def _press(flow: Flow, line: str, layout: Layout) -> bool:
    """Press the keys of a line; False when it stands for none."""
    page = flow.page(layout)
    keys = keys_of(line, page)
    is_answer = page.field is not None and page.field.kind in {"text", "number"}
    if is_answer and len(keys) > TYPED_MAX + 2:  # the field is emptied first, and Enter is last
        flow.say(_("That is too long for an answer. Type it shorter."))
        return True
    if flow.screen.in_text_field and len(keys) == 1 and len(keys[0]) == 1:
        flow.press("escape")  # a command: its letter would be typed
    for key in keys:
        flow.press(key)
    named = page.field is not None and page.field.kind == "name"
    if named and line.strip()[:1].isalpha() and len(flow.page(layout).options) == 1:
        flow.press("enter")  # one name is left
    return bool(keys)


def keys_of(line: str, page: Page) -> list[str]:
    """The keys that a typed line stands for on a page.

    An empty line does the marked thing; numbers choose; a word or letter is a command; what fits
    the page's field is typed into it. A dot before a command makes it one where text is typed.
    """
    text = line.strip()
    if page.field is None or page.field.kind not in _OF_WORDS:
        text = with_plain_digits(text)
    if not text:
        is_space = bool(line.strip("\r\n")) and any(entry.key == " " for entry in page.keys)
        return [" "] if is_space else ["enter"]
    if text.startswith(".") and len(text) > 1 and not text[1].isdigit():
        return _command(text[1:])
    if text.lower() in _NOT_SURE:  # it is the last of the choices
        return [*["down"] * _CHOICES_MAX, "enter"]
    if text != "?" and _is_typed(text, page):
        return _typed(text, page)
    if len(text) > 1 and text in {option.key for option in page.options}:
        return ["1", *["down"] * (int(text) - 1), "enter"]  # no key has two digits
    keys = _command(text)
    ticks = page.field is None and keys[-1:] == ["enter"]
    return ["ctrl+u", *keys] if ticks else keys  # "1 3" ticks these and no others


def _typed(text: str, page: Page) -> list[str]:
    kind = "" if page.field is None else page.field.kind
    if kind == "pictures":
        return _pictures(text)
    typed = ["ctrl+u", *(character for character in text if character.isprintable())]
    return typed if kind == "name" else [*typed, "enter"]


def _is_typed(text: str, page: Page) -> bool:
    """Whether a line belongs in the page's field."""
    match page.field.kind if page.field is not None else None:
        case "text":
            return True
        case "pin":
            return not text.isalpha()
        case "number":
            return set(text) <= NUMBER_CHARACTERS
        case "name":
            return not text.isdigit()
        case "pictures":
            return bool(_pictures(text))
        case _:
            return False


def _pictures(text: str) -> list[str]:
    """The keys of pictures that were named by word or key; none when any of it is no picture."""
    named = text.casefold().replace(",", " ").split()
    if len(named) == 1 and named[0] not in PICTURES:
        named = list(named[0])
    if not all(one in PICTURES or one in PICTURE_KEYS for one in named):
        return []
    keys = [PICTURE_KEYS[PICTURES.index(one)] if one in PICTURES else one for one in named]
    return ["ctrl+u", *keys] if len(keys) == PICTURES_CHOSEN else keys


def _command(text: str) -> list[str]:
    word = text.lower()
    if word in _WORDS:
        return [_WORDS[word]]
    digits = text.replace(",", " ").split()
    if all(digit.isdigit() and len(digit) == 1 for digit in digits):
        return [*digits, "enter"]
    return [text] if len(text) == 1 else []


class _Speaker:
    """Prints pages; of the same screen only what is new and what can be chosen."""

    def __init__(self, out: TextIO, charset: Charset) -> None:
        self._out = out
        self._charset = charset
        self._name = ""
        self._subject = ""
        self._told: frozenset[str] = frozenset()
        self._status = ""
        self._message: str = ""
        self._keys_told: set[str] = set()

    def forget(self) -> None:
        """Tell the whole page next time."""
        self._name = ""
        self._keys_told.clear()

    def say(self, words: str) -> None:
        """Print a sentence."""
        self._print(words)

    def tell_message(self, page: Page) -> None:
        """Print only what is happening, when it is new."""
        if page.message != self._message:
            self._message = page.message
            self._print(page.message)

    def tell(self, page: Page) -> None:
        """Print a page and ask."""
        lines = [text_of(line).strip() for line in page.body]
        chosen = {option.row for option in page.options}
        same = (page.name, page.subject) == (self._name, self._subject)
        known = self._told if same else frozenset()
        if page.name != self._name:
            self._print("")
            self._print(page.status_left)
        if page.status_right != self._status:
            self._print(page.status_right)
        for row, line in enumerate(lines):
            if line and (row in chosen or line not in known):
                self._print(line)
        self._print(page.message)
        self._tell_keys(page)
        self._name, self._subject, self._status = page.name, page.subject, page.status_right
        self._told = frozenset(lines)
        prompt = f"{page.question}: " if page.question else "> "
        self._out.write(self._charset.shown(prompt))
        self._out.flush()

    def _tell_keys(self, page: Page) -> None:
        """The commands of a page, the first time that they are offered together."""
        dot = "." if page.field is not None and page.field.kind in _OF_WORDS else ""
        words = ", ".join(
            f"{'' if entry.key in _WITHOUT_DOT else dot}{_shown(entry)} {entry.words}".strip()
            for entry in page.keys
            if entry.words
        )
        if words and words not in self._keys_told:
            self._keys_told.add(words)
            self._print(_("Keys: {keys}").format(keys=words))

    def _print(self, line: str) -> None:
        self._out.write(self._charset.shown(line).replace("\n", " ") + "\n")


def _shown(entry: KeyWord) -> str:
    """How plain mode names a key: `?` works in every field."""
    return "?" if entry.key == "?" else entry.shown


@contextlib.contextmanager
def unbreakable(stdin: TextIO) -> Iterator[None]:
    """Ctrl+C, Ctrl+Z and Ctrl+S neither end, suspend nor freeze the program while this lasts.

    A window that closes does end it, whatever its parent ignored: nobody could sign in otherwise.
    """
    kinds = (signal.SIGINT, signal.SIGTSTP, signal.SIGQUIT)
    before = [(kind, signal.signal(kind, signal.SIG_IGN)) for kind in kinds]
    before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL)))
    try:
        with _no_flow_control(stdin):
            yield
    finally:
        for kind, handler in before:
            signal.signal(kind, handler)


@contextlib.contextmanager
def _no_flow_control(stdin: TextIO) -> Iterator[None]:
    if not stdin.isatty():
        yield
        return
    import termios

    before = termios.tcgetattr(stdin.fileno())
    changed = [*before]
    changed[0] = int(before[0]) & ~termios.IXON
    termios.tcsetattr(stdin.fileno(), termios.TCSANOW, changed)
    try:
        yield
    finally:
        termios.tcsetattr(stdin.fileno(), termios.TCSANOW, before)
