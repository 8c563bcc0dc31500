"""Decisions that people and servers make: remove a computer, accept its work, merge, confirm.

Owns: the events that a decision takes, and who may make one where. What a decision comes to is
worked out in `deciding/rows.py`, the same on every node. Does not know screens.
"""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from darasa.learning.aliases import aliases_of, root_of
from darasa.learning.deciding.authority import RESTRICTS
from darasa.learning.deciding.decisions import Standing
from darasa.learning.deciding.held_events import accepted_places, hold_of, places_before
from darasa.learning.deciding.ignored import IgnoredEvent, ignored_events
from darasa.learning.deciding.judging import Why, node_rows
from darasa.learning.deciding.rows import DecisionRows
from darasa.learning.errors import DecisionError, NotFoundError
from darasa.learning.kinds import (
    SUPERSEDES_MAX,
    TIPS_A_RESTRICTION,
    Confirm,
    Kind,
    Merge,
    Place,
    Quarantine,
    Revocation,
)
from darasa.learning.lamports import first_jumps
from darasa.learning.people.people import Reading
from darasa.learning.recorder import Recorder
from darasa.sync import contacts
from darasa.sync.event import StoredEvent
from darasa.sync.ids import SHORT_BYTES, LearnerId, NodeId, Rng, Role, SchoolId

if TYPE_CHECKING:
    from darasa.sync.store import Tx

_REFUSALS: Final = {
    Role.SCHOOL: "This computer was removed from the school. Its work is safe. Ask the teacher.",
    Role.HUB: "This school was removed from the hub. Its work is safe. Ask the hub.",
}
_JUMP: Final = "its events are out of order"


