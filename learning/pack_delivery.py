"""Packs on their way from the school's shelf to its computers.

Owns: telling computers which version to have, and fetching what a computer lacks. A pack that was
cut short goes on at the byte; a version takes effect at the next sitting, since an open one holds
its pack. Does not know what is in a pack: the shelf checks hashes and signature.
"""

import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.content_packs.container import read_head
from darasa.content_packs.errors import (
    PackError,
    PackHereError,
    PackNotFoundError,
    PackNotSavedError,
)
from darasa.content_packs.manifest import encode_manifest
from darasa.content_packs.safe_text import safe_text
from darasa.learning.refused_packs import note_refused, refused_before, words_of
from darasa.learning.scopes import PackValue

if TYPE_CHECKING:
    from darasa.content_packs.shelf import Countersign
    from darasa.learning.classroom import Classroom
    from darasa.sync.home import Home, Peer

PACK_BYTES_MAX: Final = 512 << 20
ROOM_LEFT_BYTES: Final = 50 << 20
"""What a course leaves free on a disk: some years of the work of one computer."""
_HASH_BYTES: Final = 16
_KINDS: Final = frozenset({".pack", ".tag", ".refused"})
_OLDER: Final = "The school could give an older version only."
_NOT_SAVED: Final = "It could not be saved here. Work is safe."


def publish_packs(room: "Classroom") -> int:
    """At a school: tell the computers which packs the shelf holds; how many were news."""
    news = 0
    for info in room.shelf.list():
        digest = sha256(encode_manifest(room.shelf.manifest(info.id))).digest()[:_HASH_BYTES]
        news += room.publish_pack(PackValue(info.id, info.version, info.sequence, digest))
    return news


def countersign_of(home: "Home") -> "Countersign":
    """How a server signs a pack that it took: those below it trust their server alone."""
    key = home.node_key
    return key.public, lambda raw: key.sign("pack", raw)


def fetch_packs(room: "Classroom", *, url: str | None = None) -> list[str]:
    """At a computer: fetch the packs that the school serves and are not here.

    A sentence for each that could not be had, because the school does not give it, it does not
    check or the disk has no room: it keeps no other away. One that was not given is asked for at
    the next meeting, one that did not check is not fetched until the school has another file of it.
    Raises LinkError when the link fails: what had come stays for the next try.
    """
    peer = room.home.peer
    missing = missing_packs(room)
    folder = room.home.path / "arriving"
    _forget_others(folder, missing)
    room.packs_not_given = False
    if peer is None or not missing:
        return []
    folder.mkdir(exist_ok=True)
    faults = [(value, _fetched(room, peer, value, url)) for value in missing]
    return [_not_had(value, fault) for value, fault in faults if fault]


def _fetched(room: "Classroom", peer: "Peer", value: PackValue, url: str | None) -> str:
    """Fetch one pack and install it; why it was not had, if so. Raises LinkError for the link."""
    from darasa.sync.transport.download import (  # late: it brings the HTTP client along
        NotGivenError,
        SameFileError,
        download,
        forget_download,
    )

    file = _arriving(room.home, value)
    note = refused_before(file, server=peer.node_id)
    try:
        tag = download(
            room.home,
            f"/packs/{value.pack_id}.pack",
            file,
            bytes_max=PACK_BYTES_MAX,
            url=url,
            unwanted="" if note is None else note.tag,
            fits=lambda to_come, whole: _check_room(file.parent, to_come + whole),
        )
        fault = _installed(room, peer, value, file, tag)
    except SameFileError as error:
        return str(error) if note is None else words_of(note)
    except NotGivenError as error:
        room.packs_not_given = True
        return str(error)
    except (OSError, PackNotSavedError, _NoRoomError) as error:
        if _free(file.parent) < ROOM_LEFT_BYTES:
            forget_download(file)  # the work that is done here needs the room more
        return str(error) if isinstance(error, _NoRoomError) else _NOT_SAVED
    forget_download(file)
    return fault


def _installed(room: "Classroom", peer: "Peer", value: PackValue, file: Path, tag: str) -> str:
    """Put what came on the shelf; what is wrong with it, if so. Raises PackNotSavedError."""
    fault = ""
    try:
        came = room.shelf.install(file, trusted=[peer.public_key])
    except PackNotSavedError:
        raise
    except PackNotFoundError as error:
        return str(error)
    except PackHereError as error:
        if not _is_older(file, value):
            return str(error)  # that is said of the shelf, which may change, not of the file
        fault = _OLDER
    except PackError as error:
        fault = str(error)
    else:
        fault = "" if came.sequence >= value.sequence else _OLDER
    if fault:
        note_refused(file, tag, server=peer.node_id, why=fault)
    return fault


def _is_older(file: Path, value: PackValue) -> bool:
    with file.open("rb") as opened:
        return read_head(opened).manifest.sequence < value.sequence


class _NoRoomError(Exception):
    """The disk has no room for a pack beside the work."""


def _check_room(folder: Path, needed: int) -> None:
    """A pack is on the disk twice while it is installed: as a file, and in its parts."""
    lacking = needed + ROOM_LEFT_BYTES - _free(folder)
    if lacking > 0:
        raise _NoRoomError(
            f"This disk has no room for it: {(lacking >> 20) + 1} MB more are needed."
        )


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def refusal_of(room: "Classroom", value: PackValue) -> str:
    """At a computer: why the file that the school gave of a pack was not taken, if it was not."""
    peer = room.home.peer
    if peer is None:
        return ""
    note = refused_before(_arriving(room.home, value), server=peer.node_id)
    return "" if note is None else words_of(note)


def _not_had(value: PackValue, why: str) -> str:
    return safe_text(f"The course {value.pack_id} did not come. {why}")


def _arriving(home: "Home", value: PackValue) -> Path:
    return home.path / "arriving" / f"{value.manifest.hex()}.pack"


def _forget_others(folder: Path, missing: list[PackValue]) -> None:
    """Drop what had come of versions that the school has replaced since: nobody asks for them."""
    wanted = {value.manifest.hex() for value in missing}
    for file in folder.glob("*.*"):
        if file.suffix in _KINDS and file.stem not in wanted:
            file.unlink(missing_ok=True)


def missing_packs(room: "Classroom") -> list[PackValue]:
    """The packs that the school serves in a newer version than is here, if any is."""
    here = {info.id: info.sequence for info in room.shelf.list()}
    return [v for v in room.published_packs() if here.get(v.pack_id, -1) < v.sequence]
