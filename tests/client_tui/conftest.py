"""Fixtures of the client's tests: a world in memory, loaded by its path."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load(name: str = "world") -> ModuleType:
    path = Path(__file__).with_name(f"{name}.py")
    key = f"tests_client_tui_{name}"
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


@pytest.fixture
def labs() -> ModuleType:
    """The module of the lab: a school, its computers, keys counted."""
    return _load("lab")


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
