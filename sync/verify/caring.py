"""Care of stores in a district: cut short, years later, and when a page of a disk is spoilt.

Owns what befalls a store between exchanges, and what may be gone from a disk when a page cannot be
read: what stood on it. All else must still be there. (What may be pruned is `gone`'s.)
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Final

from darasa.sync.errors import StoreDamagedError, StoreError
from darasa.sync.pruning import USED_DAYS
from darasa.sync.salvage import salvage
from darasa.sync.sqlite_pages import PAGE_BYTES
from darasa.sync.store import Store
from darasa.sync.verify import fold
from darasa.sync.verify.disk import Copy, Disk, Place, ProcessDiedError, Trap
from darasa.sync.verify.erasures import leaves_of
from darasa.sync.verify.gone import DAY_MS, apart, fold_again, note_joined, shown
from darasa.sync.verify.life import Attempts, Habit
from darasa.sync.verify.node_faults import ANYONE, Blow

if TYPE_CHECKING:
    from darasa.sync.verify.machine import Machine
    from darasa.sync.verify.world import World

_STEP_DAYS: Final = 8  # between two days of use: so the days that are due make more than a year
_PASSED_MAX_MS: Final = 10_000 * DAY_MS
_HELD_EVENTS: Final = frozenset(
    {"event", "packed", "packed_part", "log", "log_again", "sqlite_schema"}
)
"""What stands in these may be lost with a page of them; what stands elsewhere is made again."""


# -- cut short ----------------------------------------------------------------------------


def _care_cut(world: "World", machine: "Machine", random: Random) -> None:
    """The process dies, or its disk fails, at one of the commits of its care."""
    machine.disk.arm(random.choice(list(Trap)), random.randrange(4))
    try:
        machine.tidy(30)
    except StoreError:
        world.mark("care stopped by the disk")
    except ProcessDiedError:
        world.mark("died while caring")
        machine.start()
    machine.disk.disarm()
    world.note_traps(machine)


# -- pruning ------------------------------------------------------------------------------


def _years_pass(world: "World", machine: "Machine", random: Random, attempts: Attempts) -> None:
    """Learners leave a computer, and it is used by others for more than a year."""
    if world.passed_ms > _PASSED_MAX_MS:
        return
    school = world.server_of(machine)
    for faults in attempts:  # so that the computer hears of the second copy of its work
        world.exchange(machine, faults)
        world.exchange(school, faults)
        world.exchange(machine)
    if random.random() < 0.8:
        with machine.store.transaction() as tx:
            for scope in fold.wanted(tx.connection):
                if scope.startswith(b"l"):
                    machine.forget(tx, scope)
    for _ in range(USED_DAYS + 2):
        world.now_ms += _STEP_DAYS * DAY_MS
        machine.tidy(4)
    world.passed_ms += (USED_DAYS + 2) * _STEP_DAYS * DAY_MS


# -- a page is spoilt ---------------------------------------------------------------------


def _page_spoilt(world: "World", machine: "Machine", random: Random) -> None:
    """The disk gives rubbish for one page: it is noticed, and what can be read goes on."""
    wanted = machine.store.read(fold.wanted)
    if machine.is_salvaged:
        note_joined(machine)  # a stick may have brought it, without a receipt
    aside = machine.store.read(apart)
    raw, table = _spoilt(machine.disk.connection.serialize(), random)
    world.fault("page spoilt")
    if not _is_noticed(raw):
        world.problem(f"{machine}: nobody notices that a page of {table} is spoilt")
    new = Disk(None, on_commit=lambda _: None)
    store = Store(new.connection, None, world.rng)
    hub = machine.home.node_id if machine is world.hub else None
    kept = salvage(raw, b"", store, hub=hub)
    with store.transaction() as tx:
        for scope in wanted:
            fold.want(tx.connection, scope)
    fold_again(store, machine)
    found: set[Place] = {(each.log_id, each.seq, each.chain) for each in store.events_after(0)}
    image = new.image(machine.home)
    new.close()
    machine.disk.holds |= aside & found  # what was apart, where its gap has been closed since
    machine.ever |= aside & found
    _judge(world, machine, table, found)
    world.mark("store salvaged")
    if kept.apart:
        world.mark("saved behind a gap")
    holds = frozenset(machine.disk.holds & found)
    machine.is_salvaged = True
    machine.set_back(Copy(image.raw, holds, image.luggage), is_salvaged=True)


def _judge(world: "World", machine: "Machine", table: str, found: set[Place]) -> None:
    """Nothing is made up, and nothing is lost that did not stand on the page."""
    gone = leaves_of(machine) if world.erases else set()
    lost, new = machine.disk.holds - found - gone, found - machine.disk.holds
    if new:
        world.problem(f"{machine} salvaged {shown(min(new))}, which it did not hold")
    is_proof = machine is world.hub and table == "statement"  # it holds, and could not give back
    if lost and not is_proof and table not in _HELD_EVENTS:
        world.problem(f"{machine} lost {len(lost)} events with a page of {table}")
    if lost:
        world.mark("lost with a page")


def _spoilt(raw: bytes, random: Random) -> tuple[bytes, str]:
    """An image with pages as production has them, one of them rubbish, and whose it was."""
    with _opened(raw) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("VACUUM")
        pages = connection.execute(
            "SELECT pageno, name FROM dbstat WHERE pagetype <> 'overflow' ORDER BY pageno"
        ).fetchall()
        spoilt = bytearray(connection.serialize())
    ours = [each for each in pages if each[1] in {"event", "packed_part"}]
    number, name = random.choice(ours if ours and random.random() < 0.5 else pages)
    at = (number - 1) * PAGE_BYTES
    rubbish = random.choice((bytes(PAGE_BYTES), random.randbytes(PAGE_BYTES)))
    spoilt[at : at + PAGE_BYTES] = rubbish
    return bytes(spoilt), name


def _is_noticed(raw: bytes) -> bool:
    with _opened(raw) as connection:
        try:
            Store(connection, None, bytes).quick_check()
        except StoreDamagedError:
            return True
    return False


@contextmanager
def _opened(raw: bytes) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(raw)
        yield connection
    finally:
        connection.close()


CARE_HABITS: Final = {"years pass": Habit(("computer",), 1.0, _years_pass)}
CARE_BLOWS: Final = {
    "care cut short": Blow(ANYONE, _care_cut, 1.5),
    "page spoilt": Blow(ANYONE, _page_spoilt),
}
