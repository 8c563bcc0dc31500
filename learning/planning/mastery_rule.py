"""When a screen may say "Got it" (mastery.md section 4).

Owns: the rule and its name. Said once and kept: the screen that says it writes `mastery_shown`, and
the fold never looks at this rule again. Pure.
"""

from typing import Final

from darasa.learning.evidence import Outcome
from darasa.learning.skill_state import SkillState

RULE: Final = "rlf-1/shown-1"
"""Written into `mastery_shown`, so that a later rule can be told from this one."""

P_MICRO: Final = 800_000
INSTANCES: Final = 3


def may_show(skill: SkillState, *, p_micro: int = P_MICRO, instances: int = INSTANCES) -> bool:
    """Whether her last answer brought what the rule asks for.

    The last counted answer right and alone; three different instances or more; probability .80 or
    more on the reference item; and of the answers at reference difficulty or harder, the last two
    right, or four of the last five. (Five of six on any items must not do: adaptive choice serves
    easy ones.) A pack may ask for more by `p_micro` and `instances`, never for less. False once it
    has been shown.
    """
    if skill.shown_ms is not None:
        return False
    if skill.p_micro < max(p_micro, P_MICRO) or skill.instances < max(instances, INSTANCES):
        return False
    if not skill.recent or skill.recent[-1] != Outcome.RIGHT:
        return False
    rights = [outcome == Outcome.RIGHT for outcome in skill.recent_reference]
    return (len(rights) >= 2 and all(rights[-2:])) or sum(rights) >= 4
