"""A simulated district: its nodes, its time, and the oracle of all that was written in it.

Owns who there is and what is true; what happens is `life`'s and the faults'. The oracle is plain
dicts, filled when a disk says that a transaction is durable, never from what the engine answers.
"""

import copy
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct

from darasa.sync.adoption import logs_without_school
from darasa.sync.enrol import Enrolled
from darasa.sync.home import Home
from darasa.sync.ids import NodeId, Role
from darasa.sync.lineage import is_child
from darasa.sync.messages import WireTip
from darasa.sync.session import Limits
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.exchange import ExchangeReport
from darasa.sync.transport.joining import keep_enrolled
from darasa.sync.verify import fold, removals
from darasa.sync.verify.before_erasure import OLDER_FAULTS
from darasa.sync.verify.disk import Copy, Place
from darasa.sync.verify.erasures import Erasures
from darasa.sync.verify.held import quotas_of
from darasa.sync.verify.link_faults import LINK_FAULTS
from darasa.sync.verify.machine import HUB_SCOPE, Machine
from darasa.sync.verify.marks import MARKS
from darasa.sync.verify.meeting import Meeting
from darasa.sync.verify.meeting_checks import ROUNDS_MAX, check_refused, check_session
from darasa.sync.verify.observer import Observer
from darasa.sync.verify.relays import Relays
from darasa.sync.verify.schoolwork import Schoolwork
from darasa.sync.verify.sticks import Pockets

BEGIN_MS: Final = 1_770_000_000_000  # 2026: a server's clock may be right
SCHOOL_SCOPE: Final = b"s"
CLASSES: Final = 3
_FAULTS: Final = {**LINK_FAULTS, **OLDER_FAULTS}
_COPY_KEPT: Final = 0.03
_UNJOINED: Final = 0.15
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (a file system in memory, where there is one)


class Shape(Struct, frozen=True):
    """How large a world is. `machines` has the number of computers of each school."""

    days: int
    machines: tuple[int, ...]
    learners: int  # of each school
    frame: int
    body: int
    burst: int  # events at most that one answer writes
    named_logs: int = 1_000  # more are compared by ranges
    twins: int = 4  # copies of one machine at most
    work: float = 0.0  # so much of what learners do is real work, and goes in codec 1
    alike: int = 0  # in so many ways learners' ids begin; 0: each in its own
    quota: int = 0  # events of one day of a log that a server takes; 0 is no limit
    older: float = 0.0  # so many nodes run another program than this


def _alike(learner_id: bytes, count: int) -> bytes:
    """An id that begins like many others, in one of `count` ways; 0 leaves it as it is."""
    return bytes((learner_id[0] % count, 0, 0)) + learner_id[3:] if count else learner_id


def class_scope(nth: int) -> bytes:
    """The records of one class."""
    return b"c%d" % (nth % CLASSES)


