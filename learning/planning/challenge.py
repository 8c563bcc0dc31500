"""Skip by showing: two items right, one of them not a choice, and the skill is got.

Owns: whether it is offered, which items it asks, and the name of its rule. Pure, and the same for
the same facts and seed. What a try weighs is the fold's: nothing, unless both were right.
"""

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.evidence import ItemKey
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.standing import is_resting
from darasa.learning.skill_state import NIGHT_MS

RULE: Final = "challenge-1"
"""Written into `mastery_shown`."""

ITEMS: Final = 2
"""All of them right, each at the first try and without help."""

_KINDS: Final = {"answer": 0, "multiple": 1, "choice": 2}


def may_try(
    pack: Pack,
    state: LearnerState,
    skill: str,
    *,
    now_ms: int,
    withdrawn: Collection[ItemKey] = (),
) -> bool:
    """Whether "Show that you know it" is offered: not got, not resting, not tried today.

    A try a night or more ahead of `now_ms` came from a wrong clock: it keeps nobody waiting.
    """
    known = state.skill((pack.id, skill))
    if known.shown_ms is not None or is_resting(known, now_ms):
        return False
    tried_ms = state.trials.tried.get((pack.id, skill))
    if tried_ms is not None and abs(now_ms - tried_ms) < NIGHT_MS:
        return False
    return bool(challenge_items(pack, state, skill, seed=b"", withdrawn=withdrawn))


def challenge_items(
    pack: Pack,
    state: LearnerState,
    skill: str,
    *,
    seed: bytes,
    withdrawn: Collection[ItemKey] = (),
) -> tuple[Item, ...]:
    """The items to ask, in their order; empty where the skill has none that would do.

    Those of this skill alone before others, challenges before others, then the hardest. None that
    she has met, unless it draws new numbers; where that one is all there is, it comes twice. One is
    typed; where the skill has nothing to type, one has all right choices to tick.
    """
    items = [
        item
        for item in pack.items_of(skill)
        if _is_new(pack, state, item) and (pack.id, item.id) not in withdrawn
    ]
    ranked = sorted(items, key=lambda item: _rank(item, seed))
    open_ended = [item for item in ranked if item.kind == "answer"]
    open_ended = open_ended or [item for item in ranked if item.kind == "multiple"]
    if not open_ended:
        return ()
    chosen = _with_one_of(open_ended, ranked)
    if len(chosen) < ITEMS and chosen[0].vars:
        chosen.append(chosen[0])
    return tuple(chosen) if len(chosen) == ITEMS else ()


def _with_one_of(open_ended: Sequence[Item], ranked: Sequence[Item]) -> list[Item]:
    """The first items by rank, the last of them open-ended when none else would be."""
    first = list(ranked[:ITEMS])
    if any(item in open_ended for item in first):
        return first
    return [*first[:-1], open_ended[0]]


def _is_new(pack: Pack, state: LearnerState, item: Item) -> bool:
    return bool(item.vars) or not state.item((pack.id, item.id)).is_tried


def _rank(item: Item, seed: bytes) -> tuple[object, ...]:
    """Least for what shows most; of equals, what is harder to guess."""
    order = hashlib.blake2b(item.id.encode(), key=seed[:64], digest_size=8).digest()
    shared = len(item.skills) > 1
    return (shared, not item.challenge, difficulty_milli(item), _KINDS[item.kind], order)
