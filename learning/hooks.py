"""What an exchange tells this layer and may ask of it: sync's `Hooks`, for all three roles.

Owns: which scopes a peer may have and which this node wants. Does not know frames or links.
"""

import sqlite3
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from darasa.learning import resume
from darasa.learning.aliases import aliases_of
from darasa.learning.deciding.acts import Decisions
from darasa.learning.erasure import forget
from darasa.learning.people.people import Reading
from darasa.learning.presence import PresenceBoard
from darasa.learning.projection import Projection
from darasa.learning.scopes import (
    FITS_SCOPE,
    SCHOOL_SCOPE,
    class_scope,
    learner_of,
    learner_scope,
)
from darasa.learning.signing_in.one_use_codes import OneUseCodes
from darasa.sync.contacts import certificates_of
from darasa.sync.erased import erased_hash
from darasa.sync.erased_rows import erased_among
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NodeId, Role, SchoolId
from darasa.sync.messages import PresenceRow

if TYPE_CHECKING:
    from darasa.sync.store import Tx

RoleOf = Callable[[sqlite3.Connection, NodeId, SchoolId], Role | None]
"""The role that an author's certificate gives it in a school; None when there is none."""


class LearningHooks:
    """Given to every exchange of one node."""

    def __init__(
        self,
        *,
        role: Role,
        school_id: SchoolId,
        reading: Reading,
        projection: Projection,
        presence: PresenceBoard,
        role_of: RoleOf,
        decisions: Decisions,
        codes: OneUseCodes,
    ) -> None:
        self._role = role
        self._school_id = school_id
        self._reading = reading
        self._projection = projection
        self._presence = presence
        self._role_of = role_of
        self._decisions = decisions
        self._codes = codes

    def on_events(self, tx: "Tx", events: Sequence[StoredEvent]) -> None:
        """Fold what arrived, in the transaction that stores it."""
        written = self._decisions.quarantine_jumps(tx, events)
        self._projection.advance(tx, [*events, *written])
        self._codes.confirm_proved(tx, events)
        self._presence.note_work(
            {each.event.learner_id for each in events if each.event.learner_id is not None}
        )

    def refusal_of(self, node_id: NodeId) -> str:
        """Why this node is not served: it was removed. Empty for every other."""
        return self._decisions.refusal_of(node_id)

    def on_records(
        self,
        tx: "Tx",
        scope: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        """Take over the school's lists; fold a learner anew when copies of hers were deleted."""
        learner_id = learner_of(scope)
        if learner_id is None:
            self._projection.on_records(tx, scope, records, from_start=from_start)
        elif from_start:
            self._projection.refold(tx, learner_id)

    def on_erased(self, tx: "Tx", school_id: bytes, learner_hashes: AbstractSet[bytes]) -> None:
        """Forget learners whom a school has erased."""
        forget(tx, self._projection, school_id, learner_hashes, role=self._role)
        self._presence.forget_learners(lambda each: erased_hash(each) in learner_hashes)

    def scopes_of(self, node_id: NodeId) -> Sequence[bytes]:
        """For a computer of this school: its lists, and any learner's events; for a school, fits.

        Nothing for one that was removed, which a stick may still reach.
        """
        if self.refusal_of(node_id):
            return ()
        if self._role is Role.HUB:
            with self._reading() as connection:
                known = certificates_of(connection, node_id)
            return (FITS_SCOPE,) if any(each.role is Role.SCHOOL for each in known) else ()
        if self._role is not Role.SCHOOL:
            return ()
        with self._reading() as connection:
            if self._role_of(connection, node_id, self._school_id) is not Role.COMPUTER:
                return ()
            classes = _column(
                connection,
                "SELECT class_id FROM lt_class UNION SELECT class_id FROM lt_membership",
            )
            learners = _column(
                connection,
                "SELECT learner_id FROM lt_person UNION SELECT learner_id FROM lt_learner"
                " UNION SELECT learner_id FROM lt_alias",
            )
        scopes = (SCHOOL_SCOPE, FITS_SCOPE)
        return (*scopes, *map(class_scope, classes), *map(learner_scope, learners))

    def wanted_scopes(self) -> Sequence[bytes]:
        """For a computer: all classes of the school, and the learners who have signed in here.

        A learner's events come under all her ids. A school wants fits of its hub.
        """
        if self._role is Role.SCHOOL:
            return (FITS_SCOPE,)
        if self._role is not Role.COMPUTER:
            return ()
        with self._reading() as connection:
            classes = _column(connection, "SELECT class_id FROM lt_class ORDER BY 1")
            learners = sorted(
                {each for who, _ in resume.seen(connection) for each in aliases_of(connection, who)}
            )
        scopes = (SCHOOL_SCOPE, FITS_SCOPE)
        return (*scopes, *map(class_scope, classes), *map(learner_scope, learners))

    def on_presence(self, node_id: NodeId, rows: Sequence[PresenceRow]) -> None:
        """Who sits at that computer now; one who is erased sits nowhere."""
        with self._reading() as connection:
            gone = erased_among(connection, self._school_id, [row.learner_id for row in rows])
        self._presence.hear(node_id, [row for row in rows if row.learner_id not in gone])


def _column(connection: sqlite3.Connection, query: str) -> list[bytes]:
    return [bytes(value) for (value,) in connection.execute(query).fetchall()]
