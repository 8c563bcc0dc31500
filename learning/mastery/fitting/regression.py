"""L2 logistic regression with a few dense columns and many sparse ones, by L-BFGS.

Minimises, over rows with right = 1 or 0 and z = w0 + dense . w + the row's entries in each block,

    sum ln(1 + e^z) - right z + sum over dense of DENSE/2 w^2 + over blocks of penalty/2 u^2

w0 is free. Dense columns are scaled to a deviation of one while the fit runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from darasa.learning.mastery.fitting.answers import Answers, Floats, Ints, loss_and_error

DENSE: Final = 0.05
SPARSE: Final = 4.0
_ENOUGH: Final = 1e-7  # of the loss, in one step
_STEPS_MAX: Final = 300


@dataclass(frozen=True)
class Block:
    """Sparse columns: entry n adds `value[n] * u[column[n]]` to row `row[n]`.

    `row` None: one entry for each row, in order; `value` None: ones.
    """

    column: Ints
    columns: int
    row: Ints | None = None
    value: Floats | None = None
    penalty: float = SPARSE

    def add(self, z: Floats, u: Floats) -> None:
        """Take the block's part of z in."""
        part = u[self.column]
        if self.value is not None:
            part = part * self.value
        z += part if self.row is None else np.bincount(self.row, part, len(z))

    def gradient(self, error: Floats) -> Floats:
        """Of the loss without its penalty, by `u`."""
        part = error if self.row is None else error[self.row]
        if self.value is not None:
            part = part * self.value
        return np.bincount(self.column, part, self.columns).astype(np.float64, copy=False)

    def of_rows(self, used: Ints, rows: int) -> "Block":
        """The block for these rows alone, renumbered."""
        if self.row is None:
            value = None if self.value is None else self.value[used]
            return Block(self.column[used], self.columns, None, value, self.penalty)
        place = np.full(rows, -1, dtype=np.int64)
        place[used] = np.arange(len(used))
        row = place[self.row]
        kept = row >= 0
        value = None if self.value is None else self.value[kept]
        return Block(self.column[kept], self.columns, row[kept], value, self.penalty)


@dataclass(frozen=True)
class Fitted:
    """z = intercept + dense . weights + what the blocks add."""

    intercept: float
    weights: Floats
    blocks: tuple[Floats, ...]

    def logits(self, dense: Floats, blocks: Sequence[Block]) -> Floats:
        """z of rows."""
        z: Floats = self.intercept + dense @ self.weights
        for block, u in zip(blocks, self.blocks, strict=True):
            block.add(z, u)
        return z


def item_and_skill_blocks(answers: Answers) -> tuple[Block, Block]:
    """An intercept for each item and one for each skill of a row."""
    of_row = answers.skills_of_row
    return (
        Block(answers.item, len(answers.items)),
        Block(of_row.skill, len(answers.skills), of_row.owner),
    )


def fit_blocks(offset: Floats, correct: Floats, blocks: Sequence[Block]) -> tuple[Floats, ...]:
    """The blocks alone, where the rest of z is `offset` and stays."""
    sign = 2.0 * correct - 1.0
    ends = np.cumsum([block.columns for block in blocks])
    penalty = np.concatenate([np.full(block.columns, block.penalty) for block in blocks])

    def loss(x: Floats) -> tuple[float, Floats]:
        z = offset.copy()
        for block, u in zip(blocks, np.split(x, ends[:-1]), strict=True):
            block.add(z, u)
        value, error = loss_and_error(z, sign)
        gradient = np.concatenate([block.gradient(error) for block in blocks])
        return value + 0.5 * float(penalty @ (x * x)), gradient + penalty * x

    found = minimize(
        loss,
        np.zeros(int(ends[-1])),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _STEPS_MAX, "ftol": _ENOUGH},
    )
    return tuple(np.split(np.asarray(found.x, dtype=np.float64), ends[:-1]))


def fit_logistic(
    dense: Floats, correct: Floats, blocks: Sequence[Block], start: Fitted | None = None
) -> Fitted:
    """The fit of these rows, from `start` where there is one. Cost: 50 to 300 passes over them."""
    rows, columns = dense.shape
    if not rows:
        return Fitted(0.0, np.zeros(columns), tuple(np.zeros(b.columns) for b in blocks))
    scale = dense.std(axis=0)
    scale[scale < 1e-9] = 1.0
    centre = dense.mean(axis=0)
    scaled = (dense - centre) / scale
    sign = 2.0 * correct - 1.0
    ends = np.cumsum([columns, *(block.columns for block in blocks)])
    penalty = np.concatenate(
        [np.full(columns, DENSE), *(np.full(b.columns, b.penalty) for b in blocks), [0.0]]
    )

    def loss(x: Floats) -> tuple[float, Floats]:
        w, *of_blocks, intercept = np.split(x, ends)
        z = scaled @ w + intercept[0]
        for block, u in zip(blocks, of_blocks, strict=True):
            block.add(z, u)
        value, error = loss_and_error(z, sign)
        value += 0.5 * float(penalty @ (x * x))
        gradients = [block.gradient(error) for block in blocks]
        gradient = np.concatenate([error @ scaled, *gradients, [error.sum()]])
        return value, gradient + penalty * x

    first = np.zeros(int(ends[-1]) + 1)
    if start is not None:
        free = start.intercept + float(centre @ start.weights)
        first = np.concatenate([start.weights * scale, *start.blocks, [free]])
    found = minimize(
        loss, first, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS_MAX, "ftol": _ENOUGH}
    )
    w, *of_blocks, intercept = np.split(np.asarray(found.x, dtype=np.float64), ends)
    weights = w / scale
    return Fitted(float(intercept[0] - centre @ weights), weights, tuple(of_blocks))
