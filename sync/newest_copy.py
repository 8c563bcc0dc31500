"""The newest good copy of a server, in clear for a moment: what a salvage fills its gaps from.

Owns where copies were put last: a file beside the store that says so, since a server that starts
damaged has nobody to ask. A disk that is not in is no error: the salvage goes on without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from darasa.sync.copy_folder import CopyError, Note, copies, node_folder
from darasa.sync.erased_file import FILE_NAME as ERASED_FILE
from darasa.sync.erased_file import read_erased
from darasa.sync.erasing import keep_in_file
from darasa.sync.errors import HomeError, StoreError
from darasa.sync.home import Home
from darasa.sync.home_files import speaking, write_whole
from darasa.sync.ids import Rng
from darasa.sync.restoring import readers_of, unpacked
from darasa.sync.scratch import restoring_to
from darasa.sync.transport.stick_files import StickError

_PLACE: Final = "copies"
_PLACE_BYTES_MAX: Final = 4_096


def note_place(home: Home, folder: Path) -> None:
    """A copy was made in this folder. Raises HomeError."""
    with speaking(home.path, "saved"):
        write_whole(home.path / _PLACE, str(folder).encode("utf-8", "surrogateescape"))


def place_of(home: Home) -> Path | None:
    """Where the last copy was put, if one was made."""
    try:
        raw = (home.path / _PLACE).read_bytes()[:_PLACE_BYTES_MAX]
    except OSError:
        return None
    folder = Path(raw.decode("utf-8", "surrogateescape"))
    return folder if folder.is_absolute() else None


@contextmanager
def newest_copy(home: Home, rng: Rng) -> Iterator[tuple[Path, Note] | None]:
    """The store in the newest good copy, as a file that is gone afterwards; None without one.

    Who was erased is read from beside the copies first. For whoever holds the folder's lock.
    """
    with restoring_to(home.path) as scratch:
        note = _unpacked_to(scratch, home, rng)
        yield None if note is None else (scratch, note)


def _unpacked_to(scratch: Path, home: Home, rng: Rng) -> Note | None:
    place = place_of(home)
    if place is None:
        return None
    try:
        folder = node_folder(place, home.node_id)
        readers = readers_of(home, folder, copies(folder, home.node_id))
        if not readers:
            return None
        erased = read_erased(folder / ERASED_FILE)
        note, _, _ = unpacked(readers, scratch, rng)
    except (CopyError, StickError, StoreError, HomeError, OSError):
        return None  # a disk that fails, or has no room, must not stop the start
    keep_in_file(home.erased_path, erased)
    return note
