"""How hard the items of a pack are by a fit, in the unit that packs use. Pure.

A fit says of an item w_b b_i + u_i, in logits; packs are used with the weights of `WARM`, so its
ease is

    e_i = (w_b b_i + u_i) / w_b(WARM)

An item that the fit does not know has the mean of what the fit knows of each of its skills' items.
In a pack 0 is the reference item of the skill, and "Got it" asks for answers to such items or
harder ones. So the level of each skill k is taken off, by which its items are easier than their
authors wrote (a_i), or more: of the items with this skill alone at least as many stay at 0 or below
as were written so.

    level_k = mean of e_i - a_i over the items that the fit knows
    off_k   = max(level_k, the n-th least e_i of items with k alone), n of them with a_i <= 0
    d_i     = e_i - mean of off_k over its skills that the fit knows

All whole numbers, units of 1e-6, rounded down: equal fits and packs give equal difficulties.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from darasa.content_packs.item import FITTED_MAX_MILLI, Item, written_milli
from darasa.learning.errors import FitError
from darasa.learning.mastery.answers_csv import PACK as ANY_PACK
from darasa.learning.mastery.parameters import Parameters, ParametersError
from darasa.learning.mastery.rlf import Rlf
from darasa.learning.mastery.shipped import WARM

if TYPE_CHECKING:
    from darasa.content_packs.pack import Pack

FAR_MILLI: Final = 1_000
"""One whole step of an author's: what is further off was put at a wrong step, or asks unclearly."""

_MILLI: Final = 1_000
_B: Final = "b"


@dataclass(frozen=True, slots=True)
class Far:
    """An item that is `harder_milli` harder (easier below 0) than it was written, beside others of
    its skills."""

    item: str
    written: int
    harder_milli: int


@dataclass(frozen=True, slots=True)
class PackDifficulties:
    """Logits in thousandths by item, and how many of them come from where."""

    fitted_milli: Mapping[str, int]
    from_answers: int
    from_skills: int
    as_written: int
    far: tuple[Far, ...]


def pack_difficulties(pack: "Pack", fit: Parameters) -> PackDifficulties:
    """The difficulties of a pack's items by a fit of its answers, or of a file of answers.

    A file's items have no pack: they are taken by their ids. Raises FitError for a fit of another
    model and for one that knows no item of the pack.
    """
    known = _eases(pack, fit)
    if not known:
        raise FitError(f"It knows no item of the pack {pack.id}.")
    of_skill = _of_skills(pack, known)
    eases = known | _by_skill(pack, known, of_skill)
    levels = {skill: _level(items, known) for skill, items in of_skill.items()}
    offs = {skill: _off(level, pack.items_of(skill), eases) for skill, level in levels.items()}
    fitted = {
        name: _bounded((ease - _mean_of(pack.items[name], offs)) // _MILLI)
        for name, ease in eases.items()
    }
    return PackDifficulties(
        fitted_milli={name: fitted[name] for name in pack.items if name in fitted},
        from_answers=len(known),
        from_skills=len(eases) - len(known),
        as_written=len(pack.items) - len(eases),
        far=_far(pack, known, levels),
    )


def _eases(pack: "Pack", fit: Parameters) -> dict[str, int]:
    """What the fit says of the items that it knows, as the shipped weights take it."""
    try:
        Rlf(fit)
    except ParametersError as error:
        raise FitError(f"It is no fit that packs can use: {error}.") from error
    weight, shipped = fit.weights[_B], WARM.weights[_B]
    of_file: dict[str, int] = {}
    of_pack: dict[str, int] = {}
    for row in fit.items:
        if row.name in pack.items and row.pack in (pack.id, ANY_PACK):
            b, u = row.values
            found = of_pack if row.pack == pack.id else of_file
            found[row.name] = (weight * b + u * 1_000_000) // shipped
    return of_file | of_pack


def _of_skills(pack: "Pack", known: Mapping[str, int]) -> dict[str, list[Item]]:
    """The items that the fit knows, by the skills that it knows by them."""
    found: dict[str, list[Item]] = {}
    for item in pack.items.values():
        if item.id in known:
            for skill in item.skills:
                found.setdefault(skill, []).append(item)
    return found


def _by_skill(
    pack: "Pack", known: Mapping[str, int], of_skill: Mapping[str, Sequence[Item]]
) -> dict[str, int]:
    means = {
        skill: sum(known[item.id] for item in items) // len(items)
        for skill, items in of_skill.items()
    }
    return {
        item.id: _mean_of(item, means)
        for item in pack.items.values()
        if item.id not in known and not means.keys().isdisjoint(item.skills)
    }


def _level(items: Sequence[Item], known: Mapping[str, int]) -> int:
    return sum(known[item.id] - written_milli(item) * _MILLI for item in items) // len(items)


def _off(level: int, items: Sequence[Item], eases: Mapping[str, int]) -> int:
    """What is taken off: the level, or more, so that enough items show that she has got it."""
    alone = [item for item in items if len(item.skills) == 1]
    usual = sum(written_milli(item) <= 0 for item in alone)
    if not usual:
        return level
    return max(level, sorted(eases[item.id] for item in alone)[usual - 1])


def _mean_of(item: Item, by_skill: Mapping[str, int]) -> int:
    """Over those of its skills that are there; there is one."""
    found = [by_skill[skill] for skill in item.skills if skill in by_skill]
    return sum(found) // len(found)


def _far(pack: "Pack", known: Mapping[str, int], levels: Mapping[str, int]) -> tuple[Far, ...]:
    """The furthest first."""
    found = []
    for name, ease in known.items():
        item = pack.items[name]
        easier = (ease - _mean_of(item, levels)) // _MILLI - written_milli(item)
        if abs(easier) > FAR_MILLI:
            found.append(Far(name, item.difficulty, -easier))
    return tuple(sorted(found, key=lambda far: (-abs(far.harder_milli), far.item)))


def _bounded(milli: int) -> int:
    return min(max(milli, -FITTED_MAX_MILLI), FITTED_MAX_MILLI)
