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
    wants_all = os.environ.get("DARASA_MUTANTS") == "all"
    if "mutant_name" in metafunc.fixturenames:
        told = [name for name in _load().MUTANTS if name not in _load().STORIES]
        metafunc.parametrize("mutant_name", told if wants_all else QUICK)
    if "mutant_with_a_story" in metafunc.fixturenames:
        stories = list(_load().STORIES)
        metafunc.parametrize("mutant_with_a_story", stories if wants_all else stories[:1])
