"""Opening a store that may be damaged: looked over after an unclean stop, set aside, salvaged.

Owns the files (sync.md section 9): a damaged store is renamed with a number and the time and never
deleted; what can be read of it goes into a new one. Only for the process that holds the home's
lock.
"""

import mmap
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from darasa.sync.database import damaged, sync_folder
from darasa.sync.dates import utc_time
from darasa.sync.errors import (
    LocalProtocolError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
)
from darasa.sync.ids import NodeId, Rng
from darasa.sync.scratch import forget_stale
from darasa.sync.store import Store

if TYPE_CHECKING:
    from darasa.sync.copy_folder import Note
    from darasa.sync.salvage import Salvaged

CHECKED_BYTES_MAX: Final = 200 << 20
"""A larger store is looked over after the start: on a card it takes longer than people wait."""

_NO_ROOM: Final = "The damaged store cannot be salvaged: the disk is full. Nothing was changed."
_ASIDE: Final = "damaged"
REPLACED: Final = "replaced"
_SUSPECT: Final = "suspect"
_NUMBERED: Final = re.compile(r"-(\d{4,5})-\d+-\d{6}(?:-\d+)?$")


NewestCopy = Callable[[], AbstractContextManager[tuple[Path, "Note"] | None]]
"""An older store of the node, in a file for a moment, if there is one (newest_copy.py)."""


class Rescue(NamedTuple):
    """A damaged store was set aside as `aside`, and this is what is in the new one.

    `copy` is the copy that filled its gaps, if one was there.
    """

    aside: Path
    kept: "Salvaged"
    copy: "Note | None"

    @property
    def sentence(self) -> str:
        """What a person reads."""
        filled = "" if self.copy is None else f" Copy {self.copy.number} filled gaps."
        return (
            f"The saved work was damaged. {self.kept.events + self.kept.apart} events were saved"
            f" into a new file.{filled} The rest comes back from the machines that have it."
            f" The damaged file is kept: {self.aside.name}"
        )


def open_sound(
    path: Path, *, rng: Rng, now_ms: int, hub: NodeId | None = None, copy: NewestCopy = nullcontext
) -> tuple[Store, Rescue | None]:
    """Open a store for writing; a damaged one is set aside and salvaged first. `hub`: the hub
    whose store it is; `copy` fills gaps.

    It is looked over before when it was not closed; each event too, and however large it is, when
    a check while it ran, or a copy, found damage. Raises StoreFullError and the other StoreErrors;
    never StoreDamagedError but for a new file.
    """
    forget_stale(path.parent)
    if made(path).exists():  # the power went while it was put in place
        put_in_place(path, now_ms=now_ms)
    if not path.exists():
        return Store.open(path, rng=rng), None
    was_closed = not _wal_of(path).exists()
    try:
        store = Store.open(path, rng=rng)
        try:
            if suspect_mark(path).exists():
                _look_over(store)
            elif not was_closed and path.stat().st_size < CHECKED_BYTES_MAX:
                store.quick_check()
        except BaseException:
            store.close()
            raise
    except StoreDamagedError:
        return _rescued(path, rng=rng, now_ms=now_ms, hub=hub, copy=copy)
    suspect_mark(path).unlink(missing_ok=True)
    return store, None


def repair(
    path: Path, *, rng: Rng, now_ms: int, hub: NodeId | None = None, copy: NewestCopy = nullcontext
) -> Rescue | None:
    """Look over a whole store, each event too; salvage it if it is damaged. For `doctor --repair`.

    None when there was nothing to do. Raises StoreError.
    """
    if not path.exists():
        return None
    try:
        with Store.open(path, rng=rng) as store:
            _look_over(store)
    except StoreDamagedError:
        store, rescue = _rescued(path, rng=rng, now_ms=now_ms, hub=hub, copy=copy)
        store.close()
        return rescue
    suspect_mark(path).unlink(missing_ok=True)
    return None


