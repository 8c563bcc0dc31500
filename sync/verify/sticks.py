"""Sticks in a simulated district: bundles that people carry, lose, copy, play again and spoil.

The production `Stick` writes and reads real files, in a folder of the world's own; between two
machines a bundle is bytes in somebody's pocket. Owns the pockets and one way of one stick; what
goes wrong on it is armed by `stick_faults`, who carries it where is `by_stick`'s.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from darasa.sync import feed, reads
from darasa.sync.errors import StoreError, SyncError
from darasa.sync.held_back import FROZEN, held_back
from darasa.sync.ids import NodeId, Role
from darasa.sync.transport.bundle_reading import open_bundle, read_head
from darasa.sync.transport.file import Stick
from darasa.sync.transport.stick_files import Progress, StickError, no_progress
from darasa.sync.transport.stick_report import Taken
from darasa.sync.verify.disk import ProcessDiedError, Trap
from darasa.sync.verify.held import is_frozen, line_of
from darasa.sync.verify.removals import removed_at

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_KEPT: Final = 12
_COPIED: Final = 0.4
Writes = Callable[[Stick, Path], object]
"""What a machine puts on a stick: `Stick.export_work` or `Stick.export_answers`."""


class Bundle(NamedTuple):
    """A bundle in a pocket. `receiver` is a node's id, `is_whole`: as its maker wrote it;
    `holds_back`: its maker took nothing of the receiver's then, and says so in it.
    """

    receiver: bytes
    raw: bytes
    is_whole: bool = True
    holds_back: bool = False


@dataclass(slots=True)
class Way:
    """One stick, from who writes on it to who reads it, and what befalls it."""

    is_lost: bool = False
    is_late: bool = False
    pulled_at: int | None = None  # bytes that are written before somebody pulls it out
    read_until: int | None = None  # bytes that are read before
    trap: Trap | None = None  # waits for who reads it
    more: list[Bundle] = field(default_factory=list)  # what else lies on it
    change: Callable[[bytes], bytes] | None = None  # what happens to one of its files

    @property
    def is_clean(self) -> bool:
        """Whether nothing is to go wrong with what lies on it."""
        return self.change is None and self.read_until is None and self.trap is None


class Pockets:
    """All bundles of a world that are not on a machine: under way for long, and copies."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.under_way: list[Bundle] = []
        self.copies: list[Bundle] = []

    # -- writing --------------------------------------------------------------------------

    def written(
        self, maker: "Machine", writes: Writes, *, pulled_at: int | None = None
    ) -> list[Bundle]:
        """What a machine puts on an empty stick; nothing when that fails, whole files or none."""
        folder = self._folder("out")
        progress = no_progress if pulled_at is None else _pulled_out(pulled_at)
        try:
            writes(stick_of(maker, progress), folder)
        except StickError:
            if pulled_at is not None:
                self.world.fault("stick pulled out")
                self.world.mark("pulled out while written")
        return [self._noted(maker, self._of_file(file)) for file in sorted(folder.iterdir())]

    def _noted(self, maker: "Machine", bundle: Bundle) -> Bundle:
        """Somebody may copy it, and what it says is noted where it is an answer."""
        asker = next((m for m in self._below(maker) if m.home.node_id == bundle.receiver), None)
        if asker is None:
            self._keep(bundle)
            return bundle
        answer = bundle._replace(holds_back=is_frozen(maker, line_of(maker, asker)))
        self._keep(answer)
        self.world.observer.wrote(maker, asker, self._clear_of(asker, answer))
        return answer

    def _below(self, maker: "Machine") -> list["Machine"]:
        """The machines that ask this one."""
        world = self.world
        return [
            each for each in (*world.schools, *world.computers) if world.server_of(each) is maker
        ]

    def _clear_of(self, machine: "Machine", bundle: Bundle) -> bytes:
        file = self._folder("look") / "darasa-look.bundle"
        file.write_bytes(bundle.raw)
        return clear_of(machine, file)

    def _of_file(self, file: Path) -> Bundle:
        head, _, _ = read_head(file)
        assert head.receiver is not None
        return Bundle(head.receiver, file.read_bytes())

    def _folder(self, name: str) -> Path:
        """An empty stick."""
        folder = self.world.folder / name
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        return folder

    def _keep(self, bundle: Bundle) -> None:
        """Somebody copies a bundle, in place of any of the earlier copies."""
        random = self.world.random
        if random.random() < _COPIED:
            if len(self.copies) < _KEPT:
                self.copies.append(bundle)
            else:
                self.copies[random.randrange(_KEPT)] = bundle

    # -- reading --------------------------------------------------------------------------

    def taken(self, machine: "Machine", bundle: Bundle, way: Way) -> Taken | None:
        """A machine takes a bundle; None when it could not save it, or died of it."""
        world = self.world
        file = self._folder("in") / "darasa-in.bundle"
        file.write_bytes(bundle.raw)
        world.observer.sees(machine, clear_of(machine, file))
        if way.trap is not None:
            machine.disk.arm(way.trap, world.random.randrange(4))
        progress = no_progress if way.read_until is None else _pulled_out(way.read_until)
        boot, taken, before = machine.boot, None, self._places_in_lists(machine)
        try:
            taken = stick_of(machine, progress).take(file)
        except StoreError:
            world.mark("stick not taken: disk")
        except ProcessDiedError:
            world.mark("died at a stick")
            if machine.boot == boot:
                machine.start()
        machine.disk.disarm()
        world.note_traps(machine)
        machine.look_for_provisional()
        after = self._places_in_lists(machine)
        if any(after.get(scope, ordinal) < ordinal for scope, ordinal in before.items()):
            world.problem(f"{machine}: an older list came back on a stick")
        if taken is not None:
            self._look(machine, bundle, way, taken)
            if taken.events_in and world.removes and maker_of(file) in removed_at(machine):
                world.problem(f"{machine} took the work of a removed computer from a stick")
        return taken

    def _places_in_lists(self, machine: "Machine") -> dict[bytes, int]:
        """Where a computer is in its lists, as far as its school's store of today knows."""
        if machine.role is not Role.COMPUTER or machine.home.peer is None:
            return {}
        school = self.world.server_of(machine)
        held = machine.store.read(feed.cursors, school.home.node_id)
        return {
            scope: cursor.ordinal
            for scope, cursor in held.items()
            if school.store.read(reads.transactions_of, (cursor.tag,)).get(cursor.tag, -1)
            >= cursor.ordinal
        }

    def _look(self, machine: "Machine", bundle: Bundle, way: Way, taken: Taken) -> None:
        """Marks of what was taken, and what must not be."""
        world = self.world
        world.trace.append((machine.name, taken.kind, taken.ok, taken.events_in, taken.records_in))
        if taken.passed:
            world.mark(_passed(taken.passed))
        elif not taken.ok:
            world.mark("stick damaged")
            if taken.events_in:
                world.mark("beginning of a damaged stick kept")
            if way.read_until is not None:
                world.mark("pulled out while read")
        elif taken.kind == "work" and taken.events_in:
            world.mark("work by stick")
        elif taken.kind == "answer":
            world.mark("answer by stick")
            if taken.records_in:
                world.mark("lists by stick")
        if taken.ok and not taken.passed and not bundle.is_whole:
            world.problem(f"{machine}: a bundle that was tampered with passed for a good one")
        # who was removed hears so by stick as well; who brought too much is held back, and hears it
        may_refuse = world.removes or machine.store.read(held_back, FROZEN) or bundle.holds_back
        if bundle.is_whole and way.is_clean and not taken.ok and not may_refuse:
            world.problem(f"{machine}: a whole bundle was not taken: {taken.error}")


def _passed(sentence: str) -> str:
    if "another school" in sentence or "another hub" in sentence:
        return "stick of another school"
    return "stick answered before" if "before" in sentence else "stick for someone else"


def stick_of(machine: "Machine", progress: Progress = no_progress) -> Stick:
    """What the programs of a machine do with sticks."""
    return Stick(
        machine.home,
        machine.store,
        hooks=machine.hooks,
        clock=machine.clock,
        rng=machine.world.rng,
        progress=progress,
    )


def maker_of(file: Path) -> NodeId:
    """Who made a bundle."""
    return read_head(file)[1].node_id


def clear_of(machine: "Machine", file: Path) -> bytes:
    """The body in a bundle, as far as this machine can open it."""
    try:
        return b"".join(open_bundle(file, machine.home).pieces())
    except SyncError:
        return b""


def _pulled_out(after: int) -> Progress:
    """Raise what the system says of a stick that is not there any more."""

    def progress(done: int, total: int) -> None:
        del total
        if done >= after:
            raise OSError(errno.EIO, "no such device")

    return progress
