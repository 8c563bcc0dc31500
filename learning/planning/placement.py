"""Finding a learner's start in a course: 8 to 12 items, each the most informative then.

Owns: when it is offered, which item comes next, when it is enough, and what follows from the
answers. Pure: pack, state and the answers so far come as arguments; the same for the same facts
and seed. knowledge.py has the equations and their source. Cost: 10 to 20 ms an item on a fast
machine, however large the course is.

"I am not sure yet" is an answer here, and no right one. Nothing is lost by a low result: a
placement only ever adds to what is Ready, and no answer of it weighs in the fold. No path ends
dead: what is taken as known is a knowledge state, and stays Ready itself.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from darasa.content_packs.item import Item, difficulty_milli
from darasa.content_packs.pack import Pack
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.knowledge import Knowledge, Question, Requires, depths_of

ITEMS_LEAST: Final = 8
ITEMS_MOST: Final = 12
ITEMS_ABOUT: Final = 10
SKILLS_LEAST: Final = 4
"""A course of fewer skills is sooner begun than placed."""

KNOWN_FROM: Final = 550
"""From this chance (thousandths) a skill is taken as known: rather too little than too much."""

_SURE: Final = 100  # and 900: enough is known of a skill
_ASKED_MAX: Final = 3  # questions about one skill
_KNOWN_BYTES_MAX: Final = 40_000  # of names: an event has room for 48 KiB

# The chance of a right answer from one who knows the skill, at reference difficulty, and of one who
# does not, who knows something of it all the same: 320 where she types, a free guess and 200 where
# she chooses. 1000 milli of difficulty move them by 50 and 100; nobody is right beyond all doubt.
_KNOWN: Final = 910
_KNOWN_MAX: Final = 980
_TYPED: Final = 320
_CHOSEN: Final = 200
_KINDS: Final = {"answer": 0, "multiple": 1, "choice": 2}  # the harder to guess, the better


class Given(Struct, frozen=True, array_like=True):
    """One answer of a placement."""

    item: str
    right: bool


def can_place(pack: Pack) -> bool:
    """Whether a course is one in which a start can be found: enough skills, items, and an order."""
    asked = [skill for skill in pack.skills if pack.items_of(skill)]
    return len(asked) >= SKILLS_LEAST and any(skill.requires for skill in pack.skills.values())


def is_new_to(pack: Pack, state: LearnerState) -> bool:
    """Whether she has answered nothing of a course yet, nor got anything of it."""
    known = (state.skill((pack.id, skill)) for skill in pack.skills)
    return not any(skill.chances or skill.shown_ms is not None for skill in known)


def next_item_of(
    pack: Pack,
    state: LearnerState,
    given: Sequence[Given],
    *,
    seed: bytes,
    left_out: Collection[str] = (),
) -> Item | None:
    """The item to ask now; None when it is enough, or nothing is left to ask.

    Never an item that was asked in this placement, or of `left_out` (those that cannot be drawn),
    and no more than three of one skill.
    """
    if len(given) >= ITEMS_MOST:
        return None
    knowledge = _knowledge(pack, state, given)
    if len(given) >= ITEMS_LEAST and _is_settled(knowledge):
        return None
    questions = list(_questions(pack, state, given, seed, left_out))
    if not questions:
        return None
    best = max(questions, key=lambda q: (knowledge.worth(q), _order(q.item, seed)))
    return pack.items[best.item]


def known_by(pack: Pack, state: LearnerState, given: Sequence[Given]) -> tuple[str, ...]:
    """The skills that the answers so far let one take as known: a knowledge state.

    In an order in which what a skill requires comes before it. Without a right answer it is none.
    """
    if not any(each.right and each.item in pack.items for each in given):
        return ()
    chances = _knowledge(pack, state, given).chances()
    depths = depths_of(_requires(pack))
    known = sorted((s for s in chances if chances[s] >= KNOWN_FROM), key=lambda s: depths[s])
    room, fitting = _KNOWN_BYTES_MAX, []
    for skill in known:
        room -= len(skill.encode()) + 3
        if room < 0:
            break
        fitting.append(skill)
    return tuple(fitting)


def _knowledge(pack: Pack, state: LearnerState, given: Sequence[Given]) -> Knowledge:
    """Answers to items that a newer version of the course no longer has say nothing."""
    shown = [s for s in pack.skills if state.skill((pack.id, s)).shown_ms is not None]
    knowledge = Knowledge.start(_requires(pack), shown)
    for each in given:
        if each.item in pack.items:
            knowledge = knowledge.after(question_of(pack.items[each.item]), right=each.right)
    return knowledge


def _requires(pack: Pack) -> Requires:
    return tuple((skill.id, skill.requires) for skill in pack.skills.values())


def _is_settled(knowledge: Knowledge) -> bool:
    chances: Mapping[str, int] = knowledge.chances()
    return all(chance < _SURE or chance > 1_000 - _SURE for chance in chances.values())


def _questions(
    pack: Pack,
    state: LearnerState,
    given: Sequence[Given],
    seed: bytes,
    left_out: Collection[str],
) -> Iterator[Question]:
    """The best item of each skill that may be asked about."""
    asked = [each.item for each in given]
    of_skill = [skill for item in asked if item in pack.items for skill in pack.items[item].skills]
    for skill in pack.skills:
        if of_skill.count(skill) >= _ASKED_MAX:
            continue
        barred = {*asked, *left_out}
        items = [item for item in pack.items_of(skill) if item.id not in barred]
        if items:
            yield question_of(min(items, key=lambda item: _fitness(pack, state, item, seed)))


def _fitness(pack: Pack, state: LearnerState, item: Item, seed: bytes) -> tuple[object, ...]:
    """Least for the item that says most about its skill: that alone, typed, neither easy nor hard,
    no challenge, and not met."""
    met = state.item((pack.id, item.id)).is_tried and not item.vars
    hard = abs(difficulty_milli(item))
    kind = _KINDS[item.kind]
    return (met, item.challenge, len(item.skills), kind, hard, _order(item.id, seed))


def question_of(item: Item) -> Question:
    """An item as a question, with its chances."""
    b = difficulty_milli(item)
    match item.kind:
        case "choice":
            guessed = _CHOSEN + 1_000 // max(2, len(item.choices))
        case "multiple":
            guessed = _CHOSEN + 1_000 // 2 ** len(item.choices)
        case _:
            guessed = _TYPED
    known = min(_KNOWN + b // 20, _KNOWN_MAX)
    guessed = min(max(guessed + b // 10, 50), known - 100)
    return Question(item.id, frozenset(item.skills), known, guessed)


def _order(item: str, seed: bytes) -> bytes:
    """The seeded tie-break."""
    return hashlib.blake2b(item.encode(), key=seed[:64], digest_size=8).digest()
