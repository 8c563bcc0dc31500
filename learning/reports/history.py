"""What the fold made of each answer of a learner, and what each skill's probability rests on.

Owns: going through her events once more, by the fold itself. Pure. The probability of a skill is
that of its last counted answer; so is its sum, which is taken there and not from what came later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from darasa.learning import learner_state
from darasa.learning.evidence import UNMARKED, Evidence, Mark, SkillKey
from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.folding import Weighed
from darasa.learning.kinds import (
    Attempt,
    Kind,
    KindError,
    MasteryShown,
    Observation,
    payload_of,
)
from darasa.learning.learner_values import LearnerState
from darasa.learning.marks import NOTHING_SAID, SchoolMarks
from darasa.learning.mastery.base import ItemRef, Part
from darasa.sync.event import StoredEvent


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, what it says, and what teachers said of it."""

    stored: StoredEvent
    attempt: Attempt
    evidence: Evidence
    mark: Mark = UNMARKED


@dataclass(frozen=True, slots=True)
class Reason:
    """The sum behind a skill's probability, units of 1e-6: the parts add up to the logit exactly.

    `answer` is the last counted one, with which it was worked out.
    """

    p_micro: int
    logit_micro: int
    parts: tuple[Part, ...]
    answer: StoredEvent


@dataclass(frozen=True, slots=True)
class Shown:
    """A screen said "Got it", by this rule."""

    stored: StoredEvent
    rule: str


@dataclass(frozen=True, slots=True)
class History:
    """A learner's events as reports read them. Answers in the order they fold.

    `observed` is what teachers saw or heard, what was taken back too.
    """

    answers: tuple[Answered, ...]
    observed: tuple[Weighed, ...]
    shown: Mapping[SkillKey, tuple[Shown, ...]]
    reasons: Mapping[SkillKey, Reason]


def history(
    events: Sequence[StoredEvent],
    rules: FoldRules = SHIPPED_RULES,
    school_marks: SchoolMarks = NOTHING_SAID,
) -> History:
    """What there is behind her state. `events` are those that count, in the order they fold.

    `rules` and `school_marks` are those that her state was folded by.
    """
    heard: list[Weighed] = []
    learner_state.fold(events, learner_state.start(rules, events), school_marks, hears=heard.append)
    places = {stored.order_key: at for at, stored in enumerate(events)}
    counted: dict[SkillKey, int] = {}
    for each in heard:
        if each.evidence.weight:
            at = places[each.stored.order_key]
            counted.update(dict.fromkeys(each.evidence.skills, at))
    return History(
        answers=tuple(
            Answered(each.stored, each.said, each.evidence, each.mark)
            for each in heard
            if isinstance(each.said, Attempt)
        ),
        observed=tuple(each for each in heard if isinstance(each.said, Observation)),
        shown=_shown(events),
        reasons=_reasons(events, counted, learner_state.start(rules, events), school_marks),
    )


def _shown(events: Sequence[StoredEvent]) -> dict[SkillKey, tuple[Shown, ...]]:
    shown: dict[SkillKey, tuple[Shown, ...]] = {}
    for stored in events:
        if stored.event.kind != Kind.MASTERY_SHOWN:
            continue
        try:
            payload = payload_of(stored.event)
        except KindError:
            continue
        if isinstance(payload, MasteryShown):
            key = (payload.pack, payload.skill)
            shown[key] = (*shown.get(key, ()), Shown(stored, payload.rule))
    return shown


def _reasons(
    events: Sequence[StoredEvent],
    counted: Mapping[SkillKey, int],
    state: LearnerState,
    school_marks: SchoolMarks,
) -> dict[SkillKey, Reason]:
    """The sum of each skill at its last counted answer: her fold, stopped there."""
    reasons: dict[SkillKey, Reason] = {}
    by_place: dict[int, list[SkillKey]] = {}
    for key, at in counted.items():
        by_place.setdefault(at, []).append(key)
    done = 0
    for at in sorted(by_place):
        state = learner_state.fold(events[done : at + 1], state, school_marks)
        done = at + 1
        for key in by_place[at]:
            ref = ItemRef((key,), at_ms=events[at].happened_ms)
            parts = state.explain(ref)
            reasons[key] = Reason(
                p_micro=state.skill(key).p_micro,
                logit_micro=sum(part.amount_micro for part in parts),
                parts=parts,
                answer=events[at],
            )
    return reasons
