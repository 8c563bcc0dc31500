"""Statistics of items and skills over many learners, and which items look wrong.

Owns: the measures. Pure: what each learner tried comes as rows, in one pass, and nobody's name.

An item is judged by the first try of each learner that counts, 1 for right alone and 0 otherwise.
The chance expected of learner l on item i is that of the Rasch model (Rasch 1960), with the
difficulty b_i that the pack ships and her ability from her *other* items, one Newton step of the
MAP estimate with prior N(0, 1/1.5), as the mastery model starts from:

    G = sum_j (x_j - sigma(b_j)),  V = sum_j sigma(b_j) (1 - sigma(b_j))      over all her items
    rest_li = (G - e_i) / (1.5 + V - v_i);      p_li = sigma(b_i + rest_li)

`shift` is how much easier an item is than its difficulty says, in logits, with the median of its
skill taken off: logit(observed) - logit(expected), halves added (Haldane 1956). Whole skills are
hard for other reasons than the wording of one item. `item_rest` is the corrected item-rest
correlation (Henrysson 1963, "Correction of item-total correlations in item analysis"), with
`rest_li` for the rest score, so that it may be taken where everybody met other items. A usual item
has .2 and more (Ebel and Frisbie 1991, "Essentials of educational measurement"); below 0 those who
know more get it right less, mostly because its key is wrong.

Both hints are for a person to look at the item: neither withdraws it.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Final

from darasa.learning.evidence import ItemKey, Outcome, SkillKey
from darasa.learning.tried import Tried, TriedRow

LEARNERS_MIN: Final = 15
"""First tries of fewer say nothing of an item."""

ALIKE_MIN: Final = 3
"""Items of a skill, this one too, before one of them can be the odd one."""

HARDER_LOGITS: Final = -1.0
"""One whole step of the pack's difficulties: what is harder than that was put at a wrong step."""

HARDER_Z: Final = -3.0
"""One item in seven hundred by chance: a course has some hundreds."""

REST_MAX: Final = 0.05
"""The upper end of what the item-rest correlation may be (Fisher's z, 97.5 %), to be in doubt."""

_REST_Z: Final = 1.96
_PRIOR: Final = 1.5
_FAR: Final = 20.0  # logits; what is further off is as good as sure
_OTHERS_MIN: Final = 3  # items besides this one that tell her ability


