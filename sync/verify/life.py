"""The table of what people and programs do in a simulated school on ordinary days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.store import Tx
from darasa.sync.verify import fold
from darasa.sync.verify.machine import HUB_SCOPE
from darasa.sync.verify.world import CLASSES, SCHOOL_SCOPE, class_scope

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

Attempts = Sequence[Sequence[str]]
Does = Callable[["World", "Machine", Random, Attempts], None]


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that nodes of some kinds do; `weight` is how often, beside the others."""

    on: tuple[str, ...]
    weight: float
    do: Does


def _sit(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """A learner works at a computer: her events come in bursts, with exchanges between them.

    All of a sitting have one lamport, 1 + the greatest known of her when she sat down.
    """
    learner = random.choice(world.learners_of(machine)[-8:])
    lamport = 1 + machine.store.max_lamport(learner)
    if not (world.erases and world.erasures.knows(machine, learner)):
        with machine.store.transaction() as tx:
            fold.want(tx.connection, b"l" + learner)
    for faults in (*attempts, None):
        world.now_ms += random.randrange(90_000)
        who = learner if random.random() < 0.9 else None
        count = 1 + random.randrange(world.shape.burst)
        machine.write(count, learner=who, lamport=lamport, random=random)
        if faults is not None:
            world.exchange(machine, faults)


def _meet(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """A node exchanges with its server, and tries again when that does not go well."""
    del random
    for faults in attempts:
        report = world.exchange(machine, faults)
        if report is not None and report.ok:
            break


def _teach(world: "World", school: "Machine", random: Random, attempts: Attempts) -> None:
    """A teacher writes at the school, and its lists change."""
    for _ in attempts:
        learner = random.choice((None, random.choice(world.learners_of(school))))
        lamport = 1 + school.store.max_lamport(learner)
        scopes = (SCHOOL_SCOPE, *map(class_scope, range(CLASSES)))
        records = [
            (random.choice(scopes), random.randrange(12).to_bytes(16, "big"), _value(random))
            for _ in range(random.choice((1, 2, 6)))
        ]
        school.write(
            random.randrange(3),
            learner=learner,
            lamport=lamport,
            random=random,
            also=partial(_publish, records),
        )


def _publish(records: Sequence[tuple[bytes, bytes, bytes | None]], tx: Tx) -> None:
    for record in records:
        tx.publish(*record)


def _notice(world: "World", hub: "Machine", random: Random, attempts: Attempts) -> None:
    """The hub has something to say to its schools."""
    del world, attempts
    with hub.store.transaction() as tx:
        tx.publish(HUB_SCOPE, random.randrange(5).to_bytes(16, "big"), _value(random))


def _regroup(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """A computer is given to another class: the old one's records go, cursor and all."""
    del world, attempts
    with machine.store.transaction() as tx:
        for scope in fold.wanted(tx.connection):
            if scope.startswith(b"c") or (scope.startswith(b"l") and random.random() < 0.5):
                machine.forget(tx, scope)
        fold.want(tx.connection, class_scope(random.randrange(CLASSES)))


def _tidy(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """A node cares for its store in a quiet moment: events in rows are packed into runs."""
    del world, attempts
    machine.tidy(random.choice((1, 3, 30)))


def _value(random: Random) -> bytes | None:
    size = random.choice((4, 12, 30)) if random.random() < 0.95 else 900
    return None if random.random() < 0.3 else random.randbytes(size)


LIFE: Final[dict[str, Habit]] = {
    "sit": Habit(("computer",), 8, _sit),
    "meet": Habit(("computer",), 2, _meet),
    "report": Habit(("school",), 3, _meet),
    "teach": Habit(("school",), 1.5, _teach),
    "notice": Habit(("hub",), 0.4, _notice),
    "tidy": Habit(("computer", "school", "hub"), 1.2, _tidy),
    "regroup": Habit(("computer",), 0.4, _regroup),
}
