"""The events of all logs together: those of a learner, those of some kinds.

Rows and packed runs alike, as `events_table` has them log by log. Functions over a connection; they
only read.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache, partial
from heapq import nsmallest
from itertools import chain as joined

from darasa.sync import event_rows, packed_rows, packed_sums
from darasa.sync.event import parse_event
from darasa.sync.event_links import Link
from darasa.sync.ids import ID_BYTES
from darasa.sync.named_learners import MERGE, learners_of
from darasa.sync.rows import LogRow, log_of_key


def of_learner(connection: sqlite3.Connection, learner_id: bytes) -> Iterator[tuple[int, Link]]:
    """(log_key, event) of a learner's believed events, in no order."""
    packed = (
        (run.log_key, link)
        for run in packed_rows.runs_of_learner(connection, learner_id)
        for link in hers(packed_rows.links_of(connection, run), learner_id)
    )
    return joined(packed, event_rows.of_learner(connection, learner_id))


def of_learner_in_order(
    connection: sqlite3.Connection,
    learner_id: bytes,
    *,
    first: int,
    last: int,
    limit: int,
    is_wanted: Callable[[LogRow, Link], bool],
) -> list[tuple[LogRow, Link]]:
    """At most `limit` wanted events of a learner of transactions `first` to `last`.

    By (transaction, log_id, seq, chain). Cost: the rows of those transactions, and runs until
    no later one can hold an earlier event.
    """
    log_of = lru_cache(maxsize=None)(partial(log_of_key, connection))

    def wanted(pairs: Iterable[tuple[int, Link]]) -> Iterator[tuple[LogRow, Link]]:
        for log_key, link in pairs:
            in_time = link.ordinal is not None and first <= link.ordinal <= last
            if in_time and link.canonical is not None and is_wanted(log_of(log_key), link):
                yield log_of(log_key), link

    rows = event_rows.of_learner(connection, learner_id, after=first, upto=last)
    found = _first_in_order(wanted(rows), limit)
    for run in packed_rows.runs_of_learner(connection, learner_id, after=first):
        is_full = len(found) == limit and run.first_ordinal > (found[-1][1].ordinal or 0)
        if is_full or run.first_ordinal > last:
            break
        links = hers(packed_rows.links_of(connection, run), learner_id)
        found = _first_in_order((*found, *wanted((run.log_key, link) for link in links)), limit)
    return found


def _first_in_order(found: Iterable[tuple[LogRow, Link]], limit: int) -> list[tuple[LogRow, Link]]:
    def key(each: tuple[LogRow, Link]) -> tuple[int, bytes, int, bytes]:
        log, link = each
        return link.ordinal or 0, log.log_id, link.seq, link.chain

    return nsmallest(limit, found, key=key)


def hers(links: Iterable[Link], learner_id: bytes) -> Iterator[Link]:
    """The events of a learner among links. Raises StoreDamagedError."""
    for link in links:
        may_be = link.canonical is not None and learner_id in link.canonical
        if may_be and packed_rows.row_of(link).learner_id == learner_id:
            yield link


def has_learner(connection: sqlite3.Connection, learner_id: bytes, *, upto: int) -> bool:
    """Whether a learner surely has an event that was believed by a transaction.

    Of a packed run only the last of her ordinals is asked: one before it may be missed.
    """
    rows = event_rows.has_learner(connection, learner_id, upto=upto)
    return rows or packed_sums.has_learner(connection, learner_id, upto=upto)


def learners_like(connection: sqlite3.Connection, school_id: bytes, prefix: bytes) -> list[bytes]:
    """The first two learners of a school who have an event and whose ids begin so."""
    low, high = prefix, prefix + b"\xff" * ID_BYTES
    rows = event_rows.learners_between(connection, school_id, low, high, limit=2)
    packed = packed_sums.learners_between(connection, school_id, low, high, limit=2)
    return sorted({*rows, *packed})[:2]


def of_kinds(
    connection: sqlite3.Connection, kinds: Collection[int] | None = None
) -> Iterator[tuple[int, Link]]:
    """(log_key, event) of all believed events, of some kinds when given, in no order.

    Erased events are in none.
    """
    for run in packed_rows.runs_of_kinds(connection, kinds):
        for link in packed_rows.links_of(connection, run):
            if link.canonical is None:
                continue
            if kinds is None or packed_rows.row_of(link).kind in kinds:
                yield run.log_key, link
    yield from event_rows.of_kinds(connection, kinds)


def max_lamport(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """The greatest lamport of a learner's believed events; 0 for none."""
    return max(
        event_rows.max_lamport(connection, learner_id),
        packed_sums.max_lamport(connection, learner_id),
    )


def count_of(connection: sqlite3.Connection, learner_id: bytes) -> int:
    """How many believed events a learner has in the logs here."""
    return event_rows.count_of(connection, learner_id) + packed_sums.count_of(
        connection, learner_id
    )


def learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners who have a believed event in the logs here."""
    return event_rows.learners(connection) | packed_sums.learners(connection)


def first_ordinal_of(connection: sqlite3.Connection, log: LogRow, learner_id: bytes) -> int | None:
    """The transaction of a learner's first believed event in a log; None when she has none."""
    runs = packed_rows.runs_of_learner(connection, learner_id)
    run = min(
        (run for run in runs if run.log_key == log.log_key),
        key=lambda run: run.first_seq,
        default=None,
    )
    if run is None:
        return event_rows.first_ordinal_of(connection, log.log_key, learner_id)
    return next(hers(packed_rows.links_of(connection, run), learner_id)).ordinal


def all_learners(connection: sqlite3.Connection) -> set[bytes]:
    """The learners whom any event here names, provisional ones too."""
    found = event_rows.all_learners(connection) | packed_rows.all_learners(connection)
    merges = (link.canonical for _, link in of_kinds(connection, {MERGE}))
    in_rows = event_rows.bodies_of_kind(connection, MERGE)
    return found.union(*(learners_of(parse_event(raw)) for raw in (*merges, *in_rows) if raw))
