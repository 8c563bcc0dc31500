"""Events as rows of their own: the newest of each log, provisional ones, and what a fork touches.

Owns the table `event`. What is packed is not in it (packed_rows.py); only events_table.py, which
knows both, and packing.py, which moves them, come here. Functions over a connection; those that
write are called inside a writing transaction.

An erased event is a row whose `canonical` is empty, whose learner is gone and whose `leaf` is set.
"""

# ruff: noqa: S608 (every query is joined from constants and numbers of this package)

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from darasa.sync.event import leaf_of
from darasa.sync.event_links import Arriving, EventRow, Link, row_of_arriving
from darasa.sync.ids import Chain
from darasa.sync.named_learners import MERGE

_LINK_COLUMNS: Final = "seq, chain, canonical, ordinal, leaf"


# -- writes -------------------------------------------------------------------------------


def add(
    connection: sqlite3.Connection,
    log_key: int,
    events: Iterable[Arriving],
    ordinal: int | None,
) -> None:
    """Insert events that are not there yet; ordinal None is provisional."""
    add_rows(connection, log_key, (row_of_arriving(each, ordinal) for each in events))


def add_rows(connection: sqlite3.Connection, log_key: int, rows: Iterable[EventRow]) -> None:
    """Insert rows as they are, erased ones too: what was packed comes back."""
    connection.executemany(
        "INSERT INTO event"
        " (log_key, seq, chain, ordinal, learner_id, kind, lamport, canonical, leaf)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                log_key,
                row.link.seq,
                row.link.chain,
                row.link.ordinal,
                row.learner_id,
                row.kind,
                row.lamport,
                row.link.canonical or b"",
                row.link.erased_leaf,
            )
            for row in rows
        ],
    )


def believe(
    connection: sqlite3.Connection, log_key: int, ordinal: int, links: Iterable[Link]
) -> None:
    """Provisional events are believed from this transaction on."""
    connection.executemany(
        "UPDATE event SET ordinal = ? WHERE log_key = ? AND seq = ? AND chain = ?",
        [(ordinal, log_key, link.seq, link.chain) for link in links],
    )


def give_ordinal(connection: sqlite3.Connection, log_key: int, ordinal: int) -> None:
    """All believed events of a log count as new in this transaction."""
    connection.execute(
        "UPDATE event SET ordinal = ? WHERE log_key = ? AND ordinal IS NOT NULL",
        (ordinal, log_key),
    )


def drop_provisional(connection: sqlite3.Connection, log_key: int) -> int:
    """Forget what no signed head covers of a log; answer how many events there were."""
    return connection.execute(
        "DELETE FROM event WHERE ordinal IS NULL AND log_key = ?", (log_key,)
    ).rowcount


def last_provisional(connection: sqlite3.Connection, log_key: int) -> tuple[int, Chain] | None:
    """(seq, chain) of the last event of a log that no signed head covers; None for none."""
    row = connection.execute(
        "SELECT seq, chain FROM event WHERE ordinal IS NULL AND log_key = ?"
        " ORDER BY seq DESC, chain DESC LIMIT 1",
        (log_key,),
    ).fetchone()
    return None if row is None else (row[0], Chain(row[1]))


def delete_to(connection: sqlite3.Connection, log_key: int, seq: int) -> int:
    """Delete the rows of a log up to a number, packed now or pruned; how many there were."""
    return connection.execute(
        "DELETE FROM event WHERE log_key = ? AND seq <= ?", (log_key, seq)
    ).rowcount


def move(connection: sqlite3.Connection, from_key: int, to_key: int) -> None:
    """Give the rows of one log to another; of equal events those of the other stay."""
    connection.execute(
        "UPDATE OR IGNORE event SET log_key = ? WHERE log_key = ?", (to_key, from_key)
    )
    connection.execute("DELETE FROM event WHERE log_key = ?", (from_key,))


def erase(
    connection: sqlite3.Connection, learner_id: bytes, *, school_id: bytes | None = None
) -> int:
    """Keep of the events that name a learner only their leaves; answer how many there were.

    With a school only those in its logs, and in logs of none.
    """
    rows = connection.execute(
        "SELECT event_key, canonical FROM event JOIN log USING (log_key)"
        " WHERE event_key IN (SELECT event_key FROM event WHERE learner_id = ?1"
        " UNION SELECT event_key FROM event WHERE kind = ?3 AND instr(canonical, ?1))"
        " AND (?2 IS NULL OR school_id IN (?2, zeroblob(16)))",
        (learner_id, school_id, MERGE),
    ).fetchall()
    connection.executemany(
        "UPDATE event SET leaf = ?, canonical = x'', learner_id = NULL, kind = 0, lamport = 0"
        " WHERE event_key = ?",
        [(leaf_of(canonical), event_key) for event_key, canonical in rows],
    )
    return len(rows)


