"""The state of one learner on the live view, with its reason in words (ux.md section 8.2).

Owns: the rules and their order; the first that fits is the one she has. Learners see none of these
words. Pure: what she did comes from her folded state, what she does from the presence of her
computer. Never about minutes alone, and about the task, not the child.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from darasa.content_packs.safe_text import SafeText
from darasa.learning.evidence import ItemKey, Outcome, SkillKey, reading_ms
from darasa.learning.kinds import Help
from darasa.learning.learner_values import LearnerState, Try
from darasa.learning.lesson_time import LESSON_MS, is_hand_up
from darasa.learning.skill_state import SkillState
from darasa.learning.trials import OpenTrial
from darasa.sync.messages import Doing

_MINUTE_MS: Final = 60_000


class LiveState(StrEnum):
    """One word a learner, in the order of the live view."""

    HAND_UP = "hand up"
    CIRCLING = "circling"
    STUCK = "stuck"
    RUSHING = "rushing"
    QUIET = "quiet"
    WORKING = "working"
    READING = "reading"
    DONE = "done"
    AWAY = "away"
    NOT_IN = "not in"  # nobody expects her: not signed in now


NEEDS_YOU: Final = frozenset(
    (LiveState.HAND_UP, LiveState.CIRCLING, LiveState.STUCK, LiveState.RUSHING)
)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Thresholds; a school may set its own."""

    circling_chances: int = 10
    circling_below_micro: int = 650_000  # by refitted weights: who does better is on her way
    stuck_tries: int = 3
    stuck_not_sures: int = 2  # items in a row
    stuck_times_usual: int = 3
    usual_tries: int = 5  # fewer say nothing about her usual time
    usual_least_ms: int = _MINUTE_MS // 2
    rushing_answers: int = 4
    quiet_ms: int = 5 * _MINUTE_MS
    away_ms: int = 2 * _MINUTE_MS
    current_ms: int = LESSON_MS
    handled_ms: int = 10 * _MINUTE_MS  # a state that was handled is quiet for so long


DEFAULTS: Final = AlertSettings()


@dataclass(frozen=True, slots=True)
class Presence:
    """What her computer last said, in milliseconds before now; skill and item as far as known."""

    heard_ms: int
    doing: int  # sync.messages.Doing
    since_ms: int  # since this began
    skill: SkillKey | None = None
    item: ItemKey | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """What the rules need of the packs: titles, and what an item has to read and to help."""

    titles: Mapping[SkillKey, SafeText]
    words: Mapping[ItemKey, int]  # in the question
    hints: Mapping[ItemKey, int]


