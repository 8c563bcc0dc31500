"""What of a batch of runs goes as EVENTS and what as STUB, in an order that leaves no hole.

Each run must come after what is before it in its log. So the clear beginnings of all logs go in one
EVENTS, then the erased events that follow them in one STUB, then the clear ones after those, and so
on: as many messages as one log has changes, not as many as all have. Pure.
"""

from collections.abc import Sequence

from darasa.sync.event_runs import Encode, pack_runs
from darasa.sync.frontier import Head
from darasa.sync.ids import SHORT_BYTES
from darasa.sync.messages import Events, StubRun, Stubs
from darasa.sync.session_view import OfferedRun


def pack_batch(
    offered: Sequence[OfferedRun], encode: Encode | None = None
) -> tuple[list[Events | Stubs], tuple[Head, ...]]:
    """EVENTS and STUB messages of runs in order, and the heads that cover exactly them."""
    messages: list[Events | Stubs] = []
    heads: list[Head] = []
    for turn in _turns(offered):
        if turn[0].leaves:
            message, ends = _stubs(turn)
            messages.append(message)
            heads += ends
        else:
            events, covered = pack_runs(turn, encode)
            messages.append(events)
            heads += covered
    return messages, tuple(heads)


def _turns(offered: Sequence[OfferedRun]) -> list[list[OfferedRun]]:
    """The runs by how many changes between clear and erased lie before them in their log."""
    turns: list[list[OfferedRun]] = []
    last: dict[bytes, int] = {}  # log -> the turn of its run before
    for run in offered:
        turn = last.get(run.log_id, 0)
        turn += turn % 2 != bool(run.leaves)
        last[run.log_id] = turn
        while len(turns) <= turn:
            turns.append([])
        turns[turn].append(run)
    return [turn for turn in turns if turn]


def _stubs(turn: Sequence[OfferedRun]) -> tuple[Stubs, list[Head]]:
    """The STUB message of erased runs."""
    runs = tuple(
        StubRun(
            run.log_id,
            run.prev_chain[:SHORT_BYTES],
            run.first_seq,
            run.genesis if run.first_seq == 1 else None,
            run.leaves,
        )
        for run in turn
    )
    return Stubs(runs), [run.head for run in turn]
