"""Programs and content packs that change under a node: updates, forwards and back.

Owns what befalls a node when another program starts on its disk, and which programs a district may
end with. What happens in an exchange is `newer`'s.
"""

from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.database import SCHEMA_VERSION, migrate
from darasa.sync.errors import StoreError
from darasa.sync.verify import releases
from darasa.sync.verify.life import Attempts, Habit
from darasa.sync.verify.machine import EDITIONS
from darasa.sync.verify.node_faults import ANYONE, Blow

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World


def _updated(world: "World", machine: "Machine", random: Random) -> None:
    """Another program starts on the same disk, mostly one that can read it."""
    if random.random() < 0.3:
        _refuses_newer_store(world, machine)
    world.fault("program changed")
    world.mark("program changed")
    machine.install(releases.another(random, machine.release))


def _refuses_newer_store(world: "World", machine: "Machine") -> None:
    """A later program has brought the tables up to date; an older one opens them no more."""
    connection, before = machine.disk.connection, machine.store.frontier_digest()
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    try:
        migrate(connection)
    except StoreError:
        world.mark("newer store refused")
    else:
        world.problem(f"{machine}: an older program opened a newer one's store")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    if machine.store.frontier_digest() != before:
        world.problem(f"{machine}: an older program changed a newer one's store")


def _pack_comes(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """Another version of the pack is installed, or none is left; a class list comes or goes."""
    del world, attempts
    machine.editions = random.choice(EDITIONS)
    machine.has_lists = random.random() < 0.5


def settle(world: "World") -> None:
    """In the end all can speak with each other, and hubs can give back. Computers stay mixed."""
    for machine in world.machines:
        compares = machine in world.computers or releases.compares(machine.release)
        if machine.release is releases.FAR or not compares:
            machine.install(releases.CURRENT)


UPDATE_HABITS: Final = {"pack comes": Habit(ANYONE, 1.0, _pack_comes)}
UPDATE_BLOWS: Final = {"program changed": Blow(ANYONE, _updated, 2.0)}
