"""Which events of a restricted node count, worked out from the logs that are held here.

Owns: from the tips of a restriction to a `Hold`, what of a node is accepted now, and a walk over
its events. Reads the logs by sync's own functions; does not write.
"""

import sqlite3
from collections.abc import Collection, Iterator

from darasa.learning.deciding.decisions import Hold, Standing
from darasa.learning.kinds import Place
from darasa.sync import chains, reads
from darasa.sync.event import StoredEvent, chain_after, leaf_of, parse_event
from darasa.sync.frontier import Tip
from darasa.sync.ids import Chain, LogId, NodeId, SchoolId
from darasa.sync.rows import LogRow, find_log


def hold_of(
    connection: sqlite3.Connection, school_id: SchoolId, node_id: NodeId, standing: Standing
) -> Hold:
    """The restriction as it applies to single events. Cost: a few reads a log that it names.

    A tip that is not held here takes nothing yet: what is before it is known only by its chain.
    """
    listed = {log_id for act in standing.acts for log_id, _, _ in act}
    upto: dict[bytes, int] = {}
    refused: set[bytes] = set()
    for log_id in sorted(listed):
        log = find_log(connection, school_id, log_id)
        if log is None or log.node_id != node_id:
            continue
        tips = [[tip for tip in act if tip[0] == log_id] for act in standing.acts]
        greatest, others = _taken(connection, log, tips)
        if greatest:
            upto[log_id] = greatest
            refused |= others
    return Hold(upto, frozenset(refused))


def _taken(
    connection: sqlite3.Connection, log: LogRow, acts: Collection[Collection[Place]]
) -> tuple[int, set[bytes]]:
    """Of one log the greatest seq that every act takes, and the chain8s on other branches."""
    held = [
        chains.held_heads(connection, log, [Tip(LogId(i), seq, c8) for i, seq, c8 in tips])
        for tips in acts
    ]
    if not all(held):
        return 0, set()
    greatest = min(max(head.seq for head in heads) for heads in held)
    ends = chains.tips_of_log(connection, log)
    if len(ends) == 1:
        return greatest, set()
    covered = set.intersection(*(chains.covered_chains(connection, log, heads) for heads in held))
    everything = chains.covered_chains(connection, log, ends)
    return greatest, {chain[:8] for chain in everything - covered}


def accepted_places(
    connection: sqlite3.Connection,
    school_id: SchoolId,
    node_id: NodeId,
    *,
    standing: Standing | None = None,
    hold: Hold | None = None,
) -> tuple[Place, ...]:
    """The tips of a node up to which its events count now; all that is held when unrestricted."""
    if standing is None or hold is None:
        heads = reads.tips(connection, school_id, author=node_id)
        return tuple((head.log_id, head.seq, head.tip.chain8) for head in heads)
    places = {place for act in standing.acts for place in act}
    return tuple(
        sorted(p for p in places if hold.upto.get(p[0]) == p[1] and p[2] not in hold.refused)
    )


def places_before(
    connection: sqlite3.Connection, school_id: SchoolId, stopped: Collection[StoredEvent]
) -> tuple[Place, ...]:
    """The tips of an author without these events of hers, one a log, and what follows them."""
    author = next(iter(stopped)).author
    first = {stored.log_id: stored.seq for stored in stopped}
    places: set[Place] = {
        (head.log_id, head.seq, head.tip.chain8)
        for head in reads.tips(connection, school_id, author=author)
        if head.seq < first.get(head.log_id, head.seq + 1)
    }
    for stored in stopped:
        places |= _before(connection, school_id, stored)
    return tuple(sorted(places))


def _before(connection: sqlite3.Connection, school_id: SchoolId, stored: StoredEvent) -> set[Place]:
    """The event before another one, if there is one."""
    leaf = leaf_of(stored.canonical)
    return {
        (held.log_id, held.seq, held.chain[:8])
        for held in events_by(connection, school_id, stored.author, log_id=stored.log_id)
        if held.seq + 1 == stored.seq and chain_after(held.chain, leaf) == stored.chain
    }


def events_by(
    connection: sqlite3.Connection,
    school_id: SchoolId,
    node_id: NodeId,
    *,
    log_id: bytes | None = None,
) -> Iterator[StoredEvent]:
    """The events of the logs of one author in a school, or of one of them, log by log."""
    for log in reads.logs_after(connection, school_id, author=node_id):
        if log_id in {None, log.log_id}:
            for run in reads.runs(connection, school_id, log.log_id):
                yield from _events_of_run(log, run)


def _events_of_run(log: LogRow, run: chains.Run) -> Iterator[StoredEvent]:
    chain = run.prev_chain
    for seq, canonical in enumerate(run.canonicals, start=run.first_seq):
        chain = Chain(chain_after(chain, leaf_of(canonical)))
        yield log.stored(seq, chain, canonical, parse_event(canonical))
