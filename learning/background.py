"""A thread of an open node that works in the background until it is closed.

Owns: its start, its rests, and that nobody waits long for its end. Whoever makes one says what its
work is and how long it rests. Does not know what the work is.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

_JOIN_WITHIN_S: Final = 5.0
_AFTER_FAULT_S: Final = 60.0


class Background:
    """Runs `work` in a daemon thread; `work` returns once `stopping`, and asks often.

    Work that a fault of ours ended is begun anew after a minute.
    """

    def __init__(self, name: str, work: Callable[["Background"], None]) -> None:
        self._stop = threading.Event()
        self._news = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.stopping:
            try:
                self._work(self)
            except Exception:
                if self.stopping:  # the store is closed under what is not done in time
                    break
                log.exception("background fault thread=%s", self._thread.name)
            self.pause(_AFTER_FAULT_S)

    @property
    def stopping(self) -> bool:
        """Whether it is to end."""
        return self._stop.is_set()

    def pause(self, seconds: float) -> bool:
        """Wait; whether it is to end, which is told at once."""
        return self._stop.wait(seconds)

    def forget_news(self) -> None:
        """What was told until now is looked at: to be called before looking."""
        self._news.clear()

    def await_news(self, seconds: float) -> bool:
        """Wait for a `nudge`; whether one came, or the end."""
        return self._news.wait(seconds)

    def nudge(self) -> None:
        """There is something to do: a wait for news ends."""
        self._news.set()

    def close(self) -> None:
        """End it; what is under way has five seconds."""
        self._stop.set()
        self._news.set()
        self._thread.join(_JOIN_WITHIN_S)
