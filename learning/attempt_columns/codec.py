"""Codec 1 of a node: frames of events in predicted columns (sync.md section 8, PROTOCOL.md 5).

Owns: which dictionaries and learners a frame is coded with, the name of that context, the check of
every frame by decoding it, and what each peer could not read. What predicts what is
`attempt_columns`'. Learners whom the other side knows are told by three bytes of their id; the
context's name tells whether both sides mean the same ones.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from darasa.learning.attempt_columns.columns import Given, code_run, parsed
from darasa.learning.attempt_columns.frame import PREFIX_BYTES, Frame
from darasa.learning.attempt_columns.tables import Table
from darasa.learning.kinds import Kind
from darasa.sync.columns import Reader, Writer
from darasa.sync.errors import CodecError, LocalProtocolError
from darasa.sync.event import Event
from darasa.sync.event_codec import Coded, CodedRun, ContextMissingError, Decoded
from darasa.sync.ids import SHORT_BYTES, NodeId, SchoolId

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack

_TABLES_MAX: Final = 15
_TABLE_BITS: Final = 4
_NAME_BYTES: Final = 4
_PERSON: Final = b"darasa-columns-1"

Known = Callable[[bytes, int], bool]
"""Whether a peer knows a learner if it holds all that this node had up to a transaction."""

Find = Callable[[SchoolId, bytes], Sequence[bytes]]
"""The learners of a school known here whose ids begin so."""


class AttemptCodec:
    """An `EventCodec`. `packs` are asked for at each frame; their tables are kept."""

    def __init__(self, *, packs: "Callable[[], Iterable[Pack]]", known: Known, find: Find) -> None:
        self._packs = packs
        self._known = known
        self._find = find
        self._tables: dict[bytes, Table] = {}
        self._plain_for: set[NodeId] = set()
        self._silent_for: set[NodeId] = set()

    def peer_reads(self, peer: NodeId, *, codec_1: bool) -> None:
        """See `EventCodec`."""
        if codec_1:
            self._silent_for.discard(peer)
        else:
            self._silent_for.add(peer)

    def context_missing(self, peer: NodeId) -> None:
        """See `EventCodec`."""
        self._plain_for.add(peer)

    def encode(
        self,
        runs: Sequence[tuple[CodedRun, Sequence[bytes]]],
        *,
        peer: NodeId,
        known_upto: int,
    ) -> Coded | None:
        """See `EventCodec`."""
        if peer in self._silent_for:
            return None
        given = [(run, [parsed(raw) for raw in canonicals]) for run, canonicals in runs]
        if peer in self._plain_for:
            return self._encoded(runs, given, (), None)
        tables = self._tables_for(event for _, some in given for event in some)
        return self._encoded(runs, given, tables, lambda each: self._known(each, known_upto))

    def _encoded(
        self,
        runs: Sequence[tuple[CodedRun, Sequence[bytes]]],
        given: Sequence[tuple[CodedRun, list[Given]]],
        tables: Sequence[Table],
        known: Callable[[bytes], bool] | None,
    ) -> Coded | None:
        writer = Writer()
        frame = Frame(writer, tables, known)
        _code_names(frame, tables)
        try:
            for run, some in given:
                code_run(frame, run, some)
            payload = writer.finish()
            context8 = _context8(tables, frame.named)
            named = {learner_id[:PREFIX_BYTES]: learner_id for learner_id in frame.named}
            back = _read(
                [run for run, _ in runs], context8, payload, lambda _: tables, named.__getitem__
            )
        except (CodecError, LocalProtocolError, KeyError):
            return None
        same = all(
            [each.canonical for each in found] == list(canonicals)
            for found, (_, canonicals) in zip(back, runs, strict=True)
        )
        return Coded(context8, payload) if same else None

    def decode(
        self,
        runs: Sequence[CodedRun],
        *,
        context8: bytes | None,
        payload: bytes,
        school_id: SchoolId,
    ) -> list[list[Decoded]]:
        """See `EventCodec`."""

        def find(prefix: bytes) -> bytes:
            found = self._find(school_id, prefix)
            if len(found) != 1:
                raise ContextMissingError("A learner in a frame is not known here.")
            return found[0]

        return _read(runs, context8, payload, self._tables_named, find)

    def _tables_for(self, events: Iterable[Given]) -> list[Table]:
        """The tables of the packs that attempts speak of, as far as they are here."""
        wanted = {
            event.body[1]
            for event in events
            if isinstance(event, Event) and event.kind == Kind.ATTEMPT and len(event.body) > 1
        }
        packs = [pack for pack in self._packs() if pack.id in wanted]
        return [self._table(pack) for pack in packs[:_TABLES_MAX]]

    def _tables_named(self, names: Sequence[bytes]) -> list[Table]:
        """The tables of names cut short. Raises ContextMissingError."""
        found = {pack.dictionary[:_NAME_BYTES]: pack for pack in self._packs()} if names else {}
        if not found.keys() >= set(names):
            raise ContextMissingError("A dictionary that a frame needs is not here.")
        return [self._table(found[name]) for name in names]

    def _table(self, pack: "Pack") -> Table:
        table = self._tables.get(pack.dictionary)
        if table is None:
            table = self._tables[pack.dictionary] = Table.of(pack)
        return table


def _read(
    runs: Sequence[CodedRun],
    context8: bytes | None,
    payload: bytes,
    tables_named: Callable[[Sequence[bytes]], Sequence[Table]],
    find: Callable[[bytes], bytes],
) -> list[list[Decoded]]:
    """The events of a payload. Raises CodecError."""
    reader = Reader(payload)
    count = reader.bits(_TABLE_BITS)
    names = [bytes(reader.bits(8) for _ in range(_NAME_BYTES)) for _ in range(count)]
    frame = Frame(reader, tables_named(names), find=find)
    found = [code_run(frame, run, None) for run in runs]
    reader.finish()
    if _context8(frame.tables, frame.named) != context8:
        raise ContextMissingError("A frame was made with learners or items that are not here.")
    return found


def _code_names(frame: Frame, tables: Sequence[Table]) -> None:
    frame.coder.bits(_TABLE_BITS, len(tables))
    for table in tables:
        frame.plain(table.name[:_NAME_BYTES], _NAME_BYTES)


def _context8(tables: Sequence[Table], named: Sequence[bytes]) -> bytes | None:
    """The name of all that a reader must know; None when that is nothing."""
    if not tables and not named:
        return None
    digest = hashlib.blake2b(digest_size=SHORT_BYTES, person=_PERSON)
    digest.update(bytes([len(tables)]))
    for part in (*(table.name for table in tables), *named):
        digest.update(part)
    return digest.digest()