# -- reads --------------------------------------------------------------------------------


def chains_at(connection: sqlite3.Connection, log_key: int, seq: int) -> list[tuple[Chain, bool]]:
    """(chain, is believed) of each event at a place of a log."""
    rows = connection.execute(
        "SELECT chain, ordinal IS NOT NULL FROM event WHERE log_key = ? AND seq = ? ORDER BY chain",
        (log_key, seq),
    )
    return [(Chain(chain), bool(is_believed)) for chain, is_believed in rows]


def link_at(connection: sqlite3.Connection, log_key: int, seq: int, chain: bytes) -> Link | None:
    """The event at a place, or None."""
    row = connection.execute(
        f"SELECT {_LINK_COLUMNS} FROM event WHERE log_key = ? AND seq = ? AND chain = ?",
        (log_key, seq, chain),
    ).fetchone()
    return None if row is None else _link(row)


def links_from(connection: sqlite3.Connection, log_key: int, seq: int) -> Iterator[Link]:
    """The events of a log from a number on, provisional ones too, by (seq, chain)."""
    rows = connection.execute(
        f"SELECT {_LINK_COLUMNS} FROM event WHERE log_key = ? AND seq >= ? ORDER BY seq, chain",
        (log_key, seq),
    )
    return map(_link, rows)


def links_as_kept(connection: sqlite3.Connection, log_key: int) -> Iterator[Link]:
    """The rows that the index has for a log, with what stands in the rows themselves: for audits.

    SQLite answers `links_from` out of the index where it can; a changed row would not be seen.
    """
    rows = connection.execute(
        f"SELECT {', '.join(f'kept.{name}' for name in _LINK_COLUMNS.split(', '))}"
        " FROM event AS listed CROSS JOIN event AS kept ON kept.event_key = listed.event_key"
        " WHERE listed.log_key = ? ORDER BY listed.seq, listed.chain",
        (log_key,),
    )
    return map(_link, rows)


def rows_from(
    connection: sqlite3.Connection, log_key: int, seq: int, *, limit: int
) -> list[EventRow]:
    """At most `limit` rows of a log from a number on, by (seq, chain)."""
    rows = connection.execute(
        f"SELECT {_LINK_COLUMNS}, learner_id, kind, lamport FROM event"
        " WHERE log_key = ? AND seq >= ? ORDER BY seq, chain LIMIT ?",
        (log_key, seq, limit),
    )
    return [EventRow(_link(row[:5]), *row[5:]) for row in rows]


def is_there(connection: sqlite3.Connection, log_key: int, first: int, last: int) -> bool:
    """Whether a log has any row at these places."""
    found = connection.execute(
        "SELECT 1 FROM event WHERE log_key = ? AND seq BETWEEN ? AND ? LIMIT 1",
        (log_key, first, last),
    )
    return found.fetchone() is not None


def first_after(connection: sqlite3.Connection, log_key: int, ordinal: int) -> int | None:
    """The least number of a log that was believed after a transaction."""
    row = connection.execute(
        "SELECT min(seq) FROM event WHERE log_key = ? AND ordinal > ?", (log_key, ordinal)
    ).fetchone()
    found: int | None = row[0]
    return found


def first_ordinal_of(connection: sqlite3.Connection, log_key: int, learner_id: bytes) -> int | None:
    """The first transaction with a believed row of a learner in a log."""
    row = connection.execute(
        "SELECT min(ordinal) FROM event WHERE log_key = ? AND learner_id = ?", (log_key, learner_id)
    ).fetchone()
    found: int | None = row[0]
    return found


def was_believed_by(connection: sqlite3.Connection, log_key: int, ordinal: int) -> bool:
    """Whether any event of a log was believed up to a transaction."""
    found = connection.execute(
        "SELECT 1 FROM event WHERE log_key = ? AND ordinal <= ? LIMIT 1", (log_key, ordinal)
    )
    return found.fetchone() is not None


def of_learner(
    connection: sqlite3.Connection, learner_id: bytes, *, after: int = 0, upto: int | None = None
) -> Iterator[tuple[int, Link]]:
    """(log_key, event) of a learner's believed events of transactions from `after` to `upto`."""
    rows = connection.execute(
        f"SELECT log_key, {_LINK_COLUMNS} FROM event WHERE learner_id = ? AND ordinal >= ?"
        " AND ordinal <= coalesce(?, ordinal)",
        (learner_id, after, upto),
    )
    return ((row[0], _link(row[1:])) for row in rows)


