"""What a broken engine is: a name, and a small patch of functions that ship."""

from collections.abc import Callable
from typing import Any, NamedTuple

Patch = Callable[[Any, str, Any], None]


class Mutant(NamedTuple):
    """A broken engine. `damage(put)` calls `put(owner, name, replacement)`.

    `part`: only districts that have it can show it.
    """

    name: str
    damage: Callable[[Patch], None]
    part: str = ""


def mutant(damage: Callable[[Patch], None]) -> Mutant:
    """The mutant that is named like this function; any district may show it."""
    return Mutant(_name_of(damage), damage)


def mutant_of(part: str) -> Callable[[Callable[[Patch], None]], Mutant]:
    """The same of one that only districts with this part of `verify.parts` can show."""
    return lambda damage: Mutant(_name_of(damage), damage, part)


def _name_of(damage: Callable[[Patch], None]) -> str:
    return damage.__name__.strip("_").replace("_", " ")
