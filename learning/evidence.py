"""What an answer says about a learner: the weight rules of mastery.md section 3.

Owns: from an attempt event, and what teachers have said of it, to the evidence that a mastery model
takes. Pure, and a function of events alone, so that a node without the content pack folds the same
answers to the same state. Does not know models or states.

An answer weighs nothing when it came quicker than its words can be read: 150 ms a word, at least
one second (`reading_ms`). The number of words is in the pack, which the hub may not hold: the
computer that has it says in the event that they were not read (`Help.UNREAD`); the floor holds
everywhere.
"""

from enum import IntEnum, StrEnum
from typing import Final

from msgspec import Struct

from darasa.learning.kinds import HELPS, Attempt, Help, Observation

SkillKey = tuple[str, str]
"""(pack id, skill id): the name of a skill among all packs."""

ItemKey = tuple[str, str]
"""(pack id, item id): the name of an item among all packs."""

QUICK_MS: Final = 1_000
"""Nobody reads a question and answers it in less; such an answer weighs nothing."""

MS_PER_WORD: Final = 150
"""400 words a minute: quicker than a fluent adult reads."""


_UNREAD: Final = int(Help.UNREAD)


class Outcome(IntEnum):
    """How an item went. Only RIGHT is right to the model; no screen calls WITH_HELP a not-yet."""

    NOT_YET = 0
    WITH_HELP = 1
    RIGHT = 2


class Why(StrEnum):
    """Why an answer counts, or does not."""

    COUNTS = "counts"
    WITH_HELP = "with-help"
    LATER_TRY = "later-try"
    AGAIN = "again"
    TOO_QUICK = "too-quick"
    TOGETHER = "together"
    SOLUTION_SEEN = "solution-seen"
    WITHDRAWN = "withdrawn"
    OVERTURNED = "overturned"
    OBSERVED = "observed"
    OBSERVED_THAT_DAY = "observed-that-day"
    TAKEN_BACK = "taken-back"
    CHALLENGE = "challenge"
    PLACEMENT = "placement"


_SENTENCES: Final[dict[Why, str]] = {
    Why.COUNTS: "First try, alone: it counts.",
    Why.WITH_HELP: "Right after help: it counts once one is right alone.",
    Why.LATER_TRY: "A later try at the same item: kept, not counted.",
    Why.AGAIN: "The same item again in one sitting: kept, not counted.",
    Why.TOO_QUICK: "Quicker than the question can be read: kept, not counted.",
    Why.TOGETHER: "Two learners at one keyboard: kept, not counted.",
    Why.SOLUTION_SEEN: "The solution was seen before: kept, not counted.",
    Why.WITHDRAWN: "The item was withdrawn: kept, not counted.",
    Why.OVERTURNED: "A teacher looked at this answer: it counts as the teacher said.",
    Why.OBSERVED: "A teacher saw it on paper or heard it: it counts.",
    Why.OBSERVED_THAT_DAY: "One a day counts, and there was one: kept, not counted.",
    Why.TAKEN_BACK: "The teacher took it back: kept, not counted.",
    Why.CHALLENGE: "A check to skip that was not passed: kept, not counted.",
    Why.PLACEMENT: "To find a start: kept, not counted.",
}


class Mark(Struct, frozen=True):
    """What teachers have said of one answer. `right` None: as the course says.

    `ever_right`: a teacher took it for right once, even if it was taken back since: what was shown
    because of it stays shown.
    """

    right: bool | None = None
    ever_right: bool = False
    withdrawn: bool = False

    def right_of(self, attempt: Attempt) -> bool:
        """Whether an answer is right now."""
        return attempt.right if self.right is None else self.right


UNMARKED: Final = Mark()
_WEIGH: Final = frozenset({Why.COUNTS, Why.WITH_HELP, Why.OVERTURNED})
_REFERENCE: Final = "reference item of "
"""Before a skill's id: no item is called so, for a space is in no id."""


class Evidence(Struct, frozen=True):
    """One answer as a mastery model sees it."""

    skills: tuple[SkillKey, ...]
    item: ItemKey
    difficulty_milli: int  # logit b x 1000; harder is lower
    outcome: Outcome
    weight: int  # 0 or 1
    why: Why
    happened_ms: int

    @property
    def right_alone(self) -> bool:
        """The only thing that a model takes as right."""
        return self.outcome is Outcome.RIGHT


def reading_ms(words: int) -> int:
    """The least time in which `words` words can be read and answered, in milliseconds."""
    return max(QUICK_MS, MS_PER_WORD * words)


def outcome_of(attempt: Attempt, mark: Mark = UNMARKED) -> Outcome:
    """Right alone, right with help with the skill, or not yet."""
    if not (attempt.right if mark.right is None else mark.right):
        return Outcome.NOT_YET
    return Outcome.WITH_HELP if attempt.help & HELPS else Outcome.RIGHT


def why_of(attempt: Attempt, *, again: bool = False, mark: Mark = UNMARKED) -> Why:
    """The first rule of mastery.md section 3 that fits; COUNTS, WITH_HELP and OVERTURNED weigh."""
    if mark.withdrawn:
        return Why.WITHDRAWN
    why_not = _why_not(attempt, again=again)
    if why_not is not None:
        return why_not
    right = attempt.right if mark.right is None else mark.right
    if right and attempt.help & HELPS:
        return Why.WITH_HELP
    return Why.COUNTS if right == attempt.right else Why.OVERTURNED


def _why_not(attempt: Attempt, *, again: bool) -> Why | None:
    if attempt.try_nth > 1:
        return Why.LATER_TRY
    if again:
        return Why.AGAIN
    if attempt.shown_before:
        return Why.SOLUTION_SEEN
    if attempt.partners > 0:
        return Why.TOGETHER
    unread = attempt.response_ms < QUICK_MS or attempt.help & _UNREAD
    return Why.TOO_QUICK if unread else None


def ever_alone(attempt: Attempt, mark: Mark = UNMARKED) -> bool:
    """Whether an answer by itself is, or once was, right and alone, whatever came before it.

    Nothing that is said later makes this false: what a screen shows for ever rests on it.
    """
    right = attempt.right or mark.ever_right
    return right and not attempt.help & HELPS and why_of(attempt) is Why.COUNTS


def evidence_of(
    attempt: Attempt, *, happened_ms: int, again: bool = False, mark: Mark = UNMARKED
) -> Evidence:
    """The evidence in one attempt, and in what teachers said of it.

    `again`: this instance already had a first try in this sitting (two screens, one sitting).
    """
    why = why_of(attempt, again=again, mark=mark)
    return Evidence(
        skills=tuple((attempt.pack, skill) for skill in dict.fromkeys(attempt.skills)),
        item=(attempt.pack, attempt.item),
        difficulty_milli=attempt.difficulty_milli,
        outcome=outcome_of(attempt, mark),
        weight=int(why in _WEIGH),
        why=why,
        happened_ms=happened_ms,
    )


def evidence_of_observation(observed: Observation, *, happened_ms: int, why: Why) -> Evidence:
    """The evidence in what a teacher saw or heard: of the skill's reference item."""
    return Evidence(
        skills=((observed.pack, observed.skill),),
        item=(observed.pack, _REFERENCE + observed.skill),
        difficulty_milli=0,
        outcome=Outcome.RIGHT if observed.right else Outcome.NOT_YET,
        weight=int(why is Why.OBSERVED),
        why=why,
        happened_ms=happened_ms,
    )


def sentence(why: Why) -> str:
    """The reason in words, for the teacher's page."""
    return _SENTENCES[why]
