"""The shape of data on which Kolibri's sync was measured: 300 learners, 60 exercises of 20 items.

Sittings of 10 attempts on one exercise, made at ten computers of a school, go from the school to
its hub. Sizes on a worked-out link of 64 kbit/s and 600 ms; 10,000 attempts between real processes
on loopback, with folding and flushing as they are.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from _classes import NOW_MS, join_hub
from _links import Counted, Slow, good, responder
from _scribe import Person, choice_item, pack_file, pack_of, people, write

from darasa.cli.budgets import row
from darasa.content_packs.pack import Pack
from darasa.content_packs.safe_text import safe_line
from darasa.content_packs.shelf import Shelf
from darasa.learning.classroom import Classroom
from darasa.learning.simulated.school_class import SimulatedComputer
from darasa.sync.care import Care
from darasa.sync.clock import ManualClock, SystemClock
from darasa.sync.home import open_home
from darasa.sync.ids import LearnerId, Role

LEARNERS, EXERCISES, ITEMS, SITTING, COMPUTERS = 300, 60, 20, 10, 10
BIT_S, RTT_S = 64_000, 0.6
DARASA = str(Path(sys.executable).with_name("darasa"))
RIGHT = 0.7
SMALL, LARGE = 1_000, 10_000


def kolibri_rows() -> list[dict[str, Any]]:
    """The rows of the issue, with Kolibri's measured figures in `how`."""
    return _worked_out() + _loopback()


def _pack() -> tuple[Pack, dict[str, bytes]]:
    return pack_of(
        "exercises",
        [
            choice_item(f"e{exercise:02}-{number:02}", [f"e{exercise:02}"])
            for exercise in range(EXERCISES)
            for number in range(ITEMS)
        ],
    )


class Lab:
    """The school's computers and learners."""

    def __init__(self, school: Classroom, pack: Pack, stack: ExitStack, rng: random.Random) -> None:
        self.school, self.pack, self.rng = school, pack, rng
        self.persons: list[Person] = people(LEARNERS, random.Random(LEARNERS))
        if school.people.learners():
            self._go_on()
        else:
            self._enrol()
        self.computers = [
            stack.enter_context(SimulatedComputer(school, number, rng))
            for number in range(COMPUTERS)
        ]
        for computer in self.computers:
            computer.wait_until(NOW_MS)

    def _go_on(self) -> None:
        """They have worked before: their sittings come after those."""
        for person in self.persons:
            person.lamport += 10_000

    def _enrol(self) -> None:
        school = self.school
        class_id = school.people.add_class("5B")
        with school.record.batch():
            for number, person in enumerate(self.persons):
                learner_id, name = LearnerId(person.learner_id), safe_line(f"Learner {number}")
                school.record.record(*school.people.learner_facts(learner_id, name, class_id, None))

    def work(self, attempts: int) -> None:
        """So many attempts, and every computer tells the school of them."""
        done = 0
        items = list(self.pack.items.values())
        while done < attempts:
            for computer in self.computers:
                exercise = self.rng.randrange(EXERCISES)
                of_it = items[exercise * ITEMS : (exercise + 1) * ITEMS]
                left = min(SITTING, attempts - done)
                steps = [(self.rng.choice(of_it), self.rng.random() < RIGHT) for _ in range(left)]
                if steps:
                    person = self.rng.choice(self.persons)
                    computer.clock.advance(60_000)
                    done += write(computer.room, computer.clock, self.pack, person, steps)
        answering = responder(self.school, hooks=self.school.hooks)
        for computer in self.computers:
            report = computer.exchange(answering, presence=None)
            assert report.ok, report.error


def _worked_out() -> list[dict[str, Any]]:
    rng, (pack, _) = random.Random(5), _pack()
    clock = ManualClock(NOW_MS)
    node = partial(Classroom.in_memory, clock=clock, rng=rng.randbytes, packs=(pack,))
    with ExitStack() as stack:
        hub = stack.enter_context(node(role=Role.HUB))
        school = stack.enter_context(node(role=Role.SCHOOL))
        join_hub(school.home, hub)
        lab = Lab(school, pack, stack, rng)
        lab.work(1_000)
        for _ in range(2):
            good(school, Counted(responder(hub)))
        quiet = Slow(responder(hub), BIT_S, RTT_S)
        good(school, quiet)
        before = school.store.event_count()
        lab.work(1_000)
        events = school.store.event_count() - before
        slow = Slow(responder(hub), BIT_S, RTT_S)
        report = good(school, slow)
    link = f"{BIT_S // 1000} kbit/s, {RTT_S} s round trip, new connection; all bytes, HTTP too"
    none = f"{link}; Kolibri: 43.8 kB, 29 requests, 32 s"
    some = f"{events} events in {COMPUTERS} logs; {link}; Kolibri: 478 kB, 36 requests, 72 s"
    return [
        row("Kolibri's shape: no change", quiet.carried, "bytes", 500, none, digits=0),
        row("Kolibri's shape: no change, requests", quiet.requests, "", 1, none, digits=0),
        row("Kolibri's shape: no change, time", quiet.now_s, "s", None, none, digits=1),
        row("Kolibri's shape: 1,000 attempts", slow.carried / 1000, "kB", 6, some),
        row("Kolibri's shape: 1,000 attempts, requests", report.rounds, "", 2, some, digits=0),
        row("Kolibri's shape: 1,000 attempts, time", slow.now_s, "s", 3, some, digits=2),
    ]


