"""Budgets of content packs: check, build, install, open, draw and grade.

Figures are CPU seconds of one core, so that a busy machine measures the same.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from darasa.content_packs.build import build_source
from darasa.content_packs.container import SIGNED_PREFIX
from darasa.content_packs.grading import correct_response, grade
from darasa.content_packs.instance import draw
from darasa.content_packs.shelf import Shelf
from darasa.content_packs.source import read_source

ITEMS = 1000
CHOICE = """\
## choice-{n}
difficulty: 1

A sack of {n} mangoes is shared by 2 children. Which part does **each** get?

- [ ] $\\frac{{1}}{{3}}$
  > That would be 3 children. Look at sack {n} again.
- [x] $\\frac{{1}}{{2}}$
- [ ] $\\frac{{2}}{{1}}$
  > That is two sacks.

> Hint: Draw sack {n}. Cut it in 2 equal parts.
> Solution: Two equal parts of sack {n}: each is $\\frac{{1}}{{2}}$.

"""
DRAWN = """\
## drawn-{n}
vars: n = 2..9; d = n+1..12; k = 2..6

Write $\\frac{{@{{n}}}}{{@{{d}}}}$ of field {n} with @{{d*k}} as the bottom number.

== @{{n*k}}/@{{d*k}}
!= @{{n}}/@{{d*k}} : You changed only the bottom of field {n}.

> Hint: What do you multiply @{{d}} by?
> Solution: Multiply both by @{{k}} in field {n}.

"""


def main() -> None:
    """Print the rows as JSON."""
    with tempfile.TemporaryDirectory() as name:
        json.dump(_rows(Path(name)), sys.stdout)


def _rows(folder: Path) -> list[dict[str, Any]]:
    _write(folder / "source")
    source, check_s = _timed(lambda: read_source(folder / "source"))
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    built, build_s = _timed(
        lambda: build_source(source, sign=lambda raw: (public, key.sign(SIGNED_PREFIX + raw)))
    )
    _, install_s = _timed(lambda: Shelf(folder / "shelf").install(built, trusted=[public]))
    pack, open_s = _timed(lambda: Shelf(folder / "shelf").open("bench"))
    drawn, draw_s = _timed(
        lambda: [draw(item, learner_id=b"amina", nth=1) for item in pack.items.values()]
    )
    _, grade_s = _timed(lambda: [grade(one, correct_response(one)) for one in drawn])
    how = f"{ITEMS} items, a third with vars; CPU time"
    return [
        _row("pack check", check_s, "s", 1.0, how),
        _row("pack build after check", build_s, "s", None, how),
        _row("pack install", install_s, "s", None, how),
        _row("pack open", open_s, "s", None, how),
        _row("pack size", len(built) / 1024, "KiB", None, how),
        _row("draw", draw_s / ITEMS * 1e6, "us", None, "one instance"),
        _row("grade", grade_s / ITEMS * 1e6, "us", None, "one answer"),
    ]


def _write(folder: Path) -> None:
    head = 'id = "bench"\nversion = "1"\ntitle = "Bench"\n'
    texts = {"pack.toml": head, "skills.toml": '[halves]\ntitle = "Halves"\n'}
    for at in range(0, ITEMS, 50):
        items = [(DRAWN if n % 3 == 0 else CHOICE).format(n=n) for n in range(at, at + 50)]
        texts[f"items/part-{at}.en.md"] = "skill: halves\n\n" + "".join(items)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start


def _row(name: str, figure: float, unit: str, budget: float | None, how: str) -> dict[str, Any]:
    return {
        "name": name,
        "figure": round(figure, 4 if unit == "s" else 1),
        "unit": unit,
        "budget": budget,
        "pass": None if budget is None else figure <= budget,
        "how": how,
    }


if __name__ == "__main__":
    main()
