"""Which item comes next in a skill (mastery.md section 4, "Next item").

Owns: the choice. Pure, and the same for the same facts and seed. Cost: one prediction an item of
the skill. Does not know what is on the screen.

Items with `vars` give new numbers each time. One without is not repeated while one that was not met
is left. The last two items never come again at once, so a skill with two items ends after them:
until the next day, or, where they have `vars`, not at all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from darasa.content_packs.errors import InstanceError
from darasa.content_packs.instance import draw
from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import ItemKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.mastery.base import MICRO, ItemRef
from darasa.learning.planning.standing import is_resting
from darasa.learning.planning.wording import BARE_WORDS, bare_is_due, words_in
from darasa.learning.skill_state import NIGHT_MS
from darasa.sync.ids import LearnerId

TARGET_MICRO: Final = 700_000
EASY_MICRO: Final = 850_000
NOT_YETS_BEFORE_EASY: Final = 2
RIGHTS_BEFORE_USUAL: Final = 2
"""Then nothing easier than usual comes, whatever is expected: it could not show that she has it."""

_NEVER_AGAIN: Final = 2
_DRAWS: Final = 16  # tries to draw numbers she has not had


class Rest(StrEnum):
    """Why there is no next item in the skill now."""

    TOMORROW = "tomorrow"
    NOTHING_ELSE = "nothing-else"


@dataclass(frozen=True, slots=True)
class Before:
    """What came before in this sitting, as far as the choice depends on it.

    `recent` are the items last on the screen, oldest first, skipped ones too; `set_aside` those
    that were skipped and will come back by themselves; `helped` and `failed` name the item before
    when it was right with help, or not yet three times. `first` is of a sitting, or of a skill she
    stepped back to; `harder`: she chose challenges.
    """

    seed: bytes
    first: bool = False
    harder: bool = False
    not_yets: int = 0  # items in a row
    recent: tuple[ItemKey, ...] = ()
    set_aside: tuple[ItemKey, ...] = ()
    helped: str | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The item, which instance of it for this learner, and what the model expects (1e-6)."""

    item: Item
    nth: int
    p_micro: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    item: Item
    p_micro: int
    chances: int
    last_ms: int
    met: bool  # and gives nothing new
    order: bytes  # the seeded tie-break


def next_item(
    pack: Pack,
    state: LearnerState,
    skill: str,
    before: Before,
    *,
    learner_id: LearnerId,
    now_ms: int,
) -> Chosen | Rest:
    """The next item of a skill for this learner, or why there is none."""
    if is_resting(state.skill((pack.id, skill)), now_ms):
        return Rest.TOMORROW
    candidates = _candidates(pack, state, skill, before, now_ms)
    while candidates:
        fresh = [candidate for candidate in candidates if not candidate.met]
        if fresh:
            bare = _bare_is_due(pack, state, skill)
            run = state.skill((pack.id, skill)).right_run
            chosen = _by_rule(pack, fresh, before, bare=bare, right_run=run)
        elif before.harder:
            break  # a challenge that she has met is none
        else:
            # by times alone, a clock that went back would have the same few come for ever
            chosen = min(candidates, key=lambda c: (c.chances, c.last_ms, c.order))
        try:
            nth = fresh_nth(pack, state, chosen.item, learner_id)
        except InstanceError:  # a fault in the pack costs its item, not the lesson
            candidates.remove(chosen)
        else:
            return Chosen(chosen.item, nth, chosen.p_micro)
    return Rest.NOTHING_ELSE


def _candidates(
    pack: Pack, state: LearnerState, skill: str, before: Before, now_ms: int
) -> list[_Candidate]:
    """The items that may come: not the last two, and no challenge while there is another.

    In a set of challenges there is nothing else. Where only the last two are left, and nothing else
    is open to her, they would be the last two for ever: those that are as good as new may come.
    """
    last = (*state.last_items()[-_NEVER_AGAIN:], *before.recent[-_NEVER_AGAIN:])
    barred = {*last, *before.set_aside}
    items = [item for item in pack.items_of(skill) if (pack.id, item.id) not in barred]
    if not items and not before.harder:
        items = [i for i in pack.items_of(skill) if _may_return(pack, state, i, before, now_ms)]
    if before.harder:
        items = [item for item in items if item.challenge]
    plain = [item for item in items if not item.challenge]
    ready = [item for item in plain if _started(pack, state, item, skill)]
    expected: dict[tuple[object, ...], int] = {}  # many items are alike to the model
    lists_items = bool(state.rules.model.parameters.items)  # then each is what the fit says of it
    candidates = []
    for item in ready or plain or items:
        alone = lists_items or (pack.id, item.id) in state.items
        alike = (item.skills, difficulty_milli(item), item.id if alone else None)
        if alike not in expected:
            expected[alike] = state.predict(item_ref(pack, item, now_ms))
        candidates.append(_candidate(pack, state, item, before.seed, expected[alike]))
    return candidates


