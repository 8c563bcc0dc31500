"""Making a fit at a server from the answers that it holds. Wants numpy and scipy (extra `hub`).

Owns: how much there must be, and what is fitted to how much (decision 0028). Does not know where
answers come from, nor how a fit is signed and sent.
"""

from dataclasses import dataclass, replace
from typing import Final

from darasa.learning.errors import FitError
from darasa.learning.mastery.answers_csv import Answer
from darasa.learning.mastery.fitting.answers import Answers
from darasa.learning.mastery.fitting.fit import Fit, Told, fit_rlf, held_out_rows
from darasa.learning.mastery.fitting.report import Before
from darasa.learning.mastery.fitting.rows_fit import fit_rows, of_enough_learners
from darasa.learning.mastery.models import model_of
from darasa.learning.mastery.parameters import Parameters
from darasa.learning.mastery.replay import Replay
from darasa.learning.mastery.scores import Scores

LEARNERS_MIN: Final = 10
"""Of fewer, a fit says more of the children than of the items; groups this small are hidden in
every number that leaves a school."""
LEARNERS_OF_AN_ITEM: Final = 5
LEARNERS_FOR_WEIGHTS: Final = 100
ANSWERS_FOR_WEIGHTS: Final = 20_000
"""23 weights want enough learners of every kind; below, those in use are the better ones."""


@dataclass(frozen=True)
class Made:
    """A fit, and the parameters in use until now on the same answers left out."""

    fit: Fit
    before: Before


def make_fit(
    rows: list[Answer],
    before: Parameters,
    *,
    base: Parameters | None = None,
    name: str,
    version: int,
    pack: str | None = None,
    told: Told = lambda _: None,
) -> Made:
    """A fit of a pack, or of all. Raises FitError when too few learners have answered.

    It is compared with `before`, and keeps of `base` (`before` without one) what it does not fit.
    """
    answers = Answers.of(rows)
    learners = len({row.learner for row in rows if pack is None or row.item[0] == pack})
    if learners < LEARNERS_MIN:
        raise FitError(
            f"A fit wants the answers of {LEARNERS_MIN} learners; there are those of {learners}."
        )
    count = sum(pack is None or row.item[0] == pack for row in rows)
    source = f"{count} answers of {learners} learners"
    is_enough = learners >= LEARNERS_FOR_WEIGHTS and count >= ANSWERS_FOR_WEIGHTS
    if pack is None and is_enough:
        said = {row.item: row.difficulty_milli for row in rows}
        fit = fit_rlf(
            answers,
            name=name,
            version=version,
            source=source,
            said_milli=said if any(said.values()) else None,
            told=told,
        )
    else:
        fit = fit_rows(
            answers,
            base or before,
            name=name,
            version=version,
            source=source,
            pack=pack,
            told=told,
        )
    listed = of_enough_learners(fit.parameters, answers, LEARNERS_OF_AN_ITEM)
    few = len(fit.parameters.items) - len(listed.items)
    return Made(
        replace(fit, parameters=listed, few=few),
        Before(before, _scored(answers, fit, before, pack)),
    )


def _scored(answers: Answers, fit: Fit, before: Parameters, pack: str | None) -> Scores:
    """How good the parameters before are on the answers on which the fit was measured."""
    scores = Scores()
    replay = Replay(model_of(before), clock_ns=int)
    asked = held_out_rows(answers) if fit.is_refit else iter(answers.rows)
    for answer, p_micro in replay.run(asked):
        if pack is None or answer.item[0] == pack:
            scores.add(p_micro, right=answer.correct)
    return scores
