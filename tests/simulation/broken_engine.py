"""A pytest plugin: a whole run with the engine broken as `DARASA_BROKEN` says (see mutants.py)."""

import os
from contextlib import ExitStack
from typing import Final

import mutants
import pytest

_BROKEN: Final = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_BROKEN] = stack = ExitStack()
    stack.enter_context(mutants.broken(os.environ["DARASA_BROKEN"]))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_BROKEN].close()
