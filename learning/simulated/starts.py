"""Invented courses, and invented learners who look for their start in one (planning/placement.py).

Owns: two worlds' equations, and what a placement made of a learner of whom the truth is known. Pure
but for the chance that it is given. Neither world is that of placement.py, which draws its states
and its chances in another way.

Paths. A learner has learnt m of n skills, m evenly from her third of 0 ... n, one after the other,
each evenly from those of which she knows all that they require. She answers right with .9 where she
knows the skills of an item; where she does not, with .05 on what is typed, and .8 / choices where
she chooses from some.

Logits. Skill k stands at l_k = a + 1 - 2.4 (depth_k / greatest depth - 1/2) + N(0, .6), with a
from -1.8 ... -.6, -.6 ... .6 or .6 ... 1.8 by thirds. She knows it where l_k >= .85 (p >= .70) and
she knows all that it requires; where only that is missing, l_k is 0 at the most. She answers right
with g + (1 - g) sigma(l_k + b), g the chance of a guess as above: who does not know a skill is
right all the same, often one time in two.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from darasa.content_packs.invented import invented_pack
from darasa.content_packs.item import (
    Answer,
    Choice,
    Item,
    Text,
    difficulty_milli,
    with_version,
)
from darasa.content_packs.pack import Pack
from darasa.content_packs.skill import Skill
from darasa.learning.learner_values import LearnerState
from darasa.learning.planning.knowledge import depths_of
from darasa.learning.planning.placement import Given, known_by, next_item_of

SHAPES: Final = ("chain", "strands", "tree", "layers", "wide")
WORLDS: Final = ("paths", "logits")
THIRDS: Final = 3
_ITEMS_A_SKILL: Final = 6
_KNOWN_LOGIT: Final = 0.85
_PATH_RIGHT: Final = 0.9


@dataclass(frozen=True, slots=True)
class Mind:
    """What a learner knows, and with which chance she is right on an item."""

    known: frozenset[str]
    chance: Callable[[Item], float]


@dataclass(frozen=True, slots=True)
class Placed:
    """What a placement made of her: shares of the course's skills, and how many items it took."""

    right: float  # placed as they are
    too_high: float  # taken as known, and not known
    items: int


def place(pack: Pack, mind: Mind, rng: random.Random) -> Placed:
    """One placement from its first item to its end."""
    given: list[Given] = []
    state, seed = LearnerState(), rng.randbytes(16)
    while (item := next_item_of(pack, state, given, seed=seed)) is not None:
        given.append(Given(item.id, rng.random() < mind.chance(item)))
    taken = set(known_by(pack, state, given))
    agreed = sum((skill in taken) == (skill in mind.known) for skill in pack.skills)
    count = len(pack.skills)
    return Placed(agreed / count, len(taken - mind.known) / count, len(given))


def mind_of(world: str, pack: Pack, third: int, rng: random.Random) -> Mind:
    """A learner of a third (0 the lowest) of one of the WORLDS."""
    return _path(pack, third, rng) if world == "paths" else _logits(pack, third, rng)


def _path(pack: Pack, third: int, rng: random.Random) -> Mind:
    count = len(pack.skills)
    learnt = rng.randint(third * count // THIRDS, (third + 1) * count // THIRDS)
    known: set[str] = set()
    while len(known) < learnt:
        skills = pack.skills.values()
        ready = [s.id for s in skills if s.id not in known and known.issuperset(s.requires)]
        if not ready:
            break
        known.add(rng.choice(ready))
    return Mind(
        frozenset(known),
        lambda item: _PATH_RIGHT if known.issuperset(item.skills) else _guess(item),
    )


def _logits(pack: Pack, third: int, rng: random.Random) -> Mind:
    depths = depths_of(tuple((skill.id, skill.requires) for skill in pack.skills.values()))
    deepest = max(depths.values()) or 1
    ability = 1.2 * (third - 1) + rng.uniform(-0.6, 0.6)
    logits, known = {}, set[str]()
    for skill in sorted(depths, key=lambda each: depths[each]):
        logit = ability + 1 - 2.4 * (depths[skill] / deepest - 0.5) + rng.gauss(0, 0.6)
        if logit >= _KNOWN_LOGIT and known.issuperset(pack.skills[skill].requires):
            known.add(skill)
        elif logit >= _KNOWN_LOGIT:
            logit = 0.0
        logits[skill] = logit

    def chance(item: Item) -> float:
        logit = min(logits[skill] for skill in item.skills) + difficulty_milli(item) / 1_000
        guess = _guess(item)
        return guess + (1 - guess) / (1 + math.exp(-logit))

    return Mind(frozenset(known), chance)


def _guess(item: Item) -> float:
    match item.kind:
        case "choice":
            return 0.8 / len(item.choices)
        case "multiple":
            return 0.5 ** len(item.choices)
        case _:
            return 0.05


def invented_course(shape: str, skills: int, rng: random.Random) -> Pack:
    """A course of one of the SHAPES: six items a skill, two of each difficulty, half of them typed.

    What a skill requires always comes before it, but not always near it.
    """
    made = tuple(
        Skill(id=f"s{k}", title=f"Skill {k}", requires=tuple(f"s{need}" for need in sorted(needs)))
        for k, needs in enumerate(_graph(shape, skills, rng))
    )
    items = [_item(skill.id, n, rng) for skill in made for n in range(_ITEMS_A_SKILL)]
    return invented_pack(made, items)


def _graph(shape: str, skills: int, rng: random.Random) -> Iterator[set[int]]:
    for k in range(skills):
        near = range(max(0, k - 8), k)
        match shape:
            case "chain":
                yield {k - 1} if k else set()
            case "strands":
                yield {k - 1} if k % max(3, skills // 5) else set()
            case "tree":
                yield {rng.randrange(k)} if k and rng.random() < 0.93 else set()
            case "layers":
                yield set(rng.sample(near, min(k, rng.randrange(4))))
            case _:
                yield {rng.randrange(k)} if k and rng.random() < 0.4 else set()


def _item(skill: str, nth: int, rng: random.Random) -> Item:
    words = f"What is {skill}, {nth}?"
    text = Text(words, words, words)
    kind = rng.choice(("answer", "choice"))
    choices = tuple(Choice(text, right=place == 0) for place in range(rng.choice((3, 4))))
    return with_version(
        Item(
            id=f"{skill}-{nth}",
            kind="answer" if kind == "answer" else "choice",
            skills=(skill,),
            prompt=text,
            difficulty=nth % 3 + 1,
            choices=choices if kind == "choice" else (),
            answers=(Answer("1", "number"),) if kind == "answer" else (),
        )
    )
