"""The folded states of learners as they are kept: a row each, and the decoded ones in memory.

Owns: the table lt_learner. A row says by which rules its state was folded; one by others than those
in force, or from before something was said of items, is stale. Does not know how a state is folded.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterable
from typing import Final, NamedTuple

from darasa.learning import learner_state
from darasa.learning.fold_rules import FoldRules
from darasa.learning.kept_bytes import cleared, squeezed
from darasa.learning.learner_state import LearnerState, name_of
from darasa.sync.codec import CodecError

_CACHED_MAX: Final = 2_000
_MARKED_SINCE: Final = "marked since"  # instead of rules: what was said of items has changed
_NOT_YET: Final = b""  # what a deferred state has in its row until it is written


class _Row(NamedTuple):
    """What a row says of its state: bytes equal for equal states, and by what it was folded."""

    digest: bytes
    rules: str


class KeptStates:
    """The states of one node. `digest` is 16 bytes over a state's canonical bytes."""

    def __init__(self) -> None:
        self._cache: dict[bytes, tuple[bytes, LearnerState]] = {}
        self._unwritten: dict[bytes, LearnerState] | None = None
        self._deferring_thread: int | None = None

    def is_known(self, connection: sqlite3.Connection, learner_id: bytes) -> bool:
        """Whether there is a row of her, or a state kept back."""
        return bool(self._kept_back(learner_id) or self._row(connection, learner_id))

    def state(
        self, connection: sqlite3.Connection, learner_id: bytes, rules: FoldRules
    ) -> LearnerState | None:
        """Her state by these rules; None when it is stale, or another version wrote it."""
        kept_back = self._kept_back(learner_id)
        if kept_back is not None:
            return kept_back
        row = self._row(connection, learner_id)
        if row is None:
            return None
        cached = self._cache.get(learner_id)
        if cached is not None and cached[0] == row.digest and cached[1].rules == rules:
            return cached[1]
        if row.rules != name_of(rules):
            return None
        (raw,) = connection.execute(
            "SELECT state FROM lt_learner WHERE learner_id = ?", (learner_id,)
        ).fetchone()
        try:
            state = learner_state.from_bytes(cleared(raw), rules)
        except (ValueError, CodecError):
            return None
        self._remember(learner_id, row.digest, state)
        return state

    def remember(
        self, connection: sqlite3.Connection, learner_id: bytes, state: LearnerState
    ) -> None:
        """Hold on to a state that was folded because the kept one is stale; no row is written."""
        row = self._row(connection, learner_id)
        if row is not None:
            self._remember(learner_id, row.digest, state)

    def digest(
        self, connection: sqlite3.Connection, learner_id: bytes, rules: FoldRules
    ) -> bytes | None:
        """That of her row; None when it is stale, or kept back."""
        row = self._row(connection, learner_id)
        return row.digest or None if row is not None and row.rules == name_of(rules) else None

    # -- stale ones -------------------------------------------------------------------------

    def stale(self, connection: sqlite3.Connection, rules: FoldRules, limit: int) -> list[bytes]:
        """Learners whose states are not by these rules, or from before a word; at most `limit`."""
        rows = connection.execute(
            "SELECT learner_id FROM lt_learner WHERE rules != ? LIMIT ?", (name_of(rules), limit)
        )
        return [learner_id for (learner_id,) in rows]

    def count_stale(self, connection: sqlite3.Connection, rules: FoldRules) -> int:
        """How many those are in all."""
        row = connection.execute(
            "SELECT count(*) FROM lt_learner WHERE rules != ?", (name_of(rules),)
        )
        return int(row.fetchone()[0])

    def is_stale(self, connection: sqlite3.Connection, learner_id: bytes, rules: FoldRules) -> bool:
        """Whether her kept state is one of those; a fold never goes on by another set of rules."""
        row = self._row(connection, learner_id)
        return row is not None and row.rules != name_of(rules)

    def is_marked(self, connection: sqlite3.Connection, learner_id: bytes) -> bool:
        """Whether her state is from before something was said of an item that she met."""
        row = self._row(connection, learner_id)
        return row is not None and row.rules == _MARKED_SINCE

    def mark(self, connection: sqlite3.Connection, learner_id: bytes, words: bytes) -> bool:
        """Her state is stale: there are new `words` on items. False for one that is kept back.

        In place of a digest stands one of the words, and of what stood there before: who has read a
        stale state reads it anew after the next word, or after answers between two equal ones.
        """
        self._cache.pop(learner_id, None)
        if self._unwritten is not None and learner_id in self._unwritten:
            return False
        row = self._row(connection, learner_id)
        before = b"" if row is None else row.digest
        connection.execute(
            "UPDATE lt_learner SET rules = ?, digest = ? WHERE learner_id = ?",
            (_MARKED_SINCE, _digest(words + before), learner_id),
        )
        return True

    def which_name(self, connection: sqlite3.Connection, names: Iterable[bytes]) -> list[bytes]:
        """Learners whose states may name one of these: their bytes do, or are kept back."""
        names = tuple(names)
        rows = connection.execute("SELECT learner_id, state FROM lt_learner").fetchall()
        return [
            learner_id
            for learner_id, raw in rows
            if not raw or any(name in cleared(raw) for name in names)
        ]

    # -- writing ------------------------------------------------------------------------------

    def write(
        self,
        connection: sqlite3.Connection,
        learner_id: bytes,
        state: LearnerState,
        *,
        added: int = 0,
        lamport_max: int = 0,
    ) -> None:
        """Keep a state; `added` events and their greatest lamport go into her row."""
        raw = digest = _NOT_YET
        if self._unwritten is None:
            clear = learner_state.to_bytes(state)
            digest, raw = _digest(clear), squeezed(clear)
            self._remember(learner_id, digest, state)
        else:
            self._unwritten[learner_id] = state
        row = _Row(digest, name_of(state.rules))
        _write_row(connection, learner_id, raw, row, added=added, lamport_max=lamport_max)

    def count(self, connection: sqlite3.Connection, learner_id: bytes, added: int) -> None:
        """Count `added` events of a learner whose state is not kept."""
        _write_row(connection, learner_id, _NOT_YET, _Row(_NOT_YET, ""), added=added)

    def drop(self, learner_id: bytes) -> None:
        """Her row is gone: nothing of her stays in memory."""
        self._cache.pop(learner_id, None)
        if self._unwritten is not None:
            self._unwritten.pop(learner_id, None)

    def let_go(self, learner_id: bytes) -> None:
        """She signed out: her decoded state is not kept in memory."""
        self._cache.pop(learner_id, None)

    # -- many at once ---------------------------------------------------------------------------

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
            self.write(connection, learner_id, state)

    def forget_deferred(self) -> None:
        """Keep nothing back any longer; what was kept and not written is forgotten."""
        self._unwritten = self._deferring_thread = None

    def _kept_back(self, learner_id: bytes) -> LearnerState | None:
        if self._unwritten is None or not self.is_deferring:
            return None
        return self._unwritten.get(learner_id)

    def _remember(self, learner_id: bytes, digest: bytes, state: LearnerState) -> None:
        if len(self._cache) >= _CACHED_MAX:
            self._cache.clear()
        self._cache[learner_id] = (digest, state)

    @staticmethod
    def _row(connection: sqlite3.Connection, learner_id: bytes) -> "_Row | None":
        row = connection.execute(
            "SELECT digest, rules FROM lt_learner WHERE learner_id = ?", (learner_id,)
        ).fetchone()
        return None if row is None else _Row(*row)


def _write_row(
    connection: sqlite3.Connection,
    learner_id: bytes,
    state: bytes,
    row: _Row,
    *,
    added: int,
    lamport_max: int = 0,
) -> None:
    connection.execute(
        "INSERT INTO lt_learner VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (learner_id) DO UPDATE SET state = excluded.state,"
        " digest = excluded.digest, events = events + excluded.events,"
        " lamport_max = max(lamport_max, excluded.lamport_max), rules = excluded.rules",
        (learner_id, state, row.digest, added, lamport_max, row.rules),
    )


def digest_of(state: LearnerState) -> bytes:
    """16 bytes that are equal for equal states of one version of model and rules."""
    return _digest(learner_state.to_bytes(state))


def _digest(clear: bytes) -> bytes:
    return hashlib.blake2b(clear, digest_size=16).digest()
