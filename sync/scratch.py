"""A store in clear beside the real one, while a copy is made or put back; it is never left behind.

Owns the names, and that two programs do not use one: whoever is killed on the way leaves a whole
store of names and work in the folder, which no erasure would reach. The next start, and the next
copy, delete it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from darasa.sync.errors import HomeBusyError

_COPYING: Final = "copying.sqlite3"
_RESTORING: Final = "restoring.sqlite3"
_LOCK: Final = "copying.lock"
_BUSY: Final = "Another copy of this server is being made. Wait until it is done."


@contextmanager
def copying_to(folder: Path) -> Iterator[Path]:
    """The file for a copy that is being made. Raises HomeBusyError while another one is."""
    with _Lock(folder) as is_mine:
        if not is_mine:
            raise HomeBusyError(_BUSY)
        with _cleared(folder / _COPYING) as scratch:
            yield scratch


@contextmanager
def restoring_to(folder: Path) -> Iterator[Path]:
    """The file for a copy that is being put back, by whoever holds the folder's lock."""
    with _cleared(folder / _RESTORING) as scratch:
        yield scratch


def forget_stale(folder: Path) -> None:
    """Delete what a killed program left; for whoever holds the folder's lock."""
    _forget(folder / _RESTORING)
    if any(folder.glob(f"{_COPYING}*")):
        with _Lock(folder) as is_mine:
            if is_mine:
                _forget(folder / _COPYING)


@contextmanager
def _cleared(scratch: Path) -> Iterator[Path]:
    _forget(scratch)
    try:
        yield scratch
    finally:
        _forget(scratch)


def _forget(scratch: Path) -> None:
    for beside in ("", "-wal", "-shm", "-journal"):
        scratch.with_name(f"{scratch.name}{beside}").unlink(missing_ok=True)


class _Lock:
    """Whether this program is the one that makes a copy."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
