"""CLOCK frames, both sides: what an asker measured of its own clock (PROTOCOL.md section 13)."""

from collections.abc import Iterator, Sequence

import msgspec

from darasa.sync.clock_events import Correction
from darasa.sync.ids import LogId, NodeId
from darasa.sync.messages import CLOCKS_MAX, Clocks, WireClock
from darasa.sync.session_view import ClocksTold, Myself, Other, SessionEndedError, Step, View
from darasa.sync.signing import verify

_UNSIGNED = bytes(64)


def clock_frames(me: Myself, receiver: NodeId, corrections: Sequence[Correction]) -> list[bytes]:
    """The CLOCK frame of a body; none when nothing is to be told."""
    if not corrections:
        return []
    logs = tuple(WireClock(*each) for each in corrections[:CLOCKS_MAX])
    unsigned = Clocks(logs, _UNSIGNED)
    signature = me.key.sign("clock", unsigned.signed_bytes(receiver=receiver))
    return [msgspec.structs.replace(unsigned, signature=signature).to_frame()]


def checked_clocks(clocks: Clocks, other: Other, me: Myself) -> tuple[Correction, ...]:
    """What the other side says of its logs. Raises SessionEndedError when it has not signed it."""
    raw = clocks.signed_bytes(receiver=me.key.node_id)
    if not verify(other.public_key, "clock", raw, clocks.signature):
        raise SessionEndedError("What was said of the clock is not signed by the node that asks.")
    return tuple(
        Correction(LogId(each.log_id), each.offset_ms, each.uncertainty_ms) for each in clocks.logs
    )


def own_clocks(told: Sequence[Correction], other: Other, view: View) -> Iterator[Step]:
    """What of it is about logs that are here and are the asker's own."""
    own = tuple(each for each in told if _is_author(each.log_id, other, view))
    if own:
        yield Step(facts=(ClocksTold(other, own),))


def _is_author(log_id: LogId, other: Other, view: View) -> bool:
    held = view.held_log(other.school_id, log_id)
    return held is not None and held.author == other.node_id
