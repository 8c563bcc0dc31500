"""The broken engines, and which of them a run tries."""

import os
from types import ModuleType

import mutants as broken_engines
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


@pytest.fixture(scope="session")
def mutants() -> ModuleType:
    """The module that has them by name."""
    return broken_engines


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wants_all = os.environ.get("DARASA_MUTANTS") == "all"
    if "mutant_name" in metafunc.fixturenames:
        told = [name for name in broken_engines.MUTANTS if name not in broken_engines.STORIES]
        metafunc.parametrize("mutant_name", told if wants_all else QUICK)
    if "mutant_with_a_story" in metafunc.fixturenames:
        stories = list(broken_engines.STORIES)
        metafunc.parametrize("mutant_with_a_story", stories if wants_all else stories[:1])
