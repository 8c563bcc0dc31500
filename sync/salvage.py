"""What can be read of a damaged store, into a new one (sync.md sections 9 and 12).

Owns what counts as true: an event whose chain verifies from its log's genesis is an event of that
log. One behind a gap is kept as a copy, which is folded and never offered: its log would have a
hole. Heads come along under a signature that holds, and who is erased goes into the file, where it
is believed or not. Marks, receipts and cursors are left behind, so that peers find what is missing
by content, and the lists come back from the server by the feed. Does not rename files: rescue.py
does.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from darasa.sync import clock_events, clock_rows, events_table, feed, heads, rows
from darasa.sync.apart import APART
from darasa.sync.erasing import keep_in_file
from darasa.sync.errors import EventError
from darasa.sync.event import (
    EventCopy,
    chain_after,
    chain_of_genesis,
    parse_event,
    parse_genesis,
)
from darasa.sync.event_links import Link
from darasa.sync.frontier import Head, SignedHeads
from darasa.sync.held_back import hold_back
from darasa.sync.ids import Chain, LogId, NodeId, Role, SchoolId
from darasa.sync.packed_rows import row_of
from darasa.sync.signing import check_heads
from darasa.sync.sqlite_pages import Raw
from darasa.sync.store import Store
from darasa.sync.wreckage import FoundEvent, FoundLog, Wreckage, wreckage_of
from darasa.sync.writes import Tx


class Salvaged(NamedTuple):
    """How much is in the new store: events of logs, and `apart` those behind a gap."""

    logs: int
    events: int
    apart: int


def salvage(
    raw: Raw, wal: Raw, into: Store, *, hub: NodeId | None = None, copy: Raw = b""
) -> Salvaged:
    """Put what a file and its WAL still hold into an empty store; a log is one transaction.

    `hub` is the hub whose store it is. It gives back under heads that others signed: what it has
    lost the head of would be believed by nobody, so it is kept apart until it comes again. `copy`
    is an older store of this node: it fills gaps, and says nothing of who is refused now.

    Raises StoreError when the new store cannot be written. Cost: the events of rows in memory.
    """
    here = wreckage_of(raw, wal)
    older = wreckage_of(copy)
    with into.transaction() as tx:
        for found in (older, here):
            for certificate in found.certificates:
                tx.put_certificate(certificate)
            for peer in found.peers:
                tx.put_peer(peer)
        for node_id, why, since_ms in here.held_back:
            hold_back(tx.connection, node_id, why, since_ms=since_ms)
        _keep_unheard(tx, older, here)
    logs = events = apart = 0
    statements = _true_statements(older, here)
    proved = {head for _, signed in statements for head in signed.heads}
    for log, some in _together(older, here):
        whole, others = _verified(log, some)
        if hub is not None and parse_genesis(log.genesis).node_id != hub:
            whole, unproved = _under_heads(log.log_id, whole, proved)
            others = [*unproved, *others]
        with into.transaction() as tx:
            _keep(tx, log, whole)
            apart += _keep_apart(tx, log, others)
        logs += bool(whole)
        events += len(whole)
    with into.transaction() as tx:
        for school_id, signed in statements:
            heads.add_heads(tx.connection, school_id, signed)
    erased = (*older.erased, *here.erased)
    keep_in_file(into.erased_file, erased)  # believed when the node opens
    return Salvaged(logs, events, apart)


def _together(older: Wreckage, here: Wreckage) -> Iterable[tuple[FoundLog, list[FoundEvent]]]:
    """Each log with what both have of it; of one event what the store here has comes last."""
    found: dict[tuple[SchoolId, LogId], tuple[FoundLog, list[FoundEvent]]] = {}
    for log, events in (*older.by_log(), *here.by_log()):
        found.setdefault((log.school_id, log.log_id), (log, []))[1].extend(events)
    return found.values()


# -- what of it is true -------------------------------------------------------------------


def _verified(
    log: FoundLog, events: Iterable[FoundEvent]
) -> tuple[list[FoundEvent], list[FoundEvent]]:
    """The events that follow from the genesis, in order, and those behind a gap.

    Of the latter the bytes are proved by the chain before them, as the event there has it; of the
    first one behind a gap nothing can be proved but that it is an event. What was found of one
    event twice counts as it was found last, but for bytes that do not follow: they are damaged.
    """
    at: dict[int, dict[bytes, list[FoundEvent]]] = {}
    for event in events:
        if event.seq > 0:  # no event has another place: a damaged row
            at.setdefault(event.seq, {}).setdefault(event.chain, []).append(event)
    whole: list[FoundEvent] = []
    apart: list[FoundEvent] = []
    before: set[bytes] = {chain_of_genesis(log.genesis)}
    is_proved, last = True, 0
    for seq, here in sorted(at.items()):
        if seq != last + 1:
            is_proved, before = False, set()
        last_fitting = (_last_fitting(some, before) for some in here.values())
        fitting = [each for each in last_fitting if each is not None]
        is_proved = is_proved and bool(fitting)
        (whole if is_proved else apart).extend(fitting)
        before = {each.chain for each in fitting} if is_proved else set(here)
        last = seq
    return whole, apart


def _last_fitting(some: list[FoundEvent], before: AbstractSet[bytes]) -> FoundEvent | None:
    """Of what was found of one event the last that follows; nothing `before`: the last."""
    found = (each for each in reversed(some) if not before or _follows(each, before))
    return next(found, None)


def _follows(event: FoundEvent, before: Iterable[bytes]) -> bool:
    leaf = event.entry.leaf
    return any(chain_after(chain, leaf) == event.chain for chain in before)


def _true_statements(*found: Wreckage) -> list[tuple[SchoolId, SignedHeads]]:
    """The statements whose signature holds, or of whose signer nothing is known, oldest first."""
    keys: dict[bytes, list[bytes]] = {}
    for each in (one for some in found for one in some.certificates):
        keys.setdefault(each.node_id, []).append(each.public_key)
    schools = {log.log_id: log.school_id for some in found for log in some.logs.values()}
    true: list[tuple[SchoolId, SignedHeads]] = []
    for signed in (said for some in found for _, said in sorted(some.statements.items())):
        named = (head.log_id for head in signed.heads if head.log_id in schools)
        school_id = next((schools[log_id] for log_id in named), None)  # some may not have come
        if school_id is not None and all(
            check_heads(signed, key) for key in keys.get(signed.signer, ())
        ):
            true.append((school_id, signed))
    return true


def _under_heads(
    log_id: LogId, whole: list[FoundEvent], proved: AbstractSet[Head]
) -> tuple[list[FoundEvent], list[FoundEvent]]:
    """The events at or before a signed head on its branch, and the others."""
    at: dict[int, list[FoundEvent]] = {}
    for event in whole:
        at.setdefault(event.seq, []).append(event)
    kept: set[Chain] = set()
    after: list[FoundEvent] = []
    for seq in sorted(at, reverse=True):
        after = [
            each
            for each in at[seq]
            if Head(log_id, seq, each.chain) in proved
            or any(_follows(later, (each.chain,)) for later in after)
        ]
        kept.update(each.chain for each in after)
    under = [each for each in whole if each.chain in kept]
    return under, [each for each in whole if each.chain not in kept]


# -- into the new store -------------------------------------------------------------------


def _keep_unheard(tx: Tx, *found: Wreckage) -> None:
    """A store that may have forgotten who is erased still may, until its hub has told.

    Where that was told since the copy, or the row was another's, it costs a wait for the hub.
    """
    unheard = [since for some in found for since in some.unheard]
    has_hub = any(peer.role is Role.HUB for some in found for peer in some.peers)
    if has_hub and unheard:
        tx.note_erased_unheard(has_hub=True)
    elif 0 in unheard:
        tx.note_erased_unheard(has_hub=False)


def _keep(tx: Tx, log: FoundLog, whole: list[FoundEvent]) -> None:
    row = rows.know_log(tx.connection, log.school_id, log.log_id, log.genesis)
    if not whole:
        return
    event_rows = [
        row_of(Link(each.seq, each.chain, each.entry.canonical, tx.ordinal, each.entry.erased_leaf))
        for each in whole
    ]
    events_table.restore(tx.connection, row, event_rows, _tips(whole))
    said = [
        row.stored(each.link.seq, each.link.chain, canonical, parse_event(canonical))
        for each in event_rows
        if each.kind == clock_events.KIND and (canonical := each.link.canonical) is not None
    ]
    clock_rows.note(tx.connection, row, said, ordinal=tx.ordinal)


def _tips(whole: list[FoundEvent]) -> list[tuple[int, Chain]]:
    """The places that no event of these follows."""
    at: dict[int, set[Chain]] = {}
    for event in whole:
        at.setdefault(event.seq, set()).add(event.chain)
    followed = {
        chain
        for event in whole
        for chain in at.get(event.seq - 1, ())
        if chain_after(chain, event.entry.leaf) == event.chain
    }
    return [(event.seq, event.chain) for event in whole if event.chain not in followed]


def _keep_apart(tx: Tx, log: FoundLog, others: Iterable[FoundEvent]) -> int:
    """As copies: what parses; how many."""
    copies: list[EventCopy] = []
    for event in others:
        canonical = event.entry.canonical
        if canonical is None:
            continue
        try:
            parse_event(canonical)
        except EventError:
            continue
        copies.append(
            EventCopy(log.school_id, log.log_id, event.seq, event.chain, canonical, log.genesis)
        )
    feed.put_copies(tx.connection, APART, copies)
    return len(copies)
