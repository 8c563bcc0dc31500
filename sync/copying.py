"""A second copy of a server's store on another disk: made beside the running server, and proven.

Owns the order: who is erased is written first; one state of the store is copied by SQLite's backup
interface, page by page, while others write; that copy is looked over whole, each event too; it is
sealed to the server's own key (whose private half is at the server and in its recovery kit, never
in the copy), written, read back and opened again; only then does it get its number, and old ones
go. `restoring` is the way back, `copy_folder` the layout.

A copy file is a bundle of kind 4 (PROTOCOL.md section 11): its body is `u32 length`, so many bytes
of the packed `[1, darasa.toml]`, and then the bytes of the store.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from darasa.sync import reads
from darasa.sync.audit import audit
from darasa.sync.bundle import BundleKind, Sealer
from darasa.sync.codec import pack
from darasa.sync.copy_folder import (
    COPY_BYTES_MAX,
    FORMAT,
    NOTE_NAME,
    SEALED_NAME,
    Note,
    copies,
    copy_of,
    next_number,
    node_folder,
    superfluous,
    unfinished,
)
from darasa.sync.database import connect, damaged
from darasa.sync.erased_file import FILE_NAME as ERASED_FILE
from darasa.sync.erased_file import add_erased, read_erased
from darasa.sync.errors import LocalProtocolError, StoreDamagedError, StoreError, StoreFullError
from darasa.sync.home import Home
from darasa.sync.home_files import CONFIG_NAME
from darasa.sync.ids import NO_SCHOOL, Rng, Role
from darasa.sync.rescue import suspect_mark
from darasa.sync.scratch import copying_to
from darasa.sync.sealed_copy import BODY_FORMAT, SUM_BYTES, store_of_copy
from darasa.sync.store import Store
from darasa.sync.transport.stick_files import (
    Progress,
    StickError,
    flush_folder,
    no_progress,
    read_blocks,
    speaking,
    write_whole,
)

if TYPE_CHECKING:
    from darasa.sync.reads import Position

_PAGES_A_STEP: Final = 256
_SPARE_BYTES: Final = 64 << 20  # what the server may need meanwhile
_NOT_HERE: Final = "A computer needs no copy: its school holds its work. Run this at the server."
_NO_ROOM: Final = "This machine's own disk has no room to prepare a copy. Nothing was changed."


class Copied(Struct, frozen=True):
    """A proven copy. `gone` are the numbers of older ones that were deleted for it."""

    folder: str
    note: Note
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Making:
    """One copy on its way: `scratch` is the store in clear, on the server's own disk."""

    home: Home
    folder: Path
    scratch: Path
    now_ms: int
    rng: Rng
    program: str
    progress: Progress


def make_copy(
    home: Home,
    store: Store,
    path: Path,
    *,
    now_ms: int,
    rng: Rng,
    program: str,
    progress: Progress = no_progress,
) -> Copied:
    """Copy the store of a server as it is now into the folder `path`; the store is only read.

    Raises StickError for the disk of the copy, StoreError for that of the store, and
    StoreDamagedError when the copy shows that the store is damaged: the next start salvages it.
    Cost: the store's size on its own disk, once, for as long as it takes.
    """
    if home.role is Role.COMPUTER:
        raise StickError(_NOT_HERE)
    folder = node_folder(path, home.node_id)
    with copying_to(home.path) as scratch:
        _prepare(home, folder)
        making = _Making(home, folder, scratch, now_ms, rng, program, progress)
        place = _snapshot(store, scratch)
        events = _look_over(making, place)
        note = _write(making, place, events)
    with speaking(folder, "written"):
        _tell_erased(home, folder)  # whoever was erased meanwhile is in the copy
        gone = superfluous(copies(folder, home.node_id), now_ms)
        for old in gone:
            _delete(copy_of(folder, old.number))
    return Copied(str(copy_of(folder, note.number)), note, tuple(old.number for old in gone))


def is_same_disk(one: Path, other: Path) -> bool:
    """Whether two places are lost together: a copy beside its store is no second copy."""
    return one.stat().st_dev == other.stat().st_dev


def _prepare(home: Home, folder: Path) -> None:
    """The folder on the other disk, with who is erased in it, and nothing that was cut short."""
    with speaking(folder.parent, "written"):
        folder.mkdir(mode=0o700, exist_ok=True)
        flush_folder(folder.parent)
        _tell_erased(home, folder)
        for left in unfinished(folder):
            shutil.rmtree(left)


# -- the copy, in clear, on the server's own disk -----------------------------------------------


