"""What a layer above the engine would do with events: fold them, in the store's own transactions.

The fold is small and depends on the order of events; it is advanced when an event comes after all
that was folded, and marked stale otherwise. Beside it a sum over all events that were told, which
no order changes and every second telling does. Both live in tables of the store, so that crashes,
rollbacks and restores treat them as they treat the log.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from darasa.sync import reads
from darasa.sync.erased import erased_hash
from darasa.sync.event import StoredEvent
from darasa.sync.ids import NodeId
from darasa.sync.messages import PresenceRow
from darasa.sync.store import Tx

FOLD_TABLES: Final = (
    "CREATE TABLE sim_fold (learner BLOB PRIMARY KEY, told INTEGER NOT NULL, total BLOB NOT NULL,"
    " last BLOB NOT NULL, digest BLOB NOT NULL, is_stale INTEGER NOT NULL) STRICT",
    "CREATE TABLE sim_wanted (scope BLOB PRIMARY KEY) STRICT",
)
NOBODY: Final = b""
"""The row of events that speak of no learner."""

_BYTES: Final = 16
_MODULUS: Final = 1 << (8 * _BYTES)


class Folded(NamedTuple):
    """The fold of one learner: how many events, their sum, the last in order, the digest."""

    told: int
    total: bytes
    last: bytes
    digest: bytes
    is_stale: bool


EMPTY: Final = Folded(0, bytes(_BYTES), b"", bytes(_BYTES), is_stale=False)


def _order(event: StoredEvent) -> bytes:
    """The order of events (lamport, log_id, seq, chain) as bytes that compare alike."""
    lamport, log_id, seq, chain = event.order_key
    return lamport.to_bytes(8, "big") + log_id + seq.to_bytes(8, "big") + chain


def _hash(raw: bytes) -> bytes:
    return hashlib.blake2b(raw, digest_size=_BYTES).digest()


def advanced(before: Folded, events: Iterable[StoredEvent]) -> Folded:
    """The fold with more events, told in any order."""
    told, last, digest, is_stale = before.told, before.last, before.digest, before.is_stale
    total = int.from_bytes(before.total, "big")
    for event in events:
        key = _order(event)
        told += 1
        total += int.from_bytes(_hash(key + event.canonical), "big")
        is_stale = is_stale or key <= last
        digest, last = _hash(digest + key + event.canonical), max(key, last)
    return Folded(told, (total % _MODULUS).to_bytes(_BYTES, "big"), last, digest, is_stale)


def recomputed(connection: sqlite3.Connection, learner: bytes) -> Folded:
    """The fold of a learner from all that is held of her."""
    return advanced(EMPTY, reads.events_of(connection, learner))


def recomputed_nobodys(connection: sqlite3.Connection) -> Folded:
    """The fold of all events that speak of no learner, those kept apart too."""
    found = (each for each in reads.all_events(connection) if each.event.learner_id is None)
    return advanced(EMPTY, sorted(found, key=lambda each: each.order_key))


def folded(connection: sqlite3.Connection) -> dict[bytes, Folded]:
    """What was folded, by learner."""
    rows = connection.execute("SELECT * FROM sim_fold ORDER BY learner")
    return {learner: _of_row(rest) for learner, *rest in rows}


def want(connection: sqlite3.Connection, scope: bytes) -> None:
    """From now on this node asks for a scope."""
    connection.execute("INSERT OR IGNORE INTO sim_wanted VALUES (?)", (scope,))


def want_no_more(connection: sqlite3.Connection, scope: bytes) -> None:
    """From now on this node does not ask for a scope."""
    connection.execute("DELETE FROM sim_wanted WHERE scope = ?", (scope,))


def wanted(connection: sqlite3.Connection) -> list[bytes]:
    """The scopes that this node asks for."""
    return [scope for (scope,) in connection.execute("SELECT scope FROM sim_wanted ORDER BY scope")]


def fold_nobodys(connection: sqlite3.Connection) -> None:
    """Fold all events here that speak of no learner, and forget what was folded before."""
    _keep(connection, NOBODY, recomputed_nobodys(connection))


class FoldHooks:
    """The hooks of one process of one node. `on_told` hears of every event inside its transaction;
    `allowed` gives the scopes that a peer may have.
    """

    def __init__(
        self,
        reading: Callable[[], list[bytes]],
        *,
        allowed: Callable[[NodeId], Sequence[bytes]],
        on_told: Callable[[Sequence[StoredEvent]], None],
        on_anew: Callable[[], None],
        refuses: Callable[[NodeId], bool],
    ) -> None:
        self._wanted = reading
        self._allowed = allowed
        self._on_told = on_told
        self._on_anew = on_anew
        self._refuses = refuses
        self._anew: tuple[Tx, bytes] | None = None

    def on_events(self, tx: Tx, events: Sequence[StoredEvent]) -> None:
        """Fold what came, learner by learner."""
        self._on_told(events)
        by_learner: dict[bytes, list[StoredEvent]] = {}
        for event in events:
            by_learner.setdefault(event.event.learner_id or NOBODY, []).append(event)
        for learner, hers in by_learner.items():
            if self._anew is not None and self._anew[0] is tx and self._anew[1] == learner:
                continue  # folded anew a moment ago from all that is held, these among them
            _keep(tx.connection, learner, advanced(_row(tx.connection, learner), hers))

    def on_records(
        self,
        tx: Tx,
        scope: bytes,
        records: Sequence[tuple[bytes, bytes | None]],
        *,
        from_start: bool,
    ) -> None:
        """Fold a learner anew when copies of her events may be gone."""
        del records
        if scope.startswith(b"l") and from_start:
            self._on_anew()
            self.fold_anew(tx, scope[1:])

    def on_erased(self, tx: Tx, school_id: bytes, learner_hashes: AbstractSet[bytes]) -> None:
        """Forget what was folded of them, but what another school wrote; and want them no more."""
        del school_id
        for learner in folded(tx.connection):
            if erased_hash(learner) in learner_hashes:
                tx.connection.execute("DELETE FROM sim_fold WHERE learner = ?", (learner,))
                if (left := recomputed(tx.connection, learner)).told:
                    _keep(tx.connection, learner, left)
        for scope in wanted(tx.connection):
            if scope.startswith(b"l") and erased_hash(scope[1:]) in learner_hashes:
                want_no_more(tx.connection, scope)

    def fold_anew(self, tx: Tx, learner: bytes) -> None:
        """Forget what was folded of a learner, and fold all that is held of her now."""
        _keep(tx.connection, learner, recomputed(tx.connection, learner))
        self._anew = (tx, learner)

    def scopes_of(self, node_id: NodeId) -> Sequence[bytes]:
        """The scopes that this peer may have."""
        return self._allowed(node_id)

    def refusal_of(self, node_id: NodeId) -> str:
        """A computer that was removed is not served."""
        return "The school has removed this computer." if self._refuses(node_id) else ""

    def on_presence(self, node_id: NodeId, rows: Sequence[PresenceRow]) -> None:
        """Nobody looks."""

    def wanted_scopes(self) -> Sequence[bytes]:
        """The scopes to ask for."""
        return self._wanted()


def _row(connection: sqlite3.Connection, learner: bytes) -> Folded:
    row = connection.execute(
        "SELECT told, total, last, digest, is_stale FROM sim_fold WHERE learner = ?", (learner,)
    ).fetchone()
    return EMPTY if row is None else _of_row(row)


def _of_row(row: Sequence[Any]) -> Folded:
    told, total, last, digest, is_stale = row
    return Folded(told, total, last, digest, bool(is_stale))


def _keep(connection: sqlite3.Connection, learner: bytes, state: Folded) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO sim_fold VALUES (?, ?, ?, ?, ?, ?)", (learner, *state)
    )
