"""A plan is a function of its seed, an outcome a function of its plan, in any process."""

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from darasa.sync import verify
from darasa.sync.verify import Plan, plan_of, run_plan, run_seed
from darasa.sync.verify.before_erasure import OLDER_FAULTS
from darasa.sync.verify.link_faults import LINK_FAULTS
from darasa.sync.verify.parts import BLOWS, HABITS

SEED = 3
HOME = Path(verify.__file__).parent


def test_a_seed_has_one_plan() -> None:
    assert plan_of(SEED) == plan_of(SEED)
    assert plan_of(SEED) != plan_of(SEED + 1)


def test_a_plan_has_one_outcome_in_any_process() -> None:
    code = f"from darasa.sync.verify import run_seed; print(run_seed({SEED}).digest.hex())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in (1, 2)
    }
    assert digests == {run_seed(SEED).digest.hex()}


def test_a_plan_kept_as_json_is_the_same_plan() -> None:
    plan = plan_of(SEED)
    assert Plan.from_json(plan.to_json()) == plan


def test_leaving_an_action_out_leaves_the_others_as_they_are() -> None:
    plan = plan_of(SEED)
    fewer = plan.with_actions(plan.actions[1:])
    assert fewer.actions == plan.actions[1:]
    assert not run_plan(fewer).is_bad


def test_in_a_stormy_district_faults_come_several_times_as_often() -> None:
    def faults(*, is_stormy: bool) -> int:
        plans = [plan_of(seed, is_stormy=is_stormy) for seed in range(30)]
        return sum(len(each) for plan in plans for act in plan.actions for each in act.attempts)

    assert plan_of(SEED, is_stormy=True) == plan_of(SEED, is_stormy=True)
    assert faults(is_stormy=True) > 3 * faults(is_stormy=False)


@cache
def planned_in_a_hundred_seeds() -> set[str]:
    actions = [action for seed in range(100) for action in plan_of(seed).actions]
    faults = (name for action in actions for attempt in action.attempts for name in attempt)
    return {*(action.what for action in actions), *faults}


@pytest.mark.parametrize("name", [*LINK_FAULTS, *OLDER_FAULTS, *HABITS, *BLOWS])
def test_every_fault_is_planned_in_some_of_a_hundred_seeds(name: str) -> None:
    assert name in planned_in_a_hundred_seeds()


@pytest.mark.parametrize("module", sorted(HOME.glob("*.py")), ids=lambda path: path.stem)
def test_the_simulator_reads_no_clock_and_no_chance_but_its_own(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    roots = {name.split(".")[0] for name in names}
    assert roots.isdisjoint({"time", "datetime", "os", "secrets", "uuid", "socket", "threading"})
    assert {name for name in names if name.startswith("random")} <= {"random.Random"}
    assert "SystemClock" not in {name.rpartition(".")[2] for name in names}
