"""When a screen may say "Got it" (mastery.md section 4).

Owns: the rule, its name, and what of it is missing. Said once and kept: the screen that says it
writes `mastery_shown`, and the fold never looks at this rule again. Pure.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from darasa.learning.evidence import Outcome
from darasa.learning.skill_state import SkillState

RULE: Final = "rlf-1/shown-2"
"""Written into `mastery_shown`, to tell a later rule from this one. 2: decision 0027."""

P_MICRO: Final = 800_000
"""How sure the model must be where every counted answer on the skill was right and alone."""

CLEAN_MICRO: Final = (650_000, 0)
"""The same, from the fourth of these answers on, and from the fifth: they say enough themselves.

One who knows this skill and little else is nobody of whom the model thinks well."""

AFTER_NOT_YET_MICRO: Final = 850_000
"""And where one was not right: the weights that ship think too well of the strongest learners."""

AFTER_RUN_MICRO: Final = 750_000
RUN: Final = 4
"""And after so many right in a row, and as many of usual difficulty: those weights forgive late."""

REFIT_MICRO: Final = 880_000
"""And whatever came before, under weights that were fitted to answers to these packs."""

INSTANCES: Final = 3
USUAL_RUN: Final = 2
"""So many of the last answers at reference difficulty, all right; or `USUAL_RIGHT` of the last."""
USUAL_RIGHT: Final = 4


class Condition(StrEnum):
    """One thing that the rule asks for."""

    LAST_RIGHT = "last-right"  # 1 when the last counted answer was right and alone
    INSTANCES = "instances"  # different instances
    USUAL = "usual"  # right in a row, of the last at reference difficulty or harder
    LIKELY = "likely"  # units of 1e-6


class Lack(Struct, frozen=True):
    """A condition that is not met: how much there is of it, and how much it takes."""

    condition: Condition
    have: int
    need: int


def may_show(
    skill: SkillState,
    *,
    p_micro: int = P_MICRO,
    instances: int = INSTANCES,
    refitted: bool = False,
) -> bool:
    """Whether her last answer brought what the rule asks for.

    The last counted answer right and alone; three different instances or more; of the answers at
    reference difficulty or harder, the last two right, or four of the last five (five of six on any
    items must not do: adaptive choice serves easy ones); and the probability on the reference item
    that `asked_micro` says. `refitted`: the weights are fitted to answers to these packs. A pack
    may ask for more by `p_micro` and `instances`, never for less. False once it has been shown.
    """
    lacks = missing(skill, p_micro=p_micro, instances=instances, refitted=refitted)
    return skill.shown_ms is None and not lacks


def missing(
    skill: SkillState,
    *,
    p_micro: int = P_MICRO,
    instances: int = INSTANCES,
    refitted: bool = False,
) -> tuple[Lack, ...]:
    """What of the rule is not met, for whoever asks why it is not "Got it"; whatever was shown."""
    asked = asked_micro(skill, refitted=refitted)
    if p_micro > P_MICRO:
        asked = max(asked, p_micro)
    return tuple(_missing(skill, asked, max(instances, INSTANCES)))


def asked_micro(skill: SkillState, *, refitted: bool) -> int:
    """The probability that the rule asks for, by what her answers on the skill were."""
    if refitted:
        return REFIT_MICRO
    if skill.right_alone == skill.attempts:
        beyond = skill.attempts - INSTANCES
        return P_MICRO if beyond <= 0 else CLEAN_MICRO[min(beyond, len(CLEAN_MICRO)) - 1]
    right = int(Outcome.RIGHT)
    if skill.recent[-RUN:] == skill.recent_reference[-RUN:] == (right,) * RUN:
        return AFTER_RUN_MICRO
    return AFTER_NOT_YET_MICRO


def _missing(skill: SkillState, p_micro: int, instances: int) -> Iterator[Lack]:
    if not skill.recent or skill.recent[-1] != Outcome.RIGHT:
        yield Lack(Condition.LAST_RIGHT, 0, 1)
    if skill.instances < instances:
        yield Lack(Condition.INSTANCES, skill.instances, instances)
    rights = [outcome == Outcome.RIGHT for outcome in skill.recent_reference]
    run = (*reversed(rights), False).index(False)
    if run < USUAL_RUN and sum(rights) < USUAL_RIGHT:
        yield Lack(Condition.USUAL, run, USUAL_RUN)
    if skill.p_micro < p_micro:
        yield Lack(Condition.LIKELY, skill.p_micro, p_micro)