class World:
    """All nodes of one plan. `random` is that of the action that happens now."""

    def __init__(self, seed: int, shape: Shape, schoolwork: Schoolwork | None = None) -> None:
        self.seed = seed
        self.shape = shape
        self.schoolwork = schoolwork
        self.quotas = quotas_of(shape.quota)
        self.random = Random(f"world {seed}")
        self.now_ms = BEGIN_MS
        self.passed_ms = 0  # beside the days of the plan
        self.limits = Limits(shape.frame, shape.body, shape.named_logs)
        self.faults: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self.problems: list[str] = []
        self.may_fork = False  # a running machine was copied
        self.removes = False  # a computer was removed
        self._depth = 0  # meetings that are under way
        self.trace: list[object] = []
        self.written: dict[Place, bytes] = {}
        self.written_ms: dict[Place, int] = {}
        self.parents: dict[Place, Place | None] = {}
        self._drafts: dict[Place, tuple[Place | None, bytes]] = {}
        self._by_tip: dict[tuple[bytes, int, bytes], Place] = {}
        self.school_of_log: dict[bytes, str] = {}
        self._newest: dict[tuple[bytes, int], Place] = {}
        self.observer = Observer(self)
        self.hub = self._made("hub", Role.HUB)
        self.schools = [self._made(f"school {n}", Role.SCHOOL) for n in range(len(shape.machines))]
        ids = Random(f"learners {seed}")
        self.learners = {
            school.name: [_alike(ids.randbytes(16), shape.alike) for _ in range(shape.learners)]
            for school in self.schools
        }
        for school in self.schools:
            self.join(school)
        self._computers: dict[int, list[Machine]] = {}
        self._school_of: dict[str, Machine] = {}

    # -- who there is ---------------------------------------------------------------------

    def rng(self, count: int) -> bytes:
        """The random source of every node."""
        return self.random.randbytes(count)

    def _made(self, name: str, role: Role) -> Machine:
        keys = Random(f"{self.seed} {name}")
        return Machine(self, name, Home.in_memory(role=role, name=name, rng=keys.randbytes))

    def node(self, number: int) -> Machine:
        """Node 0 is the hub, then schools, then computers, which are made when first met.

        Of a computer with twins it is any of them.
        """
        if number == 0:
            return self.hub
        if number <= len(self.schools):
            return self.schools[number - 1]
        twins = self._computers.get(number) or self._new_computer(number)
        return self.random.choice(twins)

    def _new_computer(self, number: int) -> list[Machine]:
        made = self._made(f"computer {number}", Role.COMPUTER)
        nth = number - 1 - len(self.schools)
        for school, machines in zip(self.schools, self.shape.machines, strict=True):
            if nth < machines:
                self._school_of[made.name] = school
                break
            nth -= machines
        self._want(made, SCHOOL_SCOPE, class_scope(nth))
        if Random(f"{self.seed} joins {number}").random() >= _UNJOINED:
            self.join(made)
        made.disk.first_copy = made.image()
        self._computers[number] = [made]
        return self._computers[number]

    def _want(self, machine: Machine, *scopes: bytes) -> None:
        with machine.store.transaction() as tx:
            for scope in scopes:
                fold.want(tx.connection, scope)

    def twin(
        self, machine: Machine, image: Copy, *, is_running: bool = False, notices: bool = False
    ) -> Machine | None:
        """Another machine from an image of one; `is_running`: with the memory of its process;
        `notices`: its programs see at each start that the place is another, and make a new key.
        """
        twins = self.twins_of(machine)
        if len(twins) > self.shape.twins:
            return None
        name = f"{twins[0].name}{chr(ord('a') + len(twins))}"
        made = Machine(self, name, copy.copy(image.luggage), image, notices=notices, like=machine)
        made.clock.wrong_by_ms = machine.clock.wrong_by_ms
        if is_running:
            made.log.place = machine.log.place
            made.trusted = machine.trusted
            self.may_fork = True
        self._school_of[name] = self._school_of[machine.name]
        twins.append(made)
        return made

    def twins_of(self, machine: Machine) -> list[Machine]:
        """The computers that were copied from one another, this one among them."""
        return next((each for each in self._computers.values() if machine in each), [])

    @property
    def computers(self) -> list[Machine]:
        """All computers that were ever met, twins too."""
        return [each for number in sorted(self._computers) for each in self._computers[number]]

    def lab_of(self, school: Machine) -> list[Machine]:
        """The computers of a school that were ever met."""
        return [each for each in self.computers if self._school_of[each.name] is school]

    @property
    def machines(self) -> list[Machine]:
        """All nodes."""
        return [self.hub, *self.schools, *self.computers]

    def server_of(self, machine: Machine) -> Machine:
        """Whom a node asks."""
        return self.hub if machine.role is Role.SCHOOL else self._school_of[machine.name]

    def learners_of(self, machine: Machine) -> list[bytes]:
        """The learners whom a school or one of its computers may meet."""
        school = machine if machine.role is Role.SCHOOL else self._school_of[machine.name]
        return self.learners[school.name]

    def scopes_of(self, machine: Machine, node_id: NodeId) -> Sequence[bytes]:
        """What a server feeds to a peer."""
        del node_id
        if machine.role is Role.HUB:
            return (HUB_SCOPE,)
        learners = (b"l" + learner for learner in self.learners[machine.name])
        return (SCHOOL_SCOPE, *map(class_scope, range(CLASSES)), *learners)

    def join(self, joiner: Machine) -> None:
        """Enrol a node with its server, and give its logs the school, as `darasa join` does."""
        server = self.hub if joiner.role is Role.SCHOOL else self._school_of[joiner.name]
        is_school = joiner.role is Role.SCHOOL
        certificate = issue_certificate(
            server.home.node_key,
            subject_public=joiner.home.node_key.public,
            role=joiner.role,
            school_id=(joiner if is_school else server).home.school_id,
        )
        with server.store.transaction() as tx:
            tx.put_certificate(certificate)
        home = server.home
        enrolled = Enrolled(
            certificate, home.certificate, home.name, home.school_id, home.seal_public
        )
        keep_enrolled(joiner.home, joiner.store, enrolled, url="http://sim", clock=joiner.clock)
        if not is_school:
            old = joiner.store.read(logs_without_school, joiner.home.node_id)
            with joiner.store.transaction() as tx:
                tx.adopt(joiner.home.school_id, old)
            if old:
                self.mark("logs adopted")

    # -- files ----------------------------------------------------------------------------

    @cached_property
    def _files(self) -> TemporaryDirectory[str]:
        return TemporaryDirectory(prefix="darasa-sim-", dir=_MEMORY if _MEMORY.is_dir() else None)

    @property
    def folder(self) -> Path:
        """Where the files of this world are; nothing in it outlives the world."""
        return Path(self._files.name)

    @cached_property
    def pockets(self) -> Pockets:
        """The sticks of this world."""
        return Pockets(self)

    @cached_property
    def erasures(self) -> Erasures:
        """Who is erased; from the first on, every process looks for its file at its start."""
        return Erasures(self)

    @property
    def erases(self) -> bool:
        """Whether anybody was ever erased, or is to be."""
        return "erasures" in self.__dict__

    @cached_property
    def relays(self) -> Relays:
        """What computers carry for each other, from the first bundle on."""
        return Relays(self)

    @property
    def carries(self) -> bool:
        """Whether any computer has carried for another."""
        return "relays" in self.__dict__

    # -- what happens ---------------------------------------------------------------------

    def remove(self, school: Machine, computer: Machine, random: Random) -> None:
        """A school removes a computer, that has written something since it was there last."""
        self.removes = True
        computer.write(1, learner=random.choice(self.learners_of(computer)), lamport=2,
                       random=random)  # fmt: skip
        self.mark("computer removed")
        with school.store.transaction() as tx:
            tx.revoke_node(computer.home.node_id, self.now_ms)

    def keeps_copy(self) -> bool:
        """Whether somebody keeps a copy of a disk just now."""
        return self.random.random() < _COPY_KEPT

    def exchange(self, asker: Machine, faults: Sequence[str] = ()) -> ExchangeReport | None:
        """One exchange of a node with its server; None when its process died in it."""
        if asker.home.peer is None:
            self.join(asker)
        self.now_ms += 1 + self.random.randrange(3_000)
        server = self.server_of(asker)
        self._depth += 1
        was_child = is_child(asker.home.certificate)
        refused = removals.is_refused(self, asker)
        held = set(server.disk.holds)
        meeting = Meeting(self, asker, server, limits=self.limits, random=self.random)
        for name in faults:
            _FAULTS[name](meeting, self.random)
        report = meeting.run()
        self._depth -= 1
        self._look_after(asker, server)
        if was_child and not is_child(asker.home.certificate):
            self.mark("copy confirmed")
        if report is None:
            self.trace.append((asker.name, None))
            self.mark("asker died")
            return None
        self._note(meeting, report)
        is_known = len(faults) == 1 and (meeting.successes or meeting.is_to_wait)
        is_clean = (not faults or bool(is_known)) and not self._depth
        if refused and not faults and is_clean:
            check_refused(self, meeting, report, server.disk.holds - held)
        else:
            check_session(self, meeting, report, is_clean=is_clean and not refused)
        return report

    def _look_after(self, asker: Machine, server: Machine) -> None:
        """What the disks of both have come to."""
        for machine in (asker, server):
            self.note_traps(machine)
            if self.erases:
                self.erasures.looks(machine)
        if self.carries:
            self.relays.looks(asker, server)
        if len(self.twins_of(asker)) > 1:
            self.mark("clone met")

    def _note(self, meeting: Meeting, report: ExchangeReport) -> None:
        """The paths that an exchange took; one that was tampered with must not have gone well."""
        asker = meeting.asker
        if report.rounds > ROUNDS_MAX:
            self.mark("several rounds")
        for name in meeting.successes if report.ok else meeting.refusals:
            self.mark(name)
        is_excused = meeting.was_unknown or meeting.went_again
        if report.ok and meeting.is_damaged and not is_excused:
            self.problem(f"{asker}: a transfer that was tampered with passed for a good one")
        self.trace.append(
            (asker.name, report.rounds, report.bytes_out, report.bytes_in, report.events_out,
             report.events_in, report.records_in, report.error)
        )  # fmt: skip

    def meanwhile(self, meeting: Meeting, random: Random) -> None:
        """What others do between two rounds of an exchange."""
        asker = meeting.asker
        if random.random() < 0.7:
            learner = random.choice(self.learners_of(asker))
            asker.write(1 + random.randrange(3), learner=learner, lamport=1, random=random)
        if random.random() < 0.7:
            others = [each for each in self.computers if each is not asker]
            if others:
                self.exchange(random.choice(others))
        if meeting.server.role is Role.SCHOOL and random.random() < 0.4:
            self.exchange(meeting.server)

    def note_traps(self, machine: Machine) -> None:
        """Count what a disk did to its node since the last time."""
        for trap in machine.disk.sprung:
            self.fault(f"disk: {trap}")
            self.mark(trap.value)
        machine.disk.sprung.clear()

    def fault(self, name: str) -> None:
        """Something went wrong, as planned."""
        self.faults[name] += 1

    def mark(self, name: str) -> None:
        """A path of the engine was seen from outside."""
        assert name in MARKS, f"no such mark: {name}"
        self.marks[name] += 1

    def problem(self, sentence: str) -> None:
        """An invariant does not hold."""
        self.problems.append(sentence)

    # -- the oracle -----------------------------------------------------------------------

    def drafted(
        self, place: Place, parent: Place | None, canonical: bytes, *, author: Machine
    ) -> None:
        """A transaction that is open writes an event."""
        school = self._school_of.get(author.name, author)
        self.school_of_log[place[0]] = school.name
        self._drafts[place] = (parent, canonical)
        self._newest[place[:2]] = place

    def is_new(self, place: Place) -> bool:
        """Whether the oracle has not heard of an event yet: its author's engine wrote it itself."""
        return place not in self._drafts and place not in self.written

    def before(self, place: Place) -> Place | None:
        """The event before one in a log that has one branch."""
        log_id, seq, _ = place
        return self._newest[log_id, seq - 1] if seq > 1 else None

    def committed(self, places: Iterable[Place]) -> None:
        """These are durable somewhere: from now on they must survive while that disk does."""
        for place in places:
            draft = self._drafts.pop(place, None)
            if draft is not None:
                self.parents[place], self.written[place] = draft
                self.written_ms[place] = self.now_ms
                self._by_tip[place[0], place[1], place[2][:8]] = place

    def place_of(self, tip: WireTip) -> Place | None:
        """The event that a tip names; None for one that was never written."""
        return self._by_tip.get((tip.log_id, tip.seq, tip.chain8))

    def up_to(self, place: Place) -> Iterable[Place]:
        """An event and all before it on its branch."""
        found: Place | None = place
        while found is not None:
            yield found
            found = self.parents[found]

    def close(self) -> None:
        """All is said."""
        for machine in self.machines:
            machine.disk.close()
        if "_files" in self.__dict__:
            self._files.cleanup()
