"""Text with places for drawn numbers: `@{n*k}/@{d*k}`.

Owns: the built form of a template. `@{formula}` shows the exact value; `@{formula|atom}` is what
the maths printer writes where the value must hold together (a part of a fraction, a power): there
a negative number or a fraction gets brackets. Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from darasa.content_packs.expression import Formula, Number, formula

PLACE: Final = re.compile(r"@\{([^{}|\n]*)(\|atom)?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a template: its formula, and whether its value must hold together."""

    source: str
    value: Formula
    atom: bool


@lru_cache(maxsize=8192)
def parts(template: str) -> tuple[str | Place, ...]:
    """The template cut into literal text and places. Raises ExpressionError."""
    found: list[str | Place] = []
    at = 0
    for match in PLACE.finditer(template):
        found.append(template[at : match.start()])
        found.append(Place(match[1], formula(match[1]), match[2] is not None))
        at = match.end()
    found.append(template[at:])
    return tuple(part for part in found if part != "")


def fill(template: str, values: Mapping[str, int]) -> str:
    """The template with its numbers. Raises ExpressionError where a formula has no value."""
    if "@{" not in template:
        return template
    return "".join(
        part if isinstance(part, str) else shown(part.value(values), atom=part.atom)
        for part in parts(template)
    )


@lru_cache(maxsize=8192)
def filler(template: str) -> Callable[[Mapping[str, int]], str]:
    """What `fill` does with one template, made ready for whoever fills it again and again."""
    cut = parts(template)
    places = [part for part in cut if isinstance(part, Place)]
    if any(place.atom for place in places):
        return lambda values: fill(template, values)
    if len(cut) == len(places) == 1:
        (only,) = places
        return lambda values: str(only.value(values))
    text = "".join("%s" if isinstance(part, Place) else part.replace("%", "%%") for part in cut)
    formulas = [place.value for place in places]
    return lambda values: text % tuple([value(values) for value in formulas])


def shown(value: Number, *, atom: bool) -> str:
    """A number as a learner reads it: `12`, `3/4`; in an atom `(-3)`, `(3/4)`."""
    if atom and (value < 0 or not isinstance(value, int)):
        return f"({value})"
    return str(value)
