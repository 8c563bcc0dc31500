"""Neighbours' bundles in a simulated district: computers that carry what they cannot read.

Owns the folder in which each machine keeps such files, and the oracle: a carrier never holds more
than its room, opens nothing, and drops only what its server has looked at. Its maker keeps its work
until its own receipt: that all work is there in the end is `checks`'s to demand.
"""

import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.blob_share import FolderBlobs
from darasa.sync.blob_store import BlobFolder
from darasa.sync.ids import Role
from darasa.sync.transport import relay
from darasa.sync.transport.bundle_reading import read_head
from darasa.sync.transport.file import Stick
from darasa.sync.transport.stick_report import Taken
from darasa.sync.verify.sticks import Bundle, clear_of

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_ROOMS: Final = (1_600, 4_000, 1_000_000)
_LOST: Final = 0.5


class WatchedStick(Stick):
    """What a server does with a carried bundle, seen by the oracle."""

    def __init__(self, relays: "Relays", server: "Machine") -> None:
        world = server.world
        super().__init__(
            server.home, server.store, hooks=server.hooks, clock=server.clock, rng=world.rng
        )
        self._relays = relays
        self._server = server

    def take(self, file: Path) -> Taken:
        """Note that this bundle was looked at, when it was."""
        relays, server = self._relays, self._server
        relays.world.observer.sees(server, clear_of(server, file))
        taken = super().take(file)
        relays.looked_at.add((server.name, bytes.fromhex(file.name)))
        if taken.events_in:
            relays.world.mark("carried bundle taken")
        return taken


class Relays:
    """All bundles that are carried in a world, from the first one on."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.looked_at: set[tuple[str, bytes]] = set()  # server, bundle
        self._room = Random(f"room {world.seed}").choice(_ROOMS)
        self._held: dict[str, set[bytes]] = {}  # carrier -> what it must still have
        self._blobs: dict[str, tuple[int, FolderBlobs]] = {}  # machine -> boot, its files

    def _folder(self, machine: "Machine") -> BlobFolder:
        path = self.world.folder / f"relay of {machine}"
        return BlobFolder(path, bytes_max=relay.RELAY_BYTES_MAX, room=self._room)

    def of(self, machine: "Machine") -> FolderBlobs | None:
        """The files of a machine's sessions, one object for the life of its process."""
        boot, blobs = self._blobs.get(machine.name, (-1, None))
        if blobs is None or boot != machine.boot:
            folder = self._folder(machine)
            if machine.role is Role.HUB:
                return None
            if machine.role is Role.SCHOOL:
                blobs = relay.taking_in(folder, WatchedStick(self, machine))
            else:
                blobs = relay.offering(folder)
            self._blobs[machine.name] = machine.boot, blobs
        return blobs

    def carry(self, carrier: "Machine", bundle: Bundle) -> None:
        """A computer is given a neighbour's bundle on a stick."""
        world = self.world
        file = world.folder / "carried.bundle"
        file.write_bytes(bundle.raw)
        head, maker, _ = read_head(file)
        if not relay.is_of_neighbour(carrier.home, head, maker):
            world.problem(f"{carrier} does not carry the work of its neighbour")
            return
        if clear_of(carrier, file):
            world.problem(f"{carrier} can read what it carries")
        folder = self._folder(carrier)
        taken = relay.keep_in(folder, file, head, maker)
        world.mark("bundle carried" if taken.ok else "carrier is full")
        if folder.used() > self._room:
            world.problem(f"{carrier} carries more than it has room for")
        self._held.setdefault(carrier.name, set()).update(folder.names())

    def set_back(self, machine: "Machine", random: Random) -> None:
        """The disk is an older one: what was carried may be gone."""
        if random.random() < _LOST:
            shutil.rmtree(self._folder(machine).path, ignore_errors=True)
            self._held.pop(machine.name, None)

    def looks(self, carrier: "Machine", server: "Machine") -> None:
        """After an exchange: only what the server has looked at is not carried any more."""
        held = self._held.get(carrier.name, set())
        for name in sorted(held - set(self._folder(carrier).names())):
            held.remove(name)
            self.world.mark("carried bundle dropped")
            if (server.name, name) not in self.looked_at:
                self.world.problem(f"{carrier} dropped a bundle that {server} never looked at")
