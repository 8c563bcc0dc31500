"""The background job of a school server: an exchange with the hub, again and again.

Owns: when to try. Every `sync_every_s`, soon after something new came in, and after a failure with
doubling pauses (5 s to 15 min, with jitter): offline is normal and nobody is told. Does not know
what an exchange is.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from darasa.learning.operations import run_operation
from darasa.server.state import Darasa
from darasa.sync.ids import Rng

log = logging.getLogger(__name__)

_PAUSE_MIN_S: Final = 5.0
_PAUSE_MAX_S: Final = 15 * 60.0
_CLOSE_WITHIN_S: Final = 5.0


def pause_after_failures(failures: int, rng: Rng) -> float:
    """Seconds to wait after that many failures in a row (sync.md section 8): 5 s to 15 min."""
    longest = min(_PAUSE_MIN_S * 2.0 ** min(failures - 1, 10), _PAUSE_MAX_S)
    return longest * (0.5 + rng(1)[0] / 510)


def exchange_now(darasa: Darasa, *, url: str | None) -> dict[str, Any]:
    """One exchange with the hub; the object that `darasa sync --json` prints, or an error."""
    with darasa.exchanging:
        return run_operation(darasa.classroom, "sync", {"peer": url})


class HubJob:
    """Runs `attempt` (True when it reached the hub) in a thread of its own until closed."""

    def __init__(
        self, attempt: Callable[[], bool], *, every_s: float, soon_s: float, rng: Rng
    ) -> None:
        self._attempt = attempt
        self._every_s = every_s
        self._soon_s = soon_s
        self._rng = rng
        self._news = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Something new is here: go soon, unless the hub was just out of reach."""
        self._news.set()

    def close(self) -> None:
        """Stop; an exchange that is under way has five seconds, the rest of it comes next time."""
        self._stop.set()
        self._news.set()
        self._thread.join(_CLOSE_WITHIN_S)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            self._news.clear()
            failures = 0 if self._once() else failures + 1
            if failures:
                self._stop.wait(min(pause_after_failures(failures, self._rng), self._every_s * 15))
            elif self._news.wait(self._every_s):
                self._stop.wait(self._soon_s)

    def _once(self) -> bool:
        try:
            return self._attempt()
        except Exception:  # a fault here must not end the job: the next try may do
            log.exception("exchange with the hub failed")
            return False


def start_hub_job(darasa: Darasa) -> HubJob | None:
    """Begin to exchange with the hub; None at a hub, which has none above it."""
    if darasa.is_hub:
        return None

    def attempt() -> bool:
        if darasa.classroom.home.peer is None:
            return True
        return bool(exchange_now(darasa, url=None).get("ok"))

    return HubJob(
        attempt,
        every_s=darasa.config.sync_every_s,
        soon_s=darasa.config.sync_soon_s,
        rng=darasa.classroom.rng,
    )
