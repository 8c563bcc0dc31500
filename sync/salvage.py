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
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from darasa.sync import clock_events, clock_rows, events_table, feed, heads, packed_runs, rows
from darasa.sync.codec import unpack
from darasa.sync.contacts import PeerRow
from darasa.sync.erased import ErasedRecord
from darasa.sync.erasing import keep_in_file
from darasa.sync.errors import CertificateError, CodecError, EventError
from darasa.sync.event import (
    EventCopy,
    chain_after,
    chain_of_genesis,
    log_id_of,
    parse_event,
    parse_genesis,
)
from darasa.sync.event_links import Link
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.held_back import FROZEN, REVOKED, hold_back
from darasa.sync.ids import (
    CHAIN_BYTES,
    ID_BYTES,
    LOG_ID_BYTES,
    Chain,
    LogId,
    NodeId,
    Role,
    SchoolId,
)
from darasa.sync.packed_rows import PARTS_MAX, row_of
from darasa.sync.packed_runs import Entry
from darasa.sync.signing import SIGNATURE_BYTES, Certificate, check_heads
from darasa.sync.sqlite_pages import Pages, Raw
from darasa.sync.store import Store
from darasa.sync.writes import Tx

SCOPE: Final = b"salvaged"
"""The scope of copies behind a gap; no server has it, so nothing deletes them."""


class Salvaged(NamedTuple):
    """How much is in the new store: events of logs, and `apart` those behind a gap."""

    logs: int
    events: int
    apart: int


class _Event(NamedTuple):
    seq: int
    chain: Chain
    entry: Entry


class _LogRow(NamedTuple):
    school_id: SchoolId
    log_id: LogId
    genesis: bytes


@dataclass(slots=True)
class _Found:
    """Rows that look like those of our tables, by the local number of their log."""

    logs: dict[int, _LogRow] = field(default_factory=dict)
    events: dict[int, list[_Event]] = field(default_factory=dict)
    runs: dict[int, tuple[int, int, int, bytes, bytes, int]] = field(default_factory=dict)
    parts: dict[int, dict[int, bytes]] = field(default_factory=dict)
    statements: dict[int, SignedHeads] = field(default_factory=dict)
    certificates: list[Certificate] = field(default_factory=list)
    peers: list[PeerRow] = field(default_factory=list)
    held_back: list[tuple[NodeId, str, int]] = field(default_factory=list)
    erased: list[ErasedRecord] = field(default_factory=list)


def salvage(raw: Raw, wal: Raw, into: Store, *, hub: NodeId | None = None) -> Salvaged:
    """Put what a file and its WAL still hold into an empty store; a log is one transaction.

    `hub` is the hub whose store it is. It gives back under heads that others signed: what it has
    lost the head of would be believed by nobody, so it is kept apart until it comes again.

    Raises StoreError when the new store cannot be written. Cost: the events of rows in memory.
    """
    found = _collect(Pages(raw, wal))
    _unpack_runs(found)
    with into.transaction() as tx:
        for certificate in found.certificates:
            tx.put_certificate(certificate)
        for peer in found.peers:
            tx.put_peer(peer)
        for node_id, why, since_ms in found.held_back:
            hold_back(tx.connection, node_id, why, since_ms=since_ms)
    logs = events = apart = 0
    statements = _true_statements(found)
    proved = {head for _, signed in statements for head in signed.heads}
    for log_key, log in found.logs.items():
        whole, others = _verified(log, found.events.get(log_key, ()))
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
    keep_in_file(into.erased_file, found.erased)  # believed when the node opens
    return Salvaged(logs, events, apart)


# -- what the pages hold ------------------------------------------------------------------


def _collect(pages: Pages) -> _Found:
    found = _Found()
    for rowid, row in pages.rows():
        try:
            _sort(found, rowid, row)
        except (ValueError, TypeError, CodecError, CertificateError):
            continue  # wreckage that has the shape of a row
    return found


