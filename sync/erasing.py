"""Erasing learners here: what a record of erasure does to the store (sync.md section 10).

The file beside the store is written first: a store that is put back later has forgotten, the file
has not. Then, in the caller's transaction: bodies of her events go and leaves stay, and her id goes
from every table of this room; the room above is told by `Hooks.on_erased`. `Store.sweep` cleans the
pages that this leaves free. Which records are believed is decided before: `session_erasure`,
`erased_home`.
"""

import errno
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from darasa.sync import erased_rows, events_table, feed, learner_events
from darasa.sync.erased import ErasedRecord, erased_hash
from darasa.sync.erased_file import add_erased
from darasa.sync.errors import StoreError, StoreFullError
from darasa.sync.ids import ID_BYTES
from darasa.sync.named_learners import ids_in

if TYPE_CHECKING:
    from darasa.sync.hooks import Hooks
    from darasa.sync.store import Tx


def erase(tx: "Tx", hooks: "Hooks", records: Iterable[ErasedRecord]) -> int:
    """Keep believed records and erase whom they mean, here and in the room above.

    Answers how many are new; those that are known change nothing. Raises StoreError.
    """
    new = tx.keep_erased(sorted(set(records)))
    by_school: dict[bytes, set[bytes]] = {}
    for record in new:
        by_school.setdefault(record.school_id, set()).add(record.learner_hash)
    for school_id, hashes in by_school.items():
        hooks.on_erased(tx, school_id, frozenset(hashes))
    return len(new)


def keep(
    connection: sqlite3.Connection, ordinal: int, records: Sequence[ErasedRecord]
) -> tuple[ErasedRecord, ...]:
    """Keep records and erase in the tables of this room; answer the new ones.

    Cost: for new ones a look at every learner_id here.
    """
    known = {(each.school_id, each.learner_hash) for each in erased_rows.records(connection)}
    new = tuple(each for each in records if (each.school_id, each.learner_hash) not in known)
    if not new:
        return ()
    connection.execute("PRAGMA secure_delete = ON")
    erased_rows.add(connection, new)
    schools: dict[bytes, list[bytes]] = {}
    for record in new:
        schools.setdefault(record.learner_hash, []).append(record.school_id)
    for learner_id in sorted(set(_ids_here(connection))):
        for school_id in schools.get(erased_hash(learner_id), ()):
            _erase_learner(connection, school_id, learner_id)
    connection.execute("INSERT INTO unswept (since_ordinal) VALUES (?)", (ordinal,))
    return new


def keep_in_file(file: Path | None, records: Iterable[ErasedRecord]) -> None:
    """Add records to the file beside the store, durably. Raises StoreError."""
    if file is None:
        return
    try:
        add_erased(file, records)
    except OSError as error:
        kind = StoreFullError if error.errno == errno.ENOSPC else StoreError
        raise kind("The list of erased learners cannot be saved. Nothing was changed.") from error


def _ids_here(connection: sqlite3.Connection) -> Iterator[bytes]:
    """Whatever may be a learner's id in the tables of this room."""
    yield from learner_events.all_learners(connection)
    yield from feed.learners_of_copies(connection)
    for record_id, value in connection.execute(
        "SELECT record_id, value FROM feed UNION ALL SELECT record_id, value FROM record"
    ):
        yield record_id
        yield from ids_in(value)
    scopes = connection.execute(
        "SELECT scope FROM feed UNION SELECT scope FROM record UNION SELECT scope FROM copy"
        " UNION SELECT scope FROM cursor"
    )
    for (scope,) in scopes:
        if scope.startswith(feed.LEARNER_SCOPE) and len(scope) == ID_BYTES + 1:
            yield scope[1:]


def _erase_learner(connection: sqlite3.Connection, school_id: bytes, learner_id: bytes) -> None:
    """Her events become leaves; her id leaves every other table, deletions included."""
    events_table.erase(connection, learner_id, school_id=school_id)
    scope = feed.LEARNER_SCOPE + learner_id
    feed.drop_scope(connection, scope)
    connection.execute(
        "DELETE FROM feed WHERE scope = ?1 OR record_id = ?2 OR instr(value, ?2)",
        (scope, learner_id),
    )
    connection.execute("DELETE FROM record WHERE record_id = ?1 OR instr(value, ?1)", (learner_id,))
    feed.erase_copies(connection, learner_id)
