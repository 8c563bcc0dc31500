"""Storing the events of other nodes: runs, and belief under signed heads (sync.md section 8).

Functions over the connection of a writing transaction, and what gives its ordinal. The engine has
checked signatures and who may send what; this holds what the store itself promises: no hole, and no
chain that is not the hash of its bytes (I1, I2).
"""

import sqlite3
from collections.abc import Callable, Sequence

from darasa.sync import clock_rows, events_table, packing, rows
from darasa.sync.chains import chain_at, chain_before, provisional_path
from darasa.sync.erased_rows import as_leaves
from darasa.sync.errors import LocalProtocolError
from darasa.sync.event import StoredEvent, chain_after
from darasa.sync.event_links import leaf_of_arriving
from darasa.sync.events_table import ArrivedLeaf, Arriving
from darasa.sync.heads import keep_best_heads, places_of_heads
from darasa.sync.ids import SHORT_BYTES, Chain
from darasa.sync.rows import LogRow, event_of_row, note_believed

Ordinal = Callable[[], int]
"""The number of the transaction, which is given out when the first row needs it."""


def insert_run(
    connection: sqlite3.Connection,
    ordinal: Ordinal,
    log: LogRow,
    *,
    prev_chain: bytes,
    events: Sequence[Arriving],
    believed: int,
    is_checked: bool = False,
) -> list[StoredEvent]:
    """Store a run; answer the events that became believed and were not visible before.

    `prev_chain` is the chain before the first event, or its first 8 bytes. The first `believed`
    events are under a signed head; so is what a head stored earlier names, and so are provisional
    events before either. The rest stays provisional. Events that are known are ignored. Of those of
    learners who are erased only the leaves are kept.
    Of a pruned log, which was held whole and given away, nothing is taken again.
    `is_checked`: the caller has computed every chain from the bytes, as a session does.

    Raises LocalProtocolError when the event before is not held, or a chain is wrong: the engine
    asks for such a log from 1 and never comes here.
    """
    if not events or rows.is_pruned(connection, log):
        return []
    before = _chain_before_run(connection, log, prev_chain, events)
    if not is_checked:
        _check_chains(log, before, events)
    events = as_leaves(connection, log.school_id, events)
    known = events_table.known_chains(connection, log, events[0].seq, events[-1].seq)
    covered = max(believed, _covered_by_heads(connection, log, events))
    held = [each for each in events[:covered] if each.chain in known]
    visible: list[StoredEvent] = []
    if held:
        visible += believe_to(connection, ordinal, log, held[-1].seq, held[-1].chain)
    elif covered:
        visible += believe_to(connection, ordinal, log, events[0].seq - 1, before)
    newly = events[len(held) : covered]
    if newly:
        if not packing.add_packed(connection, log, newly, ordinal()):
            events_table.add(connection, log, newly, ordinal())
        parent = held[-1].chain if held else before
        visible += _settle(connection, ordinal, log, parent, newly)
    rest = [each for each in events[covered:] if each.chain not in known]
    events_table.add(connection, log, rest, None)
    if covered:
        keep_best_heads(connection, log)
    return visible


def believe_to(
    connection: sqlite3.Connection, ordinal: Ordinal, log: LogRow, seq: int, chain: Chain
) -> list[StoredEvent]:
    """Believe what is provisional of a log up to (seq, chain), as a signed head says.

    Answers the events that became visible. Nothing happens when that place is not held.
    """
    path = provisional_path(connection, log, seq, chain)
    if not path:
        return []
    parent = chain_before(connection, log, path[0])
    events_table.believe(connection, log, path, ordinal())
    arrived: list[Arriving] = [
        ArrivedLeaf(link.seq, link.chain, link.leaf)
        if link.canonical is None
        else log.stored(link.seq, link.chain, link.canonical, event_of_row(link.canonical))
        for link in path
    ]
    return _settle(connection, ordinal, log, parent, arrived)


def _chain_before_run(
    connection: sqlite3.Connection,
    log: LogRow,
    prev_chain: bytes,
    events: Sequence[Arriving],
) -> Chain:
    """The whole chain before the run. Raises LocalProtocolError unless that event is held."""
    before = chain_at(connection, log, events[0].seq - 1, prev_chain[:SHORT_BYTES])
    if before is None:
        raise LocalProtocolError(f"log {log.log_id.hex()}: the event before the run is not held")
    return before


def _check_chains(log: LogRow, before: Chain, events: Sequence[Arriving]) -> None:
    """Raise LocalProtocolError unless each event follows the one before it."""
    chain = before
    for seq, each in enumerate(events, start=events[0].seq):
        chain = chain_after(chain, leaf_of_arriving(each))
        if each.seq != seq or each.chain != chain:
            raise LocalProtocolError(f"log {log.log_id.hex()}: the chain at {seq} is wrong")


def _covered_by_heads(
    connection: sqlite3.Connection, log: LogRow, events: Sequence[Arriving]
) -> int:
    """How many of the run's events a stored head covers."""
    first = events[0].seq
    covered = 0
    for seq, chain in places_of_heads(connection, log):
        at = seq - first
        if covered <= at < len(events) and events[at].chain == chain:
            covered = at + 1
    return covered


def _settle(
    connection: sqlite3.Connection,
    ordinal: Ordinal,
    log: LogRow,
    parent: Chain,
    newly: Sequence[Arriving],
) -> list[StoredEvent]:
    """Move the tip and the log's sums to a newly believed stretch; answer what became visible."""
    last = newly[-1]
    clear = [each for each in newly if not isinstance(each, ArrivedLeaf)]
    note_believed(
        connection,
        log,
        ordinal=ordinal(),
        parent=parent,
        seq=last.seq,
        chain=last.chain,
        events=len(newly),
        lamport_max=max((each.event.lamport for each in clear), default=0),
    )
    clock_rows.note(connection, log, clear, ordinal=ordinal())
    copied = {
        chain
        for (chain,) in connection.execute(
            "SELECT chain FROM copy WHERE log_key = ? AND seq BETWEEN ? AND ?",
            (log.log_key, newly[0].seq, last.seq),
        )
    }
    visible = clear if not copied else [each for each in clear if each.chain not in copied]
    return [log.stored(each.seq, each.chain, each.canonical, each.event) for each in visible]