def _snapshot(store: Store, scratch: Path) -> "Position":
    """One state of the store in a file of its own; which one it is. The writer goes on writing."""
    with store.reading() as connection:
        place = reads.position(connection)  # from here on this connection sees one state
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        size = pages * connection.execute("PRAGMA page_size").fetchone()[0]
        if shutil.disk_usage(scratch.parent).free < size + _SPARE_BYTES:
            raise StoreFullError(_NO_ROOM)
        os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(connect(scratch, read_only=False)) as target:
            connection.backup(target, pages=_PAGES_A_STEP)
    return place


def _look_over(making: _Making, place: "Position") -> int:
    """Whether the copy is whole and is that state; how many events it has.

    A store that still has to be cleaned after an erasure is cleaned in the copy.
    """
    with Store.open(making.scratch, rng=making.rng) as copy:
        copy.sweep()
        try:
            check_whole(copy)
        except StoreDamagedError:
            with suppress(OSError):
                suspect_mark(making.home.store_path).touch()
            raise
        if copy.position() != place:
            raise StoreError("The copy is not what was copied. Nothing was written. Try again.")
        events = copy.event_count()
    if making.scratch.with_name(f"{making.scratch.name}-wal").exists():
        raise StoreFullError(_NO_ROOM)
    return events


def check_whole(store: Store) -> None:
    """Look over a whole store, each event too. Raises StoreDamagedError."""
    store.quick_check()
    with store.reading() as connection:
        found = next(audit(connection), None)
    if found is not None:
        raise StoreDamagedError(str(damaged())) from LocalProtocolError(str(found))


# -- the sealed copy, on the other disk ---------------------------------------------------------


def _write(making: _Making, place: "Position", events: int) -> Note:
    """Write the sealed copy, open it again, write its note, give it its number."""
    home, folder = making.home, making.folder
    number = next_number(folder)
    new = folder / f"{number:06}.new"
    with speaking(folder, "written"):
        new.mkdir(mode=0o700)
    sealed = new / SEALED_NAME
    write_whole(sealed, _sealed(making, events), progress=making.progress)
    store_sum, store_bytes = _sum_of(read_blocks(making.scratch, bytes_max=COPY_BYTES_MAX))
    if _sum_of(store_of_copy(home, sealed)) != (store_sum, store_bytes):
        raise StickError("The copy could not be read back. Use another disk. Nothing was lost.")
    file_sum, file_bytes = _sum_of(read_blocks(sealed, bytes_max=COPY_BYTES_MAX))
    note = Note(
        format=FORMAT,
        node_id=home.node_id.hex(),
        role=str(home.role),
        name=home.name,
        number=number,
        made_ms=making.now_ms,
        program=making.program,
        ordinal=place.ordinal,
        tag=place.tag.hex(),
        events=events,
        store_bytes=store_bytes,
        store_sum=store_sum.hex(),
        file_bytes=file_bytes,
        file_sum=file_sum.hex(),
    )
    write_whole(new / NOTE_NAME, [note.to_json()])
    with speaking(folder, "written"):
        new.rename(copy_of(folder, number))
        flush_folder(folder)
    return note


def _sealed(making: _Making, events: int) -> Iterator[bytes]:
    home = making.home
    seal_public = home.seal_public
    assert seal_public is not None  # every server has one
    sealer = Sealer(
        home.node_key,
        home.certificate,
        kind=BundleKind.COPY,
        receiver_role=home.role,
        receiver_school=None if home.school_id == NO_SCHOOL else home.school_id,
        receiver=home.node_id,
        seal_public=seal_public,
        made_ms=making.now_ms,
        rng=making.rng,
        events=events,
    )
    yield sealer.head_frame
    front = pack((BODY_FORMAT, (home.path / CONFIG_NAME).read_bytes()))
    yield from sealer.add(len(front).to_bytes(4, "big") + front)
    for block in read_blocks(making.scratch, bytes_max=COPY_BYTES_MAX):
        yield from sealer.add(block)
    yield sealer.finish()


def _sum_of(parts: Iterator[bytes]) -> tuple[bytes, int]:
    digest, size = hashlib.blake2b(digest_size=SUM_BYTES), 0
    for part in parts:
        digest.update(part)
        size += len(part)
    return digest.digest(), size


# -- the rest of the folder ---------------------------------------------------------------------


def _tell_erased(home: Home, folder: Path) -> None:
    """Who is erased goes beside the copies, durably: a store that is put back has forgotten."""
    add_erased(folder / ERASED_FILE, read_erased(home.erased_path))


def _delete(copy: Path) -> None:
    """Delete an old copy: its name first, so that half of one is none."""
    going = copy.with_name(f"{copy.name}.gone")
    copy.rename(going)
    flush_folder(copy.parent)
    shutil.rmtree(going)
