"""What an exchange weighs and how long it takes on links as they are (sync.md section 13).

Real sittings of invented learners, real sequences of answers with made times, and the shape of
Kolibri's measured school; all through the production codec and session. Sizes repeat exactly.
"""

import json
import random
import statistics
import sys
import time
from typing import Any

from _classes import World, rolled_back, world
from _difference import difference_rows
from _kolibri import kolibri_rows
from _links import Counted, Slow, good, responder, until_done
from _real import payload_bytes, real_rows
from _scribe import Scribe, people
from _tls import Connection

from darasa.cli.budgets import row
from darasa.content_packs.bundled import bundled_courses
from darasa.content_packs.source import load_source
from darasa.sync.ids import LogId
from darasa.sync.session import Limits

SIZES = {20: 6.5, 200: 4.5, 2_000: 4.2}
FRAMED = {200: 5.0, 2_000: 4.2}
MANY, MANY_BUDGET = 60_000, 3.5
METERED = Limits(frame=4096)
BIT_S, RTT_S, UP_S = 20_000, 1.0, 20.0
SEEDS, SITTING, RIGHT = 5, 10, 0.75
LABS = 30


def main() -> None:
    """Print the rows as JSON."""
    rows = (
        _attempts()
        + _many()
        + _school()
        + _away()
        + difference_rows()
        + real_rows()
        + kolibri_rows()
    )
    json.dump(rows, sys.stdout)


def _attempts() -> list[dict[str, Any]]:
    """Bytes an attempt from one computer to its school."""
    rows = []
    for size, budget in SIZES.items():
        figures = []
        for seed in range(3):
            with world(computers=1, learners=4 if size < 2_000 else 30, seed=seed) as made:
                (lab,) = made.labs
                lab.work(size)
                link = Counted(responder(made.school))
                good(lab.room, link)
                tries = lab.attempts()
                figures.append([bytes_ / tries for bytes_ in (*link.sent(), link.all_bytes)])
        how = "computer to school; median of 3 seeds; sittings of about 10 items"
        payload, framed, all_in = (statistics.median(f) for f in zip(*figures, strict=True))
        rows.append(row(f"payload an attempt at {size}", payload, "bytes", budget, how))
        with_frames = FRAMED.get(size)
        name = f"frames and signature, an attempt at {size}"
        rows.append(row(name, framed, "bytes", with_frames, "HEADS and EVENTS whole"))
        name = f"all bytes both ways, an attempt at {size}"
        rows.append(row(name, all_in, "bytes", None, "HELLO, receipt and HTTP headers too"))
    return rows


def _many() -> list[dict[str, Any]]:
    """All that 300 learners have done at 30 computers, as a school tells its hub of it."""
    rng = random.Random(7)
    (course,) = (load_source(path) for path in bundled_courses())
    scribes = [Scribe(LogId(rng.randbytes(8))) for _ in range(LABS)]
    persons = people(10 * LABS, rng)
    while (made := sum(len(scribe.attempts) for scribe in scribes)) < MANY:
        for number, person in enumerate(persons):
            items = course.items_of(rng.choice(list(course.skills)))
            steps = [(item, rng.random() < RIGHT) for item in rng.sample(items, SITTING)]
            pause_ms = rng.randrange(50, 3_000) * 100
            scribes[number % LABS].sit(course, person, steps, pause_ms=pause_ms)
    payload = payload_bytes((course,), [scribe.run() for scribe in scribes])
    how = f"{made} attempts of {len(persons)} learners at {LABS} computers; 10 items of a skill"
    return [row(f"payload an attempt at {MANY}", payload / made, "bytes", MANY_BUDGET, how)]


def _school() -> list[dict[str, Any]]:
    """A school of 30 computers that has worked a day, and works one more."""
    with world(computers=LABS, learners=10, seed=2) as made:
        for lab in made.labs:
            lab.day(events=30, runs=1)
        made.to_school()
        made.to_hub()
        rows = _nothing_new(made)
        for lab in made.labs:
            lab.day()
        before = made.school.store.event_count()
        made.to_school()
        return rows + _day_to_hub(made, made.school.store.event_count() - before)


