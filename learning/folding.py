"""A fold under way: what each kind of event does to what is known of one learner.

Owns: the one place where the mappings of a state change, and they are its own copies. Pure. Each
kind has its handler; a kind that has none, or a body that does not fit, counts as an event and
changes nothing else. Does not know how a state is written down (learner_state.py).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from darasa.learning.evidence import (
    UNMARKED,
    Evidence,
    Mark,
    Outcome,
    SkillKey,
    Why,
    ever_alone,
    evidence_of,
    evidence_of_observation,
)
from darasa.learning.kinds import (
    Attempt,
    Challenge,
    Hand,
    Kind,
    KindError,
    LessonProgress,
    MasteryShown,
    NotSure,
    Observation,
    Placement,
    SignIn,
    SignOut,
    payload_of,
)
from darasa.learning.learner_values import (
    HandState,
    LearnerState,
    LessonPlace,
    SittingState,
    Try,
)
from darasa.learning.marks import NOTHING_SAID, SchoolMarks
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.rlf_state import RlfState
from darasa.learning.skill_state import DAY_MS, ItemState, SkillState
from darasa.learning.trials import HeldBack
from darasa.sync.event import StoredEvent

TAIL: Final = 12
"""The last tries kept for the live view: rushing needs four, usual time a median of several."""

DAYS: Final = 28
"""Learning days kept, for the school week (planning/school_days.py)."""


ONLY_MARKS: Final = frozenset({Kind.JUDGEMENT, Kind.OVERTURN})
"""Kinds that say something of others and are none themselves (marks.py)."""


class Weighed(NamedTuple):
    """An answer or observation, what it weighs and why, and what was said of it."""

    stored: StoredEvent
    said: Attempt | Observation
    evidence: Evidence
    mark: Mark


Hears = Callable[[Weighed], None]
"""Told of each piece of evidence, in order."""


class Folding:
    """Takes events in their order; `state` is what is known after them."""

    def __init__(
        self,
        state: LearnerState,
        school_marks: SchoolMarks = NOTHING_SAID,
        *,
        hears: Hears | None = None,
    ) -> None:
        self._rules = state.rules
        self._model = state.rules.model
        self._events = state.events
        self._last_key = state.last_key
        self._mastery = state.mastery.copy()
        self._skills = dict(state.skills)
        self._items = dict(state.items)
        self._lessons = dict(state.lessons)
        self._hand = state.hand
        self._sitting = state.sitting
        self._sittings = state.sittings
        self._attempts = state.attempts
        self._tries = state.tries
        self._tail = state.tail
        self._days = state.days
        self._marks = state.marks
        self._trials = state.trials
        self._waiting: list[Weighed] = []  # answers of an open try, of which nobody was told
        self._school_marks = school_marks
        self._is_marked = bool(school_marks.items or state.marks.overturned)
        self._hears = hears

    def state(self) -> LearnerState:
        """What is known now. Who listens hears of an open try what holds if it is never ended."""
        self._tell_waiting(passed=False)
        return LearnerState(
            events=self._events,
            last_key=self._last_key,
            mastery=self._mastery,
            skills=self._skills,
            items=self._items,
            lessons=self._lessons,
            hand=self._hand,
            sitting=self._sitting,
            sittings=self._sittings,
            attempts=self._attempts,
            tries=self._tries,
            tail=self._tail,
            days=self._days,
            marks=self._marks,
            rules=self._rules,
            trials=self._trials,
        )

    @property
    def mastery(self) -> RlfState:
        """What the model knows now, to read: it changes with the next event."""
        return self._mastery

    def take(self, event: StoredEvent) -> None:
        """One event. Words that only mark others have no place in the order, and are passed over:
        else each answer that comes after one with a lower lamport would be late.
        """
        if event.event.kind in ONLY_MARKS:
            return
        key = event.order_key
        if self._last_key is not None and key <= self._last_key:
            raise ValueError("events must come in rising order, each once")
        self._events += 1
        self._last_key = key
        try:
            payload = payload_of(event.event)
        except KindError:
            return
        match payload:
            case Attempt():
                self._attempt(event, payload)
            case Observation():
                self._observation(event, payload)
            case MasteryShown():
                skill = (payload.pack, payload.skill)
                self._skills[skill] = self._skill(skill).after_shown(event.happened_ms)
            case Challenge() | Placement():
                self._trial(event, payload)
            case NotSure():
                self._not_sure(event, payload)
            case LessonProgress():
                self._lesson(payload, event.happened_ms)
            case Hand():
                self._hand = HandState(payload.up, event.happened_ms, payload.skill, payload.item)
            case SignIn() | SignOut():
                self._signed(payload, event.happened_ms)
            case _:
                pass

    def _skill(self, key: SkillKey) -> SkillState:
        return self._skills.get(key) or SkillState(*key)

    def _attempt(self, stored: StoredEvent, attempt: Attempt) -> None:
        happened_ms = stored.happened_ms
        item = self._items.get((attempt.pack, attempt.item)) or ItemState(
            attempt.pack, attempt.item
        )
        again = item.last_sitting == attempt.sitting and item.last_nth == attempt.nth
        mark = UNMARKED
        if self._is_marked:
            mark = self._school_marks.mark_of(stored, attempt, self._marks)
        evidence = evidence_of(attempt, happened_ms=happened_ms, again=again, mark=mark)
        first = attempt.try_nth == 1
        self._tries += 1
        self._attempts += int(first)
        fresh = attempt.values not in item.instances
        trial = self._trials.open
        weighed = Weighed(stored, attempt, evidence, mark)
        if trial is not None and trial.has(stored, attempt):
            self._in_trial(weighed, again=again, fresh=fresh)
        else:
            self._tell(weighed)
            self._note_skills(evidence, attempt, mark, fresh=fresh)
            self._tail = (*self._tail, _try_of(attempt, evidence))[-TAIL:]
            item = item.with_instance(attempt.values) if evidence.weight else item
        self._items[evidence.item] = replace(
            item,
            nth_max=max(item.nth_max, attempt.nth),
            chances=item.chances + int(first),
            outcome=int(evidence.outcome) if first else item.outcome,
            last_ms=max(item.last_ms, happened_ms),
            last_sitting=attempt.sitting,
            last_nth=attempt.nth,
            last_try=attempt.try_nth,
            last_right=evidence.outcome is not Outcome.NOT_YET,
        )
        day = happened_ms // DAY_MS
        if day not in self._days:
            self._days = tuple(sorted((*self._days, day)))[-DAYS:]

    def _note_skills(
        self, evidence: Evidence, attempt: Attempt, mark: Mark, *, fresh: bool
    ) -> None:
        """Each skill of the item, after the model's step (nothing when the weight is 0)."""
        self._model.update(self._mastery, evidence)
        by_herself = evidence.outcome is Outcome.RIGHT
        counts_alone = by_herself and evidence.weight > 0
        alone = counts_alone or ever_alone(attempt, mark)
        settled = self._model.settled(self._mastery)
        for key in evidence.skills:
            skill = self._skill(key)
            if skill.not_sure_of is not None:
                skill = skill.after_try_at(attempt.item, attempt.nth, alone=by_herself)
            if evidence.why is Why.WITHDRAWN:
                skill = skill.after_withdrawn(evidence.happened_ms)
            elif evidence.why in (Why.LATER_TRY, Why.AGAIN):
                right = evidence.outcome is not Outcome.NOT_YET
                skill = skill.after_later_try(right=right, happened_ms=evidence.happened_ms)
            else:
                skill = skill.after_chance(evidence)
            if evidence.weight:
                ref = ItemRef((key,), at_ms=evidence.happened_ms)
                p_micro = self._model.predict(settled, ref)
                skill = skill.after_counted(evidence, p_micro=p_micro, fresh=fresh)
            if alone and not counts_alone:  # else it is done
                skill = skill.after_right_alone(evidence.happened_ms)
            self._skills[key] = skill

    def _observation(self, stored: StoredEvent, observed: Observation) -> None:
        """One attempt on the skill's reference item, away from the screen: no item is met."""
        if observed.right is None:
            return
        key, happened_ms = (observed.pack, observed.skill), stored.happened_ms
        skill = self._skill(key)
        why = Why.OBSERVED
        if (*key, stored.chain[:8]) in self._marks.taken_back:
            why = Why.TAKEN_BACK
        elif not skill.takes_observation(happened_ms):
            why = Why.OBSERVED_THAT_DAY
        evidence = evidence_of_observation(observed, happened_ms=happened_ms, why=why)
        self._tell(Weighed(stored, observed, evidence, UNMARKED))
        if evidence.weight:
            self._model.update(self._mastery, evidence)
            ref = ItemRef((key,), at_ms=happened_ms)
            p_micro = self._model.predict(self._model.settled(self._mastery), ref)
            skill = skill.after_chance(evidence).after_observation(happened_ms)
            skill = skill.after_counted(evidence, p_micro=p_micro, fresh=True)
        if observed.right:
            skill = skill.after_right_alone(happened_ms)
        self._skills[key] = skill

    def _in_trial(self, weighed: Weighed, *, again: bool, fresh: bool) -> None:
        """An answer of a trial: in no count of a skill, unless it is of a try that is passed.

        One right and alone keeps its time even so: whether a trial was going on is known only from
        what came before it, and a merge could take "kept" back.
        """
        stored, attempt, evidence, mark = weighed
        trial = self._trials.open
        if trial is None or not isinstance(attempt, Attempt):
            return
        if trial.skill is None:
            nothing = replace(evidence, weight=0, why=Why.PLACEMENT)
            self._tell(weighed._replace(evidence=nothing))
        else:
            said = (mark.right, mark.ever_right, mark.withdrawn)
            held = HeldBack(attempt, stored.happened_ms, again, fresh, *said)
            self._trials = replace(self._trials, open=trial.holding(held))
            self._waiting.append(weighed)
        if ever_alone(attempt, mark):
            for key in evidence.skills:
                self._skills[key] = self._skill(key).after_right_alone(evidence.happened_ms)

    def _trial(self, stored: StoredEvent, said: Challenge | Placement) -> None:
        """A trial begins or ends; the answers of a try that was passed weigh now."""
        passed = self._trials.passed(stored, said)
        self._trials = self._trials.after(stored, said)
        self._tell_waiting(passed=bool(passed))
        for held in passed:
            attempt, happened_ms = held.attempt, held.happened_ms
            evidence = evidence_of(
                attempt, happened_ms=happened_ms, again=held.again, mark=held.mark
            )
            self._note_skills(evidence, attempt, held.mark, fresh=held.fresh)
            if evidence.weight:
                item = self._items[evidence.item]
                self._items[evidence.item] = item.with_instance(attempt.values)

    def _tell(self, weighed: Weighed) -> None:
        if self._hears is not None:
            self._hears(weighed)

    def _tell_waiting(self, *, passed: bool) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            nothing = replace(each.evidence, weight=0, why=Why.CHALLENGE)
            self._tell(each if passed else each._replace(evidence=nothing))

    def _not_sure(self, stored: StoredEvent, said: NotSure) -> None:
        if self._trials.open is not None and self._trials.open.has(stored, said):
            return  # there it is an answer that says nothing else
        key = (said.pack, said.item)  # in the state whatever it comes to: a word on it changes that
        self._items.setdefault(key, ItemState(*key))
        item = self._school_marks.of_item(stored.school_id, key)
        if item is not None and item.withdrawn:
            return
        for name in dict.fromkeys(said.skills):
            key = (said.pack, name)
            self._skills[key] = self._skill(key).after_not_sure(
                said.item, said.nth, happened_ms=stored.happened_ms
            )

    def _lesson(self, progress: LessonProgress, happened_ms: int) -> None:
        key = (progress.pack, progress.lesson)
        known = self._lessons.get(key)
        self._lessons[key] = LessonPlace(
            pack=progress.pack,
            lesson=progress.lesson,
            level=progress.level,
            locale=progress.locale,
            section=progress.section,
            sections=progress.sections,
            furthest=max(progress.section, known.furthest if known else 0),
            last_ms=max(happened_ms, known.last_ms if known else 0),
        )

    def _signed(self, payload: SignIn | SignOut, happened_ms: int) -> None:
        if isinstance(payload, SignIn):
            self._sitting = SittingState(payload.sitting, payload.how, happened_ms)
            self._sittings += 1
        elif self._sitting is not None and self._sitting.sitting == payload.sitting:
            self._sitting = replace(self._sitting, ended_ms=happened_ms, reason=payload.reason)


def _try_of(attempt: Attempt, evidence: Evidence) -> Try:
    return Try(
        pack=attempt.pack,
        skill=attempt.skills[0],
        item=attempt.item,
        nth=attempt.nth,
        try_nth=attempt.try_nth,
        outcome=int(evidence.outcome),
        help=attempt.help,
        response_ms=attempt.response_ms,
        happened_ms=evidence.happened_ms,
        counted=evidence.weight > 0,
    )
