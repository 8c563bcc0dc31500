"""Packs on their way from the school's shelf to its computers.

Owns: telling computers which version to have, and fetching what a computer lacks. A pack that was
cut short goes on at the byte; a version takes effect at the next sitting, since an open one holds
its pack. Does not know what is in a pack: the shelf checks hashes and signature.
"""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from darasa.content_packs.errors import PackError
from darasa.content_packs.manifest import encode_manifest
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
    """At a computer: fetch the packs that the school serves and are not here; their titles.

    Raises LinkError when the link fails: what had come stays for the next try. A pack that does not
    check is dropped, and asked for anew the next time.
    """
    peer = room.home.peer
    missing = missing_packs(room)
    if peer is None or not missing:
        return []
    from darasa.sync.transport.download import download  # late: it brings the HTTP client along

    folder = room.home.path / "arriving"
    folder.mkdir(exist_ok=True)
    titles: list[str] = []
    for value in missing:
        file = folder / f"{value.manifest.hex()}.pack"
        download(room.home, f"/packs/{value.pack_id}.pack", file, bytes_max=PACK_BYTES_MAX, url=url)
        try:
            titles.append(room.shelf.install(file, trusted=[peer.public_key]).title)
        except PackError:
            continue
        finally:
            file.unlink(missing_ok=True)
    return titles


def missing_packs(room: "Classroom") -> list[PackValue]:
    """The packs that the school serves in a newer version than is here, if any is."""
    here = {info.id: info.sequence for info in room.shelf.list()}
    return [v for v in room.published_packs() if here.get(v.pack_id, -1) < v.sequence]
