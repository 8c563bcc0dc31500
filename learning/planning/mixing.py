"""Which skill the next item of a set is of (mastery.md section 4): mostly the set's own.

Owns: when another skill's item comes between: one to refresh (about one in four), one of a sister
skill among the last before "Got it" (interleaving: Rohrer et al. 2015), one of what comes before
when the skill is too hard now. Which item of a skill it is, next_item.py chooses. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.item import difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import Outcome
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.refreshes import refreshes
from darasa.learning.planning.standing import is_resting
from darasa.learning.planning.way_to_got import way_to_got
from darasa.learning.views import ItemRole, SkillStanding

REVIEW_EVERY: Final = 4
SISTERS: Final = 2
NOT_SURES: Final = 2
NOT_YETS_BEFORE_EASY: Final = 2

NEAR_RIGHTS: Final = 3
"""So many right answers before "Got it", or fewer: from there a skill is mixed with others."""

_NEAR_ATTEMPTS: Final = 2  # a skill that was met once is not mixed yet


@dataclass(frozen=True, slots=True)
class Turn:
    """A skill of the pack to take the next item from, and why."""

    skill: str
    role: ItemRole = ItemRole.SET


@dataclass(frozen=True, slots=True)
class SoFar:
    """What has come in the set, as far as the choice depends on it.

    `last` is where the item before came from; `reviewed` and `mixed` hold the skills of such items;
    `steps` the skills that she stepped back to, the deepest last, and `left` from which; `helped`
    and `failed` name the item before when it was right with help, or not yet three times.
    """

    skill: str
    role: ItemRole = ItemRole.SET  # HARDER in a set of challenges
    is_refresh: bool = False
    done: int = 0
    first: bool = False
    not_yets: int = 0
    last: Turn | None = None
    reviewed: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    helped: str | None = None
    failed: str | None = None


def turns(
    pack: Pack,
    state: LearnerState,
    standings: Sequence[SkillStanding],
    so_far: SoFar,
    *,
    now_ms: int,
) -> tuple[Turn, ...]:
    """Where the next item may come from, the best first; the set's own skill is the last.

    `standings` are of every pack, as the day's refreshes are counted over all of them.
    """
    own = Turn(so_far.skill, so_far.role)
    here = Turn(so_far.steps[-1], ItemRole.NEEDED) if so_far.steps else own
    last = so_far.last or here
    if so_far.helped is not None:
        found = [last, here]  # a sister item of the same skill, alone
    elif so_far.failed is not None:
        found = [*_simpler(pack, state, so_far.failed, last, now_ms), here]
    elif so_far.role is ItemRole.HARDER:
        found = [Turn(own.skill) if so_far.not_yets else own]
    elif so_far.first or so_far.not_yets >= NOT_YETS_BEFORE_EASY or so_far.steps:
        found = [here]
    else:
        found = [
            *_reviews(pack, standings, so_far, now_ms),
            *_mixed(pack, state, so_far, now_ms),
        ]
    return tuple(dict.fromkeys((*found, own)))


def stepped_back(pack: Pack, state: LearnerState, so_far: SoFar, *, now_ms: int) -> str | None:
    """The skill to step back to now, None when she goes on where she is.

    Two items in a row of the skill at hand of which she said "I am not sure yet". Nobody is sent
    back from a skill twice in a set, nor back to where she came from.
    """
    here = so_far.steps[-1] if so_far.steps else so_far.skill
    unsure = state.skill((pack.id, here)).not_sure_run >= NOT_SURES
    if not unsure or here in so_far.left or so_far.role is ItemRole.HARDER:
        return None
    found = prerequisite(pack, state, here, now_ms)
    return None if found in (so_far.skill, *so_far.steps) else found


def prerequisite(pack: Pack, state: LearnerState, skill: str, now_ms: int) -> str | None:
    """What to go back to from a skill: of what it requires, not got before got, then the weakest.

    None when it requires nothing here, or all of that rests.
    """
    known = [state.skill((pack.id, need)) for need in _requires(pack, skill)]
    awake = [each for each in known if not is_resting(each, now_ms)]
    if not awake:
        return None
    return min(awake, key=lambda each: (each.shown_ms is not None, each.p_micro, each.skill)).skill


def is_near(pack: Pack, state: LearnerState, skill: str, now_ms: int) -> bool:
    """Whether her last answer was right and three right ones or fewer are left to "Got it"."""
    known = state.skill((pack.id, skill))
    if known.shown_ms is not None or known.attempts < _NEAR_ATTEMPTS:
        return False
    if known.recent[-1:] != (Outcome.RIGHT,):
        return False
    way = way_to_got(
        state,
        (pack.id, skill),
        at_ms=now_ms,
        p_micro=pack.mastery.got_milli * 1_000,
        instances=pack.mastery.attempts_least,
        rights_max=NEAR_RIGHTS,
    )
    return way.rights is not None


def _requires(pack: Pack, skill: str) -> tuple[str, ...]:
    return tuple(need for need in pack.skills[skill].requires if need in pack.skills)


def _simpler(pack: Pack, state: LearnerState, failed: str, last: Turn, now_ms: int) -> list[Turn]:
    """Simpler items on what failed: of the item's weakest skill, or of what that one needs."""
    item = pack.items.get(failed)
    if item is None:
        return [last]
    weakest = min(item.skills, key=lambda each: state.skill((pack.id, each)).p_micro)
    role = last.role if weakest == last.skill else ItemRole.NEEDED
    if last.role is ItemRole.HARDER:
        role = ItemRole.SET
    here = Turn(weakest, role)
    hard = difficulty_milli(item)
    if any(difficulty_milli(other) > hard for other in pack.items_of(weakest)):
        return [here]
    before = prerequisite(pack, state, weakest, now_ms)
    return [here] if before is None else [Turn(before, ItemRole.NEEDED), here]


