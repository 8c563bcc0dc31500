"""What a learner is good at, by her own measure: what she has kept longest, and where she is ahead.

Owns: which skills are named and why. Nobody is compared with another. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.standing import REFRESH_NOT_YETS
from darasa.learning.skill_state import SkillState, days_between
from darasa.learning.views import SkillStanding

OF_EACH: Final = 2
AHEAD_MICRO: Final = 80_000
"""So much likelier than on her other skills: less is not seen in ten answers."""

_ATTEMPTS_MIN: Final = 3
_SKILLS_MIN: Final = 3  # that make an average


@dataclass(frozen=True, slots=True)
class Strength:
    """A skill and why it is one. `days` it was kept, 0 for one where she is ahead."""

    key: SkillKey
    title: SafeText
    days: int

    @property
    def sentence(self) -> str:
        """For the teacher."""
        if not self.days:
            return f"{self.title}: ahead of what is usual for this learner."
        return f"{self.title}: kept for {self.days} {'day' if self.days == 1 else 'days'}."


def strengths(standings: Sequence[SkillStanding], state: LearnerState) -> tuple[Strength, ...]:
    """At most two kept longest, then at most two others where she is ahead of herself."""
    titles = {row.key: row.title for row in standings}
    skills = [(key, state.skill(key)) for key in titles]
    kept = sorted(((-_days_kept(skill), key) for key, skill in skills if _days_kept(skill) > 0))
    found = [Strength(key, titles[key], -days) for days, key in kept[:OF_EACH]]
    named = {strength.key for strength in found}
    tried = [(key, skill) for key, skill in skills if skill.attempts >= _ATTEMPTS_MIN]
    if len(tried) >= _SKILLS_MIN:
        mean = sum(skill.p_micro for _, skill in tried) // len(tried)
        ahead = sorted(
            (-skill.p_micro, key)
            for key, skill in tried
            if skill.p_micro - mean >= AHEAD_MICRO and key not in named
        )
        found += [Strength(key, titles[key], 0) for _, key in ahead[:OF_EACH]]
    return tuple(found)


def _days_kept(skill: SkillState) -> int:
    """Nights from "Got it" to the last right alone; 0 where the last two were not yet."""
    if skill.shown_ms is None or skill.last_right_ms is None:
        return 0
    if skill.not_yet_run >= REFRESH_NOT_YETS:
        return 0
    return days_between(skill.shown_ms, skill.last_right_ms)
