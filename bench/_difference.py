"""What it costs to find 30 new logs among 12,000, with and without a mark."""

import random
from functools import partial
from typing import Any

from _classes import NOW_MS, join_hub
from _links import Counted, good, responder

from darasa.cli.budgets import row
from darasa.learning.classroom import Classroom
from darasa.learning.kinds import Kind, SignIn, body_of
from darasa.sync.clock import ManualClock
from darasa.sync.ids import Role

LOGS, NEW = 12_000, 30


def difference_rows() -> list[dict[str, Any]]:
    """The rows, with the budgets of sync.md section 13."""
    rng = random.Random(3)
    clock = ManualClock(NOW_MS)
    node = partial(Classroom.in_memory, clock=clock, rng=rng.randbytes)
    with (
        node(role=Role.HUB) as hub,
        node(role=Role.SCHOOL) as school,
    ):
        join_hub(school.home, hub)
        _mint(school, clock, LOGS)
        good(school, Counted(responder(hub)))
        good(school, Counted(responder(hub)))
        _mint(school, clock, NEW)
        marked = Counted(responder(hub))
        good(school, marked)
        _mint(school, clock, NEW)
        assert school.home.peer is not None
        with school.store.transaction() as tx:
            tx.forget_marks_after(school.home.school_id, school.home.peer.node_id, -1)
        bare = Counted(responder(hub))
        good(school, bare, trusted=False)
    finding = marked.all_bytes - marked.sent()[1] - marked.receipts()
    said = f"{NEW} new logs of one event each in {LOGS}; all bytes, HTTP too"
    less = f"{said}, less the logs themselves: HEADS, EVENTS and RECEIPT frames"
    return [
        row("difference with a mark, all in", marked.all_bytes, "bytes", None, said, digits=0),
        row("difference with a mark, the finding", finding, "bytes", 1_500, less, digits=0),
        row("difference with a mark, requests", marked.requests, "", 1, said, digits=0),
        row("difference without a mark", bare.all_bytes / 1000, "kB", 40, said),
        row("difference without a mark, more rounds", bare.requests - 1, "", 3, said, digits=0),
    ]


def _mint(room: Classroom, clock: ManualClock, count: int) -> None:
    """So many logs of one event."""
    for _ in range(0, count, 500):
        with room.store.transaction() as tx:
            for _ in range(min(500, count)):
                log = room.store.begin_log(
                    key=room.home.node_key,
                    school_id=room.home.school_id,
                    clock=clock,
                    app_version="0.1.0",
                )
                tx.append(
                    log,
                    kind=Kind.SIGN_IN,
                    version=1,
                    learner_id=b"L" * 16,
                    lamport=1,
                    body=body_of(SignIn(bytes(8), "pin")),
                )
                clock.advance(1000)
