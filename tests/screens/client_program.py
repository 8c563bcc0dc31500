"""Programs for the pseudo-terminal tests: `world NAME` runs the client on a world in memory, and
`learn HOME FILE` the real one, writing the names of all loaded modules to FILE at the end.

In a world, SIGUSR1 lets six minutes pass; SIGUSR2 fills the disk, and a second one empties it."""

import atexit
import importlib.util
import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

HOSTILE = (
    "\x1b[31mred",
    "\x1b[2Jgone",
    "\x1b[9;9Hmoved",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]8;;http://example.org\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPq#0\x1b\\",
    "\x9b35m\x9d0;c1\x9c",
    "\x0e\x0f\x08\x7f\x00",
    "[@click=app.quit]Quit[/] [bold]b[/bold] [/]",
    "\u202ereversed\u202c \u2066isolate\u2069 \u200bzero \ufeffmark",
    "\U000e0041\U000e0042",
)


def load_world() -> Any:
    path = HERE.parent / "client_tui" / "world.py"
    spec = importlib.util.spec_from_file_location("world", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["world"] = module
    spec.loader.exec_module(module)
    return module


def hostile_world(worlds: Any) -> Any:
    """Every text that people or packs can set holds escape codes, markup and direction marks."""
    bad = " ".join(HOSTILE)
    text = worlds.text

    def evil(item_id: str, skill: str) -> Any:
        return worlds.jug(
            item_id,
            skill,
            prompt=text(f"What is 3 [a] or [b]? {bad}"),
            choices=(
                worlds.Choice(text(f"one {bad}"), note=text(f"note {bad}")),
                worlds.Choice(text(f"two {bad}"), right=True),
            ),
            hints=(text(f"hint {bad}"),),
            solution=text(f"solution {bad}"),
        )

    skills = ("parts", "add", "words", "half", "mixed")
    items = [evil(f"evil-{skill}-{n}", skill) for skill in skills for n in range(4)]
    pack = worlds.course(items, title=f"Course {bad}"[:110], spoil=bad)
    return worlds.World(
        names=[f"Zed{payload} {payload}K" for payload in HOSTILE],
        packs=(pack,),
        classes=(f"5B{HOSTILE[0]}", f"6{HOSTILE[9]}"),
        card=(f"card {bad}",),
        joined=True,
        settings=worlds.Settings(guard_ms=0),
    )


def run_world(name: str) -> int:
    from darasa.client_tui.charset import charset_for
    from darasa.client_tui.run import run_full

    worlds = load_world()
    if name == "hostile":
        world = hostile_world(worlds)
    else:
        names = [f"Learner {chr(65 + n // 5)}{chr(97 + n % 5)}bc" for n in range(30)]
        world = worlds.World(names=names, joined=True, settings=worlds.Settings(guard_ms=0))
    signal.signal(signal.SIGUSR1, lambda *_: world.clock.advance(6 * 60_000))
    full = itertools.cycle((1, 0))
    signal.signal(signal.SIGUSR2, lambda *_: set_disk_full(world.room.store, next(full)))
    return run_full(world.flow, charset_for(os.environ, sys.stdout.encoding))


def set_disk_full(store: Any, full: int) -> None:
    """The store refuses every write, as on a disk that was mounted read-only."""
    with store.reading() as connection:
        connection.execute(f"PRAGMA query_only = {full}")


def run_learn(home: str, modules: str) -> int:
    from darasa.client_tui.run import learn

    atexit.register(lambda: Path(modules).write_text("\n".join(sorted(sys.modules))))
    return learn(Path(home), plain=False, learner=None, profile=None)


if __name__ == "__main__":
    if sys.argv[1] == "world":
        sys.exit(run_world(sys.argv[2]))
    sys.exit(run_learn(sys.argv[2], sys.argv[3]))
