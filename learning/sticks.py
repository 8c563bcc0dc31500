"""Work, lists and courses carried on a stick: what `darasa bundle` does on a node.

Owns: which bundles a node of each role makes for whom, and installing the packs that come. What is
in a bundle, and what of it is believed, is sync's.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from darasa.content_packs.errors import (
    PackDamagedError,
    PackError,
    PackHereError,
    PackNotSavedError,
)
from darasa.content_packs.pack_file import PackFile
from darasa.content_packs.shelf import Shelf
from darasa.learning.pack_delivery import PACK_BYTES_MAX, countersign_of, publish_packs
from darasa.learning.school_key import take_school_key
from darasa.sync.blob_store import BlobFolder
from darasa.sync.bundle import BundleKind, answers8_of
from darasa.sync.errors import StoreError, SyncError
from darasa.sync.ids import Role
from darasa.sync.transport import relay
from darasa.sync.transport.bundle_reading import read_head
from darasa.sync.transport.file import Stick, short_name
from darasa.sync.transport.pack_bundle import export_files, take_files
from darasa.sync.transport.stick_files import (
    SUFFIX,
    Progress,
    StickError,
    bundle_files,
    no_progress,
)
from darasa.sync.transport.stick_report import Made, Taken, refused

if TYPE_CHECKING:
    from darasa.learning.classroom import Classroom

FOR_SCHOOL: Final = "school"
FOR_HUB: Final = "hub"
FOR_COMPUTERS: Final = "computers"
COURSES: Final = "courses for all"
"""Stands for the receiver of a bundle of courses."""
_ROOM_BYTES: Final = 2 << 30
_ANSWERED: Final = "The school has this work: its answer is on the stick."
_NOT_OURS: Final = "These courses are not from the server that was joined."
_SEVERAL: Final = "These are several bundles: name the folder of the stick, not one file."
_NO_ROOM: Final = "These courses could not be saved here. Make room and import them again."
_NOT_TAKEN: Final = "A course was not taken. {why}"
_LEFT_OUT: Final = "Not on the stick, for it is damaged here: course {}. All else is there."
_NO_QUESTION: Final = "No bundle has come from there yet. Import one first: it says what they lack."


class Brought(Struct, frozen=True):
    """What one bundle of a stick brought; `packs` are the titles of courses that came new."""

    told: Taken
    packs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self.told) | {"packs": list(self.packs)}


def export_bundles(
    room: "Classroom",
    *,
    receiver: str,
    path: Path,
    everything: bool = False,
    progress: Progress = no_progress,
) -> list[Made]:
    """Write the bundles that this node has for a receiver. Raises StickError with a sentence.

    Upwards one with the work that the server has not said it holds, or `everything`. Downwards an
    answer for each node that a bundle came from, and one with the packs of all.
    """
    make = _MAKERS.get((room.home.role, receiver))
    if make is None:
        raise StickError(_not_for(room.home.role, receiver))
    return make(room, _Wish(path, everything, progress))


@dataclass(frozen=True, slots=True)
class _Wish:
    """What an export was asked for."""

    path: Path
    everything: bool
    progress: Progress


def _export_work(room: "Classroom", wish: _Wish) -> list[Made]:
    return [_stick(room, wish.progress).export_work(wish.path, from_start=wish.everything)]


def _export_answers(room: "Classroom", wish: _Wish) -> list[Made]:
    """Those who lack everything ask for it themselves: `everything` changes nothing here."""
    if wish.path.suffix == SUFFIX and not wish.path.is_dir():
        raise StickError(_SEVERAL)
    made = _stick(room, wish.progress).export_answers(wish.path)
    made += _export_packs(room, wish.path, wish.progress)
    if not made:
        raise StickError(_NO_QUESTION)
    return made


def _export_packs(room: "Classroom", path: Path, progress: Progress) -> list[Made]:
    """All packs of this node's shelf for those below it, in as few bundles as can be read.

    Raises StickError too when that is done and a damaged one was left out.
    """
    if room.home.is_in_memory:
        return []
    whole, damaged = _courses_here(room.shelf)
    made = export_files(
        room.home,
        path,
        whole,
        receiver_role=Role.COMPUTER if room.home.role is Role.SCHOOL else Role.SCHOOL,
        made_ms=room.clock.wall_ms(),
        progress=progress,
    )
    if damaged:
        raise StickError(_LEFT_OUT.format(", ".join(damaged)))
    return [Made(str(file), COURSES, size) for file, size in made]


def _courses_here(shelf: Shelf) -> tuple[list[PackFile], list[str]]:
    """The packs that are whole, and the ids of the others."""
    whole, damaged = [], []
    for info in shelf.list():
        try:
            whole.append(shelf.pack_file(info.id))
        except PackDamagedError:
            damaged.append(info.id)
    return whole, damaged


_Maker = Callable[["Classroom", _Wish], list[Made]]
_MAKERS: Final[dict[tuple[Role, str], _Maker]] = {
    (Role.COMPUTER, FOR_SCHOOL): _export_work,
    (Role.SCHOOL, FOR_HUB): _export_work,
    (Role.SCHOOL, FOR_COMPUTERS): _export_answers,
    (Role.HUB, FOR_SCHOOL): _export_answers,
}


def _not_for(role: Role, receiver: str) -> str:
    can = [each for (its, each) in _MAKERS if its is role]
    names = {Role.COMPUTER: "A computer", Role.SCHOOL: "A school server", Role.HUB: "A hub"}
    return f"{names[role]} makes bundles for: {', '.join(can)}; not for {receiver}."


def import_bundles(
    room: "Classroom", path: Path, *, progress: Progress = no_progress
) -> tuple[list[Brought], int]:
    """Take all bundles of a folder, or one file; and how many were left out as too many.

    Twice is as good as once. Raises StickNotFoundError, StoreError when this node cannot save.
    """
    files, left_out = bundle_files(path, reader=short_name(room.home.node_id))
    answered = _answered(room, files)
    with room.meeting:  # a list that a wire brings meanwhile is not overtaken by an older one
        brought = [_take(room, file, progress, answered) for file in files]
    if any(each.told.records_in for each in brought):
        take_school_key(room)
    return brought, left_out


def _answered(room: "Classroom", files: list[Path]) -> frozenset[bytes]:
    """The names of the bundles whose answers lie on the same stick: the server has had them.

    A stick that goes round a lab has both: each computer would carry the work of all others.
    """
    peer = room.home.peer
    if room.home.role is not Role.COMPUTER or peer is None:
        return frozenset()
    names: set[bytes] = set()
    for file in files:
        with suppress(SyncError):
            head, maker, _ = read_head(file)
            if head.answers8 is not None and maker.node_id == peer.node_id:
                names.add(head.answers8)
    return frozenset(names)


def _take(room: "Classroom", file: Path, progress: Progress, answered: frozenset[bytes]) -> Brought:
    try:
        head, maker, _ = read_head(file)
    except SyncError as error:
        return Brought(refused(file, None, str(error)))
    if head.kind == BundleKind.WORK and answers8_of(head.ephemeral or b"") in answered:
        told = Taken(file.name, "", "work", head.made_ms, ok=True, whole=False, passed=_ANSWERED)
        return Brought(told)
    if relay.carries(room.home, head, maker):
        return Brought(relay.carry(room.home, file, head, maker))
    if head.kind != BundleKind.PACKS:
        return Brought(_stick(room, progress).take(file))
    peer = room.home.peer
    told = Taken(file.name, "", "packs", head.made_ms, ok=True, whole=True)
    if peer is None or maker.node_id != peer.node_id or room.home.is_in_memory:
        return Brought(replace(told, whole=False, passed=_NOT_OURS))
    titles, damage = _take_packs(room, file, peer.public_key, progress)
    told = replace(told, maker=peer.name, ok=not damage, whole=not damage, error=damage)
    return Brought(told, tuple(titles))


def _take_packs(
    room: "Classroom", file: Path, public_key: bytes, progress: Progress
) -> tuple[list[str], str]:
    """Install the packs of a bundle that are not here: the titles, and what was wrong.

    Courses are large: a disk that has no room for them may have some for the work beside them.
    """
    folder = BlobFolder(room.home.path / "arriving", bytes_max=PACK_BYTES_MAX, room=_ROOM_BYTES)
    before = {(info.id, info.sequence) for info in room.shelf.list()}
    faults: list[str] = []
    try:
        for name in take_files(file, folder, progress=progress):
            faults += _install(room, folder, name, public_key)
    except (StoreError, PackNotSavedError):
        faults.append(_NO_ROOM)
    except SyncError as error:
        faults.append(str(error))
    titles = [info.title for info in room.shelf.list() if (info.id, info.sequence) not in before]
    if room.home.role is Role.SCHOOL:
        publish_packs(room)  # also what an import that was killed had installed
    return list(titles), " ".join(dict.fromkeys(faults))


def _install(room: "Classroom", folder: BlobFolder, name: bytes, public_key: bytes) -> list[str]:
    """Install one pack file, and forget the file; why it was not taken, if so.

    One that is older than what is here is no fault: a stick comes round more than once. A school
    signs what its hub gave too: its computers trust their school alone. Raises PackNotSavedError.
    """
    file = folder.file(name)
    own = countersign_of(room.home) if room.home.role is Role.SCHOOL else None
    try:
        room.shelf.install(file, trusted=[public_key], countersign=own)
    except PackNotSavedError:
        raise
    except PackHereError:
        return []
    except PackError as error:
        return [_NOT_TAKEN.format(why=error)]
    finally:
        folder.drop(name)
    return []


def _stick(room: "Classroom", progress: Progress) -> Stick:
    return Stick(
        room.home,
        room.store,
        hooks=room.hooks,
        clock=room.clock,
        rng=room.rng,
        progress=progress,
    )
