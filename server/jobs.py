"""The background job of a school server: an exchange with the hub, again and again.

Owns: when to try. Every `sync_every_s`, soon after something new came in, and after a failure with
the pauses of `sync.pause`: offline is normal and nobody is told. Does not know
what an exchange is.
"""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from darasa.learning.background import Background
from darasa.learning.operations import run_operation
from darasa.server.state import Darasa
from darasa.sync.ids import Rng
from darasa.sync.pause import after_failure_ms, after_success_ms

log = logging.getLogger(__name__)


class Tried(NamedTuple):
    """How an exchange went; `asked_s`: the hub said when to come again."""

    ok: bool
    asked_s: int | None = None


def exchange_now(darasa: Darasa, *, url: str | None) -> dict[str, Any]:
    """One exchange with the hub; the object that `darasa sync --json` prints, or an error."""
    with darasa.exchanging:
        return run_operation(darasa.classroom, "sync", {"peer": url})


class HubJob:
    """Runs `attempt` in a thread of its own until closed."""

    def __init__(
        self, attempt: Callable[[], Tried], *, every_s: float, soon_s: float, rng: Rng
    ) -> None:
        self._attempt = attempt
        self._every_s = every_s
        self._soon_s = soon_s
        self._rng = rng
        self._thread = Background("hub", self._run)

    def nudge(self) -> None:
        """Something new is here: go soon, unless the hub was just out of reach."""
        self._thread.nudge()

    def close(self) -> None:
        """Stop; an exchange that is under way has five seconds, the rest of it comes next time."""
        self._thread.close()

    def _run(self, thread: Background) -> None:
        failures = 0
        while not thread.stopping:
            thread.forget_news()
            tried = self._once()
            failures = 0 if tried.ok else failures + 1
            chance = self._rng(1)[0]
            if failures:
                pause_s = after_failure_ms(failures, chance, asked_s=tried.asked_s) / 1_000
                thread.pause(min(pause_s, self._every_s * 15))
                continue
            rest_s = after_success_ms(0, chance, asked_s=tried.asked_s) / 1_000
            thread.pause(rest_s)
            if thread.await_news(max(0.0, self._every_s - rest_s)):
                thread.pause(self._soon_s)

    def _once(self) -> Tried:
        try:
            return self._attempt()
        except Exception:  # a fault here must not end the job: the next try may do
            log.exception("exchange with the hub failed")
            return Tried(ok=False)


def start_hub_job(darasa: Darasa) -> HubJob | None:
    """Begin to exchange with the hub; None at a hub, which has none above it."""
    if darasa.is_hub:
        return None

    def attempt() -> Tried:
        if darasa.classroom.home.peer is None:
            return Tried(ok=True)
        told = exchange_now(darasa, url=None)
        return Tried(bool(told.get("ok")), told.get("retry_after_s"))

    return HubJob(
        attempt,
        every_s=darasa.config.sync_every_s,
        soon_s=darasa.config.sync_soon_s,
        rng=darasa.classroom.rng,
    )