def _loopback() -> list[dict[str, Any]]:
    """Real processes: a hub that serves, a school that syncs."""
    pack, raws = _pack()
    file = pack_file(pack, raws)
    with tempfile.TemporaryDirectory() as name:
        school, hub = Path(name, "school"), Path(name, "hub")
        _begun(school, hub, file)
        with _serving(hub) as (server, url):
            code = re.search(r"\b\w{4}-\w{4}\b", _run("invite", home=hub))
            assert code is not None
            _run("join", url, "--code", code[0], home=school)
            _push(school, pack, 1, SMALL)
            memory = [_memory_mb(server)]
        before = [_packed_bytes(home) for home in (school, hub)]
        with _serving(hub, port=url.rpartition(":")[2]) as (server, _):
            ten = _push(school, pack, 2, LARGE)
            memory.append(_memory_mb(server))
        disk = [_packed_bytes(home) for home in (school, hub)]
    how = "school to hub, two processes, folded and flushed; Kolibri: 122 s, 99 requests"
    ram = f"greatest RSS; after the 1,000 before it {memory[0]:.0f} MB; Kolibri: 370 MB"
    kb = (ten["bytes_out"] + ten["bytes_in"]) / 1000
    return [
        row("Kolibri's shape: 10,000 attempts, time", ten["seconds"], "s", 2, how),
        row("Kolibri's shape: 10,000 attempts, bytes", kb, "kB", None, f"{how}; 2.0 MB"),
        row("Kolibri's shape: hub's memory", memory[1], "MB", None, ram, digits=0),
        *_disk_rows("school", before[0], disk[0], 150),
        *_disk_rows("hub", before[1], disk[1], 35),
    ]


def _disk_rows(who: str, before: int, after: int, budget: int) -> list[dict[str, Any]]:
    """What the last attempts added to a packed store, and what all of the store is to all of them.

    The second holds what does not grow with attempts: the learners, and a page a table.
    """
    grown = f"what {LARGE} attempts more add to the file, packed; Kolibri: 6.5 kB"
    whole = (
        f"the whole file of {SMALL + LARGE} attempts and {LEARNERS} learners: {after // 1000} kB"
    )
    return [
        row(f"disk an attempt at the {who}", (after - before) / LARGE, "bytes", budget, grown),
        row(f"the {who}'s file by attempts", after / (SMALL + LARGE), "bytes", None, whole),
    ]


def _push(home: Path, pack: Pack, seed: int, attempts: int) -> dict[str, Any]:
    """Attempts at the school, then one `darasa sync`."""
    rng = random.Random(seed)
    with ExitStack() as stack:
        opened = open_home(home)
        room = stack.enter_context(
            Classroom.open(opened, clock=SystemClock(), rng=random.Random(seed).randbytes)
        )
        Lab(room, pack, stack, rng).work(attempts)
    done = _run("sync", "--json", home=home)
    report: dict[str, Any] = json.loads(done)
    return report


def _begun(school: Path, hub: Path, file: tuple[bytes, bytes]) -> None:
    """A school and a hub, both with the pack."""
    _run("hub", "init", "--name", "Bench Hub", home=hub)
    _run("school", "init", "--name", "Bench School", home=school)
    raw, signer = file
    for home in (school, hub):
        Shelf(open_home(home).blobs_path).install(raw, trusted=[signer])


@contextmanager
def _serving(home: Path, *, port: str = "0") -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """(process, address) of a server."""
    server = subprocess.Popen(
        [DARASA, "serve", "--home", str(home), "--port", port, "--host", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = re.search(r"http://[\d.]+:\d+", server.stdout.readline())
        assert url is not None
        yield server, url[0]
    finally:
        server.terminate()
        server.wait()


def _packed_bytes(home: Path) -> int:
    """The size of a node's store when its process has had time to care for it."""
    with Classroom.open(
        open_home(home), clock=SystemClock(), rng=random.Random(1).randbytes
    ) as room:
        care = Care(room.store, room.clock)
        care.all_is_quiet()
        care.finish()
        room.store.checkpoint(at_least_bytes=0)
        return room.home.store_path.stat().st_size


def _memory_mb(server: "subprocess.Popen[str]") -> float:
    """The greatest memory that a process has had."""
    status = Path(f"/proc/{server.pid}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert found is not None
    return int(found[1]) / 1000


def _run(*args: str, home: Path) -> str:
    done = subprocess.run(
        [DARASA, *args, "--home", str(home)], capture_output=True, text=True, check=True
    )
    return done.stdout
