"""The packs of a node: one folder of blobs shared by all packs and versions.

Owns: `blobs/xx/SHA256` (zstd frames by the hash of their raw bytes) and `packs/ID/SEQUENCE.head`
(header, signatures, manifest). A head file is written last and makes a pack installed; nothing
else says so, and there is no index to rebuild. Every byte is checked before anything is written.
"""

import io
import os
import re
import stat
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from darasa.content_packs.blobs import unpack_blob
from darasa.content_packs.container import (
    Head,
    countersigned,
    frames,
    read_head,
)
from darasa.content_packs.errors import (
    InstanceError,
    PackDamagedError,
    PackError,
    PackHereError,
    PackNotFoundError,
    PackNotSavedError,
    PackRefusedError,
)
from darasa.content_packs.instance import draw
from darasa.content_packs.manifest import BlobEntry, Manifest
from darasa.content_packs.names import PACK_ID, reserved
from darasa.content_packs.pack import Pack
from darasa.content_packs.pack_file import PackFile
from darasa.content_packs.safe_text import SafeText, safe_line

_DIGITS: Final = 10
"""Figures of a sequence number in a file name, so that names sort as numbers do."""


@dataclass(frozen=True, slots=True)
class PackInfo:
    """One installed pack for a list. `size` is in bytes on disk; shared blobs count for each."""

    id: str
    version: SafeText
    sequence: int
    title: SafeText
    items: int
    skills: int
    size: int


Countersign = tuple[bytes, Callable[[bytes], bytes]]
"""A node's own public key, and what gives its signature over the bytes of a manifest."""

# Aliases, because `list` names a method inside the class.
PackInfos = list[PackInfo]
Packs = list[Pack]
Names = list[str]
Paths = list[Path]


_Mark = tuple[Path, int, int]
"""The head file of the newest version as it was when a pack was opened. One that is installed again
is written anew: the older version that stood in for it goes."""


