"""Machines that write far too much, servers that hold them back, and people who let them go.

In districts with a quota (`Shape.quota`) a server freezes who goes beyond it; the rest stays with
its author and comes when it is released (`held`). Owns what befalls: floods, and events that stand
far beyond all others.
"""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.verify import releases
from darasa.sync.verify.held import is_frozen, let_go, line_of
from darasa.sync.verify.life import Attempts, Habit
from darasa.sync.verify.node_faults import Blow
from darasa.sync.verify.removals import is_refused

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_LEAP: Final = 1 << 25  # more than a school takes for honest (sync.md section 5)


def _floods(world: "World", machine: "Machine", random: Random) -> None:
    """A program writes without end, and brings it all."""
    quota = world.shape.quota
    if not quota:
        return
    world.fault("flood")
    machine.write(2 * quota + 1, learner=None, lamport=1, random=random)
    server = world.server_of(machine)
    line = line_of(server, machine)
    report = world.exchange(machine)
    is_heard = releases.speaks(machine.release, server.release) and not is_refused(world, machine)
    if report is not None and is_heard and not is_frozen(server, line):
        world.problem(f"{server} did not notice that {machine} floods")


def _released(world: "World", server: "Machine", random: Random, attempts: Attempts) -> None:
    """A person has looked, and lets all go that are held back."""
    del random, attempts
    let_go(world, server)


def _leaps(world: "World", machine: "Machine", random: Random) -> None:
    """A program makes an event that stands after all others for years."""
    learner = random.choice(world.learners_of(machine))
    world.fault("lamport leap")
    machine.write(
        1, learner=learner, lamport=machine.store.max_lamport(learner) + _LEAP, random=random
    )


FLOOD_HABITS: Final = {"let go": Habit(("school", "school", "hub"), 1.0, _released)}
FLOOD_BLOWS: Final = {
    "flood": Blow(("computer",), _floods, 0.7),
    "lamport leap": Blow(("computer", "computer", "school"), _leaps),
}