class Decisions:
    """Makes and reads the decisions of one node."""

    def __init__(
        self,
        *,
        role: Role,
        school_id: SchoolId,
        reading: Reading,
        recorder: Recorder,
        rows: DecisionRows,
        rng: Rng,
    ) -> None:
        self._role = role
        self._school_id = school_id
        self._reading = reading
        self._recorder = recorder
        self._rows = rows
        self._rng = rng

    # -- learners -------------------------------------------------------------------------

    def merge(self, keep: LearnerId, other: LearnerId) -> None:
        """Two learners are one person: known as `keep` from now on, by either name and PIN.

        Raises DecisionError at a node that is no school, or when they are one already.
        """
        self._check_is(Role.SCHOOL)
        with self._reading() as connection:
            kept, given_up = root_of(connection, keep), root_of(connection, other)
        if kept == given_up:
            raise DecisionError("These are one learner already.")
        self._recorder.record((given_up, Merge(kept, ())))

    def unmerge(self, learner_id: LearnerId) -> int:
        """Take merges back: that of this id, or all of a learner known by it; how many."""
        self._check_is(Role.SCHOOL)
        with self._reading() as connection:
            root = root_of(connection, learner_id)
            ids = aliases_of(connection, learner_id) if root == learner_id else (learner_id,)
            merges = {each: _merges_of(connection, each) for each in ids}
            is_merged = len(aliases_of(connection, root)) > 1
        if not is_merged:
            raise DecisionError("This learner was not merged with another.")
        facts = [(LearnerId(each), Merge(None, seen)) for each, seen in merges.items() if seen]
        self._recorder.record(*facts)
        return len(facts)

    def confirm(self, ignored: IgnoredEvent) -> None:
        """A teacher's word from a computer counts from now on. Raises DecisionError."""
        self._check_is(Role.SCHOOL)
        if ignored.why is not Why.UNCONFIRMED:
            raise DecisionError("This cannot be confirmed.")
        place = (ignored.log_id, ignored.seq, ignored.chain[:SHORT_BYTES])
        self._recorder.record((ignored.learner_id, Confirm(place)))

    def unconfirmed(self) -> list[IgnoredEvent]:
        """What teachers said at computers and nobody has confirmed, the newest first."""
        with self._reading() as connection:
            return [each for each in ignored_events(connection) if each.why is Why.UNCONFIRMED]

    # -- nodes ----------------------------------------------------------------------------

    def remove(self, node_id: NodeId) -> None:
        """No session of this node is served any more, and what is not here yet does not count.

        What it has sent and was accepted stays. Whoever came from it, and has only its word for
        that, goes with it (sync.md section 3). Raises DecisionError, NotFoundError.
        """
        with self._reading() as connection:
            school_id, _ = self._standing(connection, node_id)
            others = self._rows.standings(connection, school_id, by=self._role)
            said: list[Quarantine | Revocation] = []
            for each in (node_id, *contacts.unconfirmed_children(connection, node_id)):
                standing = others.get(each)
                places = self._accepted(connection, school_id, each, standing)
                said += self._parts(Revocation, each, places, _seen(standing), "")
        self._recorder.record(*((None, part) for part in said))

    def quarantine(self, node_id: NodeId, why: str = "") -> None:
        """What is not here yet does not count until someone has looked; it may go on exchanging."""
        with self._reading() as connection:
            school_id, standing = self._standing(connection, node_id)
            places = self._accepted(connection, school_id, node_id, standing)
        self._restrict(Quarantine, node_id, places, standing, why=why)

    def accept(self, node_id: NodeId) -> None:
        """All that is held here of a restricted node counts. One that was removed stays removed."""
        with self._reading() as connection:
            school_id, standing = self._standing(connection, node_id)
            places = accepted_places(connection, school_id, node_id)
        if standing is None:
            raise DecisionError("All work of this computer counts already.")
        if standing.is_removed:
            self._restrict(Revocation, node_id, places, standing)
        else:
            self._restrict(Quarantine, node_id, None, standing)

    def let_back(self, node_id: NodeId) -> None:
        """A removed node is served again, and all its work counts."""
        with self._reading() as connection:
            _, standing = self._standing(connection, node_id)
        if standing is None:
            raise DecisionError("This computer was not removed.")
        self._restrict(Revocation, node_id, None, standing)

    def refusal_of(self, node_id: NodeId) -> str:
        """The sentence for a node that was removed; empty for every other."""
        with self._reading() as connection:
            removed = connection.execute(
                "SELECT 1 FROM lt_node WHERE node_id = ? AND removed = 1", (node_id,)
            ).fetchone()
        return "" if removed is None else _REFUSALS.get(self._role, "")

    def restricted(self) -> dict[NodeId, Standing]:
        """The nodes under this server that are removed or quarantined."""
        if self._role not in RESTRICTS:
            return {}
        with self._reading() as connection:
            schools = {school_id for school_id, _ in node_rows(connection)}
            return {
                node: standing
                for school_id in schools
                for node, standing in self._rows.standings(
                    connection, school_id, by=self._role
                ).items()
            }

    def quarantine_jumps(self, tx: "Tx", events: Sequence[StoredEvent]) -> list[StoredEvent]:
        """Before new events are folded: restrict authors whose events nobody can have come to.

        The events that say so are written in the same transaction; the caller folds them too.
        """
        if self._role not in RESTRICTS:
            return []
        judge = self._rows.judge(tx.connection)
        jumps = first_jumps(tx.connection, judge, events, of=RESTRICTS[self._role])
        by_author: dict[tuple[SchoolId, NodeId], list[StoredEvent]] = {}
        for stored in jumps:
            by_author.setdefault((stored.school_id, stored.author), []).append(stored)
        written: list[StoredEvent] = []
        for (school_id, node_id), theirs in by_author.items():
            places = places_before(tx.connection, school_id, theirs)
            said = self._parts(Quarantine, node_id, places, (), _JUMP)
            written += [self._recorder.append(tx, None, part) for part in said]
        return written

    def _restrict(
        self,
        kind: type[Quarantine] | type[Revocation],
        node_id: NodeId,
        places: Sequence[Place] | None,
        standing: Standing | None,
        *,
        why: str = "",
    ) -> None:
        parts = self._parts(kind, node_id, places, _seen(standing), why)
        self._recorder.record(*((None, part) for part in parts))

    def _parts(
        self,
        kind: type[Quarantine] | type[Revocation],
        node_id: NodeId,
        places: Sequence[Place] | None,
        seen: tuple[bytes, ...],
        why: str,
    ) -> list[Quarantine | Revocation]:
        """One restriction, in as many events as its tips take."""
        act = self._rng(SHORT_BYTES)
        if places is None:
            return [kind(node_id, None, act, seen, why)]
        return [
            kind(node_id, tuple(places[at : at + TIPS_A_RESTRICTION]), act, seen, why)
            for at in range(0, max(1, len(places)), TIPS_A_RESTRICTION)
        ]

    def _accepted(
        self,
        connection: sqlite3.Connection,
        school_id: SchoolId,
        node_id: NodeId,
        standing: Standing | None,
    ) -> tuple[Place, ...]:
        hold = None if standing is None else hold_of(connection, school_id, node_id, standing)
        return accepted_places(connection, school_id, node_id, standing=standing, hold=hold)

    def _standing(
        self, connection: sqlite3.Connection, node_id: NodeId
    ) -> tuple[SchoolId, Standing | None]:
        """The school of a node under this server, and what stands on it."""
        if self._role not in RESTRICTS:
            raise DecisionError("Computers are removed at the school server.")
        schools = [each.school_id for each in contacts.certificates_of(connection, node_id)]
        for school_id in schools:
            role = self._rows.judge(connection).author(school_id, node_id)[0]
            if role is RESTRICTS[self._role]:
                found = self._rows.standings(connection, school_id, by=self._role)
                return school_id, found.get(node_id)
        raise NotFoundError("No computer here has that name.")

    def _check_is(self, role: Role) -> None:
        if self._role is not role:
            raise DecisionError("This is decided at the school server.")


def _seen(standing: Standing | None) -> tuple[bytes, ...]:
    """What the next restriction supersedes."""
    return () if standing is None else standing.chains[:SUPERSEDES_MAX]


def _merges_of(connection: sqlite3.Connection, learner_id: bytes) -> tuple[bytes, ...]:
    """The chain8s of the merges of this id into others."""
    rows = connection.execute(
        "SELECT chain FROM lt_decision WHERE kind = ? AND subject = ? AND role IS NOT NULL"
        " ORDER BY lamport DESC, log_id, seq, chain LIMIT ?",
        (int(Kind.MERGE), learner_id, SUPERSEDES_MAX),
    )
    return tuple(chain[:SHORT_BYTES] for (chain,) in rows)
