"""When to come again: one rule for computers and schools, and the slots that a server gives.

After a failure: 5 s, doubling to 10 min, and up to half as much again, so that machines that lost
one server together do not come back together. A server that is asked for more than it can do says
when to come instead (`retry_after_s`), another time to each: refusing all at once with one time
would only move the crowd. Pure: time and randomness are arguments. (PROTOCOL.md section 16.)
"""

from collections import OrderedDict
from typing import Final

from darasa.sync.ids import NodeId, Rng

FIRST_MS: Final = 5_000
LONGEST_MS: Final = 15 * 60_000
"""With its jitter; also the most that a server's word is taken for: people come and go."""
_BASE_MS_MAX: Final = 10 * 60_000
_JITTER_PARTS: Final = 255
_SPREAD_MS: Final = 1_000  # a wait is told in whole seconds: within it, by chance

RHYTHM_MS: Final = 4_000
"""How often a computer with a learner comes by itself (sync.md section 8)."""
_ACTIVE_MS: Final = 2 * 60_000
_ACTIVE_MAX: Final = 2_000  # nodes remembered; more are served, by chance instead of by slot
_BUSY_SHARE: Final = 2  # at most one part in two of the server's time is for rounds
_ROUND_MS_FIRST: Final = 20.0
_SMOOTH: Final = 0.1


def after_failure_ms(failures: int, chance: int, *, asked_s: int | None = None) -> int:
    """The wait after that many failures in a row (from 1); `chance` is 0 to 255.

    `asked_s`: the server answered, and said when to come.
    """
    if asked_s is not None:
        return min(asked_s * 1_000 + _SPREAD_MS * chance // _JITTER_PARTS, LONGEST_MS)
    base = min(_BASE_MS_MAX, FIRST_MS << min(max(0, failures - 1), 10))
    return base + base * chance // (2 * _JITTER_PARTS)


def after_success_ms(rhythm_ms: int, chance: int, *, asked_s: int | None = None) -> int:
    """The wait after an exchange that went well: the rhythm, or longer if the server asks."""
    if asked_s is None or asked_s * 1_000 <= rhythm_ms:
        return rhythm_ms
    return after_failure_ms(1, chance, asked_s=asked_s)


class Slots:
    """What one server has to do, and when each node is to come again. In memory only.

    A server that has time says nothing. When the rounds of those who came lately would take more
    than half of its time at their rhythm, each is given a place of its own in a longer interval.
    """

    def __init__(self, rng: Rng) -> None:
        self._rng = rng
        self._round_ms = _ROUND_MS_FIRST
        self._seen: OrderedDict[NodeId, tuple[int, int]] = OrderedDict()  # when, and place
        self._next_place = 0
        self._next_turn_ms = 0.0

    def took(self, round_ms: int) -> None:
        """A round was served and took so long."""
        self._round_ms += _SMOOTH * (max(1, round_ms) - self._round_ms)

    def served(self, node_id: NodeId, now_ms: int) -> int | None:
        """A node was served: in how many seconds it is to come again; None: as it likes."""
        place = self._place(node_id, now_ms)
        interval_ms = self._interval_ms()
        if interval_ms <= RHYTHM_MS:
            return None
        turn_ms = interval_ms * _spread(place)
        wait_ms = (turn_ms - now_ms) % interval_ms
        if wait_ms < interval_ms / 2:  # this round was its turn, or nearly
            wait_ms += interval_ms
        return _seconds(wait_ms)

    def refused(self, now_ms: int) -> int:
        """Nobody can be served now: in how many seconds this one is to come, each in its turn."""
        step_ms = self._round_ms * _BUSY_SHARE
        soonest_ms = now_ms + _SPREAD_MS * (1 + self._rng(1)[0] / _JITTER_PARTS)
        self._next_turn_ms = max(soonest_ms, self._next_turn_ms + step_ms)
        if self._next_turn_ms - now_ms > LONGEST_MS:
            self._next_turn_ms = soonest_ms
        return _seconds(self._next_turn_ms - now_ms)

    def _interval_ms(self) -> float:
        return len(self._seen) * self._round_ms * _BUSY_SHARE

    def _place(self, node_id: NodeId, now_ms: int) -> int:
        """The node's place; those who were not heard for two minutes are forgotten."""
        known = self._seen.pop(node_id, None)
        while self._seen and now_ms - next(iter(self._seen.values()))[0] > _ACTIVE_MS:
            self._seen.popitem(last=False)
        if known is None:
            known = (now_ms, self._next_place)
            self._next_place += 1
        if len(self._seen) < _ACTIVE_MAX:
            self._seen[node_id] = (now_ms, known[1])
        return known[1]


def _spread(place: int) -> float:
    """The place-th point of 0 … 1, each in the middle of a widest gap (van der Corput)."""
    point, width = 0.0, 0.5
    while place:
        point += width * (place & 1)
        place >>= 1
        width /= 2
    return point


def _seconds(wait_ms: float) -> int:
    return max(1, round(wait_ms / 1_000))
