"""A small pack to change at will, and a key to sign it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from darasa.content_packs.container import SIGNED_PREFIX
from darasa.content_packs.findings import Findings
from darasa.content_packs.instance import ItemInstance, draw
from darasa.content_packs.item import Item
from darasa.content_packs.source import load_source

PACK_TOML = """\
id = "small"
version = "1.0.0"
title = "Small"
locales = ["en", "sw"]
"""
SKILLS_TOML = """\
[halves]
title = "Halves"

[thirds]
title = "Thirds"
requires = ["halves"]
"""
ITEMS = """\
# Halves
skill: halves

## half-01
difficulty: 1

Which is one half?

- [ ] 1/3
  > That is a third.
- [x] $\\frac{1}{2}$
- [ ] 1/4

> Hint: Two equal parts.
> Solution: One of two parts.

## half-02
vars: n = 2..9; k = 2..6

Write $\\frac{@{n}}{@{2*n}}$ with @{2*n*k} as the bottom.

== @{n*k}/@{2*n*k}
!= @{n}/@{2*n*k} : You changed only the bottom.

> Hint: Multiply both.
> Solution: Multiply by @{k}.

## half-03
choose: all

Which are halves?

- [x] 2/4
- [x] 3/6
- [ ] 2/3

> Hint: Look at the bottom.
> Solution: Half of the bottom is on top.
"""
LESSON = """\
# Halves
skill: halves

## One

Cut it in two.

## Two

Take one part.
"""
FILES = {
    "pack.toml": PACK_TOML,
    "skills.toml": SKILLS_TOML,
    "items/halves.en.md": ITEMS,
    "lessons/halves/middle.en.md": LESSON,
}

WriteFolder = Callable[..., Path]


class Signer:
    """An author's key."""

    def __init__(self, seed: int = 1) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self._key.public_key().public_bytes_raw()

    def __call__(self, manifest: bytes) -> tuple[bytes, bytes]:
        return self.public, self._key.sign(SIGNED_PREFIX + manifest)


@pytest.fixture
def signer() -> Signer:
    return Signer()


@pytest.fixture
def stranger() -> Signer:
    return Signer(2)


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Write the small pack, with files replaced, added or (None) left out."""

    def write(changes: dict[str, str | None] | None = None, *, name: str = "small") -> Path:
        folder = tmp_path / name
        for file, text in {**FILES, **(changes or {})}.items():
            path = folder / file
            path.unlink(missing_ok=True)
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def make_item(write_folder: WriteFolder) -> Callable[[str], Item]:
    """Build one item of the skill `halves` from the lines under its heading."""

    def make(body: str) -> Item:
        text = f"skill: halves\n\n## it\n{body}"
        return load_source(write_folder({"items/halves.en.md": text})).items["it"]

    return make


@pytest.fixture
def make_instance(make_item: Callable[[str], Item]) -> Callable[[str], ItemInstance]:
    """The first instance of an item, for one learner."""
    return lambda body: draw(make_item(body), learner_id=b"amina", nth=1)


@pytest.fixture
def findings() -> Findings:
    return Findings("items/halves.en.md")