def of_kinds(
    connection: sqlite3.Connection, kinds: Collection[int] | None
) -> Iterator[tuple[int, Link]]:
    """(log_key, event) of all believed events, of some kinds when given; erased ones are none."""
    wanted = "" if kinds is None else f" AND kind IN ({_numbers(kinds)})"
    rows = connection.execute(
        f"SELECT log_key, {_LINK_COLUMNS} FROM event"
        f" WHERE ordinal IS NOT NULL AND leaf IS NULL{wanted}"
    )
    return ((row[0], _link(row[1:])) for row in rows)


def counts(
    connection: sqlite3.Connection,
    log_key: int,
    *,
    after_seq: int,
    after_ordinal: int,
    kinds: Collection[int] | None,
) -> list[tuple[bytes | None, int]]:
    """(learner, how many) of the believed events of a log after a place and a transaction."""
    wanted = "" if kinds is None else f" AND kind IN ({_numbers(kinds)})"
    rows = connection.execute(
        "SELECT learner_id, count(*) FROM event WHERE log_key = ? AND seq > ?"
        f" AND ordinal > ?{wanted} GROUP BY learner_id",
        (log_key, after_seq, after_ordinal),
    )
    return rows.fetchall()


def sums(connection: sqlite3.Connection, log_key: int) -> tuple[int, int, int, int]:
    """(how many, greatest transaction, greatest lamport, erased) of a log's believed rows."""
    row: tuple[int, int, int, int] = connection.execute(
        "SELECT count(*), coalesce(max(ordinal), 0), coalesce(max(lamport), 0), count(leaf)"
        " FROM event WHERE log_key = ? AND ordinal IS NOT NULL",
        (log_key,),
    ).fetchone()
    return row


def max_lamport(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """The greatest lamport of a learner's believed rows; 0 for none."""
    row = connection.execute(
        "SELECT max(lamport) FROM event WHERE learner_id = ? AND ordinal > 0", (learner_id,)
    ).fetchone()
    return int(row[0] or 0)


def count_of(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """How many believed rows a learner has."""
    row = connection.execute(
        "SELECT count(*) FROM event WHERE learner_id = ? AND ordinal > 0", (learner_id,)
    ).fetchone()
    return int(row[0])


def learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners who have a believed row."""
    rows = connection.execute(
        "SELECT DISTINCT learner_id FROM event WHERE learner_id IS NOT NULL AND ordinal > 0"
    )
    return {learner_id for (learner_id,) in rows}


def all_learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners who have a row, believed or not."""
    rows = connection.execute("SELECT DISTINCT learner_id FROM event WHERE learner_id IS NOT NULL")
    return {learner_id for (learner_id,) in rows}


def bodies_of_kind(connection: sqlite3.Connection, kind: int) -> Iterator[bytes]:
    """The canonical bytes of all rows of a kind, believed or not."""
    rows = connection.execute("SELECT canonical FROM event WHERE kind = ?", (kind,))
    return (canonical for (canonical,) in rows)


def next_log(connection: sqlite3.Connection, log_key: int) -> int | None:
    """The next log that has rows, by its local number."""
    row = connection.execute(
        "SELECT min(log_key) FROM event WHERE log_key > ?", (log_key,)
    ).fetchone()
    found: int | None = row[0]
    return found


def _link(row: Sequence[object]) -> Link:
    seq, chain, canonical, ordinal, leaf = row
    return Link(seq, chain, None if leaf is not None else canonical, ordinal, leaf)  # type: ignore[arg-type]


def _numbers(kinds: Collection[int]) -> str:
    return ", ".join(str(int(kind)) for kind in kinds)


def has_learner(connection: sqlite3.Connection, learner_id: bytes, *, upto: int) -> bool:
    """Whether a learner has a row that was believed by a transaction."""
    found = connection.execute(
        "SELECT 1 FROM event WHERE learner_id = ? AND ordinal BETWEEN 1 AND ? LIMIT 1",
        (learner_id, upto),
    )
    return found.fetchone() is not None


def learners_between(
    connection: sqlite3.Connection, school_id: bytes, low: bytes, high: bytes, *, limit: int
) -> list[bytes]:
    """The first learners of a school with a believed row whose ids are from `low` to `high`.

    Cost: a look-up a learner, however many rows she has.
    """
    found: list[bytes] = []
    while len(found) < limit:
        row = connection.execute(
            "SELECT learner_id FROM event JOIN log USING (log_key) WHERE school_id = ?"
            " AND learner_id >= ? AND learner_id <= ? AND ordinal > 0 ORDER BY learner_id LIMIT 1",
            (school_id, low, high),
        ).fetchone()
        if row is None:
            break
        found.append(row[0])
        low = row[0] + b"\0"
    return found
