"""Schedules that once found something wrong, replayed: each a JSON file in `tests/seeds`."""

from pathlib import Path

import pytest

from darasa.sync.verify import Plan, run_plan

KEPT = sorted((Path(__file__).parents[1] / "seeds").glob("*.json"))


@pytest.mark.parametrize("file", KEPT, ids=lambda path: path.stem)
def test_a_schedule_that_was_bad_once_is_good_now(file: Path) -> None:
    outcome = run_plan(Plan.from_json(file.read_bytes()))
    assert outcome.problems == ()
    assert not outcome.is_bad


def test_there_are_schedules_to_replay() -> None:
    assert KEPT
