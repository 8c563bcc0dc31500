"""A neighbour's sealed bundles, carried by a computer that reaches the school (PROTOCOL.md 11).

A computer that is given a WORK bundle of another one of its school keeps the file as it is, within
a quota, and offers it in its sessions; the server opens it as if a stick had brought it. Owns which
bundles are carried; nobody on the way can read or change one.
"""

from pathlib import Path
from typing import Final

from darasa.sync.blob_share import FolderBlobs
from darasa.sync.blob_store import BlobFolder
from darasa.sync.bundle import BundleError, BundleHead, BundleKind, Sealed
from darasa.sync.errors import CertificateError, RemoteProtocolError
from darasa.sync.frames import FrameError
from darasa.sync.home import Home
from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import is_certified
from darasa.sync.signing import Certificate
from darasa.sync.transport.bundle_reading import frames_of
from darasa.sync.transport.file import Stick
from darasa.sync.transport.stick_files import StickError, no_progress, read_blocks
from darasa.sync.transport.stick_report import Taken

RELAY_BYTES_MAX: Final = 50_000_000
"""What a computer carries for its neighbours: a school year of a lab is a tenth of that."""
_ARRIVING_BYTES_MAX: Final = 200_000_000
_FULL: Final = "This computer carries all it can for others. Take the stick to the school."
_CUT: Final = "The end of this bundle is missing. It is not carried on; make it again."


def carries(home: Home, head: BundleHead, maker: Certificate) -> bool:
    """Whether this computer may carry a bundle, and has a folder to keep it in."""
    return not home.is_in_memory and is_of_neighbour(home, head, maker)


def is_of_neighbour(home: Home, head: BundleHead, maker: Certificate) -> bool:
    """Whether a bundle is of a neighbour, for the server of both."""
    peer = home.peer
    return (
        home.role is Role.COMPUTER
        and peer is not None
        and head.kind == BundleKind.WORK
        and head.receiver_role == Role.SCHOOL
        and head.receiver_school == home.school_id
        and maker.node_id != home.node_id
        and _is_neighbour(head, maker, peer.public_key)
    )


def _is_neighbour(head: BundleHead, maker: Certificate, server_public: bytes) -> bool:
    """Whether the server certified the maker, or the node that its line goes back to."""
    try:
        line = {each.node_id: each for each in map(Certificate.parse, head.line)}
    except CertificateError:
        return False
    return is_certified(maker, line.get, server_public=server_public, is_revoked=lambda _: False)


def carry(home: Home, file: Path, head: BundleHead, maker: Certificate) -> Taken:
    """Keep a bundle until the server has it; twice is as good as once. Raises StoreError."""
    return keep_in(_folder(home), file, head, maker)


def keep_in(folder: BlobFolder, file: Path, head: BundleHead, maker: Certificate) -> Taken:
    """Keep a bundle in the folder of a carrier. Raises StoreError."""
    error = ""
    try:
        if not _is_whole(file):
            error = _CUT
        elif folder.keep(lambda: read_blocks(file)) is None:
            error = _FULL
    except (RemoteProtocolError, StickError) as fault:
        error = str(fault)
    return Taken(
        file=file.name,
        maker=maker.node_id.hex()[:10],
        kind="carried",
        made_ms=head.made_ms,
        ok=not error,
        whole=not error,
        error=error,
    )


def carried(home: Home) -> FolderBlobs | None:
    """The files that this computer offers in its sessions; None when it has none."""
    if home.role is not Role.COMPUTER or home.is_in_memory or not (home.path / "relay").is_dir():
        return None
    return offering(_folder(home))


def offering(folder: BlobFolder) -> FolderBlobs:
    """What a carrier does with the bundles in its folder: they go up, and then from here."""
    return FolderBlobs(folder, offers=True, drops=True)


def carried_bytes(home: Home) -> tuple[int, int]:
    """How many bundles of others this computer carries, and their bytes."""
    if home.is_in_memory:
        return 0, 0
    folder = _folder(home)
    return len(folder.names()), folder.used()


def taking(home: Home, stick: Stick) -> FolderBlobs | None:
    """What a server does with bundles that computers carry to it; None without a folder."""
    if home.is_in_memory:
        return None
    folder = BlobFolder(home.path / "relay", bytes_max=RELAY_BYTES_MAX, room=_ARRIVING_BYTES_MAX)
    return taking_in(folder, stick)


def taking_in(folder: BlobFolder, stick: Stick) -> FolderBlobs:
    """What a server does with bundles that arrive in a folder: each is taken once it is whole."""

    def take(peer: NodeId, name: bytes) -> None:
        """Whatever is wrong with it: it was looked at, and its maker still has the work."""
        del peer
        stick.take(folder.file(name))
        folder.drop(name)

    return FolderBlobs(folder, takes=True, on_whole=take)


def _folder(home: Home) -> BlobFolder:
    return BlobFolder(home.path / "relay", bytes_max=RELAY_BYTES_MAX, room=RELAY_BYTES_MAX)


def _is_whole(file: Path) -> bool:
    """Whether a bundle has its last piece, as far as one can tell without its key."""
    is_last = False
    try:
        frames = frames_of(file, no_progress)
        next(frames)
        for frame in frames:
            is_last = Sealed.parse(frame.payload).is_last
    except FrameError as error:
        raise BundleError(_CUT) from error
    return is_last
