"""The erased learners in the store, and what is kept of an event when one of them wrote it.

Owns the table `erased`. Functions over a connection; those that write are called inside a writing
transaction. Which records are believed is the caller's to say (`erasing`, `session_erasure`).
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from darasa.sync.erased import ArrivedLeaf, ErasedRecord, erased_digest, erased_hash
from darasa.sync.event import leaf_of
from darasa.sync.event_links import Arriving
from darasa.sync.ids import NO_SCHOOL
from darasa.sync.named_learners import learners_of


def add(connection: sqlite3.Connection, records: Iterable[ErasedRecord]) -> None:
    """Keep records; of one learner the newest signature."""
    connection.executemany(
        "INSERT INTO erased (school_id, learner_hash, signature) VALUES (?, ?, ?)"
        " ON CONFLICT (school_id, learner_hash) DO UPDATE SET signature = excluded.signature",
        [(each.school_id, each.learner_hash, each.signature) for each in records],
    )


def records(connection: sqlite3.Connection, school_id: bytes | None = None) -> list[ErasedRecord]:
    """The records of a school, or all, in order."""
    rows = connection.execute(
        "SELECT school_id, learner_hash, signature FROM erased WHERE ?1 IS NULL OR school_id = ?1"
        " ORDER BY school_id, learner_hash",
        (school_id,),
    )
    return [ErasedRecord(*row) for row in rows]


def digest(connection: sqlite3.Connection, school_id: bytes) -> bytes | None:
    """The digest of a school's erased learners; None for none."""
    rows = connection.execute("SELECT learner_hash FROM erased WHERE school_id = ?", (school_id,))
    return erased_digest(learner_hash for (learner_hash,) in rows)


def is_erased(connection: sqlite3.Connection, school_id: bytes, learner_id: bytes) -> bool:
    """Whether a school has erased a learner; without a school whether any has."""
    found = connection.execute(
        "SELECT 1 FROM erased WHERE learner_hash = ?1 AND (school_id = ?2 OR ?2 = ?3) LIMIT 1",
        (erased_hash(learner_id), school_id, NO_SCHOOL),
    )
    return found.fetchone() is not None


def is_any_erased(connection: sqlite3.Connection) -> bool:
    """Whether any school has erased anyone."""
    return connection.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is not None


def erased_among(
    connection: sqlite3.Connection, school_id: bytes, learner_ids: Collection[bytes | None]
) -> set[bytes]:
    """Those of these learners whom a school has erased. Cost: nothing while nobody is."""
    if not is_any_erased(connection):
        return set()
    known = {each for each in learner_ids if each is not None}
    return {each for each in known if is_erased(connection, school_id, each)}


def as_leaves(
    connection: sqlite3.Connection, school_id: bytes, events: Sequence[Arriving]
) -> Sequence[Arriving]:
    """The same events, those of erased learners as leaves. Cost: nothing while nobody is."""
    if not is_any_erased(connection):
        return events
    clear = (each.event for each in events if not isinstance(each, ArrivedLeaf))
    gone = erased_among(connection, school_id, {who for each in clear for who in learners_of(each)})
    return [_as_leaf(each, gone) for each in events] if gone else events


def _as_leaf(each: Arriving, gone: set[bytes]) -> Arriving:
    if isinstance(each, ArrivedLeaf) or gone.isdisjoint(learners_of(each.event)):
        return each
    return ArrivedLeaf(each.seq, each.chain, leaf_of(each.canonical))


def note_unheard(connection: sqlite3.Connection, ordinal: int) -> None:
    """This store began anew, without the file beside it: it may have forgotten someone.

    `ordinal` 0: there is no hub that could tell; it counts once one is joined.
    """
    connection.execute("DELETE FROM unheard")
    connection.execute("INSERT INTO unheard (since_ordinal) VALUES (?)", (ordinal,))


def waits_for_hub(connection: sqlite3.Connection) -> bool:
    """Whether a store that began anew has had no hub yet that could tell."""
    row = connection.execute("SELECT 1 FROM unheard WHERE since_ordinal = 0 LIMIT 1").fetchone()
    return row is not None


def is_unheard(connection: sqlite3.Connection) -> bool:
    """Whether the hub has not told yet whom this store may have forgotten."""
    row = connection.execute("SELECT 1 FROM unheard WHERE since_ordinal > 0 LIMIT 1").fetchone()
    return row is not None


def note_heard(connection: sqlite3.Connection) -> None:
    """The hub has told all that it knows."""
    connection.execute("DELETE FROM unheard")


def note_said(connection: sqlite3.Connection, node_id: bytes, said: bytes | None) -> None:
    """A peer has said which learners it knows to be erased, by their digest."""
    connection.execute("UPDATE peer SET erased_digest = ? WHERE node_id = ?", (said, node_id))


def said_by(connection: sqlite3.Connection, node_id: bytes) -> bytes | None:
    """The digest that a peer said last; None for none, and for a peer that is not known."""
    row = connection.execute(
        "SELECT erased_digest FROM peer WHERE node_id = ?", (node_id,)
    ).fetchone()
    return None if row is None else row[0]
