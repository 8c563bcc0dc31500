"""The read tables as a whole: advanced in the transaction of the events, or rebuilt from the log.

Owns: when a table moves, and the version under which the tables were made. All `lt_*` tables can be
dropped at any time; a change of model, rules or tables drops and folds them anew when the node is
opened. Decisions go first: they say which other events count, and for whom. Does not know who
records or receives events.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from darasa.learning import learner_state, tables
from darasa.learning.aliases import root_of
from darasa.learning.deciding.decisions import DECISIONS
from darasa.learning.deciding.ignored import OF_NOBODY, forget, note_of_nobody
from darasa.learning.deciding.judging import Judge
from darasa.learning.deciding.refolding import Changed
from darasa.learning.deciding.rows import DecisionRows
from darasa.learning.feed_rows import FeedRows
from darasa.learning.fits.rows import FitRows
from darasa.learning.kinds import Kind, KindError, Op, payload_of
from darasa.learning.learner_rows import LearnerRows
from darasa.learning.people.rows import PeopleRows
from darasa.learning.records import SCHOOL_PARAMETERS
from darasa.learning.scopes import FITS_SCOPE
from darasa.learning.told_rows import take_notices
from darasa.sync import clock_feed
from darasa.sync.clock_events import correction_of
from darasa.sync.event import StoredEvent
from darasa.sync.ids import Role, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

# 6: teachers and courses of classes; 7: pictures, one-use codes; 8: what is said of items
# 9: lt_tried; 10: fits, and what a state was folded by; 11: wrong tries, languages
# 12: parts of fits by log; 13: what teachers have set; 14: goals
_TABLES_VERSION: Final = 15
VERSION: Final = f"{learner_state.RULES}/tables-{_TABLES_VERSION}"
"""What the read tables depend on besides the events and the feed."""

Records = Sequence[tuple[bytes, bytes | None]]
OfKinds = Callable[[sqlite3.Connection, Collection[int]], Iterable[StoredEvent]]
"""All events of these kinds that are held, each once."""


class Projection:
    """Keeps every read table of one node."""

    def __init__(
        self,
        *,
        role: Role,
        school_id: SchoolId,
        decisions: DecisionRows,
        learners: LearnerRows,
        people: PeopleRows,
        lists: FeedRows,
        fits: FitRows,
        learner_ids: Callable[[sqlite3.Connection], Iterable[bytes]],
        of_kinds: OfKinds,
        feed: Callable[[sqlite3.Connection], Iterable[tuple[bytes, Records]]],
    ) -> None:
        self._role = role
        self._school_id = school_id
        self.decisions = decisions
        self.learners = learners
        self.people = people
        self.lists = lists
        self.fits = fits
        self._learner_ids = learner_ids
        self._of_kinds = of_kinds
        self._feed = feed

    def is_current(self, connection: sqlite3.Connection) -> bool:
        """Whether the tables are there and were made by this version."""
        if not tables.exist(connection):
            return False
        row = connection.execute("SELECT value FROM lt_meta WHERE key = 'version'").fetchone()
        return row is not None and row[0] == VERSION

    def judge(self, connection: sqlite3.Connection) -> Judge:
        """Who says which events count, as things are decided now."""
        return self.decisions.judge(connection)

    def advance(self, tx: "Tx", events: Sequence[StoredEvent]) -> None:
        """Take new events, own or received, in the transaction that stores them."""
        connection = tx.connection
        changed = self.decisions.take(tx, events)
        changed.learners |= _retimed(connection, events)
        self.learners.put_off(connection, changed.items)
        judge = self.judge(connection)
        by_learner: dict[bytes, list[StoredEvent]] = {}
        for stored in events:
            if stored.event.learner_id is not None:
                by_learner.setdefault(stored.event.learner_id, []).append(stored)
        anew = {root_of(connection, learner_id) for learner_id in changed.learners}
        by_root: dict[bytes, list[StoredEvent]] = {}
        for learner_id, hers in by_learner.items():
            by_root.setdefault(root_of(connection, learner_id), []).extend(hers)
        for learner_id, hers in by_root.items():
            if learner_id not in anew:
                self.learners.on_events(connection, learner_id, hers, judge)
        ops = _ops_among(events)
        self.people.on_ops(tx, ops)
        schools = {stored.school_id for stored, op in ops if op.field == SCHOOL_PARAMETERS}
        if self.fits.take(tx, events) or schools:
            self.fits.settle(tx, schools)
        note_of_nobody(connection, events, judge)
        if changed:
            self._fold_anew(tx, changed)

    def on_records(self, tx: "Tx", scope: bytes, records: Records, *, from_start: bool) -> None:
        """Take over lists of the feed, and what it says of nodes, learners and parameters."""
        if scope == FITS_SCOPE:
            self.fits.on_feed(tx)
            return
        if self.lists.on_feed(tx, scope, records, from_start=from_start):
            changed = take_notices(tx.connection, self._school_id)
            self.learners.put_off(tx.connection, changed.items)
            self.decisions.settle_confirms(tx.connection, changed)
            if changed:
                self._fold_anew(tx, changed)
            if self.fits.lacks(tx.connection):  # its maker may be known now
                self.fits.on_feed(tx)

    def refold(self, tx: "Tx", learner_id: bytes) -> None:
        """Fold one learner anew from all that is held of her."""
        self.learners.refold(tx.connection, learner_id)

    def forget(
        self, tx: "Tx", school_id: bytes, learner_ids: Sequence[bytes], *, gone: Collection[bytes]
    ) -> None:
        """A school has erased those that are `gone`: events of all of these learners are."""
        for learner_id in learner_ids:
            self.refold(tx, learner_id)
        self.people.forget(tx, SchoolId(school_id), sorted(gone))

    def settle_aliases(self, tx: "Tx", gone: Iterable[bytes]) -> None:
        """Who is one with whom, by the decisions that are left; a computer is told by its school.

        Whoever was one with an erased learner is folded without her.
        """
        if self._role is Role.COMPUTER:
            tx.connection.executemany(
                "DELETE FROM lt_alias WHERE learner_id = ?1 OR root = ?1",
                [(each,) for each in gone],
            )
            return
        changed = self.decisions.settle(tx, (), nodes=())
        if changed:
            self._fold_anew(tx, changed)

    def rebuild(self, tx: "Tx") -> None:
        """Drop all read tables and fold everything anew."""
        connection = tx.connection
        tables.drop(connection)
        tables.create(connection)
        connection.execute("INSERT INTO lt_meta VALUES ('version', ?)", (VERSION,))
        for scope, records in self._feed(connection):
            self.lists.on_feed(tx, scope, records, from_start=True)
        if self._role is Role.COMPUTER:
            take_notices(connection, self._school_id)
        self.decisions.rebuild(tx, list(self._of_kinds(connection, DECISIONS)))
        ops = _ops_among(self._of_kinds(connection, {Kind.OP}))
        self.people.on_ops(tx, ops)
        self.fits.on_feed(tx)
        self.fits.take(tx, self._of_kinds(connection, {Kind.PARAMETERS}))
        self.fits.settle(
            tx, {stored.school_id for stored, op in ops if op.field == SCHOOL_PARAMETERS}
        )
        for learner_id in self._learner_ids(connection):
            if root_of(connection, learner_id) == learner_id:
                self.learners.refold(connection, learner_id)
        self._refold_roots(connection)
        note_of_nobody(connection, self._of_kinds(connection, OF_NOBODY), self.judge(connection))

    def _refold_roots(self, connection: sqlite3.Connection) -> None:
        """A learner may be known by an id under which nothing was ever written."""
        rows = connection.execute(
            "SELECT DISTINCT root FROM lt_alias WHERE root NOT IN"
            " (SELECT learner_id FROM lt_learner)"
        ).fetchall()
        for (root,) in rows:
            self.learners.refold(connection, root)

    def _fold_anew(self, tx: "Tx", changed: Changed) -> None:
        """What a decision changes of what was folded before it."""
        connection = tx.connection
        for learner_id in changed.learners:
            tables.clear_learner(connection, learner_id)
        for learner_id in {root_of(connection, each) for each in changed.learners}:
            self.learners.refold(connection, learner_id)
        for school_id, node_id in sorted(changed.authors):
            self.people.judge_anew(tx, (school_id, node_id))
        self.people.on_ops(tx, _ops_among(changed.targets))
        if changed.authors:
            schools = {school_id for school_id, _ in changed.authors}
            self.fits.take_anew(tx, self._of_kinds(connection, {Kind.PARAMETERS}), schools)
        for stored in changed.of_nobody:  # a learner's are noted with her rows, above
            forget(connection, stored)
        note_of_nobody(connection, changed.of_nobody, self.judge(connection))


def _retimed(connection: sqlite3.Connection, events: Iterable[StoredEvent]) -> set[bytes]:
    """The learners whose events happened at another time than was thought: fold them anew."""
    said = (correction_of(stored.event) for stored in events if stored.event.kind == Kind.CLOCK)
    logs = {correction.log_id for correction in said if correction is not None}
    return {who for log_id in logs for who in clock_feed.learners_of(connection, log_id)}


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
