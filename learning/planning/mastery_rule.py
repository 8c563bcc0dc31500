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

RULE: Final = "rlf-1/shown-1"
"""Written into `mastery_shown`, so that a later rule can be told from this one."""

P_MICRO: Final = 800_000
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


def may_show(skill: SkillState, *, p_micro: int = P_MICRO, instances: int = INSTANCES) -> bool:
    """Whether her last answer brought what the rule asks for.

    The last counted answer right and alone; three different instances or more; probability .80 or
    more on the reference item; and of the answers at reference difficulty or harder, the last two
    right, or four of the last five. (Five of six on any items must not do: adaptive choice serves
    easy ones.) A pack may ask for more by `p_micro` and `instances`, never for less. False once it
    has been shown.
    """
    return skill.shown_ms is None and not missing(skill, p_micro=p_micro, instances=instances)


def missing(
    skill: SkillState, *, p_micro: int = P_MICRO, instances: int = INSTANCES
) -> tuple[Lack, ...]:
    """What of the rule is not met, for whoever asks why it is not "Got it"; whatever was shown."""
    return tuple(_missing(skill, max(p_micro, P_MICRO), max(instances, INSTANCES)))


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
