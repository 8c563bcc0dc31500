"""Packed runs in the store: which stretch of which log, and which learners are in it.

Owns the tables `packed`, `packed_part`, `packed_learner` and `learner`. The runs of a log cover its
events from 1 on without a gap, and at each of those places one event is held and believed: whatever
breaks that is unpacked first (events_table.py). Functions over a connection; those that write are
called inside a writing transaction.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from msgspec.structs import replace

from darasa.sync import packed_runs
from darasa.sync.codec import pack
from darasa.sync.database import damaged
from darasa.sync.errors import CodecError, EventError
from darasa.sync.event import header_of
from darasa.sync.event_links import EventRow, Link
from darasa.sync.ids import NO_SCHOOL, Chain
from darasa.sync.named_learners import MERGE
from darasa.sync.packed_runs import Entry
from darasa.sync.rows import log_of_key

_COLUMNS: Final = (
    "packed.run_key, packed.log_key, packed.first_seq, packed.n, packed.prev_chain,"
    " packed.last_chain, packed.first_ordinal, packed.last_ordinal"
)
PARTS_MAX: Final = 256
"""Parts of one run; its events are at most 64 KiB, or one event."""
_PART_BYTES: Final = 500
"""Eight parts fill a page of 4,096 bytes; a run in one piece would leave a quarter of it empty."""
_LAMPORT: Final = attrgetter("lamport")
_KIND_BITS: Final = 62  # an integer of SQLite has 63 of them; the last is for every kind beyond


class PackedRow(NamedTuple):
    """A run without its payload. Ordinals are those of its first and last event."""

    run_key: int
    log_key: int
    first_seq: int
    n: int
    prev_chain: Chain
    last_chain: Chain
    first_ordinal: int
    last_ordinal: int

    @property
    def last_seq(self) -> int:
        """The number of its last event."""
        return self.first_seq + self.n - 1


class _Part(NamedTuple):
    """What one learner has in a run."""

    events: int
    last_ordinal: int
    lamport_max: int


# -- writes -------------------------------------------------------------------------------


def add(
    connection: sqlite3.Connection, log_key: int, prev_chain: bytes, rows: Sequence[EventRow]
) -> None:
    """Keep consecutive believed events as one run."""
    first, last = rows[0].link, rows[-1].link
    ordinals = [row.link.ordinal or 0 for row in rows]
    parts = _parts(rows)
    keys = _learner_keys(connection, parts)
    run_key = connection.execute(
        "INSERT INTO packed (log_key, first_seq, n, prev_chain, last_chain, first_ordinal,"
        " last_ordinal, kinds, learners, ordinals, form)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            log_key,
            first.seq,
            len(rows),
            prev_chain,
            last.chain,
            ordinals[0],
            ordinals[-1],
            _kind_mask({row.kind for row in rows if row.link.canonical is not None}),
            pack(tuple(n for who, part in parts.items() for n in (keys[who], part.events))),
            packed_runs.encode_ordinals(ordinals),
            packed_runs.FORM,
        ),
    ).lastrowid
    assert run_key is not None
    _add_parts(connection, run_key, packed_runs.encode(row.link for row in rows))
    connection.executemany(
        "INSERT INTO packed_learner (learner_key, last_ordinal, run_key, n, lamport_max)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (keys[learner], part.last_ordinal, run_key, part.events, part.lamport_max)
            for learner, part in parts.items()
        ],
    )


def delete(connection: sqlite3.Connection, run: PackedRow) -> list[EventRow]:
    """Delete a run; answer its events, for whoever keeps them otherwise."""
    rows = rows_of(connection, run)
    parts = _parts(rows)
    keys = _learner_keys(connection, parts)
    connection.executemany(
        "DELETE FROM packed_learner WHERE learner_key = ? AND last_ordinal = ? AND run_key = ?",
        [(keys[learner], part.last_ordinal, run.run_key) for learner, part in parts.items()],
    )
    connection.execute("DELETE FROM packed WHERE run_key = ?", (run.run_key,))
    connection.execute("DELETE FROM packed_part WHERE part_key BETWEEN ? AND ?", _keys(run.run_key))
    return rows


def _add_parts(connection: sqlite3.Connection, run_key: int, payload: bytes) -> None:
    first, last = _keys(run_key)
    parts = [payload[at : at + _PART_BYTES] for at in range(0, len(payload), _PART_BYTES)]
    assert len(parts) <= last - first + 1
    connection.executemany(
        "INSERT INTO packed_part (part_key, bytes, is_last) VALUES (?, ?, ?)",
        [(first + nth, part, nth + 1 == len(parts)) for nth, part in enumerate(parts)],
    )


def _keys(run_key: int) -> tuple[int, int]:
    """The first and the last part_key that a run may have."""
    return run_key * PARTS_MAX, run_key * PARTS_MAX + PARTS_MAX - 1


def give_ordinal(connection: sqlite3.Connection, log_key: int, ordinal: int) -> None:
    """All packed events of a log count as new in this transaction."""
    connection.executemany(
        "UPDATE packed SET first_ordinal = ?1, last_ordinal = ?1, ordinals = ?2 WHERE run_key = ?3",
        [
            (ordinal, packed_runs.encode_ordinals([ordinal] * run.n), run.run_key)
            for run in runs_from(connection, log_key, 1)
        ],
    )
    connection.execute(
        "UPDATE packed_learner SET last_ordinal = ?"
        " WHERE run_key IN (SELECT run_key FROM packed WHERE log_key = ?)",
        (ordinal, log_key),
    )


def erase(
    connection: sqlite3.Connection, learner_id: bytes, *, school_id: bytes | None = None
) -> int:
    """Keep of the packed events that name a learner only their leaves; answer how many there were.

    With a school only those in its logs, and in logs of none.
    """
    erased = 0
    hers = {run.run_key: run for run in runs_of_learner(connection, learner_id)}
    hers |= {run.run_key: run for run in runs_of_kinds(connection, {MERGE})}
    for run in hers.values():
        owner = log_of_key(connection, run.log_key).school_id
        if school_id is not None and owner not in {school_id, NO_SCHOOL}:
            continue
        if not any(_names(link.canonical, learner_id) for link in links_of(connection, run)):
            continue
        kept: list[EventRow] = []
        for row in delete(connection, run):
            if row.learner_id == learner_id or (
                row.kind == MERGE and _names(row.link.canonical, learner_id)
            ):
                erased += 1
                link = replace(row.link, canonical=None, erased_leaf=row.link.leaf)
                kept.append(EventRow(link, None, 0, 0))
            else:
                kept.append(row)
        add(connection, run.log_key, run.prev_chain, kept)
    connection.execute(
        "DELETE FROM learner WHERE learner_id = ? AND NOT EXISTS"
        " (SELECT 1 FROM packed_learner AS other WHERE other.learner_key = learner.learner_key)",
        (learner_id,),
    )
    return erased


def _names(canonical: bytes | None, learner_id: bytes) -> bool:
    return canonical is not None and learner_id in canonical


def all_learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners whose ids are here, also those who have no run any more."""
    return {learner_id for (learner_id,) in connection.execute("SELECT learner_id FROM learner")}


