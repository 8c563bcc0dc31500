"""What a learner lacks now: the skill to look at first, and which skills wait for it.

Owns: from her standings to her needs (mastery.md section 4, groups by need). Only what can be
taught now is a need: everything that it requires has been got. Pure: pack, state and time are
arguments.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from darasa.content_packs.pack import Pack
from darasa.learning.evidence import SkillKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.standing import REFRESH_NOT_YETS, skill_standings
from darasa.learning.views import SkillStanding, Standing

GOT: Final = frozenset((Standing.GOT, Standing.KEPT, Standing.REFRESH))
"""Shown once is shown: what it is time to refresh was got."""


class Lack(IntEnum):
    """How a skill is lacking, what weighs most first."""

    MISSED = 0  # tried, and not yet right at least once
    SKIPPED = 1  # never met, though something that needs it was tried and was not yet right
    READY = 2  # never met, and next


@dataclass(frozen=True, slots=True)
class Need:
    """A skill that one learner lacks; `waiting` are those that need it and are not got either."""

    key: SkillKey
    lack: Lack
    waiting: tuple[SkillKey, ...]


def needs_of(packs: Iterable[Pack], state: LearnerState, now_ms: int) -> tuple[Need, ...]:
    """Her needs in the order of the packs; those that she learns without a not-yet are none."""
    return tuple(need for pack in packs for need in _needs(pack, state, now_ms))


def _needs(pack: Pack, state: LearnerState, now_ms: int) -> list[Need]:
    rows = {row.key[1]: row for row in skill_standings(pack, state, now_ms)}
    needs: list[Need] = []
    for skill in pack.skills.values():
        row = rows[skill.id]
        waiting = [
            rows[other.id]
            for other in pack.skills.values()
            if skill.id in other.requires and not _has(rows[other.id], state)
        ]
        lack = _lack(row, waiting, state)
        before = [rows[each] for each in skill.requires if each in rows]
        if lack is not None and all(_has(each, state) for each in before):
            needs.append(Need(row.key, lack, tuple(each.key for each in waiting)))
    return needs


def _has(row: SkillStanding, state: LearnerState) -> bool:
    """Got, or a teacher says so: her word stands in her own class."""
    known = state.skill(row.key)
    if known.judged is not None and not known.is_disputed:
        return known.judged.word == "got"
    return row.standing in GOT


def _lack(row: SkillStanding, waiting: Sequence[SkillStanding], state: LearnerState) -> Lack | None:
    """How this skill is lacking; None when it is not."""
    known = state.skill(row.key)
    if known.judged is not None and not known.is_disputed:
        return Lack.MISSED if known.judged.word == "learning" else None
    if row.standing in GOT:
        return Lack.MISSED if known.not_yet_run >= REFRESH_NOT_YETS else None
    if known.chances:
        return Lack.MISSED if known.attempts > known.right_alone else None
    tried = (state.skill(each.key) for each in waiting)
    if any(each.attempts > each.right_alone for each in tried):
        return Lack.SKIPPED
    return Lack.READY