class Doubt(StrEnum):
    """What looks wrong with an item."""

    HARDER = "harder"
    NOT_APART = "not-apart"


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item. `chances` and the counts after it are of all tries; the rest of the first ones.

    `expected`, `observed` and what follows are None where `firsts` is 0, `shift` and `item_rest`
    where there are too few to say.
    """

    key: ItemKey
    skills: tuple[SkillKey, ...]
    learners: int
    chances: int
    counted: int
    alone: int
    with_help: int
    firsts: int
    observed: float | None
    expected: float | None
    median_ms: int | None
    shift: float | None = None
    item_rest: float | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class SkillStatistics:
    """One skill: the sums over its items. `learners` are distinct."""

    key: SkillKey
    learners: int
    chances: int
    counted: int
    alone: int
    with_help: int
    median_ms: int | None
    items: tuple[ItemStatistics, ...]


@dataclass(slots=True)
class _Item:
    """The sums of one item."""

    skills: tuple[SkillKey, ...]
    learners: int = 0
    chances: int = 0
    counted: int = 0
    alone: int = 0
    with_help: int = 0
    right: int = 0
    expected: float = 0.0
    tenths: "array[int]" = field(default_factory=lambda: array("H"))
    rests: int = 0  # those whose ability is told by other items
    sum_x: int = 0
    sum_r: float = 0.0
    sum_rr: float = 0.0
    sum_xr: float = 0.0


class Statistics:
    """The sums, learner after learner. Cost: about 1.5 us an item of a learner."""

    def __init__(self) -> None:
        self.learners = 0
        self._items: dict[ItemKey, _Item] = {}
        self._learners_of: dict[SkillKey, int] = defaultdict(int)

    def take(self, row: TriedRow) -> None:
        """One learner."""
        self.learners += 1
        found = [(tried, _sigma(tried.difficulty_milli / 1_000)) for tried in row.items]
        firsts = [(tried, p) for tried, p in found if tried.first is not None]
        gradient = sum((tried.first == Outcome.RIGHT) - p for tried, p in firsts)
        curvature = sum(p * (1 - p) for _, p in firsts)
        for tried, p in found:
            item = self._item(tried)
            item.learners += 1
            item.chances += tried.chances
            item.counted += tried.counted
            item.alone += tried.alone
            item.with_help += tried.with_help
            if tried.first is None:
                continue
            x = int(tried.first == Outcome.RIGHT)
            rest = (gradient - x + p) / (_PRIOR + curvature - p * (1 - p))
            item.right += x
            item.expected += _sigma(tried.difficulty_milli / 1_000 + rest)
            item.tenths.append(tried.tenths)
            if len(firsts) > _OTHERS_MIN:
                item.rests += 1
                item.sum_x += x
                item.sum_r += rest
                item.sum_rr += rest * rest
                item.sum_xr += x * rest
        for key in {(tried.pack, skill) for tried in row.items for skill in tried.skills}:
            self._learners_of[key] += 1

    def _item(self, tried: Tried) -> _Item:
        key = (tried.pack, tried.item)
        item = self._items.get(key)
        if item is None:
            skills = tuple((tried.pack, skill) for skill in tried.skills)
            item = self._items[key] = _Item(skills)
        return item

    def items(self) -> tuple[ItemStatistics, ...]:
        """Every item that somebody met, by its key."""
        shifts = {key: _shift(item) for key, item in self._items.items()}
        by_skill: dict[SkillKey, list[float]] = defaultdict(list)
        for key, shift in shifts.items():
            if shift is not None:
                by_skill[self._items[key].skills[0]].append(shift)
        usual = {key: median(each) for key, each in by_skill.items() if len(each) >= ALIKE_MIN}
        return tuple(
            _statistics(key, item, shifts[key], usual.get(item.skills[0]))
            for key, item in sorted(self._items.items())
        )

    def skills(self) -> tuple[SkillStatistics, ...]:
        """Every skill that somebody met, by its key."""
        by_skill: dict[SkillKey, list[ItemStatistics]] = defaultdict(list)
        for item in self.items():
            for key in item.skills:
                by_skill[key].append(item)
        return tuple(self._skill(key, items) for key, items in sorted(by_skill.items()))

    def _skill(self, key: SkillKey, items: Sequence[ItemStatistics]) -> SkillStatistics:
        tenths = array("H")
        for item in items:
            tenths.extend(self._items[item.key].tenths)
        return SkillStatistics(
            key=key,
            learners=self._learners_of[key],
            chances=sum(item.chances for item in items),
            counted=sum(item.counted for item in items),
            alone=sum(item.alone for item in items),
            with_help=sum(item.with_help for item in items),
            median_ms=_median_ms(tenths),
            items=tuple(items),
        )


def statistics_of(rows: Iterable[TriedRow]) -> Statistics:
    """The sums over these learners."""
    sums = Statistics()
    for row in rows:
        sums.take(row)
    return sums


def _statistics(
    key: ItemKey, item: _Item, shift: float | None, usual: float | None
) -> ItemStatistics:
    firsts = len(item.tenths)
    observed = item.right / firsts if firsts else None
    expected = item.expected / firsts if firsts else None
    if expected is not None and usual is not None:
        expected = _sigma(_logit(expected) + usual)
    own = None if shift is None or usual is None else shift - usual
    correlation = _item_rest(item)
    doubts: list[Doubt] = []
    if own is not None and observed is not None and expected is not None:
        z = (observed - expected) / math.sqrt(expected * (1 - expected) / firsts)
        if own <= HARDER_LOGITS and z <= HARDER_Z:
            doubts.append(Doubt.HARDER)
    if correlation is not None:
        upper = math.tanh(math.atanh(correlation) + _REST_Z / math.sqrt(item.rests - 3))
        if upper < REST_MAX:
            doubts.append(Doubt.NOT_APART)
    return ItemStatistics(
        key=key,
        skills=item.skills,
        learners=item.learners,
        chances=item.chances,
        counted=item.counted,
        alone=item.alone,
        with_help=item.with_help,
        firsts=firsts,
        observed=observed,
        expected=expected,
        median_ms=_median_ms(item.tenths),
        shift=own,
        item_rest=correlation,
        doubts=tuple(doubts),
    )


def _shift(item: _Item) -> float | None:
    firsts = len(item.tenths)
    if firsts < LEARNERS_MIN:
        return None
    right = item.right
    return math.log((right + 0.5) / (firsts - right + 0.5)) - _logit(item.expected / firsts)


def _item_rest(item: _Item) -> float | None:
    """Pearson's correlation of right or not with ability by the other items."""
    n = item.rests
    if n < LEARNERS_MIN:
        return None
    var_x = item.sum_x * (n - item.sum_x)
    var_r = n * item.sum_rr - item.sum_r * item.sum_r
    if var_x <= 0 or var_r <= 1e-9:
        return None  # all right, or all wrong
    correlation = (n * item.sum_xr - item.sum_x * item.sum_r) / math.sqrt(var_x * var_r)
    return max(-0.999, min(0.999, correlation))


def _median_ms(tenths: "array[int]") -> int | None:
    return int(median(tenths) * 100) if tenths else None


def _sigma(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-_FAR, min(_FAR, logit))))


def _logit(p: float) -> float:
    return math.log(p / (1 - p))
