"""MAP Rasch: how easy each item is, whoever answered it.

Rasch (1960), "Probabilistic models for some intelligence and attainment tests":
P(correct) = sigma(theta_s + b_i), in logits; here b_i = m + mean of its skills' m_k + told_i + d_i,
so that items with few answers lean on their skill, and on what their pack says (`told`, 0 where it
says nothing). Priors theta, d, m_k ~ N(0, 1); m is free. The greatest a-posteriori values are found
by L-BFGS.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from darasa.learning.mastery.fitting.answers import Answers, Floats, Ints, loss_and_error

_ENOUGH: Final = 1e-7  # of the loss, in one step: beyond it no probability moves by .001


@dataclass(frozen=True)
class Difficulties:
    """b of items and mean b of skills, in logits; `mean` where neither is known."""

    items: Floats
    skills: Floats
    mean: float


@dataclass(frozen=True)
class _Shape:
    learners: int
    items: int
    skills: int

    def split(self, x: Floats) -> tuple[Floats, Floats, Floats, float]:
        """theta, d, m_k, m."""
        ends = np.cumsum([self.learners, self.items, self.skills])
        theta, d, of_skill, mean = np.split(x, ends)
        return theta, d, of_skill, float(mean[0])


def fit_rasch(
    answers: Answers, used: Ints, start: Floats | None = None
) -> tuple[Difficulties, Floats]:
    """Difficulties from the rows `used`, and the point reached, to start the next fit from.

    Items without an answer among them get what their skills say.
    """
    shape = _Shape(len(answers.learners), len(answers.items), len(answers.skills))
    learner, item = answers.learner[used], answers.item[used]
    sign = 2.0 * answers.correct[used] - 1.0
    ragged = answers.skills_of_item
    owner, skill = ragged.owner, ragged.skill
    share = 1.0 / np.maximum(1, np.diff(ragged.start))[owner]

    def base(of_skill: Floats, mean: float) -> Floats:
        shared = np.bincount(owner, of_skill[skill] * share, shape.items)
        return mean + answers.told + shared.astype(np.float64, copy=False)

    def loss(x: Floats) -> tuple[float, Floats]:
        theta, d, of_skill, mean = shape.split(x)
        b = base(of_skill, mean) + d
        logit = theta[learner] + b[item]
        value, error = loss_and_error(logit, sign)
        value += 0.5 * float(theta @ theta + d @ d + of_skill @ of_skill)
        by_item = np.bincount(item, error, shape.items)
        gradient = np.concatenate(
            [
                np.bincount(learner, error, shape.learners) + theta,
                by_item + d,
                np.bincount(skill, by_item[owner] * share, shape.skills) + of_skill,
                [by_item.sum()],
            ]
        )
        return value, gradient

    size = shape.learners + shape.items + shape.skills + 1
    first = np.zeros(size) if start is None else start
    found = minimize(
        loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 200, "ftol": _ENOUGH}
    )
    point = np.asarray(found.x, dtype=np.float64)
    _, d, of_skill, mean = shape.split(point)
    return Difficulties(base(of_skill, mean) + d, mean + of_skill, mean), point