def _learner_keys(
    connection: sqlite3.Connection, learner_ids: Collection[bytes]
) -> dict[bytes, int]:
    """The local number of each learner, given now to those who have none."""
    connection.executemany(
        "INSERT OR IGNORE INTO learner (learner_id) VALUES (?)", [(each,) for each in learner_ids]
    )
    found = (_learner_key(connection, each) for each in learner_ids)
    return {each: key for each, key in zip(learner_ids, found, strict=True) if key is not None}


def _learner_key(connection: sqlite3.Connection, learner_id: bytes) -> int | None:
    row = connection.execute(
        "SELECT learner_key FROM learner WHERE learner_id = ?", (learner_id,)
    ).fetchone()
    return None if row is None else row[0]


def _parts(rows: Iterable[EventRow]) -> dict[bytes, _Part]:
    of_learner: dict[bytes, list[EventRow]] = {}
    for row in rows:
        if row.learner_id is not None:
            of_learner.setdefault(row.learner_id, []).append(row)
    return {
        learner_id: _Part(len(hers), hers[-1].link.ordinal or 0, max(map(_LAMPORT, hers)))
        for learner_id, hers in of_learner.items()
    }


def _kind_mask(kinds: Iterable[int]) -> int:
    mask = 0
    for kind in kinds:
        mask |= 1 << min(kind, _KIND_BITS)
    return mask


# -- which runs ---------------------------------------------------------------------------


def end_of(connection: sqlite3.Connection, log_key: int) -> int:
    """The number of the last packed event of a log; 0 for none."""
    run = last_of(connection, log_key)
    return 0 if run is None else run.last_seq


def last_of(connection: sqlite3.Connection, log_key: int) -> PackedRow | None:
    """The last run of a log, or None."""
    return _one(
        connection.execute(
            f"SELECT {_COLUMNS} FROM packed WHERE log_key = ? ORDER BY first_seq DESC LIMIT 1",
            (log_key,),
        )
    )


def run_at(connection: sqlite3.Connection, log_key: int, seq: int) -> PackedRow | None:
    """The run that holds that place of a log, or None."""
    run = _one(
        connection.execute(
            f"SELECT {_COLUMNS} FROM packed WHERE log_key = ? AND first_seq <= ?"
            " ORDER BY first_seq DESC LIMIT 1",
            (log_key, seq),
        )
    )
    return None if run is None or run.last_seq < seq else run


