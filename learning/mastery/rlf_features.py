"""What the residual logistic fold looks at before an answer (rlf.py has the equations).

Owns: the names and the order of the features, and how each follows from the state. Units of 1e-6,
quotients rounded down. Does not know weights.
"""

from operator import add
from typing import Final

from darasa.learning.evidence import SkillKey
from darasa.learning.mastery.base import MICRO, ItemRef
from darasa.learning.mastery.integer_log import HALVINGS, LN_1P, halved, ln_micro
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
