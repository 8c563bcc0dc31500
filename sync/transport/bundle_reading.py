"""Bundle files read: their head, whether they are for this node, and their body piece by piece.

Owns what "cut short" and "not for us" mean. Belief is the session's; the file is `stick_files`'s.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from darasa.sync.bundle import (
    BundleError,
    BundleHead,
    NotForUsError,
    Opener,
    answers8_of,
    parse_head,
)
from darasa.sync.errors import RemoteProtocolError
from darasa.sync.frames import Frame, FrameError, FrameReader, FrameType
from darasa.sync.home import Home
from darasa.sync.ids import NodeId, Role
from darasa.sync.messages import Hello
from darasa.sync.node_seal import seal_key_of
from darasa.sync.sealing import SealKey
from darasa.sync.session_stick import REQUEST_TYPES
from darasa.sync.signing import Certificate
from darasa.sync.transport.stick_files import (
    FILE_BYTES_MAX,
    Progress,
    StickError,
    no_progress,
    read_blocks,
)

REQUEST_BYTES_MAX: Final = 4 << 20
"""Tips of 150,000 logs."""
_EXPORT_AGAIN: Final = "What came before is safe. Export the bundle again."
_END_UNREADABLE: Final = f"The end of this bundle cannot be read. {_EXPORT_AGAIN}"
_END_MISSING: Final = f"The end of this bundle is missing. {_EXPORT_AGAIN}"


class OpenedBundle:
    """A bundle file whose head is right and whose pieces this node can open."""

    def __init__(
        self, file: Path, head: BundleHead, maker: Certificate, key: SealKey, progress: Progress
    ) -> None:
        self.file = file
        self.head = head
        self.maker = maker
        self.is_whole = False
        self.damage = ""
        self.name8 = answers8_of(head.ephemeral or b"")
        self._key = key
        self._progress = progress

    def pieces(self) -> Iterator[bytes]:
        """The body from its start, as far as it goes; then `is_whole` or `damage` is set."""
        self.is_whole, self.damage = False, ""
        frames = frames_of(self.file, self._progress)
        try:
            opener = Opener(self._key, self.head, next(frames).raw)
            for frame in frames:
                piece = opener.open(frame)
                if piece:
                    yield piece
        except (FrameError, RemoteProtocolError) as error:
            self.damage = f"{_END_UNREADABLE} ({error})"
            return
        except StickError as error:
            self.damage = str(error)  # pulled out on the way
            return
        self.is_whole = opener.is_whole
        if not self.is_whole:
            self.damage = _END_MISSING


class RequestReader:
    """Keeps the question at the front of a body, and checks who asks it."""

    def __init__(self, maker: NodeId) -> None:
        self._frames = bytearray()  # a million small ones are not copied a million times
        self._maker = maker
        self._reader = FrameReader()
        self._count = 0
        self._is_over = False

    @property
    def frames(self) -> bytes:
        """The question, as far as it was read."""
        return bytes(self._frames)

    def feed(self, piece: bytes) -> None:
        """A part of the body. Raises BundleError when another node greets than made the bundle."""
        if self._is_over:
            return
        try:
            frames = self._reader.feed(piece)
        except FrameError:
            self._is_over = True  # the session says so, with a sentence
            return
        for frame in frames:
            is_first = not self._frames
            if is_first and (
                frame.type != FrameType.HELLO or Hello.parse(frame.payload).node_id != self._maker
            ):
                raise BundleError("Another machine speaks in this bundle than made it.")
            size = len(self._frames) + len(frame.raw)
            # of NODES only the asker's own, right after HELLO: others go with their events
            is_later = frame.type == FrameType.NODES and self._count != 1
            if frame.type not in REQUEST_TYPES or is_later or size > REQUEST_BYTES_MAX:
                self._is_over = True
                return
            self._frames += frame.raw
            self._count += 1


def open_bundle(file: Path, home: Home, *, progress: Progress = no_progress) -> OpenedBundle:
    """The bundle in a file, for this node. Raises NotForUsError, BundleError, StickError."""
    head, maker, _ = read_head(file)
    key = key_for(home, head)
    if key is None:
        raise NotForUsError(
            f"This bundle is for {_receiver_in_words(head, home)}. Nothing was taken."
        )
    return OpenedBundle(file, head, maker, key, progress)


def read_head(file: Path) -> tuple[BundleHead, Certificate, Frame]:
    """The clear part of a bundle file. Raises BundleError, StickError."""
    try:
        frame = next(frames_of(file, no_progress), None)
    except FrameError as error:
        raise BundleError("This file is not a Darasa bundle.") from error
    if frame is None:
        raise BundleError("This file is empty.")
    head, maker = parse_head(frame)
    return head, maker, frame


def frames_of(
    file: Path, progress: Progress, *, bytes_max: int = FILE_BYTES_MAX
) -> Iterator[Frame]:
    """Frame by frame. Raises FrameError after the last one that is whole."""
    reader = FrameReader()
    for block in read_blocks(file, progress=progress, bytes_max=bytes_max):
        yield from reader.feed(block)
    reader.finish()


def key_for(home: Home, head: BundleHead) -> SealKey | None:
    """The private key of this node that a bundle is sealed to; earlier ones of a school too."""
    keys = (seal_key_of(home.node_key), *home.seal_keys)
    return next((key for key in keys if key.key_id == head.key_id), None)


def _receiver_in_words(head: BundleHead, home: Home) -> str:
    if head.receiver_role == Role.HUB:
        return "a hub" if home.role is not Role.HUB else "another hub"
    if head.receiver_school != home.school_id:
        return "another school"
    return f"another {head.receiver_role}"
