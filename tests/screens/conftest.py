"""Fixtures of the screen tests: programs in pseudo-terminals."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def terminal(helper: Callable[[str], ModuleType]) -> Iterator[Callable[..., Any]]:
    """Starts programs in pseudo-terminals, and ends those that still run."""
    driver = helper("screens/pty_driver.py")
    started: list[Any] = []

    def start(
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        rows: int = 24,
        cols: int = 80,
    ) -> Any:
        started.append(driver.Terminal(argv, env, rows, cols))
        return started[-1]

    yield start
    for program in started:
        program.close()
