from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darasa.learning.mastery.scores import Scores

PAIRS = st.lists(st.tuples(st.integers(1, 999_999), st.booleans()), min_size=1, max_size=40)


def scored(pairs: list[tuple[int, bool]]) -> Scores:
    scores = Scores()
    for p_micro, right in pairs:
        scores.add(p_micro, right=right)
    return scores


@given(PAIRS)
def test_figures_are_those_of_their_definitions(pairs: list[tuple[int, bool]]) -> None:
    scores = scored(pairs)
    rights = [p for p, right in pairs if right]
    wrongs = [p for p, right in pairs if not right]
    won = sum((a > b) + (a == b) / 2 for a in rights for b in wrongs)
    if rights and wrongs:
        assert scores.auc() == pytest.approx(won / len(rights) / len(wrongs))
    else:
        assert scores.auc() is None
    squares = [(p / 1e6 - right) ** 2 for p, right in pairs]
    assert scores.rmse() == pytest.approx(math.sqrt(sum(squares) / len(pairs)))
    losses = [-math.log(p / 1e6 if right else 1 - p / 1e6) for p, right in pairs]
    assert scores.log_loss() == pytest.approx(sum(losses) / len(pairs))


def test_no_rows_have_no_figures() -> None:
    scores = Scores()
    assert scores.auc() is scores.rmse() is scores.log_loss() is scores.calibration_error() is None


def test_calibration_is_the_distance_in_each_tenth() -> None:
    scores = scored([(250_000, True), (250_000, False), (850_000, True), (850_000, True)])
    assert [each.rows for each in scores.bins()] == [2, 2]
    assert scores.calibration_error() == pytest.approx((2 * 0.25 + 2 * 0.15) / 4)
