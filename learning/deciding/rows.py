"""Rows of decisions: what restricts nodes and joins learners, and who must be folded anew for it.

Owns: the tables lt_decision, lt_node and lt_alias at a school or hub, and what the school publishes
of them. Decisions of hubs come before those of schools: a school that is restricted decides no more
than what is accepted of it. Does not fold learners or records.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from darasa.learning.deciding.authority import RESTRICTS
from darasa.learning.deciding.bodies import note, payload_in
from darasa.learning.deciding.decisions import (
    DECISIONS,
    OF_ITEMS,
    RESTRICTIONS,
    SaidMerge,
    SaidRestriction,
    Standing,
    merged,
    standing_of,
)
from darasa.learning.deciding.held_events import events_by, hold_of
from darasa.learning.deciding.judging import (
    Author,
    Judge,
    NodeRow,
    Said,
    SpeakerOf,
    hold_bytes,
    node_rows,
)
from darasa.learning.deciding.mark_rows import marks_of_school, settle_marks
from darasa.learning.deciding.refolding import Changed
from darasa.learning.kinds import (
    Confirm,
    Kind,
)
from darasa.learning.scopes import SCHOOL_SCOPE, AliasValue, ItemValue, NodeValue, parse_value
from darasa.sync import contacts, feed, held_back, reads
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NO_SCHOOL, NodeId, Role, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx


class DecisionRows:
    """Keeps the decisions of one node."""

    def __init__(
        self,
        *,
        role: Role,
        school_id: SchoolId,
        speaker: SpeakerOf,
        hubs: Callable[[], Sequence[NodeId]],
    ) -> None:
        self._role = role
        self._school_id = school_id
        self._speaker = speaker
        self._hubs = hubs

    def judge(self, connection: sqlite3.Connection) -> Judge:
        """Who asks whether events count, as things are decided now."""
        return Judge(connection, self._speaker, node_rows(connection))

    def take(self, tx: "Tx", events: Sequence[StoredEvent]) -> Changed:
        """Note decisions among new events; what they, or late events, make to be folded anew."""
        if self._role is Role.COMPUTER:
            return self._take_confirms(tx.connection, events)
        words, nodes = self._note_all(tx.connection, events)
        nodes |= self._with_late_events(tx.connection, events)
        return self.settle(tx, words, nodes=nodes) if words or nodes else Changed()

    def rebuild(self, tx: "Tx", decisions: Sequence[StoredEvent]) -> None:
        """Note all decisions and work out what they come to, before anything is folded."""
        if self._role is Role.COMPUTER:
            self._take_confirms(tx.connection, decisions)
            return
        words, nodes = self._note_all(tx.connection, decisions)
        self.settle(tx, words, nodes=nodes)

    def _take_confirms(
        self, connection: sqlite3.Connection, events: Sequence[StoredEvent]
    ) -> Changed:
        """On a computer, which is told the rest by its school: a confirm comes to it among the
        copies of a learner's events, so that what a teacher said of her at a computer counts.
        """
        changed = Changed()
        for stored in events:
            learner_id = stored.event.learner_id
            if stored.event.kind == Kind.CONFIRM and learner_id and note(connection, stored):
                changed.learners.add(learner_id)
        if changed:
            self.settle_confirms(connection, changed)
        return changed

    def settle_confirms(self, connection: sqlite3.Connection, changed: Changed) -> None:
        """Work out anew which confirms count: on a computer, where nodes are what it is told."""
        schools = connection.execute("SELECT DISTINCT school_id FROM lt_decision").fetchall()
        for (school_id,) in schools:
            self._settle_roles(connection, SchoolId(school_id), {Kind.CONFIRM}, changed)

    def _note_all(
        self, connection: sqlite3.Connection, events: Sequence[StoredEvent]
    ) -> tuple[set[SchoolId], set[SchoolId]]:
        """Keep the decisions; the schools they are in, and those where one restricts a node."""
        words: set[SchoolId] = set()
        nodes: set[SchoolId] = set()
        for stored in events:
            if stored.event.kind in DECISIONS and note(connection, stored):
                words.add(stored.school_id)
                if stored.event.kind in RESTRICTIONS:
                    nodes |= self._schools_of(connection, stored)
        return words, nodes

    def settle(
        self, tx: "Tx", words: Iterable[SchoolId], *, nodes: Collection[SchoolId]
    ) -> Changed:
        """Work out anew what is decided in some schools; in `nodes`, which nodes are restricted."""
        connection, changed = tx.connection, Changed()
        before = node_rows(connection)
        for school_id in sorted({*words, *nodes}):
            if school_id in nodes:
                self._settle_nodes(connection, school_id, by=Role.HUB)
            self._settle_roles(connection, school_id, {Kind.CONFIRM}, changed)
            self._settle_roles(connection, school_id, RESTRICTIONS, changed)
            if school_id in nodes:
                self._settle_nodes(connection, school_id, by=Role.SCHOOL)
            self._settle_roles(connection, school_id, {Kind.MERGE, *OF_ITEMS}, changed)
            changed.items |= settle_marks(connection, school_id)
        after = node_rows(connection)
        for author in {*before, *after}:
            was, now = before.get(author), after.get(author)
            if was != now:
                changed.authors.add(author)
                for stored in events_by(connection, *author):
                    if _takes(was, stored) != _takes(now, stored):
                        changed.add(stored)
        self._settle_aliases(connection, changed)
        removed = {node_id for (_, node_id), row in after.items() if row.is_removed}
        held_back.note_revoked(connection, removed)  # nobody who comes from them is let in
        self.publish(tx)
        return changed

    # -- what is decided ------------------------------------------------------------------

    def standings(
        self, connection: sqlite3.Connection, school_id: SchoolId, *, by: Role
    ) -> dict[NodeId, Standing]:
        """The restrictions that stand on nodes of a school, made by its server or by the hub."""
        rows = connection.execute(
            "SELECT kind, lamport, log_id, seq, chain, author, body FROM lt_decision"
            " WHERE school_id = ? AND kind IN (?, ?) AND role = ?",
            (NO_SCHOOL if by is Role.HUB else school_id, *sorted(RESTRICTIONS), str(by)),
        ).fetchall()
        said = [
            SaidRestriction((lamport, log_id, seq, chain), by, author, payload_in(kind, body))
            for kind, lamport, log_id, seq, chain, author, body in rows
        ]
        found = standing_of(said)
        return {
            NodeId(node): standing
            for node, standing in found.items()
            if self._speaker(connection, NodeId(node), school_id) is RESTRICTS[by]
        }

    def _settle_nodes(
        self, connection: sqlite3.Connection, school_id: SchoolId, *, by: Role
    ) -> None:
        """Write which nodes of a school are restricted; a hub restricts servers, these computers.

        The servers of a school go first, and take the rows of its computers with them: those are
        written anew right after.
        """
        if by is Role.HUB:
            connection.execute("DELETE FROM lt_node WHERE school_id = ?", (school_id,))
        for node_id, standing in self.standings(connection, school_id, by=by).items():
            hold = hold_of(connection, school_id, node_id, standing)
            connection.execute(
                "INSERT INTO lt_node VALUES (?, ?, NULL, ?, ?)",
                (school_id, node_id, hold_bytes(hold), standing.is_removed),
            )

    def _settle_roles(
        self,
        connection: sqlite3.Connection,
        school_id: SchoolId,
        kinds: Iterable[int],
        changed: Changed,
    ) -> None:
        """Write under which role each decision of a school counts."""
        judge = self.judge(connection)
        for kind in sorted(kinds):
            rows = connection.execute(
                "SELECT log_id, seq, chain, author, role, body FROM lt_decision"
                " WHERE school_id = ? AND kind = ?",
                (school_id, int(kind)),
            ).fetchall()
            for log_id, seq, chain, author, was, body in rows:
                said = Said(school_id, NodeId(author), (log_id, seq, chain), kind)
                role = judge.look_at(said).role
                if role == was:
                    continue
                connection.execute(
                    "UPDATE lt_decision SET role = ? WHERE school_id = ? AND kind = ?"
                    " AND log_id = ? AND seq = ? AND chain = ?",
                    (None if role is None else str(role), school_id, int(kind), log_id, seq, chain),
                )
                if kind == Kind.CONFIRM:
                    self._note_target(connection, school_id, payload_in(kind, body), changed)

    def _note_target(
        self, connection: sqlite3.Connection, school_id: SchoolId, said: Confirm, changed: Changed
    ) -> None:
        log_id, seq, chain8 = said.target
        target = reads.event_at(connection, log_id, seq, chain8=chain8)
        if target is not None and target.school_id == school_id:
            changed.add(target)
            changed.targets.append(target)

    def _settle_aliases(self, connection: sqlite3.Connection, changed: Changed) -> None:
        """Write which learners are one, and note those for whom that is new."""
        rows = connection.execute(
            "SELECT lamport, log_id, seq, chain, subject, body FROM lt_decision"
            " WHERE kind = ? AND role IS NOT NULL",
            (int(Kind.MERGE),),
        ).fetchall()
        roots = merged(
            SaidMerge((lamport, log_id, seq, chain), other, payload_in(Kind.MERGE, body))
            for lamport, log_id, seq, chain, other, body in rows
        )
        changed.learners |= write_aliases(connection, roots)

    # -- what makes it new ----------------------------------------------------------------

    def _schools_of(self, connection: sqlite3.Connection, stored: StoredEvent) -> set[SchoolId]:
        """The schools that a restriction is about: its log's, and those of the node."""
        node_id = stored.event.body[0]
        assert isinstance(node_id, bytes)
        certified = contacts.certificates_of(connection, node_id)
        return {stored.school_id, *(each.school_id for each in certified)}

    def _with_late_events(
        self, connection: sqlite3.Connection, events: Sequence[StoredEvent]
    ) -> set[SchoolId]:
        """The schools where an event has come that a tip of a restriction is at or after."""
        restricted = node_rows(connection)
        by_author: dict[Author, list[StoredEvent]] = {}
        for stored in events if restricted else ():
            if (stored.school_id, stored.author) in restricted:
                by_author.setdefault((stored.school_id, stored.author), []).append(stored)
        found: set[SchoolId] = set()
        for (school_id, node_id), theirs in by_author.items():
            listed: dict[bytes, int] = {}
            for by in RESTRICTS:
                standing = self.standings(connection, school_id, by=by).get(node_id)
                for log_id, seq, _ in () if standing is None else set().union(*standing.acts):
                    listed[log_id] = max(seq, listed.get(log_id, 0))
            if any(stored.seq <= listed.get(stored.log_id, 0) for stored in theirs):
                found.add(school_id)
        return found

    # -- what others are told -------------------------------------------------------------

    def publish(self, tx: "Tx") -> None:
        """At a school: tell its computers which nodes are restricted, which learners are one, and
        what was said of items.
        """
        if self._role is not Role.SCHOOL:
            return
        values: list[NodeValue | AliasValue | ItemValue] = [
            NodeValue(hub, "hub", None) for hub in self._hubs()
        ]
        for (school_id, node_id), row in node_rows(tx.connection).items():
            if school_id == self._school_id and row.hold is not None:
                values += [
                    NodeValue(node_id, None, hold_bytes(part), n)
                    for n, part in enumerate(row.hold.parts())
                ]
        for other, root in tx.connection.execute("SELECT learner_id, root FROM lt_alias"):
            values.append(AliasValue(other, root))
        values += marks_of_school(tx.connection, self._school_id)
        wanted = {value.record_id for value in values}
        for record_id, raw in feed.published(tx.connection, SCHOOL_SCOPE).items():
            is_mine = isinstance(parse_value(raw), NodeValue | AliasValue | ItemValue)
            if is_mine and record_id not in wanted:
                tx.publish(SCHOOL_SCOPE, record_id, None)
        for value in values:
            tx.publish(SCHOOL_SCOPE, value.record_id, value.to_bytes())


def _takes(row: NodeRow | None, stored: StoredEvent) -> bool:
    """Whether what is decided about its author lets an event count."""
    hold = None if row is None else row.hold
    return hold is None or hold.takes(stored.log_id, stored.seq, stored.chain)


def write_aliases(connection: sqlite3.Connection, roots: dict[bytes, bytes]) -> set[bytes]:
    """Write under which id merged learners are known; the ids for whom that changed."""
    before = dict(connection.execute("SELECT learner_id, root FROM lt_alias").fetchall())
    if roots == before:
        return set()
    connection.execute("DELETE FROM lt_alias")
    connection.executemany("INSERT INTO lt_alias VALUES (?, ?)", sorted(roots.items()))
    changed: set[bytes] = set()
    for learner in {*before, *roots}:
        was, now = before.get(learner, learner), roots.get(learner, learner)
        if was != now:
            changed |= {learner, was, now}
    return changed
