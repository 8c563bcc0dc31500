"""Files by their hash in a folder: whole ones, and those that are still arriving.

A file is named by the BLAKE2b-256 of its bytes. It grows as `HASH.part` and gets its name when it
is whole and its hash is right: so whatever was cut goes on at the byte, and what came wrong begins
anew. Owns the folder; knows neither teaching nor sessions.
"""

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

from darasa.sync.database import sync_folder
from darasa.sync.errors import StoreError, StoreFullError

BLOB_HASH_BYTES: Final = 32
PARTS_MAX: Final = 200
"""Files that arrive at one time: a school has fewer computers, and each costs a disk a block."""
_BLOCK_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_PART: Final = ".part"
_CANNOT: Final = "A file could not be saved here. It comes again later."


def blob_hash(raw: bytes) -> bytes:
    """The 32 bytes that name a file."""
    return hash_of_parts((raw,))


def hash_of_parts(parts: Iterable[bytes]) -> bytes:
    """The same of a file that comes in parts."""
    digest = hashlib.blake2b(digest_size=BLOB_HASH_BYTES)
    for part in parts:
        digest.update(part)
    return digest.digest()


class BlobFolder:
    """A folder of files by hash; made when the first one comes.

    `bytes_max` is the largest file that is taken, `room` what all of them may fill.
    """

    def __init__(self, path: Path, *, bytes_max: int, room: int) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._room = room

    def names(self) -> list[bytes]:
        """The hashes of the whole files, sorted."""
        if not self.path.is_dir():
            return []
        found = (each.name for each in self.path.iterdir() if _NAME.fullmatch(each.name))
        return [bytes.fromhex(name) for name in sorted(found)]

    def size(self, name: bytes) -> int | None:
        """The bytes of a whole file; None when it is not here."""
        file = self.file(name)
        return file.stat().st_size if file.is_file() else None

    def held(self, name: bytes) -> int:
        """How many bytes of a file are here, from its beginning."""
        whole = self.size(name)
        if whole is not None:
            return whole
        part = self._part(name)
        return part.stat().st_size if part.is_file() else 0

    def used(self) -> int:
        """The bytes that all files fill, those that are arriving too."""
        if not self.path.is_dir():
            return 0
        return sum(each.stat().st_size for each in self.path.iterdir() if each.is_file())

    def has_room(self, name: bytes, total: int) -> bool:
        """Whether a file of that size may come, with what is here of it counted once."""
        if not 0 < total <= self._bytes_max:
            return False
        return self.used() - self.held(name) + total <= self._room

    def make_room(self, name: bytes, total: int) -> bool:
        """Like `has_room`; files that never became whole go first, the stalest first."""
        if not 0 < total <= self._bytes_max:
            return False
        parts = [each for each in self._parts() if each != self._part(name)]
        parts.sort(key=lambda each: each.stat().st_mtime_ns, reverse=True)
        while len(parts) >= PARTS_MAX or not self.has_room(name, total):
            if not parts:
                return False
            parts.pop().unlink(missing_ok=True)
        return True

    def _parts(self) -> list[Path]:
        return list(self.path.glob(f"*{_PART}")) if self.path.is_dir() else []

    def read(self, name: bytes, offset: int, length: int) -> bytes:
        """A part of a whole file. Raises StoreError when it is not here."""
        try:
            with self.file(name).open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise StoreError("A file that was promised is not here any more.") from error

    def add(self, name: bytes, offset: int, total: int, raw: bytes) -> bool:
        """Take a part; whether the file is whole now.

        A part that leaves a gap is ignored, bytes that are held are not written again. A file whose
        hash is wrong when it is whole is dropped. Raises StoreError, StoreFullError.
        """
        if self.size(name) is not None:
            return True
        if not self.has_room(name, total):
            return False
        held = self.held(name)
        if offset > held or offset + len(raw) > total:
            return False
        with _saving():
            self.path.mkdir(mode=0o700, exist_ok=True)
            with self._part(name).open("ab") as file:
                file.write(raw[held - offset :])
            return held + len(raw[held - offset :]) >= total and self._finish(name)

    def _finish(self, name: bytes) -> bool:
        part = self._part(name)
        with part.open("rb") as file:
            digest = _digest_of(file)
            os.fsync(file.fileno())
        if digest != name:
            part.unlink()
            return False
        part.rename(self.file(name))
        sync_folder(self.path)
        return True

    def keep(self, blocks: Callable[[], Iterable[bytes]]) -> bytes | None:
        """Copy a file in, which is read twice; its hash, or None when there is no room for it."""
        digest = hashlib.blake2b(digest_size=BLOB_HASH_BYTES)
        total = 0
        for block in blocks():
            digest.update(block)
            total += len(block)
        name, offset = digest.digest(), 0
        if self.size(name) is None and self.make_room(name, total):
            self._part(name).unlink(missing_ok=True)
            for block in blocks():
                self.add(name, offset, total, block)
                offset += len(block)
        return name if self.size(name) is not None else None

    def is_sound(self, name: bytes) -> bool:
        """Whether a whole file is here and still what its name says; reads all of it."""
        if self.size(name) is None:
            return False
        with self.file(name).open("rb") as file:
            return _digest_of(file) == name

    def drop(self, name: bytes) -> None:
        """Forget a file, whole or not."""
        self.file(name).unlink(missing_ok=True)
        self._part(name).unlink(missing_ok=True)

    def file(self, name: bytes) -> Path:
        """Where a whole file is, or would be."""
        assert len(name) == BLOB_HASH_BYTES
        return self.path / name.hex()

    def _part(self, name: bytes) -> Path:
        return self.path / f"{name.hex()}{_PART}"


def _digest_of(file: BufferedReader) -> bytes:
    return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=BLOB_HASH_BYTES)).digest()


@contextmanager
def _saving() -> Iterator[None]:
    """Turn the system's refusal into a StoreError."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise (StoreFullError if full else StoreError)(_CANNOT) from error
