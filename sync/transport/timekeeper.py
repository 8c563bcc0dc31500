"""A server's clock events: written when an asker's clock is wrong and that is news.

Owns: the decision and the write. The rules are `timekeeping`'s, what counts is `clock_rows`'.
"""

from collections.abc import Sequence
from typing import Final

from darasa.sync import clock_rows, reads
from darasa.sync.clock import Clock
from darasa.sync.clock_events import KIND, VERSION, Correction, body_of
from darasa.sync.event import LAMPORT_MAX, TIME_MS_LIMIT
from darasa.sync.hooks import Hooks
from darasa.sync.ids import SchoolId
from darasa.sync.local_log import LocalLog
from darasa.sync.session_view import Other
from darasa.sync.store import Store
from darasa.sync.timekeeping import can_be, is_believable, is_news

_AHEAD_MS: Final = 24 * 3_600_000  # less is the trembling of clocks, not a clock that was wrong


class Timekeeper:
    """Hears what askers measured. Without a log of its own it writes nothing."""

    def __init__(self, store: Store, log: LocalLog | None, *, hooks: Hooks, clock: Clock) -> None:
        self._store = store
        self._log = log
        self._hooks = hooks
        self._clock = clock

    def hear(self, other: Other, corrections: Sequence[Correction]) -> None:
        """Write what is news of these logs of `other`: nothing, for a clock that is right."""
        self._write([each for each in corrections if self._is_news(other, each)])

    def say_again(self) -> None:
        """At a start: write anew what a salvaged store keeps apart of this server's clock events.

        It counts here and goes nowhere else: times would be others here than everywhere.
        """
        if self._log is not None:
            author = self._log.key.node_id
            self._write(self._store.read(clock_rows.only_kept_apart, author))

    def set_by(self, shift_ms: int, *, school_id: SchoolId) -> None:
        """This server's clock was set by `shift_ms`: what it had said of others was wrong as well.

        Logs that would now begin in the future are dated by that clock, so they move by the same;
        less uncertain by one than what counts, so that this counts from now on, everywhere.
        """
        now_ms = self._clock.wall_ms()
        if self._log is None or shift_ms >= 0 or not is_believable(now_ms):
            return
        author = self._log.key.node_id
        with self._store.reading() as connection:
            ahead = clock_rows.begun_after(connection, school_id, now_ms + _AHEAD_MS, author=author)
        moved = (
            Correction(each.log_id, each.offset_ms + shift_ms, max(0, each.uncertainty_ms - 1))
            for each in ahead
        )
        self._write([each for each in moved if abs(each.offset_ms) <= TIME_MS_LIMIT])

    def _write(self, news: Sequence[Correction]) -> None:
        log = self._log
        if log is None or not news:
            return
        with self._store.transaction() as tx:
            lamport = min(reads.max_lamport(tx.connection) + 1, LAMPORT_MAX)
            events = [
                tx.append(
                    log,
                    kind=KIND,
                    version=VERSION,
                    learner_id=None,
                    lamport=lamport,
                    body=body_of(each),
                )
                for each in news
            ]
            self._hooks.on_events(tx, events)

    def _is_news(self, other: Other, told: Correction) -> bool:
        now_ms = self._clock.wall_ms()
        with self._store.reading() as connection:
            genesis = reads.genesis_of(connection, other.school_id, told.log_id)
            known = clock_rows.counting(connection, other.school_id, told.log_id)
        return (
            genesis is not None
            and is_believable(now_ms)
            and can_be(told, genesis_wall_ms=genesis.wall_ms, server_wall_ms=now_ms)
            and is_news(told, known)
        )