class Shelf:
    """Installed packs in a folder, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._blobs = folder / "blobs"
        self._packs = folder / "packs"
        self._open: dict[str, tuple[_Mark, Pack]] = {}
        self._files: dict[str, tuple[_Mark, PackFile]] = {}
        self._files_lock = threading.Lock()

    def install(
        self,
        pack: Path | bytes,
        *,
        trusted: Collection[bytes],
        countersign: Countersign | None = None,
    ) -> Pack:
        """Put a pack on the shelf; the same one again changes nothing.

        `trusted` are the raw Ed25519 public keys, of which one must have signed it. `countersign`:
        once it is found good this node signs it too, for those who trust this node alone. Raises
        PackDamagedError, PackRefusedError (unknown signer, older number) or PackNotSavedError.
        Whatever is raised, what was installed before is as it was.
        """
        try:
            if isinstance(pack, bytes):
                return self._install(io.BytesIO(pack), trusted, countersign)
            with pack.open("rb") as file:
                return self._install(file, trusted, countersign)
        except FileNotFoundError as error:
            raise PackNotFoundError("There is no such file.", path=str(error.filename)) from error
        except OSError as error:
            raise PackNotSavedError(
                f"The pack could not be saved ({error.strerror}). Nothing was changed."
            ) from error

    def list(self) -> PackInfos:
        """The newest whole version of each pack, by id."""
        return [self._info(pack.manifest) for pack in self.all()]

    def open(self, pack_id: str) -> Pack:
        """The newest whole version of a pack. Raises PackNotFoundError or PackDamagedError."""
        newest = next(map(_mark, self._heads(pack_id)), None)
        kept = self._open.get(pack_id)
        if kept is not None and kept[0] == newest:
            return kept[1]
        _, pack = self._newest(pack_id)
        if newest is not None:
            self._open[pack_id] = (newest, pack)
        return pack

    def all(self) -> Packs:
        """Every pack that can be opened, by id; a damaged one is left out (`list` too).

        So is one whose first installation was cut short: its folder is here, and no head in it.
        """
        found = []
        for pack_id in self._ids():
            try:
                found.append(self.open(pack_id))
            except (PackDamagedError, PackNotFoundError):
                continue
        return found

    def damaged(self) -> Names:
        """The ids of packs whose newest version has a part that is gone or not what was signed.

        Reads every byte of it, lessons too; an older version may be open in its place.
        """
        newest = {pack_id: self._heads(pack_id)[:1] for pack_id in self._ids()}
        return [pack_id for pack_id, heads in newest.items() if heads and not self._sound(heads[0])]

    def older_bytes(self) -> int:
        """The bytes on disk of what no newest version has: parts and heads of older ones.

        Nothing removes them. They stand in for a newer one that is damaged, open sittings read
        lessons of them, and they are the only record of how a question read that an attempt names
        by its version. Parts of an installation that was cut short count here too.
        """
        heads = [head for each in self._ids() for head in self._heads(each)[:1]]
        used = set(heads)
        for path in heads:
            head = _read_head_file(path)
            if head is not None:
                used.update(self._blob_path(entry.sha256) for entry in head.manifest.blobs)
        found = [*self._blobs.rglob("*"), *self._packs.rglob("*")]
        return sum(_size(path) for path in found if path not in used)

    def manifest(self, pack_id: str) -> Manifest:
        """The manifest of the newest version. Raises as `open`."""
        return self.open(pack_id).manifest

    def blob(self, sha256: str) -> bytes:
        """A stored zstd frame, by the SHA-256 (hexadecimal) of its raw bytes."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise PackNotFoundError("That is not the name of a part of a pack.")
        try:
            return self._blob_path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise PackNotFoundError("That part of a pack is not here.") from error

    def pack_file(self, pack_id: str) -> PackFile:
        """The newest version as a pack file, the same bytes each time.

        Raises as `open`, and PackDamagedError for a damaged lesson too: who fetched it could not
        take it, and would fetch it again and again. The first call reads every byte; a lab that
        asks at once waits for one reading.
        """
        newest = next(map(_mark, self._heads(pack_id)), None)
        with self._files_lock:
            kept = self._files.get(pack_id)
            if kept is not None and kept[0] == newest and kept[1].is_sound:
                return kept[1]
            file = PackFile(self._newest(pack_id)[0], self._sound_frame, self._frame_file)
            if newest is not None:
                self._files[pack_id] = (newest, file)
            return file

    def _install(
        self, file: BinaryIO, trusted: Collection[bytes], countersign: Countersign | None
    ) -> Pack:
        head = read_head(file, trusted=trusted)
        manifest = head.manifest
        if _numbers(manifest.least_client) > _numbers(_version()):
            raise PackRefusedError(
                f"This pack needs Darasa {safe_line(manifest.least_client)} or newer.",
                remedy="Update Darasa first.",
            )
        here = self._installed(head)
        if here is not None:
            if countersign is not None and countersign[0] not in here.keys:
                self._write_head(countersigned(here, *countersign))
            return self.open(manifest.id)
        kept = head if countersign is None else countersigned(head, *countersign)
        start = file.tell()
        _check_contents(file, manifest)
        file.seek(start)
        for entry, frame in frames(file, manifest):
            if not self._holds(entry):
                _write(self._blob_path(entry.sha256), frame)
        self._write_head(kept)
        return self.open(manifest.id)

    def _write_head(self, head: Head) -> None:
        name = f"{head.manifest.sequence:0{_DIGITS}}.head"
        _write(self._packs / head.manifest.id / name, head.raw)

    def _installed(self, head: Head) -> Head | None:
        """The head of exactly this version, if it is here whole; raises when a newer one is."""
        wanted = head.manifest
        heads = self._heads(wanted.id)
        if not heads:
            return None
        newest = int(heads[0].stem)
        if newest > wanted.sequence:
            raise PackHereError(
                f"Number {newest} of {wanted.id} is here; this pack is older (number "
                f"{wanted.sequence}).",
                remedy="Raise `sequence` in pack.toml if it is meant to be newer.",
            )
        if newest < wanted.sequence:
            return None
        here = _read_head_file(heads[0])
        if here is None:
            return None
        if here.manifest != wanted:
            raise PackHereError(
                f"Another pack {wanted.id} with number {newest} is here already.",
                remedy="Raise `sequence` in pack.toml.",
            )
        return here if all(map(self._holds, here.manifest.blobs)) else None

    def _ids(self) -> Names:
        if not self._packs.is_dir():
            return []
        return sorted(path.name for path in self._packs.iterdir() if PACK_ID.fullmatch(path.name))

    def _heads(self, pack_id: str) -> Paths:
        """The head files of a pack, newest first."""
        if not PACK_ID.fullmatch(pack_id) or reserved(pack_id):
            return []
        found = (self._packs / pack_id).glob("*.head")
        return sorted((path for path in found if path.stem.isdecimal()), reverse=True)

    def _newest(self, pack_id: str) -> tuple[Head, Pack]:
        """The newest version that can be read; one with a damaged part is passed over."""
        heads = self._heads(pack_id)
        for path in heads:
            head = _read_head_file(path)
            if head is not None and self._is_whole(head.manifest):
                try:
                    return head, self._as_pack(head.manifest)
                except PackDamagedError:
                    continue
        if heads:
            raise PackDamagedError(f"The pack {pack_id} is damaged. Install it again.")
        raise PackNotFoundError(f"The pack {pack_id} is not installed here.")

    def _is_whole(self, manifest: Manifest) -> bool:
        return all(self._blob_path(entry.sha256).is_file() for entry in manifest.blobs)

    def _holds(self, entry: BlobEntry) -> bool:
        """Whether a blob is on disk with the right bytes; a damaged one is written anew."""
        try:
            self._sound_frame(entry)
        except PackDamagedError:
            return False
        return True

    def _sound(self, path: Path) -> bool:
        """Whether the version of a head file is here with all its bytes."""
        head = _read_head_file(path)
        return head is not None and all(map(self._holds, head.manifest.blobs))

    def _frame(self, entry: BlobEntry) -> bytes:
        """The stored frame of a blob, as it is. A worn card fails in the reading of one file."""
        try:
            return self._blob_path(entry.sha256).read_bytes()
        except OSError as error:
            raise PackDamagedError("A part of this pack cannot be read from the disk.") from error

    def _frame_file(self, entry: BlobEntry) -> BinaryIO:
        """The same as an open file. Raises OSError."""
        return self._blob_path(entry.sha256).open("rb")

    def _sound_frame(self, entry: BlobEntry) -> bytes:
        """The stored frame of a blob, when it is what was signed."""
        frame = self._frame(entry)
        _unpacked(entry, frame)
        return frame

    def _as_pack(self, manifest: Manifest) -> Pack:
        entries = {entry.sha256: entry for entry in manifest.blobs}
        return Pack(
            manifest, lambda sha256: _unpacked(entries[sha256], self._frame(entries[sha256]))
        )

    def _info(self, manifest: Manifest) -> PackInfo:
        sizes = (_size(self._blob_path(entry.sha256)) for entry in manifest.blobs)
        return PackInfo(
            id=manifest.id,
            version=safe_line(manifest.version),
            sequence=manifest.sequence,
            title=safe_line(manifest.title),
            items=manifest.items,
            skills=len(manifest.skills),
            size=sum(sizes),
        )

    def _blob_path(self, sha256: str) -> Path:
        return self._blobs / sha256[:2] / sha256


