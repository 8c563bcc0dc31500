"""Bundle files on a stick: which are read, and how one is put in place (threat-model.md T9, T11).

A stick is a stranger's. Only files `darasa-*.bundle` are looked at, regular ones, never through a
link, up to a size; nothing on it is run, and no name on it becomes a path. What is written is whole
or not there: to a new file, flushed, read back, renamed, the folder flushed. Does not know what a
bundle is.
"""

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from darasa.sync.errors import SyncError

FILE_BYTES_MAX: Final = 1 << 30
"""A school's years of work are a few 100 MB; what is larger is no bundle of ours."""
FILES_MAX: Final = 5_000
"""Bundles that are read of one folder: the work of 2,000 schools of a district, and more beside."""
NAMES_MAX: Final = 20_000
"""Names that are looked at in one folder: a stick may hold 200,000."""
SUFFIX: Final = ".bundle"
_ANSWER: Final = "-answer-"
_COPY: Final = r" ?\([\w ]{1,20}\)| - [\w ()]{1,20}"  # what file managers add to the name of a copy
_NAME: Final = re.compile(rf"darasa-[a-z0-9-]{{1,80}}(?:{_COPY})?\.bundle")
_BLOCK_BYTES: Final = 64 * 1024
_UNSUPPORTED: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM})
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_WRITE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and of how many; 0 when that is not known."""


class StickError(SyncError):
    """The stick cannot be read or written; what was there before is as it was."""


class StickNotFoundError(StickError):
    """Nothing is there to read, or the folder is not there."""


def no_progress(done: int, total: int) -> None:
    """Nobody watches."""


def bundle_files(path: Path, *, reader: str = "") -> tuple[list[Path], int]:
    """The bundles at `path`, a folder or one file, by name; and how many were left out.

    Those whose name ends with `reader` come before all others, and answers for others last: of a
    district's stick with one for each of 600 schools, a school is to read its own and the courses.
    A name is a hint and no more. Raises StickNotFoundError when there is none.
    """
    with speaking(path, "read"):
        if not path.is_dir():
            if not path.exists():
                raise StickNotFoundError(f"There is no {path}. Is the stick in?")
            return [path], 0
        names = _names_in(path)
    if not names:
        raise StickNotFoundError(f"There is no bundle in {path}.")
    names.sort(key=lambda name: (not name.endswith(f"-{reader}{SUFFIX}"), _ANSWER in name))
    return [path / name for name in names[:FILES_MAX]], max(0, len(names) - FILES_MAX)


def _names_in(folder: Path) -> list[str]:
    """Names of regular files that may be bundles; a link, a device or a folder is none."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries, start=1):
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                names.append(entry.name)
            if count >= NAMES_MAX:
                break
    return sorted(names)


def size_of(path: Path) -> int:
    """The bytes of a bundle file. Raises StickError for anything but a regular file."""
    with _opened(path) as descriptor:
        return os.fstat(descriptor).st_size


def read_blocks(
    path: Path, *, progress: Progress = no_progress, bytes_max: int = FILE_BYTES_MAX
) -> Iterator[bytes]:
    """A bundle file, block by block. Raises StickError."""
    done = 0
    with _opened(path, bytes_max) as descriptor, speaking(path, "read"):
        total = os.fstat(descriptor).st_size
        while block := os.read(descriptor, _BLOCK_BYTES):
            done += len(block)
            if done > bytes_max:
                raise StickError(f"{path.name} grows while it is read.")
            progress(done, total)
            yield block


@contextmanager
def _opened(path: Path, bytes_max: int = FILE_BYTES_MAX) -> Iterator[int]:
    """A descriptor of a regular file of a size that may be."""
    with speaking(path, "read"):
        descriptor = os.open(path, _READ_FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StickError(f"{path.name} is not a file.")
        if status.st_size > bytes_max:
            raise StickError(f"{path.name} is larger than a bundle can be.")
        yield descriptor
    finally:
        os.close(descriptor)


def target_of(path: Path, name: str) -> Path:
    """Where a bundle is written: `name` in a folder, or `path` itself when it ends in .bundle."""
    if path.is_dir():
        return path / name
    if path.suffix == SUFFIX and path.parent.is_dir():
        return path
    raise StickNotFoundError(f"There is no folder {path}. Is the stick in?")


def write_whole(
    target: Path,
    parts: Iterable[bytes],
    *,
    before_placing: Callable[[], None] = lambda: None,
    progress: Progress = no_progress,
) -> int:
    """Write a file so that it is there whole, or the old one is; its bytes.

    `before_placing` runs when the new one is safe on the stick, and not yet in place. Raises
    StickError with a sentence.
    """
    new = target.with_name(f"{target.name}.new")
    with speaking(target.parent, "written"):
        new.unlink(missing_ok=True)  # left behind by a stick that was pulled out
        try:
            written, digest = _write(new, parts, progress)
            if _digest_of(new) != digest:
                raise StickError("The stick or disk did not keep what was written. Use another.")
            before_placing()
            new.replace(target)
        except BaseException:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise
        flush_folder(target.parent)
    return written


def _write(new: Path, parts: Iterable[bytes], progress: Progress) -> tuple[int, bytes]:
    digest = hashlib.blake2b()
    written = 0
    with os.fdopen(os.open(new, _WRITE_FLAGS, 0o600), "wb") as file:
        for part in parts:
            file.write(part)
            digest.update(part)
            written += len(part)
            progress(written, 0)
        file.flush()
        os.fsync(file.fileno())
    return written, digest.digest()


def _digest_of(path: Path) -> bytes:
    """The digest of what the stick gives back, not of what memory still has."""
    digest = hashlib.blake2b()
    with os.fdopen(os.open(path, _READ_FLAGS), "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.digest()


def flush_folder(folder: Path) -> None:
    """Make the new name durable, where the stick's file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def speaking(path: Path, done: str) -> Iterator[None]:
    """Turn the system's refusal into a sentence. Copies are written here too, to a disk."""
    try:
        yield
    except OSError as error:
        raise StickError(_sentence(path, error, done)) from error


def _sentence(path: Path, error: OSError, done: str) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "The stick or disk is full. Make room or use another. Nothing was lost."
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return f"{path} may not be {done}. Is the stick or disk locked?"
        case errno.ELOOP:
            return f"{path.name} is a link. Links on a stick or disk are not followed."
        case errno.EIO | errno.ENODEV | errno.ENXIO | errno.ENOENT:
            return "The stick or disk does not answer. Put it in again and repeat this."
        case _:
            return f"{path} cannot be {done} ({error.strerror}). Nothing was lost."
