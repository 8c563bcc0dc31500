"""Which events of a log follow which: belief, tips and runs, for forked logs as for straight ones.

Rows do not name the event before them; the hash says it. A straight log (one tip) never needs
that: its order is `seq`. Only where several events share a place are hashes compared.
"""

import sqlite3
from collections.abc import Collection, Iterator
from itertools import takewhile
from typing import Final, NamedTuple

from darasa.sync import events_table
from darasa.sync.event import chain_after
from darasa.sync.events_table import Link
from darasa.sync.frontier import Head, Tip
from darasa.sync.ids import SHORT_BYTES, Chain
from darasa.sync.rows import LogRow

_ERASED_BYTES: Final = 18  # a leaf on the wire


class Run(NamedTuple):
    """Consecutive events of one log, each following the one before: what EVENTS carries.

    Erased events are runs of their own, without canonical bytes and with their leaves.
    """

    log: LogRow
    prev_chain: Chain
    first_seq: int
    canonicals: tuple[bytes, ...]
    head: Head  # the place of the last one
    erased_leaves: tuple[bytes, ...] = ()


def chain_at(connection: sqlite3.Connection, log: LogRow, seq: int, chain8: bytes) -> Chain | None:
    """The whole chain held at that place, provisional or not; None when it is not held."""
    held = events_table.chains_at(connection, log, seq)
    return next((chain for chain, _ in held if chain[:SHORT_BYTES] == chain8), None)


def tips_of_log(connection: sqlite3.Connection, log: LogRow) -> tuple[Head, ...]:
    """The places in a log that no believed event follows, in order."""
    rows = connection.execute(
        "SELECT seq, chain FROM tip WHERE log_key = ? ORDER BY seq, chain", (log.log_key,)
    )
    return tuple(Head(log.log_id, seq, Chain(chain)) for seq, chain in rows)


def ancestors(
    connection: sqlite3.Connection, log: LogRow, seq: int, chain: Chain
) -> Iterator[Link]:
    """The links from (seq, chain) back to seq 1. Nothing when that place is not held."""
    end = events_table.packed_end(connection, log)
    while seq > end:
        link = events_table.link_at(connection, log, seq, chain)
        if link is None:
            return
        yield link
        seq, chain = seq - 1, chain_before(connection, log, link)
    if seq > 0 and events_table.is_held(connection, log, seq, chain):
        yield from events_table.packed_links_back(connection, log, seq)


def path_to(
    connection: sqlite3.Connection, log: LogRow, head: Head, *, stop: Collection[Chain]
) -> list[Link]:
    """The links up to and with `head`, oldest first, back to seq 1 or after a chain in `stop`."""
    links = ancestors(connection, log, head.seq, head.chain)
    path = list(takewhile(lambda link: link.chain not in stop, links))
    path.reverse()
    return path


def provisional_path(
    connection: sqlite3.Connection, log: LogRow, seq: int, chain: Chain
) -> list[Link]:
    """The links up to (seq, chain) that are not believed yet, oldest first."""
    links = ancestors(connection, log, seq, chain)
    path = list(takewhile(lambda link: not link.is_believed, links))
    path.reverse()
    return path


def is_provisional(connection: sqlite3.Connection, log: LogRow, head: Head) -> bool:
    """Whether that place is held and not believed yet."""
    held = events_table.chains_at(connection, log, head.seq)
    return (head.chain, False) in held


def chain_before(connection: sqlite3.Connection, log: LogRow, link: Link) -> Chain:
    """The chain of the event before; I1 (no hole) says that it is held."""
    held = events_table.chains_at(connection, log, link.seq - 1)
    if len(held) == 1:
        return held[0][0]
    return next(chain for chain, _ in held if chain_after(chain, link.leaf) == link.chain)


def held_heads(
    connection: sqlite3.Connection, log: LogRow, tips: Collection[Tip]
) -> tuple[Head, ...]:
    """Those of `tips` that are believed events of this log, with their whole chains."""
    heads: list[Head] = []
    for tip in tips:
        if tip.log_id == log.log_id and tip.seq > 0:
            heads.extend(
                Head(log.log_id, tip.seq, chain)
                for chain, is_believed in events_table.chains_at(connection, log, tip.seq)
                if is_believed and chain[:SHORT_BYTES] == tip.chain8
            )
    return tuple(heads)


def covered_chains(
    connection: sqlite3.Connection, log: LogRow, heads: Collection[Head]
) -> set[Chain]:
    """The chains of every event of a forked log at or before one of `heads`. Cost: their number."""
    covered: set[Chain] = set()
    for head in heads:
        covered.update(link.chain for link in path_to(connection, log, head, stop=covered))
    return covered


def runs_after(
    connection: sqlite3.Connection,
    log: LogRow,
    *,
    known: Collection[Tip] = (),
    after_ordinal: int = 0,
    bytes_max: int,
) -> Iterator[Run]:
    """The believed events of a log that a peer lacks, in runs of at most `bytes_max`, or one event.

    The peer has what is at or before a tip in `known` (tips that are not held count for nothing),
    and all that was believed here up to `after_ordinal`.
    """
    tips = tips_of_log(connection, log)
    held = held_heads(connection, log, known)
    if len(tips) == 1:
        yield from _straight_runs(
            connection,
            log,
            tips[0],
            known=held,
            after_ordinal=after_ordinal,
            bytes_max=bytes_max,
        )
        return
    covered = covered_chains(connection, log, held)
    if after_ordinal:
        covered.update(
            link.chain
            for link in events_table.links_from(connection, log)
            if link.ordinal is not None and link.ordinal <= after_ordinal
        )
    for tip in tips:
        path = path_to(connection, log, tip, stop=covered)
        covered.update(link.chain for link in path)
        if path:
            before = chain_before(connection, log, path[0])
            yield from _split(log, before, iter(path), bytes_max)


def _straight_runs(
    connection: sqlite3.Connection,
    log: LogRow,
    tip: Head,
    *,
    known: Collection[Head],
    after_ordinal: int,
    bytes_max: int,
) -> Iterator[Run]:
    """Runs of a log with one tip: its order is `seq`, read row by row."""
    first = 1 + max((head.seq for head in known), default=0)
    if after_ordinal:
        new = events_table.first_after(connection, log, after_ordinal)
        first = max(first, tip.seq + 1 if new is None else new)
    if first > tip.seq:
        return
    held = events_table.chains_at(connection, log, first - 1)
    before = next(chain for chain, is_believed in held if is_believed)
    links = events_table.links_from(connection, log, first)
    yield from _split(log, before, (link for link in links if link.is_believed), bytes_max)


def _split(log: LogRow, before: Chain, links: Iterator[Link], bytes_max: int) -> Iterator[Run]:
    """Cut consecutive links into runs, of erased events or of events in clear."""
    part: list[Link] = []
    size = 0
    for link in links:
        length = _ERASED_BYTES if link.canonical is None else len(link.canonical)
        is_other = bool(part) and (part[-1].canonical is None) != (link.canonical is None)
        if part and (is_other or size + length > bytes_max):
            yield _run_of(log, before, part)
            before = part[-1].chain
            part, size = [], 0
        part.append(link)
        size += length
    if part:
        yield _run_of(log, before, part)


def _run_of(log: LogRow, before: Chain, part: list[Link]) -> Run:
    last = part[-1]
    return Run(
        log,
        before,
        part[0].seq,
        tuple(link.canonical for link in part if link.canonical is not None),
        Head(log.log_id, last.seq, last.chain),
        tuple(link.leaf for link in part if link.canonical is None),
    )
