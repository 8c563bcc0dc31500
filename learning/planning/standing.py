"""Where a learner is with each skill of a pack: later, ready, learning, got, kept or refresh.

Owns: prerequisites, the spacing of refreshes, when a skill rests, and the map. Pure: packs, state
and time come as arguments.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import SafeText, safe_line
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.school_days import SchoolDays, school_week
from darasa.learning.skill_state import DAY_MS, NIGHT_MS, SkillState
from darasa.learning.views import SkillStanding, Standing, UnitView

SPACING_DAYS: Final = (1, 3, 7, 16, 35)
"""School days since it was last right, after 0, 1, 2 … reviews. It is the guard: no model is."""

WEEKDAYS: Final = SchoolDays()
REFRESH_NOT_YETS: Final = 2
REST_CHANCES: Final = 12


def due_ms(skill: SkillState, school: SchoolDays = WEEKDAYS) -> int | None:
    """From when it is time to refresh; None before "Got it"."""
    if skill.shown_ms is None:
        return None
    since = skill.shown_ms if skill.last_right_ms is None else skill.last_right_ms
    spacing = SPACING_DAYS[min(skill.reviews, len(SPACING_DAYS) - 1)]
    day = since // DAY_MS
    return since + (school.after(day, spacing) - day) * DAY_MS - (DAY_MS - NIGHT_MS)


def is_resting(skill: SkillState, now_ms: int) -> bool:
    """Enough for today: twelve chances since the last night without three right in a row.

    A last try a night or more ahead of `now_ms` came from a wrong clock: it keeps nobody waiting.
    """
    if skill.last_ms is None or abs(now_ms - skill.last_ms) >= NIGHT_MS:
        return False
    return min(skill.chances_today, skill.chances_without_three) >= REST_CHANCES


def standing_of(
    skill: SkillState, *, missing: bool, now_ms: int, school: SchoolDays = WEEKDAYS
) -> Standing:
    """One skill. `missing`: something that it requires has not been got.

    A teacher's word goes before what the answers say, until later answers say otherwise. It takes
    back no "Got it" that a screen has shown: that becomes one to refresh.
    """
    due, word = due_ms(skill, school), judged_word(skill)
    if due is not None:
        doubted = word == "learning" and not _is_right_since(skill)
        if doubted or now_ms >= due or skill.not_yet_run >= REFRESH_NOT_YETS:
            return Standing.REFRESH
        return Standing.KEPT if skill.state == "kept" else Standing.GOT
    if word == "got":
        return Standing.GOT
    if skill.chances or word == "learning":
        return Standing.LEARNING
    return Standing.LATER if missing else Standing.READY


def judged_word(skill: SkillState) -> str | None:
    """What a teacher said of it and stands: "got", "learning", or None.

    Not where teachers disagree; and "got" no longer after two not-yets in a row since.
    """
    judged = skill.judged
    if judged is None or skill.is_disputed:
        return None
    since = skill.last_ms is not None and skill.last_ms > judged.ms
    missed = since and skill.not_yet_run >= REFRESH_NOT_YETS
    return None if judged.word == "got" and missed else judged.word


def is_got(skill: SkillState) -> bool:
    """A screen has shown it, or a teacher says so: enough for what comes after it."""
    return skill.shown_ms is not None or judged_word(skill) == "got"


def _is_right_since(skill: SkillState) -> bool:
    """Right alone after the teacher's word."""
    last, judged = skill.last_right_ms, skill.judged
    return last is not None and judged is not None and last > judged.ms


def skill_standings(
    pack: Pack, state: LearnerState, now_ms: int, school: SchoolDays | None = None
) -> tuple[SkillStanding, ...]:
    """Every skill of the pack, in its order. `school` None: the school week of her own days."""
    school = school or school_week(state.days)
    depths = _depths(tuple((skill.id, skill.requires) for skill in pack.skills.values()))
    rows = []
    for skill in pack.skills.values():
        known = state.skill((pack.id, skill.id))
        needs = tuple(
            need
            for need in skill.requires
            if need in pack.skills
            and not is_got(state.skill((pack.id, need)))
            and (pack.id, need) not in state.placed
        )
        rows.append(
            SkillStanding(
                key=(pack.id, skill.id),
                title=safe_line(skill.title),
                unit=safe_line(skill.unit),
                standing=standing_of(known, missing=bool(needs), now_ms=now_ms, school=school),
                p_micro=known.p_micro,
                depth=depths[skill.id],
                needs=tuple(safe_line(pack.skills[need].title) for need in needs),
                before=tuple((pack.id, need) for need in needs),
                attempts=known.chances,
                last_ms=known.last_ms,
                shown_ms=known.shown_ms,
                due_ms=due_ms(known, school),
                resting=is_resting(known, now_ms),
                challenges=_challenges(pack, state, known),
                is_judged=known.shown_ms is None and judged_word(known) is not None,
                placed=(pack.id, skill.id) in state.placed,
                leans_on_start=any(
                    (pack.id, need) in state.placed and not is_got(state.skill((pack.id, need)))
                    for need in skill.requires
                ),
            )
        )
    return tuple(rows)


def _challenges(pack: Pack, state: LearnerState, skill: SkillState) -> int:
    """How many challenge items she has not met, of a skill that she has got."""
    if skill.shown_ms is None:
        return 0
    found = (item for item in pack.items_of(skill.skill) if item.challenge)
    return sum(not state.item((pack.id, item.id)).is_tried for item in found)


def units(pack: Pack, standings: tuple[SkillStanding, ...]) -> tuple[UnitView, ...]:
    """The map of a pack: its units in the order in which they first come."""
    by_unit: dict[SafeText, list[SkillStanding]] = {}
    for row in standings:
        by_unit.setdefault(row.unit, []).append(row)
    course = safe_line(pack.title)
    return tuple(UnitView(pack.id, course, unit, tuple(rows)) for unit, rows in by_unit.items())


@lru_cache(maxsize=32)
def _depths(skills: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[str, int]:
    """The longest way from a skill that needs nothing, for each; a circle is cut at its end."""
    requires = dict(skills)
    depths: dict[str, int] = {}

    def depth(skill: str, above: frozenset[str]) -> int:
        if skill not in depths:
            needs = [n for n in requires[skill] if n in requires and n not in above]
            depths[skill] = max((1 + depth(n, above | {skill}) for n in needs), default=0)
        return depths[skill]

    for skill in requires:
        depth(skill, frozenset((skill,)))
    return depths