def _nothing_new(made: World) -> list[dict[str, Any]]:
    lab = made.labs[0]
    for _ in range(2):
        quiet = Counted(responder(made.school))
        good(lab.room, quiet)
    bodies = "HELLO and END both ways, HTTP headers as client and server write them"
    one = "the same exchange, in TLS records, handshake and end counted where they are"
    kept, new = Connection(), Connection()
    before = kept.carried
    kept.exchange(*quiet.last)
    new.exchange(*quiet.last)
    round_trips = 1 + new.round_trips  # TCP's own
    new.close()
    return [
        row("nothing new, all in", quiet.all_bytes, "bytes", 500, bodies, digits=0),
        row("nothing new, requests", quiet.requests, "", 1, "on a kept connection", digits=0),
        row("nothing new, TLS, kept connection", kept.carried - before, "bytes", 550, one),
        row("nothing new, TLS, new connection", new.carried, "bytes", 2_500, one),
        row("nothing new, TLS, round trips", round_trips, "", 3, "new connection, TCP's too"),
    ]


def _day_to_hub(made: World, events: int) -> list[dict[str, Any]]:
    """The same day to hubs that hold all before it: at once, slowly, and over a dying link."""
    logs = 2 * len(made.labs)
    how = f"{events} events of 30 computers in {logs} logs, the hub knows all before"
    again = rolled_back(made.school.store, made.hub.store)
    again()
    plain = Counted(responder(made.hub))
    good(made.school, plain)
    again()
    slow = Slow(responder(made.hub), BIT_S, RTT_S)
    steady_s = until_done(made.school, slow, limits=METERED)
    times, repeated = [], []
    for seed in range(SEEDS):
        again()
        first = UP_S * (seed + 1) / SEEDS
        dying = Slow(responder(made.hub), BIT_S, RTT_S, up_s=UP_S, first_s=first)
        times.append(until_done(made.school, dying, limits=METERED))
        repeated.append((dying.carried - slow.carried) / max(1, dying.cuts))
    budget_kb = 45 + 0.1 * max(0, logs - 60)
    link = f"{BIT_S // 1000} kbit/s, {RTT_S:.0f} s round trip, frames of 4 KiB, worked out exactly"
    cut = "link dies every 20 s, retry after 5 s; median over where in the 20 s it begins"
    return [
        row("school day to the hub, all in", plain.all_bytes / 1000, "kB", budget_kb, how),
        row("school day to the hub, requests", plain.requests, "", None, how, digits=0),
        row("school day on a slow link", steady_s, "s", 28, link, digits=1),
        row("school day, dying link", statistics.median(times), "s", 40, cut, digits=1),
        row("school day, dying link, worst", max(times), "s", None, cut, digits=1),
        row("more bytes a cut", statistics.median(repeated), "bytes", None, cut, digits=0),
    ]


def _away() -> list[dict[str, Any]]:
    """A computer that comes back to its school after days without it."""
    rows = []
    for days, budget in ((1, 2), (7, 12), (30, 50)):
        with world(computers=1, learners=10, seed=days) as made:
            (lab,) = made.labs
            lab.day()
            good(lab.room, Counted(responder(made.school)))
            before = lab.room.store.event_count()
            for _ in range(days):
                lab.day()
            events = lab.room.store.event_count() - before
            link = Counted(responder(made.school))
            began = time.process_time()
            good(lab.room, link)
            spent = time.process_time() - began
            how = (
                f"{events} events in {2 * days} logs, {link.requests} requests; all bytes, HTTP too"
            )
            name = f"computer to school after {days} days away"
            rows.append(row(name, link.all_bytes / 1000, "kB", budget, how))
    how = "encode, check, decode, store on both sides, in memory, nothing folded"
    rows.append(row("events sent and received", events / spent, "/s", None, how, digits=0))
    return rows


if __name__ == "__main__":
    main()
