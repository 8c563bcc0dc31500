"""Proving an item: with many sets of numbers, and in each of them everything must hold.

Owns: which sets of numbers an item is tried with. What must hold is for `trial`. Pure.
"""

import math
from collections.abc import Mapping
from typing import Final

from darasa.content_packs.compile_items import Compiled
from darasa.content_packs.errors import InstanceError, PackError
from darasa.content_packs.expression import VALUE_MAX, condition
from darasa.content_packs.findings import Findings
from darasa.content_packs.instance import draw_values, possible, words_for
from darasa.content_packs.item import Item
from darasa.content_packs.trial import Trial

DRAWS: Final = 200
SETS_MAX: Final = 800
"""Sets of numbers that are listed rather than drawn: listing costs memory, drawing time."""
WHERE_LEAST: Final = 20
"""`where` must hold for one set of numbers in so many, or a draw may never end."""
_LEARNER: Final = b"proof"


def prove(compiled: Compiled, findings: Findings, *, draws: int = DRAWS) -> bool:
    """Try an item with its numbers; the first fault becomes a finding and False is returned.

    An item that has at most `draws` sets of numbers is tried with each of them, one that has up
    to SETS_MAX with so many of them, any other one with as many draws as a learner would see.
    """
    item = compiled.item
    line = compiled.raw.marks["vars"].line if item.vars else compiled.raw.line
    try:
        cases = _listed_values(item, draws) or _drawn_values(item, draws)
    except PackError as error:
        findings.error(line, error.what, error.remedy)
        return False
    trial = Trial(compiled)
    for values in cases:
        if large := next((name for name in values if abs(values[name]) > VALUE_MAX), None):
            findings.error(line, f"`{large}` comes out too large.", "Change `vars`.")
            return False
        if fault := trial.fault(values):
            line, what, remedy = fault
            findings.error(line, f"{what}{_with(values)}.", remedy)
            return False
    return True


def _listed_values(item: Item, most: int) -> list[dict[str, int]]:
    """Every set of values, or `most` of them; nothing when there are too many to list.

    Raises PackError where a variable has no value.
    """
    sets: list[dict[str, int]] = [{}]
    for var in item.vars:
        spans = [(before, possible(var, before)) for before in sets]
        if sum(len(span) for _, span in spans) > SETS_MAX:
            return []
        sets = [{**before, var.name: value} for before, span in spans for value in span]
    tests = [condition(test) for test in item.where]
    kept = [values for values in sets if all(test(values) for test in tests)] if tests else sets
    if len(kept) * WHERE_LEAST < len(sets):
        raise InstanceError(
            f"`where` holds for {len(kept)} of {len(sets)} sets of numbers, which is too few.",
            remedy="Choose `vars` so that it holds more often.",
        )
    return _spread(kept, most)


def _spread(sets: list[dict[str, int]], most: int) -> list[dict[str, int]]:
    """At most so many of the sets, taken from all over the list."""
    count = len(sets)
    if count <= most:
        return sets
    step = next(step for step in range(count * 5 // 8, 2 * count) if math.gcd(step, count) == 1)
    return [sets[nth * step % count] for nth in range(most)]


def _drawn_values(item: Item, draws: int) -> list[dict[str, int]]:
    """The different sets of values in some draws. Raises PackError."""
    names = [var.name for var in item.vars]
    drawn = {draw_values(item, words_for(_LEARNER, item.id, nth)) for nth in range(1, draws + 1)}
    return [dict(zip(names, values, strict=True)) for values in sorted(drawn)]


def _with(values: Mapping[str, int]) -> str:
    if not values:
        return ""
    return " with " + ", ".join(f"{name} = {value}" for name, value in values.items())
