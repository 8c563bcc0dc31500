"""Writes facts: each call is one durable transaction of events and everything derived from them.

Owns: the lamport of an event (sync.md section 4, Order): a learner's events take that of her
sitting, ops one more than the greatest known that counts, what a teacher says of her one more than
the greatest of hers. Does not know what the facts mean.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from darasa.learning import resume
from darasa.learning.acting import acting
from darasa.learning.kinds import Op, Payload, SignIn, SignOut, TeacherSaid, body_of, kind_of
from darasa.learning.lamports import greatest
from darasa.learning.sitting_ids import sitting_id
from darasa.sync.clock import Clock
from darasa.sync.erased_rows import erased_among
from darasa.sync.errors import LearnerErasedError
from darasa.sync.event import LAMPORT_MAX, StoredEvent
from darasa.sync.ids import NO_SCHOOL, LearnerId

if TYPE_CHECKING:
    from darasa.learning.projection import Projection
    from darasa.sync.local_log import LocalLog
    from darasa.sync.store import Store, Tx

Fact = tuple[LearnerId | None, Payload]
"""Whom it is about (None: nobody's), and what."""

Place = tuple[LearnerId, bytes | None]
"""A learner's place on this machine, saved with her events; None forgets it."""


class Recorder:
    """Records facts in the log of this run."""

    def __init__(
        self, *, store: "Store", projection: "Projection", clock: Clock, log: "LocalLog"
    ) -> None:
        self._store = store
        self._projection = projection
        self._clock = clock
        self._log = log
        self._sittings: dict[LearnerId, int] = {}

    def record(
        self,
        *facts: Fact,
        place: Place | None = None,
        then: Callable[[StoredEvent], Payload] | None = None,
    ) -> list[StoredEvent]:
        """Record facts, in order: all of them are on disk when this returns, or none is.

        `then` makes one more of the last, about the same learner, when it has to name its place.

        A SignIn begins a sitting: it fixes the lamport of the learner's events until her SignOut.
        Raises StoreError (disk full and the like); then nothing has changed.
        """
        with self._store.transaction() as tx:
            events = [self.append(tx, learner_id, payload) for learner_id, payload in facts]
            if then is not None:
                events.append(self.append(tx, facts[-1][0], then(events[-1])))
            self._projection.advance(tx, events)
            if place is not None:
                resume.save_place(tx.connection, *place)
        for learner_id, payload in facts:
            if learner_id is not None and isinstance(payload, SignOut):
                self._sittings.pop(learner_id, None)
        return events

    def sign_in(self, learner_id: LearnerId, how: str) -> bytes:
        """Begin a sitting, durably; its id, which comes from the place of its SignIn.

        Raises StoreError; then nothing has changed.
        """
        with self._store.transaction() as tx:
            log_id, seq = tx.next_place(self._log)
            sitting = sitting_id(log_id, seq, learner_id)
            self._projection.advance(tx, [self.append(tx, learner_id, SignIn(sitting, how))])
        return sitting

    def begin_sitting(self, learner_id: LearnerId) -> int:
        """Fix the lamport of a learner's events: 1 + the greatest that counts. Returns it."""
        with self._store.reading() as connection:
            lamport = min(greatest(connection, learner_id) + 1, LAMPORT_MAX)
        self._sittings[learner_id] = lamport
        return lamport

    def save_place(self, learner_id: LearnerId, place: bytes | None) -> None:
        """Keep where a learner is on this machine, without an event; durable on return.

        Raises LearnerErasedError, as an event would: nothing is kept of whoever is erased.
        """
        with self._store.transaction() as tx:
            if place is not None and erased_among(tx.connection, NO_SCHOOL, (learner_id,)):
                raise LearnerErasedError("This learner was erased.")
            resume.save_place(tx.connection, learner_id, place)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Many `record` calls of this thread in one transaction: for simulations and imports.

        Nothing in it is durable before it ends; an error in it undoes all of it.
        """
        sittings = dict(self._sittings)
        states = self._projection.learners.states
        if states.is_deferring:  # in a batch already: part of that one
            yield
            return
        try:
            with self._store.transaction() as tx:
                states.start_deferring()
                yield
                states.write_deferred(tx.connection)
        except BaseException:
            states.forget_deferred()
            self._sittings = sittings
            raise

    def append(self, tx: "Tx", learner_id: LearnerId | None, payload: Payload) -> StoredEvent:
        """Write one fact in a transaction of the caller's, who advances the projection with it."""
        if learner_id is not None and isinstance(payload, SignIn):
            self.begin_sitting(learner_id)
            resume.note_seen(tx.connection, learner_id, self._clock.wall_ms())
        if isinstance(payload, Op | TeacherSaid) and payload.by is None and acting() is not None:
            payload = msgspec.structs.replace(payload, by=acting())
        kind, version = kind_of(payload)
        return tx.append(
            self._log,
            kind=kind,
            version=version,
            learner_id=learner_id,
            lamport=self._lamport(tx, learner_id, payload),
            body=body_of(payload),
        )

    def _lamport(self, tx: "Tx", learner_id: LearnerId | None, payload: Payload) -> int:
        sitting = None if learner_id is None else self._sittings.get(learner_id)
        if sitting is not None and not isinstance(payload, Op | TeacherSaid):
            return sitting
        of_whom = None if isinstance(payload, Op) else learner_id
        return min(greatest(tx.connection, of_whom) + 1, LAMPORT_MAX)
