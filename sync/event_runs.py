"""EVENTS payloads, codec 0: runs of canonical events, squeezed (PROTOCOL.md section 5).

Owns the join of runs into one payload, and back. Does not know who may send what.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from darasa.sync.codec import split_values
from darasa.sync.errors import CodecError
from darasa.sync.frontier import Head
from darasa.sync.ids import SHORT_BYTES
from darasa.sync.messages import Events, Run
from darasa.sync.session_view import OfferedRun
from darasa.sync.squeeze import expand, squeeze

CODEC_CANONICAL: Final = 0


def pack_runs(offered: Sequence[OfferedRun]) -> tuple[Events, tuple[Head, ...]]:
    """An EVENTS message of runs in order, and the heads that cover exactly it."""
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
    raw = b"".join(canonical for each in offered for canonical in each.canonicals)
    return Events(tuple(runs), CODEC_CANONICAL, None, squeeze(raw)), tuple(heads)


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
