"""Care of an open store, a little at a time: packing, giving space back, keeping the WAL short;
and cleaning what an erasure left.

Owns what is due and in which order (sync.md section 9). A step is one short transaction, so that
an answer waits for a few milliseconds at most; whoever calls decides when, on a thread of its own.
Only the process that holds the store's writer connection may.
"""

import sqlite3
from collections import deque
from typing import Final

from darasa.sync import packing, pruning
from darasa.sync.clock import Clock
from darasa.sync.errors import StoreDamagedError, StoreError
from darasa.sync.ids import NodeId
from darasa.sync.store import Store

QUIET_AFTER_MS: Final = 3_600_000
"""A log without news for so long is packed to its end; its run has most likely ended."""

CALM_AFTER_MS: Final = 600_000
"""Nothing was written for so long: nobody is kept waiting while a large store is written anew."""
SWEPT_WITHIN_MS: Final = 24 * 3_600_000
"""So long a large store is waited for to be calm after an erasure; a busy hub never is."""
_TRY_AGAIN_MS: Final = 3_600_000

_FREE_PAGES_KEPT: Final = 4  # new rows will want them
_PAGES_A_STEP: Final = 64


class Care:
    """The care of one store. What was there when it begins counts as quiet: those runs ended.

    `prunes`: a computer's own id, whose old logs need not be kept; None keeps all.
    """

    def __init__(self, store: Store, clock: Clock, *, prunes: NodeId | None = None) -> None:
        self._store = store
        self._clock = clock
        self._prunes = prunes
        self._quiet_upto = store.position().ordinal
        self._recent: deque[tuple[int, int]] = deque()
        self._after_log = 0
        self._pruned_day: int | None = None
        self._moved_ms = clock.elapsed_ms()
        self._unswept_ms: int | None = None
        self._sweep_not_before_ms = 0

    def step(self) -> bool:
        """Do one thing that is due; False when nothing was. Raises StoreError."""
        self._note_position()
        return (
            self._sweep() or self._pack() or self._prune() or self._shrink() or self._shorten_wal()
        )

    def all_is_quiet(self) -> None:
        """Take every log as quiet, whatever the time: before a copy, a measurement, the end."""
        self._quiet_upto = self._store.position().ordinal

    def finish(self) -> None:
        """Steps until nothing is due."""
        while self.step():
            pass

    def _note_position(self) -> None:
        """Remember how far the store was, and what of that is an hour ago."""
        now_ms, ordinal = self._clock.elapsed_ms(), self._store.position().ordinal
        if not self._recent or self._recent[-1][1] != ordinal:
            self._recent.append((now_ms, ordinal))
            self._moved_ms = now_ms
        while len(self._recent) > 1 and now_ms - self._recent[1][0] >= QUIET_AFTER_MS:
            self._recent.popleft()
        at_ms, ordinal = self._recent[0]
        if now_ms - at_ms >= QUIET_AFTER_MS:
            self._quiet_upto = max(self._quiet_upto, ordinal)

    def _sweep(self) -> bool:
        """After an erasure, at once in a small store; a full disk does not hold up the rest."""
        now_ms = self._clock.elapsed_ms()
        if now_ms < self._sweep_not_before_ms or not self._store.is_unswept():
            return False
        if self._unswept_ms is None:
            self._unswept_ms = now_ms
        is_calm = now_ms - self._moved_ms >= CALM_AFTER_MS
        is_late = now_ms - self._unswept_ms >= SWEPT_WITHIN_MS
        if self._store.is_large and not (is_calm or is_late):
            return False
        try:
            is_swept = self._store.sweep()
        except StoreDamagedError:
            raise
        except StoreError:  # most likely a full disk
            self._sweep_not_before_ms = now_ms + _TRY_AGAIN_MS
            return False
        if is_swept:
            self._unswept_ms = None
        return is_swept

    def _pack(self) -> bool:
        """One run of the next log that has one; from the first log again at the end."""
        with self._store.transaction() as tx:
            packed = packing.pack_next(
                tx.connection, after_log=self._after_log, quiet_upto=self._quiet_upto
            )
        began_anew = self._after_log == 0
        self._after_log = 0 if packed is None else packed - 1
        return packed is not None or (not began_anew and self._pack())

    def _prune(self) -> bool:
        """Once a day the logs that need not be kept any longer, one in a step."""
        now_ms = self._clock.wall_ms()
        if self._prunes is None or self._pruned_day == now_ms // pruning.DAY_MS:
            return False
        with self._store.transaction() as tx:
            pruning.note_day(tx.connection, now_ms)
            is_pruned = pruning.prune_next(tx.connection, author=self._prunes, now_ms=now_ms) > 0
        if not is_pruned:
            self._pruned_day = now_ms // pruning.DAY_MS
        return is_pruned

    def _shrink(self) -> bool:
        """Give free pages back to the disk, of a file that was made to be able to."""
        with self._store.transaction() as tx:
            free = _number(tx.connection, "freelist_count")
            is_able = _number(tx.connection, "auto_vacuum") == 2
            if not is_able or free <= 2 * _FREE_PAGES_KEPT:
                return False
            pages = min(free - _FREE_PAGES_KEPT, _PAGES_A_STEP)
            tx.connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        return True

    def _shorten_wal(self) -> bool:
        """Put the WAL into the file while nothing else is to be done."""
        return self._store.checkpoint()


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
