"""The broken engines, loaded by their path: tests are not a package."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

QUICK = (
    "events told twice",
    "log without a nonce",
    "cursor not checked",
    "named log thought held",
    "mark believed without looking",
    "receipt counts provisional",
    "answer counts for what was written since",
)
"""Caught within few seeds: `make test` tries these; all of them with `DARASA_MUTANTS=all`."""


def _load() -> ModuleType:
    key = "tests_simulation_mutants"
    if key not in sys.modules:
        path = Path(__file__).with_name("mutants.py")
        spec = importlib.util.spec_from_file_location(key, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


@pytest.fixture(scope="session")
def mutants() -> ModuleType:
    """The module of the mutants."""
    return _load()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mutant_name" in metafunc.fixturenames:
        wants_all = os.environ.get("DARASA_MUTANTS") == "all"
        metafunc.parametrize("mutant_name", _load().MUTANTS if wants_all else QUICK)
