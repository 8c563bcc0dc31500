"""Each app, imported in a fresh process, loads only what its room may load."""

import subprocess
import sys

import pytest

WEB = ("starlette", "uvicorn", "jinja2")
TERMINAL = ("textual",)
AUTHORING = ("pylatexenc", "markdown_it", "texicode", "lxml")
SLOW = ("sqlite_utils", "email")  # email: what importlib.metadata reads a version with
HUB = ("numpy", "scipy")
STORAGE = ("sqlite3", "sqlite_utils", "asyncio", "anyio", "socket")


def _loaded_after(module: str) -> set[str]:
    code = f"import sys, {module}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("darasa.sync.store", (*WEB, *TERMINAL, *AUTHORING, "httpx2")),
        ("darasa.content_packs.shelf", (*WEB, *TERMINAL, *AUTHORING, "httpx2")),
        ("darasa.learning.classroom", (*WEB, *TERMINAL, *AUTHORING, *SLOW, *HUB, "httpx2")),
        ("darasa.client_tui.flow", (*WEB, *TERMINAL, *AUTHORING, *SLOW, "httpx2")),
        ("darasa.client_tui.app", (*WEB, *AUTHORING, *SLOW, "httpx2")),
        ("darasa.server.app", (*TERMINAL, *AUTHORING)),
        ("darasa.learning.mastery.models", (*WEB, *TERMINAL, *AUTHORING, *STORAGE, *HUB)),
        ("darasa.cli.mastery", (*WEB, *TERMINAL, *AUTHORING, *HUB)),
        ("darasa.cli.main", (*WEB, *TERMINAL, *AUTHORING, *STORAGE)),
    ],
)
def test_a_room_loads_no_library_of_another_room(module: str, forbidden: tuple[str, ...]) -> None:
    assert _loaded_after(module).isdisjoint(forbidden)


def test_a_new_store_loads_no_library_of_the_hub() -> None:
    """sqlite-utils would load numpy where it is installed; `learn` and `serve` make stores."""
    pytest.importorskip("numpy")
    code = (
        "import os, sys; from darasa.sync.store import Store\n"
        "with Store.open(None, rng=os.urandom): pass\n"
        "print('sqlite_utils' in sys.modules, 'numpy' in sys.modules)\n"
        "import numpy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
