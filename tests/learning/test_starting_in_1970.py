"""A server without a battery begins each day in 1970: one day for ever, for what counts days."""

import random

import pytest

from darasa.learning.classroom import Classroom
from darasa.sync.clock import ManualClock
from darasa.sync.home import init_home, open_home
from darasa.sync.ids import Role

NOW_MS = 1_800_000_000_000


def quotas_after_a_start(folder, wall_ms):
    rng = random.Random(3).randbytes
    with (
        Classroom.open(open_home(folder), clock=ManualClock(wall_ms), rng=rng) as room,
        room.store.reading() as connection,
    ):
        return connection.execute("SELECT count(*) FROM quota WHERE today >= 0").fetchone()[0]


@pytest.mark.parametrize(("wall_ms", "left"), [(5_000, 0), (4_102_444_800_000, 0), (NOW_MS, 1)])
def test_what_a_node_brought_on_a_day_that_never_ends_is_not_held_against_it(
    tmp_path, wall_ms, left
):
    home = init_home(
        tmp_path / "school", role=Role.SCHOOL, name="K", rng=random.Random(1).randbytes
    )
    assert quotas_after_a_start(home.path, wall_ms) == 0
    rng = random.Random(2).randbytes
    with (
        Classroom.open(home, clock=ManualClock(NOW_MS), rng=rng) as room,
        room.store.transaction() as tx,
    ):
        tx.connection.execute(
            "INSERT INTO quota (node_id, today, log_id, day, events) VALUES (?, ?, ?, 0, 9)",
            (b"n" * 16, wall_ms // 86_400_000, b""),
        )
    assert quotas_after_a_start(home.path, wall_ms) == left
