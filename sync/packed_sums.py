"""What packed runs come to: counts by learner, greatest lamports, sums of a log. Reads only.

Most of it stands beside the runs, so that they stay packed; the tables are those of packed_rows.py.
"""

# ruff: noqa: S608 (every query is joined from constants of this module)

import sqlite3
from collections import Counter
from collections.abc import Collection

from darasa.sync.codec import unpack
from darasa.sync.database import damaged
from darasa.sync.errors import CodecError
from darasa.sync.packed_rows import PackedRow, entries_of, header, ordinals_of, runs_from


def max_lamport(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """The greatest lamport of a learner's packed events; 0 for none."""
    return _of_learner(connection, learner_id, "max(lamport_max)")


def count_of(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """How many packed events a learner has."""
    return _of_learner(connection, learner_id, "sum(n)")


def _of_learner(connection: sqlite3.Connection, learner_id: bytes, what: str) -> int:
    row = connection.execute(
        f"SELECT {what} FROM learner JOIN packed_learner USING (learner_key) WHERE learner_id = ?",
        (learner_id,),
    ).fetchone()
    return int(row[0] or 0)


def learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners who have a packed event."""
    rows = connection.execute(
        "SELECT learner_id FROM learner WHERE EXISTS"
        " (SELECT 1 FROM packed_learner WHERE packed_learner.learner_key = learner.learner_key)"
    )
    return {learner_id for (learner_id,) in rows}


def has_learner(connection: sqlite3.Connection, learner_id: bytes, *, upto: int) -> bool:
    """Whether all of a learner's events in some packed run were believed by a transaction."""
    found = connection.execute(
        "SELECT 1 FROM learner JOIN packed_learner USING (learner_key) WHERE learner_id = ?"
        " AND last_ordinal <= ? LIMIT 1",
        (learner_id, upto),
    )
    return found.fetchone() is not None


def learners_between(
    connection: sqlite3.Connection, school_id: bytes, low: bytes, high: bytes, *, limit: int
) -> list[bytes]:
    """The first learners of a school with a packed event whose ids are from `low` to `high`."""
    rows = connection.execute(
        "SELECT learner_id FROM learner WHERE learner_id >= ? AND learner_id <= ? AND EXISTS"
        " (SELECT 1 FROM packed_learner JOIN packed USING (run_key) JOIN log USING (log_key)"
        "  WHERE packed_learner.learner_key = learner.learner_key AND log.school_id = ?)"
        " ORDER BY learner_id LIMIT ?",
        (low, high, school_id, limit),
    )
    return [learner_id for (learner_id,) in rows]


def counts(
    connection: sqlite3.Connection,
    log_key: int,
    *,
    after_seq: int,
    after_ordinal: int,
    kinds: Collection[int] | None,
) -> Counter[bytes | None]:
    """How many packed events each learner has in a log after a place and a transaction.

    Cost: a look at each run that is counted whole; the others, and all for `kinds`, are unpacked.
    """
    found: Counter[bytes | None] = Counter()
    for run in runs_from(connection, log_key, after_seq + 1):
        if run.last_ordinal <= after_ordinal:
            continue
        if kinds is None and run.first_seq > after_seq and run.first_ordinal > after_ordinal:
            found.update(_counts_of(connection, run))
            continue
        ordinals = ordinals_of(connection, run)
        for seq, (entry, ordinal) in enumerate(
            zip(entries_of(connection, run), ordinals, strict=True), start=run.first_seq
        ):
            if seq > after_seq and ordinal > after_ordinal:
                kind, learner_id, _ = header(entry)
                found[learner_id] += kinds is None or kind in kinds
    return found


def _counts_of(connection: sqlite3.Connection, run: PackedRow) -> Counter[bytes | None]:
    """How many events of a run each learner has, nobody's too, by what the run says of itself."""
    (raw,) = connection.execute(
        "SELECT learners FROM packed WHERE run_key = ?", (run.run_key,)
    ).fetchone()
    try:
        numbers = unpack(raw)
    except CodecError as error:
        raise damaged(error) from error
    found: Counter[bytes | None] = Counter()
    for key, events in zip(numbers[::2], numbers[1::2], strict=True):
        (learner_id,) = connection.execute(
            "SELECT learner_id FROM learner WHERE learner_key = ?", (key,)
        ).fetchone()
        found[learner_id] = events
    found[None] = run.n - found.total()
    return found


def sums(connection: sqlite3.Connection, log_key: int) -> tuple[int, int, int, int]:
    """(how many, greatest transaction, greatest lamport, erased) of a log's packed events."""
    events = ordinal = lamport = erased = 0
    for run in runs_from(connection, log_key, 1):
        events += run.n
        ordinal = max(ordinal, run.last_ordinal)
        for entry in entries_of(connection, run):
            lamport = max(lamport, header(entry)[2])
            erased += entry.canonical is None
    return events, ordinal, lamport, erased
