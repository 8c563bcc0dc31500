"""What tests of several rooms share: patience, figures, helpers by path, and the client's world.

`make test` draws the same examples every time; DARASA_EXAMPLES=20 draws new ones, twenty times as
many.
"""

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

HERE = Path(__file__).parent


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line a test that recorded figures with `record_property`."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if getattr(report, "user_properties", None) and report.when == "call":
            figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


PATIENCE = int(os.environ.get("DARASA_EXAMPLES", "1"))
"""How many times as many examples as usual: 1 in `make test`, more and other ones in soak."""

settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.register_profile(
    "patient", max_examples=100 * PATIENCE, deadline=None, print_blob=True, database=None
)
settings.load_profile("steady" if PATIENCE == 1 else "patient")


@pytest.fixture(scope="session")
def helper() -> Callable[[str], ModuleType]:
    """`helper("client_tui/world.py")`: a module of helpers, by its path: tests are no package."""
    return _load


def _load(path: str) -> ModuleType:
    key = f"tests_{path.removesuffix('.py').replace('/', '_')}"
    if key not in sys.modules:
        spec = importlib.util.spec_from_file_location(key, HERE / path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[key] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[key])
    return sys.modules[key]


@pytest.fixture
def set_zone() -> Iterator[Callable[[str], None]]:
    """`set_zone("EAT-3")`: what time zone this machine is in, by POSIX's rules, for one test."""
    with pytest.MonkeyPatch.context() as patch:

        def put(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield put
    time.tzset()


@pytest.fixture
def worlds(helper: Callable[[str], ModuleType]) -> ModuleType:
    """The module of the client's world: its items, texts and times."""
    return helper("client_tui/world.py")


@pytest.fixture
def make_world(worlds: ModuleType) -> Iterator[Callable[..., Any]]:
    """Makes worlds of the client, and closes them."""
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
