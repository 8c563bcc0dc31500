"""Journeys by stick: a node's work goes up to its server, and answers come down again.

Owns who carries what where, what can go wrong on the way (`STICK_FAULTS`: add a function and a
row), and the end of it: old sticks that turn up once more, and a district healed by sticks alone.
"""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.verify.disk import Place, Trap
from darasa.sync.verify.erasures import leaves_of
from darasa.sync.verify.held import let_go
from darasa.sync.verify.life import Attempts, Habit
from darasa.sync.verify.removals import is_refused
from darasa.sync.verify.sticks import Bundle, Pockets, Way

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_HEAL_PASSES: Final = 4
_HEALED_MAX: Final = 14
_AT_ONCE: Final = 0.6
_MUCH: Final = 0.2
_NEARLY_WHOLE: Final = 0.3
_WORKS_ON: Final = 0.4


class Journey:
    """Two ways of one stick, or of two. Faults arm one of them before it begins."""

    def __init__(self, pockets: Pockets, machine: "Machine", random: Random) -> None:
        self.pockets = pockets
        self.world = pockets.world
        self.machine = machine
        self.random = random
        self.up = Way()
        self.down = Way()
        self.from_start = random.random() < 0.05
        self.works_on = random.random() < _WORKS_ON  # while the stick is away

    def any_way(self) -> Way:
        """The way on which something goes wrong."""
        return self.random.choice((self.up, self.down))

    def reader_of(self, way: Way) -> "Machine":
        """Who is to read what is carried that way."""
        return self.world.server_of(self.machine) if way is self.up else self.machine

    def run(self) -> None:
        """Up, and mostly down again."""
        world, machine = self.world, self.machine
        if machine.home.peer is None:
            world.join(machine)
        server = world.server_of(machine)
        self._arrive(
            self.pockets.written(
                machine,
                lambda stick, folder: stick.export_work(folder, from_start=self.from_start),
                pulled_at=self.up.pulled_at,
            ),
            self.up,
        )
        world.now_ms += 1 + self.random.randrange(100_000)
        if self.works_on:
            learner = self.random.choice(world.learners_of(machine))
            machine.write(1, learner=learner, lamport=2, random=self.random)
        self._arrive(
            self.pockets.written(
                server,
                lambda stick, folder: stick.export_answers(folder),
                pulled_at=self.down.pulled_at,
            ),
            self.down,
        )

    def _arrive(self, bundles: list[Bundle], way: Way) -> None:
        """One stick reaches those for whom there is something on it."""
        if bundles and (way.is_lost or way.is_late):
            self.world.fault("stick lost" if way.is_lost else "stick late")
            self.pockets.under_way += bundles if way.is_late else []
            bundles = []
        bundles = bundles + way.more
        self.random.shuffle(bundles)
        if bundles and way.change is not None:
            self.world.fault("stick spoilt")
            raw = way.change(bundles[0].raw)
            bundles[0] = Bundle(bundles[0].receiver, raw, is_whole=raw == bundles[0].raw)
        here = self.reader_of(way)
        for bundle in bundles:
            is_ours = bundle.receiver == here.home.node_id
            if not is_ours and self.random.random() < 0.1:
                self.pockets.taken(here, bundle, way)  # passed over: it is for someone else
            homes = [here] if is_ours else at_home(self.world, bundle.receiver, self.random)
            for machine in homes:
                if machine is here or self.random.random() < _AT_ONCE:
                    self.pockets.taken(machine, bundle, way if machine is here else Way())
                else:
                    self.pockets.under_way.append(bundle)


def at_home(world: "World", receiver: bytes, random: Random) -> list["Machine"]:
    """The machine for which a bundle is: of those with one key any; none when that key is gone."""
    found = [each for each in world.machines if each.home.node_id == receiver]
    return [random.choice(found)] if found else []


