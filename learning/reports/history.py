"""What the fold made of each answer of a learner, and what each skill's probability rests on.

Owns: going through her events once more, beside the fold. Pure. The probability of a skill is that
of its last counted answer; so is its sum, which is taken there and not from what came later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from darasa.learning import learner_state
from darasa.learning.evidence import Evidence, ItemKey, SkillKey, evidence_of
from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.kinds import Attempt, Kind, KindError, MasteryShown, payload_of
from darasa.learning.mastery.base import ItemRef, Part
from darasa.sync.event import StoredEvent


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer and what it says."""

    stored: StoredEvent
    attempt: Attempt
    evidence: Evidence


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
    """A learner's events as reports read them. Answers in the order they fold."""

    answers: tuple[Answered, ...]
    shown: Mapping[SkillKey, tuple[Shown, ...]]
    reasons: Mapping[SkillKey, Reason]


def history(events: Sequence[StoredEvent], rules: FoldRules = SHIPPED_RULES) -> History:
    """What there is behind her state. `events` are those that count, in the order they fold.

    `rules` are those that her state was folded by.
    """
    answers: list[Answered] = []
    shown: dict[SkillKey, tuple[Shown, ...]] = {}
    last: dict[ItemKey, tuple[bytes, int]] = {}
    counted: dict[SkillKey, int] = {}
    for at, stored in enumerate(events):
        if stored.event.kind not in (Kind.ATTEMPT, Kind.MASTERY_SHOWN):
            continue
        try:
            payload = payload_of(stored.event)
        except KindError:
            continue
        if isinstance(payload, MasteryShown):
            key = (payload.pack, payload.skill)
            shown[key] = (*shown.get(key, ()), Shown(stored, payload.rule))
        elif isinstance(payload, Attempt):
            here, item = (payload.sitting, payload.nth), (payload.pack, payload.item)
            again = last.get(item) == here
            last[item] = here
            evidence = evidence_of(payload, happened_ms=stored.happened_ms, again=again)
            answers.append(Answered(stored, payload, evidence))
            if evidence.weight:
                counted.update(dict.fromkeys(evidence.skills, at))
    return History(tuple(answers), shown, _reasons(events, counted, rules))


def _reasons(
    events: Sequence[StoredEvent], counted: Mapping[SkillKey, int], rules: FoldRules
) -> dict[SkillKey, Reason]:
    """The sum of each skill at its last counted answer: her fold, stopped there."""
    reasons: dict[SkillKey, Reason] = {}
    by_place: dict[int, list[SkillKey]] = {}
    for key, at in counted.items():
        by_place.setdefault(at, []).append(key)
    state, done = learner_state.start(rules), 0
    for at in sorted(by_place):
        state = learner_state.fold(events[done : at + 1], state)
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
