"""What the asking side has offered and no receipt has named yet (PROTOCOL.md section 4).

A mark counts for all that was offered, so it is noted only when nothing is claimed any more. TIPS
bear no signature: what they say decides what is sent, never what is held. Owns the ends that a
receipt must name; does not know rounds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from darasa.sync.event import chain_after, leaf_of
from darasa.sync.ids import SHORT_BYTES
from darasa.sync.messages import WireTip
from darasa.sync.session_view import OfferedRun


@dataclass(slots=True)
class Claims:
    """By log, the ends that are claimed. False when there are none."""

    _ends: dict[bytes, set[WireTip]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._ends)

    def clear(self) -> None:
        """Nothing is claimed: this side begins from another place."""
        self._ends.clear()

    def named(self, tips: Iterable[WireTip]) -> None:
        """These ends were named to the peer, or are all that is offered of a log."""
        for tip in tips:
            self._ends.setdefault(tip.log_id, set()).add(tip)

    def sent(self, run: OfferedRun) -> None:
        """A run went: whoever takes it holds all before it, so its end stands for that too."""
        ends = self._ends.setdefault(run.log_id, set())
        if ends:
            last = run.head.seq
            covered = [end for end in ends if run.first_seq - 1 <= end.seq < last]
            ends.difference_update([end for end in covered if _is_on(run, end)])
        ends.add(WireTip(run.log_id, run.head.seq, run.head.chain[:SHORT_BYTES]))

    def receipted(self, tips: Iterable[WireTip]) -> list[WireTip]:
        """A signed receipt names these: they are held. Answers those that were not claimed."""
        others: list[WireTip] = []
        for tip in tips:
            ends = self._ends.get(tip.log_id, set())
            if tip not in ends:
                others.append(tip)
            ends.discard(tip)
            if not ends:
                self._ends.pop(tip.log_id, None)
        return others


def _is_on(run: OfferedRun, end: WireTip) -> bool:
    """Whether an end is a place of this run, not of another branch. Cost: the hashes up to it."""
    leaves = run.leaves or tuple(map(leaf_of, run.canonicals[: end.seq - run.first_seq + 1]))
    chain = run.prev_chain
    for leaf in leaves[: end.seq - run.first_seq + 1]:
        chain = chain_after(chain, leaf)
    return chain[:SHORT_BYTES] == end.chain8
