"""What the residual logistic fold looks at before an answer (rlf.py has the equations).

Owns: the names and the order of the features, and how each follows from the state. Units of 1e-6,
quotients rounded down. Does not know weights.
"""

from operator import add
from typing import Final

from darasa.learning.evidence import SkillKey
from darasa.learning.mastery.base import MICRO, ItemRef
from darasa.learning.mastery.integer_log import BITS, HALVINGS, LN, LN_1P, LN_2, halved, ln_micro
from darasa.learning.mastery.rlf_state import RlfState, SkillTrace

FEATURES: Final = (
    "b", "level", "form", "right_all", "wrong_all", "prev",
    "skill", "skill_recent", "right_k", "wrong_k", "new_k", "streak", "gap", "att_7d", "right_7d",
    "seen", "right_i", "wrong_i", "last_i", "same", "same_prev",
)  # fmt: skip
OF_SKILLS: Final = slice(FEATURES.index("skill"), FEATURES.index("seen"))
"""Those that `skill_features` gives."""

LEVEL_PRIOR: Final = 1_500_000
FORM_PRIOR: Final = 1_000_000
_SKILL_PRIOR: Final = 1_000_000
_RECENT_PRIOR: Final = 500_000
_HOUR_MS: Final = 3_600_000
STEP_MS: Final = 7 * 24 * _HOUR_MS // HALVINGS
"""One 256th of the seven-day half-life: 39 minutes and some, exactly."""

_LN_HOUR: Final = ln_micro(_HOUR_MS)
_LN_ONE: Final = ln_micro(MICRO)
_NEW: Final[tuple[int, ...]] = (0, 0, 0, 0, MICRO, 0, 0, 0, 0)
_NONE: Final = (0, 0, 0, 0, 0, 0, 0, 0, 0)


def features(state: RlfState, item: ItemRef, b: int) -> tuple[int, ...]:
    """All FEATURES of asking this item, of difficulty `b`."""
    met = None if item.item is None else state.items.get(item.item)
    same = MICRO if item.skills == state.last_skills and item.skills else 0
    return (
        b,
        state.level_e * MICRO // (LEVEL_PRIOR + state.level_v),
        state.form_e * MICRO // (FORM_PRIOR + state.form_v),
        LN_1P[state.right],
        LN_1P[state.wrong],
        state.prev_e,
        *skill_features(state, item.skills, item.at_ms),
        0 if met is None else MICRO,
        0 if met is None else LN_1P[met.right],
        0 if met is None else LN_1P[met.wrong],
        0 if met is None else MICRO if met.last else -MICRO,
        same,
        same if state.last_right else -same,
    )


def skill_features(state: RlfState, skills: tuple[SkillKey, ...], at_ms: int) -> tuple[int, ...]:
    """Those of the item's skills, each the mean over them."""
    if len(skills) == 1:
        trace = state.skills.get(skills[0])
        return _NEW if trace is None else _of_one(trace, at_ms)
    if not skills:
        return _NONE
    first, *others = [
        _NEW if trace is None else _of_one(trace, at_ms) for trace in map(state.skills.get, skills)
    ]
    for other in others:
        first = tuple(map(add, first, other))
    count = len(skills)
    return tuple([part // count for part in first])


def share_of(
    state: RlfState, skills: tuple[SkillKey, ...], at_ms: int, weights: tuple[int, ...]
) -> int:
    """The weighted sum of `skill_features`, in units of 1e-12.

    The same in one straight line, because it is asked for each item that might come next: no tuples
    between, and `ln_micro` but for its calls, as its x is never small here. A test holds the two
    equal to the last unit.
    """
    slow = fast = right = wrong = new = streak = gap = week_all = week_right = 0
    traces, now = state.skills, at_ms // STEP_MS
    for skill in skills:
        trace = traces.get(skill)
        if trace is None:
            new += MICRO
            continue
        slow += trace.slow_e * MICRO // (_SKILL_PRIOR + trace.slow_v)
        fast += trace.fast_e * MICRO // (_RECENT_PRIOR + trace.fast_v)
        right += LN_1P[trace.right]
        wrong += LN_1P[trace.wrong]
        streak += LN_1P[trace.streak]
        last_ms = trace.last_ms
        if not at_ms or not last_ms:
            continue
        if at_ms > last_ms:
            x = _HOUR_MS + at_ms - last_ms
            beyond = x.bit_length() - BITS
            gap += LN[x >> beyond] + beyond * LN_2 - _LN_HOUR
        tries, rights = trace.week_all, trace.week_right
        steps = now - trace.week_at
        if steps > 0:  # mostly it is the same sitting
            tries, rights = halved(tries, rights, steps)
        tries += MICRO
        beyond = tries.bit_length() - BITS
        week_all += LN[tries >> beyond] + beyond * LN_2 - _LN_ONE
        if rights:
            rights += MICRO
            beyond = rights.bit_length() - BITS
            week_right += LN[rights >> beyond] + beyond * LN_2 - _LN_ONE
    w_slow, w_fast, w_right, w_wrong, w_new, w_streak, w_gap, w_all, w_week_right = weights
    count = len(skills)
    if count == 1:
        return (
            w_slow * slow + w_fast * fast + w_right * right + w_wrong * wrong + w_new * new
            + w_streak * streak + w_gap * gap + w_all * week_all + w_week_right * week_right
        )  # fmt: skip
    if not count:
        return 0
    return (
        w_slow * (slow // count) + w_fast * (fast // count)
        + w_right * (right // count) + w_wrong * (wrong // count) + w_new * (new // count)
        + w_streak * (streak // count) + w_gap * (gap // count)
        + w_all * (week_all // count) + w_week_right * (week_right // count)
    )  # fmt: skip


def _of_one(trace: SkillTrace, at_ms: int) -> tuple[int, ...]:
    gap = week_all = week_right = 0
    if at_ms and trace.last_ms:
        passed = at_ms - trace.last_ms
        if passed > 0:
            gap = ln_micro(_HOUR_MS + passed) - _LN_HOUR
        week_all, week_right = trace.week_all, trace.week_right
        steps = at_ms // STEP_MS - trace.week_at
        if steps > 0:  # mostly it is the same sitting
            week_all, week_right = halved(week_all, week_right, steps)
        week_all = ln_micro(MICRO + week_all) - _LN_ONE
        week_right = ln_micro(MICRO + week_right) - _LN_ONE if week_right else 0
    return (
        trace.slow_e * MICRO // (_SKILL_PRIOR + trace.slow_v),
        trace.fast_e * MICRO // (_RECENT_PRIOR + trace.fast_v),
        LN_1P[trace.right],
        LN_1P[trace.wrong],
        0,
        LN_1P[trace.streak],
        gap,
        week_all,
        week_right,
    )
