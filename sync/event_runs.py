"""EVENTS payloads: runs of events as codec 0, or as a codec that is given (PROTOCOL.md section 5).

Owns the join of runs into one payload, and back, and the choice of the smaller one. Does not know
who may send what, or what events mean.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import msgspec

from darasa.sync.codec import split_values
from darasa.sync.errors import CodecError
from darasa.sync.event import parse_event
from darasa.sync.event_codec import (
    CODEC_COLUMNS,
    Coded,
    CodedRun,
    ContextMissingError,
    Decoded,
    EventCodec,
)
from darasa.sync.frontier import Head
from darasa.sync.ids import SHORT_BYTES, LogId, SchoolId
from darasa.sync.messages import Events, Run
from darasa.sync.session_view import OfferedRun
from darasa.sync.squeeze import expand, squeeze

CODEC_CANONICAL: Final = 0


Encode = Callable[[Sequence[tuple[CodedRun, Sequence[bytes]]]], Coded | None]
"""What an `EventCodec` makes of runs for one peer."""

_CODES_WELL: Final = 8
"""A payload this many times smaller than its events needs no comparing with codec 0."""


def pack_runs(
    offered: Sequence[OfferedRun], encode: Encode | None = None
) -> tuple[Events, tuple[Head, ...]]:
    """An EVENTS message of runs in order, and the heads that cover exactly it.

    `encode` may make a smaller payload than codec 0. Raises LocalProtocolError when they are too
    many bytes for one.
    """
    runs: list[Run] = []
    heads: list[Head] = []
    before: OfferedRun | None = None
    for each in offered:
        if before is not None and before.is_followed_by(each):
            longer = runs[-1].count + len(each.canonicals)
            runs[-1] = msgspec.structs.replace(runs[-1], count=longer)
            heads[-1] = each.head
        else:
            genesis = each.genesis if each.first_seq == 1 else None
            first = (each.log_id, each.prev_chain[:SHORT_BYTES], each.first_seq)
            runs.append(Run(*first, len(each.canonicals), genesis))
            heads.append(each.head)
        before = each
    canonicals = [canonical for each in offered for canonical in each.canonicals]
    return _coded(runs, canonicals, encode), tuple(heads)


def _coded(runs: Sequence[Run], canonicals: Sequence[bytes], encode: Encode | None) -> Events:
    raw = b"".join(canonicals)
    coded = None
    if encode is not None:
        left = iter(canonicals)
        coded = encode([(run, list(islice(left, run.count))) for run in coded_runs(runs)])
    if coded is None or len(raw) < _CODES_WELL * len(coded.payload):
        squeezed = squeeze(raw)
        if coded is None or len(squeezed) <= len(coded.payload):
            return Events(tuple(runs), CODEC_CANONICAL, None, squeezed)
    return Events(tuple(runs), CODEC_COLUMNS, coded.context8, coded.payload)


def coded_runs(runs: Sequence[Run]) -> list[CodedRun]:
    """The runs of a frame as a codec sees them."""
    return [CodedRun(LogId(run.log_id), run.first_seq, run.count) for run in runs]


def decoded_runs(
    events: Events, codec: EventCodec | None, school_id: SchoolId
) -> list[list[Decoded]]:
    """The events of each run. Raises ContextMissingError for a codec or a context that is not
    here, CodecError and EventError for damage.
    """
    if events.codec == CODEC_CANONICAL:
        return [[Decoded(raw, parse_event(raw)) for raw in run] for run in unpack_runs(events)]
    if events.codec != CODEC_COLUMNS or codec is None:
        raise ContextMissingError(f"This version does not read events of codec {events.codec}.")
    return codec.decode(
        coded_runs(events.runs),
        context8=events.context8,
        payload=events.payload,
        school_id=school_id,
    )


def unpack_runs(events: Events) -> list[list[bytes]]:
    """The canonical bytes of each run. Raises CodecError for another codec or damage."""
    if events.codec != CODEC_CANONICAL:
        raise CodecError(f"This version reads events of codec 0 only, not of {events.codec}.")
    canonicals = split_values(expand(events.payload))
    runs: list[list[bytes]] = []
    start = 0
    for run in events.runs:
        runs.append(canonicals[start : start + run.count])
        start += run.count
    if start != len(canonicals):
        raise CodecError("An EVENTS frame does not hold what its runs say.")
    return runs
