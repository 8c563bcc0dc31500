"""A disk with a volatile cache, rebuilt from a journal of the shim's, and what a power cut leaves.

Modelled. A write or a change of size is safe once its *own file* was flushed (fsync or fdatasync);
a created, removed or renamed name once its *folder* was flushed. Until then any of it may or may
not be on the disk, in any order: ext4 in ordered mode and XFS keep more than that (they flush a
name with its file, and names in the order they were made), ext4 in writeback mode and FAT do not.
A sector of 512 bytes is old or new, never mixed. Where a file grew and the data did not follow, it
holds zeros or, as after ext4 writeback, what the blocks held before. A name stands for any of the
files it stood for since the folder's last flush.
Not modelled: media that lie about a flush, and damage to what was flushed long ago.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

SECTOR = 512
_HEAD = struct.Struct("=cQQII")


class Record(NamedTuple):
    """One call of the process, as the shim wrote it."""

    op: str
    file: int
    number: int
    path: str
    data: bytes


def records(journal: bytes) -> Iterator[Record]:
    """The calls in order. Raises ValueError for one that this model does not have."""
    at = 0
    while at < len(journal):
        op, file, number, path_length, data_length = _HEAD.unpack_from(journal, at)
        at += _HEAD.size
        path = journal[at : at + path_length].decode()
        at += path_length
        data = journal[at : at + data_length]
        at += data_length
        if op == b"X":
            raise ValueError(f"the process did what the model has not: {data.decode()}")
        yield Record(op.decode(), file, number, path, data)


class Pattern(Enum):
    """What of the unflushed calls reached the disk."""

    NONE = "none"
    ALL = "all"
    PREFIX = "a prefix"
    WHOLE = "random whole writes"
    TORN = "torn sectors"


@dataclass
class Change:
    """A write (`data`) or a change of size (`data` None, to `at`) that is not flushed."""

    serial: int
    at: int
    data: bytes | None


@dataclass
class File:
    """One file, whatever its names."""

    flushed: bytes = b""
    changes: list[Change] = field(default_factory=list)

    def flush(self) -> None:
        if self.changes:
            image = bytearray(self.flushed)
            for change in self.changes:
                apply(image, change)
            self.flushed = bytes(image)
            self.changes.clear()


def apply(image: bytearray, change: Change) -> None:
    """One change, whole."""
    if change.data is None:
        del image[change.at :]
        image.extend(bytes(max(0, change.at - len(image))))
        return
    end = change.at + len(change.data)
    image.extend(bytes(max(0, end - len(image))))
    image[change.at : end] = change.data


def apply_torn(image: bytearray, change: Change, rng: random.Random, share: float) -> None:
    """Each sector of a write by itself; the file may grow whether or not the data came."""
    if change.data is None:
        if rng.random() < share:
            apply(image, change)
        return
    was, end = len(image), change.at + len(change.data)
    if end > was and rng.random() < 0.5:
        filler = rng.randbytes(end - was) if rng.random() < 0.5 else bytes(end - was)
        image.extend(filler)
    first = change.at - change.at % SECTOR
    for sector in range(first, end, SECTOR):
        if rng.random() < share:
            low, high = max(sector, change.at), min(sector + SECTOR, end)
            part = change.data[low - change.at : high - change.at]
            apply(image, Change(change.serial, low, part))


class Disk:
    """Feed it the journal; ask at any point what a cut there leaves."""

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._flushed_names: dict[str, File | None] = {}
        self._names: list[tuple[int, str, File | None]] = []  # not flushed, oldest first
        self._serial = 0

    def do(self, record: Record) -> None:
        """One call has returned."""
        self._serial += 1
        match record.op:
            case "O":
                made = self._files[record.file] = File()
                self._name(record.path, made)
            case "W":
                self._change(record.file, Change(self._serial, record.number, record.data))
            case "S":
                self._change(record.file, Change(self._serial, record.number, None))
            case "F":
                self._files[record.file].flush()
            case "D":
                self._flushed_names = self._named(self._names)
                self._names.clear()
            case "U":
                self._name(record.path, None)
            case "R":
                moved = self._named(self._names)[record.path]
                self._name(record.data.decode(), moved)
                self._name(record.path, None)

    def _change(self, file: int, change: Change) -> None:
        self._files[file].changes.append(change)

    def _name(self, path: str, file: File | None) -> None:
        self._names.append((self._serial, path, file))

    def _named(self, changes: list[tuple[int, str, File | None]]) -> dict[str, File | None]:
        return self._flushed_names | {path: file for _, path, file in changes}

    def after_cut(self, pattern: Pattern, rng: random.Random) -> dict[str, bytes]:
        """The files that are there when the power is back."""
        upto = self._cut_serial(pattern, rng)
        share = rng.choice((0.1, 0.5, 0.9))
        if pattern in {Pattern.WHOLE, Pattern.TORN}:
            named = self._any_names(rng)
        else:
            named = self._named([name for name in self._names if name[0] <= upto])
        images: dict[str, bytes] = {}
        for path, file in sorted(named.items()):
            if file is not None:
                images[path] = self._image(file, pattern, rng, upto=upto, share=share)
        return images

    def _cut_serial(self, pattern: Pattern, rng: random.Random) -> int:
        """Up to which call everything is there, for the patterns in order."""
        if pattern is Pattern.NONE:
            return 0
        if pattern is not Pattern.PREFIX:
            return self._serial
        pending = [name[0] for name in self._names]
        for file in self._files.values():
            pending += [change.serial for change in file.changes]
        return rng.choice(pending) if pending else 0

    def _any_names(self, rng: random.Random) -> dict[str, File | None]:
        """Each name by itself: what it was at the last flush, or anything since."""
        choices: dict[str, list[File | None]] = {}
        for _, path, file in self._names:
            choices.setdefault(path, [self._flushed_names.get(path)]).append(file)
        named = dict(self._flushed_names)
        for path, files in choices.items():
            named[path] = rng.choice(files)
        return named

    @staticmethod
    def _image(
        file: File, pattern: Pattern, rng: random.Random, *, upto: int, share: float
    ) -> bytes:
        if not file.changes:
            return file.flushed
        image = bytearray(file.flushed)
        for change in file.changes:
            if pattern is Pattern.TORN:
                apply_torn(image, change, rng, share)
            elif change.serial <= upto and (pattern is not Pattern.WHOLE or rng.random() < share):
                apply(image, change)
        return bytes(image)


def put(images: dict[str, bytes], folder: Path) -> None:
    """The files of a disk in a folder that is empty."""
    for path, raw in images.items():
        (folder / path).write_bytes(raw)
