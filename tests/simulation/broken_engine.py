"""A pytest plugin: a whole run with the engine broken as `DARASA_BROKEN` says (see mutants.py)."""

import os
import runpy
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

_BROKEN: Final = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    mutants = runpy.run_path(str(Path(__file__).with_name("mutants.py")))
    config.stash[_BROKEN] = stack = ExitStack()
    stack.enter_context(mutants["broken"](os.environ["DARASA_BROKEN"]))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_BROKEN].close()
