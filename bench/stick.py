"""What a stick carries: bytes an attempt in a bundle, a school's week up, and the answers down.

Invented learners on invented computers in memory; bundles are written to a folder and taken by the
production code, flushes and reading back included. Events travel in codec 0.
"""

import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.simulated.school_class import simulate_class
from darasa.sync.clock import ManualClock
from darasa.sync.home import Home, Peer
from darasa.sync.ids import Role
from darasa.sync.signing import issue_certificate
from darasa.sync.transport.file import Stick

NOW_MS = 1_715_764_800_000
LEARNERS, COMPUTERS, DAYS = 60, 30, 5
ATTEMPTS = 100


def main() -> None:
    """Print the rows as JSON."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        json.dump(_week(Path(folder), stack), sys.stdout)


def _week(folder: Path, stack: ExitStack) -> list[dict[str, Any]]:
    rng = random.Random(1)
    clock = ManualClock(NOW_MS)
    packs = tuple(load_source(path) for path in bundled_courses())
    hub = stack.enter_context(Classroom.in_memory(role=Role.HUB, clock=clock, rng=rng.randbytes))
    home = Home.in_memory(role=Role.SCHOOL, name="school", rng=rng.randbytes)
    _join(home, hub)
    school = stack.enter_context(
        Classroom.in_memory(
            role=Role.SCHOOL, clock=clock, rng=rng.randbytes, home=home, packs=packs
        )
    )
    simulate_class(
        school, learners=LEARNERS, attempts=ATTEMPTS, computers=COMPUTERS, days=DAYS, seed=1
    )
    tries = sum(school.state(each).tries for each in school.learner_ids())
    up, down = _stick(school), _stick(hub)
    began = time.perf_counter()
    made = up.export_work(folder)
    written = time.perf_counter()
    taken = down.take(folder / made.file)
    read = time.perf_counter()
    (answer,) = down.export_answers(folder)
    up.take(folder / answer.file)
    again = up.export_work(folder)
    assert taken.ok
    assert again.events == 0
    how = f"{LEARNERS} learners, {COMPUTERS} computers, {DAYS} days: {tries} attempts, "
    how += f"{made.events} events in {made.logs} logs; codec 0"
    return [
        _row("a school's week on a stick to the hub", made.size / 1000, "kB", how),
        _row("the same, an attempt", made.size / tries, "bytes", how),
        _row("the same, an event", made.size / made.events, "bytes", how),
        _row("the hub's answer to it", answer.size / 1000, "kB", how),
        _row("a bundle with nothing new", again.size / 1000, "kB", how),
        _row("events written a second", made.events / (written - began), "/s", how),
        _row("events taken a second", taken.events_in / (read - written), "/s", how),
    ]


def _join(home: Home, hub: Classroom) -> None:
    """What enrolment leaves behind on both sides."""
    above = hub.home
    certificate = issue_certificate(
        above.node_key,
        subject_public=home.node_key.public,
        role=Role.SCHOOL,
        school_id=home.school_id,
    )
    with hub.store.transaction() as tx:
        tx.put_certificate(certificate)
    key = above.node_key.public
    peer = Peer(
        "http://127.0.0.1:1",
        above.node_id,
        key,
        above.name,
        above.role,
        above.certificate,
        above.seal_public,
    )
    home.save_peer(peer, certificate=certificate)


def _stick(room: Classroom) -> Stick:
    return Stick(room.home, room.store, hooks=room.hooks, clock=room.clock, rng=room.rng)


def _row(name: str, figure: float, unit: str, how: str) -> dict[str, Any]:
    return {
        "name": name,
        "figure": round(figure, 1),
        "unit": unit,
        "budget": None,
        "pass": None,
        "how": how,
    }


if __name__ == "__main__":
    main()
