"""Files for many in one bundle, in the clear: packs on their way to all computers of a school.

A PACKS bundle is a signed BUNDLE frame and BLOB frames. Packs are no secret and bear their author's
signature, so one copy serves every computer; what is about people goes sealed, in an ANSWER. Owns
writing and reading such a file; whether a pack is welcome is for the layer above.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

from darasa.sync.blob_store import BlobFolder, hash_of_parts
from darasa.sync.bundle import (
    BUNDLE_FORMAT,
    MAGIC,
    BundleError,
    BundleHead,
    BundleKind,
    signed_head,
)
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import FRAME_BYTES_MAX, Frame, FrameError, FrameType
from darasa.sync.home import Home
from darasa.sync.ids import NO_SCHOOL, Role
from darasa.sync.messages import Blob
from darasa.sync.transport.bundle_reading import frames_of
from darasa.sync.transport.stick_files import (
    FILE_BYTES_MAX,
    Progress,
    no_progress,
    target_of,
    write_whole,
)

FILES_A_BUNDLE_MAX: Final = 1_000
"""Each costs a flush and a look at its signature; a school has some tens of courses."""
_PIECE_BYTES: Final = 64_000
_ENVELOPE_SHARE: Final = 500  # of a piece its envelope is less than one part of so many


class FileInParts(Protocol):
    """A file that is never whole in memory."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def read(self) -> Iterator[bytes]:
        """Them all from the first on, the same ones each time."""


def export_files(
    home: Home,
    path: Path,
    files: Iterable[FileInParts],
    *,
    receiver_role: Role,
    made_ms: int,
    progress: Progress = no_progress,
) -> list[tuple[Path, int]]:
    """Write files into PACKS bundles, of which each can be read again; where they are, and their
    bytes. Each file is read twice. Raises StickError, and what reading a file raises.
    """
    head = _head(home, receiver_role=receiver_role, made_ms=made_ms)
    name = f"darasa-packs-{home.node_id.hex()[:10]}"
    made: list[tuple[Path, int]] = []
    for number, those in groupby(files, key=_Numbering()):
        target = target_of(path, f"{name}.bundle" if number == 1 else f"{name}-{number}.bundle")
        made.append((target, write_whole(target, _frames(head, those), progress=progress)))
    return made


class _Numbering:
    """The number of the bundle that each file goes into, as they come."""

    def __init__(self) -> None:
        self._number = 1
        self._bytes = 0

    def __call__(self, file: FileInParts) -> int:
        size = file.size + file.size // _ENVELOPE_SHARE
        if self._bytes and self._bytes + size > FILE_BYTES_MAX - FRAME_BYTES_MAX:
            self._number, self._bytes = self._number + 1, 0
        self._bytes += size
        return self._number


def _head(home: Home, *, receiver_role: Role, made_ms: int) -> bytes:
    unsigned = BundleHead(
        magic=MAGIC,
        format=BUNDLE_FORMAT,
        kind=BundleKind.PACKS,
        maker=home.certificate.to_payload(),
        receiver_role=str(receiver_role),
        receiver_school=None if home.school_id == NO_SCHOOL else home.school_id,
        receiver=None,
        key_id=None,
        ephemeral=None,
        answers8=None,
        made_ms=made_ms,
        logs=0,
        events=0,
        signature=bytes(64),
    )
    return signed_head(home.node_key, unsigned).to_frame()


def _frames(head: bytes, files: Iterable[FileInParts]) -> Iterator[bytes]:
    yield head
    for file in files:
        name, offset = hash_of_parts(file.read()), 0
        for piece in _pieces(file.read()):
            yield Blob(name, offset, file.size, piece).to_frame()
            offset += len(piece)


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are all of one size, but the last."""
    held = bytearray()
    for part in parts:
        held += part
        while len(held) >= _PIECE_BYTES:
            yield bytes(held[:_PIECE_BYTES])
            del held[:_PIECE_BYTES]
    if held:
        yield bytes(held)


def take_files(
    file: Path, folder: BlobFolder, *, progress: Progress = no_progress
) -> Iterator[bytes]:
    """The hash of each file of a PACKS bundle, when it is whole in `folder`.

    The caller has checked the head. Raises BundleError after the last that could be read,
    StickError, StoreError.
    """
    try:
        for blob in blobs_in_turn(frames_of(file, progress)):
            folder.make_room(blob.hash, blob.total)
            is_whole = folder.add(blob.hash, blob.offset, blob.total, blob.raw)
            if is_whole and _end(blob) == blob.total:
                yield blob.hash
    except (FrameError, RemoteProtocolError) as error:
        raise BundleError(f"The end of this bundle cannot be read. ({error})") from error


def blobs_in_turn(frames: Iterator[Frame]) -> Iterator[Blob]:
    """The BLOB frames after the head, each file from its first byte to its last, then the next.

    A head that its server signed says nothing of what was put behind it: in any other order a
    stick could begin a million files. Raises BundleError, MessageError, FrameError.
    """
    next(frames)
    now: Blob | None = None
    count = 0
    for frame in frames:
        if frame.type != FrameType.BLOB:
            if frame.optional:
                continue
            raise BundleError("This bundle holds a part that this version does not know.")
        blob = Blob.parse(frame.payload)
        if now is None or _end(now) == now.total:
            count += 1
            is_next = blob.offset == 0
        else:
            is_next = (blob.hash, blob.total, blob.offset) == (now.hash, now.total, _end(now))
        if not is_next:
            raise BundleError("The courses in this bundle are not in order.")
        if count > FILES_A_BUNDLE_MAX:
            raise BundleError("This bundle holds more courses than it can.")
        now = blob
        yield blob


def _end(blob: Blob) -> int:
    return blob.offset + len(blob.raw)
