"""What happens in a district whose schools remove computers: the tables of that part."""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync import held_back
from darasa.sync.verify.life import Attempts, Habit
from darasa.sync.verify.node_faults import Blow
from darasa.sync.verify.removals import removed_at

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World


def _remove(world: "World", school: "Machine", random: Random, attempts: Attempts) -> None:
    """A computer is removed, mostly one with work that it has not sent."""
    del attempts
    lab = [each for each in world.lab_of(school) if each.home.peer is not None]
    if len(removed_at(school)) < len(lab) // 2:
        world.remove(school, random.choice(lab), random)


def _let_back(world: "World", school: "Machine", random: Random, attempts: Attempts) -> None:
    """A computer that was removed is served again."""
    del attempts
    removed = sorted(removed_at(school))
    if removed:
        world.mark("removed computer let back")
        with school.store.transaction() as tx:
            held_back.let_go(tx.connection, random.choice(removed), held_back.REVOKED)


def _removed_and_copied(world: "World", machine: "Machine", random: Random) -> None:
    """A computer is removed, and its folder is copied: the copy makes a key, which it signs."""
    if machine.home.peer is None:
        return
    world.remove(world.server_of(machine), machine, random)
    twin = world.twin(machine, machine.image(), notices=True)
    if twin is not None:
        world.fault("removed computer copied")
        twin.start()
        learner = random.choice(world.learners_of(twin))
        twin.write(1, learner=learner, lamport=2, random=random)
        world.exchange(twin)


REMOVAL_HABITS: Final[dict[str, Habit]] = {
    "remove": Habit(("school",), 1, _remove),
    "let back": Habit(("school",), 0.5, _let_back),
}
REMOVAL_BLOWS: Final[dict[str, Blow]] = {
    "removed computer copied": Blow(("computer",), _removed_and_copied),
}
