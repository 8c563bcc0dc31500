"""Who teaches an invented learner: the planner, or five right in a row.

Owns: the two tutors. The planner's asks the product's own functions (`next_item`, `may_show`, the
model, the skill states of the fold) without store and screen, so that thousands of learners take
minutes; a test holds its states equal to the fold's. Pure: chance comes as seeds.
"""

import random
from typing import Final, Protocol

from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import Evidence, ItemKey, Outcome, SkillKey, Why
from darasa.learning.fold_rules import FoldRules
from darasa.learning.learner_values import LearnerState, Try
from darasa.learning.mastery.base import ItemRef
from darasa.learning.mastery.rlf_state import RlfState
from darasa.learning.planning.mastery_rule import may_show
from darasa.learning.planning.next_item import Before, Chosen, next_item
from darasa.learning.reports.alerts import is_circling
from darasa.learning.skill_state import ItemState, SkillState
from darasa.sync.ids import LearnerId

ITEM_MS: Final = 45_000
"""What an item takes."""

IN_A_ROW: Final = 5
_TAIL: Final = 4


class Tutor(Protocol):
    """Who serves items and says when a skill is got."""

    def begin_day(self) -> None:
        """A new sitting."""

    def ask(self, skill: str, now_ms: int) -> Item | None:
        """The next item of a skill; None when the skill rests today."""

    def take(self, item: Item, *, right: bool, now_ms: int) -> None:
        """Her answer to it."""

    def is_got(self, skill: str) -> bool:
        """Whether "Got it" is to be said now."""

    def is_circling(self, skill: str) -> bool:
        """Whether a teacher is told that she circles."""


class FiveInARow:
    """Kolibri's rule, five right in a row, over items in a random order of rounds."""

    def __init__(self, course: Pack, *, seed: str) -> None:
        self._course = course
        self._rng = random.Random(seed)  # noqa: S311 - invented, to be had again
        self._left: dict[str, list[Item]] = {}
        self._runs: dict[str, int] = {}

    def begin_day(self) -> None:
        """Nothing: a run goes on."""

    def ask(self, skill: str, now_ms: int) -> Item | None:
        """Each item once, in a random order, then again."""
        left = self._left.get(skill)
        if not left:
            left = self._left[skill] = list(self._course.items_of(skill))
            self._rng.shuffle(left)
        return left.pop()

    def take(self, item: Item, *, right: bool, now_ms: int) -> None:
        """One more in a row, or none."""
        for skill in item.skills:
            self._runs[skill] = self._runs.get(skill, 0) + 1 if right else 0

    def is_got(self, skill: str) -> bool:
        """Five."""
        return self._runs.get(skill, 0) >= IN_A_ROW

    def is_circling(self, skill: str) -> bool:
        """It has no such flag."""
        return False


class Planner:
    """The product's next item and its rule, under the rules of a fold."""

    def __init__(self, course: Pack, rules: FoldRules, *, seed: str) -> None:
        rng = random.Random(seed)  # noqa: S311 - invented, to be had again
        self._course, self._rules, self._model = course, rules, rules.model
        self._learner_id = LearnerId(rng.randbytes(16))
        self._seed = rng.randbytes(8)
        self._mastery = RlfState()
        self._skills: dict[SkillKey, SkillState] = {}
        self._items: dict[ItemKey, ItemState] = {}
        self._tail: tuple[Try, ...] = ()
        self._asked: Chosen | None = None
        self._first = True
        self._not_yets = 0
        self._count = 0

    def begin_day(self) -> None:
        """The first item of a sitting is an easy one."""
        self._first = True
        self._not_yets = 0

    @property
    def state(self) -> LearnerState:
        """What is known of her, as far as the planner looks at it."""
        return LearnerState(
            mastery=self._mastery,
            skills=self._skills,
            items=self._items,
            tail=self._tail,
            rules=self._rules,
        )

    def ask(self, skill: str, now_ms: int) -> Item | None:
        """What the planner chooses."""
        before = Before(
            seed=self._seed + self._count.to_bytes(4, "big"),
            first=self._first,
            not_yets=self._not_yets,
        )
        found = next_item(
            self._course, self.state, skill, before, learner_id=self._learner_id, now_ms=now_ms
        )
        self._asked = found if isinstance(found, Chosen) else None
        return None if self._asked is None else self._asked.item

    def take(self, item: Item, *, right: bool, now_ms: int) -> None:
        """As the fold takes a first try, alone, that counts."""
        asked = self._asked
        if asked is None or asked.item is not item:
            raise ValueError("an answer to what was not asked")
        pack_id = self._course.id
        key = (pack_id, item.id)
        outcome = Outcome.RIGHT if right else Outcome.NOT_YET
        skills = tuple((pack_id, skill) for skill in item.skills)
        evidence = Evidence(skills, key, difficulty_milli(item), outcome, 1, Why.COUNTS, now_ms)
        self._model.update(self._mastery, evidence)
        self._note_skills(evidence)
        self._note_item(evidence, asked.nth, right=right)
        self._first = False
        self._not_yets = 0 if right else self._not_yets + 1
        self._count += 1

    def is_got(self, skill: str) -> bool:
        """What the rule says."""
        known = self._skill((self._course.id, skill))
        return may_show(known, refitted=self._rules.are_refitted)

    def is_circling(self, skill: str) -> bool:
        """What the live view would say."""
        known = self._skill((self._course.id, skill))
        return is_circling(known, refitted=self._rules.are_refitted)

    def _skill(self, key: SkillKey) -> SkillState:
        return self._skills.get(key) or SkillState(*key)

    def _note_skills(self, evidence: Evidence) -> None:
        settled = self._model.settled(self._mastery)
        for key in evidence.skills:
            ref = ItemRef((key,), at_ms=evidence.happened_ms)
            p_micro = self._model.predict(settled, ref)
            chance = self._skill(key).after_chance(evidence)
            self._skills[key] = chance.after_counted(evidence, p_micro=p_micro, fresh=True)

    def _note_item(self, evidence: Evidence, nth: int, *, right: bool) -> None:
        key, now_ms, outcome = evidence.item, evidence.happened_ms, int(evidence.outcome)
        known = self._items.get(key) or ItemState(*key)
        self._items[key] = ItemState(
            *key,
            nth_max=nth,
            chances=known.chances + 1,
            outcome=outcome,
            last_ms=now_ms,
            last_nth=nth,
            last_try=1,
            last_right=right,
        )
        pack_id, skill = evidence.skills[0]
        tried = Try(pack_id, skill, key[1], nth, 1, outcome, 0, ITEM_MS, now_ms, counted=True)
        self._tail = (*self._tail, tried)[-_TAIL:]
