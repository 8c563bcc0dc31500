"""Who sits where now, in memory: what the live page shows besides what is in the log.

Owns: the newest presence of each computer and when it was heard, and when work of each learner
last arrived, on the server's own clock that never jumps. Lost at a restart, never logged, never
sent to a hub. Does not know names.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from darasa.sync.clock import Clock
from darasa.sync.ids import LearnerId, NodeId
from darasa.sync.messages import PresenceRow

AWAY_AFTER_MS: Final = 120_000  # ux.md section 8.2
_COMPUTERS_MAX: Final = 1_000
_LEARNERS_MAX: Final = 5_000


class Seat(Struct, frozen=True):
    """One learner at one computer, as last heard. Times are milliseconds before now."""

    learner_id: LearnerId
    node_id: NodeId
    doing: int  # messages.Doing
    since_ms: int  # how long ago this began
    about: str  # item or lesson, empty for none
    nth: int
    of: int
    heard_ms: int  # how long ago the computer was heard

    @property
    def away(self) -> bool:
        """The computer has not been heard for two minutes."""
        return self.heard_ms >= AWAY_AFTER_MS


class PresenceBoard:
    """The newest presence of every computer. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._heard: dict[NodeId, int] = {}
        self._rows: dict[NodeId, tuple[int, tuple[PresenceRow, ...]]] = {}
        self._worked: dict[bytes, int] = {}  # the last to work is the last
        self._changes = 0

    def hear(self, node_id: NodeId, rows: Sequence[PresenceRow] | None = None) -> None:
        """A computer was heard; `rows` is who sits there, None when it did not say."""
        now = self._clock.elapsed_ms()
        with self._lock:
            if len(self._heard) >= _COMPUTERS_MAX and node_id not in self._heard:
                self._forget(min(self._heard, key=self._heard.__getitem__))
            self._heard[node_id] = now
            if rows is not None:
                self._rows[node_id] = (now, tuple(rows))
                self._changes += 1

    def note_work(self, learner_ids: Iterable[bytes]) -> None:
        """Work of these learners has just arrived."""
        now = self._clock.elapsed_ms()
        with self._lock:
            for learner_id in learner_ids:
                self._worked.pop(learner_id, None)
                self._worked[learner_id] = now
            while len(self._worked) > _LEARNERS_MAX:
                del self._worked[next(iter(self._worked))]

    def worked_ms(self, learner_id: bytes) -> int | None:
        """How long ago work of hers arrived, None when none has since this server started."""
        with self._lock:
            at_ms = self._worked.get(learner_id)
        return None if at_ms is None else self._clock.elapsed_ms() - at_ms

    def changes(self) -> int:
        """A count that moves with every presence: whoever waits for news compares it."""
        with self._lock:
            return self._changes

    def seats(self) -> dict[LearnerId, Seat]:
        """The seat of each learner: the one heard last, when she is shown at two."""
        now = self._clock.elapsed_ms()
        with self._lock:
            heard, said = dict(self._heard), dict(self._rows)
        seats: dict[LearnerId, Seat] = {}
        for node_id, (said_at, rows) in said.items():
            for row in rows:
                seat = Seat(
                    learner_id=LearnerId(row.learner_id),
                    node_id=node_id,
                    doing=row.doing,
                    since_ms=row.since_ms + now - said_at,
                    about=row.about,
                    nth=row.nth,
                    of=row.of,
                    heard_ms=now - heard[node_id],
                )
                other = seats.get(seat.learner_id)
                if other is None or seat.heard_ms < other.heard_ms:
                    seats[seat.learner_id] = seat
        return seats

    def forget_learners(self, is_gone: Callable[[bytes], bool]) -> None:
        """Learners who are erased sit nowhere."""
        with self._lock:
            self._worked = {each: at for each, at in self._worked.items() if not is_gone(each)}
            for node_id, (said_at, rows) in self._rows.items():
                left = tuple(row for row in rows if not is_gone(row.learner_id))
                self._rows[node_id] = (said_at, left)
            self._changes += 1

    def _forget(self, node_id: NodeId) -> None:
        self._heard.pop(node_id, None)
        self._rows.pop(node_id, None)
