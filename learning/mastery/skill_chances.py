"""For models that give each skill a chance of its own: items with several, and explanations.

Pure, units of 1e-6. An item's chance is the mean over its skills; its logit is told as where
everybody begins, and what each skill has added since.
"""

from collections.abc import Sequence

from darasa.learning.evidence import SkillKey
from darasa.learning.mastery.base import Part
from darasa.learning.mastery.logistic import logit_micro, sigma_micro

_TOP = sigma_micro(1 << 40)


def mean_chance(chances: Sequence[int], start: int) -> int:
    """The mean, within what a logit can say; `start` where the item has no skills."""
    mean = sum(chances) // len(chances) if chances else start
    return min(max(mean, 1_000_000 - _TOP), _TOP)


def parts_of(skills: Sequence[SkillKey], chances: Sequence[int], start: int) -> tuple[Part, ...]:
    """The logit of `mean_chance` as a sum: the start, then each skill in turn."""
    now = [start] * len(skills)
    logit = logit_micro(mean_chance(now, start))
    parts = [Part("where everybody begins", logit)]
    for at, (skill, chance) in enumerate(zip(skills, chances, strict=True)):
        now[at] = chance
        after = logit_micro(mean_chance(now, start))
        parts.append(Part("this skill", after - logit, skill))
        logit = after
    return tuple(parts)
