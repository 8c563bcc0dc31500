from __future__ import annotations

from collections import Counter

import pytest
from mastery_world import invented

from darasa.learning.mastery.answers_csv import Answer
from darasa.learning.mastery.models import NAMES, model_of, shipped
from darasa.learning.mastery.replay import Replay

ROWS = list(invented(learners=6, items=20, answers=60, each=2))
MIXED = [row for n in range(60) for row in ROWS[n::60]]


def predicted(rows: list[Answer], name: str = "rlf", *, counted: bool = False) -> list[int]:
    answers_of = Counter(row.learner for row in rows) if counted else None
    replay = Replay(
        model_of(shipped(name)), answers_of=answers_of, clock_ns=iter(range(99)).__next__
    )
    return [p_micro for _, p_micro in replay.run(rows)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "best-lr"])
def test_a_prediction_depends_on_rows_before_it_only(name: str) -> None:
    whole = predicted(MIXED, name)
    turned = [row._replace(correct=not row.correct) for row in MIXED[200:]]
    assert predicted(MIXED[:200] + turned, name)[:201] == whole[:201]
    assert predicted(MIXED[:200] + turned, name)[201:] != whole[201:]


def test_learners_share_nothing() -> None:
    whole = dict(zip([(r.learner, n) for n, r in enumerate(MIXED)], predicted(MIXED), strict=True))
    for learner in {row.learner for row in MIXED}:
        alone = predicted([row for row in MIXED if row.learner == learner])
        assert alone == [p for (who, _), p in whole.items() if who == learner]


def test_letting_go_of_learners_changes_no_prediction() -> None:
    assert predicted(MIXED, counted=True) == predicted(MIXED)