@dataclass(frozen=True, slots=True)
class Alert:
    """Her state, its reason in a sentence, and since when (milliseconds since 1970)."""

    state: LiveState
    reason: str
    since_ms: int | None
    skill: SkillKey | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rules look at. `recent` are her tries of this lesson, `skill` the one she is at."""

    state: LearnerState
    presence: Presence | None
    course: Course
    settings: AlertSettings
    now_ms: int
    recent: tuple[Try, ...]
    key: SkillKey | None
    skill: SkillState | None

    @property
    def title(self) -> str:
        """The skill she is at, in words."""
        return "" if self.key is None else str(self.course.titles.get(self.key, self.key[1]))


def live_state(
    state: LearnerState,
    presence: Presence | None,
    course: Course,
    *,
    now_ms: int,
    settings: AlertSettings = DEFAULTS,
    handled: Mapping[LiveState, int] | None = None,
) -> Alert:
    """The first rule that fits. `presence` None: her computer was never heard of.

    `handled`: when the teacher dealt with a state; it is quiet for ten minutes after.
    """
    recent = tuple(t for t in state.tail if abs(now_ms - t.happened_ms) <= settings.current_ms)
    key = _skill_now(presence, recent)
    skill = None if key is None else state.skills.get(key)
    facts = _Facts(state, presence, course, settings, now_ms, recent, key, skill)
    quiet_until = {word: at_ms + settings.handled_ms for word, at_ms in (handled or {}).items()}
    for rule in _RULES:
        alert = rule(facts)
        if alert is not None and quiet_until.get(alert.state, now_ms) <= now_ms:
            return alert
    return _doing(facts)


def trial_now(state: LearnerState, presence: Presence | None) -> OpenTrial | None:
    """The trial that she is at: begun in this sitting, and an item of its course on the screen."""
    trial, sitting = state.trials.open, state.sitting
    if trial is None or sitting is None or presence is None or presence.skill is None:
        return None
    is_open = sitting.ended_ms is None and sitting.sitting == trial.sitting
    is_at_it = presence.doing == Doing.WORKING and presence.skill[0] == trial.pack
    return trial if is_open and is_at_it else None


def _skill_now(presence: Presence | None, recent: tuple[Try, ...]) -> SkillKey | None:
    """The skill she is at: what her computer says, or that of her last try."""
    if presence is not None and presence.skill is not None:
        return presence.skill
    return (recent[-1].pack, recent[-1].skill) if recent else None


def _hand_up(facts: _Facts) -> Alert | None:
    hand = facts.state.hand
    if hand is None or not is_hand_up(
        facts.state, facts.now_ms, lesson_ms=facts.settings.current_ms
    ):
        return None
    return Alert(LiveState.HAND_UP, "Asked for you.", hand.since_ms)


def is_circling(
    skill: SkillState, settings: AlertSettings = DEFAULTS, *, refitted: bool = False
) -> bool:
    """Whether more of the same will not help: ten chances without three right first tries in a row.

    Not while her last answer that counts was right alone: she may have just learnt it, and a third
    of those who would be called then have (docs/decisions/0026). Nor, by weights that are fitted to
    answers (`refitted`), while two in three usual questions would be right: half of those have it
    (0030). Not what she has got, nor what a teacher says she has.
    """
    if skill.shown_ms is not None or (skill.judged is not None and skill.judged.word == "got"):
        return False
    if skill.recent and skill.recent[-1] == Outcome.RIGHT:
        return False
    if refitted and skill.p_micro >= settings.circling_below_micro:
        return False
    return skill.chances_without_three >= settings.circling_chances


def _circling(facts: _Facts) -> Alert | None:
    skill, refitted = facts.skill, facts.state.rules.are_refitted
    if skill is None or not facts.recent:
        return None
    if not is_circling(skill, facts.settings, refitted=refitted):
        return None
    chances = skill.chances_without_three
    reason = f"{chances} chances on {facts.title} without three right in a row."
    return Alert(LiveState.CIRCLING, reason, skill.last_ms, facts.key)


def _stuck_by_tries(facts: _Facts) -> Alert | None:
    skill, recent = facts.skill, facts.recent
    if skill is None or not recent or skill.wrong_tries_run < facts.settings.stuck_tries:
        return None
    hints = recent[-1].help & Help.HINTS
    used = f", hint {hints} used" if hints else ""
    reason = f"{skill.wrong_tries_run} not-yets on {facts.title}{used}."
    return Alert(LiveState.STUCK, reason, recent[-1].happened_ms, facts.key)


def _stuck_by_not_sure(facts: _Facts) -> Alert | None:
    """ "Not sure yet" of two items in a row, this lesson, and nothing right since.

    The planner has stepped back by then: it is not the skill that she is at now.
    """
    said: tuple[int, SkillKey, SkillState] | None = None
    for key, skill in facts.state.skills.items():
        at_ms = skill.not_sure_ms
        if at_ms is None or skill.not_sure_run < facts.settings.stuck_not_sures:
            continue
        if abs(facts.now_ms - at_ms) <= facts.settings.current_ms and (
            said is None or (at_ms, key) > said[:2]
        ):
            said = (at_ms, key, skill)
    if said is None:
        return None
    at_ms, key, skill = said
    if any(t.outcome == Outcome.RIGHT and t.happened_ms > at_ms for t in facts.recent):
        return None
    title = facts.course.titles.get(key, key[1])
    reason = f"Not sure yet of {skill.not_sure_run} items in a row on {title}."
    return Alert(LiveState.STUCK, reason, at_ms, key)


def _stuck_by_hints(facts: _Facts) -> Alert | None:
    """All hints of the last item used, and its last try not yet right."""
    last = facts.recent[-1] if facts.recent else None
    if last is None or last.outcome != Outcome.NOT_YET or facts.key != (last.pack, last.skill):
        return None
    hints = facts.course.hints.get((last.pack, last.item), 0)
    if not hints or last.help & Help.HINTS < hints:
        return None
    reason = f"Not yet right on {facts.title} after every hint."
    return Alert(LiveState.STUCK, reason, last.happened_ms, facts.key)


def _stuck_by_time(facts: _Facts) -> Alert | None:
    """More than three times her usual time on one item; 30 seconds at least count as usual.

    Not in a trial: what it asks may be of what was never learnt, and nobody may help with it.
    """
    presence, settings = facts.presence, facts.settings
    if trial_now(facts.state, presence) is not None:
        return None
    if presence is None or presence.doing != Doing.WORKING or presence.heard_ms >= settings.away_ms:
        return None
    times = [t.response_ms for t in facts.state.tail if t.try_nth == 1]
    if len(times) < settings.usual_tries:
        return None
    usual_ms = max(sorted(times)[(len(times) - 1) // 2], settings.usual_least_ms)
    if presence.since_ms <= settings.stuck_times_usual * usual_ms:
        return None
    minutes = presence.since_ms // _MINUTE_MS
    reason = f"{minutes} minutes on one item of {facts.title}, far longer than usual."
    return Alert(LiveState.STUCK, reason, facts.now_ms - presence.since_ms, facts.key)


def _rushing(facts: _Facts) -> Alert | None:
    count, words = facts.settings.rushing_answers, facts.course.words
    last = [t for t in facts.recent if t.try_nth == 1][-count:]
    if len(last) < count:
        return None
    if not all(t.response_ms < reading_ms(words.get((t.pack, t.item), 0)) for t in last):
        return None
    reason = f"{len(last)} answers in a row quicker than they can be read."
    return Alert(LiveState.RUSHING, reason, last[0].happened_ms)


_RULES: Final[tuple[Callable[[_Facts], Alert | None], ...]] = (
    _hand_up,
    _circling,
    _stuck_by_tries,
    _stuck_by_not_sure,
    _stuck_by_hints,
    _stuck_by_time,
    _rushing,
)


def _doing(facts: _Facts) -> Alert:
    """What she does, when nothing calls the teacher."""
    presence, settings = facts.presence, facts.settings
    if presence is None:
        return Alert(LiveState.AWAY, "The computer has not been heard of.", None)
    if presence.heard_ms >= settings.away_ms:
        minutes = presence.heard_ms // _MINUTE_MS
        reason = f"The computer was last heard {minutes} minutes ago. Work is safe there."
        return Alert(LiveState.AWAY, reason, facts.now_ms - presence.heard_ms)
    since_ms = facts.now_ms - presence.since_ms
    on = f" {facts.title}" if presence.skill is not None else ""
    if presence.doing == Doing.READING:
        return Alert(
            LiveState.READING, f"Reads about{on}." if on else "Reads.", since_ms, facts.key
        )
    quiet_ms = _quiet_ms(facts, presence)
    if presence.doing == Doing.LOCKED or quiet_ms >= settings.quiet_ms:
        reason = f"Nothing new for {quiet_ms // _MINUTE_MS} minutes."
        return Alert(LiveState.QUIET, reason, facts.now_ms - quiet_ms, facts.key)
    if presence.doing == Doing.BETWEEN:
        return Alert(LiveState.DONE, "Finished a set.", since_ms, facts.key)
    return Alert(LiveState.WORKING, f"Works on{on}." if on else "Signed in.", since_ms, facts.key)


def _quiet_ms(facts: _Facts, presence: Presence) -> int:
    """Since when nothing is heard of her: a new screen, or a try on the one that stays."""
    last_ms = max((t.happened_ms for t in facts.recent), default=0)
    return min(presence.since_ms, max(0, facts.now_ms - last_ms))