def _may_return(pack: Pack, state: LearnerState, item: Item, before: Before, now_ms: int) -> bool:
    """One of the last two that has new numbers, or that she tried before the last night."""
    key = (pack.id, item.id)
    if key in before.set_aside:
        return False
    slept = abs(now_ms - state.item(key).last_ms) >= NIGHT_MS
    return bool(item.vars) or (slept and key not in before.recent)


def _started(pack: Pack, state: LearnerState, item: Item, skill: str) -> bool:
    """Whether an item with more skills than this one uses only those that she has begun."""
    return all(other == skill or state.skill((pack.id, other)).chances > 0 for other in item.skills)


def _candidate(
    pack: Pack, state: LearnerState, item: Item, seed: bytes, p_micro: int
) -> _Candidate:
    known = state.items.get((pack.id, item.id))
    order = hashlib.blake2b(item.id.encode(), key=seed[:64], digest_size=8).digest()
    if known is None:
        return _Candidate(item, p_micro, chances=0, last_ms=0, met=False, order=order)
    met = known.nth_max > 0 and not item.vars
    return _Candidate(item, p_micro, known.chances, known.last_ms, met=met, order=order)


def _by_rule(
    pack: Pack, fresh: Sequence[_Candidate], before: Before, *, bare: bool, right_run: int
) -> _Candidate:
    """The rule that fits what came before; ties go to the item met least, then to the seed."""
    if before.helped is not None:
        sisters = _sisters(pack, fresh, before.helped)
        if sisters:
            return _nearest(sisters, TARGET_MICRO)
        return _nearest(fresh, _expected(fresh, pack, before.helped))
    if before.failed is not None:
        simpler = _simpler(pack, fresh, before.failed)
        return _easy(_bare(simpler) if bare else simpler)
    if bare:
        return _easy(_bare(fresh))
    if before.first or before.not_yets >= NOT_YETS_BEFORE_EASY:
        return _easy(fresh)
    usual = fresh
    if right_run >= RIGHTS_BEFORE_USUAL:
        usual = [c for c in fresh if difficulty_milli(c.item) <= 0] or fresh
    return _nearest(usual, TARGET_MICRO)


def _bare_is_due(pack: Pack, state: LearnerState, skill: str) -> bool:
    def words_of(key: ItemKey) -> int | None:
        item = pack.items.get(key[1])
        return None if item is None else words_in(item)

    return bare_is_due(state.tail, (pack.id, skill), words_of)


def _bare(candidates: Sequence[_Candidate]) -> Sequence[_Candidate]:
    """Those with few words; all, where there is none."""
    return [c for c in candidates if words_in(c.item) <= BARE_WORDS] or candidates


def _easy(candidates: Sequence[_Candidate]) -> _Candidate:
    """No easier than .85, where there is such a one; else the easiest."""
    easy = [candidate for candidate in candidates if candidate.p_micro >= EASY_MICRO]
    return _nearest(easy, EASY_MICRO) if easy else _nearest(candidates, MICRO)


def _simpler(pack: Pack, fresh: Sequence[_Candidate], failed: str) -> Sequence[_Candidate]:
    """Items less hard than the one that was not yet right three times; all, where none is."""
    item = pack.items.get(failed)
    hard = 0 if item is None else difficulty_milli(item)
    return [c for c in fresh if difficulty_milli(c.item) > hard] or fresh


def _nearest(candidates: Sequence[_Candidate], p_micro: int) -> _Candidate:
    return min(candidates, key=lambda c: (abs(c.p_micro - p_micro), c.chances, c.order))


def _sisters(pack: Pack, fresh: Sequence[_Candidate], helped: str) -> list[_Candidate]:
    """Items that ask the same with other words or numbers, by the pack's `sister_of`."""
    item = pack.items.get(helped)
    family = {helped, item.sister_of} if item is not None and item.sister_of else {helped}
    return [c for c in fresh if c.item.sister_of in family or c.item.id in family]


def _expected(fresh: Sequence[_Candidate], pack: Pack, helped: str) -> int:
    """The chance that an item as hard as the one before gives now: a stand-in for a sister."""
    item = pack.items.get(helped)
    if item is None:
        return TARGET_MICRO
    hard = difficulty_milli(item)
    nearest = min(fresh, key=lambda c: (abs(difficulty_milli(c.item) - hard), c.order))
    return nearest.p_micro


def fresh_nth(pack: Pack, state: LearnerState, item: Item, learner_id: LearnerId) -> int:
    """The next instance number, past those whose numbers she has had already."""
    known = state.item((pack.id, item.id))
    first = known.nth_max + 1
    had = set(known.instances) if item.vars else set()
    for nth in range(first, first + _DRAWS):
        if draw(item, learner_id=learner_id, nth=nth).values not in had:
            return nth
    return first


def item_ref(pack: Pack, item: Item, now_ms: int) -> ItemRef:
    """The item as a mastery model sees it."""
    skills = tuple((pack.id, skill) for skill in item.skills)
    return ItemRef(skills, difficulty_milli(item), (pack.id, item.id), now_ms)
