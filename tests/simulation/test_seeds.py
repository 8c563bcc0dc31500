"""Schedules that once found something wrong, replayed: each a JSON file in `tests/seeds`.

A file named like a mutant must still find that mutant: else it no longer tests anything.
"""

from pathlib import Path
from types import ModuleType

import pytest

from darasa.sync.verify import Plan, run_plan

KEPT = sorted((Path(__file__).parents[1] / "seeds").glob("*.json"))


@pytest.mark.parametrize("file", KEPT, ids=lambda path: path.stem)
def test_a_schedule_that_was_bad_once_is_good_now(file: Path, mutants: ModuleType) -> None:
    plan = Plan.from_json(file.read_bytes())
    outcome = run_plan(plan, mutants.WORK)
    assert outcome.problems == ()
    assert not outcome.is_bad
    name = file.stem.replace("-", " ")
    if name in mutants.MUTANTS:
        with mutants.broken(name):
            assert run_plan(plan, mutants.WORK).is_bad


def test_there_are_schedules_to_replay() -> None:
    assert KEPT
