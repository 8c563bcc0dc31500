"""What an exchange weighs: bytes an attempt, a contact with nothing new, events received a second.

Real sittings of invented learners on one computer in memory, sent to a school in memory by the
production session. Bodies are counted as they are; HTTP headers are those of the client and of
`darasa serve`. Codec 1 and the links that die come with the sync issue; codec 0 has no budgets.
"""

import json
import random
import statistics
import sys
import time
from typing import Any

from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.learning.classroom import Classroom
from darasa.learning.practice import Sitting
from darasa.learning.simulated import SimulatedComputer
from darasa.learning.simulated_learner import HABITS, SimulatedLearner
from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role
from darasa.sync.transport.responder import Responder

NOW_MS = 1_715_764_800_000
REQUEST_HEADERS = len(
    b"POST /sync/1 HTTP/1.1\r\nHost: 127.0.0.1:8710\r\nContent-Length: 222\r\n\r\n"
)
ANSWER_HEADERS = len(b"HTTP/1.1 200 OK\r\ncontent-length: 135\r\n\r\n")
SIZES = (20, 200, 2_000)
RUNS = 3


def main() -> None:
    """Print the rows as JSON."""
    rows = []
    for size in SIZES:
        runs = [_one(size, seed) for seed in range(RUNS)]
        rows.append(_row(f"bytes an attempt at {size}, codec 0", runs, "bytes_an_attempt", "bytes"))
    rows.append(_row("nothing new, all in", runs, "nothing_new", "bytes", budget=500))
    rows.append(_row("requests with nothing new", runs, "rounds", "", budget=1))
    rows.append(_row("events sent and received", runs, "events_a_second", "/s"))
    json.dump(rows, sys.stdout)


def _one(size: int, seed: int) -> dict[str, float]:
    """One computer with `size` attempts, more or less, meeting its school twice."""
    rng = random.Random(seed)
    packs = tuple(load_source(path) for path in bundled_courses())
    school_clock = ManualClock(NOW_MS)
    with Classroom.in_memory(
        role=Role.SCHOOL, clock=school_clock, rng=rng.randbytes, packs=packs
    ) as school:
        class_id = school.people.add_class("5B")
        ids = [school.people.add_learner(f"Learner {n}", class_id, pin="4821") for n in range(4)]
        responder = Responder(
            school.home, school.store, hooks=school.hooks, clock=school_clock, rng=rng.randbytes
        )
        with SimulatedComputer(school, 0, rng) as computer:
            computer.wait_until(NOW_MS)
            computer.exchange(responder)
            attempts = _work(computer, ids, size, seed)
            began = time.process_time()
            sent = computer.exchange(responder)
            spent = time.process_time() - began
            computer.exchange(responder)
            quiet = computer.exchange(responder, presence=None)  # as told before
    return {
        "bytes_an_attempt": sent.bytes_out / attempts,
        "nothing_new": quiet.bytes_out + quiet.bytes_in + REQUEST_HEADERS + ANSWER_HEADERS,
        "rounds": quiet.rounds,
        "events_a_second": sent.events_out / spent,
    }


def _work(computer: SimulatedComputer, ids: list[Any], size: int, seed: int) -> int:
    """Sittings one after the other until there are `size` tries; how many there are."""
    minds = [SimulatedLearner(HABITS[n], seed=f"{seed}/{n}") for n in range(len(ids))]
    tries = sittings = 0
    while tries < size:
        who = sittings % len(ids)
        sitting = Sitting.begin(computer.room, ids[who], how="simulated")
        minds[who].play(sitting, items=min(10, size - tries), pass_ms=computer.clock.advance)
        sitting.sign_out()
        computer.wait_until(computer.clock.wall + 86_400_000)
        sittings += 1
        tries = sum(computer.room.state(each).tries for each in ids)
    return tries


def _row(
    name: str, runs: list[dict[str, float]], key: str, unit: str, *, budget: float | None = None
) -> dict[str, Any]:
    figure = round(statistics.median(run[key] for run in runs), 1)
    return {
        "name": name,
        "figure": figure,
        "unit": unit,
        "budget": budget,
        "pass": None if budget is None else figure <= budget,
        "how": f"median of {RUNS} seeds; sittings of about 10 items, 4 learners",
    }


if __name__ == "__main__":
    main()
