"""The read tables as a whole: advanced in the transaction of the events, or rebuilt from the log.

Owns: when a table moves, and the version under which the tables were made. All `lt_*` tables can be
dropped at any time; a change of model, rules or tables drops and folds them anew when the node is
opened. Does not know who records or receives events.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from darasa.learning import learner_state, tables
from darasa.learning.feed_rows import FeedRows
from darasa.learning.kinds import Kind, KindError, Op, payload_of
from darasa.learning.learner_rows import LearnerRows
from darasa.learning.people_rows import PeopleRows
from darasa.sync import clock_feed
from darasa.sync.clock_events import correction_of
from darasa.sync.event import StoredEvent
from darasa.sync.ids import SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

_TABLES_VERSION: Final = 2
VERSION: Final = f"{learner_state.RULES}/tables-{_TABLES_VERSION}"
"""What the read tables depend on besides the events and the feed."""

Records = Sequence[tuple[bytes, bytes | None]]


class Projection:
    """Keeps every read table of one node."""

    def __init__(
        self,
        *,
        learners: LearnerRows,
        people: PeopleRows,
        lists: FeedRows,
        learner_ids: Callable[[sqlite3.Connection], Iterable[bytes]],
        ops: Callable[[sqlite3.Connection], Iterable[StoredEvent]],
        feed: Callable[[sqlite3.Connection], Iterable[tuple[bytes, Records]]],
    ) -> None:
        self.learners = learners
        self.people = people
        self.lists = lists
        self._learner_ids = learner_ids
        self._ops = ops
        self._feed = feed

    def is_current(self, connection: sqlite3.Connection) -> bool:
        """Whether the tables are there and were made by this version."""
        if not tables.exist(connection):
            return False
        row = connection.execute("SELECT value FROM lt_meta WHERE key = 'version'").fetchone()
        return row is not None and row[0] == VERSION

    def advance(self, tx: "Tx", events: Sequence[StoredEvent]) -> None:
        """Take new events, own or received, in the transaction that stores them."""
        by_learner: dict[bytes, list[StoredEvent]] = {}
        for stored in events:
            if stored.event.learner_id is not None:
                by_learner.setdefault(stored.event.learner_id, []).append(stored)
        for learner_id, hers in by_learner.items():
            self.learners.on_events(tx.connection, learner_id, hers)
        for learner_id in _retimed(tx.connection, events):
            self.refold(tx, learner_id)
        self.people.on_ops(tx, _ops_among(events))

    def refold(self, tx: "Tx", learner_id: bytes) -> None:
        """Fold one learner anew from all that is held of her."""
        self.learners.refold(tx.connection, learner_id)

    def forget(self, tx: "Tx", school_id: bytes, learner_id: bytes) -> None:
        """A school has erased a learner; her events there are gone."""
        self.refold(tx, learner_id)
        self.people.forget(tx, SchoolId(school_id), learner_id)

    def rebuild(self, tx: "Tx") -> None:
        """Drop all read tables and fold everything anew."""
        connection = tx.connection
        tables.drop(connection)
        tables.create(connection)
        connection.execute("INSERT INTO lt_meta VALUES ('version', ?)", (VERSION,))
        for learner_id in self._learner_ids(connection):
            self.learners.refold(connection, learner_id)
        self.people.on_ops(tx, _ops_among(self._ops(connection)))
        for scope, records in self._feed(connection):
            self.lists.on_feed(tx, scope, records, from_start=True)


def _retimed(connection: sqlite3.Connection, events: Iterable[StoredEvent]) -> list[bytes]:
    """The learners whose events happened at another time than was thought: fold them anew."""
    said = (correction_of(stored.event) for stored in events if stored.event.kind == Kind.CLOCK)
    logs = {correction.log_id for correction in said if correction is not None}
    return sorted({who for log_id in logs for who in clock_feed.learners_of(connection, log_id)})


def _is_in_its_envelope(stored: StoredEvent, op: Op) -> bool:
    """An op on a learner bears her id, so that erasing her reaches it; others bear nobody's."""
    of_learner = op.field.startswith("learner.")
    return stored.event.learner_id == (op.record_id if of_learner else None)


def _ops_among(events: Iterable[StoredEvent]) -> list[tuple[StoredEvent, Op]]:
    """The ops; those whose body does not fit are kept in the log and fold to nothing."""
    ops: list[tuple[StoredEvent, Op]] = []
    for stored in events:
        if stored.event.kind != Kind.OP:
            continue
        try:
            payload = payload_of(stored.event)
        except KindError:
            continue
        if isinstance(payload, Op) and _is_in_its_envelope(stored, payload):
            ops.append((stored, payload))
    return ops
