"""Whether two names may be one child's: what a teacher is asked before a second entry is made.

Pure. A likeness is a question and never a refusal (field-requirements R7, R11): two children of one
name are common, and so is one child who is typed twice.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeVar

_SHORT: Final = 4  # in names of so few letters one letter makes another name: Ali, Asi

Known = TypeVar("Known")


def alike(one: str, other: str) -> bool:
    """Whether two names are equal but for case, accents, the order of words, one letter, or a last
    name that is only an initial.
    """
    left, right = _words(one), _words(other)
    if not left or not right:
        return False
    if sorted(left) == sorted(right) or _same_but_initial(left, right):
        return True
    whole = " ".join(left), " ".join(right)
    return min(map(len, whole)) > _SHORT and one_edit_apart(*whole)


def likes_of(name: str, known: Iterable[tuple[str, Known]]) -> list[Known]:
    """Those of `known` (name, anything) whose names may be the same child's, in order."""
    return [each for other, each in known if alike(name, other)]


def one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbours swapped, makes them equal; or
    nothing. Linear in their length.
    """
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return True
    if len(one) != len(other):
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        return longer[at + 1 :] == shorter[at:]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return one[at + 1 :] == other[at + 1 :] or swapped


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    """The words of a name: letters and digits only, without accents and capitals."""
    bare = (c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    kept = "".join(c if c.isalnum() else " " for c in "".join(bare).casefold())
    return tuple(kept.split())


def _same_but_initial(left: Sequence[str], right: Sequence[str]) -> bool:
    """ "Asha M." and "Asha Mwangi"; two names that are both cut say too little."""
    if len(left) < 2 or len(right) < 2 or left[0] != right[0]:
        return False
    short, long = sorted((left[-1], right[-1]), key=len)
    return len(short) == 1 < len(long) and long.startswith(short)
