"""Which events of a log follow which: belief, tips and runs, for forked logs as for straight ones.

Rows do not name the event before them; the hash says it. A straight log (one tip) never needs
that: its order is `seq`. Only where several events share a place are hashes compared.
"""

import sqlite3
from collections.abc import Collection, Iterator
from itertools import starmap, takewhile
from typing import NamedTuple

from darasa.sync.event import chain_after, leaf_of
from darasa.sync.frontier import Head, Tip
from darasa.sync.ids import SHORT_BYTES, Chain
from darasa.sync.rows import LogRow


class Link(NamedTuple):
    """An event row as a link of a chain."""

    seq: int
    chain: Chain
    canonical: bytes
    is_believed: bool = True


class Run(NamedTuple):
    """Consecutive events of one log, each following the one before: what EVENTS carries."""

    log: LogRow
    prev_chain: Chain
    first_seq: int
    canonicals: tuple[bytes, ...]
    head: Head  # the place of the last one


def chain_at(connection: sqlite3.Connection, log: LogRow, seq: int, chain8: bytes) -> Chain | None:
    """The whole chain held at that place, provisional or not; None when it is not held."""
    if seq == 0:
        return log.chain_0 if log.chain_0[:SHORT_BYTES] == chain8 else None
    rows = connection.execute(
        "SELECT chain FROM event WHERE log_key = ? AND seq = ?", (log.log_key, seq)
    )
    return next((Chain(chain) for (chain,) in rows if chain[:SHORT_BYTES] == chain8), None)


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
    while seq > 0:
        row = connection.execute(
            "SELECT ordinal, canonical FROM event WHERE log_key = ? AND seq = ? AND chain = ?",
            (log.log_key, seq, chain),
        ).fetchone()
        if row is None:
            return
        link = Link(seq, chain, row[1], row[0] is not None)
        yield link
        seq, chain = seq - 1, chain_before(connection, log, link)


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
    found = connection.execute(
        "SELECT 1 FROM event WHERE log_key = ? AND seq = ? AND chain = ? AND ordinal IS NULL",
        (log.log_key, head.seq, head.chain),
    )
    return found.fetchone() is not None


def chain_before(connection: sqlite3.Connection, log: LogRow, link: Link) -> Chain:
    """The chain of the event before; I1 (no hole) says that it is held."""
    if link.seq == 1:
        return log.chain_0
    rows = connection.execute(
        "SELECT chain FROM event WHERE log_key = ? AND seq = ?", (log.log_key, link.seq - 1)
    ).fetchall()
    if len(rows) == 1:
        return Chain(rows[0][0])
    leaf = leaf_of(link.canonical)
    return next(Chain(chain) for (chain,) in rows if chain_after(chain, leaf) == link.chain)


def held_heads(
    connection: sqlite3.Connection, log: LogRow, tips: Collection[Tip]
) -> tuple[Head, ...]:
    """Those of `tips` that are believed events of this log, with their whole chains."""
    heads: list[Head] = []
    for tip in tips:
        rows = connection.execute(
            "SELECT chain FROM event WHERE log_key = ? AND seq = ? AND ordinal IS NOT NULL",
            (log.log_key, tip.seq),
        )
        heads.extend(
            Head(log.log_id, tip.seq, Chain(chain))
            for (chain,) in rows
            if tip.log_id == log.log_id and chain[:SHORT_BYTES] == tip.chain8
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
        rows = connection.execute(
            "SELECT chain FROM event WHERE log_key = ? AND ordinal <= ?",
            (log.log_key, after_ordinal),
        )
        covered.update(Chain(chain) for (chain,) in rows)
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
        row = connection.execute(
            "SELECT min(seq) FROM event WHERE log_key = ? AND ordinal > ?",
            (log.log_key, after_ordinal),
        ).fetchone()
        first = max(first, tip.seq + 1 if row[0] is None else row[0])
    if first > tip.seq:
        return
    if first == 1:
        before = log.chain_0
    else:
        before = Chain(
            connection.execute(
                "SELECT chain FROM event WHERE log_key = ? AND seq = ? AND ordinal IS NOT NULL",
                (log.log_key, first - 1),
            ).fetchone()[0]
        )
    rows = connection.execute(
        "SELECT seq, chain, canonical FROM event"
        " WHERE log_key = ? AND seq >= ? AND ordinal IS NOT NULL ORDER BY seq",
        (log.log_key, first),
    )
    yield from _split(log, before, starmap(Link, rows), bytes_max)


def _split(log: LogRow, before: Chain, links: Iterator[Link], bytes_max: int) -> Iterator[Run]:
    """Cut consecutive links into runs."""
    part: list[Link] = []
    size = 0
    for link in links:
        if part and size + len(link.canonical) > bytes_max:
            yield _run_of(log, before, part)
            before = part[-1].chain
            part, size = [], 0
        part.append(link)
        size += len(link.canonical)
    if part:
        yield _run_of(log, before, part)


def _run_of(log: LogRow, before: Chain, part: list[Link]) -> Run:
    last = part[-1]
    return Run(
        log,
        before,
        part[0].seq,
        tuple(link.canonical for link in part),
        Head(log.log_id, last.seq, last.chain),
    )