def _check_contents(file: BinaryIO, manifest: Manifest) -> None:
    """Unpack every blob, one at a time, read every item and lesson, and draw every item once."""
    places: dict[str, tuple[int, int]] = {}
    for entry, frame in frames(file, manifest):
        _unpacked(entry, frame)
        places[entry.sha256] = (file.tell() - len(frame), len(frame))
    entries = {entry.sha256: entry for entry in manifest.blobs}

    def read_blob(sha256: str) -> bytes:
        at, length = places[sha256]
        file.seek(at)
        return _unpacked(entries[sha256], file.read(length))

    pack = Pack(manifest, read_blob)
    for lesson in pack.lessons.values():
        lesson.check()
    for item in pack.items.values():
        try:
            draw(item, learner_id=b"install", nth=1)
        except InstanceError as error:
            raise PackDamagedError(f"Item {item.id} of this pack cannot be asked.") from error


def _unpacked(entry: BlobEntry, frame: bytes) -> bytes:
    return unpack_blob(frame, size=entry.size, sha256=entry.sha256)


def _version() -> str:
    from importlib.metadata import version  # late: only an installation asks

    return version("darasa")


def _numbers(version: str) -> tuple[int, ...]:
    """A version for comparing: the numbers in it, as far as there are any."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", version)[:4])


def _mark(path: Path) -> _Mark | None:
    try:
        now = path.stat()
    except OSError:
        return None
    return path, now.st_ino, now.st_mtime_ns


def _size(path: Path) -> int:
    """The bytes of a file; 0 for a folder and for what is gone meanwhile."""
    try:
        now = path.lstat()
    except OSError:
        return 0
    return now.st_size if stat.S_ISREG(now.st_mode) else 0


def _read_head_file(path: Path) -> Head | None:
    """The head in a file, None when it is damaged."""
    try:
        with path.open("rb") as file:
            head = read_head(file)
    except (OSError, PackError):
        return None
    fits = path.parent.name == head.manifest.id and int(path.stem) == head.manifest.sequence
    return head if fits else None


def _write(path: Path, raw: bytes) -> None:
    """Write a file so that a power cut leaves the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new-{os.getpid()}-{path.name}")
    try:
        with new.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    _sync_folder(path.parent.parent)


def _sync_folder(folder: Path) -> None:
    """Make names in a folder durable, where the system can (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
