"""Parameters of RLF from answers (mastery.md section 2): MAP Rasch for b, then regression.

No learner's answer sets the b that she meets: b comes from the learners of the other folds, as it
will for learners who are not in the data. A first regression leaves one fold out, and its
predictions there say how good the fit is; the parameters come from all rows.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from darasa.learning.evidence import ItemKey
from darasa.learning.mastery.fitting.answers import Answers, Floats, Ints
from darasa.learning.mastery.fitting.rasch import Difficulties, fit_rasch
from darasa.learning.mastery.fitting.regression import (
    Fitted,
    fit_logistic,
    item_and_skill_blocks,
)
from darasa.learning.mastery.parameters import NamedValues, Parameters
from darasa.learning.mastery.rlf import INTERCEPT, MEAN, NAME, Rlf
from darasa.learning.mastery.rlf_features import FEATURES
from darasa.learning.mastery.scores import MICRO, Scores
from darasa.learning.mastery.shipped import WARM

FOLDS: Final = 5
_LOGIT_MAX: Final = 12.0  # beyond it sigma does not change
_WEIGHT_MAX: Final = 40.0

Told = Callable[[str], None]
"""Takes the name of a step as it begins."""


@dataclass(frozen=True)
class Fit:
    """What came of a fit: the parameters, and how good they are on learners left out of it."""

    parameters: Parameters
    rows: int
    learners: int
    items: int
    skills: int
    folds: int
    held_out: Scores
    is_refit: bool = True  # the weights, too, and not only what is known of items and skills
    is_said: bool = False  # b is as packs say it, and not fitted
    few: int = 0  # items that are left out, as too few learners have answered them


def fit_rlf(
    answers: Answers,
    *,
    name: str,
    version: int = 1,
    source: str = "",
    said_milli: Mapping[ItemKey, int] | None = None,
    told: Told = lambda _: None,
) -> Fit:
    """Fit everything. Cost: about 40 us an answer; memory: about 1 kB an answer.

    `said_milli`: how easy the packs say that items are (logits x 1000); then b is what they say and
    is not fitted. For answers to items that a planner chose: it gives easy ones to those who do not
    know a skill yet and hard ones to the same learners once they do, so that hard items look easy
    to a Rasch model, which knows no learning. What packs misjudge goes into u_i, beside the state.
    """
    folds = folds_of(answers)
    fold = answers.learner % folds
    everyone = np.arange(len(answers))
    told("difficulties")
    fitted_b, point = fit_rasch(answers, everyone)
    whole = _as_said(answers, fitted_b, said_milli)
    models = []
    for each in range(folds):
        told(f"difficulties without fold {each + 1} of {folds}")
        part, _ = fit_rasch(answers, everyone[fold != each], point)
        models.append(Rlf(_parameters(answers, _as_said(answers, part, said_milli))))
    told("features")
    dense = features_of(answers, models, fold)
    told("weights without one fold")
    blocks = item_and_skill_blocks(answers)
    kept, left = everyone[fold != 0], everyone[fold == 0]
    first = fit_logistic(
        dense[kept], answers.correct[kept], [b.of_rows(kept, len(answers)) for b in blocks]
    )
    logits = first.logits(dense[left], [b.of_rows(left, len(answers)) for b in blocks])
    told("weights")
    fitted = fit_logistic(dense, answers.correct, blocks, first)
    return Fit(
        parameters=_parameters(answers, whole, fitted, name=name, version=version, source=source),
        rows=len(answers),
        learners=len(answers.learners),
        items=len(answers.items),
        skills=len(answers.skills),
        folds=folds,
        held_out=scores_of(logits, answers.correct[left]),
        is_said=said_milli is not None,
    )


def folds_of(answers: Answers) -> int:
    """In how many parts learners go: one each where there are few."""
    return max(1, min(FOLDS, len(answers.learners)))


def held_out_rows(answers: Answers) -> Iterator[Any]:
    """The answers of the learners on whom `Fit.held_out` was measured."""
    folds = folds_of(answers)
    return (answers.rows[at] for at in np.flatnonzero(answers.learner % folds == 0))


def micro(value: float, most: float = _LOGIT_MAX) -> int:
    """A logit in units of 1e-6, within bounds."""
    return round(min(max(float(value), -most), most) * MICRO)


def _as_said(
    answers: Answers, known: Difficulties, said_milli: Mapping[ItemKey, int] | None
) -> Difficulties:
    """The mean as fitted, and around it what the packs say of each item."""
    if said_milli is None:
        return known
    said = np.array([said_milli.get(key, 0) for key in answers.items]) / 1_000
    return Difficulties(
        items=known.mean + said,
        skills=np.full(len(answers.skills), known.mean),
        mean=known.mean,
    )


def features_of(answers: Answers, models: list[Rlf], fold: Ints) -> Floats:
    """Each row's features, by the model that has not seen its learner."""
    found = np.empty((len(answers), len(FEATURES)))
    states: dict[str, Any] = {}
    of_row = fold.tolist()
    for at, row in enumerate(answers.rows):
        model = models[of_row[at]]
        state = states.get(row.learner)
        if state is None:
            state = states[row.learner] = model.start()
        found[at] = model.features(state, row.ref())
        model.update(state, row.evidence())
    found /= MICRO
    return found


def _parameters(
    answers: Answers,
    known: Difficulties,
    fitted: Fitted | None = None,
    *,
    name: str = "fold",
    version: int = 1,
    source: str = "",
) -> Parameters:
    """Without `fitted`: the difficulties with the weights that ship."""
    weights = dict(WARM.weights)
    of_items, of_skills = np.zeros(len(answers.items)), np.zeros(len(answers.skills))
    if fitted is not None:
        of_items, of_skills = fitted.blocks
        by_name = zip(FEATURES, fitted.weights, strict=True)
        weights = {feature: micro(weight, _WEIGHT_MAX) for feature, weight in by_name}
        weights[INTERCEPT] = micro(fitted.intercept, _WEIGHT_MAX)
    weights[MEAN] = micro(known.mean)
    return Parameters(
        model=NAME,
        name=name,
        version=version,
        mode="pack" if fitted is None else "refit",
        weights=weights,
        skills=tuple(
            NamedValues(*key, (micro(b), micro(u)))
            for key, b, u in zip(answers.skills, known.skills, of_skills, strict=True)
        ),
        items=tuple(
            NamedValues(*key, (micro(b), micro(u)))
            for key, b, u in zip(answers.items, known.items, of_items, strict=True)
        ),
        source=source,
    )


def scores_of(logits: Floats, correct: Floats) -> Scores:
    """How good predictions are that were not made by whole numbers."""
    scores = Scores()
    chances = np.clip(np.rint(MICRO / (1.0 + np.exp(-logits))), 1, MICRO - 1).astype(np.int64)
    for p_micro, right in zip(chances.tolist(), (correct > 0.5).tolist(), strict=True):
        scores.add(p_micro, right=right)
    return scores
