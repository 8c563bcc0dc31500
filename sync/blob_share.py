"""Files of folders in a session: what is offered, what is taken, who is told (PROTOCOL.md 12).

Owns the join of `BlobFolder`s and sessions, for any use: files handed in, packs, a neighbour's
bundles. A use says what it wants and what to do with a whole file; sync knows no teaching.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from darasa.sync.blob_store import BlobFolder
from darasa.sync.ids import NodeId

_DONE_MAX: Final = 1_000

OnWhole = Callable[[NodeId, bytes], None]
"""Told the peer and the hash of a file that is whole. It may take it out of the folder."""


def _ignored(peer: NodeId, name: bytes) -> None:
    """The file stays where it is."""


class FolderBlobs:
    """One folder as a session's files (`session_blobs.Blobs`).

    `offers`: its files go up. `takes`: offered files are taken. `wants`: hashes that are asked for.
    `drops`: a file that the server says it has is dropped here: only for what is someone else's.
    """

    def __init__(
        self,
        folder: BlobFolder,
        *,
        offers: bool = False,
        takes: bool = False,
        serves: bool = False,
        drops: bool = False,
        wants: Callable[[], Iterable[bytes]] = tuple,
        on_whole: OnWhole = _ignored,
    ) -> None:
        self.folder = folder
        self._offers = offers
        self._takes = takes
        self._serves = serves
        self._drops = drops
        self._wants = wants
        self._on_whole = on_whole
        self._done: dict[bytes, None] = {}

    def offered(self) -> Sequence[tuple[bytes, int]]:
        """All whole files that were not said to be held above since this program started."""
        if not self._offers:
            return []
        sizes = ((name, self.folder.size(name)) for name in self.folder.names())
        return [(name, size) for name, size in sizes if size and name not in self._done]

    def missing(self) -> Sequence[tuple[bytes, int]]:
        """The wanted files that are not whole here; each from its last byte on, for the one whose
        last part came before a power cut, and its name did not.
        """
        return [
            (name, max(0, self.folder.held(name) - 1))
            for name in self._wants()
            if not self.folder.size(name)
        ]

    def held_above(self, name: bytes) -> None:
        """Do not offer it again; `drops`: forget it."""
        self._note_done(name)
        if self._drops:
            self.folder.drop(name)

    def sent_in_vain(self, name: bytes) -> None:
        """When it is damaged here it would go up again and again: it is offered no more."""
        if self.folder.is_sound(name):
            return
        self._note_done(name)
        if self._drops:
            self.folder.drop(name)

    def size(self, peer: NodeId, name: bytes) -> int | None:
        """The bytes of a file that is served."""
        return self.folder.size(name) if self._serves else None

    def read(self, name: bytes, offset: int, length: int) -> bytes:
        """A part of a file."""
        return self.folder.read(name, offset, length)

    def wants(self, peer: NodeId, name: bytes, total: int) -> int | None:
        """How much of an offered file is here; None when it is not taken, or there is no room."""
        if name in self._done:
            return total
        if not self._takes or not self._makes_room(peer, name, total):
            return None
        if self.folder.size(name) is not None:
            self._finish(peer, name)  # it was whole when the program ended, or the disk full
        if name in self._done:
            return total
        return min(self.folder.held(name), total - 1)  # it has its name when it has been checked

    def _makes_room(self, peer: NodeId, name: bytes, total: int) -> bool:
        if self.folder.make_room(name, total):
            return True
        for whole in self.folder.names():  # told of too late, and who brought it may be gone
            self._finish(peer, whole)
        return self.folder.make_room(name, total)

    def add(self, peer: NodeId, name: bytes, offset: int, total: int, raw: bytes) -> None:
        """Keep a part; a whole file is told of."""
        if self.folder.add(name, offset, total, raw):
            self._finish(peer, name)

    def _finish(self, peer: NodeId, name: bytes) -> None:
        """Tell of a whole file, then remember it: when telling fails, it is told of again."""
        self._on_whole(peer, name)
        self._note_done(name)

    def _note_done(self, name: bytes) -> None:
        self._done[name] = None
        while len(self._done) > _DONE_MAX:
            del self._done[next(iter(self._done))]
