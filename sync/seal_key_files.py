"""The files of a server's seal keys: the one for new text, and those before it.

Owns: `keys/seal.key` and `keys/seal-before/` in a node's folder. A new key is written in an order
in which a crash at any point leaves every key readable.
"""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.sync.errors import HomeError
from darasa.sync.home_files import read_key, speaking, write_key

if TYPE_CHECKING:
    from darasa.sync.sealing import SealKey

_CURRENT: Final = "seal.key"
_BEFORE: Final = "seal-before"


def read(home: Path) -> "tuple[SealKey, ...]":
    """The keys in a node's folder, the one for new text first; none at a computer.

    An earlier one that is damaged is passed over: the others go on, and the recovery kit has it.
    Raises HomeError when that for new text is.
    """
    current = home / "keys" / _CURRENT
    if not current.exists():
        return ()
    from darasa.sync.sealing import SealKey  # late: a learner's client starts without it

    keys = [SealKey.from_private(read_key(current))]
    for file in sorted((home / "keys" / _BEFORE).glob("*.key")):
        with suppress(HomeError):
            keys.append(SealKey.from_private(read_key(file)))
    return tuple({key.key_id: key for key in keys}.values())


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
            if not _is_whole(file):
                write_key(file, key.private_bytes())
        write_key(folder / _CURRENT, keys[0].private_bytes())


def _is_whole(file: Path) -> bool:
    try:
        read_key(file)
    except (HomeError, OSError):
        return False
    return True
