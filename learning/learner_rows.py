"""Rows of learners: the folded state of each, her attempts and her sittings.

Owns: the tables lt_learner, lt_attempt and lt_sitting, and a cache of decoded states. Advances one
learner event by event; one that comes late in the order folds that learner anew. Does not know
where events come from.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from darasa.learning import learner_state, tables
from darasa.learning.kinds import Attempt, KindError, SignIn, SignOut, payload_of
from darasa.learning.learner_state import LearnerState
from darasa.sync.codec import CodecError
from darasa.sync.event import StoredEvent

EventsOf = Callable[[sqlite3.Connection, bytes], Sequence[StoredEvent]]
"""All events of one learner that this node holds, each once, in their order."""

# Kinds below this are about logs and records: they say nothing of what a learner can do. Ops take
# the greatest lamport known, so folding them would make each later answer of a sitting come late.
_FIRST_FOLDED_KIND: Final = 16
_CACHED_MAX: Final = 2_000
_NOT_YET: Final = b""  # what a deferred state has in its row until it is written


class LearnerRows:
    """Keeps the rows of learners for one node."""

    def __init__(self, events_of: EventsOf) -> None:
        self._events_of = events_of
        self._cache: dict[bytes, tuple[bytes, LearnerState]] = {}
        self._unwritten: dict[bytes, LearnerState] | None = None
        self._deferring_thread: int | None = None

    def state(self, connection: sqlite3.Connection, learner_id: bytes) -> LearnerState:
        """The folded state of a learner; the starting one when nothing is known of her."""
        if self._unwritten is not None and self.is_deferring and learner_id in self._unwritten:
            return self._unwritten[learner_id]
        row = connection.execute(
            "SELECT digest FROM lt_learner WHERE learner_id = ?", (learner_id,)
        ).fetchone()
        if row is None:
            return learner_state.start()
        cached = self._cache.get(learner_id)
        if cached is not None and cached[0] == row[0]:
            return cached[1]
        (raw,) = connection.execute(
            "SELECT state FROM lt_learner WHERE learner_id = ?", (learner_id,)
        ).fetchone()
        try:
            state = learner_state.from_bytes(raw)
        except (ValueError, CodecError):  # read only, and another version wrote it
            state = learner_state.fold(_folded(self._events_of(connection, learner_id)))
        self._remember(learner_id, row[0], state)
        return state

    def on_events(
        self, connection: sqlite3.Connection, learner_id: bytes, events: Iterable[StoredEvent]
    ) -> None:
        """Take new events of one learner; fold her anew when one of them comes late."""
        events = sorted(events, key=lambda stored: stored.order_key)
        folded = _folded(events)
        state = self.state(connection, learner_id)
        if folded and not learner_state.follows(state, folded[0]):
            self.refold(connection, learner_id)
            return
        for stored in folded:
            _note(connection, learner_id, stored)
        self._write(connection, learner_id, learner_state.fold(folded, state), added=len(events))

    def refold(self, connection: sqlite3.Connection, learner_id: bytes) -> None:
        """Delete the rows of one learner and fold all that is held of her."""
        tables.clear_learner(connection, learner_id)
        if self._unwritten is not None:
            self._unwritten.pop(learner_id, None)
        events = self._events_of(connection, learner_id)
        if not events:
            return
        folded = _folded(events)
        for stored in folded:
            _note(connection, learner_id, stored)
        self._write(connection, learner_id, learner_state.fold(folded), added=len(events))

    @property
    def is_deferring(self) -> bool:
        """Whether this thread keeps states back; others see what is committed."""
        return self._deferring_thread == threading.get_ident()

    def start_deferring(self) -> None:
        """Until `write_deferred`, states stay in memory: for simulations, where nobody waits."""
        self._unwritten, self._deferring_thread = {}, threading.get_ident()

    def write_deferred(self, connection: sqlite3.Connection) -> None:
        """Write the states that were kept back, in the transaction of their events."""
        unwritten = self._unwritten or {}
        self.forget_deferred()
        for learner_id, state in unwritten.items():
            self._write(connection, learner_id, state, added=0)

    def forget_deferred(self) -> None:
        """Keep nothing back any longer; what was kept and not written is forgotten."""
        self._unwritten = self._deferring_thread = None

    def _write(
        self, connection: sqlite3.Connection, learner_id: bytes, state: LearnerState, *, added: int
    ) -> None:
        if self._unwritten is None:
            raw = learner_state.to_bytes(state)
            digest = hashlib.blake2b(raw, digest_size=16).digest()
            self._remember(learner_id, digest, state)
        else:
            self._unwritten[learner_id] = state
            raw = digest = _NOT_YET
        connection.execute(
            "INSERT INTO lt_learner (learner_id, state, digest, events) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (learner_id) DO UPDATE SET state = excluded.state,"
            " digest = excluded.digest, events = events + excluded.events",
            (learner_id, raw, digest, added),
        )

    def _remember(self, learner_id: bytes, digest: bytes, state: LearnerState) -> None:
        if len(self._cache) >= _CACHED_MAX:
            self._cache.clear()
        self._cache[learner_id] = (digest, state)


def _folded(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    return [stored for stored in events if stored.event.kind >= _FIRST_FOLDED_KIND]


def _note(connection: sqlite3.Connection, learner_id: bytes, stored: StoredEvent) -> None:
    """The rows that one event adds; unknown kinds and bodies that do not fit add none."""
    try:
        payload = payload_of(stored.event)
    except KindError:
        return
    if isinstance(payload, Attempt):
        _note_attempt(connection, learner_id, stored, payload)
    elif isinstance(payload, SignIn):
        connection.execute(
            "INSERT OR IGNORE INTO lt_sitting (learner_id, sitting, author, how, begun_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            (learner_id, payload.sitting, stored.author, payload.how, stored.happened_ms),
        )
    elif isinstance(payload, SignOut):
        connection.execute(
            "UPDATE lt_sitting SET ended_ms = ?, reason = ? WHERE learner_id = ? AND sitting = ?",
            (stored.happened_ms, payload.reason, learner_id, payload.sitting),
        )


def _note_attempt(
    connection: sqlite3.Connection, learner_id: bytes, stored: StoredEvent, attempt: Attempt
) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO lt_attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            learner_id,
            *stored.order_key,
            stored.author,
            stored.happened_ms,
            attempt.sitting,
            attempt.pack,
            attempt.item,
            attempt.skills[0],
            attempt.try_nth,
            attempt.right,
            attempt.help,
            attempt.response_ms,
        ),
    )
