"""The one worker thread in which the flow lives: keys in, laid-out pages out.

Owns: the queue of keys, the layout asked for, and handing finished pages to the screen. A screen
never waits on disk or network while handling a key.
"""

import logging
import queue
import threading
from collections.abc import Callable

from msgspec import Struct

from darasa.client_tui.drawn import Drawn, drawn
from darasa.client_tui.flow import Flow
from darasa.client_tui.page import Layout

log = logging.getLogger(__name__)


class Shown(Struct, frozen=True):
    """A page laid out, with what the screen needs to know beside it."""

    drawn: Drawn
    layout: Layout
    theme: str
    name: str
    ended: bool
    keys_done: int = 0  # keys that the flow has taken


class _Key(Struct, frozen=True):
    name: str
    pressed_ms: int


class _Pasted(Struct, frozen=True):
    text: str


class _Resized(Struct, frozen=True):
    layout: Layout


class _Tick:
    """A second has passed."""


class _Stop:
    """The screen is gone."""


class FlowThread:
    """Runs a flow. `press`, `paste`, `tick`, `resize` may be called from any thread; none waits."""

    def __init__(self, flow: Flow, layout: Layout) -> None:
        self._flow = flow
        self._layout = layout
        self._work: queue.SimpleQueue[_Key | _Pasted | _Resized | _Tick | _Stop] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name="flow", daemon=True)
        self._show: Callable[[Shown], None] = lambda _shown: None
        self._ticking = threading.Event()
        self._shown: Shown | None = None
        self._keys_done = 0

    def first(self) -> Shown:
        """The first page, made before the thread runs."""
        self._shown = self._shown or self._make()
        return self._shown

    def start(self, show: Callable[[Shown], None]) -> None:
        """Begin; `show` is called in the worker thread with every page that differs."""
        self._show = show
        self._thread.start()

    def press(self, key: str) -> None:
        """Queue a key."""
        self._work.put(_Key(key, self._flow.elapsed_ms()))

    def paste(self, text: str) -> None:
        """Queue a text that was pasted."""
        self._work.put(_Pasted(text))

    def resize(self, layout: Layout) -> None:
        """Queue a new layout."""
        self._work.put(_Resized(layout))

    def tick(self) -> None:
        """Queue a tick, unless one is waiting already."""
        if not self._ticking.is_set():
            self._ticking.set()
            self._work.put(_Tick())

    def pause(self) -> None:
        """End the thread after the queued keys, and wait for it; the flow stays as it is."""
        if self._thread.is_alive():
            self._work.put(_Stop())
            self._thread.join()

    def _run(self) -> None:
        while True:
            work = self._work.get()
            match work:
                case _Stop():
                    return
                case _Key(name, pressed_ms):
                    self._flow.press(name, pressed_ms)
                    self._keys_done += 1
                case _Pasted(text):
                    self._flow.paste(text)
                case _Resized(layout):
                    self._layout = layout
                case _Tick():
                    self._ticking.clear()
                    self._flow.tick()
            shown = self._make()
            if shown != self._shown:
                self._shown = shown
                self._show(shown)

    def _make(self) -> Shown:
        page = self._flow.page(self._layout)
        return Shown(
            drawn(page, self._layout),
            self._layout,
            self._flow.theme,
            page.name,
            self._flow.ended,
            self._keys_done,
        )
