"""The files of a server's seal keys: the one for new text, and those before it.

Owns: `keys/seal.key` and `keys/seal-before/` in a node's folder. A new key is written in an order
in which a crash at any point leaves every key readable.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.sync.home_files import read_key, speaking, write_key

if TYPE_CHECKING:
    from darasa.sync.sealing import SealKey

_CURRENT: Final = "seal.key"
_BEFORE: Final = "seal-before"


def read(home: Path) -> "tuple[SealKey, ...]":
    """The keys in a node's folder, the one for new text first; none at a computer.

    Raises HomeError for a file that is damaged.
    """
    current = home / "keys" / _CURRENT
    if not current.exists():
        return ()
    from darasa.sync.sealing import SealKey  # late: a learner's client starts without it

    files = [current, *sorted((home / "keys" / _BEFORE).glob("*.key"))]
    keys = {key.key_id: key for key in map(SealKey.from_private, map(read_key, files))}
    return tuple(keys.values())


def write(home: Path, keys: "tuple[SealKey, ...]") -> None:
    """Put keys in place, the earlier ones first. Raises HomeError."""
    if not keys:
        return
    folder = home / "keys"
    with speaking(home, "saved"):
        if keys[1:]:
            (folder / _BEFORE).mkdir(mode=0o700, exist_ok=True)
        for key in keys[1:]:
            file = folder / _BEFORE / f"{key.key_id.hex()}.key"
            if not file.exists():
                write_key(file, key.private_bytes())
        write_key(folder / _CURRENT, keys[0].private_bytes())
