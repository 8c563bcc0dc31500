"""What the fold made of each answer of a learner, and what each skill's probability rests on.

Owns: going through her events once more, with the very fold. Pure. The probability of a skill is
that of its last counted answer; so is its sum, which is taken there and not from what came later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from darasa.learning.evidence import SkillKey
from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.folding import Folding, Weighed
from darasa.learning.kinds import Kind, KindError, MasteryShown, payload_of
from darasa.learning.learner_state import start
from darasa.learning.learner_values import LearnerState
from darasa.learning.marks import NOTHING_SAID, SchoolMarks, her_words, standing
from darasa.learning.mastery.base import ItemRef, Part
from darasa.learning.mastery.rlf_state import RlfState
from darasa.learning.skill_state import Judged
from darasa.sync.event import StoredEvent


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


class _Counted(NamedTuple):
    """A skill's last counted answer, and what of the model's state its probability rests on."""

    answer: StoredEvent
    mastery: RlfState


@dataclass(frozen=True, slots=True)
class History:
    """A learner's events as reports read them. `weighed`: her answers, and what teachers saw of
    her, in the order they fold; `judged`: teachers' words on her skills, the one in force first.
    """

    weighed: tuple[Weighed, ...]
    shown: Mapping[SkillKey, tuple[Shown, ...]]
    reasons: Mapping[SkillKey, Reason]
    judged: Mapping[SkillKey, tuple[Judged, ...]]


def history(
    events: Sequence[StoredEvent],
    rules: FoldRules = SHIPPED_RULES,
    school_marks: SchoolMarks = NOTHING_SAID,
) -> History:
    """What there is behind her state. `events` are those that count, in the order they fold.

    `school_marks` and `rules` are those that her state was folded by. Cost: one fold.
    """
    weighed: list[Weighed] = []
    folding = Folding(start(rules, events), school_marks, hears=weighed.append)
    counted: dict[SkillKey, _Counted] = {}
    heard = 0
    for stored in events:
        folding.take(stored)
        for each in weighed[heard:]:  # of a try to skip: all with the event that ends it
            if each.evidence.weight:
                for key in each.evidence.skills:
                    counted[key] = _Counted(each.stored, _of_skill(folding.mastery, key))
        heard = len(weighed)
    state = folding.state()
    judged = {
        key: tuple(word for word in stands.values if word.word)
        for key, stands in standing(her_words(events).judged).items()
    }
    return History(
        weighed=tuple(weighed),
        shown=_shown(events),
        reasons={key: _reason(state, key, last) for key, last in counted.items()},
        judged=judged,
    )


def _of_skill(mastery: RlfState, key: SkillKey) -> RlfState:
    """What the sum of one skill's reference item is made from."""
    return replace(mastery, skills={key: mastery.skills[key]}, items={})


def _reason(state: LearnerState, key: SkillKey, last: _Counted) -> Reason:
    """The sum of a skill as it was after its last counted answer."""
    model = state.rules.model
    ref = ItemRef((key,), at_ms=last.answer.happened_ms)
    parts = model.explain(model.settled(last.mastery), ref)
    return Reason(
        p_micro=state.skill(key).p_micro,
        logit_micro=sum(part.amount_micro for part in parts),
        parts=parts,
        answer=last.answer,
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
