"""Fixtures of the screen tests: the pseudo-terminal driver and the client's world, by path."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

_HERE = Path(__file__).parent


def _load(path: Path) -> ModuleType:
    key = f"tests_{path.parent.name}_{path.stem}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


@pytest.fixture
def worlds() -> ModuleType:
    """The module of the client's world: its items, texts and times."""
    return _load(_HERE.parent / "client_tui" / "world.py")


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
def terminal() -> Iterator[Callable[..., Any]]:
    """Starts programs in pseudo-terminals, and ends those that still run."""
    driver = _load(_HERE / "pty_driver.py")
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
