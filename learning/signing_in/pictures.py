"""Three pictures of twelve as a sign-in secret, for those who do not read numbers yet.

Pure. Owns: the twelve pictures and their order, which never changes, so that hands learn it; and
the form in which three of them are hashed: the keys of their places, "2a4". Does not know screens.
"""

import itertools
from typing import Final

from darasa.learning.errors import SecretError
from darasa.sync.ids import Rng

PICTURES: Final = (
    "sun", "fish", "tree", "house",
    "moon", "bird", "boat", "key",
    "star", "drum", "cup", "goat",
)  # fmt: skip
"""The words of the pictures, in the order in which every screen shows them."""

KEYS: Final = "123456789abc"
"""The key of each picture."""

PICTURES_CHOSEN: Final = 3


def check_pictures(text: str) -> str:
    """Three pictures as their keys; given as words or keys, with or without spaces.

    Raises SecretError unless they are three different ones.
    """
    given = text.casefold().replace(",", " ").split()
    if len(given) == 1 and given[0] not in PICTURES:
        given = list(given[0])
    keys = "".join(
        KEYS[PICTURES.index(one)] if one in PICTURES else one
        for one in given
        if one in PICTURES or one in KEYS
    )
    if len(given) != PICTURES_CHOSEN or len(set(keys)) != PICTURES_CHOSEN:
        raise SecretError("Sign-in pictures are three different ones of the twelve.")
    return keys


def words_of(keys: str) -> str:
    """The pictures of checked keys as words: "fish drum house"."""
    return " ".join(PICTURES[KEYS.index(key)] for key in keys)


def first_pictures(rng: Rng) -> str:
    """Three random pictures that are no run in their order: their keys."""
    while True:
        keys = "".join(_picked(rng) for _ in range(PICTURES_CHOSEN))
        if len(set(keys)) == PICTURES_CHOSEN and not easy_pictures(keys):
            return keys


def easy_pictures(keys: str) -> bool:
    """Whether these are among the first that anyone tries: neighbours, one after the other."""
    places = [KEYS.index(key) for key in keys]
    steps = {after - before for before, after in itertools.pairwise(places)}
    return steps in ({1}, {-1})


def _picked(rng: Rng) -> str:
    while True:
        number = rng(1)[0] >> 4
        if number < len(KEYS):  # 16 is no multiple of 12: draw again, or the first ones win
            return KEYS[number]
