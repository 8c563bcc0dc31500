"""The events of every log, wherever they are kept: the place that knows rows and packed runs.

Packed runs hold a log from 1 on; the rows come after them. A row at a place that is packed would
break that, so whoever adds one makes way for it first (`make_way`): a fork unpacks its log from
there. Functions over a connection; those that write are called inside a writing transaction. What
is asked of all logs together is in `learner_events`.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from darasa.sync import event_rows, packed_rows, packed_sums
from darasa.sync.erased import ArrivedLeaf
from darasa.sync.event import SEQ_MAX
from darasa.sync.event_links import ArrivedEvent, Arriving, EventRow, Link
from darasa.sync.ids import Chain
from darasa.sync.rows import LogRow

__all__ = ["ArrivedEvent", "ArrivedLeaf", "Arriving", "Link"]

# -- writes -------------------------------------------------------------------------------


def add(
    connection: sqlite3.Connection,
    log: LogRow,
    events: Collection[Arriving],
    ordinal: int | None,
) -> None:
    """Keep events that are not there yet; ordinal None is provisional."""
    if events:
        make_way(connection, log, min(each.seq for each in events))
        event_rows.add(connection, log.log_key, events, ordinal)


def restore(
    connection: sqlite3.Connection,
    log: LogRow,
    events: Sequence[EventRow],
    tips: Iterable[tuple[int, Chain]],
) -> None:
    """Keep the believed events of a log that has none yet, forked or straight, with their tips."""
    event_rows.add_rows(connection, log.log_key, events)
    connection.executemany(
        "INSERT INTO tip (log_key, seq, chain) VALUES (?, ?, ?)",
        [(log.log_key, seq, chain) for seq, chain in tips],
    )
    connection.execute(
        "UPDATE log SET events = ?, last_ordinal = ?, lamport_max = ? WHERE log_key = ?",
        (
            len(events),
            max(row.link.ordinal or 0 for row in events),
            max(row.lamport for row in events),
            log.log_key,
        ),
    )


def believe(
    connection: sqlite3.Connection, log: LogRow, links: Iterable[Link], ordinal: int
) -> None:
    """Provisional events are believed from this transaction on."""
    event_rows.believe(connection, log.log_key, ordinal, links)


def drop_provisional(connection: sqlite3.Connection, log: LogRow) -> int:
    """Forget what no signed head covers of a log; answer how many events there were."""
    return event_rows.drop_provisional(connection, log.log_key)


def give_ordinal(connection: sqlite3.Connection, log: LogRow, ordinal: int) -> None:
    """All believed events of a log count as new in this transaction."""
    event_rows.give_ordinal(connection, log.log_key, ordinal)
    packed_rows.give_ordinal(connection, log.log_key, ordinal)


def make_way(connection: sqlite3.Connection, log: LogRow, seq: int) -> None:
    """Unpack a log from a place on, so that rows may be put there."""
    for run in packed_rows.runs_from(connection, log.log_key, seq):
        event_rows.add_rows(connection, log.log_key, packed_rows.delete(connection, run))


def merge(connection: sqlite3.Connection, twin: LogRow, log: LogRow) -> None:
    """Move the events of a log's twin row to it; equal chains are equal events."""
    for each in (twin, log):
        make_way(connection, each, 1)
    event_rows.move(connection, twin.log_key, log.log_key)


def forget(connection: sqlite3.Connection, log: LogRow) -> int:
    """Delete every event of a log, believed and not; how many. Its tips stay: see pruning.py."""
    count = 0
    for run in packed_rows.runs_from(connection, log.log_key, 1):
        count += len(packed_rows.delete(connection, run))
    return count + event_rows.delete_to(connection, log.log_key, SEQ_MAX)


def erase(
    connection: sqlite3.Connection, learner_id: bytes, *, school_id: bytes | None = None
) -> int:
    """Keep of the events that name a learner only their leaves (sync.md section 10); how many.

    Chains, tips and sums stay; her id is in no row of an event any more. Copies from the feed are
    not events of a log and stay: `erasing`. With a school only in its logs, and in logs of none.
    """
    in_rows = event_rows.erase(connection, learner_id, school_id=school_id)
    return in_rows + packed_rows.erase(connection, learner_id, school_id=school_id)


# -- one log ------------------------------------------------------------------------------


def chains_at(connection: sqlite3.Connection, log: LogRow, seq: int) -> list[tuple[Chain, bool]]:
    """(chain, is believed) of each event at a place of a log; seq 0 is the genesis."""
    if seq == 0:
        return [(log.chain_0, True)]
    run = packed_rows.run_at(connection, log.log_key, seq)
    if run is None:
        return event_rows.chains_at(connection, log.log_key, seq)
    if seq == run.last_seq:
        return [(run.last_chain, True)]
    return [(packed_rows.links_of(connection, run)[seq - run.first_seq].chain, True)]


def is_held(connection: sqlite3.Connection, log: LogRow, seq: int, chain: bytes) -> bool:
    """Whether that event is here, believed or not."""
    return any(held == chain for held, _ in chains_at(connection, log, seq))


def link_at(connection: sqlite3.Connection, log: LogRow, seq: int, chain: bytes) -> Link | None:
    """The event at a place, believed or not; None when it is not here."""
    run = packed_rows.run_at(connection, log.log_key, seq)
    if run is None:
        return event_rows.link_at(connection, log.log_key, seq, chain)
    link = packed_rows.links_of(connection, run)[seq - run.first_seq]
    return link if link.chain == chain else None