def _look_over(store: Store) -> None:
    """Look over a whole store, each event too. Raises StoreDamagedError."""
    from darasa.sync.audit import audit  # late: a sound store starts without it

    store.quick_check()
    with store.reading() as connection:
        found = next(audit(connection), None)
    if found is not None:
        raise damaged(LocalProtocolError(str(found)))


def suspect_mark(path: Path) -> Path:
    """The file whose being there says that the store is to be looked over before the next start."""
    return path.with_name(f"{path.name}-{_SUSPECT}")


def set_aside(folder: Path) -> list[Path]:
    """The damaged and the replaced stores that lie in a node's folder, the last one last."""
    found = (each for why in (_ASIDE, REPLACED) for each in folder.glob(f"*.{why}-*[0-9]"))
    return sorted(found, key=lambda each: (_number_of(each), each.name))


def _rescued(
    path: Path, *, rng: Rng, now_ms: int, hub: NodeId | None, copy: NewestCopy
) -> tuple[Store, Rescue]:
    """A new store in place of the damaged one. After a cut on the way it is gone through again."""
    from darasa.sync.salvage import salvage  # late: a sound store starts without it

    making = path.with_name(f"{path.name}-making")
    for stale in (making, *_beside(making)):
        stale.unlink(missing_ok=True)
    with (
        Store.open(making, rng=rng) as store,
        _bytes_of(path) as raw,
        _bytes_of(_wal_of(path)) as wal,
        copy() as older,
        _bytes_of(None if older is None else older[0]) as older_raw,
    ):
        kept = salvage(raw, wal, store, hub=hub, copy=older_raw)
    if _wal_of(making).exists():  # a full disk, or a reader: what is in it would stay behind
        raise StoreFullError(_NO_ROOM)
    making.rename(made(path))
    sync_folder(path.parent)
    aside = put_in_place(path, now_ms=now_ms)
    return Store.open(path, rng=rng), Rescue(aside, kept, None if older is None else older[1])


def put_in_place(path: Path, *, now_ms: int, why: str = _ASIDE) -> Path:
    """The file at `path` and those beside it go aside, then the whole new one takes its name.

    The new one is at `made(path)`, durably. Answers the name under which the old one is kept.
    """
    aside = _free_name(path, now_ms, why)
    for part in (path, *_beside(path)):
        if part.exists():
            part.rename(aside.with_name(aside.name + part.name.removeprefix(path.name)))
    sync_folder(path.parent)  # an old WAL beside the new store would be read into it
    made(path).rename(path)
    sync_folder(path.parent)
    suspect_mark(path).unlink(missing_ok=True)
    return aside


def made(path: Path) -> Path:
    """The new store while the damaged one has not gone aside yet; it is whole when it is there."""
    return path.with_name(f"{path.name}-made")


def _beside(path: Path) -> tuple[Path, Path]:
    return _wal_of(path), path.with_name(f"{path.name}-shm")


def _free_name(path: Path, now_ms: int, why: str) -> Path:
    """A name that nothing has. Its number says which is newer: the date may be any."""
    when = utc_time(now_ms).strftime("%Y%m%d-%H%M%S")
    number = 1 + max(map(_number_of, set_aside(path.parent)), default=0)
    return path.with_name(f"{path.name}.{why}-{number:04}-{when}")


def _number_of(aside: Path) -> int:
    """The running number of a store that was set aside; 0 for one without."""
    found = _NUMBERED.search(aside.name)
    return 0 if found is None else int(found[1])


def _wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


@contextmanager
def _bytes_of(path: Path | None) -> Iterator[bytes | mmap.mmap]:
    """The bytes of a file, read as they are needed; none of a file that is not there or empty."""
    if path is None or not path.exists() or path.stat().st_size == 0:
        yield b""
        return
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            yield raw
    except OSError as error:
        raise StoreError("The damaged store cannot be read. Nothing was changed.") from error
