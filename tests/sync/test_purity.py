"""The pure modules of `sync` take time, randomness and bytes as arguments, and do no I/O."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from darasa.sync import event

ROOM = Path(event.__file__).parent
PURE = (
    "codec",
    "errors",
    "event",
    "frontier",
    "ids",
    "sealing",
    "signing",
)
FORBIDDEN = {
    "anyio",
    "asyncio",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "sqlite_utils",
    "threading",
    "time",
    "uuid",
}


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
            if node.module and node.module.startswith("darasa.sync."):
                names.add(node.module)
    return names


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_imports_no_clock_no_chance_and_no_io(name):
    names = imported(ROOM / f"{name}.py")
    assert names.isdisjoint(FORBIDDEN)
    ours = {each.removeprefix("darasa.sync.") for each in names if each.startswith("darasa.sync.")}
    assert ours <= set(PURE)


def test_the_pure_core_loads_without_storage_or_transport():
    code = (
        f"import sys, {', '.join(f'darasa.sync.{name}' for name in PURE)};"
        "print(' '.join({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert set(loaded.stdout.split()).isdisjoint(
        {"sqlite3", "sqlite_utils", "asyncio", "anyio", "socket", "httpx2", "starlette", "textual"}
    )


def test_only_the_codec_imports_msgpack():
    users = {path.stem for path in ROOM.rglob("*.py") if "msgpack" in imported(path)}
    assert users == {"codec"}


def test_only_the_clock_reads_the_time():
    storage = {path.stem for path in ROOM.glob("*.py") if "time" in imported(path)}
    assert storage == {"clock"}
