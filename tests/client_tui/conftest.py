"""Fixtures of the client's tests: a world in memory, loaded by its path."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load() -> ModuleType:
    path = Path(__file__).with_name("world.py")
    key = "tests_client_tui_world"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


@pytest.fixture
def worlds() -> ModuleType:
    """The module of the world: its items, texts and times."""
    return _load()


@pytest.fixture
def make_world(worlds: ModuleType) -> Iterator[Callable[..., Any]]:
    """Makes worlds, and closes them."""
    made: list[Any] = []

    def make(**options: Any) -> Any:
        made.append(worlds.World(**options))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., Any]) -> Any:
    """A class of four, one course, nobody signed in."""
    return make_world()