def _by_stick(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """Somebody walks to the server and back, once or a few times."""
    pockets = world.pockets
    for faults in attempts:
        journey = Journey(pockets, machine, random)
        for name in faults:
            STICK_FAULTS[name](journey)
        journey.run()


# -- what goes wrong ----------------------------------------------------------------------


def _lost(journey: Journey) -> None:
    """The stick is never seen again."""
    journey.any_way().is_lost = True


def _late(journey: Journey) -> None:
    """The stick lies in a pocket for days, and arrives after those that came later."""
    journey.any_way().is_late = True


def _late_ones_arrive(journey: Journey) -> None:
    """Sticks that were in pockets are read now, in any order."""
    pockets = journey.pockets
    for bundle in list(pockets.under_way):
        if journey.random.random() < 0.7:
            pockets.under_way.remove(bundle)
            journey.world.fault("late stick")
            for machine in at_home(journey.world, bundle.receiver, journey.random):
                pockets.taken(machine, bundle, Way())


def _played_again(journey: Journey) -> None:
    """A bundle of another day lies on the stick too."""
    way = journey.any_way()
    reader = journey.reader_of(way).home.node_id
    old = [each for each in journey.pockets.copies if each.receiver == reader]
    if old:
        journey.world.fault("stick played again")
        way.more += journey.random.choices(old, k=journey.random.choice((1, 1, 3)))


def _of_another(journey: Journey) -> None:
    """A stick that is for another school or another machine is read here."""
    way = journey.any_way()
    reader = journey.reader_of(way)
    others = [each for each in journey.pockets.copies if each.receiver != reader.home.node_id]
    if others:
        journey.world.fault("wrong stick")
        bundle = journey.random.choice(others)
        journey.pockets.taken(reader, bundle, Way())


def _hurt_way(journey: Journey) -> Way:
    """The way on which a file is hurt; at times one with more work than a piece holds."""
    if journey.random.random() >= _MUCH:
        return journey.any_way()
    learner = journey.random.choice(journey.world.learners_of(journey.machine))
    journey.machine.write(90, learner=learner, lamport=5, random=journey.random, size=1_500)
    return journey.up


def _cut(journey: Journey) -> None:
    """A file ends early, at any byte; at times it is only the end itself that is not there."""
    random = journey.random
    nearly = random.random() < _NEARLY_WHOLE

    def cut(raw: bytes) -> bytes:
        return raw[: len(raw) - random.randint(1, 40) if nearly else random.randrange(len(raw))]

    _hurt_way(journey).change = cut


def _spoilt(journey: Journey) -> None:
    """One bit of a file is read as another."""
    random = journey.random

    def spoil(raw: bytes) -> bytes:
        changed = bytearray(raw)
        changed[random.randrange(len(raw))] ^= 1 << random.randrange(8)
        return bytes(changed)

    _hurt_way(journey).change = spoil


def _pulled_while_written(journey: Journey) -> None:
    """Somebody pulls the stick out before all is written."""
    journey.any_way().pulled_at = journey.random.choice((1, 1_000, 5_000))


def _pulled_while_read(journey: Journey) -> None:
    """Somebody pulls the stick out before all is read; it is put in again another day."""
    _hurt_way(journey).read_until = journey.random.choice((1, 65_537, 100_000))


def _disk_fails(*traps: Trap) -> Callable[[Journey], None]:
    def failing(journey: Journey) -> None:
        """The disk or the power of the machine that reads fails."""
        journey.any_way().trap = journey.random.choice(traps)

    return failing


STICK_FAULTS: Final[dict[str, Callable[[Journey], None]]] = {
    "stick lost": _lost,
    "stick late": _late,
    "late sticks arrive": _late_ones_arrive,
    "stick played again": _played_again,
    "wrong stick": _of_another,
    "stick cut": _cut,
    "stick spoilt": _spoilt,
    "pulled out while written": _pulled_while_written,
    "pulled out while read": _pulled_while_read,
    "reader dies": _disk_fails(Trap.DIES_BEFORE, Trap.DIES_AFTER),
    "reader's disk fails": _disk_fails(Trap.ERROR_KEPT, Trap.ERROR_LOST, Trap.FULL, Trap.NO_ROOM),
}

STICK_HABITS: Final[dict[str, Habit]] = {
    "by stick": Habit(("computer", "computer", "school", "school"), 1, _by_stick),
}


# -- the end ------------------------------------------------------------------------------


def heal_by_stick(world: "World") -> None:
    """Sticks go as they should a few times, in a district without any other line: what was written
    by machines that can still speak is then at their school and at the hub.
    """
    world.mark("healed by stick")
    for _ in range(_HEAL_PASSES):
        for machine in (*world.computers, *world.schools):
            journey = Journey(world.pockets, machine, world.random)
            journey.works_on = False
            journey.run()
            for server in (*world.schools, world.hub):
                let_go(world, server)  # who was held back for much goes on with the next stick
        lacking = _lacking(world)
        if not lacking:
            return
    for server, lacks in lacking.items():
        world.problem(f"{server} lacks {len(lacks)} events that sticks should have brought")


def _lacking(world: "World") -> "dict[Machine, set[Place]]":
    """What schools and the hub have not, of what the machines below them hold."""
    lacking: dict[Machine, set[Place]] = {}
    for school in world.schools:
        due: set[Place] = set()
        served = [each for each in world.lab_of(school) if not is_refused(world, each)]
        due.update(*(each.disk.holds for each in served))
        for server, places in ((school, due), (world.hub, due | school.disk.holds)):
            gone = leaves_of(server) if world.erases else set()
            if lacks := places - server.disk.holds - gone:
                lacking.setdefault(server, set()).update(lacks)
    return lacking


def may_heal_by_stick(world: "World") -> bool:
    """Whether a small district that has sticks is to come together by them alone, first."""
    is_small = len(world.computers) <= _HEALED_MAX
    return is_small and "pockets" in world.__dict__ and world.seed % 3 != 1


def old_sticks(world: "World", machine: "Machine") -> list[Bundle]:
    """All copies of bundles that are for a machine, and those that never arrived."""
    pockets = world.pockets
    found = (*pockets.under_way, *pockets.copies)
    return [each for each in found if each.receiver == machine.home.node_id]
