"""The file of erased learners beside a store and beside each of its backups (sync.md section 10).

A store that is put back from an old copy has forgotten who was erased since; this file has not. So
it is written before the store, read before anything of the store is served, and never shortened.
One line a record, in hex; a line that is torn or changed is passed over: its signature says so.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from darasa.sync.codec import CodecError
from darasa.sync.database import sync_folder
from darasa.sync.erased import ErasedRecord

FILE_NAME: Final = "erased"
_FOLLOWS_NO_LINK: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | _FOLLOWS_NO_LINK
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _FOLLOWS_NO_LINK
_BYTES_MAX: Final = 64 << 20  # 200,000 learners; more is no file of ours


def read_erased(path: Path) -> frozenset[ErasedRecord]:
    """The records of a file, signatures not checked; none when there is no file.

    Beside a copy it lies on a disk that is a stranger's: a link is not followed. Raises OSError.
    """
    try:
        handle = os.open(path, _READ)
    except FileNotFoundError:
        return frozenset()
    with os.fdopen(handle, "rb") as stream:
        is_file = stat.S_ISREG(os.fstat(handle).st_mode)
        raw = stream.read(_BYTES_MAX) if is_file else b""
    found: set[ErasedRecord] = set()
    for line in raw.split(b"\n"):
        try:
            found.add(ErasedRecord.from_bytes(bytes.fromhex(line.decode("ascii"))))
        except (ValueError, CodecError):
            continue
    return frozenset(found)


def add_erased(path: Path, records: Iterable[ErasedRecord]) -> int:
    """Add those that the file lacks; durable on return. Answers how many. Raises OSError."""
    new = sorted(set(records) - read_erased(path))
    if not new:
        return 0
    lines = b"".join(b"\n" + record.to_bytes().hex().encode("ascii") for record in new)
    handle = os.open(path, _APPEND, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(lines + b"\n")  # a line that a crash tore before is closed by the first break
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)
    return len(new)
