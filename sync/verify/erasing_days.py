"""What happens in a district where learners are erased: the tables of that part."""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.verify.life import LIFE, Attempts, Habit
from darasa.sync.verify.node_faults import Blow
from darasa.sync.verify.world import CLASSES, class_scope

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_WHO_FORGETS: Final = ("school", "school", "computer", "hub")


def _erase(world: "World", school: "Machine", random: Random, attempts: Attempts) -> None:
    """A learner of the school is erased; two at least of all stay."""
    del attempts
    erasures = world.erasures
    left = [each for each in world.learners_of(school) if not erasures.knows(school, each)]
    if len(left) > 2:
        erasures.erase(school, random.choice(left))


def _name(world: "World", school: "Machine", random: Random, attempts: Attempts) -> None:
    """A list names a learner, or does so no more."""
    del attempts
    learner = random.choice(world.learners_of(school))
    if not world.erasures.knows(school, learner):
        with school.store.transaction() as tx:
            value = None if random.random() < 0.2 else random.randbytes(5)
            tx.publish(class_scope(random.randrange(CLASSES)), learner, value)


def _forgets(world: "World", machine: "Machine", random: Random) -> None:
    """A node is restored from an older copy, and nobody saved the file beside the store."""
    copies = machine.disk.copies
    if not copies:
        return
    erasures = world.erasures
    before = erasures.known(machine)
    world.fault("restored without its file")
    erasures.lose_file(machine)
    machine.set_back(random.choice(copies))
    if before - erasures.known(machine):
        world.mark("erasure forgotten")


ERASURE_HABITS: Final[dict[str, Habit]] = {
    "erase": Habit(("school",), 1, _erase),
    "name a learner": Habit(("school",), 2, _name),
}
ERASURE_BLOWS: Final[dict[str, Blow]] = {
    "restored without its file": Blow(_WHO_FORGETS, _forgets, 2.0),
}
OLDER_HABITS: Final[dict[str, Habit]] = {
    "meet an older server": Habit(("school", "school", "computer"), 1.0, LIFE["meet"].do),
}
