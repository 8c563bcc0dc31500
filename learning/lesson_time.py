"""What time it is for a learner who sits somewhere, by her own events and not by any wall clock.

Owns: the moment of now on the clock that wrote her last events. Ages on the live view are counted
in it, so that a computer at 1970, or a server whose clock jumps, hides no raised hand. Pure: what
was heard when comes as elapsed time. Where the wall clocks agree it is the server's.
"""

from typing import Final

from darasa.learning.learner_values import LearnerState
from darasa.learning.skill_state import HOUR_MS, NIGHT_MS

_AHEAD_MS: Final = 60_000  # a clock that is fast by less than a minute moves nothing on the page
_LATER_MS: Final = 4 * HOUR_MS
"""She may read for so long after her last event, though what she does now began just now."""


LESSON_MS: Final = 90 * 60_000
"""What happened before this lesson is not of now."""


def is_hand_up(state: LearnerState, now_ms: int, *, lesson_ms: int = LESSON_MS) -> bool:
    """Whether a learner asks for the teacher now, on both their screens.

    A hand of another lesson, or of a day that a wrong clock made up, is down.
    """
    hand = state.hand
    return hand is not None and hand.up and abs(now_ms - hand.since_ms) <= lesson_ms


def her_now_ms(state: LearnerState, *, wall_ms: int, since_ms: int, worked_ms: int | None) -> int:
    """Now, in the time of the events of a learner who sits at a computer.

    `since_ms`: how long ago what she does now began, as her computer counts; `worked_ms`: how long
    ago work of hers last arrived here, None when none did since this server started.
    """
    last_ms = _last_ms(state)
    if last_ms is None:
        return wall_ms
    age_ms, least_ms = wall_ms - last_ms, 0 if worked_ms is None else worked_ms
    if least_ms - _AHEAD_MS <= age_ms <= max(since_ms, least_ms) + _LATER_MS:
        return wall_ms
    return last_ms + (since_ms if worked_ms is None else worked_ms)


def _last_ms(state: LearnerState) -> int | None:
    """When the last event of her open sitting happened; None when she is in none."""
    sitting = state.sitting
    if sitting is None or sitting.ended_ms is not None:
        return None
    times = [each.happened_ms for each in state.tail]
    if state.hand is not None:
        times.append(state.hand.since_ms)
    # Other computers may have had other clocks: only what can be of this sitting counts.
    of_sitting = [each for each in times if 0 <= each - sitting.began_ms < NIGHT_MS]
    return max(of_sitting, default=sitting.began_ms)
