"""Frames that offer events, written from sync/PROTOCOL.md sections 3, 5, 6 and 18 alone."""

from collections.abc import Iterable
from typing import Any

from .log import Piece
from .memory import Identity
from .wire import EVENTS, HEADS, STUB, sign, squeeze, write

FRAME_ROOM = 60_000


def in_frames(kind: int, rows: list[Any], most: int) -> list[bytes]:
    """Rows in as few frames of one type as hold them."""
    return [write(kind, rows[at : at + most]) for at in range(0, len(rows), most)]


def frames_of(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces in order, a list for each frame: all events, or all leaves."""
    frames: list[list[Piece]] = []
    for piece in pieces:
        last = frames[-1] if frames else []
        size = piece.size + sum(one.size for one in last)
        if last and last[0].is_erased == piece.is_erased and size <= FRAME_ROOM:
            last.append(piece)
        else:
            frames.append([piece])
    return frames


def offered(pieces: list[Piece], identity: Identity) -> bytes:
    """HEADS and what they cover: so it is believed, though the link breaks after it."""
    heads = [[p.log.log_id, p.last_seq, p.log.chain(p.last_seq)] for p in pieces]
    signature = sign(identity.key, "heads", heads)
    return write(HEADS, [heads, identity.node_id, signature]) + _run(pieces)


def _run(pieces: list[Piece]) -> bytes:
    """EVENTS in codec 0, or STUB."""
    if pieces[0].is_erased:
        return write(STUB, [[*p.described(), [one.leaf for one in p.entries]] for p in pieces])
    runs = []
    for piece in pieces:
        log_id, before, first, genesis = piece.described()
        runs.append([log_id, before, first, len(piece.entries), genesis])
    clear = b"".join(one.canonical or b"" for piece in pieces for one in piece.entries)
    return write(EVENTS, [runs, 0, None, squeeze(clear)])
