"""Packs on their way from the school's shelf to its computers.

Owns: telling computers which version to have, and fetching what a computer lacks. A pack that was
cut short goes on at the byte; a version takes effect at the next sitting, since an open one holds
its pack. Does not know what is in a pack: the shelf checks hashes and signature.
"""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from darasa.content_packs.errors import PackError, PackNotSavedError
from darasa.content_packs.manifest import encode_manifest
from darasa.content_packs.safe_text import safe_text
from darasa.learning.scopes import PackValue

if TYPE_CHECKING:
    from darasa.content_packs.shelf import Countersign
    from darasa.learning.classroom import Classroom
    from darasa.sync.home import Home

PACK_BYTES_MAX: Final = 512 << 20
_HASH_BYTES: Final = 16


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

    A sentence for each that could not be had, because the school does not give it or it does not
    check: it keeps no other away. One that was not given is asked for at the next meeting, one that
    did not check when the lists have changed. Raises LinkError when the link fails: what had come
    stays for the next try. Raises PackNotSavedError and OSError when the disk is full.
    """
    peer = room.home.peer
    missing = missing_packs(room)
    folder = room.home.path / "arriving"
    _forget_others(folder, missing)
    room.packs_not_given = False
    if peer is None or not missing:
        return []
    from darasa.sync.transport.download import download  # late: it brings the HTTP client along
    from darasa.sync.transport.exchange import LinkError

    folder.mkdir(exist_ok=True)
    faults: list[str] = []
    for value in missing:
        file, path = folder / _arriving(value), f"/packs/{value.pack_id}.pack"
        try:
            download(room.home, path, file, bytes_max=PACK_BYTES_MAX, url=url)
        except LinkError as error:
            if error.__cause__ is not None:  # the link; without a cause, the server's own word
                raise
            faults.append(_not_had(value, error))
            room.packs_not_given = True
            continue
        try:
            came = room.shelf.install(file, trusted=[peer.public_key])
            if came.sequence < value.sequence:
                faults.append(_not_had(value, "The school could give an older version only."))
        except PackNotSavedError:
            raise
        except PackError as error:
            faults.append(_not_had(value, error))
        finally:
            file.unlink(missing_ok=True)
    return faults


def _not_had(value: PackValue, why: Exception | str) -> str:
    return safe_text(f"The course {value.pack_id} did not come. {why}")


def _arriving(value: PackValue) -> str:
    return f"{value.manifest.hex()}.pack"


def _forget_others(folder: Path, missing: list[PackValue]) -> None:
    """Drop what had come of versions that the school has replaced since: nobody asks for them."""
    wanted = {_arriving(value) for value in missing}
    for file in folder.glob("*.pack"):
        if file.name not in wanted:
            file.unlink(missing_ok=True)


def missing_packs(room: "Classroom") -> list[PackValue]:
    """The packs that the school serves in a newer version than is here, if any is."""
    here = {info.id: info.sequence for info in room.shelf.list()}
    return [v for v in room.published_packs() if here.get(v.pack_id, -1) < v.sequence]
