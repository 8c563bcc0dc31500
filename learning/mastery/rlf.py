"""RLF, the residual logistic fold: the product's own model (mastery.md section 2).

Ours; of the kin of performance factors analysis (Pavlik, Cen and Koedinger 2009, "Performance
factors analysis: a new alternative to knowledge tracing") and Best-LR (best_lr.py). With b the
item's logit, `correct` 0 or 1, sums over a learner's answers in their order:

    p0 = sigma(b),  e = correct - p0,  v = p0 (1 - p0)
    level         G <- .97 G + e,   V <- .97 V + v;    level = G / (1.5 + V)
    form          the same with .6 and 1.0
    e' = correct - sigma(b + level)                    level as it was before the answer
    skill k       S <- .9 S + e',   W <- .9 W + v;     skill = S / (1 + W)
    skill recent  the same with .4 and .5
    counts        ln(1 + n) of right and wrong: all, the skill's, the item's; the skill's streak
    logit p = w0 + u_i + sum_k u_k + w . f             skills' features are means over the item's

`level` is one Newton step of a Rasch MAP ability: G is the gradient, 1.5 + V the curvature. The
features f are those of rlf_features.py. Time counts as none where an answer has no clock, and never
runs backwards; the seven-day half-life advances in steps of 39 minutes.

The state is whole numbers, units of 1e-6, quotients rounded down. Values of the parameters: an item
has (b, u_i), a skill (mean b of its items, u_k).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from darasa.learning.evidence import Evidence, ItemKey, Outcome, SkillKey
from darasa.learning.mastery.base import MICRO, ItemRef, Part
from darasa.learning.mastery.integer_log import COUNT_MAX, LN_1P, halved
from darasa.learning.mastery.logistic import sigma_micro
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.learning.mastery.rlf_features import (
    FEATURES,
    FORM_PRIOR,
    LEVEL_PRIOR,
    OF_SKILLS,
    STEP_MS,
    features,
    share_of,
)
from darasa.learning.mastery.rlf_state import UNMET, ItemTrace, RlfState, SkillTrace

NAME: Final = "rlf"
INTERCEPT: Final = "intercept"
MEAN: Final = "mu"
"""The weight that is b where nothing is known of item and skills."""

_RIGHT: Final = Outcome.RIGHT
_UNSEEN: Final = ItemTrace()
_SKILL_PART: Final = "this skill"
_PARTS: Final = (
    ("how hard the item is", ("b",)),
    ("all answers so far", ("level", "form", "right_all", "wrong_all", "prev")),
    (_SKILL_PART, ("skill", "skill_recent", "right_k", "wrong_k", "new_k", "streak", "same",
                   "same_prev")),
    ("this item before", ("seen", "right_i", "wrong_i", "last_i")),
    ("time since", ("gap", "att_7d", "right_7d")),
)  # fmt: skip


class _Known(NamedTuple):
    """What the parameters say of an item: b, w0 + u_i, sigma(b) and its variance."""

    b: int
    offset: int
    p0: int
    v: int


class Rlf:
    """The model with one version of its parameters. Raises ParametersError for another model's."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.name = NAME
        self.version = parameters.version
        self._weights = weights = _weights(parameters)
        self._intercept = parameters.weights[INTERCEPT]
        self._mean = parameters.weights[MEAN]
        self._of_skills = weights[OF_SKILLS]
        self._of_rest = (*weights[: OF_SKILLS.start], *weights[OF_SKILLS.stop :])
        self._groups = tuple((name, [FEATURES.index(f) for f in group]) for name, group in _PARTS)
        self._skills = parameters.values_of_skills(2)
        self._items: dict[ItemKey | None, _Known] = {
            key: self._known(b, u) for key, (b, u) in parameters.values_of_items(2).items()
        }
        self._unlisted = lru_cache(maxsize=4_096)(self._known)

    def start(self) -> RlfState:
        """Nothing known: sums and counts of 0."""
        return RlfState()

    def predict(self, state: RlfState, item: ItemRef) -> int:
        """sigma(logit), in units of 1e-6.

        The sum of weights and features in one straight line: it is half of what a fold costs, and
        the next item asks for hundreds. A test holds it equal to `features` to the last unit.
        """
        w_b, w_level, w_form, w_right, w_wrong, w_prev, w_seen, w_right_i, w_wrong_i, w_last, \
            w_same, w_same_prev = self._of_rest  # fmt: skip
        skills = item.skills
        b, offset, _, _ = self._about(item)
        total = (
            w_b * b
            + w_level * (state.level_e * MICRO // (LEVEL_PRIOR + state.level_v))
            + w_form * (state.form_e * MICRO // (FORM_PRIOR + state.form_v))
            + w_right * LN_1P[state.right]
            + w_wrong * LN_1P[state.wrong]
            + w_prev * state.prev_e
            + share_of(state, skills, item.at_ms, self._of_skills)
        )
        met = None if item.item is None else state.items.get(item.item)
        if met is not None:
            last = w_last if met.last else -w_last
            total += w_right_i * LN_1P[met.right] + w_wrong_i * LN_1P[met.wrong]
            total += (w_seen + last) * MICRO
        if skills == state.last_skills and skills:
            total += (w_same + w_same_prev if state.last_right else w_same - w_same_prev) * MICRO
        if self._skills:
            offset += self._of_their_own(skills)
        return sigma_micro(offset + total // MICRO)

    def features(self, state: RlfState, item: ItemRef) -> tuple[int, ...]:
        """The FEATURES of asking this item now, in units of 1e-6."""
        return features(state, item, self._about(item).b)

    def update(self, state: RlfState, evidence: Evidence) -> None:
        """Take one answer; weight 0 changes nothing."""
        if not evidence.weight:
            return
        right = evidence.outcome is _RIGHT
        b, _, p0, v = self._about(evidence)
        e = (MICRO if right else 0) - p0
        level = state.level_e * MICRO // (LEVEL_PRIOR + state.level_v)
        e_left = (MICRO if right else 0) - sigma_micro(b + level)
        state.level_e += e - state.level_e * 3 // 100
        state.level_v += v - state.level_v * 3 // 100
        state.form_e = state.form_e * 3 // 5 + e
        state.form_v = state.form_v * 3 // 5 + v
        traces, items, key = state.skills, state.items, evidence.item
        for skill in evidence.skills:
            traces[skill] = _after(
                traces.get(skill, UNMET), e_left, v, evidence.happened_ms, right=right
            )
        met = items.get(key, _UNSEEN)
        if right:
            state.right += state.right < COUNT_MAX
            items[key] = ItemTrace(met.right + (met.right < COUNT_MAX), met.wrong, True)
        else:
            state.wrong += state.wrong < COUNT_MAX
            items[key] = ItemTrace(met.right, met.wrong + (met.wrong < COUNT_MAX), False)
        state.prev_e = e_left
        state.last_skills = evidence.skills
        state.last_right = right

    @staticmethod
    def settled(state: RlfState) -> RlfState:
        """The state without the form of the day and the answer before, to read and not to fold.

        What a skill stands at is asked of this one: a streak of the last minutes is no mastery.
        """
        return replace(state, form_e=0, prev_e=0, last_skills=())

    def explain(self, state: RlfState, item: ItemRef) -> tuple[Part, ...]:
        """What item, learner, skill, item before and time give: the logit exactly.

        What the parameters say of the item and its skills is in the first part.
        """
        found = self.features(state, item)
        share = self._about(item).offset + self._of_their_own(item.skills)
        parts: list[Part] = []
        given = total = 0
        for name, group in self._groups:
            total += sum(self._weights[at] * found[at] for at in group)
            share += total // MICRO - given
            given = total // MICRO
            alone = item.skills[0] if name == _SKILL_PART and len(item.skills) == 1 else None
            parts.append(Part(name, share, alone))
            share = 0
        return tuple(parts)

    def _about(self, item: ItemRef | Evidence) -> _Known:
        """The item's own b and u, else its skills' mean b and what the pack says."""
        if self._items:
            listed = self._items.get(item.item)
            if listed is not None:
                return listed
        mean = self._mean_of(item.skills) if self._skills else self._mean
        return self._unlisted(mean + item.difficulty_milli * 1_000)

    def _known(self, b: int, u: int = 0) -> _Known:
        p0 = sigma_micro(b)
        return _Known(b, self._intercept + u, p0, p0 * (MICRO - p0) // MICRO)

    def _mean_of(self, skills: tuple[SkillKey, ...]) -> int:
        if not skills:
            return self._mean
        known, mean = self._skills, self._mean
        return sum(known[key][0] if key in known else mean for key in skills) // len(skills)

    def _of_their_own(self, skills: tuple[SkillKey, ...]) -> int:
        """The sum of u_k."""
        known = self._skills
        return sum(known[key][1] for key in skills if key in known)


def _weights(parameters: Parameters) -> tuple[int, ...]:
    if parameters.model != NAME:
        raise ParametersError(f"these parameters are for the model {parameters.model!r}")
    weights: Mapping[str, int] = parameters.weights
    odd = weights.keys() ^ {INTERCEPT, MEAN, *FEATURES}
    if odd:
        raise ParametersError(f"the weights are not those of rlf: {', '.join(sorted(odd))}")
    return tuple(weights[name] for name in FEATURES)


def _after(trace: SkillTrace, e: int, v: int, at_ms: int, *, right: bool) -> SkillTrace:
    """The skill after one answer, of which the learner's level left the error `e`."""
    last_ms, week_at = trace.last_ms, trace.week_at
    week_all, week_right = trace.week_all, trace.week_right
    if at_ms:
        last_ms, now = at_ms, at_ms // STEP_MS
        if now != week_at:
            week_all, week_right = halved(week_all, week_right, now - week_at)
        week_all += MICRO
        if right:
            week_right += MICRO
        week_at = now
    count_right, count_wrong, streak = trace.right, trace.wrong, 0
    if right:
        streak = trace.streak + (trace.streak < COUNT_MAX)
        count_right += count_right < COUNT_MAX
    else:
        count_wrong += count_wrong < COUNT_MAX
    return SkillTrace(
        trace.slow_e * 9 // 10 + e,
        trace.slow_v * 9 // 10 + v,
        trace.fast_e * 2 // 5 + e,
        trace.fast_v * 2 // 5 + v,
        count_right,
        count_wrong,
        streak,
        last_ms,
        week_at,
        week_all,
        week_right,
    )
