"""`darasa bench`: a figure beside its budget, and proofs that tell when they are none."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from darasa.cli.budgets import print_table, row

BENCH = Path(__file__).parents[2] / "bench"
TESTS = """
import os
import pytest

@pytest.mark.parametrize("of", [1, 2, 3])
def test_cuts(of, record_property):
    record_property("trials", of * int(os.environ["DARASA_TRIALS_HERE"]))
    assert of < 3
"""


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def proofs() -> ModuleType:
    """The bench of proofs, a script."""
    return _script("proofs")


def test_a_proof_has_the_figures_of_its_tests_and_counts_those_that_failed(
    proofs: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    ran = proofs.Ran(tmp_path, DARASA_TRIALS_HERE="10")
    assert ran.recorded("test_cuts", "trials") == [10, 20, 30]
    assert (ran.passed("test_cuts"), ran.failed) == (2, 1)
    monkeypatch.setenv("DARASA_TRIALS_HERE", "2")  # what somebody says outweighs the full size
    fewer = proofs.Ran(tmp_path, only="1", DARASA_TRIALS_HERE="10")
    assert fewer.recorded("test_cuts", "trials") == [2]
    assert fewer.failed == 0


def test_a_proof_that_ran_no_test_has_failed(proofs: ModuleType, tmp_path: Path) -> None:
    ran = proofs.Ran(tmp_path)
    assert (ran.cases, ran.failed) == ([], 1)


def test_the_district_that_the_wire_is_measured_on_still_meets_its_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    with _script("_classes").world(computers=2, learners=2) as made:
        for lab in made.labs:
            lab.work(6)
        made.to_school()
        made.to_hub()
        assert made.hub.store.event_count() == made.school.store.event_count() > 24


def test_a_budget_is_met_from_above_or_from_below(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        row("bytes", 4.123, "B", 4.2, "of an attempt"),
        row("seeds", 19, "", 20, "in all", least=True),
        row("seconds", 0.404, "s", 0.4, "no more for being rounded"),
        row("days", None, "", 3, "not measured here"),
    ]
    assert [each["pass"] for each in rows] == [True, False, False, None]
    print_table(rows)
    shown = capsys.readouterr().out
    assert "4.12 B" in shown
    assert "NOT MET" in shown
