"""The table of what befalls nodes between exchanges: add a function and a row."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.errors import StoreError
from darasa.sync.ids import Role
from darasa.sync.verify.disk import Copy, ProcessDiedError, Trap, empty_image
from darasa.sync.verify.meeting import Meeting

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

Befalls = Callable[["World", "Machine", Random], None]

ANYONE: Final = ("computer", "computer", "school", "hub")
SERVERS: Final = ("school", "school", "hub")
WRONG_CLOCKS_MS: Final = (-1_759_900_000_000, 2_320_000_000_000, -86_400_000, 3_600_000, 0)
"""1970, 2099, a day behind, an hour ahead, right again."""


@dataclass(frozen=True, slots=True)
class Blow:
    """Something that befalls nodes of some kinds; `times` as often as its rate says."""

    on: tuple[str, ...]
    fall: Befalls
    times: float = 1.0


def _killed(world: "World", machine: "Machine", random: Random) -> None:
    """The program is killed and started again: a new run."""
    del random
    world.fault("killed")
    machine.start()


def _set_back(world: "World", machine: "Machine", copy: Copy | None, name: str) -> None:
    if copy is not None:
        world.fault(name)
        machine.set_back(copy)


def _power_cut(world: "World", machine: "Machine", random: Random) -> None:
    """The power goes, and the disk had not flushed what it said it had."""
    del random
    _set_back(world, machine, machine.disk.last_copy, "power cut")


def _dark_lab(world: "World", school: "Machine", random: Random) -> None:
    """The power goes in a whole school, at once or a computer after the other."""
    for machine in (*world.lab_of(school), school):
        if random.random() < 0.9:
            befalls = _power_cut if random.random() < 0.2 else _killed
            befalls(world, machine, random)


def _lab_resets(world: "World", school: "Machine", random: Random) -> None:
    """Every computer of a lab begins the day with the disk of the first."""
    for machine in world.lab_of(school):
        _reset(world, machine, random)


def _lab_clocks(world: "World", school: "Machine", random: Random) -> None:
    """Computers without a battery all start in the same wrong year, or each in its own."""
    year = random.choice(WRONG_CLOCKS_MS)
    for machine in world.lab_of(school):
        world.fault("clock jump")
        machine.clock.wrong_by_ms = (
            year if random.random() < 0.8 else random.choice(WRONG_CLOCKS_MS)
        )


def _restored(world: "World", machine: "Machine", random: Random) -> None:
    """The node is restored from an older copy."""
    copies = machine.disk.copies
    if copies:
        _set_back(world, machine, random.choice(copies), f"{machine.role} restored")


def _replaced(world: "World", machine: "Machine", random: Random) -> None:
    """The server's disk is replaced by an empty one; its keys and its address stay."""
    del random
    _set_back(
        world, machine, Copy(empty_image(), frozenset(), machine.home), f"{machine.role} emptied"
    )


def _reset(world: "World", machine: "Machine", random: Random) -> None:
    """The computer goes back to the same old disk at every boot."""
    del random
    _set_back(world, machine, machine.disk.first_copy, "disk reset")


def _bad_link_day(world: "World", machine: "Machine", random: Random) -> None:
    """The link dies every few hundred bytes, and the program tries again and again."""
    learner = random.choice(world.learners_of(machine))
    machine.write(1, learner=learner, lamport=4, random=random)
    for _ in range(random.randrange(5, 30)):
        world.exchange(machine, ("cut at once",))


def _cloned(world: "World", machine: "Machine", random: Random) -> None:
    """An image of a stopped computer is put on others."""
    image = random.choice((machine.image(), *machine.disk.copies))
    for _ in range(random.choice((1, 1, 3))):
        if world.twin(machine, image, is_running=False) is not None:
            world.fault("image cloned")


def _copied_running(world: "World", machine: "Machine", random: Random) -> None:
    """A running machine is copied with its memory: two processes go on with one log."""
    learner = random.choice(world.learners_of(machine))
    machine.write(1, learner=learner, lamport=1, random=random)
    twin = world.twin(machine, machine.image(), is_running=True)
    if twin is not None:
        world.fault("running machine copied")
        for each in random.sample((machine, twin), random.choice((1, 2))):
            each.write(1 + random.randrange(3), learner=learner, lamport=2, random=random)


def _clock_jumps(world: "World", machine: "Machine", random: Random) -> None:
    """The wall clock jumps by minutes or decades."""
    world.fault("clock jump")
    machine.clock.wrong_by_ms = random.choice(WRONG_CLOCKS_MS)


def _old_bodies(world: "World", server: "Machine", random: Random) -> None:
    """Bodies of other days arrive: some for the first time, some again."""
    old = world.observer.old_bodies(server)
    again = random.sample(old, min(len(old), 1 + random.randrange(3)))
    carrier = Meeting(world, server, server, limits=world.limits, random=random)
    for body in [*world.observer.late_bodies(server), *again]:
        world.fault("old body")
        carrier.delivered(body)


def _learner_moves(world: "World", school: "Machine", random: Random) -> None:
    """A learner goes to another school; at the old one her late events still come."""
    others = [each for each in world.schools if each is not school]
    if others and school.role is Role.SCHOOL:
        learner = random.choice(world.learners_of(school))
        there = world.learners_of(random.choice(others))
        if learner not in there:
            world.fault("learner moved")
            there.append(learner)


def _write_fails(*traps: Trap) -> Befalls:
    def failing(world: "World", machine: "Machine", random: Random) -> None:
        """A learner's answer meets a disk or a power supply that fails."""
        learner = random.choice(world.learners_of(machine))
        machine.write(1, learner=learner, lamport=3, random=random)
        machine.disk.arm(random.choice(traps), random.randrange(2))
        try:
            for _ in range(3):
                machine.write(4, learner=learner, lamport=3, random=random)
        except StoreError:
            world.mark("write refused")
        except ProcessDiedError:
            machine.start()
        machine.disk.disarm()
        world.note_traps(machine)
        machine.write(1, learner=learner, lamport=3, random=random)

    return failing


NODE_FAULTS: Final[dict[str, Blow]] = {
    "killed": Blow(ANYONE, _killed),
    "power cut": Blow(ANYONE, _power_cut),
    "lab without power": Blow(("school",), _dark_lab, 2.0),
    "lab reset": Blow(("school",), _lab_resets, 2.0),
    "lab of wrong clocks": Blow(("school",), _lab_clocks, 2.0),
    "computer restored": Blow(("computer",), _restored),
    "school restored": Blow(("school",), _restored),
    "hub restored": Blow(("hub",), _restored),
    "server emptied": Blow(SERVERS, _replaced),
    "disk reset": Blow(("computer",), _reset),
    "link dies again and again": Blow(("computer", "computer", "school"), _bad_link_day),
    "image cloned": Blow(("computer",), _cloned),
    "running machine copied": Blow(("computer",), _copied_running),
    "clock jump": Blow(ANYONE, _clock_jumps),
    "old bodies": Blow(SERVERS, _old_bodies),
    "learner moves": Blow(("school",), _learner_moves),
    "dies while writing": Blow(("computer",), _write_fails(Trap.DIES_BEFORE, Trap.DIES_AFTER)),
    "disk fails while writing": Blow(
        ("computer",), _write_fails(Trap.ERROR_KEPT, Trap.ERROR_LOST, Trap.FULL, Trap.NO_ROOM)
    ),
}
