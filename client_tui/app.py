"""The full-screen client: one app with one widget, fed by a flow that runs in a worker thread.

Owns: turning key events into names for the flow, showing its pages, the one-second tick, and
keeping faults off the screen. Decides nothing that a learner can see.
"""

import logging
import select
import signal
import sys
from functools import partial
from typing import ClassVar, Final, TextIO

from msgspec.structs import replace
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from darasa.client_tui.charset import Charset
from darasa.client_tui.drawing import content_of
from darasa.client_tui.drawn import Drawn, saving
from darasa.client_tui.flow_thread import FlowThread, Shown
from darasa.client_tui.locale import _
from darasa.client_tui.themes import THEMES, Theme

log = logging.getLogger(__name__)

SAVING_NOTE_AFTER_S: Final = 0.4  # ux.md section 12
_TICK_S: Final = 1.0
_SHOW_CURSOR: Final = "\x1b[?25h"  # the toolkit hides it; readers that follow the cursor need it
FAULT_CODE: Final = 70
_PASTED_MAX: Final = 1_000  # characters: more than any field takes


class PageView(Widget):
    """Draws the rows of a page; repaints only those that changed."""

    DEFAULT_CSS = "PageView { width: 100%; height: 100%; }"
    ALLOW_SELECT = False

    def __init__(self, shown: Drawn, theme: Theme, charset: Charset) -> None:
        super().__init__()
        self.shown = shown
        self._looks = theme
        self._charset = charset

    def show(self, shown: Drawn, theme: Theme) -> None:
        """Replace the page."""
        before, self.shown = self.shown.lines, shown
        if theme is not self._looks or len(before) != len(shown.lines):
            self._looks = theme
            self.refresh()
            return
        for row, line in enumerate(shown.lines):
            if line != before[row]:
                self.refresh(Region(0, row, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row of cells."""
        line = self.shown.lines[y] if y < len(self.shown.lines) else ()
        return content_of(line, self.size.width, self._looks, self._charset)


class PageReady(Message):
    """The flow has a page to show."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self.shown = shown


class ClientApp(App[int], inherit_bindings=False):
    """The learner's full-screen client. `failed` says that a fault of ours ended it."""

    CSS = "Screen { overflow: hidden; }"  # a page is as large as the screen: no scrollbar is made
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = []

    def __init__(self, thread: FlowThread, charset: Charset) -> None:
        super().__init__(ansi_color=True)
        first = thread.first()
        self._flow_thread = thread
        self._charset = charset
        self._layout = first.layout
        self.view = PageView(first.drawn, THEMES[first.theme], charset)
        self._theme_name = first.theme
        self._pressed = self._answered = 0  # keys
        self._put_cursor(first.drawn)
        self.failed = False

    def compose(self) -> ComposeResult:
        """The one widget."""
        yield self.view

    def on_mount(self) -> None:
        """Begin: from now on pages come back as messages."""
        self._flow_thread.start(self._take)
        self.set_interval(_TICK_S, self._tick)
        if self._driver is not None and not self.is_headless:
            self._driver.write(_SHOW_CURSOR)

    def _tick(self) -> None:
        if not self.is_headless and _is_gone(sys.__stdin__):
            signal.raise_signal(signal.SIGHUP)  # nobody else tells one whose terminal is another's
        self._flow_thread.tick()

    def _take(self, shown: Shown) -> None:
        """Called in the flow's thread."""
        self.post_message(PageReady(shown))

    async def on_event(self, event: events.Event) -> None:
        """Keys, clicks and pastes go to the flow and nowhere else, so that no binding of the
        toolkit can end, suspend or freeze the client."""
        if isinstance(event, events.Key):
            self._press(_name_of(event))
        elif isinstance(event, events.Paste):
            self._flow_thread.paste(event.text[:_PASTED_MAX])
        elif isinstance(event, events.MouseUp):
            self._click(event.screen_y)
        elif not isinstance(event, events.MouseEvent):
            await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the page out anew."""
        layout = replace(self._layout, columns=event.size.width, rows=event.size.height)
        if layout != self._layout:
            self._layout = layout
            self._flow_thread.resize(layout)

    def on_page_ready(self, message: PageReady) -> None:
        """Show what the flow made."""
        shown = message.shown
        self._answered = shown.keys_done
        self._put_cursor(shown.drawn)
        self._theme_name = shown.theme
        self.view.show(shown.drawn, THEMES[shown.theme])
        if shown.ended:
            self.exit(0)

    def _press(self, key: str) -> None:
        self._pressed += 1
        self._flow_thread.press(key)
        self.set_timer(SAVING_NOTE_AFTER_S, partial(self._note_saving, self._pressed))

    def _note_saving(self, key: int) -> None:
        """When that key is not answered yet, say that it is being saved."""
        if self._answered < key:
            noted = saving(self.view.shown, _("Saved"), _("Saving"))
            self.view.show(noted, THEMES[self._theme_name])

    def _click(self, row: int) -> None:
        for place, key in self.view.shown.row_keys:
            if place == row:
                self._press(key)

    def _put_cursor(self, shown: Drawn) -> None:
        row, column = shown.cursor
        self.cursor_position = Offset(column, row)

    def _handle_exception(self, error: Exception) -> None:
        """A fault in the toolkit or here: no traceback on the screen; the caller begins anew."""
        log.error("screen fault error=%s", type(error).__name__, exc_info=error)
        self.failed = True
        self._return_code = FAULT_CODE
        if self._exception is None:  # the toolkit's own tests look here
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()


def _is_gone(stdin: TextIO | None) -> bool:
    """Whether the terminal was closed: keys can never come again, and the store is to be let go."""
    if stdin is None:
        return True
    terminal = select.poll()
    terminal.register(stdin.fileno(), 0)  # a hang-up is always told
    return any(event & select.POLLHUP for _fd, event in terminal.poll(0))


def _name_of(event: events.Key) -> str:
    """The key as the flow knows it: the character that it types, or its name."""
    character = event.character
    if character is not None and character.isprintable() and len(character) == 1:
        return character
    return event.key