def _sort(found: _Found, rowid: int | None, row: tuple[Any, ...]) -> None:
    match row:
        case (None, bytes(school), bytes(log_id), bytes(_), int(_), bytes(genesis), int(_), *_) if (
            len(school) == ID_BYTES and len(log_id) == LOG_ID_BYTES and rowid is not None
        ):
            if log_id_of(genesis) == log_id and parse_genesis(genesis):
                found.logs[rowid] = _LogRow(SchoolId(school), LogId(log_id), genesis)
        case (
            None,
            int(log),
            int(seq),
            bytes(chain),
            int(_),
            _,
            int(_),
            int(_),
            bytes(raw),
            *leaf,
        ) if len(chain) == CHAIN_BYTES:
            entry = Entry(None, leaf[0]) if leaf and leaf[0] is not None else Entry(raw)
            found.events.setdefault(log, []).append(_Event(seq, Chain(chain), entry))
        case (None, int(log), int(first), int(n), bytes(prev), bytes(last), *_, int(form)) if (
            rowid is not None and len(row) == 12
        ):
            found.runs[rowid] = (log, first, n, prev, last, form)
        case (None, bytes(school), bytes(genesis)) if rowid is not None and len(school) == ID_BYTES:
            parse_genesis(genesis)
            found.logs.setdefault(rowid, _LogRow(SchoolId(school), log_id_of(genesis), genesis))
        case (None, bytes(signer), bytes(signature), bytes(signed)) if (
            rowid is not None and len(signer) == ID_BYTES
        ):
            found.statements[rowid] = _statement(signer, signature, signed)
        case (bytes(learner_hash), bytes(school), bytes(signature)) if (
            len(signature) == SIGNATURE_BYTES
        ):
            found.erased.append(ErasedRecord(school, learner_hash, signature))
        case (None, bytes(part), 0 | 1) if rowid is not None:
            found.parts.setdefault(rowid // PARTS_MAX, {})[rowid % PARTS_MAX] = part
        case (bytes(node), bytes(issuer), bytes(_), str(_), bytes(raw), *_):
            certificate = Certificate.from_bytes(raw)
            if (certificate.node_id, certificate.issuer) == (node, issuer):
                found.certificates.append(certificate)
        case (bytes(node), str(why), int(since_ms)) if why in {REVOKED, FROZEN}:
            found.held_back.append((NodeId(node), why, since_ms))
        case (bytes(node), bytes(school), str(role), str(name), None | int() as at, *_) if (
            len(node) == len(school) == ID_BYTES
        ):
            found.peers.append(PeerRow(NodeId(node), SchoolId(school), Role(role), name, at))


def _statement(signer: bytes, signature: bytes, raw: bytes) -> SignedHeads:
    """Heads as they were signed. Raises CodecError, ValueError."""
    named = [Head(LogId(log_id), seq, Chain(chain)) for log_id, seq, chain in unpack(raw)]
    if len(signature) != SIGNATURE_BYTES or not named or heads_bytes(named) != raw:
        raise ValueError(signature)
    return SignedHeads(tuple(named), signer, signature)


def _unpack_runs(found: _Found) -> None:
    """The events of the packed runs whose parts are all there and fit their chains."""
    for run_key, (log_key, first, n, prev, last, form) in found.runs.items():
        parts = found.parts.get(run_key, {})
        payload = b"".join(parts[nth] for nth in sorted(parts))
        try:
            entries = packed_runs.decode(form, payload)
        except CodecError:
            continue
        chains = list(packed_runs.chains(prev, entries))
        if len(entries) == n and chains[-1] == last:
            found.events.setdefault(log_key, []).extend(
                _Event(seq, chain, entry)
                for seq, (chain, entry) in enumerate(zip(chains, entries, strict=True), start=first)
            )


# -- what of it is true -------------------------------------------------------------------


def _verified(log: _LogRow, events: Iterable[_Event]) -> tuple[list[_Event], list[_Event]]:
    """The events that follow from the genesis, in order, and those behind a gap.

    Of the latter the bytes are proved by the chain before them, as the event there has it; of the
    first one behind a gap nothing can be proved but that it is an event.
    """
    at: dict[int, dict[bytes, _Event]] = {}
    for event in events:
        at.setdefault(event.seq, {})[event.chain] = event
    whole: list[_Event] = []
    apart: list[_Event] = []
    before: set[bytes] = {chain_of_genesis(log.genesis)}
    is_proved, last = True, 0
    for seq, here in sorted(at.items()):
        if seq != last + 1:
            is_proved, before = False, set()
        fitting = [each for each in here.values() if not before or _follows(each, before)]
        is_proved = is_proved and bool(fitting)
        (whole if is_proved else apart).extend(fitting)
        before = {each.chain for each in (fitting if is_proved else here.values())}
        last = seq
    return whole, apart


def _follows(event: _Event, before: Iterable[bytes]) -> bool:
    leaf = event.entry.leaf
    return any(chain_after(chain, leaf) == event.chain for chain in before)


def _true_statements(found: _Found) -> list[tuple[SchoolId, SignedHeads]]:
    """The statements whose signature holds, or of whose signer nothing is known, oldest first."""
    keys: dict[bytes, list[bytes]] = {}
    for each in found.certificates:
        keys.setdefault(each.node_id, []).append(each.public_key)
    schools = {log.log_id: log.school_id for log in found.logs.values()}
    true: list[tuple[SchoolId, SignedHeads]] = []
    for _, signed in sorted(found.statements.items()):
        named = (head.log_id for head in signed.heads if head.log_id in schools)
        school_id = next((schools[log_id] for log_id in named), None)  # some may not have come
        if school_id is not None and all(
            check_heads(signed, key) for key in keys.get(signed.signer, ())
        ):
            true.append((school_id, signed))
    return true


def _under_heads(
    log_id: LogId, whole: list[_Event], proved: AbstractSet[Head]
) -> tuple[list[_Event], list[_Event]]:
    """The events at or before a signed head on its branch, and the others."""
    at: dict[int, list[_Event]] = {}
    for event in whole:
        at.setdefault(event.seq, []).append(event)
    kept: set[Chain] = set()
    after: list[_Event] = []
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


def _keep(tx: Tx, log: _LogRow, whole: list[_Event]) -> None:
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


def _tips(whole: list[_Event]) -> list[tuple[int, Chain]]:
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


def _keep_apart(tx: Tx, log: _LogRow, others: Iterable[_Event]) -> int:
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
    feed.put_copies(tx.connection, SCOPE, copies)
    return len(copies)
