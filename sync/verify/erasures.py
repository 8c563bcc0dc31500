"""Erasure in a simulated district: who is erased, who has heard of it, and that nothing comes back.

Owns the file of erased learners of each machine, and the oracle: whom a machine knows to be erased
is in no byte of it, and is not served to who knows; what she wrote keeps its place as leaves;
in the end all have heard what any had. What everybody else wrote is `checks`'s to demand.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync import erased_rows, erasing, events_table, reads
from darasa.sync.codec import unpack
from darasa.sync.erased import erase_record, erased_hash
from darasa.sync.erased_file import read_erased
from darasa.sync.erased_home import join_erased
from darasa.sync.event import parse_event
from darasa.sync.events_table import Link
from darasa.sync.frames import FrameType
from darasa.sync.ids import NO_SCHOOL, Role, SchoolId
from darasa.sync.messages import Feed, parse_message
from darasa.sync.rows import LogRow
from darasa.sync.squeeze import expand
from darasa.sync.verify.disk import Place
from darasa.sync.verify.observer import frames_of
from darasa.sync.verify.removals import is_refused

if TYPE_CHECKING:
    from darasa.sync.verify.checks import Findings
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_FILE_LOST: Final = 0.4
Record = tuple[bytes, bytes]
"""(school_id, learner_hash)."""


class Erasures:
    """All that is known of erased learners in a world, from the first one on."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.learners: dict[bytes, bytes] = {}  # hash -> id
        self.ever: set[Record] = set()  # though all who knew may have forgotten
        for machine in world.machines:
            self.open(machine)

    def open(self, machine: "Machine") -> None:
        """A process begins: it reads the file beside its store before it does anything else."""
        machine.store.erased_file = file = self._file(machine)
        before = self.known(machine)
        join_erased(machine.home, machine.store, machine.hooks)
        after = self.known(machine)
        if after - before:
            self.world.mark("erasure remembered")
        told = {(each.school_id, each.learner_hash) for each in read_erased(file)}
        may_believe = machine.role is not Role.HUB and machine.home.peer is not None
        if may_believe and not told <= after:
            self.world.problem(f"{machine} began without reading who is erased")

    def _file(self, machine: "Machine") -> Path:
        return self.world.folder / f"erased of {machine}"

    def set_back(self, machine: "Machine", random: Random) -> None:
        """The store is an older copy now; the file beside it may have gone with the disk."""
        if random.random() < _FILE_LOST:
            self.lose_file(machine)

    def lose_file(self, machine: "Machine") -> None:
        """The file beside the store is not there any more."""
        self._file(machine).unlink(missing_ok=True)

    def known(self, machine: "Machine") -> frozenset[Record]:
        """Whom this machine knows to be erased."""
        found = machine.store.read(erased_rows.records)
        return frozenset((each.school_id, each.learner_hash) for each in found)

    def knows(self, machine: "Machine", learner: bytes) -> bool:
        """Whether nothing may be written of a learner here any more."""
        return machine.store.read(erased_rows.is_erased, machine.home.school_id, learner)

    def erase(self, school: "Machine", learner: bytes) -> None:
        """The head teacher erases a learner."""
        self.learners[erased_hash(learner)] = learner
        record = erase_record(school.home.node_key, school.home.school_id, learner)
        self.ever.add((record.school_id, record.learner_hash))
        with school.store.transaction() as tx:
            if erasing.erase(tx, school.hooks, [record]):
                self.world.mark("learner erased")

    def leaves(self, machine: "Machine") -> set[Place]:
        """The places of the erased events whose leaves are here."""
        return leaves_of(machine)

    # -- while things happen --------------------------------------------------------------

    def looks(self, machine: "Machine") -> None:
        """Nothing is told any more of a learner whom this machine knows to be erased."""
        for school_id, learner in self._learners_of(self.known(machine)):
            if machine.role is Role.HUB and self._is_elsewhere(school_id, learner):
                continue
            if machine.store.event_count_of(learner):
                self.world.problem(f"{machine} still tells of a learner who is erased")

    def served(self, server: "Machine", asker: "Machine", answer: bytes) -> None:
        """No list in an answer names a learner whom one of the two knows to be erased."""
        gone = {
            learner
            for machine in (server, asker)
            for school_id, learner in self._learners_of(self.known(machine))
            if school_id == asker.home.school_id
        }
        feeds = (parse_message(each) for each in frames_of(answer) if each.type == FrameType.FEED)
        for feed in feeds:
            assert isinstance(feed, Feed)
            clear = expand(feed.records)
            assert isinstance(unpack(clear), tuple)
            if any(each in clear for each in gone):
                self.world.problem(f"{server} served {asker} of a learner who is erased")

    def _learners_of(self, known: Iterable[Record]) -> Iterator[tuple[bytes, bytes]]:
        for school_id, learner_hash in sorted(known):
            if learner_hash in self.learners:
                yield school_id, self.learners[learner_hash]

    def _is_elsewhere(self, school_id: bytes, learner: bytes) -> bool:
        """Whether another school than that one has the learner too."""
        return any(
            learner in self.world.learners[school.name]
            for school in self.world.schools
            if school.home.school_id != school_id
        )

    # -- the end --------------------------------------------------------------------------

    def heard(self) -> frozenset[Record]:
        """What any machine knows now: in the end all of that school must."""
        return frozenset().union(*(self.known(each) for each in self._served()))

    def _served(self) -> list["Machine"]:
        """The machines that can tell others and be told."""
        return [each for each in self.world.machines if not is_refused(self.world, each)]

    def was_erased(self, place: Place) -> bool:
        """Whether an event is of a learner whom anybody ever erased."""
        learner = parse_event(self.world.written[place]).learner_id
        return learner is not None and erased_hash(learner) in self.learners

    def is_gone(self, heard: AbstractSet[Record], place: Place) -> bool:
        """Whether an event is of a learner whom its school has erased, by these records."""
        learner = parse_event(self.world.written[place]).learner_id
        author = self.world.school_of_log[place[0]]
        school_id = next(
            (each.home.school_id for each in self.world.schools if each.name == author), None
        )
        return learner is not None and (school_id, erased_hash(learner)) in heard

    def check(self, findings: "Findings", heard: frozenset[Record]) -> None:
        """All have heard of all whom any knew, before the end or by what a neighbour still carried
        for one who has forgotten it; and of nobody else.
        """
        told = heard | self.heard()
        for machine in self._served():
            is_hub = machine.role is Role.HUB
            due = {each for each in told & self.ever if is_hub or each[0] == machine.home.school_id}
            known = self.known(machine)
            if known != due:
                findings.differs(machine, f"knows of {len(known)} erased, not {len(due)}")

    def check_stores(self, findings: "Findings") -> None:
        """Of whom a machine knows to be erased nothing is there, and of all others everything."""
        for machine in self.world.machines:
            known = self.known(machine)
            self.looks(machine)
            self._look_at_bytes(findings, machine, known)
            self._look_at_leaves(findings, machine, known)

    def _look_at_leaves(
        self, findings: "Findings", machine: "Machine", heard: frozenset[Record]
    ) -> None:
        """Of the erased all that is kept is leaves, and of nobody who never was erased.

        An old body that comes again may bring leaves to a store that was set back when all who
        knew of the erasure have forgotten it.
        """
        for log, link in links_of(machine):
            place = (log.log_id, link.seq, link.chain)
            if place not in self.world.written:
                continue
            is_leaf = link.canonical is None
            if is_leaf and not self.is_gone(self.ever, place):
                findings.differs(machine, f"{log.log_id.hex()}/{link.seq} is lost to an erasure")
            elif not is_leaf and self.is_gone(heard, place):
                findings.differs(machine, f"{log.log_id.hex()}/{link.seq} is kept in clear")

    def _look_at_bytes(
        self, findings: "Findings", machine: "Machine", due: frozenset[Record]
    ) -> None:
        raw = _swept(machine)
        for school_id, learner in self._learners_of(due):
            if not self._is_elsewhere(school_id, learner) and learner in raw:
                findings.differs(machine, "has bytes of a learner who is erased")


def _swept(machine: "Machine") -> bytes:
    """The store's file without its free pages, as `Store.sweep` leaves one that is on a disk."""
    scratch = sqlite3.connect(":memory:")
    scratch.deserialize(machine.disk.connection.serialize())
    scratch.execute("VACUUM")
    raw = scratch.serialize()
    scratch.close()
    return raw


def links_of(machine: "Machine") -> list[tuple[LogRow, Link]]:
    """Every event of the logs here with its log, provisional ones and leaves too."""
    schools = {NO_SCHOOL, *(SchoolId(each.home.school_id) for each in machine.world.schools)}
    with machine.store.reading() as connection:
        return [
            (log, link)
            for school_id in sorted(schools)
            for log in reads.logs_after(connection, school_id)
            for link in events_table.links_from(connection, log)
        ]


def leaves_of(machine: "Machine", school_id: bytes | None = None) -> set[Place]:
    """The places of the believed events here of which only a leaf is left."""
    return {
        (log.log_id, link.seq, link.chain)
        for log, link in links_of(machine)
        if link.is_believed and link.canonical is None and school_id in {None, log.school_id}
    }
