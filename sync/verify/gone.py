"""The oracle's account of what may be gone from a disk by pruning and by salvage, and only that.

A computer may drop its own work, more than a year old, of which a school signed that two others
hold it. They are held to that elsewhere: what is on their disks must come through. What a salvaged
store keeps apart, behind a gap, is there and not offered; nothing promises that it comes through.
"""

import sqlite3
from typing import TYPE_CHECKING, Final

from darasa.sync import reads
from darasa.sync.apart import APART
from darasa.sync.pruning import KEPT_DAYS
from darasa.sync.store import Store
from darasa.sync.verify import fold
from darasa.sync.verify.disk import Place
from darasa.sync.verify.fold import NOBODY

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

DAY_MS: Final = 24 * 3_600_000


def note_pruned(world: "World", machine: "Machine") -> None:
    """Events are gone from a computer: only its own, old, and those that others answer for. Of an
    erased event that is not pruned the leaf is there.
    """
    held: set[Place] = {
        (each.log_id, each.seq, each.chain) for each in machine.store.events_after(0)
    }
    if world.erases:
        held |= world.erasures.leaves(machine)
    gone = machine.disk.holds - held
    vouched = world.observer.held_twice(machine)
    oldest_ms = world.now_ms - KEPT_DAYS * DAY_MS
    for place in sorted(gone):
        if place not in vouched:
            world.problem(f"{machine} dropped {shown(place)}, which nobody else answers for")
        if world.written_ms[place] > oldest_ms:
            world.problem(f"{machine} dropped {shown(place)}, which is not old")
    machine.disk.holds -= gone
    machine.disk.disarm()
    world.mark("events pruned")
    fold_again(machine.store, machine)


def fold_again(store: Store, machine: "Machine") -> None:
    """Fold all that is held now, learner by learner."""
    with store.transaction() as tx:
        connection = tx.connection
        for learner in dict.fromkeys([*fold.folded(connection), *reads.learners(connection)]):
            if learner != NOBODY:
                machine.hooks.fold_anew(tx, learner)
        fold.fold_nobodys(connection)


def apart(connection: sqlite3.Connection) -> set[Place]:
    """What was saved behind a gap, and is no part of its log."""
    rows = connection.execute(
        "SELECT log_id, seq, chain FROM copy JOIN log USING (log_key) WHERE scope = ?", (APART,)
    )
    return set(rows)


def unproved(connection: sqlite3.Connection) -> set[Place]:
    """Answers that a salvage kept apart, and that are in no log and no list from above: what no
    server can have said that it holds."""
    rows = connection.execute(
        "SELECT log_id, seq, chain, max(scope <> ?1) FROM copy JOIN log USING (log_key)"
        " WHERE learner_id IS NOT NULL GROUP BY 1, 2, 3",
        (APART,),
    )
    return {(log_id, seq, chain) for log_id, seq, chain, is_fed in rows if not is_fed}


def unfed(machine: "Machine") -> set[Place]:
    """What a salvaged server folds and tells nobody: it is behind a gap, in no log of its own."""
    if not machine.is_salvaged:
        return set()
    with machine.store.reading() as connection:
        aside = apart(connection)
    return aside - {(each.log_id, each.seq, each.chain) for each in machine.store.events_after(0)}


def note_joined(machine: "Machine") -> None:
    """What was apart and is in its log again: nobody is told of it a second time."""
    with machine.store.reading() as connection:
        aside = apart(connection) - machine.disk.holds
    if aside:
        held = {(each.log_id, each.seq, each.chain) for each in machine.store.events_after(0)}
        machine.disk.holds |= aside & held
        machine.ever |= aside & held


def shown(place: Place) -> str:
    """A place, for people."""
    return f"{place[0].hex()}/{place[1]}"
