"""Sends work to the school server in the background, silently when the server does not answer.

Owns: the thread, its rhythm (pace.py), slot 2 of the status line, and who sits here for the live
page. An exchange never holds a key up: the store takes both.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.client_tui.locale import _
from darasa.client_tui.pace import Pace
from darasa.client_tui.page import say
from darasa.client_tui.screens.base import AT_HOME, Activity
from darasa.content_packs.safe_text import SafeText
from darasa.learning.kinds import Kind
from darasa.sync.errors import SyncError
from darasa.sync.ids import LearnerId
from darasa.sync.messages import PresenceRow

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom
    from darasa.sync.transport.exchange import ExchangeReport

log = logging.getLogger(__name__)

FIRST_AFTER_MS: Final = 2_000  # the HTTP client takes as long to load as the rest of the start
_JOIN_WITHIN_S: Final = 1.0
_COUNTED_FOR_MS: Final = 900  # how long a count of waiting answers is shown before it is made anew

_TELL_AGAIN_MS: Final = 30_000  # a server that was started anew hears within this who sits here


class NoSchool:
    """A computer that has not joined: nothing is sent, and the status line says so."""

    def teacher_slot(self) -> SafeText:
        """Slot 2."""
        return say(_("No school yet"))

    def waiting(self) -> int | None:
        """No school, so nothing waits for one."""
        return None

    def reached(self) -> bool:
        """There is no other computer whose work could be missing."""
        return True

    def answered(self) -> None:
        """Nothing to send to."""

    def signed_in(self, learner_id: LearnerId | None) -> None:
        """Nothing to send to."""

    def doing(self, activity: Activity) -> None:
        """Nobody to show it to."""

    def try_now(self) -> None:
        """Nothing to send to."""


class _Seat(Struct, frozen=True):
    learner_id: LearnerId
    activity: Activity
    since_ms: int


class SyncWorker:
    """Exchanges with the school server from a daemon thread. All methods are quick."""

    def __init__(self, classroom: "Classroom") -> None:
        self._room = classroom
        self._wake = threading.Condition()
        self._pace = Pace(next_ms=classroom.clock.elapsed_ms() + FIRST_AFTER_MS)
        self._seat: _Seat | None = None
        self._learner: LearnerId | None = None
        self._stopping = False
        self._meanwhile: Callable[[Pace, int], Pace] | None = None  # came during a meeting
        self._sending = False
        self._reached = True
        self._trusted = False  # whether the last meeting of this run ended well
        self._link = threading.Lock()
        self._count: int | None = None
        self._counted_at = 0
        self._told: _Seat | None = None
        self._told_at = 0
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end. An exchange under way may be cut: what it stored is stored."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(_JOIN_WITHIN_S)

    # -- what the flow asks ----------------------------------------------------------------

    def teacher_slot(self) -> SafeText:
        """Slot 2: has all, how many to send, or sending."""
        waiting = self.waiting()
        if not waiting:
            return say(_("Teacher: has all"))
        if self._sending:
            return say(_("Teacher: sending"))
        return say(_("Teacher: {count} to send").format(count=waiting))

    def waiting(self) -> int:
        """Answers given here that the school server has not said it holds."""
        now = self._room.clock.elapsed_ms()
        if self._count is None or now - self._counted_at > _COUNTED_FOR_MS:
            self._count, self._counted_at = self._counted(), now
        return self._count

    def reached(self) -> bool:
        """False after an exchange that did not work, until one does."""
        return self._reached

    def answered(self) -> None:
        """Something was written: send it within a second."""
        self._count = None
        with self._wake:
            self._pace = self._pace.answered(self._room.clock.elapsed_ms())
            self._meanwhile = self._meanwhile or Pace.answered
            self._wake.notify()

    def signed_in(self, learner_id: LearnerId | None) -> None:
        """Someone signed in, or nobody is."""
        self._learner = learner_id
        self._count = None
        if learner_id is None:
            self._seat = None
        else:
            self._seat = _Seat(learner_id, AT_HOME, self._room.clock.elapsed_ms())
        now = self._room.clock.elapsed_ms()
        with self._wake:
            self._pace = self._pace.with_learner(now, signed_in=learner_id is not None)
            if learner_id is not None:
                self._meanwhile = Pace.asked
            self._wake.notify()

    def doing(self, activity: Activity) -> None:
        """What the learner is at; told with the next exchange."""
        seat = self._seat
        if seat is not None and seat.activity != activity:
            self._seat = _Seat(seat.learner_id, activity, self._room.clock.elapsed_ms())

    def try_now(self) -> None:
        """The learner asked."""
        with self._wake:
            self._pace = self._pace.asked(self._room.clock.elapsed_ms())
            self._meanwhile = Pace.asked
            self._wake.notify()

    # -- the thread --------------------------------------------------------------------------

    def presence(self) -> tuple[PresenceRow, ...]:
        """Who sits here now."""
        seat = self._seat
        if seat is None:
            return ()
        about = seat.activity
        since_ms = max(0, self._room.clock.elapsed_ms() - seat.since_ms)
        return (
            PresenceRow(seat.learner_id, about.doing, since_ms, about.about, about.nth, about.of),
        )

    def _news_of_seat(self) -> tuple[PresenceRow, ...] | None:
        """Who sits here, when that is news or was not told for a while; else nothing (None)."""
        seat, now = self._seat, self._room.clock.elapsed_ms()
        if self._told == seat and now - self._told_at < _TELL_AGAIN_MS and self._trusted:
            return None
        self._told, self._told_at = seat, now
        return self.presence()

    def exchange_now(self, url: str | None = None) -> "ExchangeReport":
        """One meeting, in the calling thread; others wait meanwhile. Raises SyncError."""
        from darasa.learning.meeting import meet_server  # late: start-up does not need it

        with self._link:
            self._sending = True
            try:
                return meet_server(
                    self._room, url=url, presence=self._news_of_seat(), trusted=self._trusted
                )
            finally:
                self._sending = False
                self._count = None

    def _run(self) -> None:
        while self._wait():
            report = self._exchange()
            now, chance = self._room.clock.elapsed_ms(), self._room.rng(1)[0]
            asked_s = None if report is None else report.retry_after_s
            with self._wake:
                self._reached = self._trusted = report is not None and report.ok
                if self._reached:
                    self._pace = self._pace.done(now, asked_s=asked_s, chance=chance)
                else:
                    self._pace = self._pace.failed(now, chance, asked_s=asked_s)
                if self._meanwhile is not None:
                    self._pace = self._meanwhile(self._pace, now)

    def _wait(self) -> bool:
        """Sleep until it is time; False when the program ends."""
        with self._wake:
            while not self._stopping:
                rest_ms = self._pace.next_ms - self._room.clock.elapsed_ms()
                if rest_ms <= 0:
                    self._meanwhile = None
                    return True
                self._wake.wait(rest_ms / 1_000)
        return False

    def _exchange(self) -> "ExchangeReport | None":
        """One exchange; one that did not work is logged and nothing else, None for a fault."""
        try:
            report = self.exchange_now()
        except SyncError as error:
            log.info("exchange failed error=%s", type(error).__name__)
            return None
        except Exception:  # the next one may work, and a learner must not notice
            log.exception("exchange fault")
            return None
        if not report.ok:
            log.info("exchange failed")
        return report

    def _counted(self) -> int:
        """Answers, as on "Where is my work?": the learner's, or all when nobody is here."""
        home = self._room.home
        peer = None if home.peer is None else home.peer.node_id
        unsent = [
            self._room.store.unsent(peer, author=author, kinds=(Kind.ATTEMPT,))
            for author in home.own_ids
        ]
        if self._learner is not None:
            return sum(each.by_learner.get(self._learner, 0) for each in unsent)
        return sum(each.total for each in unsent)
