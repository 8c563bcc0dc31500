"""Second copies of a server: made, counted as such, put back; what `backup` and `restore` do.

Owns when a copy counts: level 2 of receipts ("the school and a second copy") is noted for the state
that is in a proven copy, and only when it lies on another disk than the store. Making and reading
one is sync's (`copying`, `restoring`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from darasa.learning.errors import LearningError
from darasa.learning.version import APP_VERSION
from darasa.sync.copying import Copied, is_same_disk, make_copy
from darasa.sync.ids import Role
from darasa.sync.reads import transaction_tag
from darasa.sync.transport.stick_files import Progress, no_progress

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

_ANOTHER: Final = "The store was put back while it was copied. Make another copy."


def copy_node(room: "Classroom", path: Path, *, progress: Progress = no_progress) -> Copied:
    """Make a proven copy of an open server in a folder; the store is only read.

    Whoever holds the store for writing is then told, by `note_copy`. Raises StickError, StoreError.
    """
    return make_copy(
        room.home,
        room.store,
        path,
        now_ms=room.clock.wall_ms(),
        rng=room.rng,
        program=APP_VERSION,
        progress=progress,
    )


def counts(
    home: Path, copied: Copied, *, same_disk: Callable[[Path, Path], bool] = is_same_disk
) -> bool:
    """Whether a copy is a second one: what one broken disk takes with it is not."""
    return not same_disk(home, Path(copied.folder))


def note_copy(room: "Classroom", ordinal: int, tag: bytes) -> None:
    """At a school: all up to that state of the store is in a second copy.

    Raises LearningError when the store that is open never was in that state.
    """
    if room.home.role is not Role.SCHOOL or not ordinal:
        return
    if room.store.read(transaction_tag, ordinal) != tag:
        raise LearningError(_ANOTHER)
    with room.store.transaction() as tx:
        tx.note_second_copy(ordinal)


def _note_copy(room: "Classroom", args: dict[str, Any]) -> dict[str, Any]:
    note_copy(room, int(args["ordinal"]), bytes.fromhex(args["tag"]))
    return {}


def copied_to_json(copied: Copied) -> dict[str, Any]:
    """As plain values."""
    return {**asdict(copied.note), "folder": copied.folder, "gone": list(copied.gone)}


COPY_OPERATIONS: Final[dict[str, Callable[["Classroom", dict[str, Any]], dict[str, Any]]]] = {
    "note-copy": _note_copy,
}
