"""How sure the state of a skill is, in a word beside it (mastery.md section 4).

Owns: the rule. Pure. A state claims that she masters the skill ("Got it" and what comes after) or
that she does not yet ("Learning"). The words are tested for what they promise, on invented learners
whose mastery is known and on real answers: "sure" is right 95 times in a hundred, "likely" 75.

What can be known of the two claims is not alike. After "Got it" the model's probability says how
sure that is. Before, one right answer may be the first of many or a guess, and who learns at once
looks like who guessed well: only not-yets make it likely that she has not got it, and only two in a
row make it sure.
"""

from enum import StrEnum
from typing import Final

from darasa.learning.evidence import Outcome
from darasa.learning.skill_state import SkillState

ATTEMPTS_LIKELY: Final = 3
ATTEMPTS_SURE: Final = 6
GOT_ATTEMPTS_LIKELY: Final = 5
GOT_ATTEMPTS_SURE: Final = 8
"""Who is good at everything else leaves a skill after three right answers: few to be sure by."""
GOT_SURE_MICRO: Final = 880_000
GOT_LIKELY_MICRO: Final = 800_000
GOT_LIKELY_AFTER_NOT_YET_MICRO: Final = 750_000
LEARNING_LIKELY_MICRO: Final = 600_000
LEARNING_SURE_MICRO: Final = 350_000
_NOT_YETS_SURE: Final = 2


class Certainty(StrEnum):
    """A word beside a state."""

    SURE = "sure"
    LIKELY = "likely"
    OPEN = "not sure yet"
    FEW = "too few answers"


def certainty_of(skill: SkillState) -> Certainty:
    """How sure the state of a skill is, by the answers that count.

    Open: there are enough answers to speak of, and they do not say it.
    """
    if skill.attempts < ATTEMPTS_LIKELY or not skill.recent:
        return Certainty.FEW
    right = skill.recent[-1] == Outcome.RIGHT
    rule = _of_learning if skill.shown_ms is None else _of_got
    return rule(skill, right=right)


def _of_got(skill: SkillState, *, right: bool) -> Certainty:
    if skill.attempts >= GOT_ATTEMPTS_SURE and skill.p_micro >= GOT_SURE_MICRO:
        return Certainty.SURE
    least = GOT_LIKELY_MICRO if right else GOT_LIKELY_AFTER_NOT_YET_MICRO
    is_likely = skill.attempts >= GOT_ATTEMPTS_LIKELY and skill.p_micro >= least
    return Certainty.LIKELY if is_likely else Certainty.OPEN


def _of_learning(skill: SkillState, *, right: bool) -> Certainty:
    if right or skill.p_micro >= LEARNING_LIKELY_MICRO:
        return Certainty.OPEN
    is_sure = skill.p_micro < LEARNING_SURE_MICRO and skill.not_yet_run >= _NOT_YETS_SURE
    return Certainty.SURE if is_sure and skill.attempts >= ATTEMPTS_SURE else Certainty.LIKELY
