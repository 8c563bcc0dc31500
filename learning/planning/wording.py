"""Whether it is the words or the skill: two wordy items not yet right, then one with few words.

Owns: what is wordy and what is bare, when a bare item is due, and what its answer has shown.
Derived from the answers alone: it needs no event of its own. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from darasa.content_packs.item import Item
from darasa.learning.evidence import ItemKey, Outcome, SkillKey
from darasa.learning.learner_values import Try

WORDY_WORDS: Final = 20
"""A question of so many words has to be read for what it asks: two sentences or more."""

BARE_WORDS: Final = 12
"""A question of at most so many is one short sentence around the numbers."""

NOT_YETS: Final = 2


class Wording(StrEnum):
    """What a bare item after wordy ones has shown of a skill."""

    WORDS = "words"
    SKILL = "skill"


def words_in(item: Item) -> int:
    """How many words the question of an item has."""
    return len(item.prompt.plain.split())


def bare_is_due(
    tail: Sequence[Try], skill: SkillKey, words_of: Callable[[ItemKey], int | None]
) -> bool:
    """Whether her last two items of a skill were wordy and neither was right at the first answer.

    `words_of` gives the words of a question, None for one that is not in the pack.
    """
    last = [_words(each, words_of) for each in _first_tries(tail, skill)[-NOT_YETS:]]
    return len(last) == NOT_YETS and all(words >= WORDY_WORDS for words in last)


def found(tail: Sequence[Try], words: Mapping[ItemKey, int]) -> Mapping[SkillKey, Wording]:
    """For the skills of her last tries, what the last bare item after two wordy not-yets showed.

    Right: the words were in the way. Not yet: the skill is. A later pair shows it anew.
    """
    shown: dict[SkillKey, Wording] = {}
    for skill in dict.fromkeys((each.pack, each.skill) for each in tail):
        tries = _first_tries(tail, skill)
        for at in range(NOT_YETS, len(tries)):
            bare = tries[at]
            is_bare = 0 < words.get((bare.pack, bare.item), 0) <= BARE_WORDS
            if is_bare and bare_is_due(tries[:at], skill, words.get):
                right = bare.outcome == Outcome.RIGHT
                shown[skill] = Wording.WORDS if right else Wording.SKILL
    return shown


def sentence(wording: Wording, title: str) -> str:
    """What it means, for the teacher."""
    if wording is Wording.WORDS:
        return f"{title}: right with few words, not yet with many. Read one together."
    return f"{title}: not yet with many words, nor with few. It is the skill."


def _first_tries(tail: Sequence[Try], skill: SkillKey) -> list[Try]:
    return [each for each in tail if each.try_nth == 1 and (each.pack, each.skill) == skill]


def _words(each: Try, words_of: Callable[[ItemKey], int | None]) -> int:
    """The words of an item that was not yet right; 0 for any other."""
    if each.outcome != Outcome.NOT_YET:
        return 0
    return words_of((each.pack, each.item)) or 0
