"""The values that hold what is known of one learner; learner_state.py folds her events into them.

Owns: their fields and simple look-ups. Pure and frozen.
"""

from collections.abc import Mapping

from msgspec import Struct, field

from darasa.learning.evidence import ItemKey, SkillKey
from darasa.learning.fold_rules import SHIPPED_RULES, FoldRules
from darasa.learning.marks import NONE_OF_HERS, HerMarks
from darasa.learning.mastery.base import ItemRef, Part
from darasa.learning.mastery.rlf_state import RlfState
from darasa.learning.skill_state import ItemState, SkillState
from darasa.learning.trials import NO_TRIALS, Trials


class LessonPlace(Struct, frozen=True, array_like=True):
    """Where she is in a lesson. `section` is the last one opened, `furthest` the greatest."""

    pack: str
    lesson: str
    level: str
    locale: str
    section: int
    sections: int
    furthest: int
    last_ms: int


class HandState(Struct, frozen=True, array_like=True):
    """Her hand, as last moved."""

    up: bool
    since_ms: int
    skill: str
    item: str


class SittingState(Struct, frozen=True, array_like=True):
    """Her last sitting in the order of events. `ended_ms` is None while it is open, or was cut."""

    sitting: bytes
    how: str
    began_ms: int
    ended_ms: int | None = None
    reason: str = ""


class Try(Struct, frozen=True, array_like=True):
    """One of the last tries, as the live view needs it."""

    pack: str
    skill: str  # the first of the item's
    item: str
    nth: int
    try_nth: int
    outcome: int  # Outcome
    help: int  # kinds.Help
    response_ms: int
    happened_ms: int
    counted: bool


class LearnerState(Struct, frozen=True):
    """The fold. Mappings are never changed in place; `last_key` is the last event's order key.

    `rules` are those that it was folded by, from its first event on.
    """

    events: int = 0
    last_key: tuple[int, bytes, int, bytes] | None = None
    mastery: RlfState = field(default_factory=RlfState)
    skills: Mapping[SkillKey, SkillState] = field(default_factory=dict)
    items: Mapping[ItemKey, ItemState] = field(default_factory=dict)
    lessons: Mapping[tuple[str, str], LessonPlace] = field(default_factory=dict)
    hand: HandState | None = None
    sitting: SittingState | None = None
    sittings: int = 0
    attempts: int = 0  # first tries, whatever they weigh
    tries: int = 0
    tail: tuple[Try, ...] = ()
    marks: HerMarks = NONE_OF_HERS  # what teachers said of single answers of hers
    trials: Trials = NO_TRIALS  # tries to skip by showing, and placements
    days: tuple[int, ...] = ()  # on which something was tried, since 1970 in UTC; the last 28
    rules: FoldRules = SHIPPED_RULES

    def skill(self, key: SkillKey) -> SkillState:
        """Her state on a skill; one she has not met has the starting values."""
        return self.skills.get(key) or SkillState(*key)

    def item(self, key: ItemKey) -> ItemState:
        """Her state on an item; one she has not met has the starting values."""
        return self.items.get(key) or ItemState(*key)

    @property
    def placed(self) -> frozenset[SkillKey]:
        """The skills that a placement took as known; "Got it" is said of none because of it."""
        return self.trials.placed

    def last_items(self) -> tuple[ItemKey, ...]:
        """The items of her last two first tries, oldest first."""
        return tuple((t.pack, t.item) for t in self.tail if t.try_nth == 1)[-2:]

    def predict(self, item: ItemRef) -> int:
        """Probability that she gets it right alone, in units of 1e-6."""
        return self.rules.model.predict(self.mastery, item)

    def explain(self, item: ItemRef) -> tuple[Part, ...]:
        """The logit of where she stands as a sum, the form of the day left out."""
        model = self.rules.model
        return model.explain(model.settled(self.mastery), item)