def runs_from(connection: sqlite3.Connection, log_key: int, seq: int) -> list[PackedRow]:
    """The runs of a log that hold that place or come after it, in order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM packed WHERE log_key = ?1 AND first_seq >= coalesce(("
        "  SELECT max(first_seq) FROM packed WHERE log_key = ?1 AND first_seq <= ?2), 0)"
        " AND first_seq + n > ?2 ORDER BY first_seq",
        (log_key, seq),
    )
    return [PackedRow._make(row) for row in rows]


def runs_of_learner(
    connection: sqlite3.Connection, learner_id: bytes, *, after: int = 0
) -> Iterator[PackedRow]:
    """The runs with events of a learner, the last of them in transaction `after` or later.

    By their first transaction.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM learner JOIN packed_learner USING (learner_key)"
        " JOIN packed USING (run_key) WHERE learner.learner_id = ?"
        " AND packed_learner.last_ordinal >= ? ORDER BY packed.first_ordinal, packed.run_key",
        (learner_id, after),
    ).fetchall()
    return map(PackedRow._make, rows)


def runs_of_kinds(
    connection: sqlite3.Connection, kinds: Collection[int] | None
) -> Iterator[PackedRow]:
    """All runs that may hold an event of these kinds; None: all runs."""
    mask = -1 if kinds is None else _kind_mask(kinds)
    keys = connection.execute(
        "SELECT run_key FROM packed WHERE kinds & ?1 OR ?1 = -1", (mask,)
    ).fetchall()
    for (run_key,) in keys:
        run = _one(
            connection.execute(f"SELECT {_COLUMNS} FROM packed WHERE run_key = ?", (run_key,))
        )
        if run is not None:
            yield run


def _one(cursor: sqlite3.Cursor) -> PackedRow | None:
    row = cursor.fetchone()
    return None if row is None else PackedRow._make(row)


# -- what is in them ----------------------------------------------------------------------


def entries_of(connection: sqlite3.Connection, run: PackedRow) -> list[Entry]:
    """What is kept of each event of a run. Raises StoreDamagedError."""
    (form,) = connection.execute(
        "SELECT form FROM packed WHERE run_key = ?", (run.run_key,)
    ).fetchone()
    parts = connection.execute(
        "SELECT bytes FROM packed_part WHERE part_key BETWEEN ? AND ? ORDER BY part_key",
        _keys(run.run_key),
    )
    try:
        entries = packed_runs.decode(form, b"".join(part for (part,) in parts))
    except CodecError as error:
        raise damaged(error) from error
    if len(entries) != run.n:
        raise damaged()
    return entries


def links_of(connection: sqlite3.Connection, run: PackedRow) -> list[Link]:
    """The events of a run with chains and transactions. Raises StoreDamagedError."""
    entries = entries_of(connection, run)
    links = [
        Link(seq, chain, entry.canonical, ordinal, entry.erased_leaf)
        for seq, (entry, chain, ordinal) in enumerate(
            zip(
                entries,
                packed_runs.chains(run.prev_chain, entries),
                ordinals_of(connection, run),
                strict=True,
            ),
            start=run.first_seq,
        )
    ]
    if links[-1].chain != run.last_chain:
        raise damaged()
    return links


def ordinals_of(connection: sqlite3.Connection, run: PackedRow) -> list[int]:
    """The transaction of each event of a run. Raises StoreDamagedError."""
    if run.first_ordinal == run.last_ordinal:
        return [run.last_ordinal] * run.n
    (raw,) = connection.execute(
        "SELECT ordinals FROM packed WHERE run_key = ?", (run.run_key,)
    ).fetchone()
    try:
        ordinals = packed_runs.decode_ordinals(raw)
    except CodecError as error:
        raise damaged(error) from error
    if len(ordinals) != run.n:
        raise damaged()
    return ordinals


def rows_of(connection: sqlite3.Connection, run: PackedRow) -> list[EventRow]:
    """The events of a run as they would be in rows of their own. Raises StoreDamagedError."""
    return [row_of(link) for link in links_of(connection, run)]


def header(entry: Entry) -> tuple[int | None, bytes | None, int]:
    """(kind, learner, lamport); of an erased event nothing of it is known."""
    if entry.canonical is None:
        return None, None, 0
    try:
        return header_of(entry.canonical)
    except EventError as error:
        raise damaged(error) from error


def row_of(link: Link) -> EventRow:
    """A link with the columns of its row. Raises StoreDamagedError."""
    kind, learner_id, lamport = header(Entry(link.canonical, link.erased_leaf))
    return EventRow(link, learner_id, kind or 0, lamport)
