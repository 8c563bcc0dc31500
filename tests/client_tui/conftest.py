"""Fixtures of the client's tests: labs of a school and its computers."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def labs(helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module of the lab: a school, its computers, keys counted."""
    return helper("client_tui/lab.py")


@pytest.fixture
def make_lab(worlds: ModuleType, labs: ModuleType) -> Iterator[Callable[..., Any]]:
    """Makes labs, and closes them."""
    made: list[Any] = []

    def make(**options: Any) -> Any:
        made.append(labs.Lab(worlds, **options))
        return made[-1]

    yield make
    for lab in made:
        lab.close()