def links_at(connection: sqlite3.Connection, log: LogRow, seq: int) -> list[Link]:
    """The events at a place of a log, believed or not, by chain."""
    found = (
        link_at(connection, log, seq, chain)
        for chain, _ in (chains_at(connection, log, seq) if seq > 0 else ())
    )
    return [link for link in found if link is not None]


def links_from(connection: sqlite3.Connection, log: LogRow, seq: int = 1) -> Iterator[Link]:
    """The events of a log from a number on, provisional ones too, by (seq, chain)."""
    for run in packed_rows.runs_from(connection, log.log_key, seq):
        links = packed_rows.links_of(connection, run)
        yield from links[max(0, seq - run.first_seq) :]
    yield from event_rows.links_from(connection, log.log_key, seq)


def links_after(connection: sqlite3.Connection, log: LogRow, ordinal: int) -> Iterator[Link]:
    """The events of a log that were believed after a transaction, by (seq, chain)."""
    first = first_after(connection, log, ordinal)
    if first is not None:
        for link in links_from(connection, log, first):
            if link.ordinal is not None and link.ordinal > ordinal:
                yield link


def count_held(
    connection: sqlite3.Connection, log: LogRow, places: Collection[tuple[int, bytes]]
) -> int:
    """How many of these (seq, chain) of a log are believed events here."""
    first, last = min(places)[0], max(places)[0]
    links = _links_between(connection, log, first, last)
    return sum(link.is_believed and (link.seq, link.chain) in places for link in links)


def packed_links_back(connection: sqlite3.Connection, log: LogRow, seq: int) -> Iterator[Link]:
    """The packed events of a log from a number back to 1."""
    for run in reversed(packed_rows.runs_from(connection, log.log_key, 1)):
        if run.first_seq <= seq:
            yield from reversed(packed_rows.links_of(connection, run)[: seq - run.first_seq + 1])


def packed_end(connection: sqlite3.Connection, log: LogRow) -> int:
    """The number of the last packed event of a log: up to there one event is at each place."""
    return packed_rows.end_of(connection, log.log_key)


def known_chains(connection: sqlite3.Connection, log: LogRow, first: int, last: int) -> set[Chain]:
    """The chains of the events at these places, believed or not."""
    return {link.chain for link in _links_between(connection, log, first, last)}


def believed_chains(
    connection: sqlite3.Connection, log: LogRow, first: int, last: int
) -> set[Chain]:
    """The chains of the believed events at these places."""
    links = _links_between(connection, log, first, last)
    return {link.chain for link in links if link.is_believed}


def _links_between(
    connection: sqlite3.Connection, log: LogRow, first: int, last: int
) -> Iterator[Link]:
    return takewhile(lambda link: link.seq <= last, links_from(connection, log, first))


def last_provisional(connection: sqlite3.Connection, log: LogRow) -> tuple[int, Chain] | None:
    """(seq, chain) of the last event of a log that no signed head covers; None for none."""
    return event_rows.last_provisional(connection, log.log_key)


def first_after(connection: sqlite3.Connection, log: LogRow, ordinal: int) -> int | None:
    """The least number of a log that was believed after a transaction; None for none."""
    for run in packed_rows.runs_from(connection, log.log_key, 1):
        if run.last_ordinal > ordinal:
            ordinals = packed_rows.ordinals_of(connection, run)
            return run.first_seq + next(n for n, each in enumerate(ordinals) if each > ordinal)
    return event_rows.first_after(connection, log.log_key, ordinal)


def was_believed_by(connection: sqlite3.Connection, log: LogRow, ordinal: int) -> bool:
    """Whether any event of a log was believed up to a transaction."""
    run = packed_rows.run_at(connection, log.log_key, 1)
    if run is not None:
        return run.first_ordinal <= ordinal
    return event_rows.was_believed_by(connection, log.log_key, ordinal)


def counts(
    connection: sqlite3.Connection,
    log_key: int,
    *,
    after_seq: int,
    after_ordinal: int,
    kinds: Collection[int] | None = None,
) -> Counter[bytes | None]:
    """How many believed events each learner has in a log after a place and a transaction."""
    found = packed_sums.counts(
        connection, log_key, after_seq=after_seq, after_ordinal=after_ordinal, kinds=kinds
    )
    found.update(
        dict(
            event_rows.counts(
                connection, log_key, after_seq=after_seq, after_ordinal=after_ordinal, kinds=kinds
            )
        )
    )
    return found


def learner_and_kind(link: Link) -> tuple[bytes | None, int]:
    """Whose event it is, and its kind; of an erased one None and 0. Raises StoreDamagedError."""
    row = packed_rows.row_of(link)
    return row.learner_id, row.kind


class Sums(NamedTuple):
    """What a log's believed events come to; `erased` of them have no lamport any more."""

    events: int
    last_ordinal: int
    lamport_max: int
    erased: int


def sums(connection: sqlite3.Connection, log: LogRow) -> Sums:
    """What a log's believed events come to. Cost: reads all of them."""
    rows = event_rows.sums(connection, log.log_key)
    packed = packed_sums.sums(connection, log.log_key)
    return Sums(
        rows[0] + packed[0],
        max(rows[1], packed[1]),
        max(rows[2], packed[2]),
        rows[3] + packed[3],
    )
