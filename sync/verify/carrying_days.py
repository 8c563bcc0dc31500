"""What happens in a district whose computers carry each other's work: the table of that part."""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.verify.life import Attempts, Habit

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World


def _carry(world: "World", carrier: "Machine", random: Random, attempts: Attempts) -> None:
    """A computer takes a neighbour's work along, to its next exchanges with the school."""
    lab = world.lab_of(world.server_of(carrier))
    others = [each for each in lab if each.home.node_id != carrier.home.node_id]
    if not others:
        return
    relays = world.relays
    for maker in random.choices(others, k=random.choice((1, 1, 3))):
        for machine in (maker, carrier):
            if machine.home.peer is None:
                world.join(machine)
        learner = random.choice(world.learners_of(maker))
        maker.write(1 + random.randrange(4), learner=learner, lamport=2, random=random)
        for bundle in world.pockets.written(maker, lambda stick, folder: stick.export_work(folder)):
            relays.carry(carrier, bundle)
    for faults in attempts:
        report = world.exchange(carrier, faults)
        if report is not None and report.ok:
            break


CARRYING_HABITS: Final[dict[str, Habit]] = {"carry": Habit(("computer",), 1, _carry)}