def _reviews(
    pack: Pack, standings: Sequence[SkillStanding], so_far: SoFar, now_ms: int
) -> list[Turn]:
    """A skill of this pack to refresh, when its turn has come."""
    if so_far.is_refresh or len(so_far.reviewed) >= (so_far.done + 1) // REVIEW_EVERY:
        return []
    return [
        Turn(row.key[1], ItemRole.REVIEW)
        for row in refreshes(standings, now_ms)
        if row.key[0] == pack.id and row.key[1] not in (so_far.skill, *so_far.reviewed)
    ]


def _mixed(pack: Pack, state: LearnerState, so_far: SoFar, now_ms: int) -> list[Turn]:
    """A sister skill, every other item near "Got it", each of two once."""
    own = so_far.last is not None and so_far.last.role is ItemRole.SET
    if so_far.is_refresh or not own or len(so_far.mixed) >= SISTERS:
        return []
    if not is_near(pack, state, so_far.skill, now_ms):
        return []
    sisters = sister_skills(pack, state, so_far.skill, now_ms=now_ms)[:SISTERS]
    return [Turn(each, ItemRole.MIXED) for each in sisters if each not in so_far.mixed]


def sister_skills(pack: Pack, state: LearnerState, skill: str, *, now_ms: int) -> list[str]:
    """Skills that she has begun and that are easily taken for this one, the nearest kin first.

    Kin: what both require or help with, or the same unit, or one needing the other. Among those as
    near, the one practised last.
    """
    begun = []
    for other in pack.skills.values():
        known = state.skill((pack.id, other.id))
        kin = _kinship(pack, skill, other.id)
        if other.id != skill and known.chances and kin and not is_resting(known, now_ms):
            begun.append((-kin, -(known.last_ms or 0), other.id))
    return [each for *_, each in sorted(begun)]


def _kinship(pack: Pack, one: str, other: str) -> int:
    first, second = pack.skills[one], pack.skills[other]
    shared = {*first.requires, *first.helps} & {*second.requires, *second.helps}
    needs = one in second.requires or other in first.requires
    unit = bool(first.unit) and first.unit == second.unit
    return 2 * bool(shared) + needs + unit
