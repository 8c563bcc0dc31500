"""What the pages of a damaged store hold: rows that look like those of our tables.

Owns which shape of a row is which table's. Nothing here is true yet: what follows from a genesis,
or stands under a signature that holds, is salvage.py's to find out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from darasa.sync import packed_runs
from darasa.sync.apart import APART
from darasa.sync.codec import unpack
from darasa.sync.contacts import PeerRow
from darasa.sync.erased import ErasedRecord
from darasa.sync.errors import CertificateError, CodecError
from darasa.sync.event import log_id_of, parse_genesis
from darasa.sync.frontier import Head, SignedHeads, heads_bytes
from darasa.sync.held_back import FROZEN, REVOKED
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
from darasa.sync.packed_rows import PARTS_MAX
from darasa.sync.packed_runs import Entry
from darasa.sync.signing import SIGNATURE_BYTES, Certificate
from darasa.sync.sqlite_pages import Pages, Raw


class FoundEvent(NamedTuple):
    """A row, or a place in a packed run, that may be an event."""

    seq: int
    chain: Chain
    entry: Entry


class FoundLog(NamedTuple):
    """A row with a genesis whose log id is right."""

    school_id: SchoolId
    log_id: LogId
    genesis: bytes


@dataclass(slots=True)
class Wreckage:
    """Rows that look like those of our tables, by the local number of their log."""

    logs: dict[int, FoundLog] = field(default_factory=dict)
    events: dict[int, list[FoundEvent]] = field(default_factory=dict)
    runs: dict[int, tuple[int, int, int, bytes, bytes, int]] = field(default_factory=dict)
    parts: dict[int, dict[int, bytes]] = field(default_factory=dict)
    statements: dict[int, SignedHeads] = field(default_factory=dict)
    certificates: list[Certificate] = field(default_factory=list)
    peers: list[PeerRow] = field(default_factory=list)
    held_back: list[tuple[NodeId, str, int]] = field(default_factory=list)
    erased: list[ErasedRecord] = field(default_factory=list)
    unheard: list[int] = field(default_factory=list)

    def by_log(self) -> Iterator[tuple[FoundLog, list[FoundEvent]]]:
        """The logs with what was found of each."""
        for log_key, log in self.logs.items():
            yield log, self.events.get(log_key, [])


def wreckage_of(raw: Raw, wal: Raw = b"") -> Wreckage:
    """What a file and its WAL still hold. Cost: the events of rows in memory."""
    found = Wreckage()
    for rowid, row in Pages(raw, wal).rows():
        try:
            _sort(found, rowid, row)
        except (ValueError, TypeError, CodecError, CertificateError):
            continue  # wreckage that has the shape of a row
    _unpack_runs(found)
    return found


def _sort(  # noqa: PLR0912 (a table of rows)
    found: Wreckage, rowid: int | None, row: tuple[Any, ...]
) -> None:
    match row:
        case (None, bytes(school), bytes(log_id), bytes(_), int(_), bytes(genesis), int(_), *_) if (
            len(school) == ID_BYTES and len(log_id) == LOG_ID_BYTES and rowid is not None
        ):
            if log_id_of(genesis) == log_id and parse_genesis(genesis):
                found.logs[rowid] = FoundLog(SchoolId(school), LogId(log_id), genesis)
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
            found.events.setdefault(log, []).append(FoundEvent(seq, Chain(chain), entry))
        case (None, scope, int(log), int(seq), bytes(chain), _, int(_), int(_), bytes(raw), _) if (
            scope == APART and len(chain) == CHAIN_BYTES
        ):
            found.events.setdefault(log, []).append(FoundEvent(seq, Chain(chain), Entry(raw)))
        case (None, int(log), int(first), int(n), bytes(prev), bytes(last), *_, int(form)) if (
            rowid is not None and len(row) == 12
        ):
            found.runs[rowid] = (log, first, n, prev, last, form)
        case (None, bytes(school), bytes(genesis)) if rowid is not None and len(school) == ID_BYTES:
            parse_genesis(genesis)
            found.logs.setdefault(rowid, FoundLog(SchoolId(school), log_id_of(genesis), genesis))
        case (None, bytes(signer), bytes(signature), bytes(signed)) if (
            rowid is not None and len(signer) == ID_BYTES
        ):
            found.statements[rowid] = _statement(signer, signature, signed)
        case (int(since),) if rowid is not None:  # a row of `unswept` looks alike
            found.unheard.append(since)
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


def _unpack_runs(found: Wreckage) -> None:
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
                FoundEvent(seq, chain, entry)
                for seq, (chain, entry) in enumerate(zip(chains, entries, strict=True), start=first)
            )
