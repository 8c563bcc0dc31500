"""Cuts the power at points of a journal and looks for everything that was acknowledged before.

    python replay.py JOURNAL REAL FOLDER TRIALS SEED

REAL is the folder that the recorded process has left: the whole journal must give the same bytes.
FOLDER is where disks are put. Prints one JSON object. A trial is a cut after one call, under one
pattern; disks that come out equal byte for byte are opened once. All cuts are taken before any is
taken again.
"""

import json
import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from disk import Disk, Pattern, Record, put, records

from darasa.sync import contacts
from darasa.sync.audit import audit
from darasa.sync.errors import StoreError
from darasa.sync.store import Store

STORE = "store.sqlite3"
_SHOWN = 5


@dataclass(frozen=True)
class Held:
    """What a store held when it was opened after the cut."""

    events: frozenset[str] = frozenset()
    marks: frozenset[tuple[str, ...]] = frozenset()
    fault: str = ""


@dataclass
class Count:
    """What the trials found. `lost` counts acknowledged events and marks that were not there."""

    calls: int = 0
    cuts: int = 0
    trials: int = 0
    disks: int = 0
    lost: int = 0
    trials_with_loss: int = 0
    bad: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Acknowledged:
    """All that was promised so far."""

    events: set[str] = field(default_factory=set)
    marks: set[tuple[str, ...]] = field(default_factory=set)

    def take(self, record: Record) -> None:
        fact = json.loads(record.data)
        self.events.update(fact["events"])
        if "mark" in fact:
            self.marks.add(tuple(fact["mark"]))


def opened(images: dict[str, bytes], folder: Path, rng: random.Random, marks: set) -> Held:
    """What the production store finds on that disk; it must also be able to write again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    put(images, folder)
    if rng.random() < 0.2:
        (folder / f"{STORE}-shm").write_bytes(rng.randbytes(32768))  # as left by the dead process
    try:
        with Store.open(folder / STORE, rng=rng.randbytes) as store:
            with store.reading() as connection:
                damage = [str(each) for each in audit(connection)]
                known = {
                    mark
                    for mark in marks
                    if contacts.knows_mark(connection, *map(bytes.fromhex, mark))
                }
            events = frozenset(each.chain.hex() for each in store.events_after(0))
            with store.transaction() as tx:
                assert tx.ordinal > 0
            if rng.random() < 0.02:
                store.quick_check()
    except StoreError as error:
        return Held(fault=f"{type(error).__name__}: {error} ({error.__cause__!r})")
    return Held(events, frozenset(known), "; ".join(damage))


def cuts_of(calls: list[Record], wanted: int, rng: random.Random) -> Iterator[int]:
    """Which calls to cut after: all of them, or a share that has the rare ones first."""
    places = [at for at, call in enumerate(calls) if call.op != "A"]
    if wanted < len(places):
        rare = [at for at in places if calls[at].op not in "WF"]
        usual = [at for at in places if calls[at].op in "WF"]
        rng.shuffle(rare)
        rng.shuffle(usual)
        places = sorted([*rare[: wanted // 4], *usual][:wanted])
    return iter(places)


def one_pass(
    calls: list[Record], cuts: set[int], folder: Path, rng: random.Random, count: Count
) -> None:
    """Through the journal once, with five trials at each of `cuts`."""
    disk, acknowledged = Disk(), Acknowledged()
    seen: dict[tuple[tuple[str, int, int], ...], Held] = {}
    for at, call in enumerate(calls):
        if call.op == "A":
            acknowledged.take(call)
            continue
        disk.do(call)
        if at not in cuts:
            continue
        while at + 1 < len(calls) and calls[at + 1].op == "A":  # said before the next call
            at += 1  # noqa: PLW2901
            acknowledged.take(calls[at])
        count.cuts += 1
        for pattern in Pattern:
            images = disk.after_cut(pattern, rng)
            key = tuple((path, len(raw), hash(raw)) for path, raw in images.items())
            held = seen.get(key)
            if held is None or not acknowledged.marks <= held.marks:
                held = seen[key] = opened(images, folder, rng, acknowledged.marks)
                count.disks += 1
            judge(held, acknowledged, f"call {at}, {pattern.value}", count)


def judge(held: Held, acknowledged: Acknowledged, where: str, count: Count) -> None:
    count.trials += 1
    lost = len(acknowledged.events - held.events) + len(acknowledged.marks - held.marks)
    count.lost += lost
    count.trials_with_loss += lost > 0
    if held.fault or lost:
        count.bad.append(f"{where}: lost {lost} {held.fault}")


def is_whole(calls: list[Record], real: Path) -> bool:
    """Whether the journal has all that happened: played to its end it gives the real files."""
    disk = Disk()
    for call in calls:
        disk.do(call)
    left = {
        str(each.relative_to(real)): each.read_bytes()
        for each in real.iterdir()
        if not each.name.endswith("-shm")
    }
    return disk.after_cut(Pattern.ALL, random.Random(0)) == left


def main(journal: Path, real: Path, folder: Path, *, trials: int, seed: int) -> Count:
    """All trials of a journal. Raises ValueError for a journal that is not whole."""
    started = time.perf_counter()
    calls = list(records(journal.read_bytes()))
    if not is_whole(calls, real):
        raise ValueError("the journal lacks something that the process did")
    rng = random.Random(seed)
    count = Count(calls=sum(call.op != "A" for call in calls))
    while count.trials < trials:
        wanted = -(-(trials - count.trials) // len(Pattern))
        one_pass(calls, set(cuts_of(calls, wanted, rng)), folder, rng, count)
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    count.seconds = time.perf_counter() - started
    return count


if __name__ == "__main__":
    given = [Path(each) for each in sys.argv[1:4]]
    found = main(*given, trials=int(sys.argv[4]), seed=int(sys.argv[5]))
    found.bad = found.bad[:_SHOWN]
    sys.stdout.write(json.dumps(vars(found)))
