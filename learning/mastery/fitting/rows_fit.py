"""What is known of items and skills, fitted to answers, while the weights stay as they are.

For nodes that hold too little to fit weights, and for one pack of several (decision 0028). The
steps are those of fit.py: MAP Rasch for b, cross-fitted over learners; then the corrections u of
items and skills by L2 logistic regression, the sum of weights and features being fixed.
"""

from dataclasses import replace as replace_block
from typing import Final

import numpy as np
from msgspec.structs import replace

from darasa.learning.mastery.fitting.answers import Answers, Floats, Ints
from darasa.learning.mastery.fitting.fit import (
    Fit,
    Told,
    features_of,
    folds_of,
    micro,
    scores_of,
)
from darasa.learning.mastery.fitting.rasch import Difficulties, fit_rasch
from darasa.learning.mastery.fitting.regression import (
    SPARSE,
    Block,
    fit_blocks,
    item_and_skill_blocks,
)
from darasa.learning.mastery.parameters import NamedValues, Parameters
from darasa.learning.mastery.rlf import INTERCEPT, MEAN, Rlf
from darasa.learning.mastery.rlf_features import FEATURES
from darasa.learning.mastery.scores import MICRO, Scores

PENALTIES: Final = (64.0, 16.0, SPARSE)
"""Of the corrections: how far items are from what is said of them. Which one fits best is seen on
learners left out."""

_TRIED_MAX: Final = 50_000
"""More answers say by themselves how far: the least is taken."""


def fit_rows(
    answers: Answers,
    before: Parameters,
    *,
    name: str,
    version: int,
    source: str = "",
    pack: str | None = None,
    told: Told = lambda _: None,
) -> Fit:
    """Rows of a pack, or of all there are; other packs' rows, and the weights, are `before`'s.

    `answers` are those of whole learners: what they did in other packs is part of their features.
    Where packs say how hard items are, b is what they say: answers to items that a planner chose
    give b upside down (`fit_rlf`), and what a pack misjudges is in u_i.
    """
    mine = np.flatnonzero([pack is None or row.item[0] == pack for row in answers.rows])
    tried = PENALTIES if len(mine) <= _TRIED_MAX else PENALTIES[-1:]
    maker = _Maker(answers, before, pack)
    told("difficulties")
    known = _difficulties(answers, mine, before)
    told("features")
    z = maker.fixed(
        features_of(answers, [Rlf(maker.parameters(k)) for k in known[1:]], _fold(answers))
    )
    told("corrections")
    found = [_fit_at(answers, mine, maker, known[0], z=z, penalty=penalty) for penalty in tried]
    parameters, held_out = min(found, key=lambda each: each[1].log_loss() or 0.0)
    return Fit(
        parameters=replace(parameters, name=name, version=version, source=source),
        rows=len(mine),
        learners=len(set(answers.learner[mine].tolist())),
        items=len({int(n) for n in answers.item[mine]}),
        skills=sum(pack is None or key[0] == pack for key in answers.skills),
        folds=folds_of(answers),
        held_out=held_out,
        is_refit=False,
        is_said=bool(answers.told.any()),
    )


def _fold(answers: Answers) -> Ints:
    fold: Ints = answers.learner % folds_of(answers)
    return fold


def _difficulties(answers: Answers, mine: Ints, before: Parameters) -> list[Difficulties]:
    """Of all learners, and then without those of each fold; as packs say them, if they do."""
    folds, fold = folds_of(answers), _fold(answers)
    if answers.told.any():
        mean = before.weights[MEAN] / MICRO
        said = Difficulties(mean + answers.told, np.full(len(answers.skills), mean), mean)
        return [said] * (1 + folds)
    whole, point = fit_rasch(answers, mine)
    parts = [fit_rasch(answers, mine[fold[mine] != each], point)[0] for each in range(folds)]
    return [whole, *parts]


def _fit_at(
    answers: Answers,
    mine: Ints,
    maker: "_Maker",
    known: Difficulties,
    *,
    z: Floats,
    penalty: float,
) -> tuple[Parameters, Scores]:
    """The parameters at one penalty, and how good they are on the learners of each fold in turn."""
    folds, fold = folds_of(answers), _fold(answers)
    blocks = [replace_block(each, penalty=penalty) for each in item_and_skill_blocks(answers)]
    logits = z.copy()
    for each in range(folds if folds > 1 else 0):
        left = mine[fold[mine] == each]
        found = _corrections(answers, z, mine[fold[mine] != each], blocks)
        here = logits[left]
        for block, u in zip(blocks, found, strict=True):
            block.of_rows(left, len(answers)).add(here, u)
        logits[left] = here
    parameters = maker.parameters(known, _corrections(answers, z, mine, blocks))
    return parameters, scores_of(logits[mine], answers.correct[mine])


def _corrections(
    answers: Answers, z: Floats, used: Ints, blocks: list[Block]
) -> tuple[Floats, ...]:
    return fit_blocks(
        z[used], answers.correct[used], [each.of_rows(used, len(answers)) for each in blocks]
    )


class _Maker:
    """Puts parameters together from those before and what was found of the pack."""

    def __init__(self, answers: Answers, before: Parameters, pack: str | None) -> None:
        self._answers = answers
        self._before = before
        self._packs = {pack} if pack is not None else {key[0] for key in answers.items}
        self._mean = pack is None

    def fixed(self, dense: Floats) -> Floats:
        """What weights and features give; the corrections are beside it."""
        weights = self._before.weights
        of_features = np.array([weights[feature] for feature in FEATURES]) / MICRO
        fixed: Floats = weights[INTERCEPT] / MICRO + dense @ of_features
        return fixed

    def parameters(
        self, known: Difficulties, corrections: tuple[Floats, ...] | None = None
    ) -> Parameters:
        answers, before = self._answers, self._before
        of_items, of_skills = corrections or (
            np.zeros(len(answers.items)),
            np.zeros(len(answers.skills)),
        )
        weights = dict(before.weights)
        if self._mean:
            weights[MEAN] = micro(known.mean)
        return replace(
            before,
            weights=weights,
            skills=self._rows(before.skills, answers.skills, known.skills, of_skills),
            items=self._rows(before.items, answers.items, known.items, of_items),
        )

    def _rows(
        self,
        before: tuple[NamedValues, ...],
        keys: list[tuple[str, str]],
        b: Floats,
        u: Floats,
    ) -> tuple[NamedValues, ...]:
        found = [
            NamedValues(*key, (micro(of), micro(by)))
            for key, of, by in zip(keys, b, u, strict=True)
            if key[0] in self._packs
        ]
        return (*(row for row in before if row.pack not in self._packs), *found)


def of_enough_learners(parameters: Parameters, answers: Answers, least: int) -> Parameters:
    """Without the items and skills that fewer learners have answered: who they are, and how they
    did, could be guessed. Such an item gets its skill's mean.
    """
    items: dict[tuple[str, str], set[str]] = {}
    skills: dict[tuple[str, str], set[str]] = {}
    for row in answers.rows:
        items.setdefault(row.item, set()).add(row.learner)
        for key in row.skills:
            skills.setdefault(key, set()).add(row.learner)

    def kept(
        rows: tuple[NamedValues, ...], by: dict[tuple[str, str], set[str]]
    ) -> tuple[NamedValues, ...]:
        few = {key for key, learners in by.items() if len(learners) < least}
        return tuple(row for row in rows if (row.pack, row.name) not in few)

    return replace(
        parameters, items=kept(parameters.items, items), skills=kept(parameters.skills, skills)
    )
