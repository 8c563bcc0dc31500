"""EVENTS payloads, codec 0: runs of canonical events, squeezed (PROTOCOL.md section 5).

Owns the join of runs into one payload, and back. Does not know who may send what.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from darasa.sync.errors import CodecError
from darasa.sync.frontier import Head
from darasa.sync.ids import SHORT_BYTES
from darasa.sync.messages import Events, Run
from darasa.sync.session_view import OfferedRun
from darasa.sync.squeeze import expand, squeeze

CODEC_CANONICAL: Final = 0
_SCALARS: Final = {0xC0: 0, 0xC2: 0, 0xC3: 0} | {
    0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
_STRINGS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_ARRAYS: Final = {0xDC: 2, 0xDD: 4}


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
    raw = expand(events.payload)
    offset = 0
    runs: list[list[bytes]] = []
    for run in events.runs:
        canonicals: list[bytes] = []
        for _ in range(run.count):
            end = _end_of_value(raw, offset)
            canonicals.append(raw[offset:end])
            offset = end
        runs.append(canonicals)
    if offset != len(raw):
        raise CodecError("An EVENTS frame holds more than its runs say.")
    return runs


def _end_of_value(raw: bytes, offset: int) -> int:
    """Where the msgpack value at `offset` ends, by its headers alone. Raises CodecError."""
    values = 1
    while values:
        if offset >= len(raw):
            raise CodecError("An EVENTS frame holds less than its runs say.")
        head = raw[offset]
        offset += 1
        values -= 1
        if 0x90 <= head <= 0x9F:
            values += head & 0x0F
        elif 0xA0 <= head <= 0xBF:
            offset += head & 0x1F
        elif head in _SCALARS:
            offset += _SCALARS[head]
        elif head in _STRINGS:
            width = _STRINGS[head]
            offset += width + int.from_bytes(raw[offset : offset + width], "big")
        elif head in _ARRAYS:
            width = _ARRAYS[head]
            values += int.from_bytes(raw[offset : offset + width], "big")
            offset += width
        elif 0x7F < head < 0xE0:
            raise CodecError("An event holds what the format has not.")
    if offset > len(raw):
        raise CodecError("An EVENTS frame holds less than its runs say.")
    return offset
